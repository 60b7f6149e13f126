//! How the database differs from what was recorded: somebody changed tables by hand, or restored half a copy.
//!
//! Looking only tells; nothing is planned or mended from it. Tables, columns and indexes that are nobody's business of
//! ours are passed over, except columns that stand in our own tables.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::index::Purpose;
use super::{Index, Schema, ddl, link};
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
    /// A column may hold nothing and should not, or the other way round.
    Nothing {
        /// The physical table.
        table: String,
        /// The physical column.
        column: String,
        /// Whether it may, as it is now.
        may: bool,
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
    /// An index is another than was recorded.
    OtherIndex {
        /// The physical table.
        table: String,
        /// Its physical name.
        index: String,
        /// What was recorded, in words.
        recorded: String,
        /// What is there, in words.
        found: String,
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
            Drift::Nothing { table, column, may: true } => {
                write!(f, "column `{column}` of `{table}` may hold nothing (it has lost its NOT NULL)")
            }
            Drift::Nothing { table, column, may: false } => {
                write!(f, "column `{column}` of `{table}` may not hold nothing (it was given a NOT NULL)")
            }
            Drift::Extra { table, column } => write!(f, "column `{column}` of `{table}` was added by hand"),
            Drift::Index { table, index } => write!(f, "index `{index}` of `{table}` is missing"),
            Drift::OtherIndex { table, index, recorded, found } => {
                write!(f, "index `{index}` of `{table}` is {found}, not {recorded}")
            }
        }
    }
}

static COLUMNS: Sql = Sql::each(
    "SELECT t.name, c.name, c.type, c.\"notnull\" FROM sqlite_schema AS t, pragma_table_info(t.name) AS c \
     WHERE t.type = 'table'",
    "SELECT t.relname::text, c.attname::text, \
     format_type(c.atttypid, c.atttypmod)::text || coalesce(' COLLATE \"' || o.collname || '\"', ''), c.attnotnull \
     FROM pg_attribute AS c JOIN pg_class AS t ON t.oid = c.attrelid JOIN pg_namespace AS n ON n.oid = t.relnamespace \
     LEFT JOIN pg_collation AS o ON o.oid = c.attcollation \
     WHERE n.nspname = current_schema() AND t.relkind IN ('r', 'p') AND c.attnum > 0 AND NOT c.attisdropped",
);
// A rule against overlapping times is an exclusion there and an index with two triggers on SQLite.
// An index that PostgreSQL could not finish is there and does nothing. Of a condition only that there is one can be
// compared, for PostgreSQL writes it anew in its own way.
static INDEXES: Sql = Sql::each(
    "SELECT i.name, i.\"unique\" OR (SELECT count(*) = 2 FROM sqlite_schema AS r WHERE r.type = 'trigger' AND \
     r.name IN (i.name || '__new', i.name || '__set')), i.partial, \
     coalesce((SELECT group_concat(c.name, ',' ORDER BY c.seqno) FROM pragma_index_info(i.name) AS c), '') \
     FROM sqlite_schema AS t, pragma_index_list(t.name) AS i WHERE t.type = 'table'",
    "SELECT t.relname::text, i.indisunique OR i.indisexclusion, i.indpred IS NOT NULL, \
     coalesce((SELECT string_agg(a.attname::text, ',' ORDER BY k.place) FROM unnest(i.indkey) WITH ORDINALITY AS k (number, place) \
     JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number), '') \
     FROM pg_class AS t JOIN pg_namespace AS n ON n.oid = t.relnamespace \
     JOIN pg_index AS i ON i.indexrelid = t.oid WHERE n.nspname = current_schema() AND i.indisvalid",
);

/// Compares the database with what was recorded.
///
/// # Errors
/// As the database says.
pub fn drift(tx: &mut Tx, recorded: &Schema) -> Result<Vec<Drift>, Error> {
    let dialect = tx.dialect();
    let (found, indexes) = (columns(tx)?, indexes(tx)?);
    let mut drift = Vec::new();
    for Expected { table, columns, indexes: wanted } in expected(recorded, dialect) {
        let Some(there) = found.get(&table) else {
            drift.push(Drift::Table { table });
            continue;
        };
        let known: HashSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let mut extra: Vec<&String> = there.keys().filter(|column| !known.contains(column.as_str())).collect();
        extra.sort();
        drift.extend(extra.into_iter().map(|column| Drift::Extra { table: table.clone(), column: column.clone() }));
        for Column { name: column, ty, holds } in columns {
            let table = table.clone();
            let Some((found, found_holds)) = there.get(&column) else {
                drift.push(Drift::Column { table, column });
                continue;
            };
            if !is(ty, dialect, found) {
                let (recorded, found) = (ty.sql(dialect).to_owned(), found.clone());
                drift.push(Drift::Type { table: table.clone(), column: column.clone(), recorded, found });
            }
            if *found_holds != holds {
                drift.push(Drift::Nothing { table, column, may: holds });
            }
        }
        for (index, wanted) in wanted {
            let table = table.clone();
            match indexes.get(&index) {
                None => drift.push(Drift::Index { table, index }),
                Some(found) if *found != wanted => {
                    drift.push(Drift::OtherIndex { table, index, recorded: wanted.words(), found: found.words() });
                }
                Some(_) => {}
            }
        }
    }
    Ok(drift)
}

/// The names of all tables, in order.
///
/// # Errors
/// As the database says.
pub(crate) fn tables(tx: &mut Tx) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = columns(tx)?.into_keys().collect();
    names.sort();
    Ok(names)
}

/// All columns: the table, the name, the type as the database calls it.
#[cfg(test)]
pub(crate) fn seen(tx: &mut Tx) -> Result<Vec<(String, String, String)>, Error> {
    let of = |(table, columns): (String, HashMap<String, (String, bool)>)| {
        columns.into_iter().map(move |(column, (ty, _))| (table.clone(), column, ty))
    };
    let mut all: Vec<_> = columns(tx)?.into_iter().flat_map(of).collect();
    all.sort();
    Ok(all)
}

/// The columns of all tables by their names: the type, and whether they always hold something.
type Columns = HashMap<String, HashMap<String, (String, bool)>>;

fn columns(tx: &mut Tx) -> Result<Columns, Error> {
    const TYPES: [ColumnType; 4] = [ColumnType::Text, ColumnType::Text, ColumnType::Text, ColumnType::Boolean];
    let mut found = Columns::new();
    for row in tx.query(COLUMNS.of(tx.dialect()), &[], &TYPES)? {
        let mut row = Cells::new(row);
        let (table, column, ty, holds) = (row.text()?, row.text()?, row.text()?, row.boolean()?);
        found.entry(table.to_string()).or_default().insert(column.to_string(), (ty.to_string(), holds));
    }
    Ok(found)
}

/// All indexes by their names.
fn indexes(tx: &mut Tx) -> Result<HashMap<String, Seen>, Error> {
    const TYPES: [ColumnType; 4] = [ColumnType::Text, ColumnType::Boolean, ColumnType::Boolean, ColumnType::Text];
    let rows = tx.query(INDEXES.of(tx.dialect()), &[], &TYPES)?;
    let read = |row| {
        let mut row = Cells::new(row);
        let (name, unique, partial, columns) = (row.text()?, row.boolean()?, row.boolean()?, row.text()?);
        let columns = columns.split(',').map(str::to_owned).collect();
        Ok((name.to_string(), Seen { unique, partial, columns }))
    };
    rows.into_iter().map(read).collect()
}

/// What of an index both databases can tell.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    unique: bool,
    partial: bool,
    columns: Vec<String>,
}

impl Seen {
    fn of(index: &Index, dialect: Dialect) -> Self {
        let columns = match (dialect, &index.purpose) {
            // What it holds there are expressions, which PostgreSQL writes anew in its own way.
            (Dialect::Postgres, Purpose::Overlap(_)) => vec![String::new()],
            _ => index.columns.clone(),
        };
        Self { unique: index.purpose.is_unique(), partial: index.rows.is_some(), columns }
    }

    fn words(&self) -> String {
        let sort = if self.unique { "unique" } else { "plain" };
        let rows = if self.partial { "some" } else { "all" };
        format!("{sort} over `{}` of {rows} rows", self.columns.join("`, `"))
    }
}

struct Expected {
    table: String,
    columns: Vec<Column>,
    indexes: Vec<(String, Seen)>,
}

struct Column {
    name: String,
    ty: ColumnType,
    /// The database sees that it always holds something.
    holds: bool,
}

/// Each table with its columns and indexes, those of links among them.
fn expected(recorded: &Schema, dialect: Dialect) -> Vec<Expected> {
    let mut tables = Vec::new();
    for table in &recorded.tables {
        let columns = table.fields.iter().flat_map(|field| {
            let holds = ddl::always_holds(field);
            field.columns.iter().map(move |column| Column { name: column.name.clone(), ty: column.ty, holds })
        });
        let position = table.position.iter();
        let position = position.map(|name| Column { name: name.clone(), ty: ColumnType::Integer, holds: false });
        tables.push(Expected {
            table: table.name.clone(),
            columns: columns.chain(position).collect(),
            indexes: table.indexes.iter().map(|index| (index.name.clone(), Seen::of(index, dialect))).collect(),
        });
        for field in &table.fields {
            let Some(links) = &field.links else { continue };
            let column = |name: &str, ty| Column { name: name.to_owned(), ty, holds: true };
            let mut columns = vec![
                column(link::RECORD, ColumnType::Id),
                column(link::TARGET, ColumnType::Id),
                column(link::POSITION, ColumnType::Integer),
            ];
            if field.points_to_several() {
                columns.push(column(link::TARGET_KIND, ColumnType::Text));
            }
            let columns_of_index = vec![link::TARGET.to_owned(), link::RECORD.to_owned()];
            let index = Seen { unique: false, partial: false, columns: columns_of_index };
            tables.push(Expected { table: links.table.clone(), columns, indexes: vec![(links.index.clone(), index)] });
        }
    }
    tables
}

/// Whether a column that the database calls `found` is of a type.
pub(crate) fn is(ty: ColumnType, dialect: Dialect, found: &str) -> bool {
    match (dialect, ty) {
        (Dialect::Sqlite, ty) => found == ty.sql(dialect),
        (Dialect::Postgres, ColumnType::Time) => found == "time without time zone",
        (Dialect::Postgres, ColumnType::DateTime) => found == "timestamp with time zone",
        (Dialect::Postgres, ty) => found.eq_ignore_ascii_case(ty.sql(dialect)),
    }
}
