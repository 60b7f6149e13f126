//! `fichero demo`: a workspace with everything in it, to look around.

mod mark;

use std::path::Path;

use fichero_definition::StockPacks as _;
use fichero_engine::data::Which;
use fichero_model::Model;
use fichero_model::expr::Setting;
use fichero_model::value::Value;
use fichero_web::ui::context::DemoLogin;
use serde_json::json;

use super::accounts::ADMINISTRATOR;
use super::node::{load_data, refused};
use super::serve::{self, How, Setup, Started};
use super::{Context, Dir, Exit, Failure, Outcome, accounts, new, runtime};
use crate::stock::Stock;
use crate::workspace;
use mark::{Mark, Stage};

/// The arguments of `fichero demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder, made where it does not exist [default: ./demo]
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    how: How,
}

/// The password of everybody in a demo. It is printed and guards nothing.
const PASSWORD: &str = "fichero-demo";

/// Makes the workspace where there is none, and serves it. One that is there is kept as it is: only what a demo made is
/// furnished, and only of that the log-ins are told.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let folder = context.named_folder(&args.dir)?.unwrap_or_else(|| Path::new("demo")).to_owned();
    if !folder.join("workspace.yaml").exists() {
        make(&folder)?;
        context.report.note(&format!("{} was made", folder.display()));
    }
    let Some(mark) = Mark::of(&folder) else {
        context.report.note(&format!("{} is no demo: it is served as it is", folder.display()));
        return serve::serve_folder(context, &folder, &args.how, true);
    };
    let started = serve::start(context, &folder, &args.how)?;
    let runtime = runtime()?;
    let is_furnished = runtime.block_on(furnish(context, &started, mark))?;
    let people = if is_furnished { people(&started.engine.live().model) } else { Vec::new() };
    if is_furnished {
        if !args.how.is_private() {
            let warning = "warning: everybody who can reach this machine can log in: a demo's password is no secret";
            context.report.note(warning);
        }
        let logins: Vec<&str> = people.iter().map(|person| person.login.as_str()).collect();
        let human = format!("log in as {} with the password {PASSWORD}", logins.join(", "));
        context.report.answer(&human, || json!({"logins": logins, "password": PASSWORD}));
    }
    runtime.block_on(serve::serve(context.report, &args.how, started, Setup { watches: true, demo: people }))?;
    Ok(Exit::Done)
}

fn make(folder: &Path) -> Result<(), Failure> {
    let text = include_str!("new/demo.yaml").replace("{{packs}}", &new::listed(&Stock.names()));
    let files = [("workspace.yaml", text), (".gitignore", include_str!("new/gitignore").to_owned())];
    new::write(folder, &files)?;
    Mark::make(folder)?;
    workspace::lock(folder).map(drop)
}

/// Loads the demo data, and lets everybody in it log in where nobody can yet; what a start that was cut off left undone
/// is done. A database with accounts that this demo did not make is somebody's, and left alone. Tells whether the
/// log-ins are this demo's.
async fn furnish(context: &Context, started: &Started, mut mark: Mark) -> Result<bool, Failure> {
    let (engine, database) = (&started.engine, &started.node.database);
    let files = &started.deployed.definitions.files;
    match mark.stage(database) {
        Some(Stage::Done) => {
            load_data(context.report, engine, files, Which::Demo).await?;
            return Ok(true);
        }
        Some(Stage::Begun) => {}
        None if engine.has_accounts().await.map_err(|refusal| refused(&refusal))? => {
            load_data(context.report, engine, files, Which::Stock).await?;
            return Ok(false);
        }
        None => mark.note(database, Stage::Begun)?,
    }
    load_data(context.report, engine, files, Which::Demo).await?;
    let people = people(&engine.live().model);
    for person in people.iter().filter(|person| person.login != ADMINISTRATOR) {
        engine.set_password(&person.login, PASSWORD).await.map_err(|refusal| refused(&refusal))?;
    }
    accounts::add(engine, ADMINISTRATOR, "Administrator", true, PASSWORD).await?;
    mark.note(database, Stage::Done)?;
    Ok(true)
}

/// The log-ins of a demo: the administrator's, then those of its data.
fn people(model: &Model) -> Vec<DemoLogin> {
    let user = &model[model.user];
    let rows = model.data.iter().filter(|set| set.demo && set.entity == model.user).flat_map(|set| &set.rows);
    let people = rows.filter_map(|row| {
        let text = |name: &str| {
            let (field, _) = user.field(name)?;
            match row.set.iter().find(|(given, _)| *given == field) {
                Some((_, Setting::Literal(Value::Text(text)))) => Some(text.to_string()),
                _ => None,
            }
        };
        let name = text("name").unwrap_or_default();
        Some(DemoLogin {
            login: text("login")?,
            password: PASSWORD.to_owned(),
            role: text("job_title").unwrap_or(name),
        })
    });
    let administrator =
        DemoLogin { login: ADMINISTRATOR.to_owned(), password: PASSWORD.to_owned(), role: "Administrator".to_owned() };
    std::iter::once(administrator).chain(people).collect()
}
