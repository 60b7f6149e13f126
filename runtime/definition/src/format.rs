//! Puts a definition file into canonical form: keys in the order of the reference, two spaces of indentation, quotes
//! where YAML needs them, comments where they were.
//!
//! Slips whose mended line is certain are mended first. Named things (fields, stages, steps …) keep their order, for it
//! means something. One-line maps stay on one line while they fit. The result is read again and compared with what was
//! there; when they differ in more than order, nothing is written. Formatting twice changes nothing more.

mod comments;
mod order;
mod print;

use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::place::Place;

use crate::node::Node;
use crate::yaml::{self, Fix};

/// One-line maps and lists fit in lines of so many characters.
const WIDEST: usize = 140;

/// The file in canonical form.
///
/// # Errors
/// What keeps it from being read, where that cannot be mended without its author.
pub fn format(file: &Arc<str>, text: &str) -> Result<String, Vec<Diagnostic>> {
    let text = mended(file, text)?;
    let before = yaml::parse(file, &text).documents;
    let notes = comments::collect(file, &text);
    let mut printed = Vec::new();
    for part in yaml::parts(&text) {
        let root = before.iter().map(|root| &root.node).find(|node| part.contains(&(node.place.start as usize)));
        printed.extend(print::part(&text, &part, root, &notes));
    }
    let out = printed.join("---\n");
    if same(&before, &yaml::parse(file, &out).documents) {
        Ok(out)
    } else {
        let diagnostic = Diagnostic::error(
            code::SYNTAX,
            &Place::start_of(file),
            "the file cannot be put into order without changing what it says",
        )
        .help("this is a fault of the program; please report it with the file");
        Err(vec![diagnostic])
    }
}

/// The text with every slip mended that can be.
fn mended(file: &Arc<str>, text: &str) -> Result<String, Vec<Diagnostic>> {
    let mut text = text.replace("\r\n", "\n");
    // Each round mends at least one line, and a line is rarely mended twice.
    for _ in 0..=text.lines().count() {
        let findings = yaml::parse(file, &text).findings;
        let mut fixes: Vec<Fix> = findings.iter().filter_map(|finding| finding.fix.clone()).collect();
        fixes.dedup_by_key(|fix| fix.line);
        if fixes.is_empty() {
            return if findings.is_empty() {
                Ok(text)
            } else {
                Err(findings.into_iter().map(|finding| finding.diagnostic).collect())
            };
        }
        let lines = text
            .lines()
            .zip(1..)
            .map(|(line, number)| fixes.iter().find(|fix| fix.line == number).map_or(line, |fix| &fix.text));
        text = lines.collect::<Vec<_>>().join("\n") + "\n";
    }
    Err(yaml::parse(file, &text).findings.into_iter().map(|finding| finding.diagnostic).collect())
}

/// True when both say the same but for the order of keys.
fn same(before: &[yaml::Root], after: &[yaml::Root]) -> bool {
    let ordered = |root: &yaml::Root| {
        let mut node: Node = root.node.clone();
        order::document(&mut node);
        node
    };
    before.len() == after.len()
        && before
            .iter()
            .zip(after)
            .all(|(before, after)| after.condition == yaml::Condition::Whole && ordered(before).same(&ordered(after)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    fn formatted(text: &str) -> String {
        let file: Arc<str> = Arc::from("f.yaml");
        let once = format(&file, text).unwrap();
        assert_eq!(format(&file, &once).unwrap(), once, "formatting twice changes more:\n{once}");
        once
    }

    #[test]
    fn tabs_are_mended_on_every_line() {
        let given = "entity: thing\nfields:\n\tname: text\n\tn: {type: integer}\n\tm: text\n";
        assert_eq!(formatted(given), "entity: thing\nfields:\n  name: text\n  n: {type: integer}\n  m: text\n");
    }

    #[test]
    fn a_comment_without_a_space_stays_one_or_is_asked_about() {
        let given = "entity: d\nfields:\n  b: {type: integer, min: 3} #comment\n  c:\n    type: \"text\" #kind\n    required: true #yes\n";
        let out = formatted(given);
        for kept in ["b: {type: integer, min: 3} #comment", "#kind", "required: true #yes"] {
            assert!(out.contains(kept), "{out}");
        }
        let file: Arc<str> = Arc::from("f.yaml");
        let asked = format(&file, "entity: d\nfields:\n  a: text #comment\n").unwrap_err();
        assert_eq!(asked.len(), 1, "{asked:?}");
    }

    #[test]
    fn keys_are_ordered_and_comments_stay() {
        let given = "\
# The head of the file.

fields:   # what it has
    name:   {max: 200, type: text}  # the title
    # About the amount.
    amount:
        min: 0
        type: money   # in EUR

    # The end of the fields.
label: {en: Deal,
  es: Trato}
entity: deal

# Before the rules.
rules:
   limit: {if: amount > 3, on: save,
      # why
      reject: No}
   late:
      reject:
        message: >-
           Too late
           for that
        field: amount
      on: [save,create]
# The end.
";
        let wanted = "\
# The head of the file.

entity: deal
label: {en: Deal, es: Trato}
fields: # what it has
  name: {type: text, max: 200} # the title
  # About the amount.
  amount:
    type: money # in EUR
    min: 0

  # The end of the fields.

# Before the rules.
rules:
  limit:
    on: save
    if: amount > 3
    # why
    reject: No
  late:
    on: [save, create]
    reject:
      field: amount
      message: >-
        Too late
        for that
# The end.
";
        assert_eq!(formatted(given), wanted);
    }

    #[test]
    fn slips_are_mended() {
        assert_eq!(
            formatted(
                "entity: deal\nrules:\n\tr: {if: min(a, b) > 3, on: save}\n\ts:\n\t\tif: !closed\n\t\ton: save\n"
            ),
            "entity: deal\nrules:\n  r: {on: save, if: 'min(a, b) > 3'}\n  s:\n    on: save\n    if: '!closed'\n"
        );
        assert_eq!(formatted("entity: deal\r\nlabel: Invoice #5\r\n"), "entity: deal\nlabel: 'Invoice #5'\n");
    }

    #[test]
    fn what_a_person_must_decide_is_left() {
        let file: Arc<str> = Arc::from("f.yaml");
        assert!(format(&file, "entity: deal\nlabel:\n").is_err());
        assert!(format(&file, "entity: deal\nlabel: A\nlabel: B\n").is_err());
    }

    #[test]
    fn scalars_of_every_style_stay() {
        let given = "\
test: a late answer
steps:
  a:
    log: |
      one

        two
  b: {log: \"a \\\"b\\\" c\"}
  c:
    log: \"tab\\there\"
  d:
    log: one two
      three
  e:
    log: |+
      kept

  f:
    log: 'it''s'
";
        let wanted = given.replace("\"a \\\"b\\\" c\"", "'a \"b\" c'");
        assert_eq!(formatted(given), wanted);
    }

    #[test]
    fn several_documents_and_lists() {
        assert_eq!(
            formatted(
                "---\n# one\nview: a\nentity: deal\nsort: [ -amount,name ]\n--- # two\nform: deal\nlayout:\n- a\n...\n# last\n"
            ),
            "# one\nview: a\nentity: deal\nsort: [-amount, name]\n---\n# two\nform: deal\nlayout:\n  - a\n---\n# last\n"
        );
    }

    #[test]
    fn long_lines_are_broken() {
        let long = "x".repeat(150);
        assert_eq!(
            formatted(&format!("entity: deal\nlabel: {{en: {long}, es: b}}\n")),
            format!("entity: deal\nlabel:\n  en: {long}\n  es: b\n")
        );
    }
}
