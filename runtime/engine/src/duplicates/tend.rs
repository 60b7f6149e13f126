//! What is done in the background: keys for records that were there before the rules, and searches that somebody asked
//! for.
//!
//! Keys are made batch by batch, once every live node has the deployment whose rules they follow: an older one would write
//! records with other keys. Until they are made, a new record is compared with those that have them.

use std::sync::Arc;
use std::time::Duration;

use fichero_model::{EntityId, Id, Ref};
use fichero_store::query::{Cursor, Filter, Query, Trash};
use fichero_store::system::duplicate::{self, State};
use fichero_store::system::node;
use fichero_store::{Isolation, Lock, Priority};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::WRITTEN;
use crate::actor::{Actor, Via};
use crate::command::Mode;
use crate::deploy;
use crate::engine::Engine;
use crate::live::Live;
use crate::record::duplicates;
use crate::refusal::Refusal;

/// How often it is looked whether there is anything to be done: another node, or another process, may have asked.
const PAUSE: Duration = Duration::from_secs(10);

/// How many records get their keys in a transaction.
const BATCH: usize = 200;

/// How long a search may take before another node takes it over.
const LONGEST: SignedDuration = SignedDuration::from_mins(30);

/// Does all that is to be done, until the database is closed.
pub async fn keep(engine: Engine) {
    let mut events = engine.db().subscribe();
    loop {
        match turn(&engine).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(refusal) => {
                tracing::warn!(code = refusal.code, "duplicates cannot be looked for; trying again later");
                tokio::time::sleep(PAUSE).await;
            }
        }
        let pause = tokio::time::sleep(PAUSE);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                event = events.next() => match event {
                    Ok(event) if &*event.channel == duplicate::CHANNEL || event.channel.is_empty() => break,
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        }
    }
}

/// Does one piece of what is to be done, by the model that is in force now. Call it again while it says true.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn turn(engine: &Engine) -> Result<bool, Refusal> {
    let engine = &engine.pinned();
    let live = engine.live();
    let ruled: Vec<EntityId> = live.model.all_entities().map(|(id, _)| id).filter(|id| live.is_keyed(*id)).collect();
    if ruled.is_empty() {
        return Ok(false);
    }
    let alive_since = deploy::node::alive_since(engine.clock().now());
    let (states, oldest) = engine
        .read(move |_, live, tx| {
            let oldest = node::oldest_deployment(tx, alive_since)?;
            Ok((duplicate::states(tx)?, oldest.map_or(live.seq, |oldest| oldest.min(live.seq))))
        })
        .await?;
    for entity in ruled {
        let table = live.layout.table_name(entity);
        let state = states.iter().find(|state| state.entity == table);
        let print = print(&live, entity);
        let current = state.filter(|state| *state.print == *print);
        if oldest >= live.seq && !current.is_some_and(|state| state.is_keyed) {
            let after = current.and_then(|state| state.keyed_to);
            make_keys(engine, entity, after).await?;
            return Ok(true);
        }
        if let Some(state) = state
            && is_wanted(state, engine.clock().now())
        {
            return search(engine, entity).await;
        }
    }
    Ok(false)
}

/// What the keys of an entity depend on.
fn print(live: &Live, entity: EntityId) -> String {
    live.ties(entity).prints.join("\n\n")
}

fn is_wanted(state: &State, now: Timestamp) -> bool {
    state.wanted_at.is_some() && state.claimed_until.is_none_or(|until| until < now)
}

/// Gives the next records their keys, also those in the trash, which may come back.
async fn make_keys(engine: &Engine, entity: EntityId, after: Option<Id>) -> Result<(), Refusal> {
    engine
        .write(Priority::Background, Isolation::ReadCommitted, move |engine, live, tx| {
            let actor = Actor::system(Via::System);
            let work = engine.work(Arc::clone(&live), tx, &actor, Mode::Load);
            let cursor = after.and_then(|id| Cursor::from_json(&json!([id.to_string()])));
            let filter = Filter { trash: Trash::Any, ..Filter::all(entity) };
            let (ids, next) = work.page_of_ids(&Query { after: cursor.as_ref(), ..Query::new(filter, BATCH) })?;
            for row in work.lock_all(ids.iter().map(|id| Ref { entity, id: *id }), Lock::Change)? {
                let (Some(id), keys) = (row.id(), duplicates::keys(&live, &row)) else { continue };
                work.with(|tx| {
                    duplicate::remove_keys(tx, &[id])?;
                    duplicate::add_keys(tx, id, &keys)
                })?;
            }
            let (table, print, to) =
                (live.layout.table_name(entity), print(&live, entity), ids.last().copied().or(after));
            work.with(|tx| duplicate::keyed(tx, &table, &print, to, next.is_none()))
        })
        .await
}

/// Does a search that was asked for, unless another node is at it.
async fn search(engine: &Engine, entity: EntityId) -> Result<bool, Refusal> {
    let began = engine.clock().now();
    let until = began.checked_add(LONGEST).unwrap_or(began);
    let claimed = engine
        .write(Priority::Background, Isolation::ReadCommitted, move |_, live, tx| {
            Ok::<_, Refusal>(duplicate::claim(tx, &live.layout.table_name(entity), began, until)?)
        })
        .await?;
    if !claimed {
        return Ok(false);
    }
    let report = engine.find_duplicates(&Actor::system(Via::System), entity).await?;
    let told = Arc::new(report.to_json());
    let chunks: Vec<Arc<[duplicate::Pair]>> = report.pairs.chunks(WRITTEN).map(Arc::from).collect();
    engine
        .write(Priority::Background, Isolation::ReadCommitted, move |_, live, tx| {
            Ok::<_, Refusal>(duplicate::forget_pairs(tx, &live.layout.table_name(entity))?)
        })
        .await?;
    for pairs in chunks {
        engine
            .write(Priority::Background, Isolation::ReadCommitted, move |engine, live, tx| {
                let now = engine.clock().now();
                Ok::<_, Refusal>(duplicate::note_pairs(tx, &live.layout.table_name(entity), &pairs, now)?)
            })
            .await?;
    }
    engine
        .write(Priority::Background, Isolation::ReadCommitted, move |engine, live, tx| {
            let now = engine.clock().now();
            Ok::<_, Refusal>(duplicate::found(tx, &live.layout.table_name(entity), now, &told, began)?)
        })
        .await?;
    Ok(true)
}
