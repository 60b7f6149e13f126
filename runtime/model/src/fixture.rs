//! Models and rows for tests: of this crate, and of those above it behind the feature `fixture`.
//!
//! A [`Builder`] makes a [`Model`] from a terse description, with the same shape that the compiler of definitions
//! gives: system fields first, names resolved, expressions compiled. It panics on a description that makes no sense,
//! with the diagnostics, for its callers are tests. [`Memory`] is a small store of rows that answers as
//! [`crate::expr::Facts`].

mod build;
mod declare;
mod field;
mod memory;
mod sample;

pub use build::Builder;
pub use field::{
    Spec, boolean, children, choice, date, datetime, decimal, duration, file, integer, json, lines, link, longtext,
    money, reference, text, time,
};
pub use memory::Memory;
pub use sample::{sample, sample_rows};
