//! How the database differs from what was recorded: somebody changed tables by hand, or restored half a copy.
//!
//! Looking only tells; nothing is planned or mended from it. Tables, columns and indexes that are nobody's business of
//! ours are passed over, except columns that stand in our own tables.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::{Schema, link};
use crate::sql::Sql;
use crate::{Cells, ColumnType, Dialect, Error, Tx};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drift {
    /// A recorded table is not there.
    Table {
        /// Its physical name.
        table: String,
    },
    /// A recorded column is not there.
    Column {
        /// The physical table.
        table: String,
        /// The physical column.
        column: String,
    },
    /// A column has another type than was recorded.
    Type {
        /// The physical table.
        table: String,
        /// The physical column.
        column: String,
        /// What was recorded.
        recorded: String,
        /// What is there.
        found: String,
    },
    /// A column is there that was not recorded.
    Extra {
        /// The physical table.
        table: String,
        /// The physical column.
        column: String,
    },
    /// A recorded index is not there.
    Index {
        /// The physical table.
        table: String,
        /// Its physical name.
        index: String,
    },
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Drift::Table { table } => write!(f, "table `{table}` is missing"),
            Drift::Column { table, column } => write!(f, "column `{column}` of `{table}` is missing"),
            Drift::Type { table, column, recorded, found } => {
                write!(f, "column `{column}` of `{table}` is {found}, not {recorded}")
            }
            Drift::Extra { table, column } => write!(f, "column `{column}` of `{table}` was added by hand"),
            Drift::Index { table, index } => write!(f, "index `{index}` of `{table}` is missing"),
        }
    }
}

static COLUMNS: Sql = Sql::each(
    "SELECT t.name, c.name, c.type FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'",
    "SELECT t.relname::text, c.attname::text, format_type(c.atttypid, c.atttypmod)::text FROM pg_attribute AS c \
     JOIN pg_class AS t ON t.oid = c.attrelid JOIN pg_namespace AS n ON n.oid = t.relnamespace \
     WHERE n.nspname = current_schema() AND t.relkind IN ('r', 'p') AND c.attnum > 0 AND NOT c.attisdropped",
);
// An index that PostgreSQL could not finish is there and does nothing.
static INDEXES: Sql = Sql::each(
    "SELECT name FROM sqlite_schema WHERE type = 'index'",
    "SELECT t.relname::text FROM pg_class AS t JOIN pg_namespace AS n ON n.oid = t.relnamespace \
     JOIN pg_index AS i ON i.indexrelid = t.oid WHERE n.nspname = current_schema() AND i.indisvalid",
);

/// Compares the database with what was recorded.
///
/// # Errors
/// As the database says.
pub fn drift(tx: &mut Tx, recorded: &Schema) -> Result<Vec<Drift>, Error> {
    let dialect = tx.dialect();
    let mut found: HashMap<String, HashMap<String, String>> = HashMap::new();
    for row in tx.query(COLUMNS.of(dialect), &[], &[ColumnType::Text, ColumnType::Text, ColumnType::Text])? {
        let mut row = Cells::new(row);
        let (table, column, ty) = (row.text()?, row.text()?, row.text()?);
        found.entry(table.to_string()).or_default().insert(column.to_string(), ty.to_string());
    }
    let indexes = tx.query(INDEXES.of(dialect), &[], &[ColumnType::Text])?;
    let indexes = indexes.into_iter().map(|row| Ok(Cells::new(row).text()?.to_string()));
    let indexes = indexes.collect::<Result<HashSet<String>, Error>>()?;

    let mut drift = Vec::new();
    for (table, columns, wanted_indexes) in expected(recorded) {
        let Some(there) = found.get(&table) else {
            drift.push(Drift::Table { table });
            continue;
        };
        let known: HashSet<&str> = columns.iter().map(|(column, _)| column.as_str()).collect();
        let mut extra: Vec<&String> = there.keys().filter(|column| !known.contains(column.as_str())).collect();
        extra.sort();
        drift.extend(extra.into_iter().map(|column| Drift::Extra { table: table.clone(), column: column.clone() }));
        for (column, ty) in columns {
            let table = table.clone();
            match there.get(&column) {
                None => drift.push(Drift::Column { table, column }),
                Some(found) if !is(ty, dialect, found) => {
                    let (recorded, found) = (ty.sql(dialect).to_owned(), found.clone());
                    drift.push(Drift::Type { table, column, recorded, found });
                }
                Some(_) => {}
            }
        }
        let missing = wanted_indexes.into_iter().filter(|index| !indexes.contains(index));
        drift.extend(missing.map(|index| Drift::Index { table: table.clone(), index }));
    }
    Ok(drift)
}

type Expected = (String, Vec<(String, ColumnType)>, Vec<String>);

/// Each table with its columns and indexes, those of links among them.
fn expected(recorded: &Schema) -> Vec<Expected> {
    let mut tables = Vec::new();
    for table in &recorded.tables {
        let columns = table.fields.iter().flat_map(|field| &field.columns);
        let columns = columns.map(|column| (column.name.clone(), column.ty));
        let position = table.position.iter().map(|position| (position.clone(), ColumnType::Integer));
        let indexes = table.indexes.iter().map(|index| index.name.clone()).collect();
        tables.push((table.name.clone(), columns.chain(position).collect(), indexes));
        for field in &table.fields {
            let Some(links) = &field.links else { continue };
            let mut columns = vec![
                (link::RECORD.to_owned(), ColumnType::Id),
                (link::TARGET.to_owned(), ColumnType::Id),
                (link::POSITION.to_owned(), ColumnType::Integer),
            ];
            if field.points_to_several() {
                columns.push((link::TARGET_KIND.to_owned(), ColumnType::Text));
            }
            tables.push((links.table.clone(), columns, vec![links.index.clone()]));
        }
    }
    tables
}

/// Whether a column that the database calls `found` is of a type.
fn is(ty: ColumnType, dialect: Dialect, found: &str) -> bool {
    match (dialect, ty) {
        (Dialect::Sqlite, ty) => found == ty.sql(dialect),
        (Dialect::Postgres, ColumnType::Text) => found == "text",
        (Dialect::Postgres, ColumnType::Time) => found == "time without time zone",
        (Dialect::Postgres, ColumnType::DateTime) => found == "timestamp with time zone",
        (Dialect::Postgres, ty) => found.eq_ignore_ascii_case(ty.sql(dialect)),
    }
}
