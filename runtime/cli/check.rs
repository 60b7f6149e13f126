//! `fichero check`: loads everything and says what is wrong.

use serde_json::json;

use super::{Context, Dir, Exit, Outcome, counted};
use crate::workspace::Workspace;

/// The arguments of `fichero check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    dir: Dir,
}

/// Checks the folder.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let workspace = Workspace::load(&context.folder(&args.dir)?);
    let files = workspace.sources.files().len();
    let errors = workspace.findings.iter().filter(|finding| finding.is_error()).count();
    let warnings = workspace.findings.len() - errors;
    let sound = workspace.sound(context);
    let human = format!("{}: {}, {}", counted(files, "file"), counted(errors, "error"), counted(warnings, "warning"));
    context.report.summary(&human, || json!({"files": files, "errors": errors, "warnings": warnings}));
    sound.map(|_| Exit::Done)
}
