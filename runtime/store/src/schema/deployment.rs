//! What runs is in the database: every definition file once, and which of them made up each deployment.
//!
//! Deployments are only ever added. One is published in the transaction of its migration, and only on top of the newest
//! one; whoever was too late plans again. Commands hold the gate shared and look behind it ([`guard`]); a migration that
//! they must not meet holds it alone ([`super::Hazard::is_barrier`]). What looks at all rows of a table, and what changes
//! them, may take as long as there are rows: no limit holds for its statements.
//!
//! What this does not do: compile, or decide which folder may publish. It is told the deployment that a folder builds on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fichero_model::Model;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::plan::{Question, plan};
use super::{Error, Facts, Plan, Schema, apply, prune};
use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Dialect, Event, Tx};

/// The channel on which a deployment is announced, with its number.
pub const CHANNEL: &str = "deployment";

/// How long a migration waits for writers to pause.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// What ran, or runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Its number, counted from 1.
    pub seq: i64,
    /// The one it was published on; 0 for the first.
    pub parent: i64,
    /// The hash of all definitions, as who published it made it.
    pub catalog_hash: Arc<str>,
    /// The hash of each definition file, by its path.
    pub files: BTreeMap<String, String>,
    /// The hash under which its schema is kept.
    schema: Arc<str>,
    /// Whether writers paused for it.
    pub barrier: bool,
    /// When.
    pub at: Timestamp,
    /// By whom: a log-in, or what of the runtime did it.
    pub by: Arc<str>,
}

/// A deployment to be published.
#[derive(Clone, Copy, Debug)]
pub struct Publication<'a> {
    /// The compiled definitions.
    pub model: &'a Model,
    /// The definition files by their path.
    pub files: &'a BTreeMap<String, Arc<[u8]>>,
    /// The hash of all definitions.
    pub catalog_hash: &'a str,
    /// The newest deployment that who publishes knows of; 0 when there was none.
    pub base: i64,
    /// The hash of the plan that somebody has agreed to.
    pub consent: Option<&'a str>,
    /// By whom.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
}

/// A wish to drop what was retired.
#[derive(Clone, Copy, Debug)]
pub struct Pruning<'a> {
    /// Only what was retired before this moment.
    pub before: Timestamp,
    /// The hash of the plan that somebody has agreed to.
    pub consent: Option<&'a str>,
    /// By whom.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
}

macro_rules! select {
    ($rest:literal) => {
        Sql::new(concat!(
            "SELECT seq, parent, catalog_hash, files, schema_hash, barrier, at, actor FROM fichero_deployment ",
            $rest
        ))
    };
}

const TYPES: [ColumnType; 8] = [
    ColumnType::Integer,
    ColumnType::Integer,
    ColumnType::Text,
    ColumnType::Json,
    ColumnType::Text,
    ColumnType::Boolean,
    ColumnType::DateTime,
    ColumnType::Text,
];

static NEWEST: Sql = select!("ORDER BY seq DESC LIMIT 1");
static SINCE: Sql = select!("WHERE seq > ?1 ORDER BY seq");
static FIND: Sql = select!("WHERE seq = ?1");
static NEWEST_SEQ: Sql = Sql::new("SELECT max(seq) FROM fichero_deployment");
static PLAN: Sql = Sql::new("SELECT plan FROM fichero_deployment WHERE seq = ?1");
static SOURCE: Sql = Sql::new("SELECT bytes FROM fichero_source WHERE hash = ?1");
static KEEP_SOURCE: Sql =
    Sql::new("INSERT INTO fichero_source (hash, bytes) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING");
static PUBLISH: Sql = Sql::new(
    "INSERT INTO fichero_deployment (seq, parent, catalog_hash, files, schema_hash, barrier, at, actor, plan) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
);
static RAISE: Sql = Sql::new("UPDATE fichero_gate SET barrier = ?1");

/// The newest deployment.
///
/// # Errors
/// As the database says.
pub fn newest(tx: &mut Tx) -> Result<Option<Deployment>, crate::Error> {
    tx.query_one(NEWEST.of(tx.dialect()), &[], &TYPES)?.map(read).transpose()
}

/// The number of the newest deployment, 0 when there is none. Cheap, for who polls.
///
/// # Errors
/// As the database says.
pub fn newest_seq(tx: &mut Tx) -> Result<i64, crate::Error> {
    let row = tx.query_one(NEWEST_SEQ.of(tx.dialect()), &[], &[ColumnType::Integer])?;
    Ok(Cells::new(row.unwrap_or_default()).opt_integer()?.unwrap_or(0))
}

/// The deployments behind `seq`, the oldest first.
///
/// # Errors
/// As the database says.
pub fn since(tx: &mut Tx, seq: i64) -> Result<Vec<Deployment>, crate::Error> {
    tx.query(SINCE.of(tx.dialect()), &[Cell::Integer(seq)], &TYPES)?.into_iter().map(read).collect()
}

/// The deployment of that number.
///
/// # Errors
/// As the database says.
pub fn find(tx: &mut Tx, seq: i64) -> Result<Option<Deployment>, crate::Error> {
    tx.query_one(FIND.of(tx.dialect()), &[Cell::Integer(seq)], &TYPES)?.map(read).transpose()
}

/// The steps that a deployment did, as JSON; nothing for an unknown one.
///
/// # Errors
/// As the database says.
pub fn steps(tx: &mut Tx, seq: i64) -> Result<Option<Arc<serde_json::Value>>, crate::Error> {
    let row = tx.query_one(PLAN.of(tx.dialect()), &[Cell::Integer(seq)], &[ColumnType::Json])?;
    row.map(|row| Cells::new(row).json()).transpose()
}

impl Deployment {
    /// The definition files, by their path.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] when one is missing, and as the database says.
    pub fn sources(&self, tx: &mut Tx) -> Result<BTreeMap<String, Arc<[u8]>>, crate::Error> {
        self.files.iter().map(|(path, hash)| Ok((path.clone(), source(tx, hash)?))).collect()
    }

    /// The schema it left behind.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] when it cannot be read, and as the database says.
    pub fn schema(&self, tx: &mut Tx) -> Result<Schema, crate::Error> {
        let text = source(tx, &self.schema)?;
        serde_json::from_slice(&text)
            .map_err(|error| crate::Error::Corrupt(format!("the schema of deployment {}: {error}", self.seq)))
    }
}

/// What a model needs on top of the newest deployment, which may be any. Changes nothing.
///
/// # Errors
/// As [`plan`].
pub fn plan_for(tx: &mut Tx, model: &Model, now: Timestamp) -> Result<Plan, Error> {
    tx.lift_statement_limit()?;
    let newest = newest(tx)?;
    plan_on(tx, newest.as_ref(), model, now)
}

/// What could be pruned of the newest deployment. Changes nothing.
///
/// # Errors
/// As [`prune::plan`].
pub fn prune_plan(tx: &mut Tx, before: Timestamp) -> Result<Plan, Error> {
    tx.lift_statement_limit()?;
    let newest = newest(tx)?;
    prune_on(tx, newest.as_ref(), before)
}

/// Publishes: plans on the newest deployment, does the plan, and adds the deployment, all in this transaction.
///
/// A plan that is empty is published too: definitions change more often than tables.
///
/// # Errors
/// [`Error::LostRace`] when `base` is not the newest; [`Error::Consent`] when the plan needs consent and its hash was
/// not given; [`Error::Busy`] when writers do not pause; and as [`plan`].
pub fn publish(tx: &mut Tx, publication: &Publication<'_>) -> Result<(Deployment, Plan), Error> {
    let newest = alone(tx)?;
    let newest_seq = newest.as_ref().map_or(0, |newest| newest.seq);
    if newest_seq != publication.base {
        return Err(Error::LostRace { newest: newest_seq });
    }
    let mut plan = plan_on(tx, newest.as_ref(), publication.model, publication.at)?;
    agreed(&plan, publication.consent)?;
    if plan.hazard().is_barrier() {
        barrier(tx)?;
        // While writers went on, rows may have come that change what must be done.
        plan = plan_on(tx, newest.as_ref(), publication.model, publication.at)?;
        agreed(&plan, publication.consent)?;
    }
    let files = publication.files.iter().map(|(path, bytes)| Ok((path.clone(), keep(tx, bytes)?)));
    let files = files.collect::<Result<BTreeMap<_, _>, crate::Error>>()?;
    let added = Added { catalog_hash: publication.catalog_hash, files, by: publication.by, at: publication.at };
    let deployment = add(tx, newest_seq, &plan, added)?;
    Ok((deployment, plan))
}

/// Drops what was retired, as a deployment of its own over the same definitions. Gives nothing when there is nothing to
/// drop.
///
/// # Errors
/// [`Error::Consent`] when the hash of the plan was not given; [`Error::Busy`] when writers do not pause.
pub fn prune(tx: &mut Tx, pruning: &Pruning<'_>) -> Result<Option<(Deployment, Plan)>, Error> {
    let Some(newest) = alone(tx)? else { return Ok(None) };
    let plan = prune_on(tx, Some(&newest), pruning.before)?;
    if plan.is_empty() {
        return Ok(None);
    }
    agreed(&plan, pruning.consent)?;
    barrier(tx)?;
    let files = newest.files.clone();
    let added = Added { catalog_hash: &newest.catalog_hash, files, by: pruning.by, at: pruning.at };
    let deployment = add(tx, newest.seq, &plan, added)?;
    Ok(Some((deployment, plan)))
}

/// Keeps migrations away until the end of this command, and makes sure that none has taken place that the model of
/// deployment `seq` does not know. The first thing a writing command does.
///
/// # Errors
/// [`Error::Superseded`] when there was one: run the command again with the newest model. It may be told of by a later
/// statement, and then in a second run of the command by this function.
pub fn guard(tx: &mut Tx, seq: i64) -> Result<(), Error> {
    match tx.gate(seq)? {
        Some(barrier) if barrier > seq => Err(Error::Superseded { barrier }),
        _ => Ok(()),
    }
}

/// Waits until no command holds the gate, and keeps all out until the end of this transaction.
///
/// # Errors
/// [`Error::Busy`] when that takes longer than [`PATIENCE`].
pub fn barrier(tx: &mut Tx) -> Result<(), Error> {
    match tx.dialect() {
        // The one writer is us.
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => lock(tx, "LOCK TABLE fichero_gate IN EXCLUSIVE MODE"),
    }
}

/// Keeps other publishers out until the end of this transaction, and gives the newest deployment. The statements of this
/// transaction take as long as they need.
fn alone(tx: &mut Tx) -> Result<Option<Deployment>, Error> {
    tx.lift_statement_limit()?;
    match tx.dialect() {
        Dialect::Sqlite => {}
        Dialect::Postgres => lock(tx, "LOCK TABLE fichero_deployment IN SHARE ROW EXCLUSIVE MODE")?,
    }
    Ok(newest(tx)?)
}

fn lock(tx: &mut Tx, statement: &str) -> Result<(), Error> {
    // The limit holds for the rest of the transaction: changing a table waits for those who read it, too.
    let script = format!("SET LOCAL lock_timeout = {}; {statement}", PATIENCE.as_millis());
    tx.script(&script).map_err(|error| match error {
        crate::Error::Timeout(_) => Error::Busy,
        other => Error::Store(other),
    })
}

fn plan_on(tx: &mut Tx, newest: Option<&Deployment>, model: &Model, now: Timestamp) -> Result<Plan, Error> {
    let (recorded, base) = recorded(tx, newest)?;
    let dialect = tx.dialect();
    plan(&Question { model, recorded: &recorded, base, dialect, now }, tx as &mut dyn Facts)
}

fn prune_on(tx: &mut Tx, newest: Option<&Deployment>, before: Timestamp) -> Result<Plan, Error> {
    let (recorded, base) = recorded(tx, newest)?;
    prune::plan(&recorded, base, before, tx.dialect(), tx as &mut dyn Facts)
}

fn recorded(tx: &mut Tx, newest: Option<&Deployment>) -> Result<(Schema, i64), crate::Error> {
    match newest {
        Some(newest) => Ok((newest.schema(tx)?, newest.seq)),
        None => Ok((Schema::default(), 0)),
    }
}

fn agreed(plan: &Plan, consent: Option<&str>) -> Result<(), Error> {
    let given = consent.is_some_and(|consent| consent == plan.hash());
    if plan.hazard().needs_consent() && !given { Err(Error::Consent(Box::new(plan.clone()))) } else { Ok(()) }
}

struct Added<'a> {
    catalog_hash: &'a str,
    files: BTreeMap<String, String>,
    by: &'a str,
    at: Timestamp,
}

fn add(tx: &mut Tx, parent: i64, plan: &Plan, added: Added<'_>) -> Result<Deployment, Error> {
    let seq = parent + 1;
    apply::apply(tx, plan, seq)?;
    let schema = serde_json::to_vec(&plan.schema).map_err(unwritable)?;
    let deployment = Deployment {
        seq,
        parent,
        catalog_hash: added.catalog_hash.into(),
        files: added.files,
        schema: keep(tx, &schema)?.into(),
        barrier: plan.hazard().is_barrier(),
        at: added.at,
        by: added.by.into(),
    };
    let files = serde_json::to_value(&deployment.files).map_err(unwritable)?;
    let steps = serde_json::to_value(&plan.steps).map_err(unwritable)?;
    let parameters = [
        Cell::Integer(seq),
        Cell::Integer(parent),
        Cell::Text(Arc::clone(&deployment.catalog_hash)),
        files.into(),
        Cell::Text(Arc::clone(&deployment.schema)),
        Cell::Boolean(deployment.barrier),
        Cell::DateTime(deployment.at),
        Cell::Text(Arc::clone(&deployment.by)),
        steps.into(),
    ];
    tx.execute(PUBLISH.of(tx.dialect()), &parameters)?;
    if deployment.barrier {
        tx.execute(RAISE.of(tx.dialect()), &[Cell::Integer(seq)])?;
    }
    tx.on_commit(Event::new(CHANNEL, seq.to_string()));
    Ok(deployment)
}

/// Keeps bytes under their hash, once, and gives it.
fn keep(tx: &mut Tx, bytes: &[u8]) -> Result<String, crate::Error> {
    let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    tx.execute(KEEP_SOURCE.of(tx.dialect()), &[Cell::text(&hash), bytes.into()])?;
    Ok(hash)
}

fn source(tx: &mut Tx, hash: &str) -> Result<Arc<[u8]>, crate::Error> {
    let row = tx.query_one(SOURCE.of(tx.dialect()), &[Cell::text(hash)], &[ColumnType::Bytes])?;
    let row = row.ok_or_else(|| crate::Error::Corrupt(format!("the source {hash} is missing")))?;
    Cells::new(row).bytes()
}

fn read(row: Vec<Cell>) -> Result<Deployment, crate::Error> {
    let mut row = Cells::new(row);
    let (seq, parent, catalog_hash, files) = (row.integer()?, row.integer()?, row.text()?, row.json()?);
    let files = serde_json::from_value((*files).clone())
        .map_err(|error| crate::Error::Corrupt(format!("the files of deployment {seq}: {error}")))?;
    let (schema, barrier, at, by) = (row.text()?, row.boolean()?, row.datetime()?, row.text()?);
    Ok(Deployment { seq, parent, catalog_hash, files, schema, barrier, at, by })
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::Store(crate::Error::Corrupt(format!("what is to be recorded cannot be written: {error}")))
}
