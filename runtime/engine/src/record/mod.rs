//! The one door for change of records: draft → rules → checked → written, with rollups and the log, in one transaction.
//!
//! Only a [`check::Checked`] can be written, and only [`check`] makes one. Everything here is synchronous and runs on
//! the thread that holds the transaction; it is a function of the database, the command and the moment, so a command
//! may be run again.

pub mod apply;
pub mod check;
pub mod compute;
pub mod derived;
pub mod draft;
pub mod duplicates;
pub mod files;
pub mod follow;
pub mod hierarchy;
pub mod index;
pub mod kept;
pub mod like;
mod line;
pub mod log;
pub mod merge;
pub mod money;
pub mod number;
mod people;
pub mod phone;
pub mod reference;
pub mod remove;
pub mod rollup;
pub mod rules;
pub mod save;
mod secret;
mod settings;
pub mod stage;
pub mod time;
pub mod unique;
pub mod work;

pub use apply::apply;

use fichero_model::expr::Row;

use self::work::Work;

/// What a record is called: its title, or its id where it has none.
pub fn titled(work: &Work<'_>, row: &Row) -> String {
    match row.get(work.live.model[row.entity].title) {
        title if title.is_nothing() => row.id().map(|id| id.to_string()).unwrap_or_default(),
        title => crate::value::text::plain(title),
    }
}
