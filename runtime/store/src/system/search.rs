//! The index of the search: which living records have which words ([`fichero_model::search`]).
//!
//! Both databases have the databases' own means, FTS5 and `tsvector`, and neither is used, for what is promised here is
//! the same records in the same order on both, in bounded time. Measured with 1,000,000 records of eight words on both:
//!
//! | | a common word | the beginning of one | two words | bytes a record |
//! |---|---|---|---|---|
//! | FTS5, newest first | 0.1 ms | 0.1 – 22 ms | 9 ms | 110 |
//! | FTS5 by `rank` | 276 ms | | | |
//! | `tsvector`, GIN | 180 ms | 214 ms | 110 ms | 230 |
//! | these tables, SQLite | 1 – 20 ms | 1 – 20 ms | 1 – 20 ms | 480 |
//! | these tables, PostgreSQL | 1 – 17 ms | 1 – 17 ms | 1 – 17 ms | 1,100 |
//!
//! A GIN index gives its rows in no order, so all of a common word's are read and sorted; FTS5 can stop early, but only
//! in the order of its rows, and no rule that bounds it can be had from both. So the words lie in a table of their own,
//! one row for each word of a record, in a B-tree whose order is that of the answer: by word, those of titles first, the
//! newest first. The price is space, and a write for each word.
//!
//! Beside it stands a row for each record with all its words. It tells what of a record is in the index, so that a change
//! takes away exactly that, whatever the definitions were when it was written; and it tells how well a record fits all
//! that is looked for. **What always holds: the two say the same**, for each statement here writes both. That they say
//! what the record says is the engine's to keep; it writes them with the record, in the same transaction.
//!
//! On PostgreSQL what is written here rides along with the next statement, as the log does (`crate::tx`). On SQLite,
//! where each word of a record would be a page of the file to be written, those of the records made last wait beside the
//! index until there are a few hundred; a search looks at both, so nobody sees a difference.

mod check;
mod find;
mod part;
mod write;

pub use check::{Place, complete, is_there, lacking, places_after, strays, take_away};
pub use find::{MOST_COUNTED, Range, Reach, found, places};
pub use part::{Part, next, order, parts, reached};
pub use write::{add, change, kept, remove, settle};
