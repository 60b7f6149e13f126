//! A saved folder becomes what is served: compile → plan → migrate → swap.
//!
//! A folder is *offered*. What comes of it is one of few things: it is in force (nothing differs), it is published and
//! then in force, or it is held back with a reason that the problems page shows. What was served before goes on until the
//! new model is whole, and requests in flight end on the model they began with.
//!
//! Only a folder that grew out of the newest deployment is published by itself: see [`parent`].

mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use fichero_engine::Engine;
use fichero_engine::data::Which;
use fichero_engine::deploy::follow::{self, Switch};
use fichero_engine::deploy::{self, Definitions, Deployed, Plan};
use fichero_engine::problems::{Outcome, Problems, Waiting, WaitingStep};
use fichero_store::schema::deployment::Deployment;
use tokio::runtime::Handle;

use crate::cli::{Node, Report, load_data};
use crate::workspace::{Workspace, parent};

pub use watch::Watch;

/// What came of a folder that was offered.
#[derive(Debug)]
pub enum Offered {
    /// Its definitions are those of the newest deployment.
    InForce(Deployed),
    /// They were published, in this deployment.
    Published(Deployed),
    /// Something else stays in force, for the reason given; nothing where nothing was ever deployed.
    Held(Option<Deployment>, Outcome),
}

/// A folder and the database it is published to.
#[derive(Clone)]
pub struct Author {
    node: Node,
    /// Warnings keep definitions from being published.
    deny_warnings: bool,
    /// Who publishes, for the records.
    by: &'static str,
}

impl Author {
    /// The author of a folder.
    pub fn new(node: &Node, deny_warnings: bool, by: &'static str) -> Self {
        Self { node: node.clone(), deny_warnings, by }
    }

    /// Offers the folder as it was read. `pause` is called before a migration that writers must not meet. Blocks.
    ///
    /// # Errors
    /// When the database fails.
    pub fn offer(&self, workspace: &Workspace, pause: impl FnOnce()) -> Result<Offered, deploy::Error> {
        let newest = deploy::newest(&self.node.db)?;
        let denied = self.deny_warnings && !workspace.findings.is_empty();
        let Some(definitions) = workspace.definitions.clone().filter(|_| !denied) else {
            return Ok(Offered::Held(newest, Outcome::Refused));
        };
        let Some(newest) = newest else { return self.publish(None, definitions) };
        let plan = match deploy::plan(&self.node.db, &definitions.model, self.node.clock.now()) {
            Ok(plan) => plan,
            Err(deploy::Error::Refused(findings)) => return Ok(Offered::Held(Some(newest), unstorable(&findings))),
            Err(error) => return Err(error),
        };
        let same = newest.catalog_hash == definitions.hash;
        if same && plan.is_empty() {
            parent::note(&self.node.folder, &self.node.database, &newest);
            return Ok(Offered::InForce(Deployed { deployment: newest, definitions }));
        }
        // The same definitions with other tables are what a new version of the program makes of them.
        if !same && !parent::is_parent(&self.node.folder, &self.node.database, &newest) {
            return Ok(Offered::Held(Some(newest.clone()), Outcome::Held(stranger(&newest))));
        }
        if plan.hazard().needs_consent() {
            return Ok(Offered::Held(Some(newest), Outcome::Waiting(waiting(&plan))));
        }
        if plan.hazard().is_barrier() {
            pause();
        }
        self.publish(Some(newest), definitions)
    }

    fn publish(&self, newest: Option<Deployment>, definitions: Definitions) -> Result<Offered, deploy::Error> {
        let base = newest.as_ref().map_or(0, |newest| newest.seq);
        let order = deploy::Order { by: self.by.to_owned(), ..self.node.order(base, None) };
        match deploy::publish(&self.node.db, &definitions, &order) {
            Ok((deployment, _)) => {
                parent::note(&self.node.folder, &self.node.database, &deployment);
                Ok(Offered::Published(Deployed { deployment, definitions }))
            }
            // Another node was faster: its deployment did not grow out of this folder.
            Err(deploy::Error::LostRace { .. }) => {
                let newest = deploy::newest(&self.node.db)?;
                let why = newest.as_ref().map(stranger).unwrap_or_default();
                Ok(Offered::Held(newest, Outcome::Held(why)))
            }
            Err(deploy::Error::Consent(plan)) => Ok(Offered::Held(newest, Outcome::Waiting(waiting(&plan)))),
            Err(deploy::Error::Refused(findings)) => Ok(Offered::Held(newest, unstorable(&findings))),
            Err(deploy::Error::Busy) => {
                Ok(Offered::Held(newest, Outcome::Held("writers did not pause in time; save again".to_owned())))
            }
            Err(error) => Err(error),
        }
    }
}

/// Follows the saves of an author for as long as it lives.
pub struct Reloader {
    author: Author,
    engine: Engine,
    report: Report,
    switch: Switch,
    /// Where asynchronous work is done: the watch has a thread of its own.
    runtime: Handle,
    /// What the author was told last, which is not told twice.
    told: String,
}

impl Reloader {
    /// A reloader over what is served. Call it inside a runtime.
    pub fn new(author: Author, engine: Engine, switch: Switch, report: Report) -> Self {
        Self { author, engine, report, switch, runtime: Handle::current(), told: String::new() }
    }

    /// Watches the folder until the watch is dropped.
    ///
    /// # Errors
    /// When it cannot be watched.
    pub fn watch(mut self) -> notify::Result<Watch> {
        let folder = self.author.node.folder.clone();
        Watch::start(&folder, move || self.saved())
    }

    /// Looks at the folder after a save; gives the folders of packs outside of it. Blocks.
    fn saved(&mut self) -> Vec<PathBuf> {
        let began = Instant::now();
        let workspace = Workspace::load(&self.author.node.folder);
        let beside = workspace.folders_beside(&self.author.node.folder);
        let turn = self.switch.turn();
        let mut paused = None;
        let outcome = match self.author.offer(&workspace, || paused = self.switch.pause()) {
            Ok(Offered::InForce(deployed)) => self.put_in_force(&deployed),
            Ok(Offered::Published(deployed)) => {
                let outcome = self.put_in_force(&deployed);
                drop(paused);
                let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                tracing::info!(
                    deployment = deployed.deployment.seq,
                    milliseconds,
                    "the saved definitions are in force"
                );
                let files = &deployed.definitions.files;
                let loading = load_data(self.report, &self.engine, files, Which::Stock);
                if let Err(failure) = self.runtime.block_on(loading) {
                    self.report.failure(&failure);
                }
                outcome
            }
            Ok(Offered::Held(_, outcome)) => outcome,
            Err(error) => Outcome::Held(format!("the database failed: {error}")),
        };
        drop(turn);
        tell(self.report, &outcome, &workspace, &mut self.told);
        let unloaded = self.engine.problems();
        let now = problems(&self.author.node, outcome, &workspace);
        self.engine.report(now.with_unloaded(unloaded.unloaded.clone(), &unloaded.excerpts));
        beside
    }

    fn put_in_force(&self, deployed: &Deployed) -> Outcome {
        match follow::put_in_force(&self.engine, deployed) {
            Ok(()) => Outcome::InForce,
            Err(error) => Outcome::Held(format!("the database failed: {error}")),
        }
    }
}

/// What the problems page shows of a folder.
pub fn problems(node: &Node, outcome: Outcome, workspace: &Workspace) -> Problems {
    Problems::new(node.clock.now(), outcome, workspace.findings.clone(), &*workspace.sources)
}

/// Tells who watches the terminal what came of a folder, unless that is what was `told` last.
pub fn tell(report: Report, outcome: &Outcome, workspace: &Workspace, told: &mut String) {
    let now = format!("{outcome:?} {:?}", workspace.findings);
    if *told == now {
        return;
    }
    *told = now;
    report.findings(&workspace.findings, &*workspace.sources);
    match outcome {
        Outcome::InForce => {}
        Outcome::Refused => report.note("the definitions have errors; what was in force before is still served"),
        Outcome::Waiting(waiting) => {
            let listed: Vec<String> =
                waiting.steps.iter().map(|step| format!("  {} ({})", step.summary, step.hazard)).collect();
            report.note(&format!(
                "the change waits for consent; what was in force before is still served\n{}\n  = help: when you agree, run `fichero apply --consent {}`",
                listed.join("\n"),
                waiting.consent
            ));
        }
        Outcome::Held(why) => report.note(&format!("the folder is not in force: {why}")),
    }
}

/// Stored values keep the definitions from being put in force.
fn unstorable(findings: &[fichero_model::diagnostic::Diagnostic]) -> Outcome {
    let told = findings.iter().map(|finding| match &finding.place {
        Some(place) => format!("{place}: {}", finding.message),
        None => finding.message.clone(),
    });
    Outcome::Held(told.collect::<Vec<_>>().join("; "))
}

fn stranger(newest: &Deployment) -> String {
    format!(
        "deployment {} by {} did not come from this folder, and is served instead; `fichero plan` shows the difference, `fichero apply` puts this folder in force",
        newest.seq, newest.by
    )
}

fn waiting(plan: &Plan) -> Waiting {
    let steps = plan.steps.iter().map(|step| WaitingStep {
        summary: step.what.clone(),
        cause: step.cause.definition.clone(),
        place: step.cause.place.clone(),
        hazard: step.hazard.word().to_owned(),
        rows: step.rows,
        note: step.note.clone(),
    });
    Waiting { consent: plan.hash(), steps: steps.collect() }
}

/// Where a compiler of deployments is wanted.
pub fn compiler() -> Arc<dyn deploy::Compile> {
    Arc::new(crate::workspace::Compiler)
}
