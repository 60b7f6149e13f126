//! All that a database holds, table by table, in a form that no database has of its own: for backups, and for moving from
//! one database to another.
//!
//! Which tables there are is said by the statements that make the runtime's own (`tables`) and by the schema that the
//! newest deployment recorded. The rows of a table come in the order of its key, which is the same on both databases, and
//! each in an encoding that is the same too (`encoding`); so the hash of all rows tells whether two databases hold the
//! same.
//!
//! What belongs to one database alone is left out (`tables`): the secrets of sessions, and what says of nodes
//! that they live.

mod encoding;
mod tables;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::schema::ddl::{self, quoted};
use crate::schema::{Schema, columns, deployment, drift};
use crate::sql::written_for;
use crate::{Cell, ColumnType, Dialect, Error, Tx, system};

/// How many rows are read at a time.
const PAGE: usize = 1_000;

/// How many parameters a statement that adds rows has at most.
const PARAMETERS: usize = 4_000;

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its physical name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The columns that tell its rows apart.
    pub key: Vec<String>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its physical name.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type", with = "columns::StoredType")]
    pub ty: ColumnType,
}

/// What a database consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// The newest deployment.
    pub deployment: i64,
    /// The schema that it recorded.
    pub schema: Schema,
    /// The tables, in an order in which they can be filled.
    pub tables: Vec<Table>,
}

/// What a table holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// How many rows.
    pub rows: u64,
    /// The SHA-256 over all of them, in hexadecimal.
    pub sha256: String,
}

/// The hash of rows as they come.
#[derive(Clone, Debug, Default)]
pub struct Hasher {
    rows: u64,
    hash: Sha256,
}

impl Hasher {
    /// Adds some rows, encoded.
    pub fn add(&mut self, rows: u64, encoded: &[u8]) {
        self.rows += rows;
        self.hash.update(encoded);
    }

    /// What came.
    pub fn end(self) -> Digest {
        let sha256 = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Digest { rows: self.rows, sha256 }
    }
}

/// What the database consists of; nothing where nothing was ever deployed.
///
/// # Errors
/// As the database says.
pub fn outline(tx: &mut Tx) -> Result<Option<Outline>, Error> {
    tx.lift_statement_limit()?;
    let Some(newest) = deployment::newest(tx)? else { return Ok(None) };
    let schema = newest.schema(tx)?;
    let tables = tables::own().into_iter().chain(tables::recorded(&schema)).collect();
    Ok(Some(Outline { deployment: newest.seq, schema, tables }))
}

/// Reads a table piece by piece: how many rows, and their encoding.
///
/// # Errors
/// As the database says, and what `piece` gives.
pub fn read<E: From<Error>>(
    tx: &mut Tx,
    table: &Table,
    mut piece: impl FnMut(u64, Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let (types, key) = (table.types(), table.key_at());
    let mut after: Option<Vec<Cell>> = None;
    loop {
        let sql = table.select(tx.dialect(), after.is_some());
        let rows = tx.query(&sql, after.as_deref().unwrap_or_default(), &types)?;
        let Some(last) = rows.last() else { return Ok(()) };
        let is_last = rows.len() < PAGE;
        after = Some(key.iter().filter_map(|at| last.get(*at)).cloned().collect());
        let mut encoded = Vec::with_capacity(rows.len() * 64);
        rows.iter().for_each(|row| encoding::encode(row, &mut encoded));
        piece(rows.len() as u64, encoded)?;
        if is_last {
            return Ok(());
        }
    }
}

/// What a table holds.
///
/// # Errors
/// As the database says.
pub fn digest(tx: &mut Tx, table: &Table) -> Result<Digest, Error> {
    let mut hasher = Hasher::default();
    read(tx, table, |rows, encoded| {
        hasher.add(rows, &encoded);
        Ok::<_, Error>(())
    })?;
    Ok(hasher.end())
}

/// Whether there is nothing in the database yet but, at most, empty tables of the runtime.
///
/// # Errors
/// As the database says.
pub fn is_empty(tx: &mut Tx) -> Result<bool, Error> {
    let mut names = drift::tables(tx)?;
    names.retain(|name| !name.starts_with("sqlite_"));
    if names.iter().any(|name| !name.starts_with("fichero_")) {
        return Ok(false);
    }
    let has_deployments = names.iter().any(|name| name == "fichero_deployment");
    Ok(!has_deployments || deployment::newest_seq(tx)? == 0)
}

/// Makes the tables of an outline in an empty database, without the rules that rows keep among each other: they come
/// last ([`complete`]).
///
/// # Errors
/// [`Error::Unavailable`] where the outline was made by a newer release, and as the database says.
pub fn prepare(tx: &mut Tx, outline: &Outline) -> Result<(), Error> {
    tx.lift_statement_limit()?;
    let dialect = tx.dialect();
    system::install(tx)?;
    let own = tables::own();
    for table in outline.tables.iter().filter(|table| tables::is_own(&table.name)) {
        let known = own.iter().find(|known| known.name == table.name);
        let is_known = |column: &Column| known.is_some_and(|known| known.columns.contains(column));
        if let Some(unknown) = table.columns.iter().find(|column| !is_known(column)) {
            return Err(Error::Unavailable(format!(
                "it was made by another release: `{}.{}` is not known here",
                table.name, unknown.name
            )));
        }
        tx.script(&format!("DELETE FROM {}", quoted(&table.name)))?;
    }
    if dialect == Dialect::Sqlite {
        // Until the end of the transaction rows may refer to rows that come later.
        tx.script("PRAGMA defer_foreign_keys = ON")?;
    }
    for table in &outline.schema.tables {
        tx.script(&ddl::create_table(table, dialect))?;
    }
    for (table, field) in fields(&outline.schema) {
        for statement in ddl::create_links(&table.name, field, dialect) {
            tx.script(&statement)?;
        }
    }
    Ok(())
}

/// Adds rows to a table. Gives how many there were.
///
/// # Errors
/// [`Error::Corrupt`] when they are no rows of this table, and as the database says.
pub fn write(tx: &mut Tx, table: &Table, encoded: &[u8]) -> Result<u64, Error> {
    let types = table.types();
    let rows = encoding::decode(encoded, &types)
        .ok_or_else(|| Error::Corrupt(format!("the rows of `{}` cannot be read", table.name)))?;
    let most = (PARAMETERS / types.len().max(1)).clamp(1, 64);
    let mut rest = rows.as_slice();
    while !rest.is_empty() {
        // As many as a power of two, so that there are few statements to prepare.
        let size = 1 << rest.len().min(most).ilog2();
        let (now, later) = rest.split_at(size);
        tx.execute(&table.insert(tx.dialect(), size), &now.concat())?;
        rest = later;
    }
    Ok(rows.len() as u64)
}

/// Makes what rows keep among each other: references that hold, unique keys, indexes.
///
/// # Errors
/// When the rows do not keep it, and as the database says.
pub fn complete(tx: &mut Tx, outline: &Outline) -> Result<(), Error> {
    let dialect = tx.dialect();
    if dialect == Dialect::Postgres {
        for (table, field) in fields(&outline.schema) {
            for reference in field.columns.iter().filter_map(|column| ddl::add_reference(&table.name, column)) {
                tx.script(&reference)?;
            }
        }
    }
    for table in &outline.schema.tables {
        for index in &table.indexes {
            tx.script(&ddl::create_index(table, index, dialect))?;
        }
    }
    Ok(())
}

fn fields(schema: &Schema) -> impl Iterator<Item = (&crate::schema::Table, &crate::schema::Field)> {
    schema.tables.iter().flat_map(|table| table.fields.iter().map(move |field| (table, field)))
}

impl Table {
    fn types(&self) -> Vec<ColumnType> {
        self.columns.iter().map(|column| column.ty).collect()
    }

    /// The places of the key's columns.
    fn key_at(&self) -> Vec<usize> {
        self.key.iter().filter_map(|key| self.columns.iter().position(|column| column.name == *key)).collect()
    }

    /// What reads the first rows, or those behind a key.
    fn select(&self, dialect: Dialect, goes_on: bool) -> String {
        let list =
            |names: &mut dyn Iterator<Item = &String>| names.map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let columns = list(&mut self.columns.iter().map(|column| &column.name));
        let key = list(&mut self.key.iter());
        let behind = (1..=self.key.len()).map(|number| format!("?{number}")).collect::<Vec<_>>().join(", ");
        let condition = if goes_on { format!(" WHERE ({key}) > ({behind})") } else { String::new() };
        let text = format!("SELECT {columns} FROM {}{condition} ORDER BY {key} LIMIT {PAGE}", quoted(&self.name));
        written_for(dialect, &text)
    }

    fn insert(&self, dialect: Dialect, rows: usize) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        let width = names.len();
        let row = |row: usize| {
            let signs = (1..=width).map(|column| format!("?{}", row * width + column)).collect::<Vec<_>>();
            format!("({})", signs.join(", "))
        };
        let values = (0..rows).map(row).collect::<Vec<_>>().join(", ");
        let text = format!("INSERT INTO {} ({}) VALUES {values}", quoted(&self.name), names.join(", "));
        written_for(dialect, &text)
    }
}
