//! The pages as a browser without scripts sees them: over HTTP, on both databases, from definitions alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod administration;
mod browser;
mod conflicts;
mod duplicates;
mod every_type;
mod file_screens;
mod files;
mod forms;
mod home;
mod imports;
mod keys;
mod lists;
#[path = "../pages/markup.rs"]
mod markup;
mod merging;
mod places;
mod records;
mod safety;
mod screens;
mod search;
mod secrets;
mod trash;
mod types;
mod visits;
mod world;
