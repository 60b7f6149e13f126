//! What the database refuses, told about fields: unique rules and references.

use fichero_model::entity::Unique;
use fichero_model::{EntityId, FieldId};
use fichero_store::Error;
use fichero_store::schema::index::{Index, Purpose};

use crate::live::Live;
use crate::message::{Argument, Message};
use crate::refusal::{FieldError, Kind, Refusal};

/// A refusal of the database in words for people.
pub fn refusal(live: &Live, error: Error) -> Refusal {
    let Error::Unique(constraint) = &error else { return Refusal::from(error) };
    let found = live.layout.broken(constraint).and_then(|(entity, index)| of_index(live, entity, index));
    found.unwrap_or_else(|| Refusal::from(error))
}

/// What a unique index stands for, told about fields.
fn of_index(live: &Live, entity: EntityId, index: &Index) -> Option<Refusal> {
    let definition = &live.model[entity];
    match &index.purpose {
        Purpose::UniqueField(column) | Purpose::External(column) => {
            let field = live.layout.schema().table(&live.layout.table_name(entity))?.born(column)?;
            let (id, _) = definition.field(&field.name)?;
            Some(taken(live, entity, &[id], None))
        }
        Purpose::Unique(rule) => {
            let unique = definition.unique.iter().find(|unique| *unique.name == **rule)?;
            Some(taken(live, entity, &unique.fields, Some(unique)))
        }
        Purpose::Overlap(rule) => {
            let unique = definition.unique.iter().find(|unique| *unique.name == **rule)?;
            Some(overlapping(live, entity, unique))
        }
        Purpose::Reference(_) | Purpose::Field(_) | Purpose::Named(_) | Purpose::Trash(_) => None,
    }
}

/// What a record that is to be written would be refused for, all of it; nothing where it may be.
pub fn refusals<'i>(live: &Live, entity: EntityId, broken: impl IntoIterator<Item = &'i Index>) -> Option<Refusal> {
    let mut all = broken.into_iter().filter_map(|index| of_index(live, entity, index));
    let mut first = all.next()?;
    for other in all {
        first.errors.extend(other.errors);
    }
    Some(first)
}

fn taken(live: &Live, entity: EntityId, fields: &[FieldId], rule: Option<&Unique>) -> Refusal {
    let definition = &live.model[entity];
    let labels: Vec<String> =
        fields.iter().map(|field| definition[*field].label.get(live.model.workspace.locale).to_owned()).collect();
    let message = match (rule.and_then(|rule| rule.message.as_ref()), fields) {
        (Some(authored), _) => plain(authored),
        (None, [only]) => Message::with("unique", [Argument::from(&definition[*only].label)]),
        (None, _) => Message::with("unique_together", [labels.join(", ")]),
    };
    let errors = fields
        .iter()
        .map(|field| FieldError::new(definition[*field].name.to_string(), "unique", message.clone()))
        .collect();
    Refusal { errors, ..Refusal::new(Kind::Conflict, "unique", message) }
}

/// Another record of the same fields takes some of the same time: told at both, by the rule's name.
fn overlapping(live: &Live, entity: EntityId, rule: &Unique) -> Refusal {
    let definition = &live.model[entity];
    let label = |field: FieldId| definition[field].label.get(live.model.workspace.locale).to_owned();
    let message = match &rule.message {
        Some(authored) => plain(authored),
        None => {
            let shared: Vec<String> = rule.fields.iter().map(|field| label(*field)).collect();
            Message::with("overlap", [shared.join(", ")])
        }
    };
    let errors = rule.all_fields().map(|field| {
        let name = definition[field].name.to_string();
        FieldError::new(name, "overlap", message.clone()).found_by(&rule.name)
    });
    let errors = errors.collect();
    Refusal { errors, ..Refusal::new(Kind::Conflict, "overlap", message) }
}

/// The words of a message that needs no values.
fn plain(message: &fichero_model::rule::Message) -> Message {
    use fichero_model::label::{Locale, Text};
    use fichero_model::rule::Piece;
    let texts = message.by_locale.iter().map(|(locale, pieces)| {
        let text: String = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => &**text,
                Piece::Value(_) => "…",
            })
            .collect();
        (*locale, std::sync::Arc::from(text))
    });
    Message::Authored(std::sync::Arc::new(Text::of(texts.collect()).unwrap_or_else(|| Text::new(Locale::EN, ""))))
}
