//! Which record each row of a data document became, so that loading the document again finds it.

use std::collections::HashSet;
use std::sync::Arc;

use fichero_model::Id;
use serde_json::Value;

use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Tx};

static FIND: Sql = Sql::new("SELECT record FROM fichero_data_row WHERE entity = ?1 AND name = ?2");
static SET: Sql = Sql::new(
    "INSERT INTO fichero_data_row (entity, name, record) VALUES (?1, ?2, ?3) \
     ON CONFLICT (entity, name) DO UPDATE SET record = excluded.record",
);

/// The record of a row, by the physical table and the row's name.
///
/// # Errors
/// As the database says.
pub fn find(tx: &mut Tx, entity: &str, name: &str) -> Result<Option<Id>, Error> {
    let row = tx.query_one(FIND.of(tx.dialect()), &[Cell::text(entity), Cell::text(name)], &[ColumnType::Id])?;
    row.map(|row| Cells::new(row).id()).transpose()
}

/// Rows, by the physical table and the row's name.
pub type Rows = HashSet<(Arc<str>, Arc<str>)>;

/// The rows that became records: those of tables that were pruned are not among them.
///
/// # Errors
/// As the database says.
pub fn known(tx: &mut Tx) -> Result<Rows, Error> {
    static ALL: Sql = Sql::new("SELECT entity, name FROM fichero_data_row");
    let rows = tx.query(ALL.of(tx.dialect()), &[], &[ColumnType::Text, ColumnType::Text])?;
    let read = |row| {
        let mut row = Cells::new(row);
        Ok((row.text()?, row.text()?))
    };
    rows.into_iter().map(read).collect()
}

/// Notes which record a row became.
///
/// # Errors
/// As the database says.
pub fn set(tx: &mut Tx, entity: &str, name: &str, record: Id) -> Result<(), Error> {
    tx.execute(SET.of(tx.dialect()), &[Cell::text(entity), Cell::text(name), Cell::Id(record)]).map(drop)
}

/// What the text of a row was when it was last given to its record.
#[derive(Clone, Debug, PartialEq)]
pub struct Print {
    /// The data document.
    pub document: Arc<str>,
    /// The row's name.
    pub name: Arc<str>,
    /// A fingerprint for each field, by its physical name.
    pub fields: Arc<Value>,
}

/// The prints of all rows that were ever loaded.
///
/// # Errors
/// As the database says.
pub fn prints(tx: &mut Tx) -> Result<Vec<Print>, Error> {
    static ALL: Sql = Sql::new("SELECT document, name, fields FROM fichero_data_print");
    let rows = tx.query(ALL.of(tx.dialect()), &[], &[ColumnType::Text, ColumnType::Text, ColumnType::Json])?;
    let read = |row| {
        let mut row = Cells::new(row);
        Ok(Print { document: row.text()?, name: row.text()?, fields: row.json()? })
    };
    rows.into_iter().map(read).collect()
}

/// Notes the print of a row, in the transaction that gives it to its record.
///
/// # Errors
/// As the database says.
pub fn set_print(tx: &mut Tx, print: &Print) -> Result<(), Error> {
    static SET: Sql = Sql::new(
        "INSERT INTO fichero_data_print (document, name, fields) VALUES (?1, ?2, ?3) \
         ON CONFLICT (document, name) DO UPDATE SET fields = excluded.fields",
    );
    let parameters = [
        Cell::Text(Arc::clone(&print.document)),
        Cell::Text(Arc::clone(&print.name)),
        Cell::Json(Arc::clone(&print.fields)),
    ];
    tx.execute(SET.of(tx.dialect()), &parameters).map(drop)
}
