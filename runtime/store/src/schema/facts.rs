//! What a plan must know of the rows that are there: how many, and which of them are alike.

use fichero_model::Id;

use super::index::{Index, Purpose};
use super::{Table, ddl, overlap};
use crate::schema::ddl::quoted;
use crate::sql::written_for;
use crate::{Cell, Cells, ColumnType, Error, Tx};

/// How many groups of alike records are told of.
const GROUPS: usize = 10;

/// How many records of a group are named.
const NAMED: usize = 5;

/// How many rows are read at a time.
const BATCH: usize = 1_000;

/// Tells of rows.
pub trait Facts {
    /// How many rows a table has for which `condition` (in the SQL of the database) holds.
    ///
    /// # Errors
    /// As the database says.
    fn count(&mut self, table: &str, condition: &str) -> Result<u64, Error>;

    /// Groups of records that would break a unique index, the largest first, at most 10: as they are once options are
    /// `renamed`.
    ///
    /// # Errors
    /// As the database says.
    fn alike(&mut self, table: &Table, index: &Index, renamed: &[&Renamed]) -> Result<Vec<Alike>, Error>;

    /// Tells each text that a column of records holds.
    ///
    /// # Errors
    /// As the database says.
    fn each_text(&mut self, table: &str, column: &str, tell: &mut dyn FnMut(&str)) -> Result<(), Error>;
}

/// An option that another one takes over, in the column that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The column.
    pub column: String,
    /// What it holds now.
    pub was: String,
    /// What it will hold.
    pub now: String,
}

/// Records that a unique index would not let stand beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// The values they share, in the order of the index's columns; texts by their folded key.
    pub values: Vec<String>,
    /// They share these values only at overlapping times.
    pub overlapping: bool,
    /// How many there are.
    pub count: u64,
    /// The first of them, at most 5.
    pub records: Vec<Id>,
}

/// A database without records.
#[derive(Clone, Copy, Debug, Default)]
pub struct Empty;

impl Facts for Empty {
    fn count(&mut self, _table: &str, _condition: &str) -> Result<u64, Error> {
        Ok(0)
    }

    fn alike(&mut self, _table: &Table, _index: &Index, _renamed: &[&Renamed]) -> Result<Vec<Alike>, Error> {
        Ok(Vec::new())
    }

    fn each_text(&mut self, _table: &str, _column: &str, _tell: &mut dyn FnMut(&str)) -> Result<(), Error> {
        Ok(())
    }
}

impl Facts for Tx {
    fn count(&mut self, table: &str, condition: &str) -> Result<u64, Error> {
        let sql = format!("SELECT count(*) FROM {} WHERE {condition}", quoted(table));
        let row = self.query_one(&sql, &[], &[ColumnType::Integer])?;
        let count = Cells::new(row.unwrap_or_default()).integer()?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    fn alike(&mut self, table: &Table, index: &Index, renamed: &[&Renamed]) -> Result<Vec<Alike>, Error> {
        let overlapping = matches!(index.purpose, Purpose::Overlap(_));
        let shared = index.columns.iter().take(index.columns.len() - if overlapping { 2 } else { 0 });
        let types: Vec<ColumnType> = shared.clone().map(|column| type_of(table, column)).collect();
        let columns: Vec<String> = shared.map(|column| quoted(column)).collect();
        let present = columns.iter().map(|column| format!("{column} IS NOT NULL"));
        let rows = index.rows.as_ref().map(|rows| format!("({})", rows.of(self.dialect())));
        let rows = present.chain(rows).collect::<Vec<_>>().join(" AND ");
        let list = columns.join(", ");
        let mut from = rows_of(table, index, renamed);
        let mut rows = rows;
        if overlapping && let Some(found) = overlap::overlapping(table, index, &from, &rows, self.dialect()) {
            (from, rows) = (found, "TRUE".to_owned());
        }
        let sql = format!(
            "SELECT {list}, count(*) FROM {from} WHERE {rows} GROUP BY {list} HAVING count(*) > 1 \
             ORDER BY count(*) DESC, {list} LIMIT {GROUPS}"
        );
        let with_count: Vec<ColumnType> = types.iter().copied().chain([ColumnType::Integer]).collect();
        let groups = self.query(&sql, &[], &with_count)?;
        let mut alike = Vec::with_capacity(groups.len());
        for mut values in groups {
            let count = Cells::new(values.pop().into_iter().collect()).integer()?;
            let same = columns.iter().enumerate().map(|(at, column)| format!("{column} = ?{}", at + 1));
            let same = same.collect::<Vec<_>>().join(" AND ");
            let sql = format!("SELECT \"id\" FROM {from} WHERE {rows} AND {same} ORDER BY \"id\" LIMIT {NAMED}");
            let found = self.query(&written_for(self.dialect(), &sql), &values, &[ColumnType::Id])?;
            let records = found.into_iter().map(|row| Cells::new(row).id()).collect::<Result<_, _>>()?;
            let values = values.iter().map(in_words).collect();
            alike.push(Alike { values, overlapping, count: u64::try_from(count).unwrap_or(0), records });
        }
        Ok(alike)
    }

    fn each_text(&mut self, table: &str, column: &str, tell: &mut dyn FnMut(&str)) -> Result<(), Error> {
        let (table, column) = (quoted(table), quoted(column));
        let sql = format!(
            "SELECT \"id\", {column} FROM {table} WHERE \"id\" > ?1 AND {column} IS NOT NULL ORDER BY \"id\" LIMIT {BATCH}"
        );
        let sql = written_for(self.dialect(), &sql);
        let mut after = Id::from_bytes([0; 16]);
        loop {
            let rows = self.query(&sql, &[Cell::Id(after)], &[ColumnType::Id, ColumnType::Text])?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in rows {
                let mut row = Cells::new(row);
                after = row.id()?;
                tell(&row.text()?);
            }
        }
    }
}

/// The rows of a table as an index will find them: what it looks at, with the options that they will have.
fn rows_of(table: &Table, index: &Index, renamed: &[&Renamed]) -> String {
    if renamed.is_empty() {
        return quoted(&table.name);
    }
    let of_column = |column: &str| {
        let name = quoted(column);
        let cases = renamed.iter().filter(|one| one.column == column);
        let cases = cases.map(|one| format!(" WHEN {} THEN {}", ddl::literal(&one.was), ddl::literal(&one.now)));
        match cases.collect::<String>() {
            cases if cases.is_empty() => name,
            cases => format!("CASE {name}{cases} ELSE {name} END AS {name}"),
        }
    };
    let mut columns = index.looks_at();
    columns.insert("id");
    let columns: Vec<String> = columns.into_iter().map(of_column).collect();
    format!("(SELECT {} FROM {}) AS fichero_rows", columns.join(", "), quoted(&table.name))
}

fn type_of(table: &Table, column: &str) -> ColumnType {
    let columns = table.fields.iter().flat_map(|field| &field.columns);
    columns.into_iter().find(|known| known.name == column).map_or(ColumnType::Text, |known| known.ty)
}

fn in_words(cell: &Cell) -> String {
    match cell {
        Cell::Null(_) => "()".to_owned(),
        Cell::Boolean(value) => value.to_string(),
        Cell::Integer(value) => value.to_string(),
        Cell::Text(value) => ddl::literal(value),
        Cell::Bytes(value) => format!("{} bytes", value.len()),
        Cell::Id(value) => value.to_string(),
        Cell::Date(value) => value.to_string(),
        Cell::Time(value) => value.to_string(),
        Cell::DateTime(value) => value.to_string(),
        Cell::Json(value) => value.to_string(),
        Cell::Ids(value) => format!("{value:?}"),
        Cell::Integers(value) => format!("{value:?}"),
        Cell::DateTimes(value) => format!("{value:?}"),
        Cell::Column(_, value) => format!("{value:?}"),
    }
}
