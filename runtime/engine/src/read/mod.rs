//! Reading records: one, many, sums over them, what became of them. Every function here asks [`crate::policy`] first.

pub mod aggregate;
pub mod cursor;
pub mod derive;
pub mod filter;
pub mod find;
pub mod history;
pub mod list;
pub mod page;
pub mod search;
pub mod show;

pub use list::{ListRequest, Page};
pub use show::Shape;
