//! Reads a document again with those lines mended whose mended form is certain, so that one slip hides no other.
//!
//! What is read so has places in the mended text; they are brought back to where the same stands in the file. On a
//! line that was mended this is exact before and behind the slip.

use fichero_model::place::Place;

use super::events::{self, Read};
use super::{Finding, Slice};
use crate::node::{Node, NodeValue};

/// How often a document is read again. Each time tells of at least one more slip, and somebody has to read them all.
const ROUNDS: usize = 20;

/// What is found when the slips of a first reading are mended, as far as they can be. The findings of all readings are
/// together; [`Read::ended`] and [`Read::whole`] are those of the last one.
pub(super) fn read(slice: &Slice<'_>, first: Read, left: &mut usize) -> Read {
    let mut last = first;
    let mut told: Vec<Finding> = std::mem::take(&mut last.findings);
    let mut lines: Vec<String> = slice.text.split_inclusive('\n').map(str::to_owned).collect();
    let budget = *left;
    for _ in 0..ROUNDS {
        if !mend(&mut lines, slice, &told) {
            break;
        }
        let text = lines.concat();
        let mended = Slice { text: &text, line_starts: std::cell::OnceCell::new(), ..*slice };
        *left = budget;
        let mut again = events::read(&mended, left);
        let mut back = Back { file: slice, mended: &mended };
        again.root.iter_mut().for_each(|root| back.node(root));
        again.whole = again.findings.is_empty();
        for mut finding in std::mem::take(&mut again.findings) {
            back.finding(&mut finding);
            let line = |finding: &Finding| finding.diagnostic.place.as_ref().map(|place| place.line);
            // A line is told of once; what else is wrong with it shows when it is mended.
            if !told.iter().any(|known| line(known) == line(&finding)) {
                told.push(finding);
            }
        }
        last = again;
    }
    Read { findings: told, ..last }
}

/// Mends the lines that findings mend; false when nothing is left to do.
fn mend(lines: &mut [String], slice: &Slice<'_>, findings: &[Finding]) -> bool {
    let mut changed = false;
    for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        let Some(line) = fix.line.checked_sub(slice.line + 1).and_then(|index| lines.get_mut(index as usize)) else {
            continue;
        };
        let text = line.trim_end_matches(['\r', '\n']);
        let original = slice.line_text(fix.line).unwrap_or("");
        if text == original && text != fix.text {
            *line = format!("{}{}", fix.text, line.get(text.len()..).unwrap_or(""));
            changed = true;
        }
    }
    changed
}

/// The way back from the mended text to the file.
struct Back<'a> {
    file: &'a Slice<'a>,
    mended: &'a Slice<'a>,
}

impl Back<'_> {
    fn node(&mut self, node: &mut Node) {
        self.place(&mut node.place);
        match &mut node.value {
            NodeValue::Scalar(_) => {}
            NodeValue::List(items) => items.iter_mut().for_each(|item| self.node(item)),
            NodeValue::Map(entries) => {
                for entry in entries {
                    self.place(&mut entry.key.place);
                    self.node(&mut entry.value);
                }
            }
        }
    }

    fn finding(&mut self, finding: &mut Finding) {
        finding.diagnostic.place.iter_mut().for_each(|place| self.place(place));
        finding.diagnostic.labels.iter_mut().for_each(|label| self.place(&mut label.place));
    }

    fn place(&self, place: &mut Place) {
        let relative = |at: u32| (at as usize).saturating_sub(self.mended.offset);
        let (line, start) = self.offset(relative(place.start));
        let (_, end) = self.offset(relative(place.end));
        place.start = (self.file.offset + start) as u32;
        place.end = (self.file.offset + end.max(start)) as u32;
        let line_start = self.file.starts().get(line).copied().unwrap_or(start);
        let before = self.file.text.get(line_start..start).unwrap_or("");
        place.column = before.chars().count() as u32 + 1;
    }

    /// The line (from 0) and the byte in the document for a byte of the mended text.
    fn offset(&self, at: usize) -> (usize, usize) {
        let starts = self.mended.starts();
        let line = starts.partition_point(|start| *start <= at).saturating_sub(1);
        let inside = at - starts.get(line).copied().unwrap_or(at);
        let start = self.file.starts().get(line).copied().unwrap_or(self.file.text.len());
        let number = self.file.line + line as u32 + 1;
        let old = self.file.line_text(number).unwrap_or("");
        let new = self.mended.line_text(number).unwrap_or("");
        let same = old.bytes().zip(new.bytes()).take_while(|(old, new)| old == new).count();
        let behind = old.len().min(new.len()) - same;
        let same_end =
            old.bytes().rev().zip(new.bytes().rev()).take(behind).take_while(|(old, new)| old == new).count();
        let inside = if inside <= same || old == new {
            inside
        } else if inside >= new.len() - same_end {
            inside + old.len() - new.len()
        } else {
            same
        };
        let mut offset = (start + inside).min(self.file.text.len());
        while !self.file.text.is_char_boundary(offset) {
            offset -= 1;
        }
        (line, offset)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::sync::Arc;

    use crate::yaml::{Condition, parse};

    #[test]
    fn a_mended_slip_hides_nothing_behind_it() {
        let text = "entity: a\nfields:\n  x: {type: text, label: Fée: bar}\n  y: {if: !x, ñ: z, max: 3}\n  z: {type: text\n  w: no\n";
        let parsed = parse(&Arc::from("f.yaml"), text);
        let lines: Vec<u32> = parsed
            .findings
            .iter()
            .filter_map(|finding| finding.diagnostic.place.as_ref())
            .map(|place| place.line)
            .collect();
        assert_eq!(lines, [3, 4, 5]);
        let root = &parsed.documents[0];
        assert_eq!(root.condition, Condition::Mended);
        // Everything stands where it does in the file.
        let fields = root.node.get("fields").unwrap();
        let at = |path: [&str; 2]| {
            let place = &fields.at(path).unwrap().place;
            (place.line, place.column, &text[place.start as usize..place.end as usize])
        };
        assert_eq!(at(["x", "type"]), (3, 13, "text"));
        assert_eq!(at(["y", "ñ"]), (4, 18, "z"));
        assert_eq!(at(["y", "max"]), (4, 26, "3"));
        assert_eq!(fields.get("w").unwrap().place.line, 6);
        assert_eq!(&text[fields.get("w").unwrap().place.start as usize..][..2], "no");
    }

    #[test]
    fn what_cannot_be_mended_leaves_a_part() {
        let condition = |text: &str| parse(&Arc::from("f.yaml"), text).documents[0].condition;
        assert_eq!(condition("entity: a\nlabel: b\n"), Condition::Whole);
        assert_eq!(condition("entity: a\nlabel: b\nlabel: c\n"), Condition::Partial);
        assert_eq!(condition("entity: a\nlabel:\n"), Condition::Partial);
        assert_eq!(condition("entity: a\nlabel: {a: [}\nicon: x\n"), Condition::Broken);
    }
}
