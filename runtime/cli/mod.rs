//! The command line: what can be asked for, and how it ends.
//!
//! One file per command, each with its arguments and a `run`. A command reads its [`Context`], tells through its
//! [`Report`], and gives an [`Exit`] or a [`Failure`]; only this module touches the process (arguments, log, exit code).

mod accounts;
mod apply;
mod backup;
mod check;
mod copy;
mod demo;
mod duplicates;
mod eval;
mod exit;
mod explain;
mod export;
mod fmt;
mod import;
mod key;
mod later;
mod log;
mod new;
mod node;
mod options;
mod pack;
mod plan;
mod prune;
mod report;
mod restore;
mod schema;
mod serve;
mod steps;
mod test;
mod user;
mod verify;

use std::ffi::OsString;

use clap::{Parser, Subcommand};
use fichero_model::name::did_you_mean;
use fichero_model::{EntityId, Model};

pub use exit::{Exit, Failure, Outcome};
pub use node::{Node, load_data};
pub use options::{Context, Dir};
pub use report::{Report, counted};

/// CRM as code: YAML definition packs in, a running CRM out.
#[derive(Debug, Parser)]
#[command(name = "fichero", version, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    options: options::Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a workspace with all stock packs and demo data, and serve it
    Demo(demo::Args),
    /// Write a small, commented workspace
    New(new::Args),
    /// Load and check all definitions
    Check(check::Args),
    /// Print what the database needs
    Plan(plan::Args),
    /// Put the definitions in force
    Apply(apply::Args),
    /// Drop retired columns and tables
    Prune(prune::Args),
    /// Order and quote definition files
    Fmt(fmt::Args),
    /// Serve pages and API
    Serve(serve::Args),
    /// Run the scenario tests
    Test(test::Args),
    /// Show a merged definition with the origin of each key, or the page of a diagnostic
    Explain(explain::Args),
    /// Evaluate an expression, or show it as SQL
    Eval(eval::Args),
    /// Print JSON Schemas of all documents, for editors
    Schema(schema::Args),
    /// Bring records in from a file
    Import(import::Args),
    /// Compare what records derive with what it should be, and make it so
    Verify(verify::Args),
    /// Search the records of an entity for duplicates
    Duplicates(duplicates::Args),
    /// People and API tokens
    User(user::Args),
    /// Ask a business calendar (not yet)
    Calendar(later::Args),
    /// Who may do what, and why (not yet)
    Access(later::Args),
    /// Write records to a file
    Export(export::Args),
    /// Secrets that definitions name (not yet)
    Secret(later::Args),
    /// Save a whole workspace, also while it is served
    Backup(backup::Args),
    /// Bring a saved workspace into an empty database
    Restore(restore::Args),
    /// The packs of a workspace
    Pack(pack::Args),
    /// Move a workspace to another, empty database
    Copy(copy::Args),
}

/// Does what the arguments ask for.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(told) => {
            // Help and version are answers and go to standard output, all else is a complaint.
            let _ = told.print();
            return if told.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    let context = Context::new(cli.options);
    log::start(&context, matches!(cli.command, Command::Serve(_) | Command::Demo(_)));
    match dispatch(&cli.command, &context) {
        Ok(exit) if exit == Exit::Done && report::is_cut_short() => Exit::Failed,
        Ok(exit) => exit,
        Err(failure) => {
            context.report.failure(&failure);
            failure.exit
        }
    }
}

/// Threads for what is asynchronous.
///
/// # Errors
/// When the machine gives none.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| Failure::new(format!("no threads can be started: {error}")))
}

/// The entity of a name that somebody typed.
///
/// # Errors
/// When there is none, with the nearest.
fn entity_named(model: &Model, name: &str) -> Result<EntityId, Failure> {
    if let Some((entity, _)) = model.entity(name) {
        return Ok(entity);
    }
    let failure = Failure::new(format!("there is no entity `{name}`"));
    Err(match did_you_mean(name, model.entities.iter().map(|entity| &*entity.name)) {
        Some(nearest) => failure.help(format!("Did you mean `{nearest}`?")),
        None => failure,
    })
}

fn dispatch(command: &Command, context: &Context) -> Outcome {
    match command {
        Command::Demo(args) => demo::run(args, context),
        Command::New(args) => new::run(args, context),
        Command::Check(args) => check::run(args, context),
        Command::Plan(args) => plan::run(args, context),
        Command::Apply(args) => apply::run(args, context),
        Command::Prune(args) => prune::run(args, context),
        Command::Fmt(args) => fmt::run(args, context),
        Command::Serve(args) => serve::run(args, context),
        Command::Test(args) => test::run(args, context),
        Command::Explain(args) => explain::run(args, context),
        Command::Eval(args) => eval::run(args, context),
        Command::Schema(args) => schema::run(args, context),
        Command::Import(args) => import::run(args, context),
        Command::Verify(args) => verify::run(args, context),
        Command::Duplicates(args) => duplicates::run(args, context),
        Command::User(args) => user::run(args, context),
        Command::Calendar(_) => later::run("calendar", "business calendars"),
        Command::Access(_) => later::run("access", "roles and row rules"),
        Command::Export(args) => export::run(args, context),
        Command::Secret(_) => later::run("secret", "secrets"),
        Command::Backup(args) => backup::run(args, context),
        Command::Restore(args) => restore::run(args, context),
        Command::Pack(args) => pack::run(args, context),
        Command::Copy(args) => copy::run(args, context),
    }
}
