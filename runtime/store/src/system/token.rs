//! Tokens by which programs act for a user. The database knows the hash of a token only.

use std::sync::Arc;

use fichero_model::Id;
use jiff::Timestamp;

use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Tx};

/// A token, without itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its identity, by which it is listed and removed.
    pub id: Id,
    /// Whose it is.
    pub user: Id,
    /// What it is for, in its owner's words.
    pub name: Arc<str>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; nothing for one that does not end by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was used last; noted now and then, not each time.
    pub used_at: Option<Timestamp>,
}

macro_rules! select {
    ($rest:literal) => {
        Sql::new(concat!("SELECT id, account, name, created_at, expires_at, used_at FROM fichero_token ", $rest))
    };
}

const TYPES: [ColumnType; 6] = [
    ColumnType::Id,
    ColumnType::Id,
    ColumnType::Text,
    ColumnType::DateTime,
    ColumnType::DateTime,
    ColumnType::DateTime,
];

static ADD: Sql = Sql::new(
    "INSERT INTO fichero_token (id, token_hash, account, name, created_at, expires_at, used_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
);
static FIND: Sql = select!("WHERE token_hash = ?1 AND (expires_at IS NULL OR expires_at > ?2)");
static OF: Sql = select!("WHERE account = ?1 ORDER BY id");
static TOUCH: Sql = Sql::new("UPDATE fichero_token SET used_at = ?2 WHERE id = ?1");
static REMOVE_ALL: Sql = Sql::new("DELETE FROM fichero_token WHERE account = ?1");
static REMOVE: Sql = Sql::new("DELETE FROM fichero_token WHERE id = ?1");

/// Adds a token, by its hash.
///
/// # Errors
/// As the database says.
pub fn add(tx: &mut Tx, token: &Token, token_hash: &[u8]) -> Result<(), Error> {
    let parameters = [
        Cell::Id(token.id),
        token_hash.into(),
        Cell::Id(token.user),
        Cell::Text(Arc::clone(&token.name)),
        Cell::DateTime(token.created_at),
        Cell::or_null(token.expires_at, ColumnType::DateTime),
        Cell::or_null(token.used_at, ColumnType::DateTime),
    ];
    tx.execute(ADD.of(tx.dialect()), &parameters).map(drop)
}

/// The token of that hash, unless it has ended.
///
/// # Errors
/// As the database says.
pub fn find(tx: &mut Tx, token_hash: &[u8], now: Timestamp) -> Result<Option<Token>, Error> {
    let row = tx.query_one(FIND.of(tx.dialect()), &[token_hash.into(), Cell::DateTime(now)], &TYPES)?;
    row.map(read).transpose()
}

/// All tokens of a user, the oldest first.
///
/// # Errors
/// As the database says.
pub fn of(tx: &mut Tx, user: Id) -> Result<Vec<Token>, Error> {
    tx.query(OF.of(tx.dialect()), &[Cell::Id(user)], &TYPES)?.into_iter().map(read).collect()
}

/// Notes that a token was used.
///
/// # Errors
/// As the database says.
pub fn touch(tx: &mut Tx, id: Id, now: Timestamp) -> Result<(), Error> {
    tx.execute(TOUCH.of(tx.dialect()), &[Cell::Id(id), Cell::DateTime(now)]).map(drop)
}

/// Removes a token. Tells whether there was one.
///
/// # Errors
/// As the database says.
pub fn remove(tx: &mut Tx, id: Id) -> Result<bool, Error> {
    Ok(tx.execute(REMOVE.of(tx.dialect()), &[Cell::Id(id)])? > 0)
}

/// Removes all tokens of a user. Tells how many there were.
///
/// # Errors
/// As the database says.
pub fn remove_all(tx: &mut Tx, user: Id) -> Result<u64, Error> {
    tx.execute(REMOVE_ALL.of(tx.dialect()), &[Cell::Id(user)])
}

fn read(row: Vec<Cell>) -> Result<Token, Error> {
    let mut row = Cells::new(row);
    Ok(Token {
        id: row.id()?,
        user: row.id()?,
        name: row.text()?,
        created_at: row.datetime()?,
        expires_at: row.opt_datetime()?,
        used_at: row.opt_datetime()?,
    })
}
