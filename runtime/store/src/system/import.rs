//! Imports: each is a batch, which says how far it came, so that it can be resumed, reported and undone.
//!
//! Which records a batch touched is in the log of changes ([`super::change::of_batch`]). The rows that are behind an import
//! without being in the database (rejected, or waiting for others) are kept as long as it is under way.

use std::sync::Arc;

use fichero_model::Id;
use jiff::Timestamp;

use crate::sql::Sql;
use crate::tx::Into;
use crate::{Cell, Cells, ColumnType, Dialect, Error, Tx};

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Under way, or broken off.
    Running,
    /// At its end.
    Done,
    /// Broken off, and never to be taken up again.
    Left,
    /// All that could be taken back of it was.
    Undone,
}

impl State {
    const ALL: [State; 4] = [State::Running, State::Done, State::Left, State::Undone];

    /// As it is stored and told.
    pub const fn word(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Done => "done",
            State::Left => "left",
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
    /// The SHA-256 of the file, where it was known at the beginning.
    pub hash: Option<Arc<[u8]>>,
    /// The mapping document.
    pub mapping: Option<Arc<str>>,
    /// The fields that rows are matched by, with commas between.
    pub matching: Option<Arc<str>>,
    /// A fingerprint of how its rows become records.
    pub means: Option<Arc<[u8]>>,
    /// By which user.
    pub actor: Option<Id>,
    /// Whoever is at it now; who was at it before loses it.
    pub runner: Option<Id>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How far it is.
    pub state: State,
    /// What came of its rows.
    pub progress: Progress,
    /// How it was taken back.
    pub undo: Option<Undo>,
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
    /// How many rows said what was there already.
    pub unchanged: i64,
    /// How many rows it rejected.
    pub rejected: i64,
    /// How many records it made because rows refer to them.
    pub made: i64,
}

/// How an import was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undo {
    /// The batch that the changes of taking it back share.
    pub batch: Id,
    /// When that ended; nothing while it goes on, or broke off.
    pub at: Option<Timestamp>,
    /// How many records are as they were before the import.
    pub reversed: i64,
    /// How many stay because they were edited since.
    pub kept: i64,
    /// How many stay because something is in the way.
    pub blocked: i64,
}

/// A row that is behind an import without being in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which row of the file, the first one below the heading being 1.
    pub number: i64,
    /// Why it was rejected; nothing while it waits for others.
    pub why: Option<Arc<str>>,
}

macro_rules! select {
    ($rest:literal) => {
        Sql::new(concat!(
            "SELECT batch, entity, file, hash, mapping, matching, means, actor, runner, started_at, ended_at, state, \
             reached, created, updated, unchanged, rejected, made, undo, undone_at, reversed, kept, blocked \
             FROM fichero_import ",
            $rest
        ))
    };
}

const TYPES: [ColumnType; 23] = [
    ColumnType::Id,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Bytes,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Bytes,
    ColumnType::Id,
    ColumnType::Id,
    ColumnType::DateTime,
    ColumnType::DateTime,
    ColumnType::Text,
    ColumnType::Integer,
    ColumnType::Integer,
    ColumnType::Integer,
    ColumnType::Integer,
    ColumnType::Integer,
    ColumnType::Integer,
    ColumnType::Id,
    ColumnType::DateTime,
    ColumnType::Integer,
    ColumnType::Integer,
    ColumnType::Integer,
];

static START: Sql = Sql::new(
    "INSERT INTO fichero_import (batch, entity, file, hash, mapping, matching, means, actor, runner, started_at, \
     state, reached, created, updated, rejected) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'running', 0, 0, 0, 0)",
);
static FIND: Sql = select!("WHERE batch = ?1");
static LIST: Sql =
    select!("WHERE (?2 IS NULL OR entity = ?2) AND (?3 IS NULL OR batch < ?3) ORDER BY batch DESC LIMIT ?1");
static BROKEN_OFF: Sql = select!("WHERE entity = ?1 AND hash = ?2 AND state = 'running' ORDER BY batch DESC");
static DONE: Sql = select!("WHERE entity = ?1 AND hash = ?2 AND state = 'done' ORDER BY batch DESC LIMIT 1");
static TAKE_OVER: Sql = Sql::new("UPDATE fichero_import SET runner = ?2 WHERE batch = ?1 AND state = 'running'");
static ADVANCE: Sql = Sql::new(
    "UPDATE fichero_import SET reached = ?3, created = ?4, updated = ?5, unchanged = ?6, rejected = ?7, made = ?8 \
     WHERE batch = ?1 AND runner = ?2 AND state = 'running'",
);
static END: Sql = Sql::new(
    "UPDATE fichero_import SET state = ?3, ended_at = ?4 WHERE batch = ?1 AND runner = ?2 AND state = 'running'",
);
static LEAVE: Sql =
    Sql::new("UPDATE fichero_import SET state = 'left', runner = ?2 WHERE batch = ?1 AND state = 'running'");
static UNDO: Sql = Sql::new(
    "UPDATE fichero_import SET state = ?2, undo = ?3, undone_at = ?4, reversed = ?5, kept = ?6, blocked = ?7 \
     WHERE batch = ?1",
);
static ROWS: Sql = Sql::new(
    "SELECT number, why FROM fichero_import_row WHERE batch = ?1 AND number BETWEEN ?2 AND ?3 ORDER BY number",
);
static ADD_ROW: Sql = Sql::new(
    "INSERT INTO fichero_import_row (batch, number, why) VALUES (?1, ?2, ?3) \
     ON CONFLICT (batch, number) DO UPDATE SET why = excluded.why",
);
static DROP_ROW: Sql = Sql::new("DELETE FROM fichero_import_row WHERE batch = ?1 AND number = ?2");
static DROP_ROWS: Sql = Sql::new("DELETE FROM fichero_import_row WHERE batch = ?1");

static INTO_ROWS: Into = Into::query(
    "INSERT INTO fichero_import_row (batch, number, why)",
    "SELECT batch, number, why FROM {rows} AS given (batch, number, why) \
     ON CONFLICT (batch, number) DO UPDATE SET why = excluded.why",
);

/// Begins an import. Its state, its progress and its end are those of one that begins.
///
/// # Errors
/// As the database says.
pub fn start(tx: &mut Tx, import: &Import) -> Result<(), Error> {
    let bytes = |bytes: &Option<Arc<[u8]>>| Cell::or_null(bytes.clone(), ColumnType::Bytes);
    let parameters = [
        Cell::Id(import.batch),
        Cell::Text(Arc::clone(&import.entity)),
        Cell::Text(Arc::clone(&import.file)),
        bytes(&import.hash),
        Cell::or_null(import.mapping.clone(), ColumnType::Text),
        Cell::or_null(import.matching.clone(), ColumnType::Text),
        bytes(&import.means),
        Cell::or_null(import.actor, ColumnType::Id),
        Cell::or_null(import.runner, ColumnType::Id),
        Cell::DateTime(import.started_at),
    ];
    tx.execute(START.of(tx.dialect()), &parameters).map(drop)
}

/// The imports of this file into a table that are under way or broke off, the newest first.
///
/// # Errors
/// As the database says.
pub fn broken_off(tx: &mut Tx, entity: &str, hash: &[u8]) -> Result<Vec<Import>, Error> {
    let rows = tx.query(BROKEN_OFF.of(tx.dialect()), &[Cell::text(entity), hash.into()], &TYPES)?;
    rows.into_iter().map(read).collect()
}

/// The newest import of this file into a table that came to its end and was not taken back.
///
/// # Errors
/// As the database says.
pub fn done(tx: &mut Tx, entity: &str, hash: &[u8]) -> Result<Option<Import>, Error> {
    let row = tx.query_one(DONE.of(tx.dialect()), &[Cell::text(entity), hash.into()], &TYPES)?;
    row.map(read).transpose()
}

/// Makes `runner` the one who is at an import that has not ended, and gives it as it is then.
///
/// # Errors
/// As the database says.
pub fn take_over(tx: &mut Tx, batch: Id, runner: Id) -> Result<Option<Import>, Error> {
    match tx.execute(TAKE_OVER.of(tx.dialect()), &[Cell::Id(batch), Cell::Id(runner)])? {
        0 => Ok(None),
        _ => find(tx, batch),
    }
}

/// Notes how far an import came, in the transaction of the rows that brought it there. False when another runner has
/// taken it over, or it has ended: then nothing of this transaction may stay.
///
/// # Errors
/// As the database says.
pub fn advance(tx: &mut Tx, batch: Id, runner: Id, progress: Progress) -> Result<bool, Error> {
    let Progress { reached, created, updated, unchanged, rejected, made } = progress;
    let counts = [reached, created, updated, unchanged, rejected, made].map(Cell::Integer);
    let parameters = [&[Cell::Id(batch), Cell::Id(runner)], counts.as_slice()].concat();
    Ok(tx.execute(ADVANCE.of(tx.dialect()), &parameters)? > 0)
}

/// Notes that an import has ended; what was kept of its rows is needed no longer. False as [`advance`] says it.
///
/// # Errors
/// As the database says.
pub fn end(tx: &mut Tx, batch: Id, runner: Id, now: Timestamp) -> Result<bool, Error> {
    let parameters = [Cell::Id(batch), Cell::Id(runner), Cell::text(State::Done.word()), Cell::DateTime(now)];
    let ended = tx.execute(END.of(tx.dialect()), &parameters)? > 0;
    if ended {
        tx.execute(DROP_ROWS.of(tx.dialect()), &[Cell::Id(batch)])?;
    }
    Ok(ended)
}

/// Notes that an import which broke off is never to be taken up again. Whoever is at it loses it.
///
/// # Errors
/// As the database says.
pub fn leave(tx: &mut Tx, batch: Id, runner: Id) -> Result<(), Error> {
    tx.execute(LEAVE.of(tx.dialect()), &[Cell::Id(batch), Cell::Id(runner)])?;
    tx.execute(DROP_ROWS.of(tx.dialect()), &[Cell::Id(batch)]).map(drop)
}

/// Notes how far an import is taken back.
///
/// # Errors
/// As the database says.
pub fn undo(tx: &mut Tx, batch: Id, state: State, undo: Undo) -> Result<(), Error> {
    let parameters = [
        Cell::Id(batch),
        Cell::text(state.word()),
        Cell::Id(undo.batch),
        Cell::or_null(undo.at, ColumnType::DateTime),
        Cell::Integer(undo.reversed),
        Cell::Integer(undo.kept),
        Cell::Integer(undo.blocked),
    ];
    tx.execute(UNDO.of(tx.dialect()), &parameters).map(drop)
}

/// Keeps rows that are behind an import without being in the database.
///
/// # Errors
/// As the database says.
pub fn put_rows(tx: &mut Tx, batch: Id, kept: &[Row]) -> Result<(), Error> {
    let cells = |row: &Row| {
        let why = row.why.as_deref().map(|why| why.replace('\0', "\u{2400}"));
        [Cell::Id(batch), Cell::Integer(row.number), Cell::or_null(why, ColumnType::Text)]
    };
    match tx.dialect() {
        Dialect::Sqlite => {
            kept.iter().try_for_each(|row| tx.execute(ADD_ROW.of(Dialect::Sqlite), &cells(row)).map(drop))
        }
        Dialect::Postgres => tx.add(&INTO_ROWS, 3, kept.iter().flat_map(cells).collect()),
    }
}

/// Forgets rows that are in the database after all.
///
/// # Errors
/// As the database says.
pub fn drop_rows(tx: &mut Tx, batch: Id, numbers: &[i64]) -> Result<(), Error> {
    let sql = DROP_ROW.of(tx.dialect());
    numbers.iter().try_for_each(|number| tx.execute(sql, &[Cell::Id(batch), Cell::Integer(*number)]).map(drop))
}

/// What was kept of the rows from `first` to `last`.
///
/// # Errors
/// As the database says.
pub fn rows(tx: &mut Tx, batch: Id, first: i64, last: i64) -> Result<Vec<Row>, Error> {
    let parameters = [Cell::Id(batch), Cell::Integer(first), Cell::Integer(last)];
    let found = tx.query(ROWS.of(tx.dialect()), &parameters, &[ColumnType::Integer, ColumnType::Text])?;
    let row = |cells: Vec<Cell>| {
        let mut cells = Cells::new(cells);
        Ok(Row { number: cells.integer()?, why: cells.opt_text()? })
    };
    found.into_iter().map(row).collect()
}

/// The import of a batch.
///
/// # Errors
/// As the database says.
pub fn find(tx: &mut Tx, batch: Id) -> Result<Option<Import>, Error> {
    tx.query_one(FIND.of(tx.dialect()), &[Cell::Id(batch)], &TYPES)?.map(read).transpose()
}

/// The newest imports, at most `limit`: into a table where one is named, and begun before that batch.
///
/// # Errors
/// As the database says.
pub fn list(tx: &mut Tx, entity: Option<&str>, before: Option<Id>, limit: u32) -> Result<Vec<Import>, Error> {
    let parameters = [
        Cell::Integer(i64::from(limit)),
        Cell::or_null(entity.map(Cell::text), ColumnType::Text),
        Cell::or_null(before, ColumnType::Id),
    ];
    let rows = tx.query(LIST.of(tx.dialect()), &parameters, &TYPES)?;
    rows.into_iter().map(read).collect()
}

fn read(row: Vec<Cell>) -> Result<Import, Error> {
    let mut row = Cells::new(row);
    let (batch, entity, file, hash) = (row.id()?, row.text()?, row.text()?, row.opt_bytes()?);
    let (mapping, matching, means) = (row.opt_text()?, row.opt_text()?, row.opt_bytes()?);
    let (actor, runner, started_at, ended_at) = (row.opt_id()?, row.opt_id()?, row.datetime()?, row.opt_datetime()?);
    let state = row.text()?;
    let known = State::ALL.into_iter().find(|known| known.word() == &*state);
    let state = known.ok_or_else(|| Error::Corrupt(format!("import {batch} is in the unknown state {state:?}")))?;
    let progress = Progress {
        reached: row.integer()?,
        created: row.integer()?,
        updated: row.integer()?,
        unchanged: row.integer()?,
        rejected: row.integer()?,
        made: row.integer()?,
    };
    let (undo, at) = (row.opt_id()?, row.opt_datetime()?);
    let (reversed, kept, blocked) = (row.integer()?, row.integer()?, row.integer()?);
    let undo = undo.map(|batch| Undo { batch, at, reversed, kept, blocked });
    Ok(Import {
        batch,
        entity,
        file,
        hash,
        mapping,
        matching,
        means,
        actor,
        runner,
        started_at,
        ended_at,
        state,
        progress,
        undo,
    })
}
