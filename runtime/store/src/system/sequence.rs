//! Counters of sequence fields, each per period.
//!
//! Taking one number in the command's own transaction leaves no gap, for a failed command gives it back; writers of one
//! sequence then wait for each other. Where gaps do not matter, a node takes a block in a transaction of its own and
//! gives numbers out of [`Blocks`], which nobody waits for.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Tx};

static TAKE: Sql = Sql::new(
    "INSERT INTO fichero_sequence (key, period, next) VALUES (?1, ?2, 1 + ?3) \
     ON CONFLICT (key, period) DO UPDATE SET next = fichero_sequence.next + ?3 RETURNING next - ?3",
);

/// Takes the next `count` numbers of a sequence in a period, which begin at 1, and gives the first of them. Others who
/// take from it wait until this transaction ends.
///
/// # Errors
/// As the database says.
pub fn take(tx: &mut Tx, key: &str, period: &str, count: u32) -> Result<i64, Error> {
    let parameters = [Cell::text(key), Cell::text(period), Cell::Integer(i64::from(count))];
    let row = tx.query_one(TAKE.of(tx.dialect()), &parameters, &[ColumnType::Integer])?;
    Cells::new(row.unwrap_or_default()).integer()
}

/// The blocks of numbers that a node has taken and not given out yet.
#[derive(Debug, Default)]
pub struct Blocks(Mutex<HashMap<(String, String), Range<i64>>>);

impl Blocks {
    /// The next number at hand; nothing when a block must be taken first.
    pub fn next(&self, key: &str, period: &str) -> Option<i64> {
        let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.get_mut(&(key.to_owned(), period.to_owned()))?.next()
    }

    /// Adds a block whose transaction was committed. What is left of another block of that key and period is dropped.
    pub fn add(&self, key: &str, period: &str, first: i64, count: u32) {
        let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Numbers of earlier periods are not asked for any more.
        blocks.retain(|(known, _), _| known != key);
        blocks.insert((key.to_owned(), period.to_owned()), first..first + i64::from(count));
    }
}
