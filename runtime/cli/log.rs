//! The operator's log: on standard error, in words or as JSON lines.
//!
//! `RUST_LOG` says what is logged where it is set; else `-q` and `-v` do. A command that ends by itself logs warnings, a
//! server also what it does.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use super::Context;
use super::report::Format;

/// Starts logging for the rest of the process.
pub fn start(context: &Context, serves: bool) {
    let level = match (context.report.quiet, context.verbose) {
        (true, _) => "error",
        (false, 0) if serves => "info",
        (false, 0) => "warn",
        (false, 1) => "debug",
        (false, _) => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        EnvFilter::new(format!("warn,fichero={level},fichero_store={level},fichero_engine={level},fichero_web={level}"))
    });
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match context.report.format {
        Format::Human => log.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init(),
        Format::Json => log.json().flatten_event(true).try_init(),
    };
    // Only a second start in one process could fail, and then the first one's log is in use.
    drop(started);
}
