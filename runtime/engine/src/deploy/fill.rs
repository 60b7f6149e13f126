//! Fills what old rows lack after a deployment: stored formulas and computed fields, rollups, the worth of money, and
//! values for fields that became required, and numbers of new sequences.
//!
//! Values are worked out as a save would, batch by batch behind interactive commands. They follow from what is there, so
//! they raise no version and write no history, but for a value that a definition gives a field by `fill`, and for a
//! number: those are told as any change.

use std::sync::Arc;

use fichero_model::entity::{Source, System};
use fichero_model::expr::Row;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{FieldId, Id, Ref};
use fichero_store::schema::fill::{self, Backfill, Fill, Pending, Reason};
use fichero_store::system::node;
use fichero_store::{Isolation, Lock, Priority, Tx};

use crate::actor::{Actor, Via};
use crate::command::Mode;
use crate::engine::Engine;
use crate::live::Live;
use crate::record::draft::Draft;
use crate::record::work::Work;
use crate::record::{log, money, number, rollup};
use crate::refusal::Refusal;
use crate::value::check;

/// How many rows are filled in a transaction.
const BATCH: u32 = 200;

/// How the fills stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All rows are filled.
    Done,
    /// A batch was filled; there is more.
    More,
    /// There is something to fill, but a live node, perhaps this one, still runs an older deployment and would write rows
    /// without it.
    Waiting,
}

/// Fills one batch. Call it again while it says [`Standing::More`].
///
/// # Errors
/// When a definition fails, or the database cannot be read or written.
pub async fn batch(engine: &Engine) -> Result<Standing, Refusal> {
    let (pending, oldest) = next(engine).await?;
    let Some(pending) = pending else { return Ok(Standing::Done) };
    if oldest < pending.seq {
        return Ok(Standing::Waiting);
    }
    engine
        .write(Priority::Background, Isolation::ReadCommitted, move |engine, live, tx| {
            let mut rows = Rows { engine, live };
            fill::advance(tx, &pending, &mut rows, BATCH)
        })
        .await
        .map(|_| Standing::More)
}

/// The oldest fill, and the oldest deployment that this or any other live node runs.
async fn next(engine: &Engine) -> Result<(Option<Pending>, i64), Refusal> {
    let alive_since = super::node::alive_since(engine.clock().now());
    engine
        .read(move |_, live, tx| {
            let pending = fill::pending(tx)?.into_iter().next();
            let oldest = node::oldest_deployment(tx, alive_since)?;
            Ok((pending, oldest.map_or(live.seq, |oldest| oldest.min(live.seq))))
        })
        .await
}

struct Rows<'a> {
    engine: &'a Engine,
    live: Arc<Live>,
}

impl Backfill for Rows<'_> {
    type Error = Refusal;

    fn fill(&mut self, tx: &mut Tx, fill: &Fill, rows: &[Id]) -> Result<(), Refusal> {
        // What is gone from the model is not filled.
        let Some((entity, field)) = self.live.field_of_column(&fill.table, &fill.column) else { return Ok(()) };
        let actor = Actor::system(Via::System);
        let work = self.engine.work(Arc::clone(&self.live), tx, &actor, Mode::Load);
        for id in rows {
            let reference = Ref { entity, id: *id };
            if let Some(stored) = work.lock_any(reference, Lock::Change)? {
                one(&work, reference, field, stored, fill.reason)?;
            }
        }
        rollup::settle(&work)?;
        work.flush()
    }
}

/// Fills a field of one row, living or in the trash.
fn one(work: &Work<'_>, reference: Ref, field: FieldId, stored: Arc<Row>, reason: Reason) -> Result<(), Refusal> {
    let mut draft = Draft::unchanged(&stored);
    match reason {
        Reason::Derived => derive(work, &mut draft, reference, field)?,
        Reason::Base => revalue(work, &mut draft, field)?,
        Reason::Required => require(work, &mut draft, field)?,
        Reason::Numbers => number(work, &mut draft, field)?,
    }
    draft.compute(work)?;
    if !draft.errors.is_empty() {
        // An old row that a new definition cannot be computed for stays as it is: it is told when it is next saved.
        tracing::warn!(entity = &*work.live.model[reference.entity].name, record = %reference.id, "an old record could not be filled");
        return Ok(());
    }
    if draft.row == stored {
        return Ok(());
    }
    if matches!(reason, Reason::Required | Reason::Numbers) {
        log::changed(work, &stored, &draft.row, &[])?;
    }
    work.write_derived(&stored, &draft.row)?;
    rollup::touch(work, reference.entity, Some(&stored), Some(&draft.row));
    Ok(())
}

/// Works out a rollup; formulas and computed fields follow with all others.
fn derive(work: &Work<'_>, draft: &mut Draft, reference: Ref, field: FieldId) -> Result<(), Refusal> {
    let model = Arc::clone(&work.live.model);
    let definition = &model[reference.entity][field];
    let Source::Rollup(rollup) = &definition.source else { return Ok(()) };
    let value = work.rollup(reference, rollup)?;
    let kept = match definition.kind {
        Kind::Money { .. } => money::of(work, draft, field, value)?,
        _ => check::conform(definition, value),
    };
    match kept {
        Ok(value) => draft.set(field, value),
        Err(problem) => draft.error(work, field, problem),
    }
    Ok(())
}

/// Works out what money is worth in the workspace's currency.
fn revalue(work: &Work<'_>, draft: &mut Draft, field: FieldId) -> Result<(), Refusal> {
    let Value::Money(held) = *draft.row.get(field) else { return Ok(()) };
    match money::given(work, draft, field, Some(Some(held.amount)), Some(held.currency))? {
        Ok(value) => draft.set(field, value),
        Err(problem) => draft.error(work, field, problem),
    }
    Ok(())
}

/// Gives a field that became required and holds nothing what its definition says.
fn require(work: &Work<'_>, draft: &mut Draft, field: FieldId) -> Result<(), Refusal> {
    let model = Arc::clone(&work.live.model);
    match &model[draft.entity][field].fill {
        Some(setting) if draft.row.get(field).is_nothing() => draft.settle(work, field, setting, &[]),
        _ => Ok(()),
    }
}

/// Gives a row without a number one of the day it was made. Rows come by their ids, which were given out in the order
/// they were made in.
fn number(work: &Work<'_>, draft: &mut Draft, field: FieldId) -> Result<(), Refusal> {
    if !draft.row.get(field).is_nothing() {
        return Ok(());
    }
    let day = match draft.row.get(System::CreatedAt.field()) {
        Value::DateTime(moment) => moment.to_zoned(work.live.model.workspace.time_zone.clone()).date(),
        _ => work.today(),
    };
    let number = number::next(work, (draft.entity, field), day)?;
    draft.set(field, number);
    Ok(())
}
