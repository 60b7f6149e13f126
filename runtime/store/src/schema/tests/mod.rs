//! The schema on real databases: each test runs on SQLite, and on PostgreSQL where the machine has it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod aliases;
mod chain;
mod convert;
mod leave;
mod merge;
mod nodes;
mod patience;
mod publish;
mod world;
