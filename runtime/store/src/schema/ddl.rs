//! Statements that make tables, columns and indexes.
//!
//! A reference clears itself when its target is purged: restricting and cascading are rules of the model, checked
//! already when a record is put into the trash, and a retired reference must not keep anything from going.

use fichero_model::entity::System;

use super::columns::{Column, Shape};
use super::index::{Index, Purpose};
use super::{Field, Table, overlap};
use crate::{ColumnType, Dialect};

/// Columns of a table of links.
pub mod link {
    /// The record that refers.
    pub const RECORD: &str = "record";
    /// The record it refers to.
    pub const TARGET: &str = "target";
    /// The physical table of the latter, where the reference is to one of several entities.
    pub const TARGET_KIND: &str = "target_kind";
    /// The place in the list, counted from 0.
    pub const POSITION: &str = "position";
}

/// Makes the table of an entity with all columns of its fields.
pub(crate) fn create_table(table: &Table, dialect: Dialect) -> String {
    let mut lines = Vec::new();
    for field in &table.fields {
        let key = if field.shape == Shape::Identity { " PRIMARY KEY" } else { "" };
        let must = if always_holds(field) { format!(" NOT NULL{key}") } else { String::new() };
        for column in &field.columns {
            let reference = match dialect {
                Dialect::Sqlite => references(column),
                // The table it points to may not exist yet; see `add_reference`.
                Dialect::Postgres => String::new(),
            };
            lines.push(format!("{}{must}{reference}", declared(column, dialect)));
        }
    }
    lines.extend(table.position.as_deref().map(|position| typed(position, ColumnType::Integer, dialect)));
    format!("CREATE TABLE {} (\n  {}\n){}", quoted(&table.name), lines.join(",\n  "), strict(dialect))
}

/// Whether the database itself sees that every record has a value in the field.
pub(super) fn always_holds(field: &Field) -> bool {
    let always = [System::Id, System::Version, System::CreatedAt, System::UpdatedAt];
    always.iter().any(|system| system.name() == field.name)
}

/// On PostgreSQL, adds a reference that [`create_table`] left out.
pub(crate) fn add_reference(table: &str, column: &Column) -> Option<String> {
    column.references.as_ref()?;
    let (table, name) = (quoted(table), quoted(&column.name));
    Some(format!("ALTER TABLE {table} ADD FOREIGN KEY ({name}){}", references(column)))
}

/// Adds a column.
pub(super) fn add_column(table: &str, column: &Column, dialect: Dialect) -> String {
    format!("ALTER TABLE {} ADD COLUMN {}{}", quoted(table), declared(column, dialect), references(column))
}

/// Adds the column that orders lines.
pub(super) fn add_position(table: &str, position: &str, dialect: Dialect) -> String {
    format!("ALTER TABLE {} ADD COLUMN {}", quoted(table), typed(position, ColumnType::Integer, dialect))
}

/// Makes the table of a field's links, and the index that finds them from the other end.
pub(crate) fn create_links(table: &str, field: &Field, dialect: Dialect) -> Vec<String> {
    let (Some(links), Shape::Links { targets }) = (&field.links, &field.shape) else { return Vec::new() };
    let going = |column: &str, target: Option<&String>| {
        let reference = target
            .map(|target| format!(" REFERENCES {} (\"id\") ON DELETE CASCADE", quoted(target)))
            .unwrap_or_default();
        format!("{} NOT NULL{reference}", typed(column, ColumnType::Id, dialect))
    };
    let only = match targets.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    let mut lines = vec![going(link::RECORD, Some(&table.to_owned())), going(link::TARGET, only)];
    if only.is_none() {
        lines.push(format!("{} NOT NULL", typed(link::TARGET_KIND, ColumnType::Text, dialect)));
    }
    lines.push(format!("{} NOT NULL", typed(link::POSITION, ColumnType::Integer, dialect)));
    lines.push(format!("PRIMARY KEY ({}, {})", quoted(link::RECORD), quoted(link::TARGET)));
    let ending = match dialect {
        Dialect::Sqlite => " STRICT, WITHOUT ROWID",
        Dialect::Postgres => "",
    };
    vec![
        format!("CREATE TABLE {} (\n  {}\n){ending}", quoted(&links.table), lines.join(",\n  ")),
        format!(
            "CREATE INDEX {} ON {} ({}, {})",
            quoted(&links.index),
            quoted(&links.table),
            quoted(link::TARGET),
            quoted(link::RECORD)
        ),
    ]
}

/// Makes an index.
pub(crate) fn create_index(of: &Table, index: &Index, dialect: Dialect) -> String {
    let table = &of.name;
    if let Purpose::Overlap(_) = index.purpose {
        return overlap::create(of, index, dialect);
    }
    let unique = if index.purpose.is_unique() { "UNIQUE " } else { "" };
    // Where order counts, nothing sorts smallest, as SQLite has it by itself.
    let order = match dialect {
        Dialect::Postgres if !index.purpose.is_unique() => " NULLS FIRST",
        Dialect::Postgres | Dialect::Sqlite => "",
    };
    let columns: Vec<String> = index.columns.iter().map(|column| format!("{}{order}", quoted(column))).collect();
    let rows = index.rows.as_ref().map(|rows| format!(" WHERE {}", rows.of(dialect))).unwrap_or_default();
    format!("CREATE {unique}INDEX {} ON {} ({}){rows}", quoted(&index.name), quoted(table), columns.join(", "))
}

/// Drops an index.
pub(super) fn drop_index(table: &str, index: &Index, dialect: Dialect) -> String {
    match index.purpose {
        Purpose::Overlap(_) => overlap::drop(table, index, dialect),
        _ => format!("DROP INDEX {}", quoted(&index.name)),
    }
}

fn declared(column: &Column, dialect: Dialect) -> String {
    typed(&column.name, column.ty, dialect)
}

fn typed(name: &str, ty: ColumnType, dialect: Dialect) -> String {
    format!("{} {}", quoted(name), ty.sql(dialect))
}

fn references(column: &Column) -> String {
    match &column.references {
        Some(table) => format!(" REFERENCES {} (\"id\") ON DELETE SET NULL", quoted(table)),
        None => String::new(),
    }
}

/// On SQLite a strict table refuses what is not of a column's type, as PostgreSQL does by itself.
const fn strict(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => " STRICT",
        Dialect::Postgres => "",
    }
}

/// A name as both databases take it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as a literal.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
