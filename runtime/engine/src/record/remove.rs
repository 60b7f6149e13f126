//! Out of sight and back: trash, restore, purge.
//!
//! A deletion takes what belongs to the record along, in one batch; whichever of a batch is restored brings the whole of
//! it back. What lies in the trash still counts when something is purged: it goes along, or holds the record back, or
//! loses its reference, as the living do.

mod reach;
pub mod refer;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use fichero_model::entity::{Source, System};
use fichero_model::expr::Row;
use fichero_model::kind::{Kind as Storage, OnDelete};
use fichero_model::rule::RuleEvent;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::Lock;
use fichero_store::query::{Filter, Query, Trash};

use self::reach::{Among, Reach};
use super::draft::Draft;
use super::work::Work;
use super::{log, merge};
use crate::command::{Done, Effect};
use crate::live::Live;
use crate::message::Message;
use crate::refusal::{Kind, Refusal};

/// The most records one deletion may take along.
const MOST: usize = 10_000;

/// Puts a record into the trash with all that belongs to it.
///
/// # Errors
/// When something that lives restricts it, a rule refuses it, or the database cannot be written.
pub fn trash(work: &Work<'_>, row: Arc<Row>) -> Result<Done, Refusal> {
    let row = work.seize(row)?;
    super::people::may_go(work, &row)?;
    let reach = reach::of(work, row, Among::Living)?;
    put(work, reach)
}

/// Puts a record into the trash that nothing belongs to or refers to.
///
/// # Errors
/// When anything would go with it or lose its reference to it, and as [`trash`].
pub fn withdraw(work: &Work<'_>, row: Arc<Row>) -> Result<Done, Refusal> {
    let row = work.seize(row)?;
    super::people::may_go(work, &row)?;
    let reach = reach::of(work, row, Among::Living)?;
    reach::refuse_others(work, &reach)?;
    put(work, reach)
}

fn put(work: &Work<'_>, reach: Reach) -> Result<Done, Refusal> {
    run_delete_rules(work, &reach.rows)?;
    let batch = work.deletion_id();
    refer::clear(work, &reach.cleared)?;
    let mut first = None;
    for row in &reach.rows {
        let trashed = take_along(work, row, batch)?;
        first.get_or_insert(trashed);
    }
    done(first, Effect::Deleted)
}

/// Puts a record into the trash with another that goes, and nothing else.
///
/// # Errors
/// When the database cannot be written.
pub fn take_along(work: &Work<'_>, row: &Arc<Row>, batch: Id) -> Result<Arc<Row>, Refusal> {
    let trashed = mark(work, row, Some(batch))?;
    log::removed(work, &trashed, "delete")?;
    super::rollup::touch(work, row.entity, Some(row), None);
    Ok(trashed)
}

/// Puts a line into the trash that its parent no longer lists.
///
/// # Errors
/// As [`trash`].
pub fn trash_line(work: &Work<'_>, row: &Arc<Row>) -> Result<(), Refusal> {
    trash(work, Arc::clone(row)).map(|_| ())
}

/// Takes a record and its batch out of the trash, and gives living records that referred to them their references back.
/// One that was merged into another is itself again, with all that came of it.
///
/// # Errors
/// When it is not there, what one of them refers to is in the trash itself, a unique rule refuses one of them, or the
/// database cannot be written.
pub fn restore(work: &Work<'_>, row: Arc<Row>) -> Result<Done, Refusal> {
    let batch = row.get(System::DeletedBatch.field()).as_text().and_then(|batch| batch.parse::<Id>().ok());
    let Some(batch) = batch else {
        return Err(Refusal::new(Kind::Conflict, "not_in_trash", Message::key("not_in_trash")));
    };
    let gone = row.reference().ok_or_else(Refusal::not_found)?;
    let rows = batch_of(work, row, batch)?;
    refuse_trashed_targets(work, &rows)?;
    let merged = merge::of(work, gone, batch)?;
    // What was taken over from it may be there only once.
    let tree = work.live.model[gone.entity].tree;
    merged.as_ref().map_or(Ok(()), |merged| merge::give_back(work, gone, merged, |field| Some(field) != tree))?;
    let mut living = Vec::with_capacity(rows.len());
    for row in &rows {
        let back = mark(work, row, None)?;
        log::removed(work, &back, "restore")?;
        super::rollup::touch(work, row.entity, None, Some(&back));
        living.push(back);
    }
    follow(work, &living)?;
    match &merged {
        Some(merged) => {
            refer::turn_back(work, gone, merged)?;
            // It may have been below what lies below it now.
            merge::give_back(work, gone, merged, |field| Some(field) == tree)?;
        }
        None => refer::set_back(work, &living, batch)?,
    }
    done(living.into_iter().next(), Effect::Restored)
}

/// Removes a record and all that belongs to it for good.
///
/// # Errors
/// When something restricts it, living or in the trash, a rule refuses it, or the database cannot be written.
pub fn purge(work: &Work<'_>, row: Arc<Row>) -> Result<Done, Refusal> {
    let first = Some(Arc::clone(&row));
    super::people::may_go(work, &row)?;
    let reach = reach::of(work, row, Among::All)?;
    run_delete_rules(work, &reach.rows)?;
    refer::clear(work, &reach.cleared)?;
    // Children go before their parents, so that no reference is ever left without its target.
    let rows: Vec<Arc<Row>> = reach.rows.into_iter().rev().collect();
    for alike in rows.chunk_by(|one, other| one.entity == other.entity) {
        work.purge(alike)?;
    }
    for row in &rows {
        log::removed(work, row, "purge")?;
        if row.get(System::DeletedAt.field()).is_nothing() {
            super::rollup::touch(work, row.entity, Some(row), None);
        }
    }
    done(first, Effect::Purged)
}

/// The entities whose records can share a batch with those of this one: what goes with them when they are deleted, what
/// they go with, and so on. This one comes first.
pub fn kin(live: &Live, entity: EntityId) -> Vec<EntityId> {
    let mut kin = vec![entity];
    let mut next = 0;
    while let Some(entity) = kin.get(next).copied() {
        next += 1;
        for (target, _) in live.model.all_entities() {
            let cascades = live.ties(target).referrers.iter().filter(|known| known.on_delete == OnDelete::Cascade);
            for other in cascades.flat_map(|referrer| match (target == entity, referrer.entity == entity) {
                (true, _) => Some(referrer.entity),
                (false, true) => Some(target),
                (false, false) => None,
            }) {
                if !kin.contains(&other) {
                    kin.push(other);
                }
            }
        }
    }
    kin
}

fn done(first: Option<Arc<Row>>, effect: Effect) -> Result<Done, Refusal> {
    let row = first.ok_or_else(Refusal::not_found)?;
    let id = row.id().ok_or_else(Refusal::not_found)?;
    Ok(Done { id, version: row.version(), effect })
}

/// Every record that goes is asked whether it may: the rules of those that are taken along count as much.
pub fn run_delete_rules(work: &Work<'_>, rows: &[Arc<Row>]) -> Result<(), Refusal> {
    let mut errors = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let definition = &work.live.model[row.entity];
        if definition.rules.iter().any(|rule| rule.on.contains(&RuleEvent::Delete)) {
            let mut draft = Draft::unchanged(row);
            super::rules::run(work, &mut draft, RuleEvent::Delete)?;
            let inside = |error: crate::refusal::FieldError| match index {
                0 => error,
                _ => error.inside(&definition.name),
            };
            errors.extend(draft.errors.into_iter().map(inside));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Refusal::invalid(errors)) }
}

/// A record in the trash and all that went there with it.
fn batch_of(work: &Work<'_>, row: Arc<Row>, batch: Id) -> Result<Vec<Arc<Row>>, Refusal> {
    let mut seen: HashSet<Id> = row.id().into_iter().collect();
    let entity = row.entity;
    let mut rows = vec![row];
    for kin in kin(&work.live, entity) {
        let equals = vec![(System::DeletedBatch.field(), Value::text(&batch.to_string()))];
        let filter = Filter { equals, trash: Trash::Trashed, ..Filter::all(kin) };
        let found = work.page(&Query::new(filter, MOST), None)?.0;
        let others = found.rows.iter().filter_map(|row| row.reference()).filter(|other| seen.insert(other.id));
        // Somebody else may have brought one back before it was locked.
        let others = work.lock_all(others, Lock::Change)?.into_iter();
        let same = |row: &Arc<Row>| row.get(System::DeletedBatch.field()).as_text() == Some(&*batch.to_string());
        rows.extend(others.filter(same));
        if rows.len() > MOST || found.next.is_some() {
            return Err(Refusal::new(Kind::TooLarge, "too_large", Message::key("too_large")));
        }
    }
    Ok(rows)
}

/// No living record may point into the trash: what a restored one refers to must live, or come back with it.
fn refuse_trashed_targets(work: &Work<'_>, rows: &[Arc<Row>]) -> Result<(), Refusal> {
    let coming: HashSet<Ref> = rows.iter().filter_map(|row| row.reference()).collect();
    let mut targets: BTreeSet<Ref> = BTreeSet::new();
    let mut linking: BTreeMap<(EntityId, FieldId), Vec<Id>> = BTreeMap::new();
    for row in rows {
        for (id, field) in work.live.model[row.entity].all_fields().filter(|(_, field)| !field.system) {
            match &field.kind {
                // Links of an entity of their own are rows among those that come back.
                Storage::Ref(reference) if field.is_link() && reference.through.is_some() => {}
                Storage::Ref(_) if field.is_link() => {
                    linking.entry((row.entity, id)).or_default().extend(row.id());
                }
                Storage::Ref(_) => targets.extend(row.get(id).as_ref()),
                _ => {}
            }
        }
    }
    for ((entity, field), ids) in linking {
        let links = work.with(|tx| work.live.layout.links(tx, entity, field, &ids))?;
        targets.extend(links.into_iter().map(|(_, target)| target));
    }
    targets.retain(|target| !coming.contains(target));
    // None of them may go into the trash before this command ends.
    work.keep(targets.iter().copied())?;
    let mut missing = Vec::new();
    for target in targets {
        if let Some(row) = work.any(target)?.filter(|row| !row.get(System::DeletedAt.field()).is_nothing()) {
            missing.push(called(work, &row));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let message = Message::with("restore_first", [missing.join(", ")]);
    Err(Refusal::new(Kind::Conflict, "reference_trashed", message))
}

/// A record as it is named in a sentence.
pub fn called(work: &Work<'_>, row: &Row) -> String {
    let definition = &work.live.model[row.entity];
    let label = definition.label.get(work.live.model.workspace.locale);
    match row.get(definition.title) {
        Value::Nothing => label.to_owned(),
        title => format!("{label} “{}”", crate::value::text::plain(title)),
    }
}

/// Nothing kept a record up to date while it lay in the trash: what it computes, and what it sums up, is worked out anew.
fn follow(work: &Work<'_>, rows: &[Arc<Row>]) -> Result<(), Refusal> {
    super::derived::refresh(work, rows)?;
    for row in rows {
        for (id, field) in work.live.model[row.entity].all_fields() {
            if let (Source::Rollup(_), Some(reference)) = (&field.source, row.reference()) {
                work.dirty(reference, id);
            }
        }
    }
    Ok(())
}

/// Puts a record into the trash under a batch, or takes it out, and nothing else.
///
/// # Errors
/// When somebody else changed it, or the database cannot be written.
pub fn mark(work: &Work<'_>, row: &Arc<Row>, batch: Option<Id>) -> Result<Arc<Row>, Refusal> {
    let mut changed = Row::clone(row);
    changed.set(System::DeletedAt.field(), if batch.is_some() { Value::DateTime(work.now) } else { Value::Nothing });
    changed.set(System::DeletedBatch.field(), batch.map_or(Value::Nothing, |batch| Value::text(&batch.to_string())));
    changed.set(System::Version.field(), Value::Integer(row.version() + 1));
    work.stamp(&mut changed, false);
    work.update(row, &changed)?;
    Ok(Arc::new(changed))
}
