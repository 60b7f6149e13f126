//! Single values that all nodes of a workspace share, such as the key that seals cursors.

use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Tx};

/// The value of a key; `fresh` becomes it when there is none yet. Two nodes that start at once agree on one.
///
/// # Errors
/// As the database says.
pub fn get_or_put(tx: &mut Tx, key: &str, fresh: &str) -> Result<String, Error> {
    static PUT: Sql = Sql::new("INSERT INTO fichero_meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING");
    static GET: Sql = Sql::new("SELECT value FROM fichero_meta WHERE key = ?1");
    tx.execute(PUT.of(tx.dialect()), &[Cell::text(key), Cell::text(fresh)])?;
    let row = tx.query_one(GET.of(tx.dialect()), &[Cell::text(key)], &[ColumnType::Text])?;
    Ok(Cells::new(row.unwrap_or_default()).text()?.to_string())
}
