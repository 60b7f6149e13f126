//! Out of sight and back: trash, restore, purge.
//!
//! Deleting checks the same restrictions as purging, and takes what belongs to the record along in one batch; restoring
//! one of a batch brings the whole batch back.

use std::collections::HashSet;
use std::sync::Arc;

use fichero_model::entity::{Source, System};
use fichero_model::expr::Row;
use fichero_model::kind::OnDelete;
use fichero_model::rule::RuleEvent;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::Lock;

use super::draft::Draft;
use super::log;
use super::work::Work;
use crate::command::{Done, Effect};
use crate::message::{Argument, Message};
use crate::refusal::{Kind, Refusal};

/// The most records one deletion may take along.
const MOST: usize = 10_000;

/// What a deletion touches.
#[derive(Debug, Default)]
struct Reach {
    /// The record and what is deleted with it, the record first.
    rows: Vec<Arc<Row>>,
    /// References elsewhere that become nothing.
    cleared: Vec<(Arc<Row>, FieldId, Ref)>,
}

/// Puts a record into the trash with all that belongs to it.
///
/// # Errors
/// When something that lives restricts it, a rule refuses it, or the database cannot be written.
pub fn trash(work: &Work<'_>, row: Arc<Row>) -> Result<Done, Refusal> {
    let row = work.seize(row)?;
    run_delete_rules(work, &row)?;
    let reach = reach(work, row)?;
    clear(work, &reach.cleared)?;
    let batch = work.batch_id();
    let mut first = None;
    for row in &reach.rows {
        let trashed = mark(work, row, Some(batch))?;
        log::removed(work, &trashed, "delete")?;
        super::rollup::touch(work, row.entity, Some(row), None);
        first.get_or_insert(trashed);
    }
    done(first, Effect::Deleted)
}

/// Puts a line into the trash that its parent no longer lists.
///
/// # Errors
/// As [`trash`].
pub fn trash_line(work: &Work<'_>, row: &Arc<Row>) -> Result<(), Refusal> {
    trash(work, Arc::clone(row)).map(|_| ())
}

/// Takes a record and its batch out of the trash.
///
/// # Errors
/// When it is not there, a unique rule refuses one of them, or the database cannot be written.
pub fn restore(work: &Work<'_>, row: Arc<Row>) -> Result<Done, Refusal> {
    let Some(batch) = row.get(System::DeletedBatch.field()).as_text().map(str::to_owned) else {
        return Err(Refusal::new(Kind::Conflict, "not_in_trash", Message::key("not_in_trash")));
    };
    let mut rows = vec![row];
    let mut seen: HashSet<Id> = rows.iter().filter_map(|row| row.id()).collect();
    let mut next = 0;
    while let Some(row) = rows.get(next).cloned() {
        next += 1;
        let Some(reference) = row.reference() else { continue };
        for referrer in &work.live.ties(row.entity).referrers {
            if referrer.on_delete == OnDelete::Cascade {
                for belongs in work.trashed_with(referrer, reference, &batch)? {
                    if belongs.id().is_some_and(|id| seen.insert(id)) {
                        rows.push(belongs);
                    }
                }
            }
        }
        if rows.len() > MOST {
            return Err(Refusal::new(Kind::TooLarge, "too_large", Message::key("too_large")));
        }
    }
    let mut first = None;
    for row in &rows {
        let living = mark(work, row, None)?;
        log::removed(work, &living, "restore")?;
        super::rollup::touch(work, row.entity, None, Some(&living));
        // Nothing kept its own rollups up to date while it lay in the trash.
        for (id, field) in work.live.model[row.entity].all_fields() {
            if let (Source::Rollup(_), Some(reference)) = (&field.source, row.reference()) {
                work.dirty(reference, id);
            }
        }
        first.get_or_insert(living);
    }
    done(first, Effect::Restored)
}

/// Removes a record and all that belongs to it for good.
///
/// # Errors
/// When something restricts it, or the database cannot be written.
pub fn purge(work: &Work<'_>, row: Arc<Row>) -> Result<Done, Refusal> {
    let first = Some(Arc::clone(&row));
    let reach = reach(work, row)?;
    clear(work, &reach.cleared)?;
    // Children go before their parents, so that no reference is ever left without its target.
    for row in reach.rows.iter().rev() {
        work.purge(row)?;
        log::removed(work, row, "purge")?;
        if row.get(System::DeletedAt.field()).is_nothing() {
            super::rollup::touch(work, row.entity, Some(row), None);
        }
    }
    done(first, Effect::Purged)
}

fn done(first: Option<Arc<Row>>, effect: Effect) -> Result<Done, Refusal> {
    let row = first.ok_or_else(Refusal::not_found)?;
    let id = row.id().ok_or_else(Refusal::not_found)?;
    Ok(Done { id, version: row.version(), effect })
}

fn run_delete_rules(work: &Work<'_>, row: &Arc<Row>) -> Result<(), Refusal> {
    let mut draft = Draft {
        entity: row.entity,
        old: Some(Arc::clone(row)),
        row: Arc::clone(row),
        given: Vec::new(),
        links: Vec::new(),
        lines: Vec::new(),
        errors: Vec::new(),
    };
    super::rules::run(work, &mut draft, RuleEvent::Delete)?;
    if draft.errors.is_empty() { Ok(()) } else { Err(Refusal::invalid(draft.errors)) }
}

/// Finds everything a deletion touches; refuses when something that stays restricts it.
fn reach(work: &Work<'_>, row: Arc<Row>) -> Result<Reach, Refusal> {
    let mut reach = Reach::default();
    let mut seen: HashSet<Id> = row.id().into_iter().collect();
    let mut restricting: Vec<(EntityId, Arc<Row>)> = Vec::new();
    reach.rows.push(row);
    let mut next = 0;
    while let Some(row) = reach.rows.get(next).cloned() {
        next += 1;
        let Some(reference) = row.reference() else { continue };
        for referrer in &work.live.ties(row.entity).referrers {
            for found in work.referring(referrer, reference)? {
                match referrer.on_delete {
                    OnDelete::Cascade => {
                        if found.id().is_some_and(|id| seen.insert(id)) {
                            reach.rows.push(found);
                        }
                    }
                    OnDelete::Restrict => restricting.push((referrer.entity, found)),
                    OnDelete::Clear => reach.cleared.push((found, referrer.field, reference)),
                }
            }
        }
        if reach.rows.len() > MOST {
            return Err(Refusal::new(Kind::TooLarge, "too_large", Message::key("too_large")));
        }
    }
    restricting.retain(|(_, row)| row.id().is_none_or(|id| !seen.contains(&id)));
    reach.cleared.retain(|(row, ..)| row.id().is_none_or(|id| !seen.contains(&id)));
    match restricting.first() {
        None => Ok(reach),
        Some((entity, _)) => {
            let count = restricting.iter().filter(|(known, _)| known == entity).count();
            let arguments = [Argument::from(&work.live.model[*entity].plural), Argument::Plain(count.to_string())];
            Err(Refusal::new(Kind::Conflict, "restrict", Message::with("restrict", arguments)))
        }
    }
}

fn clear(work: &Work<'_>, cleared: &[(Arc<Row>, FieldId, Ref)]) -> Result<(), Refusal> {
    for (row, field, target) in cleared {
        // The row may have been changed a moment ago by another reference of the same record.
        let Some(reference) = row.reference() else { continue };
        let Some(stored) = work.lock_any(reference, Lock::Change)? else { continue };
        if work.live.model[row.entity][*field].is_link() {
            work.unlink(&stored, *field, *target)?;
            continue;
        }
        let mut changed = Row::clone(&stored);
        changed.set(*field, Value::Nothing);
        changed.set(System::Version.field(), Value::Integer(stored.version() + 1));
        work.stamp(&mut changed, false);
        work.update(&stored, &changed)?;
        log::changed(work, &stored, &changed)?;
        super::rollup::touch(work, row.entity, Some(&stored), Some(&changed));
    }
    Ok(())
}

fn mark(work: &Work<'_>, row: &Arc<Row>, batch: Option<Id>) -> Result<Arc<Row>, Refusal> {
    let mut changed = Row::clone(row);
    changed.set(System::DeletedAt.field(), if batch.is_some() { Value::DateTime(work.now) } else { Value::Nothing });
    changed.set(System::DeletedBatch.field(), batch.map_or(Value::Nothing, |batch| Value::text(&batch.to_string())));
    changed.set(System::Version.field(), Value::Integer(row.version() + 1));
    work.stamp(&mut changed, false);
    work.update(row, &changed)?;
    Ok(Arc::new(changed))
}
