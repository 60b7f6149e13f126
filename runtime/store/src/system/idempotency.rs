//! Requests that may be repeated: the answer to the first is kept under its key, in the first one's own transaction.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Tx};

/// What makes two requests the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Who asks.
    pub actor: Arc<str>,
    /// For what.
    pub path: Arc<str>,
    /// Under which key.
    pub key: Arc<str>,
}

/// An answer that was given.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: i64,
    /// The headers, as a JSON object.
    pub headers: Arc<Value>,
    /// The body.
    pub body: Arc<[u8]>,
}

/// Whether a request is the first of its key.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// It is the first: do it, and [`keep`] the answer before the commit.
    First,
    /// It was done: this was the answer.
    Repeated(Answer),
    /// The key was used for another request.
    Other,
}

static BEGIN: Sql = Sql::new(
    "INSERT INTO fichero_idempotency (actor, path, key, request_hash, at) VALUES (?1, ?2, ?3, ?4, ?5) \
     ON CONFLICT (actor, path, key) DO NOTHING",
);
static FIND: Sql = Sql::new(
    "SELECT request_hash, status, headers, body FROM fichero_idempotency \
     WHERE actor = ?1 AND path = ?2 AND key = ?3",
);
static KEEP: Sql = Sql::new(
    "UPDATE fichero_idempotency SET status = ?4, headers = ?5, body = ?6 WHERE actor = ?1 AND path = ?2 AND key = ?3",
);
static FORGET: Sql = Sql::new("DELETE FROM fichero_idempotency WHERE at < ?1");

/// Takes a turn under a key. Another request of the same key that is under way is waited for.
///
/// # Errors
/// As the database says.
pub fn begin(tx: &mut Tx, key: &Key, request_hash: &[u8], now: Timestamp) -> Result<Turn, Error> {
    let mut parameters = cells(key).to_vec();
    parameters.extend([request_hash.into(), Cell::DateTime(now)]);
    if tx.execute(BEGIN.of(tx.dialect()), &parameters)? == 1 {
        return Ok(Turn::First);
    }
    const TYPES: [ColumnType; 4] = [ColumnType::Bytes, ColumnType::Integer, ColumnType::Json, ColumnType::Bytes];
    let row = tx.query_one(FIND.of(tx.dialect()), &cells(key), &TYPES)?;
    let mut row = Cells::new(row.ok_or_else(|| Error::Conflict("the key has just been forgotten".to_owned()))?);
    let known = row.bytes()?;
    match (row.opt_integer()?, row.opt_json()?, row.opt_bytes()?) {
        _ if *known != *request_hash => Ok(Turn::Other),
        (Some(status), Some(headers), Some(body)) => Ok(Turn::Repeated(Answer { status, headers, body })),
        _ => Err(Error::Corrupt("a request was done and its answer was not kept".to_owned())),
    }
}

/// Keeps the answer to a request that had the first turn.
///
/// # Errors
/// As the database says.
pub fn keep(tx: &mut Tx, key: &Key, answer: &Answer) -> Result<(), Error> {
    let mut parameters = cells(key).to_vec();
    parameters.extend([
        Cell::Integer(answer.status),
        Cell::Json(Arc::clone(&answer.headers)),
        Cell::Bytes(Arc::clone(&answer.body)),
    ]);
    tx.execute(KEEP.of(tx.dialect()), &parameters).map(drop)
}

/// Forgets keys from before a moment. Tells how many there were.
///
/// # Errors
/// As the database says.
pub fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute(FORGET.of(tx.dialect()), &[Cell::DateTime(before)])
}

fn cells(key: &Key) -> [Cell; 3] {
    [&key.actor, &key.path, &key.key].map(|part| Cell::Text(Arc::clone(part)))
}
