//! The colours that meet are far enough apart, in light and in dark (WCAG 2.2, 1.4.3 and 1.4.11).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

const TOKENS: &str = include_str!("../assets/css/tokens.css");

const GROUNDS: [&str; 4] = ["canvas", "surface", "raised", "hover"];
const HUES: [&str; 9] = ["gray", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink"];

#[test]
fn words_can_be_read() {
    let colors = colors();
    let mut pairs = Vec::new();
    for ground in GROUNDS {
        for ink in ["ink", "ink-soft", "ink-faint", "accent", "danger", "success", "warning"] {
            pairs.push((ink.to_owned(), ground.to_owned()));
        }
    }
    for hue in HUES {
        pairs.push((format!("{hue}-ink"), format!("{hue}-ground")));
    }
    for (ink, ground) in [
        ("on-accent", "accent"),
        ("on-accent", "accent-strong"),
        ("on-danger", "danger"),
        ("on-danger", "danger-strong"),
        ("on-success", "success"),
        ("accent", "accent-soft"),
        ("ink-soft", "accent-soft"),
        ("ink-soft", "pressed"),
        ("danger", "danger-soft"),
        ("ink", "warning-soft"),
        ("ink-soft", "danger-soft"),
        ("ink-soft", "success-soft"),
    ] {
        pairs.push((ink.to_owned(), ground.to_owned()));
    }
    let faint: Vec<String> = pairs.iter().flat_map(|(ink, ground)| too_close(&colors, ink, ground, 4.5)).collect();
    assert!(faint.is_empty(), "{}", faint.join("\n"));
}

#[test]
fn edges_of_inputs_and_focus_can_be_seen() {
    let colors = colors();
    let pairs =
        ["surface", "canvas", "raised"].map(|ground| [("line-strong", ground), ("accent", ground), ("danger", ground)]);
    let faint: Vec<String> =
        pairs.iter().flatten().flat_map(|(line, ground)| too_close(&colors, line, ground, 3.0)).collect();
    assert!(faint.is_empty(), "{}", faint.join("\n"));
}

fn too_close(colors: &BTreeMap<&str, [f64; 2]>, ink: &str, ground: &str, wanted: f64) -> Vec<String> {
    ["light", "dark"]
        .iter()
        .enumerate()
        .filter_map(|(theme, name)| {
            let (a, b) = (colors[ink][theme], colors[ground][theme]);
            let ratio = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            (ratio < wanted).then(|| format!("{ink} on {ground} in {name}: {ratio:.2}"))
        })
        .collect()
}

/// The relative luminance of each token, in light and in dark.
fn colors() -> BTreeMap<&'static str, [f64; 2]> {
    TOKENS
        .lines()
        .filter_map(|line| {
            let (name, value) = line.trim().strip_prefix("--")?.split_once(": light-dark(#")?;
            let (light, dark) = value.strip_suffix(");")?.split_once(", #")?;
            Some((name, [luminance(light), luminance(dark)]))
        })
        .collect()
}

/// WCAG 2.2, *relative luminance*.
fn luminance(hex: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
}
