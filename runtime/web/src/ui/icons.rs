//! The icons: one sprite of line drawings, found by name.
//!
//! Each drawing lives on a grid of 24 × 24, drawn with strokes of 1.75 in the colour of the text around it. A name that
//! is not in the sprite becomes a dot, so a definition with a wish of its own never breaks a page.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The sprite, one `<symbol>` per icon.
pub const SPRITE: &str = include_str!("../../assets/icons.svg");

/// What stands for a name that is not drawn.
const FALLBACK: &str = "dot";

static NAMES: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| SPRITE.split("<symbol id=\"").skip(1).filter_map(|symbol| symbol.split('"').next()).collect());

/// Every name, in alphabetical order.
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().copied()
}

/// The name itself when it is drawn, else that of the fallback.
pub fn known(name: &str) -> &'static str {
    NAMES.get(name).copied().unwrap_or(FALLBACK)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn every_name_of_the_language_is_drawn() {
        assert_eq!(names().collect::<Vec<_>>(), fichero_model::look::ICONS);
    }

    #[test]
    fn unknown_names_become_the_dot() {
        assert_eq!(known("target"), "target");
        assert_eq!(known("no-such-icon"), "dot");
        assert_eq!(known("\"><script>"), "dot");
        assert!(NAMES.contains(FALLBACK));
    }

    #[test]
    fn every_symbol_is_drawn_on_the_same_grid() {
        let symbols: Vec<&str> = SPRITE.lines().filter(|line| line.contains("<symbol")).collect();
        assert_eq!(symbols.len(), NAMES.len(), "two symbols have one name");
        for symbol in symbols {
            assert!(symbol.contains("viewBox=\"0 0 24 24\""), "{symbol}");
            assert!(symbol.trim_end().ends_with("</symbol>"), "{symbol}");
        }
    }
}
