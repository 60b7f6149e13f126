//! Model to tables, rows in and rows out, on SQLite and PostgreSQL alike.
//!
//! Owns: connections and transactions ([`Db`], [`Tx`]), how a record lies in its table ([`Layout`]), questions about
//! records ([`query`]), expressions as SQL (`lower`), the schema and its migrations ([`schema`]), and the runtime's
//! own tables ([`system`]). SQL text is born in this crate only, and never asks the database for the time or for
//! chance.
//!
//! It knows nothing of YAML, HTTP, rights or rules. What is stored is what it was given; a value that a column cannot
//! keep exactly is an error, and so is a stored value that its declared type cannot be read from.

mod cell;
mod db;
mod error;
mod layout;
mod lower;
pub mod query;
pub mod schema;
pub mod scratch;
pub mod snapshot;
pub mod sql;
pub mod statistics;
pub mod system;
#[cfg(test)]
mod testing;
mod tx;

pub use cell::{Cell, Cells, ColumnType};
pub use db::{Db, Dialect, Event, Events, Isolation, Options, Priority, SqliteSync};
pub use error::{Constraint, Error};
pub use layout::{Layout, Lock, Record};
pub use tx::Tx;
