//! What the search for duplicates keeps: the keys under which records are looked for, how far the keys of an entity are,
//! and the pairs that a search through all of its records found.
//!
//! An entity without such rules has nothing here, and its commands ask nothing of it. What a key means is the engine's.

use std::sync::Arc;

use fichero_model::Id;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::sql::{Sql, written_for};
use crate::tx::Into;
use crate::{Cell, Cells, ColumnType, Dialect, Error, Event, Tx};

/// The channel on which it is told that a search was asked for.
pub const CHANNEL: &str = "duplicates";

static ADD: Sql = Sql::new("INSERT INTO fichero_duplicate_key (key, record) VALUES (?1, ?2)");
static REMOVE: Sql = Sql::new("DELETE FROM fichero_duplicate_key WHERE record IN #1");
static INTO: Into = Into::table("INSERT INTO fichero_duplicate_key (key, record)");

/// Gives a new record its keys, each once; on PostgreSQL with what is held.
///
/// # Errors
/// As the database says.
pub fn add_keys(tx: &mut Tx, record: Id, keys: &[i64]) -> Result<(), Error> {
    match tx.dialect() {
        Dialect::Sqlite => keys.iter().try_for_each(|key| {
            tx.execute(ADD.of(Dialect::Sqlite), &[Cell::Integer(*key), Cell::Id(record)]).map(drop)
        }),
        Dialect::Postgres => {
            tx.add(&INTO, 2, keys.iter().flat_map(|key| [Cell::Integer(*key), Cell::Id(record)]).collect())
        }
    }
}

/// Takes the keys of records away.
///
/// # Errors
/// As the database says.
pub fn remove_keys(tx: &mut Tx, records: &[Id]) -> Result<(), Error> {
    tx.execute(REMOVE.of(tx.dialect()), &[Cell::Ids(records.into())]).map(drop)
}

/// The records that have one of these keys, those that have most of them first, at most `most`.
///
/// # Errors
/// As the database says.
pub fn candidates(tx: &mut Tx, keys: &[i64], most: usize) -> Result<Vec<Id>, Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let parameters: Vec<Cell> = keys.iter().map(|key| Cell::Integer(*key)).collect();
    let signs: Vec<String> = (1..=keys.len()).map(|number| format!("?{number}")).collect();
    let sql = format!(
        "SELECT record FROM fichero_duplicate_key WHERE key IN ({}) GROUP BY record ORDER BY COUNT(*) DESC, record LIMIT {most}",
        signs.join(", ")
    );
    let found = tx.query(&written_for(tx.dialect(), &sql), &parameters, &[ColumnType::Id])?;
    found.into_iter().map(|row| Cells::new(row).id()).collect()
}

/// How the search stands of an entity.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The physical table.
    pub entity: Arc<str>,
    /// By which rules its records have keys, or are getting them.
    pub print: Arc<str>,
    /// The last record that got its keys by them.
    pub keyed_to: Option<Id>,
    /// All have.
    pub is_keyed: bool,
    /// When somebody asked for a search through all records, which has not come to its end.
    pub wanted_at: Option<Timestamp>,
    /// Until when a node is at it.
    pub claimed_until: Option<Timestamp>,
    /// When the last one came to its end.
    pub found_at: Option<Timestamp>,
    /// What it told.
    pub found: Option<Arc<Json>>,
}

const STATE: [ColumnType; 8] = [
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Id,
    ColumnType::Boolean,
    ColumnType::DateTime,
    ColumnType::DateTime,
    ColumnType::DateTime,
    ColumnType::Json,
];
static STATES: Sql = Sql::new(
    "SELECT entity, print, keyed_to, is_keyed, wanted_at, claimed_until, found_at, found FROM fichero_duplicate_state \
     ORDER BY entity",
);
static KEYED: Sql = Sql::new(
    "INSERT INTO fichero_duplicate_state (entity, print, keyed_to, is_keyed) VALUES (?1, ?2, ?3, ?4) \
     ON CONFLICT (entity) DO UPDATE SET print = excluded.print, keyed_to = excluded.keyed_to, \
     is_keyed = excluded.is_keyed",
);
static WANT: Sql = Sql::new(
    "INSERT INTO fichero_duplicate_state (entity, print, is_keyed, wanted_at) VALUES (?1, '', ?3, ?2) \
     ON CONFLICT (entity) DO UPDATE SET wanted_at = excluded.wanted_at",
);
static CLAIM: Sql = Sql::new(
    "UPDATE fichero_duplicate_state SET claimed_until = ?3 WHERE entity = ?1 AND wanted_at IS NOT NULL AND \
     (claimed_until IS NULL OR claimed_until < ?2)",
);
static FOUND: Sql = Sql::new(
    "UPDATE fichero_duplicate_state SET found_at = ?2, found = ?3, claimed_until = NULL, \
     wanted_at = CASE WHEN wanted_at > ?4 THEN wanted_at END WHERE entity = ?1",
);

/// How the search stands of every entity that has ever had rules.
///
/// # Errors
/// As the database says.
pub fn states(tx: &mut Tx) -> Result<Vec<State>, Error> {
    let rows = tx.query(STATES.of(tx.dialect()), &[], &STATE)?;
    let read = |row| {
        let mut row = Cells::new(row);
        Ok(State {
            entity: row.text()?,
            print: row.text()?,
            keyed_to: row.opt_id()?,
            is_keyed: row.boolean()?,
            wanted_at: row.opt_datetime()?,
            claimed_until: row.opt_datetime()?,
            found_at: row.opt_datetime()?,
            found: row.opt_json()?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// Notes how far the keys of an entity are.
///
/// # Errors
/// As the database says.
pub fn keyed(tx: &mut Tx, entity: &str, print: &str, to: Option<Id>, all: bool) -> Result<(), Error> {
    let parameters = [Cell::text(entity), Cell::text(print), Cell::or_null(to, ColumnType::Id), Cell::Boolean(all)];
    tx.execute(KEYED.of(tx.dialect()), &parameters).map(drop)
}

/// Asks for a search through all records of an entity.
///
/// # Errors
/// As the database says.
pub fn want(tx: &mut Tx, entity: &str, at: Timestamp) -> Result<(), Error> {
    tx.on_commit(Event::new(CHANNEL, ""));
    let parameters = [Cell::text(entity), Cell::DateTime(at), Cell::Boolean(false)];
    tx.execute(WANT.of(tx.dialect()), &parameters).map(drop)
}

/// Takes a search that was asked for, unless another node is at it.
///
/// # Errors
/// As the database says.
pub fn claim(tx: &mut Tx, entity: &str, now: Timestamp, until: Timestamp) -> Result<bool, Error> {
    let parameters = [Cell::text(entity), Cell::DateTime(now), Cell::DateTime(until)];
    Ok(tx.execute(CLAIM.of(tx.dialect()), &parameters)? == 1)
}

/// Notes that a search came to its end that began at `began`; one that was asked for since is still to be done.
///
/// # Errors
/// As the database says.
pub fn found(tx: &mut Tx, entity: &str, at: Timestamp, told: &Arc<Json>, began: Timestamp) -> Result<(), Error> {
    let parameters = [Cell::text(entity), Cell::DateTime(at), Cell::Json(Arc::clone(told)), Cell::DateTime(began)];
    tx.execute(FOUND.of(tx.dialect()), &parameters).map(drop)
}

/// A pair that a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The one with the lesser id.
    pub one: Id,
    /// The other.
    pub other: Id,
    /// The rules that found it, with commas between.
    pub rules: Arc<str>,
}

static FORGET: Sql = Sql::new("DELETE FROM fichero_duplicate_pair WHERE entity = ?1 AND dismissed_at IS NULL");
static NOTE: Sql = Sql::new(
    "INSERT INTO fichero_duplicate_pair (entity, one, other, rules, found_at) VALUES (?1, ?2, ?3, ?4, ?5) \
     ON CONFLICT (entity, one, other) DO UPDATE SET rules = excluded.rules, found_at = excluded.found_at",
);
static DISMISS: Sql = Sql::new(
    "INSERT INTO fichero_duplicate_pair (entity, one, other, rules, found_at, dismissed_at, dismissed_by) \
     VALUES (?1, ?2, ?3, '', ?4, ?4, ?5) \
     ON CONFLICT (entity, one, other) DO UPDATE SET dismissed_at = excluded.dismissed_at, \
     dismissed_by = excluded.dismissed_by",
);
static OPEN: Sql = Sql::new(
    "SELECT one, other, rules FROM fichero_duplicate_pair WHERE entity = ?1 AND dismissed_at IS NULL \
     AND (one > ?2 OR (one = ?2 AND other > ?3)) ORDER BY one, other LIMIT ?4",
);
static DISMISSED: Sql = Sql::new(
    "SELECT one, other, rules FROM fichero_duplicate_pair WHERE entity = ?1 AND dismissed_at IS NOT NULL \
     ORDER BY one, other",
);

/// Forgets the pairs that a search found before, but for those that somebody dismissed.
///
/// # Errors
/// As the database says.
pub fn forget_pairs(tx: &mut Tx, entity: &str) -> Result<(), Error> {
    tx.execute(FORGET.of(tx.dialect()), &[Cell::text(entity)]).map(drop)
}

/// Notes pairs that a search found. One that was dismissed stays so.
///
/// # Errors
/// As the database says.
pub fn note_pairs(tx: &mut Tx, entity: &str, pairs: &[Pair], at: Timestamp) -> Result<(), Error> {
    let entity = Cell::text(entity);
    pairs.iter().try_for_each(|pair| {
        let ids = [Cell::Id(pair.one), Cell::Id(pair.other)];
        let rest = [Cell::Text(Arc::clone(&pair.rules)), Cell::DateTime(at)];
        let parameters = [&[entity.clone()][..], &ids, &rest].concat();
        tx.execute(NOTE.of(tx.dialect()), &parameters).map(drop)
    })
}

/// Remembers that two records are not the same. The lesser id comes first.
///
/// # Errors
/// As the database says.
pub fn dismiss(tx: &mut Tx, entity: &str, (one, other): (Id, Id), at: Timestamp, by: Option<Id>) -> Result<(), Error> {
    let parameters =
        [Cell::text(entity), Cell::Id(one), Cell::Id(other), Cell::DateTime(at), Cell::or_null(by, ColumnType::Id)];
    tx.execute(DISMISS.of(tx.dialect()), &parameters).map(drop)
}

/// The pairs that wait for a decision, in the order of their ids, at most `limit`, those behind `after`.
///
/// # Errors
/// As the database says.
pub fn open_pairs(tx: &mut Tx, entity: &str, after: Option<(Id, Id)>, limit: u32) -> Result<Vec<Pair>, Error> {
    let least = Id::from_bytes([0; 16]);
    let (one, other) = after.unwrap_or((least, least));
    let parameters = [Cell::text(entity), Cell::Id(one), Cell::Id(other), Cell::Integer(i64::from(limit))];
    pairs(tx, &OPEN, &parameters)
}

/// The pairs that somebody dismissed.
///
/// # Errors
/// As the database says.
pub fn dismissed_pairs(tx: &mut Tx, entity: &str) -> Result<Vec<Pair>, Error> {
    pairs(tx, &DISMISSED, &[Cell::text(entity)])
}

fn pairs(tx: &mut Tx, sql: &Sql, parameters: &[Cell]) -> Result<Vec<Pair>, Error> {
    let rows = tx.query(sql.of(tx.dialect()), parameters, &[ColumnType::Id, ColumnType::Id, ColumnType::Text])?;
    let read = |row| {
        let mut row = Cells::new(row);
        Ok(Pair { one: row.id()?, other: row.id()?, rules: row.text()? })
    };
    rows.into_iter().map(read).collect()
}
