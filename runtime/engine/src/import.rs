//! Records from CSV files, first form.
//!
//! A file is read as a stream, in slices of a few hundred rows, each one background transaction through the one door; so
//! memory is bounded and people hardly notice. A row that cannot be taken rejects only itself: it goes to the rejects
//! file as it was, with a column that says why, cell by cell. Nothing is guessed: what could mean two things is rejected.
//!
//! What always holds: after a crash the database holds whole rows only, and a second run of the same file with `match`
//! changes nothing that the first has done.
//!
//! Rows may refer to other rows of the same file that come later (an account's parent). They wait, at most
//! [`MOST_WAITING`] of them, and are taken as soon as what they refer to is there; rows that refer to each other in a
//! circle are made together.
//!
//! An empty cell says nothing: a new record takes the field's default, one that is there keeps what it has.

mod cell;
mod header;
mod knot;
mod number;
mod quotes;
mod reference;
mod reject;
pub mod repeated;
mod source;
mod task;

use std::fmt;
use std::io::{Read, Write};
use std::sync::Arc;

use fichero_model::data::Mapping;
use fichero_model::{EntityId, Id};
use fichero_store::system::import::{self as stored, Progress, State};
use fichero_store::{Isolation, Priority};

use crate::actor::{Actor, Via};
use crate::command::{Effect, Mode};
use crate::engine::Engine;
use crate::live::Live;
use crate::policy::{self, Action};
use crate::refusal::Refusal;
use crate::slice;
use header::Plan;
pub(crate) use header::{is_heading_of, may_be_filled};
pub(crate) use reference::keys;
use reject::Rejects;
pub use reject::is_rejects;
use repeated::{Given, Repeated};
use source::{Line, Source};
use task::{Done, Import, Known, Waiting};

/// The most rows that wait for later ones; further ones are rejected.
pub const MOST_WAITING: usize = 50_000;

/// How many rows are read ahead of their slice.
const READ_AHEAD: usize = slice::MOST;

/// A file to be brought in.
pub struct Request<'a> {
    /// Who brings it.
    pub actor: Actor,
    /// What it holds.
    pub entity: EntityId,
    /// What the file is called.
    pub file: String,
    /// How its columns fill fields; by their headings (a field's name or label) when nothing.
    pub mapping: Option<&'a Mapping>,
    /// The fields by which a row finds the record it updates. When nothing is said, those of the mapping, or external
    /// fields among the columns.
    pub matching: Option<Vec<String>>,
    /// History, or something that happens now.
    pub mode: Mode,
    /// Everything is done and undone again, to see what would happen. Each slice stands for itself then, so references
    /// to other rows of the file are left out.
    pub dry_run: bool,
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The batch its changes bear in the log; nothing after a dry run.
    pub batch: Option<Id>,
    /// Rows that became records.
    pub created: u64,
    /// Rows that changed a record.
    pub updated: u64,
    /// Rows that said what a record held already.
    pub unchanged: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// Records that were made because rows referred to them.
    pub made: u64,
    /// Columns that fill nothing.
    pub passed_over: Vec<String>,
    /// Rows that changed what an earlier row of the file gave the same record.
    pub repeated: Repeated,
    /// Why the first rows were rejected, at most [`MOST_REASONS`].
    pub reasons: Vec<String>,
}

/// How many reasons a report holds; the rejects file has them all.
pub const MOST_REASONS: usize = 20;

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Rows dealt with.
    pub rows: u64,
    /// Bytes of the file read.
    pub bytes: u64,
    /// Rows rejected among them.
    pub rejected: u64,
}

/// Why a file could not be brought in. Slices before the failure stay; a second run with `match` goes on from there.
#[derive(Debug)]
pub enum Error {
    /// It is not readable as CSV.
    File(String),
    /// Its columns do not fit; one sentence for each slip.
    Columns(Vec<String>),
    /// The rejects cannot be written.
    Rejects(String),
    /// The import itself was refused, or the database failed.
    Refused(Refusal),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::File(message) => f.write_str(message),
            Error::Columns(slips) => f.write_str(&slips.join("\n")),
            Error::Rejects(message) => write!(f, "the rejects file cannot be written: {message}"),
            Error::Refused(refusal) => f.write_str(&refusal.to_text(fichero_model::label::Locale::EN)),
        }
    }
}

impl std::error::Error for Error {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Error::Refused(refusal)
    }
}

/// Brings a file in. Reading it blocks the thread now and then: call it where that is no harm.
///
/// `rejects` gets the rows that were rejected, with the heading of the file, if there are any; `reached` is told after
/// each slice.
///
/// # Errors
/// When nothing of the file can be used, or it breaks off. Rows that are rejected are no error.
pub async fn run(
    engine: &Engine,
    request: Request<'_>,
    file: impl Read,
    rejects: impl Write,
    mut reached: impl FnMut(Reached),
) -> Result<Report, Error> {
    let live = engine.live();
    policy::may(&request.actor, &live.model, request.entity, Action::Import)?;
    let mut source = Source::open(file)?;
    let plan = header::plan(&live.model, &request, source.headers()).map_err(Error::Columns)?;
    let batch = begin(engine, &live, &request).await?;
    let actor = Actor { via: Via::Import, cause: batch, ..request.actor.clone() };
    let mut importer = Importer {
        engine,
        live,
        plan: Arc::new(plan),
        actor,
        mode: request.mode,
        batch,
        report: Report { batch, ..Report::default() },
        rows: 0,
        known: Arc::new(Known::default()),
        waiting: Vec::new(),
        given: Given::default(),
        rejects: Rejects::new(rejects, source.headers(), source.delimiter()),
    };
    importer.report.passed_over.clone_from(&importer.plan.passed_over);
    loop {
        let lines = source.read(READ_AHEAD)?;
        if lines.is_empty() {
            break;
        }
        importer.take(lines, true).await?;
        reached(Reached { rows: importer.rows, bytes: source.bytes(), rejected: importer.report.rejected });
    }
    importer.take_waiting().await?;
    importer.rejects.finish()?;
    importer.end().await?;
    reached(Reached { rows: importer.rows, bytes: source.bytes(), rejected: importer.report.rejected });
    Ok(importer.report)
}

async fn begin(engine: &Engine, live: &Live, request: &Request<'_>) -> Result<Option<Id>, Refusal> {
    if request.dry_run {
        return Ok(None);
    }
    let now = engine.clock().now();
    let import = stored::Import {
        batch: engine.ids().id(now),
        entity: live.layout.table_name(request.entity),
        file: request.file.as_str().into(),
        mapping: request.mapping.map(|mapping| Arc::clone(&mapping.name)),
        actor: request.actor.user.map(|user| user.id),
        started_at: now,
        ended_at: None,
        state: State::Running,
        progress: Progress::default(),
    };
    let batch = import.batch;
    engine
        .write(Priority::Interactive, Isolation::ReadCommitted, move |_, _, tx| {
            stored::start(tx, &import).map_err(Refusal::from)
        })
        .await?;
    Ok(Some(batch))
}

/// An import under way.
struct Importer<'e, W: Write> {
    engine: &'e Engine,
    live: Arc<Live>,
    plan: Arc<Plan>,
    actor: Actor,
    mode: Mode,
    batch: Option<Id>,
    report: Report,
    rows: u64,
    known: Arc<Known>,
    waiting: Vec<Waiting>,
    given: Given,
    rejects: Rejects<W>,
}

impl<W: Write> Importer<'_, W> {
    /// Takes rows, slice by slice. `first` when they come from the file, so that they count and may wait for others.
    async fn take(&mut self, lines: Vec<Line>, first: bool) -> Result<(), Error> {
        let lines: Arc<[Line]> = lines.into();
        let mut at = 0;
        while at < lines.len() {
            let task = Arc::new(self.task(first));
            let slice = slice::run(self.engine, &self.live, &task, &lines, at).await?;
            // What was learned in a transaction that was undone is not true.
            if self.batch.is_some() {
                self.known.learn(slice.memory);
            }
            let count = slice.results.len().max(1);
            for (line, result) in lines.iter().skip(at).zip(slice.results) {
                self.settle(line, result)?;
            }
            self.rows += if first { count as u64 } else { 0 };
            at += count;
        }
        Ok(())
    }

    fn task(&self, first: bool) -> Import {
        Import {
            plan: Arc::clone(&self.plan),
            actor: self.actor.clone(),
            mode: self.mode,
            batch: self.batch,
            known: Arc::clone(&self.known),
            before: self.progress(),
            first,
        }
    }

    fn progress(&self) -> Progress {
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let Report { created, updated, rejected, .. } = self.report;
        Progress {
            reached: count(self.rows),
            created: count(created),
            updated: count(updated),
            rejected: count(rejected),
        }
    }

    fn settle(&mut self, line: &Line, result: Result<Done, Refusal>) -> Result<(), Error> {
        match result {
            Ok(Done::Taken { record, effect, made }) => {
                self.report.made += made;
                if !self.plan.matching.is_empty() {
                    self.given.note(record, line.number, effect, &mut self.report.repeated);
                }
                self.count(effect);
                Ok(())
            }
            Ok(Done::Waits { missing, offers, because }) if self.waiting.len() < MOST_WAITING => {
                self.waiting.push(Waiting { line: line.clone(), missing, offers, because });
                Ok(())
            }
            Ok(Done::Waits { because, .. }) | Err(because) => self.reject(line, &because),
        }
    }

    fn count(&mut self, effect: Effect) {
        match effect {
            Effect::Created => self.report.created += 1,
            Effect::Unchanged => self.report.unchanged += 1,
            Effect::Updated | Effect::Deleted | Effect::Restored | Effect::Purged => self.report.updated += 1,
        }
    }

    fn reject(&mut self, line: &Line, because: &Refusal) -> Result<(), Error> {
        self.report.rejected += 1;
        let why = reject::why(line, because, &self.plan, self.actor.locale);
        self.rejects.write(line, &why)?;
        if self.report.reasons.len() < MOST_REASONS {
            self.report.reasons.push(why);
        }
        Ok(())
    }

    /// Takes the rows that wait for others, in rounds, until none gets further; then those that wait for each other.
    async fn take_waiting(&mut self) -> Result<(), Error> {
        loop {
            let round = std::mem::take(&mut self.waiting);
            let before = round.len();
            if before == 0 {
                return Ok(());
            }
            // Each round goes the other way: a file that lists children before their parents is then done in one.
            self.take(round.into_iter().rev().map(|waiting| waiting.line).collect(), false).await?;
            if self.waiting.len() == before {
                break;
            }
        }
        let mut rest = std::mem::take(&mut self.waiting);
        rest.sort_by_key(|waiting| waiting.line.number);
        for lost in knot::hopeless(&mut rest) {
            self.reject(&lost.line, &lost.because)?;
        }
        let lines: Arc<[Line]> = rest.into_iter().map(|waiting| waiting.line).collect();
        for (line, result) in knot::tie(self.engine, &self.live, &self.task(false), lines).await? {
            self.settle(&line, result)?;
        }
        Ok(())
    }

    async fn end(&self) -> Result<(), Refusal> {
        let Some(batch) = self.batch else { return Ok(()) };
        let progress = self.progress();
        self.engine
            .write(Priority::Interactive, Isolation::ReadCommitted, move |engine, _, tx| {
                stored::advance(tx, batch, progress)?;
                stored::end(tx, batch, State::Done, engine.clock().now()).map_err(Refusal::from)
            })
            .await
    }
}
