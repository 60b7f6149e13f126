//! What a transaction of many records puts off: the rows that it adds, to be written many at once.
//!
//! Records that are made one after another each add a row to the same few tables. One by one, on PostgreSQL, each is a
//! round trip and a plan that is run for one row; gathered, the rows of each table are one part of one statement. Whatever
//! else the transaction runs, it runs behind what was gathered before, so nothing sees that a row came late. Only what is
//! wrong with a row is told late, when nobody knows any more which record it is of: whoever gathers is ready to do all of
//! it again, one by one ([`Tx::gather`]). References among the rows of a statement are seen to at its end, whatever their
//! order.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use fichero_model::Id;
use serde_json::Value as Json;

use super::{Held, Session, Tx};
use crate::{Cell, Constraint, Error};

/// So many rows of one table are written at once at most.
const MOST_ROWS: usize = 512;

/// So much of them is kept in memory at most, in bytes of texts and the like.
const MOST_BYTES: usize = 1 << 20;

/// So many rows go into one statement at most where they are not gathered.
const MOST_VALUES: usize = 64;

/// Where rows are added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Into {
    /// `INSERT INTO table (columns)`.
    head: Cow<'static, str>,
    /// What makes its rows of those that are given, in place of `{rows}`; nothing where they are taken as they are.
    made: &'static str,
}

impl Into {
    /// Into a table, in the order of the columns that `head` names: `INSERT INTO table (columns)`.
    pub(crate) const fn table(head: &'static str) -> Self {
        Self { head: Cow::Borrowed(head), made: "" }
    }

    /// The same with a text that was made.
    pub(crate) fn named(head: &str) -> Self {
        Self { head: Cow::Owned(head.to_owned()), made: "" }
    }

    /// Into a table by way of a query over the rows that are given, which stand for `{rows}` in it.
    pub(crate) const fn query(head: &'static str, made: &'static str) -> Self {
        Self { head: Cow::Borrowed(head), made }
    }

    fn written(&self, rows: &str) -> String {
        match self.made {
            "" => format!("{} {}", self.head, rows),
            made => format!("{} {}", self.head, made.replace("{rows}", &format!("({rows})"))),
        }
    }
}

/// Rows that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    parts: Vec<Part>,
    kept: Vec<Kept>,
    /// The records among them.
    records: HashSet<Id>,
    bytes: usize,
}

/// Those of one table, column by column.
#[derive(Debug)]
struct Part {
    into: Into,
    columns: Vec<Vec<Cell>>,
}

/// Records that the rows refer to and that must be living.
#[derive(Debug)]
struct Kept {
    /// Gives a row for each that is, and keeps it; their ids stand for `{those}`.
    query: String,
    ids: BTreeSet<Id>,
}

impl Gathered {
    fn add(&mut self, into: &Into, width: usize, cells: Vec<Cell>) {
        self.bytes += cells.iter().map(size).sum::<usize>();
        let at = self.parts.iter().position(|part| part.into == *into).unwrap_or_else(|| {
            self.parts.push(Part { into: into.clone(), columns: vec![Vec::new(); width] });
            self.parts.len() - 1
        });
        let Some(part) = self.parts.get_mut(at) else { return };
        for (at, cell) in cells.into_iter().enumerate() {
            if let Some(column) = part.columns.get_mut(at % width) {
                column.push(cell);
            }
        }
    }

    fn is_full(&self) -> bool {
        let rows = |part: &Part| part.columns.first().map_or(0, Vec::len);
        self.bytes >= MOST_BYTES || self.parts.iter().any(|part| rows(part) >= MOST_ROWS)
    }

    /// All of it as one statement, which gives how many of the records are living, and how many should be.
    fn written(self) -> Result<(Held, usize), Error> {
        let (mut held, mut wanted) = (Held::default(), 0);
        for Kept { query, ids } in self.kept {
            wanted += ids.len();
            let ids: Vec<Id> = ids.into_iter().collect();
            held.parameters.push(Cell::from(ids.as_slice()));
            held.keep(query.replace("{those}", &format!("= ANY(${})", held.parameters.len())));
        }
        for Part { into, columns } in self.parts {
            let first = held.parameters.len() + 1;
            for cells in columns {
                held.parameters.push(Cell::column(cells)?);
            }
            let signs: Vec<String> = (first..=held.parameters.len()).map(|number| format!("${number}")).collect();
            held.push(into.written(&format!("SELECT * FROM unnest({})", signs.join(", "))));
        }
        Ok((held, wanted))
    }
}

/// About how much memory a value takes beside its cell, in bytes.
fn size(cell: &Cell) -> usize {
    match cell {
        Cell::Text(text) => text.len(),
        Cell::Bytes(bytes) => bytes.len(),
        Cell::Json(json) => size_of_json(json),
        _ => 16,
    }
}

fn size_of_json(json: &Json) -> usize {
    16 + match json {
        Json::String(text) => text.len(),
        Json::Array(items) => items.iter().map(size_of_json).sum(),
        Json::Object(members) => members.iter().map(|(name, value)| name.len() + size_of_json(value)).sum(),
        Json::Null | Json::Bool(_) | Json::Number(_) => 0,
    }
}

impl Tx {
    /// From now on rows that are added wait for each other where that saves a round trip. When one of them cannot be
    /// added, the command fails at some later statement, and it is not known for which.
    pub fn gather(&mut self) {
        if matches!(self.session, Session::Postgres(_)) {
            self.late.gathered = Some(Gathered::default());
        }
    }

    /// Adds rows of `width` cells each to a table, on PostgreSQL: at the latest before the next statement, which may tell
    /// what is wrong with them.
    ///
    /// # Errors
    /// As the database says; the command is doomed then.
    pub(crate) fn add(&mut self, into: &Into, width: usize, cells: Vec<Cell>) -> Result<(), Error> {
        self.add_kept(into, width, cells, &[])
    }

    /// Adds a record that refers to others which are to be living and kept: with each the query that gives it a row, in
    /// which its id stands for `{those}`.
    ///
    /// # Errors
    /// As [`Tx::add`], and [`Error::Reference`] when one of them is not.
    pub(crate) fn add_record(
        &mut self,
        into: &Into,
        id: Id,
        cells: Vec<Cell>,
        kept: &[(&str, Id)],
    ) -> Result<(), Error> {
        // A statement does not see the rows that it adds.
        if kept.iter().any(|(_, id)| self.is_gathered(&[*id])) {
            self.settle()?;
        }
        self.add_kept(into, cells.len(), cells, kept)?;
        if let Some(gathered) = self.late.gathered.as_mut().filter(|gathered| !gathered.parts.is_empty()) {
            gathered.records.insert(id);
        }
        Ok(())
    }

    fn add_kept(&mut self, into: &Into, width: usize, cells: Vec<Cell>, kept: &[(&str, Id)]) -> Result<(), Error> {
        if cells.is_empty() {
            return Ok(());
        }
        if self.late.gathered.is_some() && self.late.held.is_some() {
            self.settle()?;
        }
        if let Some(gathered) = &mut self.late.gathered {
            self.writes += 1;
            for (query, id) in kept {
                match gathered.kept.iter_mut().find(|kept| kept.query == *query) {
                    Some(kept) => drop(kept.ids.insert(*id)),
                    None => gathered.kept.push(Kept { query: (*query).to_owned(), ids: BTreeSet::from([*id]) }),
                }
            }
            gathered.add(into, width, cells);
            return if gathered.is_full() { self.settle() } else { Ok(()) };
        }
        let mut rest = cells.as_slice();
        let mut kept = kept;
        while !rest.is_empty() {
            let (chunk, others) = rest.split_at(at_once(rest.len() / width) * width);
            let mut held = self.take_held();
            let behind = held.parameters.len();
            held.push(into.written(&values(behind, width, chunk.len() / width)));
            held.parameters.extend_from_slice(chunk);
            for (query, id) in std::mem::take(&mut kept) {
                held.parameters.push(Cell::Id(*id));
                held.keep(query.replace("{those}", &format!("= ${}", held.parameters.len())));
            }
            self.hold(held)?;
            rest = others;
        }
        Ok(())
    }

    /// Runs statements that neither read nor change anything of the rows that wait, which go on waiting.
    ///
    /// # Errors
    /// What `f` gives.
    pub(crate) fn beside<T>(&mut self, f: impl FnOnce(&mut Tx) -> Result<T, Error>) -> Result<T, Error> {
        let gathered = self.late.gathered.take();
        let result = f(self);
        self.late.gathered = gathered;
        result
    }

    /// Whether a record of one of these ids waits to be written.
    pub(crate) fn is_gathered(&self, ids: &[Id]) -> bool {
        self.late.gathered.as_ref().is_some_and(|gathered| ids.iter().any(|id| gathered.records.contains(id)))
    }

    /// Writes what was gathered.
    pub(super) fn write_gathered(&mut self) -> Result<(), Error> {
        let Some(gathered) = self.late.gathered.as_mut().filter(|gathered| !gathered.parts.is_empty()) else {
            return Ok(());
        };
        let (held, wanted) = std::mem::take(gathered).written()?;
        self.run_held(held, wanted)
    }
}

/// How many of so many rows, of which there is at least one, go into the next statement: a power of two, so that there
/// are few statements to prepare.
fn at_once(rows: usize) -> usize {
    1 << rows.clamp(1, MOST_VALUES).ilog2()
}

/// So many rows of `width` parameters each, which begin behind `behind` others.
fn values(behind: usize, width: usize, rows: usize) -> String {
    let mut sql = String::with_capacity(8 + rows * width * 6);
    sql.push_str("VALUES ");
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=width {
            sql.push_str(if column == 1 { "$" } else { ", $" });
            sql.push_str(&(behind + row * width + column).to_string());
        }
        sql.push(')');
    }
    sql
}

/// What is told where a record that must be living is not.
pub(super) fn gone() -> Error {
    let detail = "a record that was to be kept is gone".to_owned();
    Error::Reference(Constraint { detail, ..Constraint::default() })
}
