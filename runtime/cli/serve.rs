//! `fichero serve`: pages and API, the worker, and the folder's saves.

use std::future::Future;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use fichero_engine::Engine;
use fichero_engine::data::Which;
use fichero_engine::deploy::door::Door;
use fichero_engine::deploy::fill::{Round, Standing};
use fichero_engine::deploy::follow::{self, Followed, Own, Switch};
use fichero_engine::deploy::node::Membership;
use fichero_engine::deploy::{self, Deployed};
use fichero_engine::duplicates;
use fichero_engine::problems::{Outcome as Became, Problems};
use fichero_engine::worker::Worker;
use fichero_store::SqliteSync;
use fichero_web::ui::context::DemoLogin;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

use super::node::{Node, failed, load_data};
use super::{Context, Dir, Exit, Failure, Outcome, Report, accounts, key, runtime};
use crate::reload::{self, Author, Offered, Reloader};
use crate::workspace::{Workspace, parent};

/// The arguments of `fichero serve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    how: How,
    /// Put in force what is saved in the folder; on a terminal always
    #[arg(long)]
    watch: bool,
}

/// How a workspace is served.
#[derive(Clone, Debug, clap::Args)]
pub struct How {
    /// Where to listen
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// When a commit on SQLite counts as done: on the disk, or with the operating system
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Sync::Full)]
    sqlite_sync: Sync,
    /// The largest file that is taken, such as `100 MB`
    #[arg(long, value_name = "SIZE", default_value = "25 MB", value_parser = size)]
    largest_file: u64,
}

fn size(text: &str) -> Result<u64, String> {
    fichero_model::size::parse(text).ok_or_else(|| "write a whole number and a unit, such as `25 MB`".to_owned())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Sync {
    Full,
    Normal,
}

impl How {
    /// Only this machine can reach what is served.
    pub fn is_private(&self) -> bool {
        self.listen.ip().is_loopback()
    }

    fn sync(&self) -> SqliteSync {
        match self.sqlite_sync {
            Sync::Full => SqliteSync::Full,
            Sync::Normal => SqliteSync::Normal,
        }
    }
}

/// How long requests in flight may take to end, once the end was asked for.
const DRAIN: Duration = Duration::from_secs(20);

/// How often what could not be filled is tried again, and what is to be filled is looked for without being told.
const ROUND: Duration = Duration::from_secs(30);

/// Serves the folder.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let folder = context.folder(&args.dir)?;
    serve_folder(context, &folder, &args.how, args.watch || std::io::stdin().is_terminal())
}

/// Serves a workspace as it is, with an administrator where nobody can log in yet.
///
/// # Errors
/// When it cannot be served.
pub fn serve_folder(context: &Context, folder: &Path, how: &How, watches: bool) -> Outcome {
    let started = start(context, folder, how)?;
    let runtime = runtime()?;
    runtime.block_on(load_data(context.report, &started.engine, &started.deployed.definitions.files, Which::Stock))?;
    if let Some((login, password)) = runtime.block_on(accounts::first_administrator(&started.engine))? {
        context.report.answer(
            &format!("log in as {login} with the password {password} (it is shown this once)"),
            || json!({"login": login, "password": password}),
        );
    }
    runtime.block_on(serve(context.report, how, started, Setup { watches, demo: Vec::new() }))?;
    Ok(Exit::Done)
}

/// A workspace that is ready to be served.
pub struct Started {
    /// The workspace.
    pub node: Node,
    /// What serves it.
    pub engine: Engine,
    /// The deployment it began with.
    pub deployed: Deployed,
    author: Author,
}

/// Opens a workspace and puts its newest definitions in force: those of the folder where they grew out of what is
/// deployed, else those that are deployed.
///
/// # Errors
/// When there is nothing that could be served: why was told.
pub fn start(context: &Context, folder: &Path, how: &How) -> Result<Started, Failure> {
    let node = Node::open_with(context, folder, how.sync())?;
    let author = Author::new(&node, context.deny_warnings, "serve");
    let workspace = Workspace::load(folder);
    let offered = author.offer(&workspace, || {}).map_err(|error| failed(&error))?;
    let (deployed, outcome) = match offered {
        Offered::InForce(deployed) | Offered::Published(deployed) => (deployed, Became::InForce),
        Offered::Held(Some(newest), outcome) => (node.compiled(context, newest)?, outcome),
        Offered::Held(None, _) => {
            context.report.findings(&workspace.findings, &*workspace.sources);
            return Err(Failure::told());
        }
    };
    reload::tell(context.report, &outcome, &workspace, &mut String::new());
    let engine = node.engine(&deployed)?;
    tell_of_secrets(context.report, &engine);
    engine.report(reload::problems(&node, outcome, &workspace));
    Ok(Started { node, engine, deployed, author })
}

/// Tells whoever starts the server that secrets cannot be given, where fields for them are defined and there is no key.
fn tell_of_secrets(report: Report, engine: &Engine) {
    let live = engine.live();
    let named = live.model.all_entities().find_map(|(_, entity)| {
        let (_, field) = entity.all_fields().find(|(_, field)| field.kind.is_secret())?;
        Some(format!("{}.{}", entity.name, field.name))
    });
    if let (Some(named), None) = (named, engine.keeper()) {
        report.note(&format!(
            "there is no key for secrets such as `{named}`: none can be given until there is; {}",
            key::HOW
        ));
    }
}

/// What is served besides the workspace itself.
pub struct Setup {
    /// What is saved in the folder is put in force.
    pub watches: bool,
    /// Log-ins that the log-in page shows to everybody.
    pub demo: Vec<DemoLogin>,
}

/// Serves until the process is asked to end, then lets what is under way come to its end.
///
/// # Errors
/// When the address cannot be listened on, or the folder cannot be watched.
pub async fn serve(report: Report, how: &How, started: Started, setup: Setup) -> Result<(), Failure> {
    let Started { node, engine, deployed, author } = started;
    let Setup { watches, demo } = setup;
    // From here on the end is asked for, not forced: whoever reads the address may ask at once.
    let ending = Ending::new()?;
    let listener = listen(how.listen).await?;
    let address = listener.local_addr().map_err(|error| Failure::new(format!("the address is unknown: {error}")))?;
    let (stop, stopped) = watch::channel(false);

    let membership = Membership::new(&engine);
    let door = Door::default();
    let switch = Switch::new(door.clone());
    let own = Own {
        engine: engine.clone(),
        compile: reload::compiler(),
        membership: membership.clone(),
        switch: switch.clone(),
    };
    let swapped = Arc::new(Notify::new());
    let following = follow_others(own, node.clone(), report, Arc::clone(&swapped));
    let following = tokio::spawn(until(stopped.clone(), following));
    let filling = tokio::spawn(until(stopped.clone(), fill_old_rows(engine.clone(), swapped)));
    let tending = tokio::spawn(until(stopped.clone(), duplicates::tend::keep(engine.clone())));
    let worker = Worker::start(engine.clone());
    let watching = match watches {
        true => Some(Reloader::new(author, engine.clone(), switch, report).watch().map_err(|error| {
            Failure::new(format!("the folder {} cannot be watched: {error}", node.folder.display()))
                .help("Serve it without --watch, or raise the system's limit of watches")
        })?),
        false => None,
    };

    let seq = deployed.deployment.seq;
    let human = format!("{} is served at http://{address} (deployment {seq})", node.folder.display());
    report.answer(&human, || json!({"address": format!("http://{address}"), "deployment": seq}));

    let router = fichero_web::router(engine.clone(), fichero_web::Setup { demo, largest_file: Some(how.largest_file) })
        .map_err(|error| Failure::new(format!("the pages cannot be made: {error}")))?
        .layer(middleware::from_fn_with_state(door, pass));
    let serving = axum::serve(listener, router).with_graceful_shutdown(ending.wait(stop));
    let ended = until_drained(stopped, serving.into_future()).await;

    drop(tokio::task::spawn_blocking(move || drop(watching)).await);
    worker.stop().await;
    let (_, _, _) = (following.await, filling.await, tending.await);
    let _ = tokio::task::spawn_blocking(move || {
        if let Err(error) = membership.leave(&engine) {
            tracing::warn!(%error, "the other nodes learn later that this one has ended");
        }
        node.db.close();
    })
    .await;
    tracing::info!("ended");
    ended.map_err(|error| Failure::new(format!("serving failed: {error}")))
}

/// Lets a request in, and no migration that rewrites what it reads until it has its answer.
async fn pass(State(door): State<Door>, request: Request, next: Next) -> Response {
    let _inside = door.enter().await;
    next.run(request).await
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let failure = Failure::new(format!("cannot listen on {address}: {error}"));
        match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                failure.help("Another program listens there; choose another address with --listen 127.0.0.1:8081")
            }
            _ => failure,
        }
    })
}

/// SIGTERM and Ctrl-C, caught from its making on.
struct Ending {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl Ending {
    fn new() -> Result<Self, Failure> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let failed = |error: std::io::Error| Failure::new(format!("signals cannot be caught: {error}"));
            let signals =
                [signal(SignalKind::terminate()).map_err(failed)?, signal(SignalKind::interrupt()).map_err(failed)?];
            Ok(Self { signals })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for either, and tells everybody.
    async fn wait(self, stop: watch::Sender<bool>) {
        #[cfg(unix)]
        {
            let [mut terminate, mut interrupt] = self.signals;
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        tracing::info!("ending: no new requests, those in flight come to their end");
        let _ = stop.send(true);
    }
}

/// Runs until the end is asked for.
async fn until(mut stopped: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
}

/// Runs to the end, but no longer than [`DRAIN`] after that was asked for.
async fn until_drained<E>(
    mut stopped: watch::Receiver<bool>,
    serving: impl Future<Output = Result<(), E>>,
) -> Result<(), E> {
    let too_long = async {
        let _ = stopped.wait_for(|stopped| *stopped).await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        ended = serving => ended,
        () = too_long => {
            tracing::warn!("some requests were cut off");
            Ok(())
        }
    }
}

/// Follows what others publish, and what this folder's author applies from another terminal.
/// `swapped` is told when a newer deployment is in force.
async fn follow_others(own: Own, node: Node, report: Report, swapped: Arc<Notify>) {
    let told = {
        let engine = own.engine.clone();
        move |result: Result<Followed, deploy::Error>| match result {
            Ok(Followed::Current) => {}
            Ok(Followed::Swapped(deployed)) => {
                let seq = deployed.deployment.seq;
                tracing::info!(deployment = seq, by = &*deployed.deployment.by, "following a new deployment");
                settle(&engine, &node, &deployed);
                swapped.notify_one();
            }
            Ok(Followed::Uncompilable { seq, findings }) => {
                report.findings(&findings, &super::node::NoTexts);
                tracing::error!(
                    deployment = seq,
                    "the newest deployment does not compile here; the one before it is still served"
                );
            }
            Err(error) => tracing::warn!(%error, "the newest deployment cannot be looked at"),
        }
    };
    follow::follow(own, told).await;
}

/// What waited in the folder may be what was put in force now, with somebody's consent.
fn settle(engine: &Engine, node: &Node, deployed: &Deployed) {
    if engine.problems().outcome == Became::InForce
        || !parent::is_parent(&node.folder, &node.database, &deployed.deployment)
    {
        return;
    }
    let before = engine.problems();
    engine.report(Problems { checked: Some(node.clock.now()), outcome: Became::InForce, ..Problems::clone(&before) });
}

/// Fills what old rows lack, whenever there is something to fill: what this process published tells so by itself, of
/// what others published `swapped` tells once it is in force here.
async fn fill_old_rows(engine: Engine, swapped: Arc<Notify>) {
    let mut events = engine.db().subscribe();
    let (mut round, mut began) = (Round::new(&engine), Instant::now());
    loop {
        match round.batch().await {
            Ok(Standing::More) => continue,
            Ok(Standing::Done) => {}
            Ok(Standing::Waiting) => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
            Err(refusal) => tracing::warn!(code = refusal.code, "old rows cannot be looked at; trying again later"),
        }
        tokio::select! {
            event = events.next() => if event.is_err() { return },
            () = swapped.notified() => {}
            () = tokio::time::sleep(ROUND) => {}
        }
        if began.elapsed() >= ROUND {
            (round, began) = (Round::new(&engine), Instant::now());
        }
    }
}
