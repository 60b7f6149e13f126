//! `fichero restore`: brings a backup into an empty database, of whichever sort.

use std::path::PathBuf;

use fichero_engine::backup;
use fichero_store::SqliteSync;

use super::backup::{failed, told, watched};
use super::node::Node;
use super::{Context, Dir, Exit, Outcome};

/// The arguments of `fichero restore`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file that `fichero backup` wrote
    file: PathBuf,
    #[command(flatten)]
    dir: Dir,
}

/// Brings the backup in.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let folder = context.folder(&args.dir)?;
    let node = Node::connect(context, &folder, SqliteSync::Full)?;
    let (progress, watch) = watched(context.report);
    let restored = backup::restore(&node.db, &args.file, &folder.join("data"), &watch);
    progress.finish_and_clear();
    node.db.close();
    told(context.report, &restored.map_err(|error| failed(&error))?, "restored");
    Ok(Exit::Done)
}
