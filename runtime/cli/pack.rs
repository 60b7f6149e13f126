//! `fichero pack`: the packs of a workspace. Only `lock` exists so far; archives of packs come later.

use serde_json::json;

use super::{Context, Dir, Exit, Outcome, later};
use crate::workspace;

/// The arguments of `fichero pack`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Note the version and hash of each pack in workspace.lock
    Lock(Dir),
    /// Make an archive of a pack (not yet)
    Build(later::Args),
    /// Check an archive of a pack (not yet)
    Verify(later::Args),
    /// Unpack an archive into the workspace (not yet)
    Install(later::Args),
    /// List the packs at hand (not yet)
    List(later::Args),
}

/// Does what is asked.
pub fn run(args: &Args, context: &Context) -> Outcome {
    match &args.action {
        Action::Lock(dir) => {
            let folder = context.folder(dir)?;
            let path = workspace::lock(&folder)?;
            context.report.summary(&format!("{} is written", path.display()), || json!({"written": path}));
            Ok(Exit::Done)
        }
        Action::Build(_) => later::run("pack build", "archives of packs"),
        Action::Verify(_) => later::run("pack verify", "archives of packs"),
        Action::Install(_) => later::run("pack install", "archives of packs"),
        Action::List(_) => later::run("pack list", "archives of packs"),
    }
}
