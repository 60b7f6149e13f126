//! `fichero backup`: saves a whole workspace as one file, also while it is served.

use std::path::PathBuf;

use fichero_engine::backup;
use serde_json::json;

use super::node::Node;
use super::{Context, Dir, Exit, Failure, Outcome, Report, counted};

/// The arguments of `fichero backup`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file, in place of one that is there
    file: PathBuf,
    #[command(flatten)]
    dir: Dir,
}

/// Saves the workspace.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let folder = context.folder(&args.dir)?;
    let place = std::fs::canonicalize(&args.file).unwrap_or_else(|_| args.file.clone());
    let unwritable = |error: std::io::Error| Failure::file("write", &args.file, &error);
    let beside = place.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or(PathBuf::from("."), Into::into);
    // Whoever may not read the database may not read its backup either.
    let out = tempfile::Builder::new().prefix(".fichero-").tempfile_in(beside).map_err(unwritable)?;
    let node = existing(context, &folder)?;
    let (progress, watch) = watched(context.report);
    let saved = backup::save(&node.db, &folder.join("data"), node.clock.now(), out, &watch);
    progress.finish_and_clear();
    node.db.close();
    let (report, out) = saved.map_err(|error| failed(&error))?;
    out.as_file().sync_all().map_err(unwritable)?;
    out.persist(place).map_err(|error| unwritable(error.error))?;
    told(context.report, &report, &format!("saved to {}", args.file.display()));
    Ok(Exit::Done)
}

/// The database of a workspace, which must be there.
///
/// # Errors
/// When it is not, or cannot be opened.
pub fn existing(context: &Context, folder: &std::path::Path) -> Result<Node, Failure> {
    match context.database_file(folder) {
        Some(file) if !file.exists() => Err(Failure::new(format!("there is no database {}", file.display()))),
        _ => Node::open(context, folder),
    }
}

/// Shows how many rows went by.
pub fn watched(report: Report) -> (indicatif::ProgressBar, backup::Watch) {
    let progress = report.spinner("rows");
    let shown = progress.clone();
    let watch = move |rows| {
        shown.inc(rows);
        shown.set_message(format!("{} rows", shown.position()));
    };
    (progress, std::sync::Arc::new(watch))
}

/// Tells what was done.
pub fn told(report: Report, done: &backup::Report, what: &str) {
    let count = |count: u64, noun: &str| counted(usize::try_from(count).unwrap_or(usize::MAX), noun);
    let files = if done.files > 0 { format!(" and {}", count(done.files, "file")) } else { String::new() };
    let (rows, tables) = (count(done.rows, "row"), count(done.tables, "table"));
    let human = format!("{rows} of {tables}{files} {what} (deployment {})", done.deployment);
    report.summary(
        &human,
        || json!({"deployment": done.deployment, "tables": done.tables, "rows": done.rows, "files": done.files}),
    );
}

/// Why it was not done.
pub fn failed(error: &backup::Error) -> Failure {
    let failure = Failure::new(error.to_string());
    match error {
        backup::Error::NotEmpty => {
            failure.help("Name an empty one with --database, or move what is there out of the way")
        }
        backup::Error::Nothing | backup::Error::Store(_) | backup::Error::File(_) | backup::Error::Differs(_) => {
            failure
        }
    }
}
