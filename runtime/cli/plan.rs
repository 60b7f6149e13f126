//! `fichero plan`: what the database needs, step by step.

use std::path::Path;

use fichero_engine::deploy::{self, Definitions, Plan};
use fichero_store::schema::deployment::Deployment;
use fichero_store::{Dialect, SqliteSync};
use serde_json::json;

use super::node::{Node, failed};
use super::{Context, Dir, Exit, Failure, Outcome, steps};
use crate::workspace::{Workspace, parent};

/// The arguments of `fichero plan`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    dir: Dir,
    /// Print the statements too
    #[arg(long)]
    sql: bool,
}

/// Prints the plan.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let folder = context.folder(&args.dir)?;
    let workspace = Workspace::load(&folder);
    let definitions = workspace.sound(context)?;
    // A database that does not exist is not made to be looked at.
    if let Some(file) = context.database_file(&folder).filter(|file| !file.exists()) {
        check_place(&file)?;
        let plan = on_nothing(&definitions, &workspace, context, Dialect::Sqlite)?;
        return Ok(show(&plan, None, &definitions, args.sql, context));
    }
    let node = Node::connect(context, &folder, SqliteSync::Full)?;
    if !deploy::is_installed(&node.db).map_err(|error| failed(&error))? {
        let plan = on_nothing(&definitions, &workspace, context, node.db.dialect())?;
        return Ok(show(&plan, None, &definitions, args.sql, context));
    }
    let newest = node.newest()?;
    let plan = deploy::plan(&node.db, &definitions.model, node.clock.now());
    let plan = plan.map_err(|error| told(&error, &workspace, context))?;
    for difference in deploy::drift(&node.db).map_err(|error| failed(&error))? {
        context.report.note(&format!("warning[F1002]: the database was changed by hand: {difference}"));
    }
    let unfilled = deploy::fill::findings_for(&node.db, &definitions.model).map_err(|error| failed(&error))?;
    context.report.findings(&unfilled, &*workspace.sources);
    if let Some(newest) = &newest
        && newest.catalog_hash != definitions.hash
        && !parent::is_parent(&folder, &node.database, newest)
    {
        context.report.note(&stranger(newest));
    }
    Ok(show(&plan, newest.as_ref(), &definitions, args.sql, context))
}

/// Refuses a file that could not be made: a plan on it would promise what `apply` cannot do. Whether one can be made in
/// a folder is known only by making one.
fn check_place(file: &Path) -> Result<(), Failure> {
    let cannot = |error: &std::io::Error| {
        Failure::new(format!("there can be no database {}: {error}", file.display()))
            .help("Name a file in a folder that you may write to, such as `--database sqlite:data/fichero.db`")
    };
    // The folders on the way are made with the database.
    let Some(folder) = file.ancestors().skip(1).find(|folder| folder.exists()) else { return Ok(()) };
    let probe = folder.join(format!(".fichero-{}", std::process::id()));
    std::fs::File::create_new(&probe).map_err(|error| cannot(&error))?;
    std::fs::remove_file(&probe).map_err(|error| cannot(&error))
}

fn on_nothing(
    definitions: &Definitions,
    workspace: &Workspace,
    context: &Context,
    dialect: Dialect,
) -> Result<Plan, Failure> {
    let now = fichero_model::clock::Clock::now(&fichero_model::clock::SystemClock);
    deploy::plan_on_nothing(&definitions.model, dialect, now).map_err(|error| told(&error, workspace, context))
}

fn show(plan: &Plan, newest: Option<&Deployment>, definitions: &Definitions, sql: bool, context: &Context) -> Exit {
    let published = newest.is_some_and(|newest| newest.catalog_hash == definitions.hash);
    let mut human = match newest {
        Some(newest) => {
            format!("on deployment {} of {}, by {}\n", newest.seq, newest.at.strftime("%Y-%m-%d %H:%M UTC"), newest.by)
        }
        None => "on an empty database\n".to_owned(),
    };
    human.push_str(&steps::render(plan, sql));
    human.push_str(&match (plan.is_empty(), published) {
        (true, true) => "nothing to do: these definitions are in force".to_owned(),
        (true, false) => "nothing to do in the database; `fichero apply` puts the definitions in force".to_owned(),
        (false, _) if plan.hazard().needs_consent() => {
            format!("{}\nfichero apply --consent {}", steps::tally(plan), plan.hash())
        }
        (false, _) => steps::tally(plan),
    });
    context.report.answer(&human, || {
        let mut json = steps::to_json(plan);
        json["published"] = json!(published);
        json
    });
    if plan.is_empty() { Exit::Done } else { Exit::Changes }
}

/// Why there is no plan. What stored values keep from happening is told with its place.
pub fn told(error: &deploy::Error, workspace: &Workspace, context: &Context) -> Failure {
    match error {
        deploy::Error::Refused(findings) => {
            context.report.findings(findings, &*workspace.sources);
            Failure::told()
        }
        other => failed(other),
    }
}

/// The folder did not grow out of the newest deployment.
pub fn stranger(newest: &Deployment) -> String {
    format!(
        "note: deployment {} by {} did not come from this folder: what it brought and the folder lacks would be taken away",
        newest.seq, newest.by
    )
}
