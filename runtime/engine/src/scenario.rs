//! Scenario tests of definitions: given records, steps, expectations.
//!
//! Each runs in a database of its own with the stock data of its packs (never that of demonstrations), through the same
//! door as everything else, with a clock that stands still until a step moves it and ids counted up from a seed, so a
//! test gives the same result on each run and each database. Tests run side by side. Nothing sleeps.
//!
//! Time passes in jumps: `advance` moves the clock from one due job to the next and lets each happen. Pages are shown by
//! whoever has them: [`Pages`] is handed in, for the engine knows no HTML.

mod because;
mod database;
mod expectation;
mod report;
mod running;

use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use fichero_model::Model;
use fichero_model::data::Scenario;
use fichero_model::place::Place;

use crate::actor::Actor;
use crate::engine::Engine;
use running::Running;

pub use database::{Copy, Template};
pub use report::summary;

/// Shows pages to scenario tests.
pub trait Pages: Sync {
    /// What somebody sees who opens a path.
    ///
    /// # Errors
    /// A sentence, when there is no such page or it cannot be shown.
    fn open(&self, engine: &Engine, actor: &Actor, path: &str) -> Result<String, String>;
}

/// What is needed to run scenario tests.
pub struct Run<'a> {
    /// The definitions with their tests.
    pub model: &'a Model,
    /// Where each test gets its database.
    pub template: &'a Template,
    /// Who shows pages; a step that needs one fails where nobody does.
    pub pages: Option<&'a dyn Pages>,
    /// How many tests run side by side.
    pub threads: usize,
    /// Only tests whose name holds this.
    pub filter: Option<&'a str>,
    /// Told after each test, in the order they end.
    pub ended: &'a (dyn Fn(&Outcome) + Sync),
}

/// What became of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// Why it failed; nothing when it passed.
    pub failure: Option<Failure>,
}

/// Why a test failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The step that failed; nothing when what is given could not be made.
    pub step: Option<String>,
    /// Where that stands.
    pub place: Place,
    /// What happened, in one sentence or several lines.
    pub message: String,
    /// An expression that did not hold, with the values of its parts.
    pub expectation: Option<Expectation>,
}

/// An expression that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// As it is written.
    pub text: String,
    /// The parts that made it false.
    pub parts: Vec<Part>,
}

/// A part of an expression that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// As it is written; the expression itself when it has no parts.
    pub text: String,
    /// What it compares and what that is: pairs of text and value, left before right.
    pub values: Vec<(String, String)>,
}

/// Runs the tests of a model, and gives what became of each in the order they are declared.
///
/// Blocks; call it where that is no harm, and not inside an async context.
pub fn run(run: &Run<'_>) -> Vec<Outcome> {
    let chosen: Vec<&Scenario> = run
        .model
        .scenarios
        .iter()
        .filter(|scenario| run.filter.is_none_or(|filter| scenario.name.contains(filter)))
        .collect();
    let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(chosen.len())));
    std::thread::scope(|scope| {
        for _ in 0..run.threads.clamp(1, chosen.len().max(1)) {
            scope.spawn(|| {
                while let Some((at, scenario)) = take(&next, &chosen) {
                    let outcome = one(run, scenario);
                    (run.ended)(&outcome);
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((at, outcome));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|(at, _)| *at);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

fn take<'s>(next: &AtomicUsize, chosen: &[&'s Scenario]) -> Option<(usize, &'s Scenario)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    chosen.get(at).map(|scenario| (at, *scenario))
}

fn one(run: &Run<'_>, scenario: &Scenario) -> Outcome {
    // A defect of the runtime in one test must not take the others' results away.
    let played = std::panic::catch_unwind(AssertUnwindSafe(|| Running::begin(run, scenario)?.play()));
    let failure = match played {
        Ok(played) => played.err().map(|failure| *failure),
        Err(_) => Some(Failure::broken(scenario, "the runtime panicked")),
    };
    Outcome { name: scenario.name.to_string(), place: scenario.place.clone(), failure }
}

impl Failure {
    /// The test could not be run at all.
    fn broken(scenario: &Scenario, message: impl Into<String>) -> Self {
        Self { step: None, place: scenario.place.clone(), message: message.into(), expectation: None }
    }
}
