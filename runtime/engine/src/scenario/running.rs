//! One test from begin to end: its engine, its clock, and what its names stand for so far.

mod act;
mod look;

use std::future::Future;
use std::sync::Arc;

use fichero_model::clock::{Clock, Ids, SeededIds, SimulatedClock};
use fichero_model::data::{Action, Scenario, ScenarioStep};
use fichero_model::label::Locale;
use fichero_model::value::Value;
use fichero_model::{EntityId, Id, Ref};
use fichero_store::system::data_row;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use super::{Copy, Expectation, Failure, Run, because};
use crate::actor::{Actor, Via};
use crate::command::Mode;
use crate::data::{self, Which};
use crate::engine::{Engine, Parts};
use crate::refusal::Refusal;
use crate::worker;

/// The most moments at which something falls due in one step: more is a job that brings itself about without end.
const MOST_MOMENTS: usize = 100_000;

/// A test under way.
pub(super) struct Running<'r> {
    run: &'r Run<'r>,
    scenario: &'r Scenario,
    copy: Copy<'r>,
    runtime: Runtime,
    clock: Arc<SimulatedClock>,
    ids: Arc<SeededIds>,
    engine: Engine,
    actor: Actor,
    /// What the names of records stand for: what is given, then the results of steps.
    locals: Vec<Value>,
    /// The last mail that a step has looked at.
    seen: Option<Id>,
}

/// Why a step failed.
struct Trouble {
    message: String,
    expectation: Option<Expectation>,
}

impl From<String> for Trouble {
    fn from(message: String) -> Self {
        Self { message, expectation: None }
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        format!("it was refused:\n{}", because::told(&refusal)).into()
    }
}

impl<'r> Running<'r> {
    /// Makes the database and what is given.
    pub(super) fn begin(run: &'r Run<'r>, scenario: &'r Scenario) -> Result<Self, Box<Failure>> {
        let broken = |message: String| Box::new(Failure::broken(scenario, message));
        let copy = run.template.copy().map_err(|error| broken(error.detail()))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| broken(error.to_string()))?;
        let clock = Arc::new(SimulatedClock::at(scenario.at));
        let ids = Arc::new(SeededIds::new(seed(&scenario.name)));
        let engine = open(&copy, &clock, &ids).map_err(broken)?;
        let actor = Actor::system(Via::Test);
        let mut running =
            Self { run, scenario, copy, runtime, clock, ids, engine, actor, locals: Vec::new(), seen: None };
        running.give()?;
        Ok(running)
    }

    /// Does all steps; the first that fails ends the test.
    pub(super) fn play(mut self) -> Result<(), Box<Failure>> {
        let scenario = self.scenario;
        for step in &scenario.steps {
            self.step(step).map_err(|Trouble { message, expectation }| Failure {
                step: Some(step.name.to_string()),
                place: step.place.clone(),
                message,
                expectation,
            })?;
        }
        Ok(())
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    fn give(&mut self) -> Result<(), Box<Failure>> {
        let broken = |refusal: Refusal| Box::new(Failure::broken(self.scenario, because::told(&refusal)));
        let stock = self.wait(data::load(&self.engine, Which::Stock)).map_err(broken)?;
        let given = self.wait(data::give(&self.engine, &self.scenario.given)).map_err(broken)?;
        if let Some(finding) = stock.findings.into_iter().chain(given.findings).next() {
            let place = finding.place.unwrap_or_else(|| self.scenario.place.clone());
            return Err(Failure { step: None, place, message: finding.message, expectation: None }.into());
        }
        let names: Vec<(EntityId, Arc<str>)> =
            self.scenario.given.iter().map(|given| (given.entity, Arc::clone(&given.name))).collect();
        self.locals = self
            .wait(self.engine.read(move |_, live, tx| {
                let find = |(entity, name): &(EntityId, Arc<str>)| {
                    let id = data_row::find(tx, &live.layout.table_name(*entity), name)?;
                    Ok(id.map_or(Value::Nothing, |id| Value::Ref(Ref { entity: *entity, id })))
                };
                names.iter().map(find).collect()
            }))
            .map_err(broken)?;
        if let Some(login) = &self.scenario.actor {
            self.actor = self.person(login).map_err(|trouble| Failure::broken(self.scenario, trouble.message))?;
        }
        Ok(())
    }

    /// Somebody by what they log in with.
    fn person(&self, login: &Arc<str>) -> Result<Actor, Trouble> {
        let name = Arc::clone(login);
        let found = self.wait(self.engine.read(move |engine, live, tx| {
            let user = live.model.user;
            let own = |name: &str| live.model[user].field(name).map(|(id, _)| id);
            let Some(key) = own("login") else { return Ok(None) };
            let system = Actor::system(Via::Test);
            let rows = engine.work(Arc::clone(&live), tx, &system, Mode::Live).equal(
                user,
                key,
                Value::Text(Arc::clone(&name)),
                1,
            )?;
            Ok(rows.first().map(|row| {
                let value = |name: &str| own(name).map_or(&Value::Nothing, |id| row.get(id));
                let locale = value("locale").as_text().and_then(Locale::parse).unwrap_or(live.model.workspace.locale);
                Actor { user: row.reference(), admin: value("admin").is_true(), locale, via: Via::Test, cause: None }
            }))
        }))?;
        found.ok_or_else(|| Trouble::from(format!("nobody logs in as `{login}`")))
    }

    fn step(&mut self, step: &ScenarioStep) -> Result<(), Trouble> {
        let actor = match &step.actor {
            Some(login) => self.person(login)?,
            None => self.actor.clone(),
        };
        let result = match &step.action {
            Action::Create { .. }
            | Action::Update { .. }
            | Action::Delete { .. }
            | Action::Restore { .. }
            | Action::Transition { .. } => Some(Value::Ref(self.change(&actor, &step.action)?.map_err(Trouble::from)?)),
            Action::Find { from, filter, sort, first, limit } => {
                let limit = if *first { 1 } else { *limit };
                let found = self.find(&actor, *from, filter.as_ref(), sort, limit)?;
                Some(if *first { found.into_iter().next().unwrap_or_default() } else { Value::list(found) })
            }
            Action::Advance { seconds } => {
                let target = self
                    .clock
                    .now()
                    .checked_add(SignedDuration::from_secs(*seconds))
                    .map_err(|error| error.to_string())?;
                self.advance(target)?;
                None
            }
            Action::AdvanceTo { moment } => {
                self.advance(*moment)?;
                None
            }
            Action::Restart => {
                self.engine.db().close();
                self.engine = open(&self.copy, &self.clock, &self.ids)?;
                None
            }
            Action::Expect(expr) => {
                // What follows from a change has followed before anybody looks, as where a worker runs.
                self.wait(worker::run_due(&self.engine))?;
                self.expect(&actor, expr)?;
                None
            }
            Action::Refused { action, because } => {
                self.refused(&actor, action, because.as_deref())?;
                None
            }
            Action::Mails { to, count, subject } => {
                self.mails(&actor, to.as_ref(), subject.as_ref(), *count)?;
                None
            }
            Action::Page { path, shows, hides } => {
                self.wait(worker::run_due(&self.engine))?;
                self.page(&actor, path, shows, hides)?;
                None
            }
        };
        if let (Some(local), Some(result)) = (step.local, result) {
            self.locals.resize(self.locals.len().max(local + 1), Value::Nothing);
            self.locals[local] = result;
        }
        Ok(())
    }

    /// Lets time pass: from one due job to the next, each at its own moment.
    fn advance(&self, target: Timestamp) -> Result<(), Trouble> {
        if target < self.clock.now() {
            return Err(format!("it is {} already, and time does not run backwards", self.clock.now()).into());
        }
        for _ in 0..MOST_MOMENTS {
            self.wait(worker::run_due(&self.engine))?;
            match self.wait(worker::next_due(&self.engine))? {
                Some(due) if due <= target && due > self.clock.now() => self.clock.advance_to(due),
                _ if self.clock.now() < target => self.clock.advance_to(target),
                _ => return Ok(()),
            }
        }
        Err("something falls due again and again without end".to_owned().into())
    }
}

fn open(copy: &Copy<'_>, clock: &Arc<SimulatedClock>, ids: &Arc<SeededIds>) -> Result<Engine, String> {
    let (db, live) = copy.open().map_err(|error| error.detail())?;
    let clock: Arc<dyn Clock> = Arc::<SimulatedClock>::clone(clock);
    let ids: Arc<dyn Ids> = Arc::<SeededIds>::clone(ids);
    let files = Arc::new(crate::files::Memory::default());
    Ok(Engine::new(Parts { db, live, clock, ids, files, seal: [0; 32], keeper: None }))
}

/// Ids and randomness are the same each time a test runs, alone or beside others.
fn seed(name: &str) -> u64 {
    let digest = Sha256::digest(name.as_bytes());
    digest.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

impl Drop for Running<'_> {
    /// The database is closed before it is removed.
    fn drop(&mut self) {
        self.engine.db().close();
    }
}
