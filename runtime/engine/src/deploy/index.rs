//! Fills the index of the search: after the first start of a release that has one, and after a deployment that changes
//! what is looked into. In the background, a batch a transaction, as old rows are filled; how far it came is kept, so that
//! a crash loses a batch at most. Meanwhile every command keeps what it writes in the index by itself, and a search says
//! that it is not complete.

use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::{EntityId, Id, Ref, search};
use fichero_store::system::node;
use fichero_store::system::search::{self as index, Part};
use fichero_store::{Error, Isolation, Lock, Priority, Tx};

use super::fill::Standing;
use crate::actor::{Actor, Via};
use crate::command::Mode;
use crate::engine::Engine;
use crate::live::Live;
use crate::record;
use crate::refusal::Refusal;

/// How many records are indexed in a transaction.
const BATCH: u32 = 500;

/// Indexes one batch. Call it again while it says [`Standing::More`].
///
/// # Errors
/// When the database cannot be read or written.
pub async fn batch(engine: &Engine) -> Result<Standing, Refusal> {
    let alive_since = super::node::alive_since(engine.clock().now());
    let (outdated, next, oldest) = engine
        .read(move |_, live, tx| {
            let parts = index::parts(tx)?;
            let next = parts.iter().find(|part| !part.is_done && live.entity_of_table(&part.entity).is_some()).cloned();
            let oldest = node::oldest_deployment(tx, alive_since)?;
            Ok((outdated(&live, &parts), next, oldest.map_or(live.seq, |oldest| oldest.min(live.seq))))
        })
        .await?;
    if !outdated.is_empty() {
        order(engine, outdated).await?;
        return Ok(Standing::More);
    }
    let Some(part) = next else { return Ok(Standing::Done) };
    if oldest < part.seq {
        return Ok(Standing::Waiting);
    }
    engine
        .write(Priority::Background, Isolation::ReadCommitted, move |engine, live, tx| advance(engine, live, tx, &part))
        .await?;
    Ok(Standing::More)
}

/// Whether everything that is looked into of these entities is in the index.
///
/// # Errors
/// As the database says.
pub fn is_complete(live: &Live, tx: &mut Tx, entities: &[EntityId]) -> Result<bool, Error> {
    let parts = index::parts(tx)?;
    Ok(entities.iter().all(|entity| {
        let table = live.layout.table_name(*entity);
        let part = parts.iter().find(|part| part.entity == table);
        part.is_some_and(|part| part.is_done && *part.print == live.print(*entity))
    }))
}

/// The entities that are indexed by other definitions than these, or not at all.
fn outdated(live: &Live, parts: &[Part]) -> Vec<EntityId> {
    let is_outdated = |entity: &EntityId| {
        let table = live.layout.table_name(*entity);
        match parts.iter().find(|part| part.entity == table) {
            None => !live.ties(*entity).searched.is_empty(),
            // A node that has followed further, or runs a later release, knows better.
            Some(part) if part.seq > live.seq || search::is_later(&part.print) => false,
            Some(part) => *part.print != live.print(*entity),
        }
    };
    live.model.all_entities().map(|(entity, _)| entity).filter(is_outdated).collect()
}

async fn order(engine: &Engine, outdated: Vec<EntityId>) -> Result<(), Refusal> {
    engine
        .write(Priority::Background, Isolation::ReadCommitted, move |_, live, tx| {
            for entity in &outdated {
                index::order(tx, &live.layout.table_name(*entity), &live.print(*entity), live.seq)?;
            }
            Ok::<_, Refusal>(())
        })
        .await
}

/// Indexes the next records, which nobody else changes meanwhile.
fn advance(engine: &Engine, live: Arc<Live>, tx: &mut Tx, part: &Part) -> Result<(), Refusal> {
    let Some(entity) = live.entity_of_table(&part.entity) else { return Ok(()) };
    let ids = index::next(tx, part, BATCH)?;
    let Some(last) = ids.last().copied() else {
        return Ok(index::reached(tx, &Part { is_done: true, ..part.clone() })?);
    };
    let wrong = differences(engine, &live, tx, (entity, &ids), Some(Lock::Change))?;
    let right: Vec<_> = wrong.into_iter().map(|(id, _, right)| (id, right)).collect();
    index::change(tx, &part.entity, &right)?;
    Ok(index::reached(tx, &Part { after: Some(last), ..part.clone() })?)
}

/// The records whose words in the index are not those that they have, with both. Unless they are locked, somebody may be
/// changing them meanwhile.
///
/// # Errors
/// When the database cannot be read.
pub fn differences(
    engine: &Engine,
    live: &Arc<Live>,
    tx: &mut Tx,
    (entity, ids): (EntityId, &[Id]),
    lock: Option<Lock>,
) -> Result<Vec<(Id, search::Terms, search::Terms)>, Refusal> {
    let actor = Actor::system(Via::System);
    let work = engine.work(Arc::clone(live), tx, &actor, Mode::Load);
    let those = ids.iter().map(|id| Ref { entity, id: *id });
    let rows = match lock {
        Some(lock) => work.lock_all(those, lock)?,
        None => {
            work.load(those.clone())?;
            those.filter_map(|record| work.any(record).transpose()).collect::<Result<_, _>>()?
        }
    };
    let right = record::index::all(live, &rows);
    drop(work);
    let stored = index::kept(tx, &live.layout.table_name(entity), ids)?;
    let stored: HashMap<Id, search::Terms> = stored.into_iter().collect();
    let compared = right.into_iter().map(|(id, right)| (id, stored.get(&id).cloned().unwrap_or_default(), right));
    Ok(compared.filter(|(_, stored, right)| stored != right).collect())
}
