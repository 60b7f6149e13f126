//! Failed attempts to log in, counted by what was typed or where it came from, so that guessing can be slowed down.
//! Who is kept waiting, and how long, is decided elsewhere.

use jiff::Timestamp;

use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Tx};

/// The failures since the last success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub count: i64,
    /// When the last one was.
    pub last_at: Timestamp,
}

static OF: Sql = Sql::new("SELECT failures, last_at FROM fichero_login WHERE who = ?1");
static FAILED: Sql = Sql::new(
    "INSERT INTO fichero_login (who, failures, last_at) VALUES (?1, 1, ?2) \
     ON CONFLICT (who) DO UPDATE SET failures = CASE WHEN fichero_login.last_at < ?3 THEN 1 \
     ELSE fichero_login.failures + 1 END, last_at = excluded.last_at",
);
static SUCCEEDED: Sql = Sql::new("DELETE FROM fichero_login WHERE who = ?1");
static FORGET: Sql = Sql::new("DELETE FROM fichero_login WHERE last_at < ?1");

/// The failures of `who`: a folded log-in, or an address.
///
/// # Errors
/// As the database says.
pub fn failures(tx: &mut Tx, who: &str) -> Result<Option<Failures>, Error> {
    let row = tx.query_one(OF.of(tx.dialect()), &[Cell::text(who)], &[ColumnType::Integer, ColumnType::DateTime])?;
    let read = |row| {
        let mut row = Cells::new(row);
        Ok(Failures { count: row.integer()?, last_at: row.datetime()? })
    };
    row.map(read).transpose()
}

/// Counts a failure. Those before `forgotten` count no more.
///
/// # Errors
/// As the database says.
pub fn failed(tx: &mut Tx, who: &str, now: Timestamp, forgotten: Timestamp) -> Result<(), Error> {
    let parameters = [Cell::text(who), Cell::DateTime(now), Cell::DateTime(forgotten)];
    tx.execute(FAILED.of(tx.dialect()), &parameters).map(drop)
}

/// Forgets the failures of who succeeded.
///
/// # Errors
/// As the database says.
pub fn succeeded(tx: &mut Tx, who: &str) -> Result<(), Error> {
    tx.execute(SUCCEEDED.of(tx.dialect()), &[Cell::text(who)]).map(drop)
}

/// Forgets all whose last failure was before a moment. Tells how many there were.
///
/// # Errors
/// As the database says.
pub fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute(FORGET.of(tx.dialect()), &[Cell::DateTime(before)])
}
