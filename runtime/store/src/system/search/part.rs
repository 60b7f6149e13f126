//! How far each entity is indexed.
//!
//! An entity is indexed by a print of what its definitions look into. Where that differs from the one it was indexed by,
//! or nothing is known of it, its records are gone through once more, batch by batch, as fills go through them
//! ([`crate::schema::fill`]); until that is done the search says that it is not complete.

use std::sync::Arc;

use fichero_model::Id;

use crate::schema::quoted;
use crate::sql::{Sql, written_for};
use crate::{Cell, Cells, ColumnType, Error, Tx};

/// How far an entity is indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its physical table.
    pub entity: Arc<str>,
    /// By which definition.
    pub print: Arc<str>,
    /// The deployment that this was ordered under: it may begin when every live node has that one.
    pub seq: i64,
    /// The last record it has reached.
    pub after: Option<Id>,
    /// Whether that was the last of all.
    pub is_done: bool,
}

const TYPES: [ColumnType; 5] =
    [ColumnType::Text, ColumnType::Text, ColumnType::Integer, ColumnType::Id, ColumnType::Boolean];

static ALL: Sql = Sql::new("SELECT entity, print, seq, after, is_done FROM fichero_search_part ORDER BY entity");
static ORDER: Sql = Sql::new(
    "INSERT INTO fichero_search_part (entity, print, seq, after, is_done) VALUES (?1, ?2, ?3, NULL, FALSE) \
     ON CONFLICT (entity) DO UPDATE SET print = excluded.print, seq = excluded.seq, after = NULL, is_done = FALSE",
);
static REACHED: Sql =
    Sql::new("UPDATE fichero_search_part SET after = ?4, is_done = ?5 WHERE entity = ?1 AND print = ?2 AND seq = ?3");

/// How far all entities are indexed.
///
/// # Errors
/// As the database says.
pub fn parts(tx: &mut Tx) -> Result<Vec<Part>, Error> {
    let rows = tx.query(ALL.of(tx.dialect()), &[], &TYPES)?;
    let read = |row| {
        let mut row = Cells::new(row);
        Ok(Part {
            entity: row.text()?,
            print: row.text()?,
            seq: row.integer()?,
            after: row.opt_id()?,
            is_done: row.boolean()?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// Orders an entity to be indexed anew from the first record.
///
/// # Errors
/// As the database says.
pub fn order(tx: &mut Tx, entity: &Arc<str>, print: &str, seq: i64) -> Result<(), Error> {
    let cells = [Cell::Text(Arc::clone(entity)), Cell::text(print), Cell::Integer(seq)];
    tx.execute(ORDER.of(tx.dialect()), &cells).map(drop)
}

/// The next records of an entity, living or in the trash, by id.
///
/// # Errors
/// As the database says.
pub fn next(tx: &mut Tx, part: &Part, limit: u32) -> Result<Vec<Id>, Error> {
    let after = part.after.unwrap_or(Id::from_bytes([0; 16]));
    let sql = format!("SELECT \"id\" FROM {} WHERE \"id\" > ?1 ORDER BY \"id\" LIMIT {limit}", quoted(&part.entity));
    let rows = tx.query(&written_for(tx.dialect(), &sql), &[Cell::Id(after)], &[ColumnType::Id])?;
    rows.into_iter().map(|row| Cells::new(row).id()).collect()
}

/// Notes how far an entity is indexed, unless it was ordered anew meanwhile.
///
/// # Errors
/// As the database says.
pub fn reached(tx: &mut Tx, part: &Part) -> Result<(), Error> {
    let cells = [
        Cell::Text(Arc::clone(&part.entity)),
        Cell::Text(Arc::clone(&part.print)),
        Cell::Integer(part.seq),
        Cell::or_null(part.after, ColumnType::Id),
        Cell::Boolean(part.is_done),
    ];
    tx.execute(REACHED.of(tx.dialect()), &cells).map(drop)
}
