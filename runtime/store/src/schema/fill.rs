//! Fields that are still to be filled in the rows that were there before them.
//!
//! A fill is ordered in the transaction of its deployment and survives a crash. It begins once every live node has the
//! deployment (from then on whoever writes a row fills it too), goes through the rows by id, a batch a transaction, and
//! remembers how far it came. The values come from a [`Backfill`], which the engine implements.
//!
//! A row that cannot be filled is passed over and counted, a fill that cannot go on comes after all others: neither keeps
//! anything else from being filled. What was in the way is remembered ([`troubled`]) until it is tried again ([`retry`])
//! or ordered anew.

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
    /// It became required; rows where it holds nothing get its `fill`, or the first stage of its pipeline.
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

/// Rows that were passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// How many.
    pub rows: u64,
    /// What was in the way of the first.
    pub why: Option<String>,
}

impl Skipped {
    /// Counts one more.
    pub fn one(&mut self, why: impl Into<String>) {
        self.add(Self { rows: 1, why: Some(why.into()) });
    }

    /// Counts others too.
    pub fn add(&mut self, others: Self) {
        self.rows += others.rows;
        self.why = self.why.take().or(others.why);
    }
}

/// A fill that left rows unfilled, or cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Troubled {
    /// What was to be filled.
    pub fill: Fill,
    /// The rows it has passed over so far.
    pub skipped: u64,
    /// What was in the way of the first, or of the fill itself.
    pub why: String,
}

/// Computes values of rows and writes them.
pub trait Backfill {
    /// What can go wrong.
    type Error: From<Error>;

    /// Fills a field in these rows, and tells which it had to pass over. It may be asked for the same rows again.
    ///
    /// # Errors
    /// When the database cannot be read or written; the batch is then undone.
    fn fill(&mut self, tx: &mut Tx, fill: &Fill, rows: &[Id]) -> Result<Skipped, Self::Error>;
}

macro_rules! this {
    ($rest:literal) => {
        concat!($rest, " WHERE table_name = ?1 AND column_name = ?2 AND reason = ?3 AND seq = ?4")
    };
}

static ORDER: Sql = Sql::new(
    "INSERT INTO fichero_fill (table_name, column_name, reason, seq, after) VALUES (?1, ?2, ?3, ?4, NULL) \
     ON CONFLICT (table_name, column_name, reason) \
     DO UPDATE SET seq = excluded.seq, after = NULL, is_done = FALSE, skipped = 0, why = NULL",
);
static PENDING: Sql = Sql::new(
    "SELECT table_name, column_name, reason, seq, after FROM fichero_fill WHERE NOT is_done \
     ORDER BY why IS NOT NULL, seq, table_name, column_name, reason",
);
static ALL: Sql = Sql::new("SELECT table_name, column_name, reason, seq FROM fichero_fill");
static TROUBLED: Sql = Sql::new(
    "SELECT table_name, column_name, reason, skipped, why FROM fichero_fill WHERE why IS NOT NULL \
     ORDER BY seq, table_name, column_name, reason",
);
static RETRY: Sql =
    Sql::new("UPDATE fichero_fill SET after = NULL, is_done = FALSE, skipped = 0, why = NULL WHERE why IS NOT NULL");
// What was in the way of the fill itself is so no longer; what was in the way of a row is.
static REACHED: Sql = Sql::new(this!(
    "UPDATE fichero_fill SET after = ?5, skipped = skipped + ?6, why = CASE WHEN skipped = 0 THEN ?7 ELSE why END"
));
static HINDERED: Sql = Sql::new(this!("UPDATE fichero_fill SET why = ?5"));
// One that has passed over rows is kept, to tell of them.
static DONE: Sql = Sql::new(concat!(this!("DELETE FROM fichero_fill"), " AND skipped = 0"));
static DONE_BUT: Sql = Sql::new(this!("UPDATE fichero_fill SET is_done = TRUE"));
static FORGET: Sql = Sql::new(this!("DELETE FROM fichero_fill"));

/// The fills that are not done yet, the oldest first, and behind them those that something was in the way of.
///
/// # Errors
/// As the database says.
pub fn pending(tx: &mut Tx) -> Result<Vec<Pending>, Error> {
    const TYPES: [ColumnType; 5] =
        [ColumnType::Text, ColumnType::Text, ColumnType::Text, ColumnType::Integer, ColumnType::Id];
    let rows = tx.query(PENDING.of(tx.dialect()), &[], &TYPES)?;
    let read = |row| {
        let mut row = Cells::new(row);
        Ok(Pending { fill: read(&mut row)?, seq: row.integer()?, after: row.opt_id()? })
    };
    rows.into_iter().map(read).collect()
}

/// The fills that left rows unfilled, or cannot go on, the oldest first.
///
/// # Errors
/// As the database says.
pub fn troubled(tx: &mut Tx) -> Result<Vec<Troubled>, Error> {
    const TYPES: [ColumnType; 5] =
        [ColumnType::Text, ColumnType::Text, ColumnType::Text, ColumnType::Integer, ColumnType::Text];
    let rows = tx.query(TROUBLED.of(tx.dialect()), &[], &TYPES)?;
    let read = |row| {
        let mut row = Cells::new(row);
        let (fill, skipped) = (read(&mut row)?, row.integer()?);
        Ok(Troubled { fill, skipped: u64::try_from(skipped).unwrap_or(0), why: row.text()?.to_string() })
    };
    rows.into_iter().map(read).collect()
}

fn read(row: &mut Cells) -> Result<Fill, Error> {
    let (table, column, reason) = (row.text()?, row.text()?, row.text()?);
    let known = Reason::ALL.into_iter().find(|known| known.word() == &*reason);
    let reason = known.ok_or_else(|| Error::Corrupt(format!("a fill for the unknown reason {reason:?}")))?;
    Ok(Fill { table: table.to_string(), column: column.to_string(), reason })
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
        tx.execute(DONE_BUT.of(tx.dialect()), &key(pending))?;
        return Ok(None);
    };
    let skipped = backfill.fill(tx, fill, &rows)?;
    let mut parameters = key(pending).to_vec();
    let why = Cell::or_null(skipped.why.map(std::sync::Arc::<str>::from), ColumnType::Text);
    parameters.extend([Cell::Id(last), Cell::Integer(i64::try_from(skipped.rows).unwrap_or(i64::MAX)), why]);
    let known = tx.execute(REACHED.of(tx.dialect()), &parameters)?;
    Ok((known > 0).then(|| Pending { after: Some(last), ..pending.clone() }))
}

/// Notes that a fill cannot go on for now: those that can come before it.
///
/// # Errors
/// As the database says.
pub fn hindered(tx: &mut Tx, pending: &Pending, why: &str) -> Result<(), Error> {
    let mut parameters = key(pending).to_vec();
    parameters.push(Cell::text(why));
    tx.execute(HINDERED.of(tx.dialect()), &parameters).map(drop)
}

/// Orders every fill anew that left rows unfilled or could not go on. Tells how many there were.
///
/// # Errors
/// As the database says.
pub fn retry(tx: &mut Tx) -> Result<u64, Error> {
    tx.execute(RETRY.of(tx.dialect()), &[])
}

/// Orders a fill, or orders it anew from the first row.
pub(super) fn order(tx: &mut Tx, fill: &Fill, seq: i64) -> Result<(), Error> {
    let key = key(&Pending { fill: fill.clone(), seq, after: None });
    tx.execute(ORDER.of(tx.dialect()), &key).map(drop)
}

/// Takes back the fills of fields that are gone.
pub(super) fn forget(tx: &mut Tx, schema: &Schema) -> Result<(), Error> {
    const TYPES: [ColumnType; 4] = [ColumnType::Text, ColumnType::Text, ColumnType::Text, ColumnType::Integer];
    for row in tx.query(ALL.of(tx.dialect()), &[], &TYPES)? {
        let mut row = Cells::new(row);
        let one = Pending { fill: read(&mut row)?, seq: row.integer()?, after: None };
        let table = schema.table(&one.fill.table).filter(|table| table.retired.is_none());
        let field = table.and_then(|table| table.born(&one.fill.column)).filter(|field| field.retired.is_none());
        if field.is_none() {
            tx.execute(FORGET.of(tx.dialect()), &key(&one))?;
        }
    }
    Ok(())
}

fn key(pending: &Pending) -> [Cell; 4] {
    let fill = &pending.fill;
    [Cell::text(&fill.table), Cell::text(&fill.column), Cell::text(fill.reason.word()), Cell::Integer(pending.seq)]
}
