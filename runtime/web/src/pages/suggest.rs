//! Records that fit what is typed into a reference.

use axum::Json;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse as _, Response};
use fichero_engine::Refusal;
use fichero_engine::message::Message;
use fichero_engine::read::page::{ListRow, Seen, SuggestQuestion};
use fichero_engine::value::json;
use fichero_model::kind::Kind;
use fichero_model::page::Column;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Ref};
use serde_json::{Value as Given, json as object};

use super::layout;
use super::visitor::Visitor;
use super::words::Words;
use crate::api::problem::Problem;

/// How many values stand beside a suggested title, of so many columns that may have one.
const NOTES: usize = 2;
const COLUMNS: usize = 4;

/// `GET /{entity}/suggest?q=…`: `[{"value", "text", "note"}]`. With `of` (an entity) and `field` (a reference of it) only
/// what that reference may point to, in all its entities; `record.NAME` says what the form holds for other fields.
pub async fn show(visitor: Visitor, Path(name): Path<String>, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    match suggest(&visitor, &name, pairs).await {
        Ok(response) => response,
        Err(refusal) => Problem::new(refusal, visitor.voice.locale).into_response(),
    }
}

async fn suggest(visitor: &Visitor, name: &str, pairs: Vec<(String, String)>) -> Result<Response, Refusal> {
    let last = |name: &str| pairs.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let of = match (last("of"), last("field")) {
        (Some(entity), Some(field)) => Some(reference(visitor, entity, field)?),
        _ => None,
    };
    let targets = match of {
        Some((entity, field)) => match &visitor.model()[entity][field].kind {
            Kind::Ref(reference) => reference.targets.to_vec(),
            _ => Vec::new(),
        },
        None => vec![visitor.entity(name)?],
    };
    let several = targets.len() > 1;
    let notes = |entity: EntityId| if several { Vec::new() } else { notes(visitor, entity) };
    let question = SuggestQuestion {
        entities: targets.iter().map(|entity| (*entity, notes(*entity))).collect(),
        text: last("q").unwrap_or_default().to_owned(),
        of,
        record: of.map(|(entity, _)| record(visitor, entity, &pairs)).unwrap_or_default(),
    };
    let columns: Vec<Column> = question.entities.iter().flat_map(|(_, columns)| columns.clone()).collect();
    let Seen { reader, now, page: (rows, titles), .. } =
        visitor.app.engine.suggest_page(&visitor.live, &visitor.actor, question).await?;
    let words = visitor.words(&reader, now, &titles);
    let found: Vec<Given> = rows
        .iter()
        .map(|row| {
            let note = if several { words.head(row.record.entity).label } else { note(&words, &columns, row) };
            object!({"value": value_of(&words, row.record, several), "text": words.title(row.record), "note": note})
        })
        .collect();
    Ok(Json(found).into_response())
}

/// How a form posts a record: by its id, with its entity in front where there are several to choose from.
pub fn value_of(words: &Words<'_>, record: Ref, several: bool) -> String {
    match several {
        true => format!("{}:{}", words.model[record.entity].name, record.id),
        false => record.id.to_string(),
    }
}

fn reference(visitor: &Visitor, entity: &str, field: &str) -> Result<(EntityId, FieldId), Refusal> {
    let entity = visitor.entity(entity)?;
    match visitor.model()[entity].field(field) {
        Some((id, definition)) if matches!(definition.kind, Kind::Ref(_)) => Ok((entity, id)),
        _ => Err(Refusal::malformed(Message::with("bad_parameter", ["field"]))),
    }
}

/// What the form holds for other fields, as far as it can be read.
fn record(visitor: &Visitor, entity: EntityId, pairs: &[(String, String)]) -> Vec<(FieldId, Value)> {
    let model = visitor.model();
    let read = |(name, text): &(String, String)| {
        let (id, field) = model[entity].field(name.strip_prefix("record.")?)?;
        let given = if text.is_empty() { Given::Null } else { Given::String(text.clone()) };
        let value = match given {
            Given::Null => Value::Nothing,
            given => json::value(model, field, &given).ok()?,
        };
        Some((id, value))
    };
    pairs.iter().filter_map(read).collect()
}

/// What tells records of the same name apart: the next columns of their list.
fn notes(visitor: &Visitor, entity: EntityId) -> Vec<Column> {
    let model = visitor.model();
    let title = model[entity].title;
    let mut columns = layout::columns(model, entity);
    columns.retain(|column| {
        let words = |kind: &Kind| matches!(kind, Kind::Text { .. } | Kind::Choice { .. } | Kind::Ref(_));
        column.path[..] != [(entity, title)] && layout::end(model, column).is_some_and(|field| words(&field.kind))
    });
    columns.truncate(COLUMNS);
    columns
}

fn note(words: &Words<'_>, columns: &[Column], row: &ListRow) -> String {
    let texts = columns.iter().zip(&row.values).filter_map(|(column, value)| {
        let field = layout::end(words.model, column)?;
        Some(words.text(field, value)).filter(|text| !text.is_empty())
    });
    texts.take(NOTES).collect::<Vec<_>>().join(" · ")
}
