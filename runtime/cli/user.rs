//! `fichero user`: people and their tokens.

use std::io::Read as _;

use fichero_engine::read::list::{ListRequest, ShapeRequest};
use fichero_engine::value::json;
use fichero_engine::value::write::Written;
use fichero_engine::{Actor, Command, Engine, Mode, Via};
use serde_json::{Value as Json, json};

use super::node::{Node, refused};
use super::{Context, Dir, Exit, Failure, Outcome, accounts, runtime};

/// The arguments of `fichero user`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Add a person, or give one another password
    Add {
        /// The log-in
        name: String,
        #[command(flatten)]
        dir: Dir,
        /// What they may do: `admin` for everything, `user` for records alone
        #[arg(long)]
        role: String,
        /// Read the password from standard input, instead of making one
        #[arg(long)]
        password_stdin: bool,
    },
    /// Make a token for programs, and print it
    Token {
        /// The log-in of whose token it is
        name: String,
        #[command(flatten)]
        dir: Dir,
    },
    /// List people
    List(Dir),
    /// Keep a person from logging in
    Disable {
        /// The log-in
        name: String,
        #[command(flatten)]
        dir: Dir,
    },
}

/// Does what is asked.
pub fn run(args: &Args, context: &Context) -> Outcome {
    match &args.action {
        Action::Add { name, dir, role, password_stdin } => add(context, dir, name, role, *password_stdin),
        Action::Token { name, dir } => token(context, dir, name),
        Action::List(dir) => list(context, dir),
        Action::Disable { name, dir } => disable(context, dir, name),
    }
}

fn add(context: &Context, dir: &Dir, login: &str, role: &str, from_stdin: bool) -> Outcome {
    let admin = match role {
        "admin" => true,
        "user" => false,
        _ => {
            return Err(Failure::new(format!("there is no role `{role}`"))
                .help("This version knows `admin` (everything) and `user` (records, but not people and teams)"));
        }
    };
    let given = if from_stdin { Some(read_password()?) } else { None };
    let engine = open(context, dir)?;
    let password = given.clone().unwrap_or_else(|| accounts::password(engine.ids()));
    runtime()?.block_on(accounts::add(&engine, login, login, admin, &password))?;
    engine.db().close();
    match given {
        Some(_) => context.report.summary(&format!("{login} may log in"), || json!({"login": login, "role": role})),
        None => context.report.answer(
            &format!("{login} may log in with the password {password} (it is shown this once)"),
            || json!({"login": login, "role": role, "password": password}),
        ),
    }
    Ok(Exit::Done)
}

/// The longest password that is read, in bytes.
const LONGEST: u64 = 4_096;

fn read_password() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(LONGEST).read_to_string(&mut text);
    read.map_err(|error| Failure::new(format!("the password cannot be read from standard input: {error}")))?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    Ok(password.strip_suffix('\r').unwrap_or(password).to_owned())
}

fn token(context: &Context, dir: &Dir, login: &str) -> Outcome {
    let engine = open(context, dir)?;
    let secret =
        runtime()?.block_on(engine.create_token(login, "command line")).map_err(|refusal| nobody(login, &refusal))?;
    engine.db().close();
    context.report.answer(&secret, || json!({"login": login, "token": secret}));
    Ok(Exit::Done)
}

fn disable(context: &Context, dir: &Dir, login: &str) -> Outcome {
    let engine = open(context, dir)?;
    runtime()?.block_on(async {
        let user = engine.user_by_login(login).await.map_err(|refusal| nobody(login, &refusal))?;
        let input = json::input(&engine.live().model, user.entity, &json!({"active": false}))
            .map_err(|refusal| refused(&refusal))?;
        let command = Command::Update { entity: user.entity, id: user.id, input, version: None };
        let done = engine.command(&Actor::system(Via::Command), command, Mode::Live, None).await;
        done.map_err(|refusal| refused(&refusal))
    })?;
    engine.db().close();
    context.report.summary(&format!("{login} may no longer log in"), || json!({"login": login, "active": false}));
    Ok(Exit::Done)
}

fn list(context: &Context, dir: &Dir) -> Outcome {
    let engine = open(context, dir)?;
    let people = runtime()?.block_on(everybody(&engine))?;
    engine.db().close();
    for person in people {
        let text = |field: &str| person[field].as_str().unwrap_or_default().to_owned();
        let role = if person["admin"] == true { "admin" } else { "user" };
        let state = if person["active"] == true { "" } else { "  (may not log in)" };
        context.report.answer(&format!("{:<24} {role:<6} {}{state}", text("login"), text("name")), || person.clone());
    }
    Ok(Exit::Done)
}

async fn everybody(engine: &Engine) -> Result<Vec<Json>, Failure> {
    let user = engine.live().model.user;
    let fields = ["login", "name", "admin", "active"].map(str::to_owned).to_vec();
    let mut request = ListRequest {
        sort: vec!["login".to_owned()],
        limit: Some(fichero_engine::read::list::MOST),
        shape: ShapeRequest { fields, expand: Vec::new() },
        ..ListRequest::default()
    };
    let mut people = Vec::new();
    loop {
        let page =
            engine.list(&Actor::system(Via::Command), user, &request).await.map_err(|refusal| refused(&refusal))?;
        people.extend(page.items.iter().map(Written::json));
        match page.next {
            Some(next) => request.cursor = Some(next),
            None => return Ok(people),
        }
    }
}

fn open(context: &Context, dir: &Dir) -> Result<Engine, Failure> {
    let folder = context.folder(dir)?;
    Node::open(context, &folder)?.engine_in_force(context)
}

fn nobody(login: &str, refusal: &fichero_engine::Refusal) -> Failure {
    match refusal.kind {
        fichero_engine::Kind::NotFound => Failure::new(format!("nobody has the log-in `{login}`"))
            .help("`fichero user list` names those who have one"),
        _ => refused(refusal),
    }
}
