//! Fields from which nothing is taken away (`append_only`): lists and lines take entries at their end, texts grow at
//! theirs, and anything else stays as it is once it is given.

use std::collections::HashSet;
use std::sync::Arc;

use fichero_model::entity::{Field, Source};
use fichero_model::expr::Row;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{FieldId, Model};

use super::check::{Checked, draft_line};
use super::draft::Draft;
use super::money;
use super::work::{Work, through};
use crate::input::Line;
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

/// Whether the lines of a field that are stored come first, in their order.
pub fn come_first(stored: &[Arc<Row>], saved: &[Checked]) -> bool {
    let first = saved.iter().take(stored.len()).map(|line| line.row().id());
    first.eq(stored.iter().map(|row| row.id()))
}

/// What a writer changes of a line that stays as it is. What was not given is no matter: that may follow by itself.
///
/// # Errors
/// When a definition fails or the database cannot be read.
pub fn altered(work: &Work<'_>, line: &Draft) -> Result<Vec<FieldError>, Refusal> {
    let Some(old) = &line.old else { return Ok(Vec::new()) };
    let model = Arc::clone(&work.live.model);
    let mut errors = line.errors.clone();
    for id in &line.given {
        let field = &model[line.entity][*id];
        if field.kind.is_rows() {
            continue;
        }
        let is_overridden = |row: &Row| row.overridden.contains(id);
        let follows = matches!(field.source, Source::Compute(_)) && !is_overridden(old) && !is_overridden(&line.row);
        let same = match line.links.iter().find(|(link, _)| link == id) {
            Some((_, after)) => *after == work.linked(old, *id)?,
            None => follows || money::is_same(old.get(*id), line.row.get(*id)),
        };
        if !same && errors.iter().all(|error| error.field != *field.name) {
            let (code, message) = taken_away(field);
            errors.push(FieldError::new(field.name.to_string(), code, message));
        }
    }
    for (id, given) in &line.lines {
        errors.extend(altered_lines(work, (line, old), *id, given)?);
    }
    Ok(errors)
}

/// The same of the lines that such a line has itself: none comes or goes.
fn altered_lines(
    work: &Work<'_>,
    (parent, old): (&Draft, &Arc<Row>),
    id: FieldId,
    given: &[Line],
) -> Result<Vec<FieldError>, Refusal> {
    let field = &work.live.model[parent.entity][id];
    let Kind::Lines { of, by } = field.kind else { return Ok(Vec::new()) };
    let stored = work.stored_lines(old, id)?;
    let mut seen = HashSet::new();
    let mut errors = Vec::new();
    for (index, line) in given.iter().enumerate().filter(|(_, line)| line.id.is_some()) {
        let place = format!("{}[{index}]", field.name);
        match draft_line(work, parent, (of, by), line.clone(), &stored, &mut seen)? {
            Ok(line) => errors.extend(altered(work, &line)?.into_iter().map(|error| error.inside(&place))),
            // One that is not there says so; where it should stand is then no matter.
            Err((code, message)) => return Ok(vec![FieldError::new(place, code, message)]),
        }
    }
    if !given.iter().map(|line| line.id).eq(stored.iter().map(|row| row.id())) {
        let (code, message) = taken_away(field);
        errors.push(FieldError::new(field.name.to_string(), code, message));
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
        return old.len() <= new.len() && old.iter().zip(new).all(|(old, new)| money::is_same(old, new));
    }
    match (&field.kind, old, new) {
        (Kind::Text { .. } | Kind::LongText { .. }, Value::Text(old), Value::Text(new)) => new.starts_with(&**old),
        _ => money::is_same(old, new),
    }
}

/// What a check box is before anybody ticks it is not given.
fn is_given(value: &Value) -> bool {
    !matches!(value, Value::Nothing | Value::Boolean(false))
}

/// What is told of a field that would lose something.
pub fn taken_away(field: &Field) -> Problem {
    ("append_only", Message::with("kept", [&field.label]))
}
