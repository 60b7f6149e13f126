//! Whether the rows of words are those that the rows of records tell of. They always are, unless somebody changed the
//! tables by hand.

use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::Id;
use fichero_model::search::Terms;

use super::write::{change, kept};
use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Tx};

/// A word of a record in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The word.
    pub word: Arc<str>,
    /// It stands beside the title.
    pub beside: bool,
    /// The record.
    pub id: Id,
}

// The first condition is where the index begins to be read; the second is what comes behind a place in its order.
static PLACES: Sql = Sql::new(
    "SELECT word, beside, id FROM fichero_search_word WHERE entity = ?1 AND word >= ?2 \
     AND (word > ?2 OR beside > ?3 OR (beside = ?3 AND id < ?4)) ORDER BY entity, word, beside, id DESC LIMIT 1000",
);
static THERE: Sql =
    Sql::new("SELECT 1 FROM fichero_search_word WHERE entity = ?1 AND word = ?2 AND beside = ?3 AND id = ?4");
static FORGET: Sql = Sql::new("DELETE FROM fichero_search WHERE entity = ?1 AND id = ?2");
static DROP: Sql =
    Sql::new("DELETE FROM fichero_search_word WHERE entity = ?1 AND word = ?2 AND beside = ?3 AND id = ?4");
static LACKING: Sql = Sql::each(
    "WITH RECURSIVE held (id, beside, word, rest) AS (\
       SELECT id, FALSE, '', titled || ' ' FROM fichero_search WHERE entity = ?1 AND id IN #2 \
       UNION ALL SELECT id, TRUE, '', beside || ' ' FROM fichero_search WHERE entity = ?1 AND id IN #2 \
       UNION ALL SELECT id, beside, substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1) \
         FROM held WHERE rest <> '') \
     SELECT DISTINCT held.id FROM held WHERE held.word <> '' AND NOT EXISTS (SELECT 1 FROM fichero_search_word AS known \
       WHERE known.entity = ?1 AND known.word = held.word AND known.beside = held.beside AND known.id = held.id)",
    "SELECT DISTINCT held.id FROM (\
       SELECT id, word, FALSE AS beside FROM fichero_search, unnest(string_to_array(titled, ' ')) AS word \
         WHERE entity = ?1 AND id IN #2 \
       UNION ALL SELECT id, word, TRUE FROM fichero_search, unnest(string_to_array(beside, ' ')) AS word \
         WHERE entity = ?1 AND id IN #2) AS held \
     WHERE NOT EXISTS (SELECT 1 FROM fichero_search_word AS known \
       WHERE known.entity = ?1 AND known.word = held.word AND known.beside = held.beside AND known.id = held.id)",
);

/// The next words of an entity in the order of the index.
///
/// # Errors
/// As the database says.
pub fn places_after(tx: &mut Tx, entity: &Arc<str>, after: Option<&Place>) -> Result<Vec<Place>, Error> {
    let first = Place { word: "".into(), beside: false, id: Id::from_bytes([0; 16]) };
    let types = [ColumnType::Text, ColumnType::Boolean, ColumnType::Id];
    let rows = tx.query(PLACES.of(tx.dialect()), &cells(entity, after.unwrap_or(&first)), &types)?;
    let read = |row| {
        let mut row = Cells::new(row);
        Ok(Place { word: row.text()?, beside: row.boolean()?, id: row.id()? })
    };
    rows.into_iter().map(read).collect()
}

/// The words among these that are none of their record's, or not there.
///
/// # Errors
/// As the database says.
pub fn strays(tx: &mut Tx, entity: &Arc<str>, places: Vec<Place>) -> Result<Vec<Place>, Error> {
    let mut ids: Vec<Id> = places.iter().map(|place| place.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let known: HashMap<Id, Terms> = kept(tx, entity, &ids)?.into_iter().collect();
    let has = |place: &Place| {
        let words = known.get(&place.id).map(|terms| if place.beside { &terms.beside } else { &terms.titled });
        words.is_some_and(|words| words.split(' ').any(|word| word == &*place.word))
    };
    Ok(places.into_iter().filter(|place| !has(place)).collect())
}

/// Whether a word is in the index.
///
/// # Errors
/// As the database says.
pub fn is_there(tx: &mut Tx, entity: &Arc<str>, place: &Place) -> Result<bool, Error> {
    let found = tx.query_one(THERE.of(tx.dialect()), &cells(entity, place), &[ColumnType::Integer])?;
    Ok(found.is_some())
}

/// Takes a word out of the index that is none of its record's.
///
/// # Errors
/// As the database says.
pub fn take_away(tx: &mut Tx, entity: &Arc<str>, place: &Place) -> Result<(), Error> {
    tx.execute(DROP.of(tx.dialect()), &cells(entity, place)).map(drop)
}

/// The records among these that lack one of their words.
///
/// # Errors
/// As the database says.
pub fn lacking(tx: &mut Tx, entity: &Arc<str>, ids: &[Id]) -> Result<Vec<Id>, Error> {
    let cells = [Cell::Text(Arc::clone(entity)), Cell::from(ids)];
    let rows = tx.query(LACKING.of(tx.dialect()), &cells, &[ColumnType::Id])?;
    rows.into_iter().map(|row| Cells::new(row).id()).collect()
}

/// Gives a record all of its words anew.
///
/// # Errors
/// As the database says.
pub fn complete(tx: &mut Tx, entity: &Arc<str>, record: Id) -> Result<(), Error> {
    let terms = kept(tx, entity, &[record])?;
    // What is put in must not be looked for in what was there.
    tx.execute(FORGET.of(tx.dialect()), &[Cell::Text(Arc::clone(entity)), Cell::Id(record)])?;
    change(tx, entity, &terms)
}

fn cells(entity: &Arc<str>, place: &Place) -> [Cell; 4] {
    let Place { word, beside, id } = place;
    [Cell::Text(Arc::clone(entity)), Cell::Text(Arc::clone(word)), Cell::Boolean(*beside), Cell::Id(*id)]
}
