//! Prints a merged document as YAML, with the origin of each value behind it.

use std::fmt::Write as _;

use fichero_model::place::Place;

use crate::catalog::Document;
use crate::node::{Node, NodeValue, Scalar, Style};
use crate::yaml::quoted;

/// The document as YAML; behind each value `# file:line` of whoever wrote it last.
pub fn explain(document: &Document) -> String {
    let mut lines = vec![(
        format!("{}: {}", document.kind, scalar_text(&document.name, Style::Plain)),
        Some(document.name_place.clone()),
    )];
    entries(&document.node, 0, &mut lines);
    let width = lines.iter().map(|(line, _)| line.chars().count()).filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let mut out = String::new();
    for (line, origin) in lines {
        let _ = match origin {
            Some(Place { file, line: number, .. }) => writeln!(out, "{line:width$}  # {file}:{number}"),
            None => writeln!(out, "{line}"),
        };
    }
    out
}

/// Lines up to so many characters have their origins in one column.
const WIDEST: usize = 88;

type Line = (String, Option<Place>);

fn entries(node: &Node, depth: usize, lines: &mut Vec<Line>) {
    let indentation = "  ".repeat(depth);
    for entry in node.entries() {
        let key = scalar_text(&entry.key.text, Style::Plain);
        match &entry.value.value {
            NodeValue::Map(inner) if !inner.is_empty() && !is_small(&entry.value) => {
                lines.push((format!("{indentation}{key}:"), None));
                entries(&entry.value, depth + 1, lines);
            }
            NodeValue::Map(_) | NodeValue::List(_) | NodeValue::Scalar(_) => {
                // All values of a small map have one origin, which need not be that of the map they were laid over.
                let origin = entry.value.entries().first().map_or(&entry.value.place, |first| &first.value.place);
                lines.push((format!("{indentation}{key}: {}", flow(&entry.value)), Some(origin.clone())));
            }
        }
    }
}

/// True for a map that stands on one line with one origin: its values are scalars written on one line of one file.
fn is_small(node: &Node) -> bool {
    let mut places = node.entries().iter().map(|entry| (&entry.value, &entry.value.place));
    let Some((_, first)) = places.next() else { return true };
    node.entries().iter().all(|entry| entry.value.scalar().is_some())
        && places.all(|(_, place)| place.file == first.file && place.line == first.line)
        && flow(node).len() <= WIDEST
}

/// A node on one line.
pub fn flow(node: &Node) -> String {
    match &node.value {
        NodeValue::Scalar(Scalar { text, style }) => scalar_text(text, *style),
        NodeValue::List(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        NodeValue::Map(entries) => {
            let parts: Vec<String> = entries
                .iter()
                .map(|entry| format!("{}: {}", scalar_text(&entry.key.text, entry.key.style), flow(&entry.value)))
                .collect();
            format!("{{{}}}", parts.join(", "))
        }
    }
}

/// A scalar as it is written inside a one-line map.
pub fn scalar_text(text: &str, style: Style) -> String {
    let bare = crate::yaml::is_plain(text, true) && (style == Style::Plain || !crate::yaml::is_typed(text));
    if bare {
        text.to_owned()
    } else if text.chars().any(char::is_control) {
        format!("\"{}\"", escaped(text))
    } else {
        quoted(text)
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            letter if letter.is_control() => {
                let _ = write!(out, "\\u{:04X}", letter as u32);
            }
            letter => out.push(letter),
        }
    }
    out
}
