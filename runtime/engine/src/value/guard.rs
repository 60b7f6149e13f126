//! Texts in cells of a file that people open in a spreadsheet: what would be run there as a formula is defused, and what
//! reading the cell would lose (white space around it) is kept, so that the reading gives the text back exactly.
//!
//! The mark is an apostrophe. A text gets one before it where it begins, apostrophes aside, with `=`, `+`, `-` or `@`, or
//! is `()`; one with white space at an end gets one before and one behind it. Numbers and phone numbers (a `+` or `-`,
//! then digits, blanks, points, commas and brackets alone) stay as they are, for they run nothing. What reading takes away
//! is exactly what writing has put: an apostrophe that stands before anything else is part of the text.

use std::borrow::Cow;

/// What stands in a cell for nothing, where an empty cell would mean something else.
pub const NOTHING: &str = "()";

const MARK: char = '\'';

/// Where a text is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// One that may be taken for a formula.
    Untyped,
    /// One that is known to be a text.
    Text,
}

/// A text as it is written into a cell.
pub fn guarded(text: &str, cell: Cell) -> Cow<'_, str> {
    if is_ragged(text) {
        return Cow::Owned(format!("{MARK}{text}{MARK}"));
    }
    let is_plain = match cell {
        Cell::Text => !text.starts_with(MARK) && text != NOTHING,
        Cell::Untyped => is_number(text),
    };
    if begins_as_formula(text) && !is_plain { Cow::Owned(format!("{MARK}{text}")) } else { Cow::Borrowed(text) }
}

/// The text that a cell holds; white space around what bears no mark is no part of it.
pub fn unguarded(cell: &str) -> &str {
    let cell = cell.trim();
    let Some(behind) = cell.strip_prefix(MARK) else { return cell };
    match behind.strip_suffix(MARK) {
        Some(between) if is_ragged(between) => between,
        _ if begins_as_formula(behind) => behind,
        _ => cell,
    }
}

/// Whether there is white space at an end, apostrophes aside.
fn is_ragged(text: &str) -> bool {
    let (left, right) = (text.trim_start_matches(MARK), text.trim_end_matches(MARK));
    left.starts_with(char::is_whitespace) || right.ends_with(char::is_whitespace)
}

fn begins_as_formula(text: &str) -> bool {
    let bare = text.trim_start_matches(MARK);
    bare.starts_with(['=', '+', '-', '@']) || bare == NOTHING
}

/// A number or phone number behind its sign: nothing in it that could call or work out anything.
fn is_number(text: &str) -> bool {
    let Some(behind) = text.strip_prefix(['+', '-']) else { return false };
    behind.contains(|sign: char| sign.is_ascii_digit())
        && behind.chars().all(|sign| sign.is_ascii_digit() || matches!(sign, ' ' | '.' | ',' | '(' | ')'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_would_be_run_is_defused_and_nothing_else() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("- none", "'- none"),
            ("\t=1", "'\t=1'"),
            ("\r=1", "'\r=1'"),
            (" blank", "' blank'"),
            ("blank ", "'blank '"),
            ("()", "'()"),
            ("-5", "-5"),
            ("+34 600 123 456", "+34 600 123 456"),
            ("+1 (555) 010.02", "+1 (555) 010.02"),
            ("+34-600", "'+34-600"),
            ("'tis", "'tis"),
            ("'quoted'", "'quoted'"),
            ("'=1", "''=1"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(guarded(text, Cell::Untyped), written, "{text}");
            assert_eq!(unguarded(written), text, "{written}");
        }
        assert_eq!(guarded("=1+1", Cell::Text), "=1+1");
        assert_eq!(guarded("'=1+1", Cell::Text), "''=1+1");
    }

    #[test]
    fn cells_of_others_lose_no_more_than_the_white_space_around_them() {
        for (cell, text) in [(" a ", "a"), ("'", "'"), ("''", "''"), ("'a'", "'a'"), ("it's", "it's")] {
            assert_eq!(unguarded(cell), text, "{cell}");
        }
    }

    proptest! {
        #[test]
        fn reading_gives_back_what_was_written(text in r"[' \t\r\n=+\-@()0-9a\u{a0}]{0,8}") {
            for cell in [Cell::Untyped, Cell::Text] {
                let written = guarded(&text, cell);
                prop_assert_eq!(unguarded(&written), text.as_str());
                let risky = written.starts_with(['=', '@', '\t', '\r']);
                prop_assert!(cell == Cell::Text || !risky, "{} may be run", written);
            }
        }
    }
}
