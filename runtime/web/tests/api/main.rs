//! The HTTP interface on both databases, as programs meet it: a router, requests, answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bulk;
mod described;
mod duplicates;
mod files;
mod forms;
mod imports;
mod jobs;
mod lists;
mod papers;
mod people;
mod refusals;
mod repeats;
mod search;
mod tags;
mod world;
