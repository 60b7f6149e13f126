//! Words in and out of the index.

use std::collections::BTreeSet;
use std::sync::Arc;

use fichero_model::Id;
use fichero_model::search::Terms;
use serde_json::{Value, json};

use crate::sql::{Sql, renumbered, written_for};
use crate::tx::Into;
use crate::{Cell, Cells, ColumnType, Dialect, Error, Tx};

// One that is there already is no harm, and what `complete` meets.
static ADD_WORDS: Sql = Sql::new(
    "INSERT INTO fichero_search_word (entity, word, beside, id) SELECT ?1, value, ?3, ?4 FROM json_each(?2) WHERE TRUE \
     ON CONFLICT DO NOTHING",
);
static DROP_WORD: Sql =
    Sql::new("DELETE FROM fichero_search_word WHERE entity = ?1 AND word = ?2 AND beside = ?3 AND id = ?4");
static SET: Sql = Sql::new(
    "INSERT INTO fichero_search (entity, id, titled, beside) VALUES (?1, ?2, ?3, ?4) \
     ON CONFLICT (entity, id) DO UPDATE SET titled = excluded.titled, beside = excluded.beside",
);
static DROP: Sql = Sql::new("DELETE FROM fichero_search WHERE entity = ?1 AND id = ?2");
static KEPT: Sql = Sql::each(
    "SELECT id, titled, beside FROM fichero_search_record WHERE entity = ?1 AND id IN #2",
    "SELECT id, titled, beside FROM fichero_search WHERE entity = ?1 AND id IN #2",
);

// Records whose words are not in the index yet.
static FRESH: Sql = Sql::new("SELECT count(*) FROM fichero_search_fresh");
static ADD_FRESH: Sql =
    Sql::new("INSERT INTO fichero_search_fresh (entity, id, titled, beside) VALUES (?1, ?2, ?3, ?4)");
static SET_FRESH: Sql =
    Sql::new("UPDATE fichero_search_fresh SET titled = ?3, beside = ?4 WHERE entity = ?1 AND id = ?2");
static DROP_FRESH: Sql = Sql::new("DELETE FROM fichero_search_fresh WHERE entity = ?1 AND id = ?2");
static SETTLE: [Sql; 3] = [
    // In the order of the index, so that each of its pages is written once.
    Sql::each(
        "INSERT INTO fichero_search_word (entity, word, beside, id) \
         SELECT entity, word, beside, id FROM fichero_search_fresh_word ORDER BY entity, word, beside, id DESC",
        "INSERT INTO fichero_search_word (entity, word, beside, id) \
         SELECT entity, word, FALSE, id FROM fichero_search_fresh, unnest(string_to_array(titled, ' ')) AS word \
         UNION ALL \
         SELECT entity, word, TRUE, id FROM fichero_search_fresh, unnest(string_to_array(beside, ' ')) AS word",
    ),
    Sql::new(
        "INSERT INTO fichero_search (entity, id, titled, beside) \
         SELECT entity, id, titled, beside FROM fichero_search_fresh",
    ),
    Sql::new("DELETE FROM fichero_search_fresh"),
];

/// How many records are fresh at most on SQLite. Each is one row more to read in a search; so many together write about
/// a tenth of the pages that they would write one by one.
const MOST_FRESH: i64 = 256;

/// The words of records, from what is kept of these.
static WORDS: Into = Into::query(
    "INSERT INTO fichero_search_word (entity, word, beside, id)",
    "SELECT entity, word, part.beside, id FROM {rows} AS given (entity, id, titled, beside), \
     LATERAL (VALUES (given.titled, FALSE), (given.beside, TRUE)) AS part (words, beside), \
     LATERAL unnest(string_to_array(part.words, ' ')) AS word",
);
static TERMS: Into = Into::table("INSERT INTO fichero_search (entity, id, titled, beside)");

/// Words as rows of a statement, from the parameter that holds records with theirs.
const GIVEN: &str = "SELECT (one->>0)::uuid AS id, word, FALSE AS beside \
     FROM jsonb_array_elements(?2) AS one, unnest(string_to_array(one->>1, ' ')) AS word \
     UNION ALL SELECT (one->>0)::uuid, word, TRUE \
     FROM jsonb_array_elements(?2) AS one, unnest(string_to_array(one->>2, ' ')) AS word";

/// Words as rows of a statement, from what is kept of records.
const HELD: &str = "SELECT id, word, FALSE AS beside \
     FROM fichero_search, unnest(string_to_array(titled, ' ')) AS word WHERE entity = ?1 AND id = ANY(?3) \
     UNION ALL SELECT id, word, TRUE \
     FROM fichero_search, unnest(string_to_array(beside, ' ')) AS word WHERE entity = ?1 AND id = ANY(?3)";

/// Adds the words of a record that was just made, by the physical table of its entity.
///
/// # Errors
/// As the database says.
pub fn add(tx: &mut Tx, entity: &Arc<str>, id: Id, terms: &Terms) -> Result<(), Error> {
    match tx.dialect() {
        Dialect::Sqlite if terms.is_empty() => Ok(()),
        Dialect::Sqlite => {
            settle_many(tx)?;
            tx.execute(ADD_FRESH.of(Dialect::Sqlite), &row(entity, id, terms)).map(drop)
        }
        Dialect::Postgres => {
            tx.add(&WORDS, 4, row(entity, id, terms).to_vec())?;
            tx.add(&TERMS, 4, row(entity, id, terms).to_vec())
        }
    }
}

/// Gives records other words than they have in the index; those without any leave it.
///
/// # Errors
/// As the database says.
pub fn change(tx: &mut Tx, entity: &Arc<str>, records: &[(Id, Terms)]) -> Result<(), Error> {
    let (gone, stay): (Vec<_>, Vec<_>) = records.iter().partition(|(_, terms)| terms.is_empty());
    remove(tx, entity, &gone.iter().map(|(id, _)| *id).collect::<Vec<_>>())?;
    if stay.is_empty() {
        return Ok(());
    }
    let ids: Vec<Id> = stay.iter().map(|(id, _)| *id).collect();
    match tx.dialect() {
        Dialect::Sqlite => {
            let before = kept(tx, entity, &ids)?;
            let none = Terms::default();
            stay.iter().try_for_each(|(id, terms)| {
                if tx.execute(SET_FRESH.of(Dialect::Sqlite), &row(entity, *id, terms))? == 1 {
                    return Ok(());
                }
                let before = before.iter().find(|(known, _)| known == id).map_or(&none, |(_, terms)| terms);
                replace(tx, entity, *id, before, terms)
            })
        }
        Dialect::Postgres => {
            let drop = format!(
                "DELETE FROM fichero_search_word AS known USING (({HELD}) EXCEPT ({GIVEN})) AS gone \
                 WHERE known.entity = ?1 AND known.word = gone.word AND known.beside = gone.beside AND known.id = gone.id"
            );
            let into = format!(
                "INSERT INTO fichero_search_word (entity, word, beside, id) \
                 SELECT ?1, word, beside, id FROM (({GIVEN}) EXCEPT ({HELD})) AS given ON CONFLICT DO NOTHING"
            );
            let set = "INSERT INTO fichero_search (entity, id, titled, beside) \
                 SELECT ?1, (one->>0)::uuid, one->>1, one->>2 FROM jsonb_array_elements(?2) AS one \
                 ON CONFLICT (entity, id) DO UPDATE SET titled = excluded.titled, beside = excluded.beside";
            let given = rows(stay.iter().map(|(id, terms)| (*id, terms)));
            let cells = [Cell::Text(Arc::clone(entity)), given, Cell::from(ids.as_slice())];
            hold(tx, &[&drop], &[&into, set], &cells)
        }
    }
}

/// Takes records out of the index.
///
/// # Errors
/// As the database says.
pub fn remove(tx: &mut Tx, entity: &Arc<str>, ids: &[Id]) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    match tx.dialect() {
        Dialect::Sqlite => kept(tx, entity, ids)?.into_iter().try_for_each(|(id, terms)| {
            if tx.execute(DROP_FRESH.of(Dialect::Sqlite), &[Cell::Text(Arc::clone(entity)), Cell::Id(id)])? == 1 {
                return Ok(());
            }
            replace(tx, entity, id, &terms, &Terms::default())?;
            tx.execute(DROP.of(Dialect::Sqlite), &[Cell::Text(Arc::clone(entity)), Cell::Id(id)]).map(drop)
        }),
        Dialect::Postgres => {
            let held = HELD.replace("?3", "?2");
            let words = format!(
                "DELETE FROM fichero_search_word AS known USING ({held}) AS gone \
                 WHERE known.entity = ?1 AND known.word = gone.word AND known.beside = gone.beside AND known.id = gone.id"
            );
            let records = "DELETE FROM fichero_search WHERE entity = ?1 AND id = ANY(?2)";
            hold(tx, &[&words, records], &[], &[Cell::Text(Arc::clone(entity)), Cell::from(ids)])
        }
    }
}

/// What the index holds of records.
///
/// # Errors
/// As the database says.
pub fn kept(tx: &mut Tx, entity: &Arc<str>, ids: &[Id]) -> Result<Vec<(Id, Terms)>, Error> {
    const TYPES: [ColumnType; 3] = [ColumnType::Id, ColumnType::Text, ColumnType::Text];
    let rows = tx.query(KEPT.of(tx.dialect()), &[Cell::Text(Arc::clone(entity)), Cell::from(ids)], &TYPES)?;
    let read = |row| {
        let mut row = Cells::new(row);
        Ok((row.id()?, Terms { titled: row.text()?.to_string(), beside: row.text()?.to_string() }))
    };
    rows.into_iter().map(read).collect()
}

/// Writes what is new of a record's words and takes away what is gone, on SQLite, where each is a call and no round trip.
fn replace(tx: &mut Tx, entity: &Arc<str>, id: Id, before: &Terms, after: &Terms) -> Result<(), Error> {
    if before == after {
        return Ok(());
    }
    let parts = [(&before.titled, &after.titled, false), (&before.beside, &after.beside, true)];
    for (before, after, beside) in parts {
        let (old, new) = (words(before), words(after));
        for word in old.difference(&new) {
            let cells = [Cell::Text(Arc::clone(entity)), Cell::text(word), Cell::Boolean(beside), Cell::Id(id)];
            tx.execute(DROP_WORD.of(Dialect::Sqlite), &cells)?;
        }
        let added: Vec<&str> = new.difference(&old).copied().collect();
        if !added.is_empty() {
            let added = Cell::text(&Value::from(added).to_string());
            let cells = [Cell::Text(Arc::clone(entity)), added, Cell::Boolean(beside), Cell::Id(id)];
            tx.execute(ADD_WORDS.of(Dialect::Sqlite), &cells)?;
        }
    }
    if after.is_empty() {
        return Ok(());
    }
    tx.execute(SET.of(Dialect::Sqlite), &row(entity, id, after)).map(drop)
}

/// Brings the words of the fresh records into the index when there are enough of them.
fn settle_many(tx: &mut Tx) -> Result<(), Error> {
    let count = tx.query_one(FRESH.of(tx.dialect()), &[], &[ColumnType::Integer])?;
    let are_enough = |row: Vec<Cell>| matches!(row.as_slice(), [Cell::Integer(count)] if *count >= MOST_FRESH);
    if count.is_some_and(are_enough) { settle(tx) } else { Ok(()) }
}

/// Brings the words of all records into the index that are still to go there.
///
/// # Errors
/// As the database says.
pub fn settle(tx: &mut Tx) -> Result<(), Error> {
    SETTLE.iter().try_for_each(|statement| tx.execute(statement.of(tx.dialect()), &[]).map(drop))
}

fn row(entity: &Arc<str>, id: Id, terms: &Terms) -> [Cell; 4] {
    [Cell::Text(Arc::clone(entity)), Cell::Id(id), Cell::text(&terms.titled), Cell::text(&terms.beside)]
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split(' ').filter(|word| !word.is_empty()).collect()
}

/// Records with their words as one parameter.
fn rows<'t>(records: impl IntoIterator<Item = (Id, &'t Terms)>) -> Cell {
    let row = |(id, terms): (Id, &Terms)| json!([id.to_string(), terms.titled, terms.beside]);
    Value::Array(records.into_iter().map(row).collect()).into()
}

/// Holds statements, to be run together with what is held already and with what comes next. `beside` may change no row.
fn hold(tx: &mut Tx, beside: &[&str], statements: &[&str], cells: &[Cell]) -> Result<(), Error> {
    let mut held = tx.take_held();
    let behind = held.parameters.len();
    let numbered = |statement: &str| {
        let text = written_for(Dialect::Postgres, statement);
        renumbered(Dialect::Postgres, &text, |number| Some(behind + number))
    };
    beside.iter().for_each(|statement| held.push_beside(numbered(statement)));
    statements.iter().for_each(|statement| held.push(numbered(statement)));
    held.parameters.extend(cells.iter().cloned());
    tx.hold(held)
}
