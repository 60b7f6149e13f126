//! The log of changes: one row per record and command, with the values of the changed fields beside it.
//!
//! Rows are only ever added. The body is apart so that it can be erased while the fact remains; its salt keeps erased
//! values from being guessed by their hash. Secrets never come here: whoever appends has left them out.

use std::sync::Arc;

use fichero_model::Id;
use jiff::Timestamp;
use serde_json::Value;

use crate::sql::Sql;
use crate::tx::Into;
use crate::{Cell, Cells, ColumnType, Dialect, Error, Tx};

/// A change to be logged, or as it was logged.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its identity; changes made later sort later.
    pub id: Id,
    /// When.
    pub at: Timestamp,
    /// The physical table of the record.
    pub entity: Arc<str>,
    /// The record.
    pub record: Id,
    /// Its version afterwards.
    pub revision: i64,
    /// What was done to it, such as `create`, `update`, `delete`.
    pub action: Arc<str>,
    /// By which user; nothing for the system.
    pub actor: Option<Id>,
    /// Through what, such as `page`, `api`, `import`.
    pub via: Arc<str>,
    /// What made it happen, where that is not the actor by itself.
    pub cause: Option<Arc<str>>,
    /// The deployment whose model was at work.
    pub deployment: i64,
    /// The import or deletion it was part of.
    pub batch: Option<Id>,
    /// The command; all changes of one command share it.
    pub command: Id,
    /// The changed fields by their physical names, each `[before, after]`; nothing when it was erased.
    pub body: Option<Arc<Value>>,
}

/// Randomness beside a body.
pub type Salt = [u8; 16];

/// Columns of a change, in the order of [`fact`].
const WIDTH: usize = 12;

const TYPES: [ColumnType; 13] = [
    ColumnType::Id,
    ColumnType::DateTime,
    ColumnType::Text,
    ColumnType::Id,
    ColumnType::Integer,
    ColumnType::Text,
    ColumnType::Id,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Integer,
    ColumnType::Id,
    ColumnType::Id,
    ColumnType::Json,
];

macro_rules! select {
    ($rest:literal) => {
        Sql::new(concat!(
            "SELECT c.id, c.at, c.entity, c.record, c.revision, c.action, c.actor, c.via, c.cause, c.deployment, \
             c.batch, c.command, b.body FROM fichero_change AS c \
             LEFT JOIN fichero_change_body AS b ON b.change = c.id ",
            $rest
        ))
    };
}

static HISTORY: Sql = select!("WHERE c.record = ?1 ORDER BY c.id DESC LIMIT ?2");
static EARLIER: Sql = select!("WHERE c.record = ?1 AND c.id < ?3 ORDER BY c.id DESC LIMIT ?2");
static BATCH: Sql = select!("WHERE c.batch = ?1 AND c.id > ?3 ORDER BY c.id LIMIT ?2");
static BATCH_BACK: Sql = select!("WHERE c.batch = ?1 ORDER BY c.id DESC LIMIT ?2");
static BATCH_BEFORE: Sql = select!("WHERE c.batch = ?1 AND c.id < ?3 ORDER BY c.id DESC LIMIT ?2");
static SINCE: Sql = select!("WHERE c.id > ?1 ORDER BY c.id LIMIT ?2");
static ERASE: Sql = Sql::new(
    "UPDATE fichero_change_body SET body = NULL, salt = ?2 \
     WHERE change IN (SELECT id FROM fichero_change WHERE record = ?1)",
);
static ADD: Sql = Sql::new(
    "INSERT INTO fichero_change (id, at, entity, record, revision, action, actor, via, cause, deployment, batch, command) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
);
static ADD_BODY: Sql = Sql::new("INSERT INTO fichero_change_body (change, salt, body) VALUES (?1, ?2, ?3)");

static INTO: Into = Into::table(
    "INSERT INTO fichero_change \
     (id, at, entity, record, revision, action, actor, via, cause, deployment, batch, command)",
);
static INTO_BODY: Into = Into::table("INSERT INTO fichero_change_body (change, salt, body)");

/// Adds changes to the log, on PostgreSQL many at once.
///
/// # Errors
/// As the database says.
pub fn append(tx: &mut Tx, changes: &[(Change, Salt)]) -> Result<(), Error> {
    match tx.dialect() {
        Dialect::Sqlite => changes.iter().try_for_each(|(change, salt)| {
            tx.execute(ADD.of(Dialect::Sqlite), &fact(change))?;
            tx.execute(ADD_BODY.of(Dialect::Sqlite), &body(change, *salt)).map(drop)
        }),
        Dialect::Postgres => {
            tx.add(&INTO, WIDTH, changes.iter().flat_map(|(change, _)| fact(change)).collect())?;
            tx.add(&INTO_BODY, 3, changes.iter().flat_map(|(change, salt)| body(change, *salt)).collect())
        }
    }
}

/// The newest changes of a record, at most `limit`; those before `before` where it is given.
///
/// # Errors
/// As the database says.
pub fn history(tx: &mut Tx, record: Id, before: Option<Id>, limit: u32) -> Result<Vec<Change>, Error> {
    let mut parameters = vec![Cell::Id(record), Cell::Integer(i64::from(limit))];
    parameters.extend(before.map(Cell::Id));
    let sql = if before.is_some() { &EARLIER } else { &HISTORY };
    read_all(tx, sql, &parameters)
}

/// The changes of a batch in their order, at most `limit`, those behind `after`.
///
/// # Errors
/// As the database says.
pub fn of_batch(tx: &mut Tx, batch: Id, after: Option<Id>, limit: u32) -> Result<Vec<Change>, Error> {
    let after = Cell::Id(after.unwrap_or(Id::from_bytes([0; 16])));
    read_all(tx, &BATCH, &[Cell::Id(batch), Cell::Integer(i64::from(limit)), after])
}

/// The changes of a batch, the last first, at most `limit`; those before `before` where it is given.
///
/// # Errors
/// As the database says.
pub fn of_batch_backwards(tx: &mut Tx, batch: Id, before: Option<Id>, limit: u32) -> Result<Vec<Change>, Error> {
    let mut parameters = vec![Cell::Id(batch), Cell::Integer(i64::from(limit))];
    parameters.extend(before.map(Cell::Id));
    let sql = if before.is_some() { &BATCH_BEFORE } else { &BATCH_BACK };
    read_all(tx, sql, &parameters)
}

/// The changes of all records in their order, at most `limit`, those behind `after`.
///
/// # Errors
/// As the database says.
pub fn since(tx: &mut Tx, after: Option<Id>, limit: u32) -> Result<Vec<Change>, Error> {
    let after = Cell::Id(after.unwrap_or(Id::from_bytes([0; 16])));
    read_all(tx, &SINCE, &[after, Cell::Integer(i64::from(limit))])
}

/// Erases the values of all changes of a record, and with the old salt what they could be guessed by. That they took
/// place remains. Tells how many there were.
///
/// # Errors
/// As the database says.
pub fn erase(tx: &mut Tx, record: Id, salt: Salt) -> Result<u64, Error> {
    tx.execute(ERASE.of(tx.dialect()), &[Cell::Id(record), salt.as_slice().into()])
}

fn read_all(tx: &mut Tx, sql: &Sql, parameters: &[Cell]) -> Result<Vec<Change>, Error> {
    tx.query(sql.of(tx.dialect()), parameters, &TYPES)?.into_iter().map(read).collect()
}

fn read(row: Vec<Cell>) -> Result<Change, Error> {
    let mut row = Cells::new(row);
    Ok(Change {
        id: row.id()?,
        at: row.datetime()?,
        entity: row.text()?,
        record: row.id()?,
        revision: row.integer()?,
        action: row.text()?,
        actor: row.opt_id()?,
        via: row.text()?,
        cause: row.opt_text()?,
        deployment: row.integer()?,
        batch: row.opt_id()?,
        command: row.id()?,
        body: row.opt_json()?.map(in_order),
    })
}

/// One of the databases keeps the names of an object in an order of its own.
fn in_order(mut body: Arc<Value>) -> Arc<Value> {
    Arc::make_mut(&mut body).sort_all_objects();
    body
}

fn fact(change: &Change) -> [Cell; WIDTH] {
    let id = |id: Option<Id>| Cell::or_null(id, ColumnType::Id);
    [
        Cell::Id(change.id),
        Cell::DateTime(change.at),
        Cell::Text(Arc::clone(&change.entity)),
        Cell::Id(change.record),
        Cell::Integer(change.revision),
        Cell::Text(Arc::clone(&change.action)),
        id(change.actor),
        Cell::Text(Arc::clone(&change.via)),
        Cell::or_null(change.cause.clone(), ColumnType::Text),
        Cell::Integer(change.deployment),
        id(change.batch),
        Cell::Id(change.command),
    ]
}

fn body(change: &Change, salt: Salt) -> [Cell; 3] {
    [Cell::Id(change.id), salt.as_slice().into(), Cell::or_null(change.body.clone(), ColumnType::Json)]
}
