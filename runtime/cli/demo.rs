//! `fichero demo`: a workspace with everything in it, to look around.

use std::path::Path;

use fichero_definition::StockPacks as _;
use fichero_engine::Engine;
use fichero_engine::data::Which;
use fichero_model::Model;
use fichero_model::expr::Setting;
use fichero_model::value::Value;
use fichero_web::ui::context::DemoLogin;
use serde_json::json;

use super::accounts::ADMINISTRATOR;
use super::node::{load_data, refused};
use super::serve::{self, How, Setup};
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
    if !args.how.is_private() {
        context.report.note("warning: everybody who can reach this machine can log in: a demo's password is no secret");
    }
    let started = serve::start(context, &folder, &args.how)?;
    let runtime = runtime()?;
    runtime.block_on(furnish(context, &started.engine))?;
    let people = people(&started.engine.live().model);
    let logins: Vec<&str> = people.iter().map(|person| person.login.as_str()).collect();
    let human = format!("log in as {} with the password {PASSWORD}", logins.join(", "));
    context.report.answer(&human, || json!({"logins": logins, "password": PASSWORD}));
    runtime.block_on(serve::serve(context.report, &args.how, started, Setup { watches: true, demo: people }))?;
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
    for person in people.iter().filter(|person| person.login != ADMINISTRATOR) {
        engine.set_password(&person.login, PASSWORD).await.map_err(|refusal| refused(&refusal))?;
    }
    // The last of all, for the presence of accounts says that it was done.
    accounts::add(engine, ADMINISTRATOR, "Administrator", true, PASSWORD).await
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
