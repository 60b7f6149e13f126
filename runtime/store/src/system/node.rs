//! The processes that serve this database, and which deployment each of them runs.

use std::sync::Arc;

use jiff::Timestamp;

use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Tx};

/// A process that serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name, unique among those that live.
    pub id: Arc<str>,
    /// When it was heard of last.
    pub seen_at: Timestamp,
    /// The deployment it runs.
    pub seq: i64,
    /// Whether it could compile the newest deployment and takes requests.
    pub ready: bool,
}

static BEAT: Sql = Sql::new(
    "INSERT INTO fichero_node (id, seen_at, seq, ready) VALUES (?1, ?2, ?3, ?4) \
     ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, seq = excluded.seq, ready = excluded.ready",
);
static LIVE: Sql = Sql::new("SELECT id, seen_at, seq, ready FROM fichero_node WHERE seen_at > ?1 ORDER BY id");
static LEAVE: Sql = Sql::new("DELETE FROM fichero_node WHERE id = ?1");
static FORGET: Sql = Sql::new("DELETE FROM fichero_node WHERE seen_at <= ?1");

/// Says that a node lives, and what it runs.
///
/// # Errors
/// As the database says.
pub fn beat(tx: &mut Tx, node: &Node) -> Result<(), Error> {
    let parameters = [
        Cell::Text(Arc::clone(&node.id)),
        Cell::DateTime(node.seen_at),
        Cell::Integer(node.seq),
        Cell::Boolean(node.ready),
    ];
    tx.execute(BEAT.of(tx.dialect()), &parameters).map(drop)
}

/// The nodes that were heard of after a moment.
///
/// # Errors
/// As the database says.
pub fn live(tx: &mut Tx, after: Timestamp) -> Result<Vec<Node>, Error> {
    const TYPES: [ColumnType; 4] = [ColumnType::Text, ColumnType::DateTime, ColumnType::Integer, ColumnType::Boolean];
    let rows = tx.query(LIVE.of(tx.dialect()), &[Cell::DateTime(after)], &TYPES)?;
    let read = |row| {
        let mut row = Cells::new(row);
        Ok(Node { id: row.text()?, seen_at: row.datetime()?, seq: row.integer()?, ready: row.boolean()? })
    };
    rows.into_iter().map(read).collect()
}

/// The oldest deployment that a live node runs; nothing when none lives.
///
/// # Errors
/// As the database says.
pub fn oldest_deployment(tx: &mut Tx, after: Timestamp) -> Result<Option<i64>, Error> {
    Ok(live(tx, after)?.into_iter().map(|node| node.seq).min())
}

/// Says that a node has ended.
///
/// # Errors
/// As the database says.
pub fn leave(tx: &mut Tx, id: &str) -> Result<(), Error> {
    tx.execute(LEAVE.of(tx.dialect()), &[Cell::text(id)]).map(drop)
}

/// Forgets nodes that were last heard of at a moment or before. Tells how many there were.
///
/// # Errors
/// As the database says.
pub fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute(FORGET.of(tx.dialect()), &[Cell::DateTime(before)])
}
