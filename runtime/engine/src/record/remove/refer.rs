//! References of records that stay: cleared when their target is deleted, set back when it is restored.
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
use crate::record::log;
use crate::record::work::Work;
use crate::refusal::Refusal;

/// What becomes of a reference to a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It no longer points there.
    Away,
    /// It points there again, if it points nowhere else by now.
    Back,
}

/// Makes references to deleted records nothing.
///
/// # Errors
/// When a definition fails, or the database cannot be read or written.
pub fn clear(work: &Work<'_>, cleared: &[Cleared]) -> Result<(), Refusal> {
    let mut by_referrer: BTreeMap<Ref, Vec<(FieldId, Ref)>> = BTreeMap::new();
    for Cleared { referrer, field, target } in cleared {
        by_referrer.entry(*referrer).or_default().push((*field, *target));
    }
    turn(work, by_referrer, Turn::Away)
}

/// Gives living records the references back that a deletion made nothing, as its entries in the log tell.
///
/// # Errors
/// As [`clear`].
pub fn set_back(work: &Work<'_>, restored: &[Arc<Row>], batch: Id) -> Result<(), Refusal> {
    let restored: HashMap<Id, Ref> =
        restored.iter().filter_map(|row| row.reference()).map(|reference| (reference.id, reference)).collect();
    let most = u32::try_from(MOST).unwrap_or(u32::MAX);
    let mut by_referrer: BTreeMap<Ref, Vec<(FieldId, Ref)>> = BTreeMap::new();
    for change in work.with(|tx| change::of_batch(tx, batch, None, most))? {
        let Some(entity) = work.live.entity_of_table(&change.entity) else { continue };
        let referrer = Ref { entity, id: change.record };
        if restored.contains_key(&referrer.id) || &*change.action != "update" {
            continue;
        }
        for (field, target) in taken_away(work, entity, &change, &restored) {
            by_referrer.entry(referrer).or_default().push((field, target));
        }
    }
    turn(work, by_referrer, Turn::Back)
}

/// The references to restored records that an entry of the log took away.
fn taken_away(work: &Work<'_>, entity: EntityId, change: &Change, restored: &HashMap<Id, Ref>) -> Vec<(FieldId, Ref)> {
    let Some(Json::Object(changes)) = change.body.as_deref() else { return Vec::new() };
    let mut taken = Vec::new();
    for (physical, pair) in changes {
        let Some((_, id)) = work.live.field_of_column(&change.entity, physical) else { continue };
        if let Kind::Ref(_) = work.live.model[entity][id].kind {
            let (before, after) = (named(pair.get(0)), named(pair.get(1)));
            let gone = before.into_iter().filter(|id| !after.contains(id)).filter_map(|id| restored.get(&id));
            taken.extend(gone.map(|target| (id, *target)));
        }
    }
    taken
}

/// The records that a reference of the log names: `ID`, `entity:ID`, or a list of them.
fn named(written: Option<&Json>) -> Vec<Id> {
    match written {
        Some(Json::String(text)) => text.rsplit(':').next().and_then(|id| id.parse().ok()).into_iter().collect(),
        Some(Json::Array(items)) => items.iter().flat_map(|item| named(Some(item))).collect(),
        _ => Vec::new(),
    }
}

fn turn(work: &Work<'_>, by_referrer: BTreeMap<Ref, Vec<(FieldId, Ref)>>, turn: Turn) -> Result<(), Refusal> {
    // In the order of their ids, as everyone locks.
    let rows = work.lock_all(by_referrer.keys().copied(), Lock::Change)?;
    for stored in rows {
        let Some(turns) = stored.reference().and_then(|reference| by_referrer.get(&reference)) else { continue };
        // What lies in the trash is gone from or left alone, never given anything.
        if turn == Turn::Back && !stored.get(System::DeletedAt.field()).is_nothing() {
            continue;
        }
        one(work, &stored, turns, turn)?;
    }
    Ok(())
}

fn one(work: &Work<'_>, stored: &Arc<Row>, turns: &[(FieldId, Ref)], turn: Turn) -> Result<(), Refusal> {
    let mut draft = Draft::unchanged(stored);
    let mut links: Vec<log::Relinked> = Vec::new();
    for (field, target) in turns {
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
            let after = &mut links[at].after;
            after.retain(|held| held != target);
            if turn == Turn::Back {
                after.push(*target);
            }
        } else if turn == Turn::Away {
            draft.set(*field, Value::Nothing);
        } else if draft.row.get(*field).is_nothing() {
            draft.set(*field, Value::Ref(*target));
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
