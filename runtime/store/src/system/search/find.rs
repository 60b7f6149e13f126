//! Candidates: records that have a word that begins as asked, a bounded number of them.

use std::sync::Arc;

use fichero_model::Id;
use fichero_model::search::Terms;

use crate::sql::written_for;
use crate::{Cell, Cells, ColumnType, Error, Tx};

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
    let sql = format!(
        "SELECT asked.column1, (SELECT count(*) FROM (SELECT 1 FROM fichero_search_word AS known \
         WHERE known.entity = asked.column2 AND known.word >= asked.column3 AND known.word < asked.column4 \
         LIMIT {MOST_COUNTED}) AS first) FROM (VALUES {}) AS asked",
        rows.join(", ")
    );
    let counted = tx.query(&written_for(tx.dialect(), &sql), &cells, &[ColumnType::Integer, ColumnType::Integer])?;
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
    let mut cells = vec![Cell::Text(Arc::clone(&range.entity))];
    let mut parts = Vec::new();
    for way in &range.ways {
        cells.extend([Cell::Text(Arc::clone(way)), Cell::text(&format!("{way}{LAST}"))]);
        let last = cells.len();
        parts.push(format!(
            "SELECT id, titled, beside FROM fichero_search WHERE entity = ?1 AND id IN \
             (SELECT id FROM fichero_search_word WHERE entity = ?1 AND word >= ?{} AND word < ?{last} \
             ORDER BY entity, word, beside, id DESC LIMIT {limit})",
            last - 1
        ));
    }
    if newest {
        parts.push(format!(
            "SELECT id, titled, beside FROM (SELECT id, titled, beside FROM fichero_search WHERE entity = ?1 \
             ORDER BY entity DESC, id DESC LIMIT {limit}) AS newest"
        ));
    }
    let rows = tx.query(&written_for(tx.dialect(), &parts.join(" UNION ALL ")), &cells, &TYPES)?;
    let read = |row| {
        let mut row = Cells::new(row);
        Ok((row.id()?, Terms { titled: row.text()?.to_string(), beside: row.text()?.to_string() }))
    };
    rows.into_iter().map(read).collect()
}
