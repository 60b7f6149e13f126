//! Password hashes of people, apart from their records: no list, export or log of records can hold them.

use std::sync::Arc;

use fichero_model::Id;
use jiff::Timestamp;

use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Tx};

static SET: Sql = Sql::new(
    "INSERT INTO fichero_password (account, hash, changed_at) VALUES (?1, ?2, ?3) \
     ON CONFLICT (account) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at",
);
static OF: Sql = Sql::new("SELECT hash FROM fichero_password WHERE account = ?1");
static REMOVE: Sql = Sql::new("DELETE FROM fichero_password WHERE account = ?1");

/// Gives a user a password, by its hash (a PHC string, which holds its own salt and cost).
///
/// # Errors
/// As the database says.
pub fn set(tx: &mut Tx, user: Id, hash: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute(SET.of(tx.dialect()), &[Cell::Id(user), Cell::text(hash), Cell::DateTime(now)]).map(drop)
}

/// The hash of a user's password; nothing for one who cannot log in with a password.
///
/// # Errors
/// As the database says.
pub fn of(tx: &mut Tx, user: Id) -> Result<Option<Arc<str>>, Error> {
    let row = tx.query_one(OF.of(tx.dialect()), &[Cell::Id(user)], &[ColumnType::Text])?;
    row.map(|row| Cells::new(row).text()).transpose()
}

/// Takes a user's password away.
///
/// # Errors
/// As the database says.
pub fn remove(tx: &mut Tx, user: Id) -> Result<(), Error> {
    tx.execute(REMOVE.of(tx.dialect()), &[Cell::Id(user)]).map(drop)
}

/// Whether anybody has a password.
///
/// # Errors
/// As the database says.
pub fn anybody(tx: &mut Tx) -> Result<bool, Error> {
    static ANYBODY: Sql = Sql::new("SELECT account FROM fichero_password LIMIT 1");
    Ok(tx.query_one(ANYBODY.of(tx.dialect()), &[], &[ColumnType::Id])?.is_some())
}
