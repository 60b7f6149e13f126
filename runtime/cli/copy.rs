//! `fichero copy`: moves all that a workspace's database holds into another, empty one.

use fichero_engine::backup;
use fichero_store::SqliteSync;

use super::backup::{existing, failed, told, watched};
use super::node::Node;
use super::{Context, Dir, Exit, Failure, Outcome};

/// The arguments of `fichero copy`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The other database: `sqlite:PATH`, relative to the workspace, or `postgres://USER@HOST/DATABASE`
    #[arg(long, value_name = "URL")]
    to: String,
    #[command(flatten)]
    dir: Dir,
}

/// Copies the database.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let folder = context.folder(&args.dir)?;
    let other = context.on(&args.to);
    let is_same = match (context.database_file(&folder), other.database_file(&folder)) {
        (Some(one), Some(other)) => one == other,
        _ => context.database() == other.database(),
    };
    if is_same {
        return Err(Failure::new("both are the same database; nothing was changed"));
    }
    let node = existing(context, &folder)?;
    let target = Node::connect(&other, &folder, SqliteSync::Full)?;
    let (progress, watch) = watched(context.report);
    let copied = backup::copy(&node.db, &target.db, &watch);
    progress.finish_and_clear();
    target.db.close();
    node.db.close();
    told(context.report, &copied.map_err(|error| failed(&error))?, "copied, read again and found the same");
    Ok(Exit::Done)
}
