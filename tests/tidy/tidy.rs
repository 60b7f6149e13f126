//! Rules of the house that no compiler knows: each module holds one, says why, and how to mend a breach.
//!
//! A rule is a function from text to findings, tried on small inputs beside it (so it is known to be able to fail) and
//! then on the whole tree. Add a rule when a reviewer has said the same thing twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod attributes;
mod crates;
mod leftovers;
mod links;
mod names;
mod rust;
mod size;
mod sql;
mod tree;
