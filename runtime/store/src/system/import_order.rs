//! Imports that the background does, and those that it takes back: what was asked for, how far it is, and what came of it.
//!
//! What an import that is no dry run did to records is told by its batch ([`super::import`]).

use std::sync::Arc;

use fichero_model::Id;
use jiff::Timestamp;
use serde_json::Value;

use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Tx};

/// How far something is that the background does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// It waits for its turn.
    Queued,
    /// It is under way.
    Running,
    /// It has come to its end.
    Done,
    /// It broke off, and is not tried again.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl State {
    const ALL: [State; 5] = [State::Queued, State::Running, State::Done, State::Failed, State::Cancelled];

    /// As it is stored and told.
    pub const fn word(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Running => "running",
            State::Done => "done",
            State::Failed => "failed",
            State::Cancelled => "cancelled",
        }
    }

    /// Whether something is still to be done.
    pub const fn is_open(self) -> bool {
        matches!(self, State::Queued | State::Running)
    }

    fn named(word: &str) -> Result<Self, Error> {
        let known = Self::ALL.into_iter().find(|known| known.word() == word);
        known.ok_or_else(|| Error::Corrupt(format!("an import is in the unknown state {word:?}")))
    }
}

/// An import that the background does.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Its batch.
    pub batch: Id,
    /// The physical table it fills.
    pub entity: Arc<str>,
    /// The file that is read.
    pub file: Id,
    /// What the file is called.
    pub name: Arc<str>,
    /// How many bytes it has.
    pub size: i64,
    /// How it is to be done.
    pub request: Arc<Value>,
    /// Nothing is to be changed.
    pub dry: bool,
    /// Who asked for it.
    pub actor: Option<Id>,
    /// When that was.
    pub ordered_at: Timestamp,
    /// How far it is.
    pub state: State,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How far it was a moment ago.
    pub beat: Option<Arc<Value>>,
    /// What came of it.
    pub report: Option<Arc<Value>>,
    /// Why it broke off.
    pub error: Option<Arc<Value>>,
    /// The file of the rows that were rejected.
    pub rejects: Option<Id>,
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Done, failed or cancelled.
    pub state: State,
    /// When.
    pub at: Timestamp,
    /// What came of it.
    pub report: Option<Arc<Value>>,
    /// Why it broke off.
    pub error: Option<Arc<Value>>,
    /// The file of the rows that were rejected.
    pub rejects: Option<Id>,
}

/// An import that the background takes back.
#[derive(Clone, Debug, PartialEq)]
pub struct Undoing {
    /// Its batch.
    pub batch: Id,
    /// Who asked for it.
    pub actor: Option<Id>,
    /// When that was.
    pub ordered_at: Timestamp,
    /// How far it is.
    pub state: State,
    /// What came of it.
    pub report: Option<Arc<Value>>,
    /// Why it broke off.
    pub error: Option<Arc<Value>>,
}

macro_rules! select {
    ($rest:literal) => {
        Sql::new(concat!(
            "SELECT batch, entity, file, name, size, request, dry, actor, ordered_at, state, ended_at, beat, report, error, \
             rejects FROM fichero_import_order ",
            $rest
        ))
    };
}

const TYPES: [ColumnType; 15] = [
    ColumnType::Id,
    ColumnType::Text,
    ColumnType::Id,
    ColumnType::Text,
    ColumnType::Integer,
    ColumnType::Json,
    ColumnType::Boolean,
    ColumnType::Id,
    ColumnType::DateTime,
    ColumnType::Text,
    ColumnType::DateTime,
    ColumnType::Json,
    ColumnType::Json,
    ColumnType::Json,
    ColumnType::Id,
];

const UNDOING: [ColumnType; 6] =
    [ColumnType::Id, ColumnType::Id, ColumnType::DateTime, ColumnType::Text, ColumnType::Json, ColumnType::Json];

static ADD: Sql = Sql::new(
    "INSERT INTO fichero_import_order (batch, entity, file, name, size, request, dry, actor, ordered_at, state) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'queued')",
);
static FIND: Sql = select!("WHERE batch = ?1");
static MANY: Sql = select!("WHERE batch IN #1");
static OPEN: Sql = Sql::new("SELECT count(*) FROM fichero_import_order WHERE state IN ('queued', 'running')");
static BEGIN: Sql =
    Sql::new("UPDATE fichero_import_order SET state = 'running' WHERE batch = ?1 AND state IN ('queued', 'running')");
static BEAT: Sql = Sql::new("UPDATE fichero_import_order SET beat = ?2 WHERE batch = ?1 AND state = 'running'");
static END: Sql = Sql::new(
    "UPDATE fichero_import_order SET state = ?2, ended_at = ?3, report = ?4, error = ?5, rejects = ?6 \
     WHERE batch = ?1 AND state IN ('queued', 'running')",
);
static OLD: Sql = Sql::new(
    "SELECT batch FROM fichero_import_order WHERE dry = ?1 AND ordered_at < ?2 AND state NOT IN ('queued', 'running') \
     ORDER BY ordered_at LIMIT ?3",
);
static REMOVE: Sql = Sql::new("DELETE FROM fichero_import_order WHERE batch IN #1");
static UNDO: Sql = Sql::new(
    "INSERT INTO fichero_import_undo (batch, actor, ordered_at, state) VALUES (?1, ?2, ?3, 'queued') \
     ON CONFLICT (batch) DO UPDATE SET actor = excluded.actor, ordered_at = excluded.ordered_at, state = 'queued', \
     report = NULL, error = NULL",
);
static UNDOES: Sql =
    Sql::new("SELECT batch, actor, ordered_at, state, report, error FROM fichero_import_undo WHERE batch IN #1");
static END_UNDO: Sql = Sql::new("UPDATE fichero_import_undo SET state = ?2, report = ?3, error = ?4 WHERE batch = ?1");

/// Asks for an import. Its state, and what comes of it, are those of one that waits.
///
/// # Errors
/// As the database says.
pub fn add(tx: &mut Tx, order: &Order) -> Result<(), Error> {
    let parameters = [
        Cell::Id(order.batch),
        Cell::Text(Arc::clone(&order.entity)),
        Cell::Id(order.file),
        Cell::Text(Arc::clone(&order.name)),
        Cell::Integer(order.size),
        Cell::Json(Arc::clone(&order.request)),
        Cell::Boolean(order.dry),
        Cell::or_null(order.actor, ColumnType::Id),
        Cell::DateTime(order.ordered_at),
    ];
    tx.execute(ADD.of(tx.dialect()), &parameters).map(drop)
}

/// The order of a batch.
///
/// # Errors
/// As the database says.
pub fn find(tx: &mut Tx, batch: Id) -> Result<Option<Order>, Error> {
    tx.query_one(FIND.of(tx.dialect()), &[Cell::Id(batch)], &TYPES)?.map(read).transpose()
}

/// The orders among these batches.
///
/// # Errors
/// As the database says.
pub fn many(tx: &mut Tx, batches: &[Id]) -> Result<Vec<Order>, Error> {
    if batches.is_empty() {
        return Ok(Vec::new());
    }
    tx.query(MANY.of(tx.dialect()), &[Cell::from(batches)], &TYPES)?.into_iter().map(read).collect()
}

/// How many orders are not at their end.
///
/// # Errors
/// As the database says.
pub fn open(tx: &mut Tx) -> Result<i64, Error> {
    let row = tx.query_one(OPEN.of(tx.dialect()), &[], &[ColumnType::Integer])?;
    Cells::new(row.unwrap_or_default()).integer()
}

/// Somebody is at it from now on. False when it has ended, or was stopped.
///
/// # Errors
/// As the database says.
pub fn begin(tx: &mut Tx, batch: Id) -> Result<bool, Error> {
    Ok(tx.execute(BEGIN.of(tx.dialect()), &[Cell::Id(batch)])? > 0)
}

/// Notes how far it is. False when it was stopped meanwhile.
///
/// # Errors
/// As the database says.
pub fn beat(tx: &mut Tx, batch: Id, beat: Arc<Value>) -> Result<bool, Error> {
    Ok(tx.execute(BEAT.of(tx.dialect()), &[Cell::Id(batch), Cell::Json(beat)])? > 0)
}

/// Notes what came of it. False when it had ended already.
///
/// # Errors
/// As the database says.
pub fn end(tx: &mut Tx, batch: Id, outcome: &Outcome) -> Result<bool, Error> {
    let parameters = [
        Cell::Id(batch),
        Cell::text(outcome.state.word()),
        Cell::DateTime(outcome.at),
        Cell::or_null(outcome.report.clone(), ColumnType::Json),
        Cell::or_null(outcome.error.clone(), ColumnType::Json),
        Cell::or_null(outcome.rejects, ColumnType::Id),
    ];
    Ok(tx.execute(END.of(tx.dialect()), &parameters)? > 0)
}

/// Orders from before a moment that have ended, dry runs or the others, at most `limit`.
///
/// # Errors
/// As the database says.
pub fn old(tx: &mut Tx, dry: bool, before: Timestamp, limit: i64) -> Result<Vec<Id>, Error> {
    let parameters = [Cell::Boolean(dry), Cell::DateTime(before), Cell::Integer(limit)];
    let rows = tx.query(OLD.of(tx.dialect()), &parameters, &[ColumnType::Id])?;
    rows.into_iter().map(|row| Cells::new(row).id()).collect()
}

/// Forgets orders; the batches stay.
///
/// # Errors
/// As the database says.
pub fn remove(tx: &mut Tx, batches: &[Id]) -> Result<(), Error> {
    if batches.is_empty() {
        return Ok(());
    }
    tx.execute(REMOVE.of(tx.dialect()), &[Cell::from(batches)]).map(drop)
}

/// Asks for an import to be taken back, once more where that was done before.
///
/// # Errors
/// As the database says.
pub fn undo(tx: &mut Tx, batch: Id, actor: Option<Id>, now: Timestamp) -> Result<(), Error> {
    let parameters = [Cell::Id(batch), Cell::or_null(actor, ColumnType::Id), Cell::DateTime(now)];
    tx.execute(UNDO.of(tx.dialect()), &parameters).map(drop)
}

/// What was asked to be taken back of these batches.
///
/// # Errors
/// As the database says.
pub fn undoings(tx: &mut Tx, batches: &[Id]) -> Result<Vec<Undoing>, Error> {
    if batches.is_empty() {
        return Ok(Vec::new());
    }
    let rows = tx.query(UNDOES.of(tx.dialect()), &[Cell::from(batches)], &UNDOING)?;
    let read = |row: Vec<Cell>| {
        let mut row = Cells::new(row);
        Ok(Undoing {
            batch: row.id()?,
            actor: row.opt_id()?,
            ordered_at: row.datetime()?,
            state: State::named(&row.text()?)?,
            report: row.opt_json()?,
            error: row.opt_json()?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// Notes what came of taking an import back.
///
/// # Errors
/// As the database says.
pub fn end_undo(
    tx: &mut Tx,
    batch: Id,
    state: State,
    report: Option<Arc<Value>>,
    error: Option<Arc<Value>>,
) -> Result<(), Error> {
    let parameters = [
        Cell::Id(batch),
        Cell::text(state.word()),
        Cell::or_null(report, ColumnType::Json),
        Cell::or_null(error, ColumnType::Json),
    ];
    tx.execute(END_UNDO.of(tx.dialect()), &parameters).map(drop)
}

fn read(row: Vec<Cell>) -> Result<Order, Error> {
    let mut row = Cells::new(row);
    Ok(Order {
        batch: row.id()?,
        entity: row.text()?,
        file: row.id()?,
        name: row.text()?,
        size: row.integer()?,
        request: row.json()?,
        dry: row.boolean()?,
        actor: row.opt_id()?,
        ordered_at: row.datetime()?,
        state: State::named(&row.text()?)?,
        ended_at: row.opt_datetime()?,
        beat: row.opt_json()?,
        report: row.opt_json()?,
        error: row.opt_json()?,
        rejects: row.opt_id()?,
    })
}
