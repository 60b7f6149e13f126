//! Whether what records derive (rollups, stored formulas, computed fields) is what it should be, and making it so.
//!
//! All living records are gone through by id, a batch a transaction. What looks wrong is looked at again with the records
//! locked, so that what others write meanwhile is not taken for a difference. Records in the trash are left out: nothing
//! keeps them up to date, and coming back does. The index of the search is looked at after them (`index`), and whether
//! secrets still open (`secrets`); of files the bytes are read too (`files`).

mod files;
mod index;
mod secrets;

pub use files::{Fault, FilesFound, Holder, Wrong, files};

use std::sync::Arc;

use fichero_model::expr::Row;
use fichero_model::{EntityId, FieldId, Ref};
use fichero_store::query::{Cursor, Filter, Query};
use fichero_store::{Isolation, Lock, Priority};

use crate::actor::{Actor, Via};
use crate::command::Mode;
use crate::engine::Engine;
use crate::record::draft::Draft;
use crate::record::work::Work;
use crate::record::{derived, rollup};
use crate::refusal::Refusal;
use crate::value::text;

/// How many records are looked at in a transaction.
const BATCH: usize = 200;

/// The most times that all is gone through while something is mended: what follows from other entities takes a turn each.
const MOST_TURNS: usize = 16;

/// A stored value, or what the index of the search holds of a record, that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The record.
    pub record: Ref,
    /// The entity's name.
    pub entity: Arc<str>,
    /// The field's name; nothing for the index of the search.
    pub field: Option<Arc<str>>,
    /// What is stored.
    pub stored: String,
    /// What it should be.
    pub right: String,
}

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Records that were looked at.
    pub records: u64,
    /// Values that were not what they should be.
    pub differences: u64,
}

impl Found {
    /// What was found in all. A record is looked at for what it derives, for what it is found by, or for both.
    fn and(self, index: Found) -> Found {
        let records = self.records.max(index.records);
        Found { records, differences: self.differences + index.differences }
    }
}

/// Looks at all records, and tells of each value that is not what it should be.
///
/// # Errors
/// When a definition fails, or the database cannot be read.
pub async fn verify(engine: &Engine, mut tell: impl FnMut(Difference)) -> Result<Found, Refusal> {
    let found = pass(engine, false, &mut tell).await?;
    let found = found.and(index::pass(engine, false, &mut tell).await?);
    Ok(found.and(secrets::pass(engine, &mut tell).await?))
}

/// The same, and makes them what they should be.
///
/// # Errors
/// When a definition fails, something never comes to rest, or the database cannot be read or written.
pub async fn rebuild(engine: &Engine, mut tell: impl FnMut(Difference)) -> Result<Found, Refusal> {
    let mut found = pass(engine, true, &mut tell).await?;
    let mut last = found;
    for _ in 0..MOST_TURNS {
        if last.differences == 0 {
            return Ok(found.and(index::pass(engine, true, &mut tell).await?));
        }
        // What was mended may be what others are derived from.
        last = pass(engine, true, &mut tell).await?;
        found.differences += last.differences;
    }
    Err(Refusal::internal("verify", &"derived values follow each other without end"))
}

async fn pass(engine: &Engine, mend: bool, mut tell: impl FnMut(Difference)) -> Result<Found, Refusal> {
    let mut found = Found::default();
    let entities: Vec<EntityId> = engine.live().model.all_entities().map(|(entity, _)| entity).collect();
    for entity in entities {
        let mut after = None;
        loop {
            let batch = look(engine, entity, after).await?;
            found.records += batch.records as u64;
            if !batch.suspects.is_empty() {
                let differences = settle(engine, batch.suspects, mend).await?;
                found.differences += differences.len() as u64;
                differences.into_iter().for_each(&mut tell);
            }
            after = batch.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(found)
}

/// Some records that were looked at.
struct Batch {
    records: usize,
    /// Those that look wrong.
    suspects: Vec<Ref>,
    next: Option<Cursor>,
}

async fn look(engine: &Engine, entity: EntityId, after: Option<Cursor>) -> Result<Batch, Refusal> {
    engine
        .read(move |engine, live, tx| {
            let actor = Actor::system(Via::System);
            let work = engine.work(live, tx, &actor, Mode::Load);
            let fields = derived::fields(&work, entity);
            if fields.is_empty() {
                return Ok(Batch { records: 0, suspects: Vec::new(), next: None });
            }
            let query = Query { after: after.as_ref(), ..Query::new(Filter::all(entity), BATCH) };
            let (found, _) = work.page(&query, None)?;
            let right = derived::whole(&work, &found.rows)?;
            let wrong =
                found.rows.iter().zip(&right).filter(|(stored, right)| !wrong(&fields, stored, right).is_empty());
            let suspects = wrong.filter_map(|(stored, _)| stored.reference()).collect();
            Ok(Batch { records: found.rows.len(), suspects, next: found.next })
        })
        .await
}

/// The fields that are not as they should be. What cannot be worked out is not compared.
fn wrong(fields: &[FieldId], stored: &Row, right: &Draft) -> Vec<FieldId> {
    match right.errors.is_empty() {
        true => fields.iter().copied().filter(|field| stored.get(*field) != right.row.get(*field)).collect(),
        false => Vec::new(),
    }
}

/// Looks at records again that nobody else changes meanwhile, and mends them where that is wished.
async fn settle(engine: &Engine, suspects: Vec<Ref>, mend: bool) -> Result<Vec<Difference>, Refusal> {
    engine
        .write(Priority::Background, Isolation::ReadCommitted, move |engine, live, tx| {
            let actor = Actor::system(Via::System);
            let work = engine.work(live, tx, &actor, Mode::Load);
            let rows = work.lock_all(suspects.iter().copied(), Lock::Change)?;
            let mut differences = Vec::new();
            for (stored, right) in rows.iter().zip(derived::whole(&work, &rows)?) {
                let fields = derived::fields(&work, stored.entity);
                let wrong = wrong(&fields, stored, &right);
                differences.extend(wrong.iter().filter_map(|field| difference(&work, stored, &right, *field)));
                if mend && !wrong.is_empty() {
                    derived::keep(&work, stored, &right)?;
                }
            }
            rollup::settle(&work)?;
            work.flush()?;
            Ok::<_, Refusal>(differences)
        })
        .await
}

fn difference(work: &Work<'_>, stored: &Row, right: &Draft, field: FieldId) -> Option<Difference> {
    let definition = &work.live.model[stored.entity];
    Some(Difference {
        record: stored.reference()?,
        entity: Arc::clone(&definition.name),
        field: Some(Arc::clone(&definition[field].name)),
        stored: text::plain(stored.get(field)),
        right: text::plain(right.row.get(field)),
    })
}
