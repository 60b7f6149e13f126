//! Fields from which nothing is taken away (`append_only`): lists and lines take entries at their end, texts grow at
//! theirs, and anything else stays as it is once it is given.

use std::sync::Arc;

use fichero_model::entity::{Field, Source};
use fichero_model::expr::Row;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{FieldId, Id, Model};

use super::check::Checked;
use super::draft::Draft;
use super::work::{Work, through};
use crate::message::Message;
use crate::refusal::{FieldError, Refusal};
use crate::value::check::Problem;

/// Whether nothing is taken away from a field: it says so, or the records that its value is made of do.
pub fn is_kept(model: &Model, field: &Field) -> bool {
    field.append_only
        || match &field.kind {
            Kind::Lines { of, .. } => model[*of].append_only,
            kind => through(kind).is_some_and(|through| model.is_append_only(through.entity)),
        }
}

/// Whether a field has a value that nobody can change any more.
pub fn is_settled(field: &Field, old: &Value) -> bool {
    let grows = field.many || matches!(field.kind, Kind::Text { .. } | Kind::LongText { .. });
    is_given(old) && (field.once || (field.append_only && !grows))
}

/// The entries of a list that stay where they are.
///
/// # Errors
/// When the database cannot be read.
pub fn entries(work: &Work<'_>, old: &Row, id: FieldId) -> Result<Vec<Value>, Refusal> {
    let field = &work.live.model[old.entity][id];
    if !field.many || !is_kept(&work.live.model, field) {
        return Ok(Vec::new());
    }
    if field.is_link() {
        return Ok(work.linked(old, id)?.into_iter().map(Value::Ref).collect());
    }
    Ok(old.get(id).items().to_vec())
}

/// Tells of everything that a draft would take away, but for its lines.
///
/// # Errors
/// When the database cannot be read. What is wrong with the draft is in [`Draft::errors`].
pub fn check(work: &Work<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    let Some(old) = draft.old.clone() else { return Ok(()) };
    let model = Arc::clone(&work.live.model);
    for (id, field) in model[draft.entity].all_fields() {
        if field.kind.is_rows()
            || !is_kept(&model, field)
            || draft.errors.iter().any(|error| error.field == *field.name)
        {
            continue;
        }
        let stays = match draft.links.iter().find(|(link, _)| *link == id) {
            Some((_, after)) => {
                let before = work.linked(&old, id)?;
                // A link entity keeps no order.
                if through(&field.kind).is_some() {
                    before.iter().all(|target| after.contains(target))
                } else {
                    after.starts_with(&before)
                }
            }
            None => grows(field, old.get(id), draft.row.get(id)),
        };
        if !stays {
            draft.error(work, id, taken_away(field));
        }
    }
    Ok(())
}

/// What is wrong with the lines of a field that only grow: those that are stored come first, in their order and as they
/// are.
///
/// # Errors
/// When the database cannot be read.
pub fn lines(
    work: &Work<'_>,
    field: &Field,
    stored: &[Arc<Row>],
    saved: &[Checked],
) -> Result<Vec<FieldError>, Refusal> {
    if !is_kept(&work.live.model, field) {
        return Ok(Vec::new());
    }
    let name = &field.name;
    let ids = |rows: &mut dyn Iterator<Item = &Arc<Row>>| rows.map(|row| row.id()).collect::<Vec<Option<Id>>>();
    let first = ids(&mut saved.iter().take(stored.len()).map(Checked::row));
    if first != ids(&mut stored.iter()) {
        let (code, message) = taken_away(field);
        return Ok(vec![FieldError::new(name.to_string(), code, message)]);
    }
    let mut errors = Vec::new();
    for (index, line) in saved.iter().enumerate() {
        let place = format!("{name}[{index}]");
        errors.extend(altered(work, line)?.into_iter().map(|error| error.inside(&place)));
    }
    Ok(errors)
}

/// What a writer changes of a line that is stored. What follows by itself may.
fn altered(work: &Work<'_>, line: &Checked) -> Result<Vec<FieldError>, Refusal> {
    let Some(old) = line.old() else { return Ok(Vec::new()) };
    let model = Arc::clone(&work.live.model);
    let mut errors = Vec::new();
    for (id, field) in model[line.entity()].all_fields().filter(|(_, field)| field.is_input()) {
        let follows = matches!(field.source, Source::Compute(_)) && !line.row().overridden.contains(&id);
        let same = match line.links().iter().find(|(link, _)| *link == id) {
            Some((_, after)) => *after == work.linked(old, id)?,
            None => follows || field.kind.is_rows() || alike(old.get(id), line.row().get(id)),
        };
        if !same {
            let (code, message) = taken_away(field);
            errors.push(FieldError::new(field.name.to_string(), code, message));
        }
    }
    for lines in line.lines() {
        let field = &model[line.entity()][lines.field];
        let grown = !lines.removed.is_empty() || lines.saved.iter().any(|line| line.old().is_none());
        if grown {
            let (code, message) = taken_away(field);
            errors.push(FieldError::new(field.name.to_string(), code, message));
        }
        for (index, inner) in lines.saved.iter().enumerate() {
            let place = format!("{}[{index}]", field.name);
            errors.extend(altered(work, inner)?.into_iter().map(|error| error.inside(&place)));
        }
    }
    Ok(errors)
}

/// Whether all that was there still is.
fn grows(field: &Field, old: &Value, new: &Value) -> bool {
    if !is_given(old) {
        return true;
    }
    if field.many {
        let (old, new) = (old.items(), new.items());
        return old.len() <= new.len() && old.iter().zip(new).all(|(old, new)| alike(old, new));
    }
    match (&field.kind, old, new) {
        (Kind::Text { .. } | Kind::LongText { .. }, Value::Text(old), Value::Text(new)) => new.starts_with(&**old),
        _ => alike(old, new),
    }
}

/// What a check box is before anybody ticks it is not given.
fn is_given(value: &Value) -> bool {
    !matches!(value, Value::Nothing | Value::Boolean(false))
}

/// Money is what was agreed, whatever it is worth today.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Money(one), Value::Money(other)) => (one.amount, one.currency) == (other.amount, other.currency),
        _ => one == other,
    }
}

fn taken_away(field: &Field) -> Problem {
    ("append_only", Message::with("kept", [&field.label]))
}
