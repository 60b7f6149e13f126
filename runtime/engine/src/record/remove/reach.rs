//! What a deletion touches: the records that go, those that lose a reference, those that hold it back.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use fichero_model::entity::System;
use fichero_model::expr::Row;
use fichero_model::kind::OnDelete;
use fichero_model::{EntityId, FieldId, Id, Ref};

use super::MOST;
use crate::message::{Argument, Message};
use crate::record::work::Work;
use crate::refusal::{Kind, Refusal};

/// What a deletion touches.
#[derive(Debug, Default)]
pub struct Reach {
    /// The record and what is deleted with it, the record first, each before what belongs to it.
    pub rows: Vec<Arc<Row>>,
    /// References elsewhere that become nothing.
    pub cleared: Vec<Cleared>,
}

/// A reference that becomes nothing because its target is deleted.
#[derive(Clone, Copy, Debug)]
pub struct Cleared {
    /// The record that refers.
    pub referrer: Ref,
    /// By which field.
    pub field: FieldId,
    /// To what.
    pub target: Ref,
}

/// Which referring records count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// Those that live: what is put into the trash keeps its references, so that it can come back.
    Living,
    /// Those in the trash too: what is gone for good cannot be referred to from there either.
    All,
}

/// Finds everything the deletion of a record touches, with one statement per reference and level.
///
/// # Errors
/// When something that stays restricts it, there is too much, or the database cannot be read.
pub fn of(work: &Work<'_>, row: Arc<Row>, among: Among) -> Result<Reach, Refusal> {
    let mut reach = Reach::default();
    let mut seen: HashSet<Id> = row.id().into_iter().collect();
    let mut restricting: Vec<Arc<Row>> = Vec::new();
    let mut level = vec![row];
    while !level.is_empty() {
        let mut below = Vec::new();
        for (entity, targets) in by_entity(&level) {
            for referrer in &work.live.ties(entity).referrers {
                for (found, target) in work.referring(referrer, (entity, &targets), among == Among::All)? {
                    let Some(reference) = found.reference() else { continue };
                    match referrer.on_delete {
                        OnDelete::Cascade => {
                            if seen.insert(reference.id) {
                                below.push(found);
                            }
                        }
                        OnDelete::Restrict => restricting.push(found),
                        OnDelete::Clear => {
                            reach.cleared.push(Cleared { referrer: reference, field: referrer.field, target });
                        }
                    }
                }
            }
        }
        reach.rows.append(&mut level);
        level = below;
        if reach.rows.len() + level.len() > MOST {
            return Err(Refusal::new(Kind::TooLarge, "too_large", Message::key("too_large")));
        }
    }
    restricting.retain(|row| row.id().is_none_or(|id| !seen.contains(&id)));
    reach.cleared.retain(|cleared| !seen.contains(&cleared.referrer.id));
    if restricting.is_empty() { Ok(reach) } else { Err(restricted(work, &restricting)) }
}

/// Refuses a deletion that touches anything but the record itself.
///
/// # Errors
/// When it does, with what it would touch; or the database cannot be read.
pub fn refuse_others(work: &Work<'_>, reach: &Reach) -> Result<(), Refusal> {
    let mut others: Vec<Arc<Row>> = reach.rows.iter().skip(1).cloned().collect();
    for cleared in &reach.cleared {
        others.extend(work.any(cleared.referrer)?);
    }
    if others.is_empty() { Ok(()) } else { Err(restricted(work, &others)) }
}

/// The living hold a record back first; who sees only those in the trash would look for them in vain among the living.
fn restricted(work: &Work<'_>, restricting: &[Arc<Row>]) -> Refusal {
    let (living, trashed): (Vec<&Arc<Row>>, Vec<&Arc<Row>>) =
        restricting.iter().partition(|row| row.get(System::DeletedAt.field()).is_nothing());
    let (code, rows) = if living.is_empty() { ("restrict_trashed", trashed) } else { ("restrict", living) };
    // A record may hold it back by several references.
    let mut holding: BTreeMap<EntityId, HashSet<Id>> = BTreeMap::new();
    for row in rows {
        holding.entry(row.entity).or_default().extend(row.id());
    }
    let listed = holding
        .iter()
        .map(|(entity, ids)| {
            let arguments = [Argument::from(&work.live.model[*entity].plural), Argument::Plain(ids.len().to_string())];
            Message::with("so_many", arguments)
        })
        .reduce(|all, one| Message::with("listed", [Argument::Told(all.into()), Argument::Told(one.into())]));
    match listed {
        Some(listed) => Refusal::new(Kind::Conflict, code, Message::with(code, [Argument::Told(listed.into())])),
        None => Refusal::not_found(),
    }
}

fn by_entity(rows: &[Arc<Row>]) -> BTreeMap<EntityId, Vec<Id>> {
    let mut by_entity: BTreeMap<EntityId, Vec<Id>> = BTreeMap::new();
    for row in rows {
        by_entity.entry(row.entity).or_default().extend(row.id());
    }
    by_entity
}
