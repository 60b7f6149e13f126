//! Sessions of people in browsers. The database knows the hash of a session's token only.

use std::sync::Arc;

use fichero_model::Id;
use jiff::Timestamp;

use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Tx};

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The hash of its token.
    pub token_hash: Arc<[u8]>,
    /// Whose it is.
    pub user: Id,
    /// The secret that its forms carry.
    pub csrf: Arc<[u8]>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was used last; noted now and then, not each time.
    pub seen_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

static ADD: Sql = Sql::new(
    "INSERT INTO fichero_session (token_hash, account, csrf, created_at, seen_at, expires_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
);
static FIND: Sql = Sql::new(
    "SELECT token_hash, account, csrf, created_at, seen_at, expires_at FROM fichero_session \
     WHERE token_hash = ?1 AND expires_at > ?2",
);
static TOUCH: Sql = Sql::new("UPDATE fichero_session SET seen_at = ?2, expires_at = ?3 WHERE token_hash = ?1");
static END: Sql = Sql::new("DELETE FROM fichero_session WHERE token_hash = ?1");
static END_ALL: Sql = Sql::new("DELETE FROM fichero_session WHERE account = ?1");
static EXPIRE: Sql = Sql::new("DELETE FROM fichero_session WHERE expires_at <= ?1");

/// Begins a session.
///
/// # Errors
/// As the database says.
pub fn add(tx: &mut Tx, session: &Session) -> Result<(), Error> {
    let parameters = [
        Cell::Bytes(Arc::clone(&session.token_hash)),
        Cell::Id(session.user),
        Cell::Bytes(Arc::clone(&session.csrf)),
        Cell::DateTime(session.created_at),
        Cell::DateTime(session.seen_at),
        Cell::DateTime(session.expires_at),
    ];
    tx.execute(ADD.of(tx.dialect()), &parameters).map(drop)
}

/// The session of a token, by the token's hash, unless it has ended.
///
/// # Errors
/// As the database says.
pub fn find(tx: &mut Tx, token_hash: &[u8], now: Timestamp) -> Result<Option<Session>, Error> {
    const TYPES: [ColumnType; 6] = [
        ColumnType::Bytes,
        ColumnType::Id,
        ColumnType::Bytes,
        ColumnType::DateTime,
        ColumnType::DateTime,
        ColumnType::DateTime,
    ];
    let row = tx.query_one(FIND.of(tx.dialect()), &[token_hash.into(), Cell::DateTime(now)], &TYPES)?;
    let read = |row| {
        let mut row = Cells::new(row);
        Ok(Session {
            token_hash: row.bytes()?,
            user: row.id()?,
            csrf: row.bytes()?,
            created_at: row.datetime()?,
            seen_at: row.datetime()?,
            expires_at: row.datetime()?,
        })
    };
    row.map(read).transpose()
}

/// Notes that a session was used, and puts its end off.
///
/// # Errors
/// As the database says.
pub fn touch(tx: &mut Tx, token_hash: &[u8], now: Timestamp, expires_at: Timestamp) -> Result<(), Error> {
    let parameters = [token_hash.into(), Cell::DateTime(now), Cell::DateTime(expires_at)];
    tx.execute(TOUCH.of(tx.dialect()), &parameters).map(drop)
}

/// Ends a session.
///
/// # Errors
/// As the database says.
pub fn end(tx: &mut Tx, token_hash: &[u8]) -> Result<(), Error> {
    tx.execute(END.of(tx.dialect()), &[token_hash.into()]).map(drop)
}

/// Ends all sessions of a user. Tells how many there were.
///
/// # Errors
/// As the database says.
pub fn end_all(tx: &mut Tx, user: Id) -> Result<u64, Error> {
    tx.execute(END_ALL.of(tx.dialect()), &[Cell::Id(user)])
}

/// Removes sessions that have ended by themselves. Tells how many there were.
///
/// # Errors
/// As the database says.
pub fn expire(tx: &mut Tx, now: Timestamp) -> Result<u64, Error> {
    tx.execute(EXPIRE.of(tx.dialect()), &[Cell::DateTime(now)])
}
