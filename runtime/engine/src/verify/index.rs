//! Whether the index of the search holds the words of all living records, and no others.
//!
//! Two things are looked at: that what the index keeps of each record is what the record has, and that its rows of words
//! are those, both ways. What looks wrong is looked at again with the records locked.

use std::sync::Arc;

use fichero_model::search::Terms;
use fichero_model::{EntityId, Id, Ref};
use fichero_store::system::search::{self as index, Part, Place};
use fichero_store::{Isolation, Lock, Priority};

use super::{Difference, Found};
use crate::deploy::index::differences;
use crate::engine::Engine;
use crate::live::Live;
use crate::refusal::Refusal;

/// How many records are looked at in a transaction.
const BATCH: u32 = 500;

/// Looks at the index, and mends it where that is wished.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn pass(engine: &Engine, mend: bool, mut tell: impl FnMut(Difference)) -> Result<Found, Refusal> {
    let mut found = Found::default();
    let live = engine.live();
    for (entity, _) in live.model.all_entities().filter(|(entity, _)| !live.ties(*entity).searched.is_empty()) {
        let part = Part {
            entity: live.layout.table_name(entity),
            print: live.print(entity).into(),
            seq: live.seq,
            after: None,
            is_done: false,
        };
        let mut after = None;
        loop {
            let batch = records_of(engine, entity, Part { after, ..part.clone() }).await?;
            found.records += batch.looked_at;
            if !batch.suspects.is_empty() {
                note(&mut found, &mut tell, settle_records(engine, entity, batch.suspects, mend).await?);
            }
            after = batch.last;
            if after.is_none() {
                break;
            }
        }
        let mut after = None;
        loop {
            let (suspects, last) = words_of(engine, entity, after).await?;
            if !suspects.is_empty() {
                note(&mut found, &mut tell, settle_words(engine, entity, suspects, mend).await?);
            }
            after = last;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(found)
}

fn note(found: &mut Found, tell: &mut impl FnMut(Difference), differences: Vec<Difference>) {
    found.differences += differences.len() as u64;
    differences.into_iter().for_each(tell);
}

struct Batch {
    looked_at: u64,
    /// Those that look wrong.
    suspects: Vec<Id>,
    last: Option<Id>,
}

/// Some records of an entity: whether they are kept as they are, and have all their words.
async fn records_of(engine: &Engine, entity: EntityId, part: Part) -> Result<Batch, Refusal> {
    engine
        .read(move |engine, live, tx| {
            let ids = index::next(tx, &part, BATCH)?;
            let wrong = differences(engine, &live, tx, (entity, &ids), None)?;
            let mut suspects: Vec<Id> = wrong.into_iter().map(|(id, _, _)| id).collect();
            suspects.extend(index::lacking(tx, &part.entity, &ids)?);
            Ok(Batch { looked_at: ids.len() as u64, suspects, last: ids.last().copied() })
        })
        .await
}

/// Looks at records again that nobody else changes meanwhile, and mends them where that is wished.
async fn settle_records(
    engine: &Engine,
    entity: EntityId,
    ids: Vec<Id>,
    mend: bool,
) -> Result<Vec<Difference>, Refusal> {
    engine
        .write(Priority::Background, Isolation::ReadCommitted, move |engine, live, tx| {
            let table = live.layout.table_name(entity);
            let wrong = differences(engine, &live, tx, (entity, &ids), Some(Lock::Change))?;
            let told = wrong.iter().map(|(id, stored, right)| (*id, written(stored), written(right)));
            let mut told: Vec<_> = told.collect();
            if mend {
                let right: Vec<(Id, Terms)> = wrong.into_iter().map(|(id, _, right)| (id, right)).collect();
                index::change(tx, &table, &right)?;
            }
            for id in index::lacking(tx, &table, &ids)? {
                let whole = index::kept(tx, &table, &[id])?.pop().map(|(_, terms)| written(&terms));
                told.push((id, String::new(), whole.unwrap_or_default()));
                if mend {
                    index::complete(tx, &table, id)?;
                }
            }
            Ok::<_, Refusal>(told.into_iter().map(|told| difference(&live, entity, told)).collect())
        })
        .await
}

/// Some words of an entity: those that are none of their record's, and where to go on.
async fn words_of(
    engine: &Engine,
    entity: EntityId,
    after: Option<Place>,
) -> Result<(Vec<Place>, Option<Place>), Refusal> {
    engine
        .read(move |_, live, tx| {
            let places = index::places_after(tx, &live.layout.table_name(entity), after.as_ref())?;
            let last = places.last().cloned();
            Ok((index::strays(tx, &live.layout.table_name(entity), places)?, last))
        })
        .await
}

/// Looks at words again whose records nobody else changes meanwhile, and takes them away where that is wished.
async fn settle_words(
    engine: &Engine,
    entity: EntityId,
    places: Vec<Place>,
    mend: bool,
) -> Result<Vec<Difference>, Refusal> {
    engine
        .write(Priority::Background, Isolation::ReadCommitted, move |engine, live, tx| {
            let table = live.layout.table_name(entity);
            let ids: Vec<Id> = places.iter().map(|place| place.id).collect();
            differences(engine, &live, tx, (entity, &ids), Some(Lock::Change))?;
            let mut told = Vec::new();
            for place in index::strays(tx, &table, places.clone())? {
                if index::is_there(tx, &table, &place)? {
                    if mend {
                        index::take_away(tx, &table, &place)?;
                    }
                    told.push(difference(&live, entity, (place.id, place.word.to_string(), String::new())));
                }
            }
            Ok::<_, Refusal>(told)
        })
        .await
}

fn difference(live: &Arc<Live>, entity: EntityId, (id, stored, right): (Id, String, String)) -> Difference {
    let name = Arc::clone(&live.model[entity].name);
    Difference { record: Ref { entity, id }, entity: name, field: None, stored, right }
}

fn written(terms: &Terms) -> String {
    format!("{} | {}", terms.titled, terms.beside).trim_matches([' ', '|']).to_owned()
}
