//! Candidates: records that have a word that begins as asked, a bounded number of them.

use std::sync::Arc;

use fichero_model::Id;
use fichero_model::search::Terms;

use crate::sql::written_for;
use crate::{Cell, Cells, ColumnType, Dialect, Error, Tx};

/// Sorts behind every word that begins with what stands before it: no word holds it.
const LAST: char = char::MAX;

/// Counts stop here, one above the most records that are ever looked at.
pub const MOST_COUNTED: u32 = 2_049;

/// The words of an entity's records that begin in one of these ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The physical table.
    pub entity: Arc<str>,
    /// The beginnings.
    pub ways: Vec<Arc<str>>,
}

/// How many records of an entity are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All that have such a word, which are at most so many.
    All(u32),
    /// So many of them, those first whose word is the beginning itself; and the newest of all records, as many.
    Some(u32),
}

/// How many places a range has, one for each word of a record, at most `MOST_COUNTED` for each of its ways: with one
/// statement for all of them.
///
/// # Errors
/// As the database says.
pub fn places(tx: &mut Tx, ranges: &[Range]) -> Result<Vec<u32>, Error> {
    let mut counts = vec![0; ranges.len()];
    let mut cells = Vec::new();
    let mut rows = Vec::new();
    for (at, range) in ranges.iter().enumerate() {
        for way in &range.ways {
            let first = cells.len() + 1;
            cells.extend([
                Cell::Integer(i64::try_from(at).unwrap_or(i64::MAX)),
                Cell::Text(Arc::clone(&range.entity)),
                Cell::Text(Arc::clone(way)),
                Cell::text(&format!("{way}{LAST}")),
            ]);
            rows.push(format!("(?{first}, ?{}, ?{}, ?{})", first + 1, first + 2, first + 3));
        }
    }
    if rows.is_empty() {
        return Ok(counts);
    }
    let dialect = tx.dialect();
    let with = match dialect {
        Dialect::Sqlite => "WITH fresh AS MATERIALIZED (SELECT * FROM fichero_search_fresh_word) ",
        Dialect::Postgres => "",
    };
    let asked = "known.entity = asked.column2 AND known.word >= asked.column3 AND known.word < asked.column4";
    let count = count(dialect, asked);
    let sql = format!("{with}SELECT asked.column1, {count} FROM (VALUES {}) AS asked", rows.join(", "));
    let counted = tx.query(&written_for(dialect, &sql), &cells, &[ColumnType::Integer, ColumnType::Integer])?;
    for row in counted {
        let mut row = Cells::new(row);
        let (at, count) = (row.integer()?, row.integer()?);
        if let Some(known) = usize::try_from(at).ok().and_then(|at| counts.get_mut(at)) {
            *known += u32::try_from(count).unwrap_or(u32::MAX);
        }
    }
    Ok(counts)
}

/// Records of a range with all their words, in no order, some perhaps more than once. Which they are depends on what the
/// index holds and on nothing else, so it is the same on both databases.
///
/// # Errors
/// As the database says.
pub fn found(tx: &mut Tx, range: &Range, reach: Reach) -> Result<Vec<(Id, Terms)>, Error> {
    const TYPES: [ColumnType; 3] = [ColumnType::Id, ColumnType::Text, ColumnType::Text];
    let (limit, newest) = match reach {
        Reach::All(limit) => (limit, false),
        Reach::Some(limit) => (limit, true),
    };
    let dialect = tx.dialect();
    let mut cells = vec![Cell::Text(Arc::clone(&range.entity))];
    let mut parts = Vec::new();
    for way in &range.ways {
        cells.extend([Cell::Text(Arc::clone(way)), Cell::text(&format!("{way}{LAST}"))]);
        let last = cells.len();
        let places = first(dialect, &format!("entity = ?1 AND word >= ?{} AND word < ?{last}", last - 1), limit);
        parts.push(match dialect {
            Dialect::Sqlite => format!(
                "SELECT * FROM (WITH place AS MATERIALIZED ({places}) \
                 SELECT id, titled, beside FROM fichero_search WHERE entity = ?1 AND id IN (SELECT id FROM place) UNION ALL \
                 SELECT id, titled, beside FROM fichero_search_fresh WHERE entity = ?1 AND id IN (SELECT id FROM place))"
            ),
            Dialect::Postgres => {
                format!("SELECT id, titled, beside FROM fichero_search WHERE entity = ?1 AND id IN ({places})")
            }
        });
    }
    if newest {
        parts.push(last(dialect, limit));
    }
    let rows = tx.query(&written_for(dialect, &parts.join(" UNION ALL ")), &cells, &TYPES)?;
    let read = |row| {
        let mut row = Cells::new(row);
        Ok((row.id()?, Terms { titled: row.text()?.to_string(), beside: row.text()?.to_string() }))
    };
    rows.into_iter().map(read).collect()
}

/// How many places there are where `condition` holds, of `known`, at most `MOST_COUNTED`; on SQLite `fresh` are the words
/// that are not in the index yet.
fn count(dialect: Dialect, condition: &str) -> String {
    let indexed = format!(
        "(SELECT count(*) FROM (SELECT 1 FROM fichero_search_word AS known WHERE {condition} LIMIT {MOST_COUNTED}) AS first)"
    );
    match dialect {
        Dialect::Sqlite => {
            format!("min({MOST_COUNTED}, {indexed} + (SELECT count(*) FROM fresh AS known WHERE {condition}))")
        }
        Dialect::Postgres => indexed,
    }
}

/// The records of the first places where `condition` holds.
fn first(dialect: Dialect, condition: &str, limit: u32) -> String {
    const ORDER: &str = "ORDER BY entity, word, beside, id DESC";
    match dialect {
        Dialect::Sqlite => format!(
            "SELECT id FROM (\
               SELECT * FROM (SELECT entity, word, beside, id FROM fichero_search_word WHERE {condition} {ORDER} LIMIT {limit}) \
               UNION ALL SELECT entity, word, beside, id FROM fichero_search_fresh_word WHERE {condition}) \
             {ORDER} LIMIT {limit}"
        ),
        Dialect::Postgres => format!("SELECT id FROM fichero_search_word WHERE {condition} {ORDER} LIMIT {limit}"),
    }
}

/// The newest records with their words.
fn last(dialect: Dialect, limit: u32) -> String {
    let indexed = format!(
        "SELECT id, titled, beside FROM (SELECT id, titled, beside FROM fichero_search WHERE entity = ?1 \
         ORDER BY entity DESC, id DESC LIMIT {limit}) AS newest"
    );
    match dialect {
        Dialect::Sqlite => format!(
            "SELECT * FROM ({indexed} UNION ALL SELECT id, titled, beside FROM fichero_search_fresh WHERE entity = ?1 \
             ORDER BY id DESC LIMIT {limit})"
        ),
        Dialect::Postgres => indexed,
    }
}
