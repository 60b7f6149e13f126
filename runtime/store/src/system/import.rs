//! Imports: each is a batch, which says how far it came, so that it can be resumed, reported and undone.
//!
//! Which records a batch touched is in the log of changes ([`super::change::of_batch`]).

use std::sync::Arc;

use fichero_model::Id;
use jiff::Timestamp;

use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Tx};

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Under way, or broken off.
    Running,
    /// At its end.
    Done,
    /// At its end, and undone.
    Undone,
}

impl State {
    const ALL: [State; 3] = [State::Running, State::Done, State::Undone];

    const fn word(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Done => "done",
            State::Undone => "undone",
        }
    }
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The batch that its changes share.
    pub batch: Id,
    /// The physical table it fills.
    pub entity: Arc<str>,
    /// The name of the file.
    pub file: Arc<str>,
    /// The mapping document.
    pub mapping: Option<Arc<str>>,
    /// By which user.
    pub actor: Option<Id>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How far it is.
    pub state: State,
    /// What came of its rows.
    pub progress: Progress,
}

/// What came of the rows of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many rows of the file are behind it.
    pub reached: i64,
    /// How many records it made.
    pub created: i64,
    /// How many it changed.
    pub updated: i64,
    /// How many rows it rejected.
    pub rejected: i64,
}

macro_rules! select {
    ($rest:literal) => {
        Sql::new(concat!(
            "SELECT batch, entity, file, mapping, actor, started_at, ended_at, state, reached, created, updated, \
             rejected FROM fichero_import ",
            $rest
        ))
    };
}

const TYPES: [ColumnType; 12] = [
    ColumnType::Id,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Id,
    ColumnType::DateTime,
    ColumnType::DateTime,
    ColumnType::Text,
    ColumnType::Integer,
    ColumnType::Integer,
    ColumnType::Integer,
    ColumnType::Integer,
];

static START: Sql = Sql::new(
    "INSERT INTO fichero_import (batch, entity, file, mapping, actor, started_at, ended_at, state, reached, created, \
     updated, rejected) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
);
static FIND: Sql = select!("WHERE batch = ?1");
static LIST: Sql = select!("ORDER BY batch DESC LIMIT ?1");
static ADVANCE: Sql =
    Sql::new("UPDATE fichero_import SET reached = ?2, created = ?3, updated = ?4, rejected = ?5 WHERE batch = ?1");
static END: Sql = Sql::new("UPDATE fichero_import SET state = ?2, ended_at = ?3 WHERE batch = ?1");

/// Begins an import.
///
/// # Errors
/// As the database says.
pub fn start(tx: &mut Tx, import: &Import) -> Result<(), Error> {
    let Progress { reached, created, updated, rejected } = import.progress;
    let parameters = [
        Cell::Id(import.batch),
        Cell::Text(Arc::clone(&import.entity)),
        Cell::Text(Arc::clone(&import.file)),
        Cell::or_null(import.mapping.clone(), ColumnType::Text),
        Cell::or_null(import.actor, ColumnType::Id),
        Cell::DateTime(import.started_at),
        Cell::or_null(import.ended_at, ColumnType::DateTime),
        Cell::text(import.state.word()),
        Cell::Integer(reached),
        Cell::Integer(created),
        Cell::Integer(updated),
        Cell::Integer(rejected),
    ];
    tx.execute(START.of(tx.dialect()), &parameters).map(drop)
}

/// Notes how far an import came, in the transaction of the rows that brought it there.
///
/// # Errors
/// As the database says.
pub fn advance(tx: &mut Tx, batch: Id, progress: Progress) -> Result<(), Error> {
    let Progress { reached, created, updated, rejected } = progress;
    let counts = [reached, created, updated, rejected].map(Cell::Integer);
    let parameters = [&[Cell::Id(batch)], counts.as_slice()].concat();
    tx.execute(ADVANCE.of(tx.dialect()), &parameters).map(drop)
}

/// Notes that an import has ended, or was undone.
///
/// # Errors
/// As the database says.
pub fn end(tx: &mut Tx, batch: Id, state: State, now: Timestamp) -> Result<(), Error> {
    let parameters = [Cell::Id(batch), Cell::text(state.word()), Cell::DateTime(now)];
    tx.execute(END.of(tx.dialect()), &parameters).map(drop)
}

/// The import of a batch.
///
/// # Errors
/// As the database says.
pub fn find(tx: &mut Tx, batch: Id) -> Result<Option<Import>, Error> {
    tx.query_one(FIND.of(tx.dialect()), &[Cell::Id(batch)], &TYPES)?.map(read).transpose()
}

/// The newest imports, at most `limit`.
///
/// # Errors
/// As the database says.
pub fn list(tx: &mut Tx, limit: u32) -> Result<Vec<Import>, Error> {
    let rows = tx.query(LIST.of(tx.dialect()), &[Cell::Integer(i64::from(limit))], &TYPES)?;
    rows.into_iter().map(read).collect()
}

fn read(row: Vec<Cell>) -> Result<Import, Error> {
    let mut row = Cells::new(row);
    let (batch, entity, file, mapping, actor) = (row.id()?, row.text()?, row.text()?, row.opt_text()?, row.opt_id()?);
    let (started_at, ended_at, state) = (row.datetime()?, row.opt_datetime()?, row.text()?);
    let known = State::ALL.into_iter().find(|known| known.word() == &*state);
    let state = known.ok_or_else(|| Error::Corrupt(format!("import {batch} is in the unknown state {state:?}")))?;
    let progress = Progress {
        reached: row.integer()?,
        created: row.integer()?,
        updated: row.integer()?,
        rejected: row.integer()?,
    };
    Ok(Import { batch, entity, file, mapping, actor, started_at, ended_at, state, progress })
}
