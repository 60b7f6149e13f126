//! Records as JSON: which fields, which references as objects, in a number of statements that does not grow with the
//! number of records.

use std::sync::Arc;

use fichero_model::entity::{Field, Source};
use fichero_model::expr::Row;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Model};
use serde_json::Value as Json;

use super::list::ShapeRequest;
use crate::message::Message;
use crate::record::work::Work;
use crate::refusal::Refusal;
use crate::value::json;
use crate::value::write::{Object, Written};

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
    let mut expand = Vec::new();
    for name in &request.expand {
        let id = find(name)?;
        if !matches!(definition[id].kind, Kind::Ref(_) | Kind::File(_) | Kind::Lines { .. } | Kind::Children { .. }) {
            return Err(Refusal::malformed(Message::with("bad_expand", [name.as_str()])));
        }
        // Each reference is shown once, however often it is named: never more than the entity has.
        if !expand.contains(&id) {
            expand.push(id);
        }
    }
    Ok(Shape { fields, expand, trash: false })
}

/// Writes records. References that are expanded hold their own stored fields.
///
/// # Errors
/// When a definition fails or the database cannot be read.
pub fn records(work: &Work<'_>, entity: EntityId, rows: &[Arc<Row>], shape: &Shape) -> Result<Vec<Written>, Refusal> {
    let fields = shown(&work.live.model, entity, shape);
    work.gather(|| rows.iter().map(|row| record(work, row, &fields)).collect())
}

/// The fields of a record that are shown where none is named.
pub(crate) fn usual(model: &Model, entity: EntityId) -> impl Iterator<Item = (FieldId, &Field)> {
    let fields = model[entity].all_fields();
    // Lists of other records are only read when they are asked for by name.
    fields.filter(|(id, field)| !is_hidden(*id, false) && (!field.kind.is_rows() || shows_lines(&field.kind)))
}

/// Writes a field of a record as it leaves the house: without what is sensitive in its lines.
///
/// # Errors
/// When a definition fails or the database cannot be read.
pub(crate) fn exported(work: &Work<'_>, row: &Arc<Row>, id: FieldId, object: &mut Object<'_>) -> Result<(), Refusal> {
    let field = &work.live.model[row.entity][id];
    shown_into(work, row, &Shown { id, field, expanded: false, exported: true }, object)
}

/// How a field is shown.
struct Shown<'m> {
    id: FieldId,
    field: &'m Field,
    /// Other records as objects.
    expanded: bool,
    /// Without what is sensitive in other records.
    exported: bool,
}

/// The fields that are shown of each record.
fn shown<'m>(model: &'m Model, entity: EntityId, shape: &Shape) -> Vec<Shown<'m>> {
    let all = shape.fields.is_empty();
    let fields = model[entity].all_fields().filter_map(|(id, field)| {
        let (expanded, named) = (shape.expand.contains(&id), shape.fields.contains(&id));
        // Lists of other records are only read when they are asked for by name.
        let as_one_of_all = all && !is_hidden(id, shape.trash) && (!field.kind.is_rows() || shows_lines(&field.kind));
        let is_shown = if all { as_one_of_all || expanded && !is_hidden(id, shape.trash) } else { named || expanded };
        is_shown.then_some(Shown { id, field, expanded, exported: false })
    });
    fields.collect()
}

fn record(work: &Work<'_>, row: &Arc<Row>, fields: &[Shown<'_>]) -> Result<Written, Refusal> {
    let mut out = Vec::with_capacity(64 * fields.len());
    let mut object = Object::begin(&mut out);
    for field in fields {
        shown_into(work, row, field, &mut object)?;
    }
    object.end();
    Written::try_from(out).map_err(|error| Refusal::internal("json", &error))
}

fn shown_into(work: &Work<'_>, row: &Arc<Row>, shown: &Shown<'_>, object: &mut Object<'_>) -> Result<(), Refusal> {
    let Shown { id, field, expanded, .. } = shown;
    if field.kind.is_rows() || field.is_link() {
        let others = work.rows_of(row, *id)?;
        return others_into(work, &others, shown, object.member(&field.name));
    }
    if !*expanded {
        return field_into(work, row, *id, field, object);
    }
    if matches!(field.kind, Kind::File(_)) {
        let files = files(work, &value(work, row, *id)?)?;
        let files = if field.many { Json::Array(files) } else { files.into_iter().next().unwrap_or_default() };
        let written = serde_json::to_writer(object.member(&field.name), &files);
        return written.map_err(|error| Refusal::internal("json", &error));
    }
    let target = match row.get(*id).as_ref() {
        Some(reference) => work.target(reference)?,
        None => None,
    };
    let out = object.member(&field.name);
    match target {
        Some(target) => other_into(work, &target, shown, out)?,
        None => out.extend_from_slice(b"null"),
    }
    Ok(())
}

/// What is known of the files that a field holds.
fn files(work: &Work<'_>, value: &Value) -> Result<Vec<Json>, Refusal> {
    let ids = value.items().iter().filter_map(|item| item.as_text()?.parse().ok());
    let files = ids.map(|id| work.file(id)).collect::<Result<Vec<_>, _>>()?;
    Ok(files.iter().flatten().map(crate::files::json).collect())
}

/// Writes a field of the row itself, read or worked out.
fn field_into(
    work: &Work<'_>,
    row: &Arc<Row>,
    id: FieldId,
    field: &Field,
    object: &mut Object<'_>,
) -> Result<(), Refusal> {
    let written = match &field.source {
        Source::Lookup(_) | Source::Formula { stored: false, .. } => {
            object.field(&work.live.model, field, &value(work, row, id)?)
        }
        _ => object.field(&work.live.model, field, row.get(id)),
    };
    written.map_err(|error| Refusal::internal("json", &error))
}

fn others_into(work: &Work<'_>, rows: &[Arc<Row>], shown: &Shown<'_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    out.push(b'[');
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        other_into(work, row, shown, out)?;
    }
    out.push(b']');
    Ok(())
}

/// Writes another record: as an object of its own fields, formulas and lookups included, or as its id.
fn other_into(work: &Work<'_>, row: &Arc<Row>, shown: &Shown<'_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let model = &work.live.model;
    let kind = &shown.field.kind;
    let several = matches!(kind, Kind::Ref(reference) if reference.targets.len() > 1);
    let written = |done: Result<(), serde_json::Error>| done.map_err(|error| Refusal::internal("json", &error));
    if !shown.expanded && !shows_lines(kind) {
        let id = row.id().map(|id| id.to_string()).unwrap_or_default();
        let text = if several { format!("{}:{id}", model[row.entity].name) } else { id };
        return written(serde_json::to_writer(out, &text));
    }
    let mut object = Object::begin(out);
    for (id, field) in model[row.entity].all_fields() {
        let is_withheld = is_hidden(id, false) || (shown.exported && field.sensitive);
        if !field.kind.is_rows() && !field.is_link() && !is_withheld {
            field_into(work, row, id, field, &mut object)?;
        }
    }
    if several {
        written(serde_json::to_writer(object.member("entity"), &*model[row.entity].name))?;
    }
    object.end();
    Ok(())
}

fn shows_lines(kind: &Kind) -> bool {
    matches!(kind, Kind::Lines { .. })
}

/// Since when a record lies in the trash is shown where the trash was asked for; what went there with it, only by name.
fn is_hidden(id: FieldId, trash: bool) -> bool {
    use fichero_model::entity::System;
    (id == System::DeletedAt.field() && !trash) || id == System::DeletedBatch.field()
}

/// The value of a field of a row, read or worked out.
///
/// # Errors
/// When a definition fails or the database cannot be read.
pub fn value(work: &Work<'_>, row: &Arc<Row>, id: FieldId) -> Result<Value, Refusal> {
    let field = &work.live.model[row.entity][id];
    match &field.source {
        Source::Lookup(expr) | Source::Formula { value: expr, stored: false } => {
            let value = work.eval_on(expr, row)?;
            if expr.is_open() { work.taken_by(field, expr, value) } else { Ok(value) }
        }
        _ => Ok(row.get(id).clone()),
    }
}
