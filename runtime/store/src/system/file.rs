//! Files: what is known of each, and the record it belongs to. Their bytes lie elsewhere, once for each hash.
//!
//! A row of a content is there before its bytes are, and is touched by everybody who is about to put them there; it goes
//! only when no file has it, when it was not touched for long, and together with the bytes. So a content whose row is
//! there and that a file has is always whole, whatever crashes in between.

use std::sync::Arc;

use fichero_model::Id;
use jiff::Timestamp;

use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Tx};

/// A file, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its identity.
    pub id: Id,
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub hash: Arc<str>,
    /// What it is called.
    pub name: Arc<str>,
    /// Its media type, as its bytes tell it.
    pub media: Arc<str>,
    /// How many bytes it has.
    pub size: i64,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// By whom; nothing for the system.
    pub created_by: Option<Id>,
    /// What it belongs to.
    pub owner: Option<Owner>,
}

/// What a file belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The physical table of the entity.
    pub entity: Arc<str>,
    /// The record.
    pub record: Id,
    /// The physical name of the field.
    pub field: Arc<str>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, hash, name, media, size, created_at, created_by, entity, record, field FROM fichero_file ",
            $rest
        )
    };
}

const TYPES: [ColumnType; 10] = [
    ColumnType::Id,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Integer,
    ColumnType::DateTime,
    ColumnType::Id,
    ColumnType::Text,
    ColumnType::Id,
    ColumnType::Text,
];

static TOUCH: Sql = Sql::new(
    "INSERT INTO fichero_content (hash, size, touched_at) VALUES (?1, ?2, ?3) \
     ON CONFLICT (hash) DO UPDATE SET touched_at = excluded.touched_at",
);
static ADD: Sql = Sql::new(
    "INSERT INTO fichero_file (id, hash, name, media, size, created_at, created_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
);
static MANY: Sql = Sql::new(select!("WHERE id IN #1 ORDER BY id"));
static AFTER: Sql = Sql::new(select!("WHERE ?1 IS NULL OR id > ?1 ORDER BY id LIMIT ?2"));
static OF_HASH: Sql = Sql::new(select!("WHERE hash = ?1 ORDER BY id"));
static CONTENTS: Sql = Sql::new("SELECT hash, size FROM fichero_content WHERE hash > ?1 ORDER BY hash LIMIT ?2");
static IS_CONTENT: Sql = Sql::new("SELECT hash FROM fichero_content WHERE hash = ?1");
static ATTACH: Sql =
    Sql::new("UPDATE fichero_file SET entity = ?2, record = ?3, field = ?4 WHERE id IN #1 AND record IS NULL");
static TOUCH_OF: Sql = Sql::new(
    "UPDATE fichero_content SET touched_at = ?2 \
     WHERE hash IN (SELECT hash FROM fichero_file WHERE record IN #1)",
);
static REMOVE_OF: Sql = Sql::new("DELETE FROM fichero_file WHERE record IN #1");
static REMOVE_LOOSE: Sql = Sql::new("DELETE FROM fichero_file WHERE record IS NULL AND created_at < ?1");
static UNUSED: Sql = Sql::new(
    "SELECT c.hash FROM fichero_content c WHERE c.touched_at < ?1 \
     AND NOT EXISTS (SELECT 1 FROM fichero_file f WHERE f.hash = c.hash) ORDER BY c.touched_at LIMIT ?2",
);
static FORGET: Sql = Sql::new(
    "DELETE FROM fichero_content WHERE hash = ?1 AND touched_at < ?2 \
     AND NOT EXISTS (SELECT 1 FROM fichero_file f WHERE f.hash = ?1)",
);

/// Says that somebody is about to put a content where contents are: nobody takes it away for long.
///
/// # Errors
/// As the database says.
pub fn touch(tx: &mut Tx, hash: &str, size: i64, now: Timestamp) -> Result<(), Error> {
    tx.execute(TOUCH.of(tx.dialect()), &[Cell::text(hash), Cell::Integer(size), Cell::DateTime(now)]).map(drop)
}

/// Adds a file that belongs to no record yet.
///
/// # Errors
/// As the database says.
pub fn add(tx: &mut Tx, file: &File) -> Result<(), Error> {
    let parameters = [
        Cell::Id(file.id),
        Cell::Text(Arc::clone(&file.hash)),
        Cell::Text(Arc::clone(&file.name)),
        Cell::Text(Arc::clone(&file.media)),
        Cell::Integer(file.size),
        Cell::DateTime(file.created_at),
        Cell::or_null(file.created_by, ColumnType::Id),
    ];
    tx.execute(ADD.of(tx.dialect()), &parameters).map(drop)
}

/// The files of these ids that there are, by id.
///
/// # Errors
/// As the database says.
pub fn many(tx: &mut Tx, ids: &[Id]) -> Result<Vec<File>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    tx.query(MANY.of(tx.dialect()), &[Cell::from(ids)], &TYPES)?.into_iter().map(read).collect()
}

/// The files that follow one, by id, at most `limit`.
///
/// # Errors
/// As the database says.
pub fn after(tx: &mut Tx, id: Option<Id>, limit: i64) -> Result<Vec<File>, Error> {
    let parameters = [Cell::or_null(id, ColumnType::Id), Cell::Integer(limit)];
    tx.query(AFTER.of(tx.dialect()), &parameters, &TYPES)?.into_iter().map(read).collect()
}

/// The files that hold a content, by id.
///
/// # Errors
/// As the database says.
pub fn of_hash(tx: &mut Tx, hash: &str) -> Result<Vec<File>, Error> {
    tx.query(OF_HASH.of(tx.dialect()), &[Cell::text(hash)], &TYPES)?.into_iter().map(read).collect()
}

/// The contents that follow a hash, in the order of hashes, at most `limit`: each with its size.
///
/// # Errors
/// As the database says.
pub fn contents(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<(Arc<str>, i64)>, Error> {
    let parameters = [Cell::text(after), Cell::Integer(limit)];
    let rows = tx.query(CONTENTS.of(tx.dialect()), &parameters, &[ColumnType::Text, ColumnType::Integer])?;
    let read = |row| {
        let mut row = Cells::new(row);
        Ok((row.text()?, row.integer()?))
    };
    rows.into_iter().map(read).collect()
}

/// Whether a content is to be where contents are.
///
/// # Errors
/// As the database says.
pub fn is_content(tx: &mut Tx, hash: &str) -> Result<bool, Error> {
    Ok(!tx.query(IS_CONTENT.of(tx.dialect()), &[Cell::text(hash)], &[ColumnType::Text])?.is_empty())
}

/// Gives files that belong to nothing to a record. Tells how many there were.
///
/// # Errors
/// As the database says.
pub fn attach(tx: &mut Tx, ids: &[Id], owner: &Owner) -> Result<u64, Error> {
    let parameters = [
        Cell::from(ids),
        Cell::Text(Arc::clone(&owner.entity)),
        Cell::Id(owner.record),
        Cell::Text(Arc::clone(&owner.field)),
    ];
    tx.execute(ATTACH.of(tx.dialect()), &parameters)
}

/// Removes all files of records. What they held stays for as long as what nobody needs does: a backup that is being made
/// still has the files. Tells how many there were.
///
/// # Errors
/// As the database says.
pub fn remove_of(tx: &mut Tx, records: &[Id], now: Timestamp) -> Result<u64, Error> {
    tx.execute(TOUCH_OF.of(tx.dialect()), &[Cell::from(records), Cell::DateTime(now)])?;
    tx.execute(REMOVE_OF.of(tx.dialect()), &[Cell::from(records)])
}

/// Removes files from before a moment that belong to nothing. Tells how many there were.
///
/// # Errors
/// As the database says.
pub fn remove_loose(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute(REMOVE_LOOSE.of(tx.dialect()), &[Cell::DateTime(before)])
}

/// Contents that no file has and that were not touched since a moment, at most `limit`.
///
/// # Errors
/// As the database says.
pub fn unused(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<Vec<Arc<str>>, Error> {
    let parameters = [Cell::DateTime(before), Cell::Integer(limit)];
    let rows = tx.query(UNUSED.of(tx.dialect()), &parameters, &[ColumnType::Text])?;
    rows.into_iter().map(|row| Cells::new(row).text()).collect()
}

/// Forgets a content if no file has it and it was not touched since. Whoever touches it now waits for the end of this
/// transaction, in which its bytes are to go.
///
/// # Errors
/// As the database says.
pub fn forget(tx: &mut Tx, hash: &str, before: Timestamp) -> Result<bool, Error> {
    Ok(tx.execute(FORGET.of(tx.dialect()), &[Cell::text(hash), Cell::DateTime(before)])? > 0)
}

fn read(row: Vec<Cell>) -> Result<File, Error> {
    let mut row = Cells::new(row);
    Ok(File {
        id: row.id()?,
        hash: row.text()?,
        name: row.text()?,
        media: row.text()?,
        size: row.integer()?,
        created_at: row.datetime()?,
        created_by: row.opt_id()?,
        owner: match (row.opt_text()?, row.opt_id()?, row.opt_text()?) {
            (Some(entity), Some(record), Some(field)) => Some(Owner { entity, record, field }),
            _ => None,
        },
    })
}
