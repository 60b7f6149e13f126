//! What the planner knows of how rows are spread.
//!
//! PostgreSQL gathers it by itself, within a minute of when many rows have changed. Until then it guesses, and where a
//! tenth of 100,000 rows is asked for it guesses far too few: their list, which the index gives in its order, is sorted
//! instead, and takes 12 ms for 0.4. So whoever writes many rows at once has it gathered. SQLite chooses by its indexes
//! alone, and so always in the same way: nothing is gathered there.

use crate::schema::quoted;
use crate::{Dialect, Error, Tx};

/// The runtime's own tables that grow with each record.
pub const GROWING: [&str; 4] = ["fichero_change", "fichero_change_body", "fichero_search", "fichero_search_word"];

/// Gathers it for physical tables.
///
/// # Errors
/// As the database says.
pub fn refresh<'t>(tx: &mut Tx, tables: impl IntoIterator<Item = &'t str>) -> Result<(), Error> {
    match tx.dialect() {
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => {
            let tables: Vec<_> = tables.into_iter().map(quoted).collect();
            tx.execute(&format!("ANALYZE {}", tables.join(", ")), &[]).map(drop)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::sync::Arc;

    use fichero_model::fixture::{Builder, text};

    use super::*;
    use crate::testing::Deployed;
    use crate::{Cell, ColumnType, Isolation, Priority};

    #[test]
    fn the_planner_knows_of_rows_as_soon_as_they_are_written() {
        for world in Deployed::each(&Arc::new(Builder::new().entity("visit", [text("note")]).build())) {
            let known = |tx: &mut Tx| {
                let sql = "SELECT reltuples::bigint FROM pg_class WHERE oid = 'fichero_job_many'::regclass";
                tx.query(sql, &[], &[ColumnType::Integer])
            };
            let write = move |tx: &mut Tx| {
                tx.script("CREATE TABLE fichero_job_many (n BIGINT)")?;
                tx.script("INSERT INTO fichero_job_many SELECT 7 FROM generate_series(1, 3000)")?;
                assert_ne!(known(tx)?, [[Cell::Integer(3000)]], "so the test would see no difference");
                refresh(tx, ["fichero_job_many"].into_iter().chain(GROWING))?;
                known(tx)
            };
            match world.db.dialect() {
                Dialect::Postgres => {
                    let rows = world.db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, write).unwrap();
                    assert_eq!(rows, [[Cell::Integer(3000)]]);
                }
                Dialect::Sqlite => {
                    let all = |tx: &mut Tx| refresh(tx, GROWING);
                    world.db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, all).unwrap();
                }
            }
        }
    }
}
