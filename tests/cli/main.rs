//! The command line from outside: the built program on temporary workspaces, on both databases.
//!
//! Each test looks at what scripts and people rely on: exit codes, what stands on which stream, what a folder and a
//! database hold afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod backups;
mod crash;
mod definitions;
mod demo;
mod deployments;
mod docs;
mod duplicates;
mod example;
mod exporting;
mod filling;
mod program;
mod records;
mod reloading;
mod server;
mod serving;
mod usage;
mod verifying;
