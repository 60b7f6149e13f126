//! Which tables there are, with their columns: the runtime's own, read from the statements that make them, and those of
//! entities, as a schema has them.

use super::{Column, Table};
use crate::ColumnType;
use crate::schema::{Schema, link};
use crate::system::version::VERSIONS;

/// The runtime's tables whose rows mean something in one database alone.
const STAYS: [&str; 3] = ["fichero_meta", "fichero_session", "fichero_node"];

/// Whether a table is one of the runtime's own.
pub(super) fn is_own(name: &str) -> bool {
    name.starts_with("fichero_")
}

/// The runtime's own tables, in the order in which they are made.
pub(super) fn own() -> Vec<Table> {
    let mut tables = Vec::new();
    for version in VERSIONS {
        let mut is_for_postgres = false;
        let lines = version.lines().filter(|line| {
            is_for_postgres = match line.trim() {
                "-- postgres" => true,
                "-- end" => false,
                _ => is_for_postgres,
            };
            !is_for_postgres && !line.trim_start().starts_with("--")
        });
        lines.collect::<Vec<_>>().join(" ").split(';').for_each(|statement| learn(statement.trim(), &mut tables));
    }
    tables.retain(|table| !STAYS.contains(&table.name.as_str()));
    tables
}

/// Learns what a statement says of tables. Others than those that make a table or add a column say nothing.
fn learn(statement: &str, tables: &mut Vec<Table>) {
    if let Some((name, rest)) = statement.strip_prefix("CREATE TABLE ").and_then(|rest| rest.split_once('(')) {
        let mut table = Table { name: name.trim().to_owned(), columns: Vec::new(), key: Vec::new() };
        let inside = rest.rsplit_once(')').map_or(rest, |(inside, _)| inside);
        for part in parts(inside) {
            match part.strip_prefix("PRIMARY KEY (") {
                Some(key) => {
                    let columns = key.trim_end_matches(')').split(',');
                    table.key =
                        columns.filter_map(|column| column.split_whitespace().next()).map(str::to_owned).collect();
                }
                None => {
                    let Some(column) = column(part) else { continue };
                    if part.contains("PRIMARY KEY") {
                        table.key = vec![column.name.clone()];
                    }
                    table.columns.push(column);
                }
            }
        }
        tables.push(table);
    } else if let Some((name, rest)) =
        statement.strip_prefix("ALTER TABLE ").and_then(|rest| rest.split_once(" ADD COLUMN "))
        && let Some(table) = tables.iter_mut().find(|table| table.name == name.trim())
    {
        table.columns.extend(column(rest));
    }
}

/// What stands between the commas outside of brackets.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |sign| {
        depth += match sign {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        sign == ',' && depth == 0
    })
    .map(str::trim)
}

/// A column as its declaration names it: `at {time} NOT NULL`.
fn column(declared: &str) -> Option<Column> {
    let mut words = declared.split_whitespace();
    let (name, ty) = (words.next()?, words.next()?);
    let ty = match ty {
        "{boolean}" => ColumnType::Boolean,
        "{bytes}" => ColumnType::Bytes,
        "{id}" => ColumnType::Id,
        "{integer}" => ColumnType::Integer,
        "{json}" => ColumnType::Json,
        "{text}" => ColumnType::Text,
        "{time}" => ColumnType::DateTime,
        _ => return None,
    };
    Some(Column { name: name.to_owned(), ty })
}

/// The tables of entities, those that were retired among them, and behind them those of links.
pub(super) fn recorded(schema: &Schema) -> Vec<Table> {
    let column = |name: &str, ty| Column { name: name.to_owned(), ty };
    let entities = schema.tables.iter().map(|table| {
        let fields = table.fields.iter().flat_map(|field| &field.columns);
        let position = table.position.iter().map(|position| column(position, ColumnType::Integer));
        let columns = fields.map(|stored| column(&stored.name, stored.ty)).chain(position).collect();
        Table { name: table.name.clone(), columns, key: vec!["id".to_owned()] }
    });
    let fields = schema.tables.iter().flat_map(|table| &table.fields);
    let links = fields.filter_map(|field| {
        let kind = field.points_to_several().then(|| column(link::TARGET_KIND, ColumnType::Text));
        let columns = [
            column(link::RECORD, ColumnType::Id),
            column(link::TARGET, ColumnType::Id),
            column(link::POSITION, ColumnType::Integer),
        ];
        let key = vec![link::RECORD.to_owned(), link::TARGET.to_owned()];
        let name = field.links.as_ref()?.table.clone();
        Some(Table { name, columns: columns.into_iter().chain(kind).collect(), key })
    });
    entities.chain(links).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;
    use crate::schema::drift;
    use crate::{Db, Isolation, Options, Priority};

    #[test]
    fn the_statements_tell_all_tables_columns_and_keys() {
        for database in fichero_test_support::databases() {
            let db = Db::open(&Options::new(database.url())).unwrap();
            let there = db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, |tx| {
                crate::system::install(tx)?;
                drift::seen(tx)
            });
            let mut there = there.unwrap();
            there.retain(|(table, _, _)| is_own(table) && !STAYS.contains(&table.as_str()));
            let mut told = Vec::new();
            for table in own() {
                assert!(!table.key.is_empty(), "{} has a key", table.name);
                told.extend(table.columns.into_iter().map(|column| (table.name.clone(), column.name, column.ty)));
            }
            told.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
            let found: Vec<_> = there.iter().map(|(table, column, _)| format!("{table}.{column}")).collect();
            assert_eq!(told.iter().map(|(table, column, _)| format!("{table}.{column}")).collect::<Vec<_>>(), found);
            for ((table, column, ty), (_, _, found)) in told.iter().zip(&there) {
                assert!(drift::is(*ty, db.dialect(), found), "{table}.{column} is {ty:?}, not {found}");
            }
        }
    }
}
