//! What the database refuses, told about fields: unique rules and references.

use fichero_model::entity::Unique;
use fichero_model::{EntityId, FieldId};
use fichero_store::Error;
use fichero_store::schema::index::Purpose;

use crate::live::Live;
use crate::message::{Argument, Message};
use crate::refusal::{FieldError, Kind, Refusal};

/// A refusal of the database in words for people.
pub fn refusal(live: &Live, error: Error) -> Refusal {
    let Error::Unique(constraint) = &error else { return Refusal::from(error) };
    let Some((entity, index)) = live.layout.broken(constraint) else { return Refusal::from(error) };
    let definition = &live.model[entity];
    match &index.purpose {
        Purpose::UniqueField(column) | Purpose::External(column) => {
            let field =
                live.layout.schema().table(&live.layout.table_name(entity)).and_then(|table| table.born(column));
            match field.and_then(|field| definition.field(&field.name)) {
                Some((id, _)) => taken(live, entity, &[id], None),
                None => Refusal::from(error),
            }
        }
        Purpose::Unique(rule) => match definition.unique.iter().find(|unique| *unique.name == **rule) {
            Some(unique) => taken(live, entity, &unique.fields, Some(unique)),
            None => Refusal::from(error),
        },
        Purpose::Reference(_) | Purpose::Field(_) | Purpose::Named(_) | Purpose::Trash(_) => Refusal::from(error),
    }
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
