//! Which entry of a document says what it is.

use crate::node::{Entry, Node, Style};
use crate::shape::{self, Keys, KindShape};

/// What the first key of a document says it is.
pub(super) enum Kind {
    /// An overlay.
    Extend,
    /// A kind, and whether it was only guessed.
    Known(&'static KindShape, bool),
}

impl Kind {
    pub fn of(key: &str) -> Option<Self> {
        if key == "extend" { Some(Kind::Extend) } else { shape::kind(key).map(|shape| Kind::Known(shape, false)) }
    }
}

/// Which entry of a document is its first by right, and the keys its kind takes; for documents as they are written.
pub(crate) fn kind_of(node: &Node) -> Option<(usize, &'static Keys)> {
    let entries = node.entries();
    let first = entries.first()?;
    let by_first = Kind::of(&first.key.text);
    let misplaced =
        misplaced_kind(entries).filter(|(index, shape)| *index > 0 && fits_better(entries, shape, by_first.as_ref()));
    match (misplaced, by_first) {
        (Some((index, shape)), _) => Some((index, shape.keys)),
        (None, Some(Kind::Known(shape, _))) => Some((0, shape.keys)),
        (None, Some(Kind::Extend)) => {
            let (kind, _) = first.value.as_text()?.split_once(' ')?;
            Some((0, shape::kind(kind)?.keys))
        }
        (None, None) => None,
    }
}

/// True when a document whose first key is a kind of its own (`type: board`) is nevertheless of another.
pub(super) fn fits_better(entries: &[Entry], shape: &KindShape, by_first: Option<&Kind>) -> bool {
    let unknown = |shape: &KindShape| {
        entries
            .iter()
            .filter(|entry| &*entry.key.text != shape.kind && shape.keys.find(&entry.key.text).is_none())
            .count()
    };
    match by_first {
        None => true,
        Some(Kind::Extend) => false,
        Some(Kind::Known(first, _)) => unknown(shape) == 0 && unknown(first) > 0,
    }
}

/// The entry that must have been meant as the first: its key is a kind, its value a name, and the kind has the most of
/// the other keys.
pub(super) fn misplaced_kind(entries: &[Entry]) -> Option<(usize, &'static KindShape)> {
    let fitting = |shape: &KindShape| entries.iter().filter(|entry| shape.keys.find(&entry.key.text).is_some()).count();
    entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.key.style == Style::Plain && entry.value.scalar().is_some())
        .filter_map(|(index, entry)| Some((index, shape::kind(&entry.key.text)?)))
        .filter(|(_, shape)| fitting(shape) > 0)
        .max_by_key(|(index, shape)| (fitting(shape), std::cmp::Reverse(*index)))
}
