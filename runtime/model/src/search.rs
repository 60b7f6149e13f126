//! What the search knows of a record: which of its fields are looked into, and the words of what they hold.
//!
//! Words are made here and nowhere else, so that both databases and a scan in memory find the same records in the same
//! order; what a database keeps of a record ([`Terms`]) is text that it compares byte by byte. A record's terms follow
//! from its own row alone: what references lead to is never among them, and a `sensitive` field is not either.

mod query;
mod words;

use std::borrow::Cow;
use std::collections::HashSet;

use crate::entity::{Field, Source};
use crate::expr::Row;
use crate::kind::Kind;
use crate::{EntityId, FieldId, Model, Value, html, phone};

pub use query::Query;

/// How words are made: raised with every change that gives a text other words, so that what was indexed before is
/// indexed anew.
const EDITION: u32 = 2;

/// Whether a print is of a later edition than this release makes words of: another node made it, and knows better.
pub fn is_later(print: &str) -> bool {
    let edition = print.split(' ').next().and_then(|edition| edition.parse::<u32>().ok());
    edition.is_some_and(|edition| edition > EDITION)
}

/// The most words that are kept of a record; those that come first in its fields stay.
pub const MOST_WORDS: usize = 1_000;

/// The words of a record, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Those of its title, in order, with a blank between them.
    pub titled: String,
    /// Those that stand in other fields alone, likewise.
    pub beside: String,
}

impl Terms {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.titled.is_empty() && self.beside.is_empty()
    }
}

/// The fields that the search looks into: the title first, then those marked `search` and the numbers given out.
pub fn fields(model: &Model, entity: EntityId) -> Vec<FieldId> {
    let definition = &model[entity];
    let wanted = |field: &Field| field.search || matches!(field.source, Source::Sequence(_));
    let others = definition.all_fields().filter(|(id, field)| *id != definition.title && wanted(field));
    let title = std::iter::once(definition.title);
    title.chain(others.map(|(id, _)| id)).filter(|id| is_looked_into(&definition[*id])).collect()
}

/// Whether records of an entity are found at all.
pub fn is_searched(model: &Model, entity: EntityId) -> bool {
    !fields(model, entity).is_empty()
}

fn is_looked_into(field: &Field) -> bool {
    matches!(field.kind, Kind::Text { .. } | Kind::LongText { .. })
        && !field.many
        && !field.sensitive
        && !field.system
        && field.is_stored()
}

/// What the terms of an entity's records depend on, besides the records. `name` gives a field the name that no renaming
/// changes.
pub fn print(model: &Model, entity: EntityId, name: impl Fn(FieldId) -> String) -> String {
    let title = model[entity].title;
    let sign = |id: &FieldId| if *id == title { "=" } else { "+" };
    // Other words are made of a text that becomes another sort of text.
    let sort = |id: &FieldId| match &model[entity][*id] {
        field if field.is_phone() => ":phone",
        field if field.is_html() => ":html",
        _ => "",
    };
    let named = fields(model, entity).into_iter().map(|id| format!(" {}{}{}", sign(&id), name(id), sort(&id)));
    format!("{EDITION}{}", named.collect::<String>())
}

/// The words of a row, from the [`fields`] of its entity.
pub fn terms(model: &Model, fields: &[FieldId], row: &Row) -> Terms {
    let title = model[row.entity].title;
    let mut known: HashSet<String> = HashSet::new();
    let (mut titled, mut beside) = (Vec::new(), Vec::new());
    for field in fields {
        let Value::Text(text) = row.get(*field) else { continue };
        let part = if *field == title { &mut titled } else { &mut beside };
        let spelled = spelled(&model[row.entity][*field], text);
        words::each(&spelled, |word| {
            if known.len() < MOST_WORDS && !known.contains(&word) {
                known.insert(word.clone());
                part.push(word);
            }
            known.len() < MOST_WORDS
        });
    }
    let joined = |mut words: Vec<String>| {
        words.sort_unstable();
        words.join(" ")
    };
    Terms { titled: joined(titled), beside: joined(beside) }
}

/// A text as people look for it: a phone number in all its spellings, of rich text the words alone.
fn spelled<'t>(field: &Field, text: &'t str) -> Cow<'t, str> {
    match field {
        field if field.is_phone() => Cow::Owned(phone::spellings(text)),
        field if field.is_html() => Cow::Owned(html::words(text)),
        _ => Cow::Borrowed(text),
    }
}
