//! The log of stages and owners: when a field went from what to what. Time in stage, conversion and rework are read
//! from it, so it begins with the first record.

use std::sync::Arc;

use fichero_model::Id;
use jiff::Timestamp;

use crate::schema::literal;
use crate::sql::Sql;
use crate::tx::Into;
use crate::{Cell, Cells, ColumnType, Dialect, Error, Tx};

/// A move from one value to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The record.
    pub record: Id,
    /// The physical table of the record.
    pub entity: Arc<str>,
    /// The physical name of the field.
    pub field: Arc<str>,
    /// What it held before; nothing when the record was made.
    pub from: Option<Arc<str>>,
    /// What it holds now.
    pub to: Option<Arc<str>>,
    /// When.
    pub at: Timestamp,
    /// By which user; nothing for the system.
    pub actor: Option<Id>,
    /// The change it was part of.
    pub change: Id,
}

/// Columns of a move, in the order of [`cells`].
const WIDTH: usize = 8;

static ADD: Sql = Sql::new(
    "INSERT INTO fichero_stage_log (record, field, change, entity, from_value, to_value, at, actor) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
);
static INTO: Into =
    Into::table("INSERT INTO fichero_stage_log (record, field, change, entity, from_value, to_value, at, actor)");
static OF: Sql = Sql::new(
    "SELECT record, field, change, entity, from_value, to_value, at, actor FROM fichero_stage_log \
     WHERE record = ?1 AND field = ?2 ORDER BY change",
);

/// Adds moves to the log, on PostgreSQL many at once.
///
/// # Errors
/// As the database says.
pub fn append(tx: &mut Tx, moves: &[Move]) -> Result<(), Error> {
    match tx.dialect() {
        Dialect::Sqlite => {
            moves.iter().try_for_each(|step| tx.execute(ADD.of(Dialect::Sqlite), &cells(step)).map(drop))
        }
        Dialect::Postgres => tx.add(&INTO, WIDTH, moves.iter().flat_map(cells).collect()),
    }
}

fn cells(step: &Move) -> [Cell; WIDTH] {
    [
        Cell::Id(step.record),
        Cell::Text(Arc::clone(&step.field)),
        Cell::Id(step.change),
        Cell::Text(Arc::clone(&step.entity)),
        Cell::or_null(step.from.clone(), ColumnType::Text),
        Cell::or_null(step.to.clone(), ColumnType::Text),
        Cell::DateTime(step.at),
        Cell::or_null(step.actor, ColumnType::Id),
    ]
}

/// The moves of a field of a record, the first first.
///
/// # Errors
/// As the database says.
pub fn of(tx: &mut Tx, record: Id, field: &str) -> Result<Vec<Move>, Error> {
    const TYPES: [ColumnType; 8] = [
        ColumnType::Id,
        ColumnType::Text,
        ColumnType::Id,
        ColumnType::Text,
        ColumnType::Text,
        ColumnType::Text,
        ColumnType::DateTime,
        ColumnType::Id,
    ];
    let rows = tx.query(OF.of(tx.dialect()), &[Cell::Id(record), Cell::text(field)], &TYPES)?;
    rows.into_iter().map(read).collect()
}

fn read(row: Vec<Cell>) -> Result<Move, Error> {
    let mut row = Cells::new(row);
    Ok(Move {
        record: row.id()?,
        field: row.text()?,
        change: row.id()?,
        entity: row.text()?,
        from: row.opt_text()?,
        to: row.opt_text()?,
        at: row.datetime()?,
        actor: row.opt_id()?,
    })
}

/// The statements by which a renamed stage is renamed in the log too: reports speak of stages by the names they have.
pub(crate) fn rename(entity: &str, field: &str, was: &str, now: &str) -> [String; 2] {
    let [entity, field, was, now] = [entity, field, was, now].map(literal);
    ["from_value", "to_value"].map(|column| {
        format!(
            "UPDATE fichero_stage_log SET {column} = {now} \
             WHERE entity = {entity} AND field = {field} AND {column} = {was}"
        )
    })
}
