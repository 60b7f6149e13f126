//! One test from begin to end: its engine, its clock, and what its names stand for so far.

use std::future::Future;
use std::sync::Arc;

use fichero_model::clock::{Clock, Ids, SeededIds, SimulatedClock};
use fichero_model::data::{Action, Scenario, ScenarioStep};
use fichero_model::expr::{Expr, Setting};
use fichero_model::label::Locale;
use fichero_model::rule::SortKey;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::query::{Filter, Query};
use fichero_store::system::{data_row, outbox};
use fichero_store::{Isolation, Priority};
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Runtime;

use super::{Copy, Expectation, Failure, Run, because, expectation};
use crate::actor::{Actor, Via};
use crate::command::{Command, Mode};
use crate::data::{self, Which};
use crate::engine::{Engine, Parts};
use crate::record;
use crate::record::work::Work;
use crate::refusal::{Kind, Refusal};
use crate::setting;
use crate::worker;

/// The most mails one step looks at, and the most records one finds.
const MOST: u32 = 1_000;

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
    pub(super) fn begin(run: &'r Run<'r>, scenario: &'r Scenario, number: usize) -> Result<Self, Failure> {
        let broken = |message: String| Failure::broken(scenario, message);
        let copy = run.template.copy().map_err(|error| broken(error.detail()))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(|error| broken(error.to_string()))?;
        let clock = Arc::new(SimulatedClock::at(scenario.at));
        let ids = Arc::new(SeededIds::new(number as u64));
        let engine = open(&copy, &clock, &ids).map_err(broken)?;
        let actor = Actor::system(Via::Test);
        let mut running = Self { run, scenario, copy, runtime, clock, ids, engine, actor, locals: Vec::new(), seen: None };
        running.give()?;
        Ok(running)
    }

    /// Does all steps; the first that fails ends the test.
    pub(super) fn play(mut self) -> Result<(), Failure> {
        let scenario = self.scenario;
        for step in &scenario.steps {
            self.step(step).map_err(|Trouble { message, expectation }| Failure {
                step: Some(step.name.to_string()),
                place: step.place.clone(),
                message,
                expectation,
            })?;
        }
        self.engine.db().close();
        Ok(())
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    fn give(&mut self) -> Result<(), Failure> {
        let broken = |refusal: Refusal| Failure::broken(self.scenario, because::told(&refusal));
        let stock = self.wait(data::load(&self.engine, Which::Stock)).map_err(broken)?;
        let given = self.wait(data::give(&self.engine, &self.scenario.given)).map_err(broken)?;
        if let Some(finding) = stock.findings.into_iter().chain(given.findings).next() {
            let place = finding.place.unwrap_or_else(|| self.scenario.place.clone());
            return Err(Failure { step: None, place, message: finding.message, expectation: None });
        }
        let names: Vec<(EntityId, Arc<str>)> = self.scenario.given.iter().map(|given| (given.entity, Arc::clone(&given.name))).collect();
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
            let rows = engine.work(Arc::clone(&live), tx, &system, Mode::Live).equal(user, key, Value::Text(Arc::clone(&name)), 1)?;
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
            Action::Create { .. } | Action::Update { .. } | Action::Delete { .. } | Action::Restore { .. } | Action::Transition { .. } => {
                Some(Value::Ref(self.change(&actor, &step.action)?.map_err(Trouble::from)?))
            }
            Action::Find { from, filter, sort, first } => Some(self.find(&actor, *from, filter.as_ref(), sort, *first)?),
            Action::Advance { seconds } => {
                let target = self.clock.now().checked_add(SignedDuration::from_secs(*seconds)).map_err(|error| error.to_string())?;
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

    /// Does something to a record, and gives which. The inner error is a refusal, which a test may have asked for.
    fn change(&self, actor: &Actor, action: &Action) -> Result<Result<Ref, Refusal>, Trouble> {
        let (actor, action, locals) = (actor.clone(), action.clone(), self.locals.clone());
        let done = self.wait(self.engine.write(Priority::Interactive, Isolation::Serializable, move |engine, live, tx| {
            let work = engine.work(live, tx, &actor, Mode::Live);
            let command = command(&work, &action, &locals)?;
            let entity = command.0;
            let done = record::apply(&work, command.1)?;
            Ok::<_, Refusal>(Ref { entity, id: done.id })
        }));
        match done {
            // A definition or the runtime failed: that is never what a test asks for.
            Err(refusal) if matches!(refusal.kind, Kind::Internal | Kind::Unavailable) => {
                Err(format!("it failed:\n{}", because::told(&refusal)).into())
            }
            other => Ok(other),
        }
    }

    fn refused(&self, actor: &Actor, action: &Action, because: Option<&str>) -> Result<(), Trouble> {
        let wanted = because.map_or_else(String::new, |because| format!(" because of `{because}`"));
        match (self.change(actor, action)?, because) {
            (Ok(_), _) => Err(format!("it should have been refused{wanted}, and was done").into()),
            (Err(refusal), Some(because)) if !because::names(because, &refusal) => {
                Err(format!("it should have been refused{wanted}, and was refused for another reason:\n{}", because::told(&refusal)).into())
            }
            (Err(_), _) => Ok(()),
        }
    }

    fn find(&self, actor: &Actor, from: EntityId, filter: Option<&Expr>, sort: &[SortKey], first: bool) -> Result<Value, Trouble> {
        let limit = if first { 1 } else { MOST as usize };
        let (actor, filter, sort, locals) = (actor.clone(), filter.cloned(), sort.to_vec(), self.locals.clone());
        let found = self.wait(self.engine.read(move |engine, live, tx| {
            let work = engine.work(live, tx, &actor, Mode::Live);
            let context = work.context(None, None, None, &locals, None);
            let wanted = Filter { conditions: filter.iter().collect(), ..Filter::all(from) };
            let prepared = Query { sort: &sort, ..Query::new(wanted, limit) }.prepare(&work.live.layout, &context)?;
            let page = work.with(|tx| prepared.page(tx))?;
            Ok(page.items.into_iter().filter_map(|found| found.record.row.reference()).map(Value::Ref).collect::<Vec<_>>())
        }))?;
        Ok(if first { found.into_iter().next().unwrap_or_default() } else { Value::list(found) })
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

    fn expect(&self, actor: &Actor, expr: &Expr) -> Result<(), Trouble> {
        let (actor, expr, locals) = (actor.clone(), expr.clone(), self.locals.clone());
        let failed = self.wait(self.engine.read(move |engine, live, tx| {
            expectation::failed(&engine.work(live, tx, &actor, Mode::Live), &expr, &locals)
        }))?;
        match failed {
            None => Ok(()),
            Some(expectation) => Err(Trouble { message: "it does not hold".to_owned(), expectation: Some(expectation) }),
        }
    }

    fn mails(&mut self, actor: &Actor, to: Option<&Expr>, subject: Option<&Expr>, count: u32) -> Result<(), Trouble> {
        let to = to.map(|to| self.texts(actor, to)).transpose()?;
        let subject = subject.map(|subject| self.texts(actor, subject)).transpose()?;
        let seen = self.seen;
        let all = self.wait(self.engine.read(move |_, _, tx| outbox::since(tx, seen, MOST).map_err(Refusal::from)))?;
        self.seen = all.last().map(|message| message.id).or(self.seen);
        let mails: Vec<&outbox::Message> = all.iter().filter(|message| message.kind == outbox::Kind::Mail).collect();
        let meant = |mail: &&&outbox::Message| {
            to.as_ref().is_none_or(|to| mail.to.iter().any(|address| to.contains(&address.to_string())))
                && subject.as_ref().is_none_or(|subject| mail.subject.as_ref().is_some_and(|found| subject.contains(&found.to_string())))
        };
        let found = mails.iter().filter(meant).count();
        if found == count as usize {
            return Ok(());
        }
        let mut message = format!("{count} such mails should have been sent, and {found} were; {} were sent in all", mails.len());
        for mail in mails {
            let to: Vec<&str> = mail.to.iter().map(|to| &**to).collect();
            message.push_str(&format!("\nto {}: {}", to.join(", "), mail.subject.as_deref().unwrap_or("(no subject)")));
        }
        Err(message.into())
    }

    fn page(&self, actor: &Actor, path: &Setting, shows: &[Setting], hides: &[Setting]) -> Result<(), Trouble> {
        let Some(pages) = self.run.pages else {
            return Err("it opens a page, and this run has no pages to show".to_owned().into());
        };
        let path = self.text_of(actor, path)?;
        let page = pages.open(&self.engine, actor, &path)?;
        let mut wrong = Vec::new();
        for (settings, wanted, words) in [(shows, true, "should show"), (hides, false, "should not show")] {
            for setting in settings {
                let text = self.text_of(actor, setting)?;
                if page.contains(&text) != wanted {
                    wrong.push(format!("the page `{path}` {words} {text:?}"));
                }
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
    }

    fn text_of(&self, actor: &Actor, setting: &Setting) -> Result<String, Trouble> {
        match setting {
            Setting::Literal(value) => Ok(crate::value::text::plain(value)),
            Setting::Named(name) => Ok(name.to_string()),
            Setting::Expr(expr) => Ok(self.texts(actor, expr)?.join(", ")),
            Setting::List(_) | Setting::Rows(_) => Err("a text is needed here, not a list".to_owned().into()),
        }
    }

    fn texts(&self, actor: &Actor, expr: &Expr) -> Result<Vec<String>, Trouble> {
        let (actor, expr, locals) = (actor.clone(), expr.clone(), self.locals.clone());
        let value = self.wait(self.engine.read(move |engine, live, tx| {
            setting::eval(&engine.work(live, tx, &actor, Mode::Live), &expr, &locals, None)
        }))?;
        Ok(value.items().iter().map(crate::value::text::plain).collect())
    }
}

fn open(copy: &Copy<'_>, clock: &Arc<SimulatedClock>, ids: &Arc<SeededIds>) -> Result<Engine, String> {
    let (db, live) = copy.open().map_err(|error| error.detail())?;
    let clock: Arc<dyn Clock> = Arc::<SimulatedClock>::clone(clock);
    let ids: Arc<dyn Ids> = Arc::<SeededIds>::clone(ids);
    Ok(Engine::new(Parts { db, live, clock, ids, seal: [0; 32] }))
}

/// The command of a step, with the entity it is about.
fn command(work: &Work<'_>, action: &Action, locals: &[Value]) -> Result<(EntityId, Command), Refusal> {
    let target = |expr: &Expr| {
        let value = setting::eval(work, expr, locals, None)?;
        value.as_ref().ok_or_else(|| work.fault(expr, &fichero_model::expr::Fault::new("it is no record")))
    };
    let input = |entity: EntityId, set: &[(FieldId, Setting)]| setting::input(work, entity, set, locals);
    Ok(match action {
        Action::Create { entity, set } => (*entity, Command::Create { entity: *entity, input: input(*entity, set)? }),
        Action::Update { target: expr, set } => {
            let Ref { entity, id } = target(expr)?;
            (entity, Command::Update { entity, id, input: input(entity, set)?, version: None })
        }
        Action::Delete { target: expr } => {
            let Ref { entity, id } = target(expr)?;
            (entity, Command::Delete { entity, id, version: None })
        }
        Action::Restore { target: expr } => {
            let Ref { entity, id } = target(expr)?;
            (entity, Command::Restore { entity, id })
        }
        Action::Transition { target: expr, to, set } => {
            let Ref { entity, id } = target(expr)?;
            let input = input(entity, set)?;
            (entity, Command::Transition { entity, id, field: None, to: to.to_string(), input, version: None })
        }
        Action::Find { .. }
        | Action::Advance { .. }
        | Action::AdvanceTo { .. }
        | Action::Restart
        | Action::Expect(_)
        | Action::Refused { .. }
        | Action::Mails { .. }
        | Action::Page { .. } => return Err(Refusal::internal("scenario", &"only what changes a record can be refused")),
    })
}
