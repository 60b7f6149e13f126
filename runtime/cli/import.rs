//! `fichero import`: brings records in from a file.

use std::path::PathBuf;

use super::{Context, Failure, Outcome};

/// The arguments of `fichero import`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The entity
    entity: Option<String>,
    /// The file
    file: Option<PathBuf>,
}

/// Imports the file.
pub fn run(args: &Args, _context: &Context) -> Outcome {
    let _ = (&args.entity, &args.file);
    Err(Failure::new("imports cannot be run yet"))
}
