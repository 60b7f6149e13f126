//! Texts that people read: labels in several languages, and messages with values filled in.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::expr::Scope;
use fichero_model::label::{Locale, Text};
use fichero_model::rule::{Message, Piece};

use super::expression::{self, Want};
use super::findings::Findings;
use crate::node::Node;

/// The text of a map of locales. In a text that nothing can be filled into, `{{` is a slip.
pub(super) fn text(node: &Node, findings: &mut Findings<'_>) -> Option<Text> {
    for entry in node.entries() {
        if entry.value.as_text().is_some_and(|text| text.contains("{{")) {
            findings.push(
                Diagnostic::error(code::NOT_ALLOWED_HERE, &entry.value.place, "values cannot be filled into this text, as it belongs to no record")
                    .help("`{{ … }}` is filled in where a record is at hand: in the messages of rules, checks and unique rules"),
            );
        }
    }
    Text::of(locales(node).map(|(locale, value)| (locale, value.as_text().cloned().unwrap_or_default())).collect())
}

/// The text of a key, if it is given.
pub(super) fn optional(node: Option<&Node>, findings: &mut Findings<'_>) -> Option<Text> {
    node.and_then(|node| text(node, findings))
}

/// The label of a named thing: what its author gave, else made from its name.
pub(super) fn label(node: Option<&Node>, name: &str, findings: &mut Findings<'_>) -> Text {
    optional(node, findings).unwrap_or_else(|| Text::from_name(name))
}

/// The label of a part of something, where it stands without the whole: `Address: Street`.
pub(super) fn joined(whole: &Text, part: &Text) -> Text {
    let mut locales: Vec<Locale> = whole.all().iter().map(|(locale, _)| *locale).collect();
    locales.extend(
        part.all()
            .iter()
            .map(|(locale, _)| *locale)
            .filter(|locale| whole.all().iter().all(|(known, _)| known != locale)),
    );
    let both = |locale: Locale| (locale, format!("{}: {}", whole.get(locale), part.get(locale)).into());
    Text::of(locales.into_iter().map(both).collect()).unwrap_or_else(|| part.clone())
}

/// A message: the values of its `{{ … }}` are expressions of the scope.
pub(super) fn message(node: &Node, scope: &Scope<'_>, findings: &mut Findings<'_>) -> Option<Message> {
    let mut by_locale = Vec::new();
    for (locale, value) in locales(node) {
        by_locale.push((locale, pieces(value, scope, findings)?));
    }
    (!by_locale.is_empty()).then_some(Message { by_locale })
}

/// The locales of a text with their values, the author's first.
fn locales(node: &Node) -> impl Iterator<Item = (Locale, &Node)> {
    node.entries().iter().filter_map(|entry| Some((Locale::parse(&entry.key.text)?, &entry.value)))
}

/// The pieces of one language's text; nothing when one of its expressions is wrong.
fn pieces(node: &Node, scope: &Scope<'_>, findings: &mut Findings<'_>) -> Option<Vec<Piece>> {
    let text = node.as_text()?;
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut whole = true;
    while let Some(open) = text[at..].find("{{").map(|found| at + found) {
        let Some(close) = text[open..].find("}}").map(|found| open + found) else {
            findings.push(
                Diagnostic::error(code::BAD_TEXT, &node.place, "a `{{` of this text is not closed")
                    .help("write `{{ expression }}` for a value that is filled in"),
            );
            return None;
        };
        push_text(&mut pieces, &text[at..open]);
        let inner = &text[open + 2..close];
        let start = open + 2 + (inner.len() - inner.trim_start().len());
        let end = (open + 2 + inner.trim_end().len()).max(start);
        match expression::part(node, start..end, scope, &Want::Any, findings) {
            Some(value) => pieces.push(Piece::Value(Box::new(value))),
            None => whole = false,
        }
        at = close + 2;
    }
    push_text(&mut pieces, &text[at..]);
    whole.then_some(pieces)
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(Arc::from(text)));
    }
}
