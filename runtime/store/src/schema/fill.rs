//! Fields that are still to be filled in the rows that were there before them.
//!
//! A fill is ordered in the transaction of its deployment and survives a crash. It begins once every live node has the
//! deployment (from then on whoever writes a row fills it too), goes through the rows by id, a batch a transaction, and
//! remembers how far it came. The values come from a [`Backfill`], which the engine implements.

use fichero_model::Id;
use serde::{Deserialize, Serialize};

use super::Schema;
use crate::schema::ddl::quoted;
use crate::sql::{Sql, written_for};
use crate::{Cell, Cells, ColumnType, Error, Tx};

/// A field to be filled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// The physical table.
    pub table: String,
    /// The physical name of the field.
    pub column: String,
    /// Why.
    pub reason: Reason,
}

/// Why a field is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It follows an expression or rollup that is new or has changed. Values that somebody has overridden stay.
    Derived,
    /// It became required; rows where it holds nothing get its `fill`.
    Required,
    /// It is a sequence that the rows there were have no numbers of.
    Numbers,
    /// The workspace has another currency; the worth of its money is computed anew.
    Base,
}

impl Reason {
    const ALL: [Reason; 4] = [Reason::Derived, Reason::Required, Reason::Numbers, Reason::Base];

    fn word(self) -> &'static str {
        match self {
            Reason::Derived => "derived",
            Reason::Required => "required",
            Reason::Numbers => "numbers",
            Reason::Base => "base",
        }
    }
}

/// A fill that is not done yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// What is to be filled.
    pub fill: Fill,
    /// The deployment that ordered it: it may begin when every live node has this one.
    pub seq: i64,
    /// The last row it has reached.
    pub after: Option<Id>,
}

/// Computes values of rows and writes them.
pub trait Backfill {
    /// What can go wrong.
    type Error: From<Error>;

    /// Fills a field in these rows. It may be asked for the same rows again.
    ///
    /// # Errors
    /// When values cannot be computed or written; the batch is then undone.
    fn fill(&mut self, tx: &mut Tx, fill: &Fill, rows: &[Id]) -> Result<(), Self::Error>;
}

static ORDER: Sql = Sql::new(
    "INSERT INTO fichero_fill (table_name, column_name, reason, seq, after) VALUES (?1, ?2, ?3, ?4, NULL) \
     ON CONFLICT (table_name, column_name, reason) DO UPDATE SET seq = excluded.seq, after = NULL",
);
static PENDING: Sql = Sql::new(
    "SELECT table_name, column_name, reason, seq, after FROM fichero_fill ORDER BY seq, table_name, column_name, reason",
);
static REACHED: Sql = Sql::new(
    "UPDATE fichero_fill SET after = ?5 WHERE table_name = ?1 AND column_name = ?2 AND reason = ?3 AND seq = ?4",
);
static DONE: Sql =
    Sql::new("DELETE FROM fichero_fill WHERE table_name = ?1 AND column_name = ?2 AND reason = ?3 AND seq = ?4");

/// The fills that are not done yet, the oldest first.
///
/// # Errors
/// As the database says.
pub fn pending(tx: &mut Tx) -> Result<Vec<Pending>, Error> {
    const TYPES: [ColumnType; 5] =
        [ColumnType::Text, ColumnType::Text, ColumnType::Text, ColumnType::Integer, ColumnType::Id];
    let rows = tx.query(PENDING.of(tx.dialect()), &[], &TYPES)?;
    rows.into_iter().map(read).collect()
}

fn read(row: Vec<Cell>) -> Result<Pending, Error> {
    let mut row = Cells::new(row);
    let (table, column, reason) = (row.text()?, row.text()?, row.text()?);
    let known = Reason::ALL.into_iter().find(|known| known.word() == &*reason);
    let reason = known.ok_or_else(|| Error::Corrupt(format!("a fill for the unknown reason {reason:?}")))?;
    let fill = Fill { table: table.to_string(), column: column.to_string(), reason };
    Ok(Pending { fill, seq: row.integer()?, after: row.opt_id()? })
}

/// Fills the next `limit` rows. Gives how it stands then, or nothing when all rows are filled, or when a newer
/// deployment has ordered it anew.
///
/// # Errors
/// Of the database and of the [`Backfill`].
pub fn advance<B: Backfill>(
    tx: &mut Tx,
    pending: &Pending,
    backfill: &mut B,
    limit: u32,
) -> Result<Option<Pending>, B::Error> {
    let fill = &pending.fill;
    let after = pending.after.unwrap_or(Id::from_bytes([0; 16]));
    let sql = format!("SELECT \"id\" FROM {} WHERE \"id\" > ?1 ORDER BY \"id\" LIMIT {limit}", quoted(&fill.table));
    let rows = tx.query(&written_for(tx.dialect(), &sql), &[Cell::Id(after)], &[ColumnType::Id])?;
    let rows = rows.into_iter().map(|row| Cells::new(row).id()).collect::<Result<Vec<Id>, Error>>()?;
    let Some(last) = rows.last().copied() else {
        tx.execute(DONE.of(tx.dialect()), &key(pending))?;
        return Ok(None);
    };
    backfill.fill(tx, fill, &rows)?;
    let mut parameters = key(pending).to_vec();
    parameters.push(Cell::Id(last));
    let known = tx.execute(REACHED.of(tx.dialect()), &parameters)?;
    Ok((known > 0).then(|| Pending { after: Some(last), ..pending.clone() }))
}

/// Orders a fill, or orders it anew from the first row.
pub(super) fn order(tx: &mut Tx, fill: &Fill, seq: i64) -> Result<(), Error> {
    let key = key(&Pending { fill: fill.clone(), seq, after: None });
    tx.execute(ORDER.of(tx.dialect()), &key).map(drop)
}

/// Takes back the fills of fields that are gone.
pub(super) fn forget(tx: &mut Tx, schema: &Schema) -> Result<(), Error> {
    for one in pending(tx)? {
        let table = schema.table(&one.fill.table).filter(|table| table.retired.is_none());
        let field = table.and_then(|table| table.born(&one.fill.column)).filter(|field| field.retired.is_none());
        if field.is_none() {
            tx.execute(DONE.of(tx.dialect()), &key(&one))?;
        }
    }
    Ok(())
}

fn key(pending: &Pending) -> [Cell; 4] {
    let fill = &pending.fill;
    [Cell::text(&fill.table), Cell::text(&fill.column), Cell::text(fill.reason.word()), Cell::Integer(pending.seq)]
}
