//! Fills what old rows lack after a deployment: stored formulas and computed fields, rollups, the worth of money, values
//! for fields that became required, stages of new pipelines, and numbers of new sequences.
//!
//! Values are worked out as a save would, batch by batch behind interactive commands. They follow from what is there, so
//! they raise no version and write no history, but for a value that a definition gives a field by `fill`, for a stage
//! and for a number: those are changes like any other.
//!
//! What cannot be filled is passed over and told of ([`findings`]): a row that a new definition has no value for, or
//! that would break a unique rule, keeps no other row from being filled, and a fill that fails as a whole no other fill.

use std::sync::Arc;

use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Source, System};
use fichero_model::expr::Row;
use fichero_model::label::Locale;
use fichero_model::place::Place;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Model, Ref, code};
use fichero_store::schema::fill::{self, Backfill, Fill, Pending, Reason, Skipped, Troubled};
use fichero_store::schema::{Schema, deployment};
use fichero_store::system::node;
use fichero_store::{Isolation, Lock, Priority, Tx};

use crate::actor::{Actor, Via};
use crate::command::Mode;
use crate::engine::Engine;
use crate::live::Live;
use crate::record::draft::Draft;
use crate::record::work::Work;
use crate::record::{compute, log, money, number, rollup, stage};
use crate::refusal::Refusal;

/// How many rows are filled in a transaction.
const BATCH: u32 = 200;

/// How the fills stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All rows are filled that can be.
    Done,
    /// A batch was filled; there is more.
    More,
    /// There is something to fill, but a live node, perhaps this one, still runs an older deployment and would write rows
    /// without it.
    Waiting,
}

/// One go at all that is to be filled.
#[derive(Debug)]
pub struct Round {
    engine: Engine,
    /// What failed as a whole in this round, and is left to a later one.
    failed: Vec<Fill>,
}

impl Round {
    /// A round that begins now.
    pub fn new(engine: &Engine) -> Self {
        Self { engine: engine.clone(), failed: Vec::new() }
    }

    /// Fills one batch of what lacks something, the index of the search among it. Call it again while it says [`Standing::More`].
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn batch(&mut self) -> Result<Standing, Refusal> {
        let (pending, oldest) = self.next().await?;
        // What is filled may be what is searched, so the index comes last.
        let Some(pending) = pending else { return super::index::batch(&self.engine).await };
        if oldest < pending.seq {
            return Ok(Standing::Waiting);
        }
        let this = pending.clone();
        let done = self
            .engine
            .write(Priority::Background, Isolation::ReadCommitted, move |engine, live, tx| {
                let mut rows = Rows { engine, live };
                fill::advance(tx, &this, &mut rows, BATCH)
            })
            .await;
        if let Err(refusal) = done {
            self.pass_over(pending, &refusal).await?;
        }
        Ok(Standing::More)
    }

    /// The first fill that has not failed in this round, and the oldest deployment that this or any other live node runs.
    async fn next(&self) -> Result<(Option<Pending>, i64), Refusal> {
        let alive_since = super::node::alive_since(self.engine.clock().now());
        let failed = self.failed.clone();
        self.engine
            .read(move |_, live, tx| {
                let pending = fill::pending(tx)?.into_iter().find(|pending| !failed.contains(&pending.fill));
                let oldest = node::oldest_deployment(tx, alive_since)?;
                Ok((pending, oldest.map_or(live.seq, |oldest| oldest.min(live.seq))))
            })
            .await
    }

    /// A fill failed as a whole: the others come first, now and in later rounds.
    async fn pass_over(&mut self, pending: Pending, refusal: &Refusal) -> Result<(), Refusal> {
        let why = words(refusal);
        let (table, column) = (&pending.fill.table, &pending.fill.column);
        tracing::warn!(table, column, why, "old rows could not be filled; trying again later");
        self.failed.push(pending.fill.clone());
        self.engine
            .write(Priority::Background, Isolation::ReadCommitted, move |_, _, tx| {
                fill::hindered(tx, &pending, &why).map_err(Refusal::from)
            })
            .await
    }
}

/// Tries again what could not be filled, from the first row.
///
/// # Errors
/// When the database cannot be written.
pub async fn retry(engine: &Engine) -> Result<(), Refusal> {
    engine
        .write(Priority::Background, Isolation::ReadCommitted, |_, _, tx| {
            fill::retry(tx).map(drop).map_err(Refusal::from)
        })
        .await
}

/// What could not be filled, for the author of the definitions.
///
/// # Errors
/// When the database cannot be read.
pub async fn findings(engine: &Engine) -> Result<Vec<Diagnostic>, Refusal> {
    engine.read(|_, live, tx| Ok(told(&fill::troubled(tx)?, live.layout.schema(), &live.model))).await
}

/// The same for definitions that may not be in force yet.
///
/// # Errors
/// When the database cannot be read.
pub fn findings_for(db: &fichero_store::Db, model: &Arc<Model>) -> Result<Vec<Diagnostic>, super::Error> {
    let model = Arc::clone(model);
    db.snapshot_blocking(move |tx| match deployment::newest(tx)? {
        Some(newest) => Ok(told(&fill::troubled(tx)?, &newest.schema(tx)?, &model)),
        None => Ok(Vec::new()),
    })
}

fn told(troubled: &[Troubled], schema: &Schema, model: &Model) -> Vec<Diagnostic> {
    troubled.iter().filter_map(|one| tell(one, schema, model)).collect()
}

fn tell(troubled: &Troubled, schema: &Schema, model: &Model) -> Option<Diagnostic> {
    let table = schema.table(&troubled.fill.table)?;
    let field = &table.born(&troubled.fill.column)?.name;
    let place = model.entity(&table.entity).and_then(|(_, entity)| entity.field(field)).map(|(_, field)| &field.place);
    let message = match troubled.skipped {
        0 => format!("the old records of `{}` cannot get their `{field}` for now: {}", table.entity, troubled.why),
        1 => format!("1 old record of `{}` could not get its `{field}`: {}", table.entity, troubled.why),
        rows => format!("{rows} old records of `{}` could not get their `{field}`: {}", table.entity, troubled.why),
    };
    let finding = match place {
        Some(place) => Diagnostic::warning(code::UNFILLED, place, message),
        None => {
            Diagnostic { place: None, ..Diagnostic::warning(code::UNFILLED, &Place::start_of(&"".into()), message) }
        }
    };
    Some(finding.help("mend the definition or the records; `fichero apply` tries again"))
}

/// Why something was refused, in one line.
fn words(refusal: &Refusal) -> String {
    if refusal.errors.is_empty() {
        return refusal.detail.text(Locale::EN);
    }
    let errors = refusal.errors.iter().map(|error| error.message.text(Locale::EN));
    errors.collect::<Vec<_>>().join("; ")
}

struct Rows<'a> {
    engine: &'a Engine,
    live: Arc<Live>,
}

/// A field that is filled.
#[derive(Clone, Copy)]
struct Target {
    entity: EntityId,
    field: FieldId,
    reason: Reason,
}

impl Backfill for Rows<'_> {
    type Error = Refusal;

    fn fill(&mut self, tx: &mut Tx, fill: &Fill, rows: &[Id]) -> Result<Skipped, Refusal> {
        // What is gone from the model is not filled.
        let Some((entity, field)) = self.live.field_of_column(&fill.table, &fill.column) else {
            return Ok(Skipped::default());
        };
        let target = Target { entity, field, reason: fill.reason };
        if let Ok(skipped) = tx.savepoint(|tx| self.each(tx, target, rows)) {
            return Ok(told_of(skipped, fill));
        }
        // One of them fails in a way that undoes them all; by itself it undoes only itself.
        let mut skipped = Skipped::default();
        for row in rows {
            match tx.savepoint(|tx| self.each(tx, target, std::slice::from_ref(row))) {
                Ok(others) => skipped.add(others),
                Err(refusal) => skipped.one(words(&refusal)),
            }
        }
        Ok(told_of(skipped, fill))
    }
}

impl Rows<'_> {
    fn each(&self, tx: &mut Tx, target: Target, rows: &[Id]) -> Result<Skipped, Refusal> {
        let actor = Actor::system(Via::System);
        let work = self.engine.work(Arc::clone(&self.live), tx, &actor, Mode::Load);
        let mut skipped = Skipped::default();
        for id in rows {
            let reference = Ref { entity: target.entity, id: *id };
            if let Some(stored) = work.lock_any(reference, Lock::Change)?
                && let Some(why) = one(&work, reference, target, stored)?
            {
                skipped.one(why);
            }
        }
        rollup::settle(&work)?;
        work.flush()?;
        Ok(skipped)
    }
}

fn told_of(skipped: Skipped, fill: &Fill) -> Skipped {
    if let Some(why) = &skipped.why {
        tracing::warn!(table = fill.table, column = fill.column, rows = skipped.rows, why, "old rows were not filled");
    }
    skipped
}

/// Fills a field of one row, living or in the trash; tells why it could not. What else follows is written with it, as
/// far as it can be: a field that has no value keeps no other from having one.
fn one(work: &Work<'_>, reference: Ref, target: Target, stored: Arc<Row>) -> Result<Option<String>, Refusal> {
    let Target { field, reason, .. } = target;
    let mut draft = Draft::unchanged(&stored);
    match reason {
        Reason::Derived => derive(work, &mut draft, reference, field)?,
        Reason::Base => revalue(work, &mut draft, field)?,
        Reason::Required => require(work, &mut draft, field)?,
        Reason::Numbers => number(work, &mut draft, field)?,
    }
    let name = Arc::clone(&work.live.model[reference.entity][field].name);
    if reason == Reason::Required && draft.row.get(field) == stored.get(field) {
        return Ok(draft.errors.first().map(|error| error.message.text(Locale::EN)));
    }
    let faults = compute::refresh_what_can_be(work, &mut draft)?;
    let error = draft.errors.iter().find(|error| *error.field == *name);
    let fault = faults.iter().find(|(id, _)| *id == field).map(|(_, refusal)| words(refusal));
    let why = error.map(|error| error.message.text(Locale::EN)).or(fault);
    if draft.row == stored {
        return Ok(why);
    }
    if matches!(reason, Reason::Required | Reason::Numbers) {
        let row = Arc::make_mut(&mut draft.row);
        row.set(System::Version.field(), Value::Integer(stored.version() + 1));
        work.stamp(row, false);
        log::changed(work, &stored, &draft.row, &[])?;
        work.update(&stored, &draft.row)?;
    } else {
        work.write_derived(&stored, &draft.row)?;
    }
    rollup::touch(work, reference.entity, Some(&stored), Some(&draft.row));
    Ok(why)
}

/// Works out a rollup; formulas and computed fields follow with all others.
fn derive(work: &Work<'_>, draft: &mut Draft, reference: Ref, field: FieldId) -> Result<(), Refusal> {
    let model = Arc::clone(&work.live.model);
    let Source::Rollup(rollup) = &model[reference.entity][field].source else { return Ok(()) };
    let value = work.rollup(reference, rollup)?;
    rollup::put(work, draft, field, value)
}

/// Works out what money is worth in the workspace's currency.
fn revalue(work: &Work<'_>, draft: &mut Draft, field: FieldId) -> Result<(), Refusal> {
    let Value::Money(held) = *draft.row.get(field) else { return Ok(()) };
    match money::anew(work, draft, field, held)? {
        Ok(value) => draft.set(field, value),
        Err(problem) => draft.error(work, field, problem),
    }
    Ok(())
}

/// Gives a field that became required and holds nothing what its definition says; a stage is the first.
fn require(work: &Work<'_>, draft: &mut Draft, field: FieldId) -> Result<(), Refusal> {
    let model = Arc::clone(&work.live.model);
    match &model[draft.entity][field].fill {
        Some(setting) if draft.row.get(field).is_nothing() => draft.settle(work, field, setting, &[])?,
        Some(_) => {}
        None => stage::enter(work, draft, field).map(drop)?,
    }
    Ok(())
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
