//! Counters of sequence fields, each per period.
//!
//! A number is taken in the command's own transaction, so no number is ever left out: a failed command gives it back, and
//! writers of one sequence wait for each other.

use crate::schema::literal;
use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Tx};

static TAKE: Sql = Sql::new(
    "INSERT INTO fichero_sequence (key, period, next) VALUES (?1, ?2, 2) \
     ON CONFLICT (key, period) DO UPDATE SET next = fichero_sequence.next + 1 RETURNING next - 1",
);
static PASS: Sql = Sql::new(
    "INSERT INTO fichero_sequence (key, period, next) VALUES (?1, ?2, ?3 + 1) \
     ON CONFLICT (key, period) DO UPDATE SET next = ?3 + 1 WHERE fichero_sequence.next <= ?3",
);

/// The key of the sequence of a field, by the physical names of its table and of itself.
pub fn key(table: &str, column: &str) -> String {
    format!("{table}.{column}")
}

/// The condition for the counter of a period that is behind a number already.
pub(crate) fn is_behind(key: &str, period: &str, number: i64) -> String {
    format!("key = {} AND period = {} AND next > {number}", literal(key), literal(period))
}

/// The statement of [`pass`], for a migration.
pub(crate) fn passing(key: &str, period: &str, number: i64) -> String {
    format!(
        "INSERT INTO fichero_sequence (key, period, next) VALUES ({}, {}, {}) ON CONFLICT (key, period) \
         DO UPDATE SET next = excluded.next WHERE fichero_sequence.next < excluded.next",
        literal(key),
        literal(period),
        number.saturating_add(1)
    )
}

/// Takes the next number of a sequence in a period; the first is 1. Others who take from it wait until this transaction
/// ends.
///
/// # Errors
/// As the database says.
pub fn take(tx: &mut Tx, key: &str, period: &str) -> Result<i64, Error> {
    let parameters = [Cell::text(key), Cell::text(period)];
    let row = tx.beside(|tx| tx.query_one(TAKE.of(tx.dialect()), &parameters, &[ColumnType::Integer]))?;
    Cells::new(row.unwrap_or_default()).integer()
}

/// Sees that a number which came from elsewhere is not given out again: the next one taken is greater.
///
/// # Errors
/// As the database says.
pub fn pass(tx: &mut Tx, key: &str, period: &str, number: i64) -> Result<(), Error> {
    let parameters = [Cell::text(key), Cell::text(period), Cell::Integer(number)];
    tx.beside(|tx| tx.execute(PASS.of(tx.dialect()), &parameters)).map(drop)
}
