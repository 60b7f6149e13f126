//! Sequences: how numbers are written, and when counting begins again.

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Sequence, SequencePart, SequencePeriod};

use super::declare::FieldDeclaration;
use super::field::no_sequence;
use super::findings::Findings;
use super::written::Written;
use crate::node::Node;

/// The sequence of a field. One that cannot count is told, and counts nothing.
pub(super) fn decode(declaration: &FieldDeclaration<'_>, node: &Node, findings: &mut Findings<'_>) -> Sequence {
    let pattern = match node.get("pattern") {
        None => vec![SequencePart::Number(1)],
        Some(pattern) => match parts(pattern, findings) {
            Some(parts) => parts,
            None => return no_sequence(),
        },
    };
    let gapless = node.get("gapless").and_then(Node::as_bool).unwrap_or(false);
    let Some(per) = node.get("per") else { return Sequence { pattern, per: SequencePeriod::Ever, gapless } };
    let word = per.as_text().map(|text| &**text).unwrap_or_default();
    let (period, needed): (_, &[(&str, &[SequencePart])]) = match word {
        "year" => (SequencePeriod::Year, &[YEAR]),
        "month" => (SequencePeriod::Month, &[YEAR, MONTH]),
        "day" => (SequencePeriod::Day, &[YEAR, MONTH, DAY]),
        _ => {
            findings.push(
                Diagnostic::error(
                    code::NOT_YET_KEY,
                    &per.place,
                    format!("`{}` cannot count anew for each `{word}` yet", declaration.name),
                )
                .help("`per` takes `year`, `month` or `day` in this release"),
            );
            return no_sequence();
        }
    };
    for (written, parts) in needed {
        if !pattern.iter().any(|part| parts.contains(part)) {
            let place = node.get("pattern").map_or(&per.place, |pattern| &pattern.place);
            let message = format!(
                "`{}` counts anew each {word}, but its pattern does not print `{written}`, so numbers would return",
                declaration.name
            );
            findings.error_with_help(
                code::SEQUENCE_PATTERN,
                place,
                message,
                format!("put `{written}` into the pattern, or leave out `per: {word}`"),
            );
            break;
        }
    }
    Sequence { pattern, per: period, gapless }
}

const YEAR: (&str, &[SequencePart]) = ("{YYYY}", &[SequencePart::Year, SequencePart::ShortYear]);
const MONTH: (&str, &[SequencePart]) = ("{MM}", &[SequencePart::Month]);
const DAY: (&str, &[SequencePart]) = ("{DD}", &[SequencePart::Day]);

/// The parts of a pattern such as `OPP-{YYYY}-{#####}`.
fn parts(node: &Node, findings: &mut Findings<'_>) -> Option<Vec<SequencePart>> {
    let written = Written::whole(node, findings.files())?;
    let text = written.text;
    let mut parts = Vec::new();
    let mut at = 0;
    let slip = |range: std::ops::Range<usize>, message: String, findings: &mut Findings<'_>| {
        let place = written.place(range, findings.files());
        findings.error_with_help(
            code::SEQUENCE_PATTERN,
            &place,
            message,
            "write one `{#####}` for the number, and `{YYYY}`, `{YY}`, `{MM}` or `{DD}` for the date",
        );
    };
    while let Some(open) = text[at..].find(['{', '}']).map(|found| at + found) {
        if text[open..].starts_with('}') {
            slip(open..open + 1, "a `}` of the pattern closes nothing".to_owned(), findings);
            return None;
        }
        let Some(close) = text[open..].find('}').map(|found| open + found) else {
            slip(open..text.len(), "a `{` of the pattern is not closed".to_owned(), findings);
            return None;
        };
        if open > at {
            parts.push(SequencePart::Text(text[at..open].into()));
        }
        let inner = &text[open + 1..close];
        parts.push(match inner {
            "YYYY" => SequencePart::Year,
            "YY" => SequencePart::ShortYear,
            "MM" => SequencePart::Month,
            "DD" => SequencePart::Day,
            _ if (1..=18).contains(&inner.len()) && inner.bytes().all(|byte| byte == b'#') => {
                SequencePart::Number(inner.len() as u8)
            }
            _ => {
                slip(open..close + 1, format!("`{{{inner}}}` means nothing in the pattern of a sequence"), findings);
                return None;
            }
        });
        at = close + 1;
    }
    if at < text.len() {
        parts.push(SequencePart::Text(text[at..].into()));
    }
    match parts.iter().filter(|part| matches!(part, SequencePart::Number(_))).count() {
        1 => Some(parts),
        0 => {
            slip(0..text.len(), "the pattern has no place for the number".to_owned(), findings);
            None
        }
        _ => {
            slip(0..text.len(), "the pattern has several places for the number".to_owned(), findings);
            None
        }
    }
}
