//! The composition root of Fichero: the command line, and what ties definitions, database, engine and web together.
//!
//! Owns what only the whole product can know: where the workspace folder is ([`workspace`]), the packs that come with
//! the program ([`stock`]), what each command does ([`cli`]) and how a saved file becomes what is served ([`reload`]).
//! It holds no rule of the language, no SQL and no page: those live in the crates beneath.

mod cli;
mod reload;
mod stock;
mod workspace;

use std::process::ExitCode;

/// Records are made on one thread and written out on another; the system's allocator spends a third of a list page on
/// that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(std::env::args_os()).into()
}
