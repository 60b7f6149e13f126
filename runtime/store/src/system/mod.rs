//! The runtime's own tables, all named `fichero_…`: logs, jobs, messages, sessions, and what else the runtime keeps.
//!
//! Each module is a few typed functions over [`Tx`](crate::Tx). Moments, ids and randomness are passed in. Where a
//! table says which entity or field something is about, it holds the physical name, which no rename changes.
//!
//! The tables are made and changed by [`version::install`], from a list of frozen statements: what has been released
//! is never edited, only added to.

pub mod change;
pub mod data_row;
pub mod duplicate;
pub mod file;
pub mod idempotency;
pub mod import;
pub mod import_order;
pub mod job;
pub mod login;
pub mod meta;
pub mod node;
pub mod outbox;
pub mod password;
pub mod search;
pub mod sequence;
pub mod session;
pub mod stage;
pub mod token;
pub mod version;

pub use version::install;
