//! The ordered steps from the recorded schema to the wanted one.
//!
//! A plan is data: each step says what it does and why, how dangerous it is, how many rows it concerns, and its SQL. It
//! can be printed, hashed, kept with a deployment, and done ([`super::deployment`]). Making one changes nothing.

mod cause;
mod heir;
mod money;
mod option;
mod table;
mod value;

use std::fmt::Write as _;

pub(super) use cause::collision;

use fichero_model::Model;
use fichero_model::diagnostic::Diagnostic;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::desired::desired;
use super::facts::Renamed;
use super::fill::Fill;
use super::{Facts, Schema};
use crate::Dialect;

/// What a database needs to serve a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The deployment whose schema it begins with; 0 before the first.
    pub base: i64,
    /// What is to be done, in order.
    pub steps: Vec<Step>,
    /// The schema afterwards.
    #[serde(skip)]
    pub schema: Schema,
}

/// One thing to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it does, as a sentence without a full stop.
    pub what: String,
    /// Which definition asks for it.
    pub cause: Cause,
    /// What it may do to others and to data.
    pub hazard: Hazard,
    /// How many rows it concerns, where that matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// What a reader should consider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What is done.
    pub action: Action,
}

/// The definition that asks for a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// In words: ``field `amount` of `deal` ``.
    pub definition: String,
    /// `file:line:column`, where the definition still exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// What a step may do to others and to data, from harmless up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hazard {
    /// Nodes that still run the model before it go on beside it.
    Safe,
    /// Rows are filled in batches, once every live node has the deployment.
    Backfill,
    /// All writers pause while it is done.
    Barrier,
    /// Stored values will mean something else than they did: only with consent.
    Reinterprets,
    /// Stored values will be gone: only with consent.
    LosesData,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Runs statements, possibly none: then only what names stand for changes.
    Sql(Vec<String>),
    /// Makes a unique index, after looking for records that it would not let stand.
    Unique {
        /// The physical table.
        table: String,
        /// The physical name of the index.
        index: String,
        /// The statement.
        sql: String,
    },
    /// Makes the folded keys of a text column anew.
    Keys {
        /// The physical table.
        table: String,
        /// The column with the texts.
        text: String,
        /// The column for their keys.
        key: String,
    },
    /// Has the engine fill a field, later and batch by batch.
    Fill(Fill),
}

/// What a plan is made of.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The wanted model.
    pub model: &'a Model,
    /// What was recorded.
    pub recorded: &'a Schema,
    /// The deployment that recorded it; 0 before the first.
    pub base: i64,
    /// For which database.
    pub dialect: Dialect,
    /// The moment at which what is gone is retired.
    pub now: Timestamp,
}

/// Makes a plan.
///
/// # Errors
/// [`super::Error::Refused`] where stored values cannot become what the model wants, each with its place;
/// [`super::Error::Store`] when rows cannot be counted, or a condition of a unique rule is not portable.
pub fn plan(question: &Question<'_>, facts: &mut dyn Facts) -> Result<Plan, super::Error> {
    let desired = desired(question.model, question.recorded, question.now)?;
    let mut planner = Planner { question, facts, steps: Vec::new(), refusals: Vec::new(), renamed: Vec::new() };
    table::compare(&mut planner, &desired)?;
    if !planner.refusals.is_empty() {
        return Err(super::Error::Refused(planner.refusals));
    }
    let mut steps = planner.steps;
    steps.sort_by_key(|(phase, _)| *phase);
    let steps = steps.into_iter().map(|(_, step)| step).collect();
    Ok(Plan { base: question.base, steps, schema: desired.schema })
}

impl Plan {
    /// True when the database needs nothing.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The greatest hazard among the steps.
    pub fn hazard(&self) -> Hazard {
        self.steps.iter().map(|step| step.hazard).max().unwrap_or(Hazard::Safe)
    }

    /// The hash that consent is given by: of the steps, but for numbers of rows, on their base. 16 hexadecimal digits.
    pub fn hash(&self) -> String {
        let mut text = format!("{}\n", self.base);
        for step in &self.steps {
            let _ = writeln!(text, "{} {:?} {:?}", step.what, step.hazard, step.action);
        }
        Sha256::digest(&text).iter().take(8).fold(String::new(), |mut hash, byte| {
            let _ = write!(hash, "{byte:02x}");
            hash
        })
    }
}

impl Hazard {
    /// All writers pause while it is done.
    pub fn is_barrier(self) -> bool {
        self >= Hazard::Barrier
    }

    /// It is done only when somebody has read the plan and agreed.
    pub fn needs_consent(self) -> bool {
        self >= Hazard::Reinterprets
    }

    /// In a word or two.
    pub fn word(self) -> &'static str {
        match self {
            Hazard::Safe => "safe",
            Hazard::Backfill => "backfill",
            Hazard::Barrier => "barrier",
            Hazard::Reinterprets => "reinterprets",
            Hazard::LosesData => "loses data",
        }
    }
}

impl Step {
    /// The statements it runs.
    pub fn sql(&self) -> &[String] {
        match &self.action {
            Action::Sql(statements) => statements,
            Action::Unique { sql, .. } => std::slice::from_ref(sql),
            Action::Keys { .. } | Action::Fill(_) => &[],
        }
    }
}

/// The order in which steps of all tables are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Names,
    Indexes,
    Tables,
    Columns,
    References,
    Values,
    NewIndexes,
    Fills,
}

/// A plan in the making.
struct Planner<'a> {
    question: &'a Question<'a>,
    facts: &'a mut dyn Facts,
    steps: Vec<(Phase, Step)>,
    refusals: Vec<Diagnostic>,
    /// The options that others take over, by their physical table.
    renamed: Vec<(String, Renamed)>,
}

impl Planner<'_> {
    fn add(&mut self, phase: Phase, step: Step) {
        self.steps.push((phase, step));
    }
}

/// A step that runs statements.
fn sql(what: String, cause: &Cause, hazard: Hazard, statements: Vec<String>) -> Step {
    Step { what, cause: cause.clone(), hazard, rows: None, note: None, action: Action::Sql(statements) }
}
