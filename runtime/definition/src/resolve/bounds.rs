//! Bounds: the least and greatest value, length, and number of entries.
//!
//! `min` and `max` of a list mean how many entries it has; those of the type it is a list of mean each entry.

use fichero_model::Value;
use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::Field;
use fichero_model::kind::Kind;

use super::context::Context;
use super::findings::Findings;
use super::literal::literal;
use super::types::{Layers, Word};
use crate::node::Entry;

/// The most entries that a list may hold.
const MOST_ENTRIES: u32 = 1_000;

/// What bounds a field; the longest length of a text is in its kind.
#[derive(Default)]
pub(super) struct Bounds {
    min: Option<Value>,
    max: Option<Value>,
    min_items: Option<u32>,
    max_items: Option<u32>,
}

impl Bounds {
    /// The least and the greatest value.
    pub fn limits(&self) -> (Option<&Value>, Option<&Value>) {
        (self.min.as_ref(), self.max.as_ref())
    }

    /// Puts them into the field.
    pub fn apply(self, field: &mut Field) {
        let Self { min, max, min_items, max_items } = self;
        (field.min, field.max) = (min, max);
        (field.min_items, field.max_items) = (min_items, max_items);
    }
}

/// The bounds of a field.
pub(super) fn of(
    cx: &Context<'_>,
    field: &Field,
    word: Option<Word>,
    layers: &Layers<'_>,
    findings: &mut Findings<'_>,
) -> Bounds {
    let mut bounds = Bounds::default();
    if word.is_some_and(Word::is_ordered) {
        bounds.min = bound(cx, field, layers.of_one("min"), findings);
        bounds.max = bound(cx, field, layers.of_one("max"), findings);
        check_bounds(&bounds, layers, field, findings);
    } else if word.is_some_and(Word::is_text) {
        bounds.min = shortest(field, layers.of_one("min"), findings);
    }
    if field.many {
        bounds.min_items = number_of_entries(field, layers.of_list("min"), findings);
        let is_size = |entry: &&Entry| word == Some(Word::File) && super::media::is_size(entry);
        bounds.max_items = number_of_entries(field, layers.of_list("max").filter(|entry| !is_size(entry)), findings);
        check_number_of_entries(&bounds, layers, field, findings);
    }
    bounds
}

fn bound(cx: &Context<'_>, field: &Field, entry: Option<&Entry>, findings: &mut Findings<'_>) -> Option<Value> {
    let entry = entry?;
    if entry.value.as_formula().is_some() {
        let message = format!("`{}` of `{}` is a literal", entry.key.text, field.name);
        findings.error_with_help(
            code::BAD_VALUE,
            &entry.value.place,
            message,
            "state a bound that changes as a bad case: `validate: {late: {if: value > today(), message: …}}`",
        );
        return None;
    }
    match literal(&entry.value, &field.kind, cx.model) {
        Ok(value) => Some(value),
        Err(flaw) => {
            let told = flaw.told(code::BAD_VALUE, &entry.value, field, findings.files());
            findings.push(told);
            None
        }
    }
}

fn check_bounds(bounds: &Bounds, layers: &Layers<'_>, field: &Field, findings: &mut Findings<'_>) {
    let (Some(min), Some(max)) = (&bounds.min, &bounds.max) else { return };
    if min.compare(max) == Some(std::cmp::Ordering::Greater) {
        nothing_between(field, layers.of_one("min"), layers.of_one("max"), findings);
    }
}

/// Says that no value is possible.
fn nothing_between(field: &Field, min: Option<&Entry>, max: Option<&Entry>, findings: &mut Findings<'_>) {
    let (Some(min), Some(max)) = (min, max) else { return };
    findings.push(
        Diagnostic::error(
            code::BAD_VALUE,
            &max.value.place,
            format!("no value of `{}` is possible: `max` is less than `min`", field.name),
        )
        .label(&min.value.place, "the least")
        .help("exchange the two, or leave one out"),
    );
}

/// The least or greatest number of entries of a list.
fn number_of_entries(field: &Field, entry: Option<&Entry>, findings: &mut Findings<'_>) -> Option<u32> {
    let entry = entry?;
    let least = if &*entry.key.text == "max" { 1 } else { 0 };
    let number = entry.value.as_integer().and_then(|number| u32::try_from(number).ok());
    let number = number.filter(|number| (least..=MOST_ENTRIES).contains(number));
    if number.is_none() {
        let message = format!(
            "`{}` of the list `{}` is a number of entries from {least} to {MOST_ENTRIES}",
            entry.key.text, field.name
        );
        findings.error_with_help(
            code::BAD_VALUE,
            &entry.value.place,
            message,
            "what bounds each entry belongs to a `type` document",
        );
    }
    number
}

fn check_number_of_entries(bounds: &Bounds, layers: &Layers<'_>, field: &Field, findings: &mut Findings<'_>) {
    if let (Some(min), Some(max)) = (bounds.min_items, bounds.max_items)
        && min > max
    {
        nothing_between(field, layers.of_list("min"), layers.of_list("max"), findings);
    }
}

/// The least length of a text.
fn shortest(field: &Field, entry: Option<&Entry>, findings: &mut Findings<'_>) -> Option<Value> {
    let entry = entry?;
    let longest = match field.kind {
        Kind::Text { max } | Kind::LongText { max } => i64::from(max),
        _ => return None,
    };
    match entry.value.as_integer().filter(|least| (0..=longest).contains(least)) {
        Some(least) => Some(Value::Integer(least)),
        None => {
            let message = format!(
                "`min` of the text `{}` is a number of characters from 0 to {longest}, its greatest length",
                field.name
            );
            findings.error(code::BAD_VALUE, &entry.value.place, message);
            None
        }
    }
}
