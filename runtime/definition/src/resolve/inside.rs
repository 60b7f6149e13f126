//! Where a part of a scalar's text stands in the file: for carets inside expressions, whatever quotes, escapes or line
//! breaks lie between.

use std::ops::Range;
use std::sync::Arc;

use fichero_model::place::Place;

use crate::node::{Node, Style};

/// The place of a range of bytes of a scalar's text. `source` is the text of the whole file.
pub(super) fn inside(node: &Node, range: Range<usize>, source: &str) -> Place {
    let whole = node.place.start as usize..node.place.end as usize;
    let (Some(scalar), Some(raw)) = (node.scalar(), source.get(whole)) else { return node.place.clone() };
    let start = offset(raw, scalar.style, &scalar.text, range.start);
    let last = scalar.text.get(range.clone()).and_then(|part| part.char_indices().next_back());
    let end = last.map_or(start, |(at, letter)| {
        behind(raw, scalar.style, offset(raw, scalar.style, &scalar.text, range.start + at), letter)
    });
    let before = raw.get(..start).unwrap_or("");
    let column = match before.rfind('\n') {
        None => node.place.column + before.chars().count() as u32,
        Some(newline) => before[newline..].chars().count() as u32,
    };
    Place {
        file: Arc::clone(&node.place.file),
        line: node.place.line + before.matches('\n').count() as u32,
        column,
        start: node.place.start + start as u32,
        end: node.place.start + end.max(start) as u32,
    }
}

/// Where in the raw scalar (quotes, escapes, indentation and all) the byte `target` of its text stands.
fn offset(raw: &str, style: Style, text: &str, target: usize) -> usize {
    let mut at = match style {
        Style::Plain => 0,
        Style::Single | Style::Double => 1,
        Style::Literal | Style::Folded if raw.starts_with(['|', '>']) => {
            raw.find('\n').map_or(raw.len(), |newline| newline + 1)
        }
        Style::Literal | Style::Folded => 0,
    };
    for letter in text.get(..target).unwrap_or(text).chars() {
        at = behind(raw, style, at, letter);
    }
    // The indentation before a letter is not part of the text.
    if text.get(target..).is_some_and(|rest| rest.starts_with(|letter: char| !letter.is_whitespace())) {
        at += raw.get(at..).map_or(0, |rest| rest.len() - rest.trim_start().len());
    }
    at.min(raw.len())
}

/// Where the raw text goes on behind the next `letter` of the unquoted text.
fn behind(raw: &str, style: Style, mut at: usize, letter: char) -> usize {
    while let Some(rest) = raw.get(at..) {
        let Some(next) = rest.chars().next() else { break };
        match style {
            Style::Double if rest.starts_with("\\\n") => {
                at += 2 + rest.get(2..).map_or(0, |folded| folded.len() - folded.trim_start().len());
                continue;
            }
            Style::Double if next == '\\' => return at + escape_length(rest),
            Style::Single if rest.starts_with("''") => return at + 2,
            _ => {}
        }
        if next == letter {
            return at + next.len_utf8();
        }
        if !next.is_whitespace() {
            break;
        }
        if letter.is_whitespace() {
            // A line break that folding made a space; the indentation behind it belongs to it.
            return at + (rest.len() - rest.trim_start().len());
        }
        at += next.len_utf8();
    }
    at
}

/// How many bytes an escape of a double-quoted scalar takes, by its second letter.
fn escape_length(rest: &str) -> usize {
    let length = match rest.chars().nth(1) {
        Some('x') => 4,
        Some('u') => 6,
        Some('U') => 10,
        Some(other) => 1 + other.len_utf8(),
        None => 1,
    };
    length.min(rest.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;
    use crate::yaml;

    fn found(source: &str, part: &str) -> (u32, u32, String) {
        let parsed = yaml::parse(&Arc::from("f.yaml"), source);
        let node = parsed.documents[0].node.get("a").unwrap();
        let text = node.as_text().unwrap();
        let at = text.find(part).unwrap();
        let place = inside(node, at..at + part.len(), source);
        (place.line, place.column, source[place.start as usize..place.end as usize].to_owned())
    }

    #[test]
    fn parts_are_found_in_every_style() {
        assert_eq!(found("a: b == c", "c"), (1, 9, "c".into()));
        assert_eq!(found("a: 'b == \"c\"'", "c"), (1, 11, "c".into()));
        assert_eq!(found("a: 'it''s me'", "me"), (1, 11, "me".into()));
        assert_eq!(found("a: 'it''s me'", "'"), (1, 7, "''".into()));
        assert_eq!(found("a: \"b\\\"c\\u0041 d\"", "d"), (1, 16, "d".into()));
        assert_eq!(found("a: |\n  b\n  c d\n", "d"), (3, 5, "d".into()));
        assert_eq!(found("a: |\n  b\n    c\n  d\n", "c"), (3, 5, "c".into()));
        assert_eq!(found("a: >-\n  b and\n  c > d\n", "> d"), (3, 5, "> d".into()));
        assert_eq!(found("a: b and\n  c > d\n", "c >"), (2, 3, "c >".into()));
        assert_eq!(found("a: ñ == c", "c"), (1, 9, "c".into()));
        assert_eq!(found("a: \"b and\n  c > d\"\n", "> d"), (2, 5, "> d".into()));
    }
}
