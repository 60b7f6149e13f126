//! Commands that the contract names and this version does not have yet. They say so, instead of being unknown.

use super::exit::{Failure, Outcome};

/// Whatever is written behind the command; nothing of it is read.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _rest: Vec<String>,
}

/// Says that the command does not exist yet.
pub fn run(command: &str, what: &str) -> Outcome {
    Err(Failure::new(format!("`fichero {command}` does not exist yet in version {}", env!("CARGO_PKG_VERSION")))
        .help(format!("{what} will come with a later version; nothing was done")))
}
