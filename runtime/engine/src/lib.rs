//! Everything that happens: commands and queries, rules, rollups, the log, jobs, accounts, deployments, imports.
//!
//! Synchronous below its front: a command or query hops once to the thread that owns a connection and runs there from
//! begin to commit. The engine never sees YAML or HTTP, and no SQL is written here.

pub mod account;
pub mod actor;
pub mod backup;
pub mod command;
pub mod data;
pub mod deploy;
pub mod duplicates;
pub mod engine;
pub mod export;
pub mod figures;
pub mod files;
pub mod idempotency;
pub mod import;
pub mod input;
pub mod jobs;
pub mod live;
pub mod message;
pub mod policy;
pub mod preference;
pub mod problems;
pub mod read;
pub mod record;
pub mod refusal;
pub mod scenario;
pub mod secret;
pub mod setting;
mod slice;
pub mod value;
pub mod verify;
pub mod worker;

pub use actor::{Actor, Via};
pub use command::{Command, Done, Effect, Mode};
pub use engine::Engine;
pub use refusal::{FieldError, Kind, Named, Refusal};
