//! References of records that stay: cleared when their target is deleted, set back when it is restored, turned to another
//! record when it is merged into that.
//!
//! The record that refers is changed as by a save: its version is raised, what it computes follows, and the log tells of
//! it. Its rules are not asked, for nobody writes it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use fichero_model::entity::System;
use fichero_model::expr::Row;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::Lock;
use fichero_store::system::change::{self, Change};
use serde_json::Value as Json;

use super::MOST;
use super::reach::Cleared;
use crate::record::draft::Draft;
use crate::record::hierarchy;
use crate::record::log;
use crate::record::merge::Merged;
use crate::record::work::Work;
use crate::refusal::Refusal;

/// What becomes of a reference to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The field.
    pub field: FieldId,
    /// Where it must lead for anything to be done: nowhere, or to this record, alone or among others.
    pub from: Option<Ref>,
    /// Where it leads then.
    pub to: Option<Ref>,
    /// References of what lies in the trash, too.
    pub of_trashed: bool,
}

/// Makes references to deleted records nothing.
///
/// # Errors
/// When a definition fails, or the database cannot be read or written.
pub fn clear(work: &Work<'_>, cleared: &[Cleared]) -> Result<(), Refusal> {
    let turn_of = |cleared: &Cleared| {
        (cleared.referrer, Turn { field: cleared.field, from: Some(cleared.target), to: None, of_trashed: true })
    };
    turn(work, cleared.iter().map(turn_of))
}

/// Gives living records the references back that a deletion made nothing, as its entries in the log tell. What lies in the
/// trash is given nothing.
///
/// # Errors
/// As [`clear`].
pub fn set_back(work: &Work<'_>, restored: &[Arc<Row>], batch: Id) -> Result<(), Refusal> {
    let restored: HashMap<Id, Ref> =
        restored.iter().filter_map(|row| row.reference()).map(|reference| (reference.id, reference)).collect();
    let most = u32::try_from(MOST).unwrap_or(u32::MAX);
    let mut turns = Vec::new();
    for change in work.with(|tx| change::of_batch(tx, batch, None, most))? {
        let Some(entity) = work.live.entity_of_table(&change.entity) else { continue };
        let referrer = Ref { entity, id: change.record };
        if restored.contains_key(&referrer.id) || &*change.action != "update" {
            continue;
        }
        for taken in taken_away(work, entity, &change, &restored) {
            // What was moved below its former children meanwhile stays above them.
            let is_tree = work.live.model[entity].tree == Some(taken.field);
            if is_tree && hierarchy::is_under(work, taken.target, referrer)? {
                continue;
            }
            turns.push((referrer, Turn { field: taken.field, from: None, to: Some(taken.target), of_trashed: false }));
        }
    }
    turn(work, turns)
}

/// Gives records the references back that a merge turned from the record that went to the one that stayed, and that one
/// those to the record that went.
///
/// # Errors
/// As [`clear`].
pub fn turn_back(work: &Work<'_>, gone: Ref, merged: &Merged) -> Result<(), Refusal> {
    let restored = HashMap::from([(gone.id, gone)]);
    let mut turns = Vec::new();
    for change in merged.changes.iter().filter(|change| &*change.action == "update") {
        let Some(entity) = work.live.entity_of_table(&change.entity) else { continue };
        for taken in taken_away(work, entity, change, &restored) {
            // One that led to both led to the one that stayed before the merge, too.
            let from = Some(merged.into).filter(|into| !taken.before.contains(&into.id));
            let turn = Turn { field: taken.field, from, to: Some(gone), of_trashed: true };
            turns.push((Ref { entity, id: change.record }, turn));
        }
    }
    let stayed = work.living(merged.into)?.zip(merged.own());
    if let Some((row, own)) = stayed {
        for taken in taken_away(work, row.entity, own, &restored) {
            // What it leads to instead, unless that was changed since.
            let led = row.get(taken.field).as_ref();
            let is_link = work.live.model[row.entity][taken.field].is_link();
            if is_link || taken.after == led.iter().map(|led| led.id).collect::<Vec<_>>() {
                let turn = Turn { field: taken.field, from: led, to: Some(gone), of_trashed: false };
                turns.push((merged.into, turn));
            }
        }
    }
    turn(work, turns)
}

/// A reference that a change took away.
struct Taken {
    field: FieldId,
    target: Ref,
    /// Where the field led before.
    before: Vec<Id>,
    /// Where it led then.
    after: Vec<Id>,
}

/// The references to restored records that an entry of the log took away.
fn taken_away(work: &Work<'_>, entity: EntityId, change: &Change, restored: &HashMap<Id, Ref>) -> Vec<Taken> {
    let Some(Json::Object(changes)) = change.body.as_deref() else { return Vec::new() };
    let mut taken = Vec::new();
    for (physical, pair) in changes {
        let Some((_, id)) = work.live.field_of_column(&change.entity, physical) else { continue };
        if let Kind::Ref(_) = work.live.model[entity][id].kind {
            let (before, after) = (named(pair.get(0)), named(pair.get(1)));
            let gone = before.iter().filter(|id| !after.contains(id)).filter_map(|id| restored.get(id));
            let taken_of =
                |target: &Ref| Taken { field: id, target: *target, before: before.clone(), after: after.clone() };
            taken.extend(gone.map(taken_of));
        }
    }
    taken
}

/// The records that a reference of the log names: `ID`, `entity:ID`, or a list of them.
pub fn named(written: Option<&Json>) -> Vec<Id> {
    match written {
        Some(Json::String(text)) => text.rsplit(':').next().and_then(|id| id.parse().ok()).into_iter().collect(),
        Some(Json::Array(items)) => items.iter().flat_map(|item| named(Some(item))).collect(),
        _ => Vec::new(),
    }
}

/// Turns references of records, each record as by a save.
///
/// # Errors
/// When a definition fails, or the database cannot be read or written.
pub fn turn(work: &Work<'_>, turns: impl IntoIterator<Item = (Ref, Turn)>) -> Result<(), Refusal> {
    let mut by_referrer: BTreeMap<Ref, Vec<Turn>> = BTreeMap::new();
    for (referrer, turn) in turns {
        by_referrer.entry(referrer).or_default().push(turn);
    }
    // In the order of their ids, as everyone locks.
    let rows = work.lock_all(by_referrer.keys().copied(), Lock::Change)?;
    for stored in rows {
        let Some(turns) = stored.reference().and_then(|reference| by_referrer.get(&reference)) else { continue };
        let is_trashed = !stored.get(System::DeletedAt.field()).is_nothing();
        let turns: Vec<Turn> = turns.iter().copied().filter(|turn| !is_trashed || turn.of_trashed).collect();
        one(work, &stored, &turns)?;
    }
    Ok(())
}

fn one(work: &Work<'_>, stored: &Arc<Row>, turns: &[Turn]) -> Result<(), Refusal> {
    let mut draft = Draft::unchanged(stored);
    let mut links: Vec<log::Relinked> = Vec::new();
    for Turn { field, from, to, of_trashed: _ } in turns {
        let definition = &work.live.model[stored.entity][*field];
        if definition.is_link() {
            let known = links.iter().position(|relinked| relinked.field == *field);
            let at = match known {
                Some(at) => at,
                None => {
                    let before = work.linked(stored, *field)?;
                    links.push(log::Relinked { field: *field, after: before.clone(), before });
                    links.len() - 1
                }
            };
            let Some(relinked) = links.get_mut(at) else { continue };
            let led = from.map(|from| relinked.after.iter().position(|held| *held == from));
            let new = to.filter(|to| !relinked.after.contains(to));
            match (led, new) {
                (Some(None), _) | (None, None) => {}
                (None, Some(new)) => relinked.after.push(new),
                (Some(Some(at)), Some(new)) => relinked.after[at] = new,
                (Some(Some(at)), None) => drop(relinked.after.remove(at)),
            }
        } else if draft.row.get(*field).as_ref() == *from {
            draft.set(*field, to.map_or(Value::Nothing, Value::Ref));
        }
    }
    links.retain(|relinked| relinked.before != relinked.after);
    if draft.row == *stored && links.is_empty() {
        return Ok(());
    }
    draft.begin_change(work);
    for relinked in &links {
        work.pend_links(&draft.row, relinked.field, &relinked.after)?;
    }
    draft.compute(work)?;
    if !draft.errors.is_empty() {
        return Err(Refusal::invalid(draft.errors));
    }
    work.update(stored, &draft.row)?;
    for relinked in &links {
        work.write_links(&draft.row, relinked.field, &relinked.after)?;
    }
    log::changed(work, stored, &draft.row, &links)?;
    crate::record::rollup::touch(work, stored.entity, Some(stored), Some(&draft.row));
    Ok(())
}
