//! How many jobs there are, for metrics.

use std::sync::Arc;

use jiff::Timestamp;

use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Tx};

/// How many jobs of a kind there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The kind.
    pub kind: Arc<str>,
    /// Those whose time has not come.
    pub waiting: i64,
    /// Those that may be tried now.
    pub ready: i64,
    /// Those that a worker has claimed, with a lease that lasts.
    pub claimed: i64,
    /// Those that are dead.
    pub dead: i64,
    /// Since when the longest ready one could have been tried.
    pub oldest: Option<Timestamp>,
}

static COUNTS: Sql = Sql::new(
    "SELECT kind, count(CASE WHEN dead_at IS NULL AND worker IS NULL AND ready_at > ?1 THEN 1 END), \
     count(CASE WHEN dead_at IS NULL AND ready_at <= ?1 THEN 1 END), \
     count(CASE WHEN dead_at IS NULL AND worker IS NOT NULL AND ready_at > ?1 THEN 1 END), \
     count(CASE WHEN dead_at IS NOT NULL THEN 1 END), \
     min(CASE WHEN dead_at IS NULL AND ready_at <= ?1 THEN ready_at END) \
     FROM fichero_job GROUP BY kind ORDER BY kind",
);

/// Counts the jobs of each kind. Reads all of them: for a scrape now and then.
///
/// # Errors
/// As the database says.
pub fn counts(tx: &mut Tx, now: Timestamp) -> Result<Vec<Count>, Error> {
    const TYPES: [ColumnType; 6] = [
        ColumnType::Text,
        ColumnType::Integer,
        ColumnType::Integer,
        ColumnType::Integer,
        ColumnType::Integer,
        ColumnType::DateTime,
    ];
    let rows = tx.query(COUNTS.of(tx.dialect()), &[Cell::DateTime(now)], &TYPES)?;
    let read = |row| {
        let mut row = Cells::new(row);
        Ok(Count {
            kind: row.text()?,
            waiting: row.integer()?,
            ready: row.integer()?,
            claimed: row.integer()?,
            dead: row.integer()?,
            oldest: row.opt_datetime()?,
        })
    };
    rows.into_iter().map(read).collect()
}
