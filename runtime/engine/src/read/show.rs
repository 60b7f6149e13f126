//! Records as JSON: which fields, which references as objects, in a number of statements that does not grow with the
//! number of records.

use std::sync::Arc;

use fichero_model::entity::Source;
use fichero_model::expr::Row;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Model};
use serde_json::{Map, Value as Json};

use super::list::ShapeRequest;
use crate::message::Message;
use crate::record::work::Work;
use crate::refusal::Refusal;
use crate::value::json;

/// The most references that are shown as objects.
const MOST_EXPANDED: usize = 8;

/// What is wanted of each record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Only these fields; all when empty.
    pub fields: Vec<FieldId>,
    /// References shown as objects.
    pub expand: Vec<FieldId>,
    /// Since when a record lies in the trash is shown.
    pub trash: bool,
}

/// Understands which fields are wanted.
///
/// # Errors
/// When there is no such field, or it is no reference that can be shown as an object.
pub fn shape(model: &Model, entity: EntityId, request: &ShapeRequest) -> Result<Shape, Refusal> {
    let definition = &model[entity];
    let find = |name: &String| {
        definition.field(name).or_else(|| json::money_of(definition, name)).map(|(id, _)| id).ok_or_else(|| {
            let names = definition.fields.iter().map(|field| &*field.name);
            Refusal::malformed(match fichero_model::name::did_you_mean(name, names) {
                Some(near) => Message::with("unknown_field_near", [name.as_str(), near]),
                None => Message::with("unknown_field", [name.as_str()]),
            })
        })
    };
    let fields = request.fields.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    // Members of money come together, whichever of them was named.
    let expand = request.expand.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    for (id, name) in expand.iter().zip(&request.expand) {
        if expand.len() > MOST_EXPANDED
            || !matches!(definition[*id].kind, Kind::Ref(_) | Kind::Lines { .. } | Kind::Children { .. })
        {
            return Err(Refusal::malformed(Message::with("bad_expand", [name.as_str()])));
        }
    }
    Ok(Shape { fields, expand, trash: false })
}

/// Writes records. References that are expanded hold their own stored fields.
///
/// # Errors
/// When a definition fails or the database cannot be read.
pub fn records(work: &Work<'_>, entity: EntityId, rows: &[Arc<Row>], shape: &Shape) -> Result<Vec<Json>, Refusal> {
    work.gather(|| rows.iter().map(|row| record(work, entity, row, shape).map(Json::Object)).collect())
}

fn record(work: &Work<'_>, entity: EntityId, row: &Arc<Row>, shape: &Shape) -> Result<Map<String, Json>, Refusal> {
    let model = Arc::clone(&work.live.model);
    let mut object = Map::new();
    for (id, field) in model[entity].all_fields() {
        let expanded = shape.expand.contains(&id);
        let wanted = if shape.fields.is_empty() { true } else { shape.fields.contains(&id) || expanded };
        // Lists of other records are only read when they are asked for by name.
        let by_name = field.kind.is_rows()
            && !(expanded || shape.fields.contains(&id) || (shape.fields.is_empty() && shows_lines(&field.kind)));
        if !wanted || by_name || (shape.fields.is_empty() && is_hidden(id, shape.trash)) {
            continue;
        }
        if field.kind.is_rows() || field.is_link() {
            let others = work.rows_of(row, id)?;
            let full = expanded || matches!(field.kind, Kind::Lines { .. });
            object.insert(
                field.name.to_string(),
                Json::Array(
                    others.iter().map(|other| show_other(work, other, full, &field.kind)).collect::<Result<_, _>>()?,
                ),
            );
        } else if expanded {
            let target = match row.get(id).as_ref() {
                Some(reference) => work.target(reference)?,
                None => None,
            };
            object.insert(
                field.name.to_string(),
                target.map_or(Ok(Json::Null), |target| show_other(work, &target, true, &field.kind))?,
            );
        } else {
            let value = match &field.source {
                Source::Lookup(expr) | Source::Formula { value: expr, stored: false } => work.eval_on(expr, row)?,
                _ => row.get(id).clone(),
            };
            json::put(&model, field, &value, &mut object);
        }
    }
    Ok(object)
}

fn shows_lines(kind: &Kind) -> bool {
    matches!(kind, Kind::Lines { .. })
}

/// Since when a record lies in the trash is shown where the trash was asked for; what went there with it, only by name.
fn is_hidden(id: FieldId, trash: bool) -> bool {
    use fichero_model::entity::System;
    (id == System::DeletedAt.field() && !trash) || id == System::DeletedBatch.field()
}

fn show_other(work: &Work<'_>, row: &Arc<Row>, full: bool, kind: &Kind) -> Result<Json, Refusal> {
    if full {
        let mut object = stored(work, row)?;
        if let Kind::Ref(reference) = kind
            && reference.targets.len() > 1
        {
            object.insert("entity".to_owned(), Json::String(work.live.model[row.entity].name.to_string()));
        }
        return Ok(Json::Object(object));
    }
    let id = row.id().map(|id| id.to_string()).unwrap_or_default();
    Ok(Json::String(match kind {
        Kind::Ref(reference) if reference.targets.len() > 1 => format!("{}:{id}", work.live.model[row.entity].name),
        _ => id,
    }))
}

/// The row's own fields, formulas and lookups included, other records as ids.
fn stored(work: &Work<'_>, row: &Arc<Row>) -> Result<Map<String, Json>, Refusal> {
    let model = Arc::clone(&work.live.model);
    let mut object = Map::new();
    for (id, field) in model[row.entity].all_fields() {
        if field.kind.is_rows() || field.is_link() || is_hidden(id, false) {
            continue;
        }
        let value = match &field.source {
            Source::Lookup(expr) | Source::Formula { value: expr, stored: false } => work.eval_on(expr, row)?,
            _ => row.get(id).clone(),
        };
        json::put(&model, field, &value, &mut object);
    }
    Ok(object)
}

/// The value of a field of a row, read or worked out.
///
/// # Errors
/// When a definition fails or the database cannot be read.
pub fn value(work: &Work<'_>, row: &Arc<Row>, id: FieldId) -> Result<Value, Refusal> {
    match &work.live.model[row.entity][id].source {
        Source::Lookup(expr) | Source::Formula { value: expr, stored: false } => work.eval_on(expr, row),
        _ => Ok(row.get(id).clone()),
    }
}
