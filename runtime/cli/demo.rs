//! `fichero demo`: a workspace with everything in it, to look around.

use std::path::Path;

use fichero_definition::StockPacks as _;
use fichero_engine::Engine;
use fichero_engine::data::Which;
use fichero_model::Model;
use fichero_model::expr::Setting;
use fichero_model::value::Value;
use serde_json::json;

use super::accounts::ADMINISTRATOR;
use super::node::{load_data, refused};
use super::serve::{self, How};
use super::{Context, Dir, Exit, Failure, Outcome, accounts, new, runtime};
use crate::stock::Stock;
use crate::workspace;

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

/// Makes the workspace where there is none, and serves it.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let folder = context.named_folder(&args.dir)?.unwrap_or_else(|| Path::new("demo")).to_owned();
    if !folder.join("workspace.yaml").exists() {
        make(&folder)?;
        context.report.note(&format!("{} was made", folder.display()));
    }
    let started = serve::start(context, &folder, &args.how)?;
    let runtime = runtime()?;
    runtime.block_on(furnish(context, &started.engine))?;
    let people = people(&started.engine.live().model);
    let human = format!("log in as {} with the password {PASSWORD}", people.join(", "));
    context.report.answer(&human, || json!({"logins": people, "password": PASSWORD}));
    runtime.block_on(serve::serve(context.report, &args.how, started, true))?;
    Ok(Exit::Done)
}

fn make(folder: &Path) -> Result<(), Failure> {
    let text = include_str!("new/demo.yaml").replace("{{packs}}", &new::listed(&Stock.names()));
    let files = [("workspace.yaml", text), (".gitignore", include_str!("new/gitignore").to_owned())];
    new::write(folder, &files)?;
    workspace::lock(folder).map(drop)
}

/// Loads the demo data, and lets everybody in it log in where nobody can yet. What somebody changed or deleted since
/// stays so; what a start that was cut off left undone is done.
async fn furnish(context: &Context, engine: &Engine) -> Result<(), Failure> {
    load_data(context.report, engine, Which::Demo).await?;
    if engine.has_accounts().await.map_err(|refusal| refused(&refusal))? {
        return Ok(());
    }
    let people = people(&engine.live().model);
    for login in people.iter().filter(|login| *login != ADMINISTRATOR) {
        engine.set_password(login, PASSWORD).await.map_err(|refusal| refused(&refusal))?;
    }
    // The last of all, for the presence of accounts says that it was done.
    accounts::add(engine, ADMINISTRATOR, "Administrator", true, PASSWORD).await
}

/// The log-ins of a demo: the administrator's, then those of its data.
fn people(model: &Model) -> Vec<String> {
    let login = model[model.user].field("login").map(|(field, _)| field);
    let rows = model.data.iter().filter(|set| set.demo && set.entity == model.user).flat_map(|set| &set.rows);
    let logins = rows.filter_map(|row| {
        let (_, setting) = row.set.iter().find(|(field, _)| Some(*field) == login)?;
        match setting {
            Setting::Literal(Value::Text(login)) => Some(login.to_string()),
            _ => None,
        }
    });
    std::iter::once(ADMINISTRATOR.to_owned()).chain(logins).collect()
}
