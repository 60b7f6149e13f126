//! Records from files: text with a delimiter, workbooks, JSON lines (`source`).
//!
//! A file is read as a stream, in slices of a few hundred rows, each one background transaction through the one door; so
//! memory is bounded and people hardly notice. A row that cannot be taken rejects only itself: it goes to the rejects
//! file as it was, with a column that says why, cell by cell. Nothing is guessed: what could mean two things is rejected.
//!
//! What always holds: after a crash the database holds whole rows only, and how far the import came, written with them. The
//! same file brought in again by the same means goes on from there (`batch`), so that no row is taken twice; and whatever
//! an import did can be taken back ([`undo`]).
//!
//! Rows may refer to other rows of the same file that come later (an account's parent). They wait, at most
//! [`MOST_WAITING`] of them, and are taken as soon as what they refer to is there; rows that refer to each other in a
//! circle are made together.
//!
//! An empty cell says nothing: a new record takes the field's default, one that is there keeps what it has.

mod ahead;
mod asked;
mod batch;
mod cell;
mod document;
mod errand;
pub mod guess;
mod header;
mod importer;
mod knot;
pub mod look;
mod number;
pub mod order;
mod quotes;
mod reference;
mod reject;
pub mod repeated;
mod source;
mod task;
pub mod undo;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

use fichero_model::data::{Mapping, OnMatch, Reading};
use fichero_model::{EntityId, Id};
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::actor::{Actor, Via};
use crate::command::Mode;
use crate::engine::Engine;
use crate::message::Message;
use crate::policy::{self, Action};
use crate::refusal::{FieldError, Kind, Refusal};
use crate::slice;
pub use asked::{Asked, By};
pub use document::{of_guess, yaml};
pub(crate) use errand::{Errand, LEASE};
pub(crate) use header::{is_heading_of, may_be_filled};
use importer::Importer;
pub(crate) use reference::keys;
use reject::Rejects;
pub use reject::is_rejects;
use repeated::{Given, Repeated};
use source::Source;
pub use source::encoding_named;
use task::Known;

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
    /// The SHA-256 of the file, by which an import of it that broke off is known again.
    pub hash: Option<[u8; 32]>,
    /// One that broke off is not taken up again: this one begins at the first row.
    pub anew: bool,
    /// How it is read, before what the mapping says; what neither says is told by the file itself.
    pub reading: Reading,
    /// How its columns fill fields; by their headings (a field's name or label) when nothing.
    pub mapping: Option<&'a Mapping>,
    /// The fields by which a row finds the record it updates. When nothing is said, those of the mapping, or external
    /// fields among the columns.
    pub matching: Option<Vec<String>>,
    /// What becomes of a row whose record is there; as the mapping says when nothing.
    pub on_match: Option<OnMatch>,
    /// The batch that was begun for it, where it was ordered before.
    pub batch: Option<Id>,
    /// History, or something that happens now.
    pub mode: Mode,
    /// Everything is done and undone again, to see what would happen. Each slice stands for itself then, so references
    /// to other rows of the file are left out.
    pub dry_run: bool,
}

impl Request<'_> {
    /// How the file is read: as is said here, else as the mapping says.
    fn reading(&self) -> Reading {
        let declared = self.mapping.map(|mapping| mapping.reading.clone()).unwrap_or_default();
        let said = self.reading.clone();
        Reading {
            delimiter: said.delimiter.or(declared.delimiter),
            quoting: said.quoting.or(declared.quoting),
            encoding: said.encoding.or(declared.encoding),
            sheet: said.sheet.or(declared.sheet),
            join_into: if said.join_into.is_empty() { declared.join_into } else { said.join_into },
        }
    }
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The batch its changes bear in the log; nothing after a dry run.
    pub batch: Option<Id>,
    /// How many rows were behind it when it was taken up again; what they came to is counted too.
    pub resumed: Option<u64>,
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
    /// Rows with more cells than the heading, whose surplus cells were joined as the mapping says.
    pub joined: u64,
    /// Columns that fill nothing.
    pub passed_over: Vec<String>,
    /// Rows that changed what an earlier row of the file gave the same record.
    pub repeated: Repeated,
    /// Why the first rows were rejected, at most [`MOST_REASONS`].
    pub reasons: Vec<String>,
    /// What the first rows that make or change something would do, in a dry run; at most [`MOST_SHOWN`].
    pub shown: Vec<Shown>,
}

/// What a row of a dry run would make or change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The line of the file.
    pub line: u64,
    /// Whether its record would be made; else changed.
    pub is_new: bool,
    /// What the record is called afterwards.
    pub title: String,
    /// Each field that would change, by its name in JSON: `[before, after]`.
    pub changes: Map<String, Json>,
    /// What the records are called that `changes` names by their ids.
    pub titles: BTreeMap<String, String>,
}

impl Shown {
    /// As the API and the command line give it.
    pub fn to_json(&self) -> Json {
        let Self { line, is_new, title, changes, titles } = self;
        let effect = if *is_new { "create" } else { "update" };
        json!({"line": line, "effect": effect, "title": title, "changes": changes, "titles": titles})
    }
}

/// How many rows of a dry run are shown.
pub const MOST_SHOWN: usize = 20;

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

/// What is told while an import goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It broke off before, and is taken up again behind so many rows.
    Resuming {
        /// Which one it is.
        batch: Id,
        /// How many rows are behind it.
        rows: u64,
    },
    /// The same file was brought in before, and nothing says which of its rows are there: they are made once more.
    Again {
        /// Which import that was.
        batch: Id,
        /// When it ended.
        at: Timestamp,
    },
    /// So far it came.
    Reached(Reached),
}

/// Why a file could not be brought in. Slices before the failure stay; the same command goes on from there.
#[derive(Debug)]
pub enum Error {
    /// It is not readable as a table.
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

impl Error {
    /// The same as it is told to whoever asked through the network.
    pub fn into_refusal(self) -> Refusal {
        match self {
            Error::File(message) => Refusal::new(Kind::Invalid, "import_file", Message::with("import_file", [message])),
            Error::Columns(slips) => {
                let told = |slip| FieldError::new("mapping", "import_columns", Message::with("said", [slip]));
                Refusal::invalid(slips.into_iter().map(told).collect())
            }
            Error::Rejects(message) => Refusal::internal("the rows that an import rejects", &message),
            Error::Refused(refusal) => refusal,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Error::Refused(refusal)
    }
}

/// The SHA-256 of a file, by which an import of it that broke off is known again.
///
/// # Errors
/// When it cannot be read.
pub fn fingerprint(mut file: impl Read) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            count => hash.update(buffer.get(..count).unwrap_or_default()),
        }
    }
}

/// Brings a file in. Reading it blocks the thread now and then: call it where that is no harm.
///
/// `rejects` gets the rows that were rejected, with the heading of the file, if there are any; `tell` is told when an
/// import is taken up again, and after each slice.
///
/// # Errors
/// When nothing of the file can be used, or it breaks off. Rows that are rejected are no error.
pub async fn run(
    engine: &Engine,
    request: Request<'_>,
    file: impl Read,
    rejects: impl Write,
    mut tell: impl FnMut(News),
) -> Result<Report, Error> {
    let mut importer = all_rows(engine, request, file, rejects, &mut tell).await?;
    importer.end().await?;
    Ok(importer.report)
}

/// Brings in all rows of a file. That the import is at its end is not noted yet.
async fn all_rows<'e, W: Write>(
    engine: &'e Engine,
    request: Request<'_>,
    file: impl Read,
    rejects: W,
    tell: &mut impl FnMut(News),
) -> Result<Importer<'e, W>, Error> {
    let live = engine.live();
    policy::may(&request.actor, &live.model, request.entity, Action::Import)?;
    let reading = request.reading();
    let mut source = Source::open(file, &request.file, &reading)?;
    let plan = header::plan(&live.model, &request, reading, source.headers()).map_err(Error::Columns)?;
    let earlier = batch::earlier(engine, &live, &request, &plan).await?;
    let begun = batch::begin(engine, &live, &request, &plan).await?;
    let batch = begun.as_ref().map(|begun| begun.hold);
    let actor = Actor { via: Via::Import, cause: batch.map(|hold| hold.batch), ..request.actor.clone() };
    let mut importer = Importer {
        engine,
        live,
        plan: Arc::new(plan),
        actor,
        mode: request.mode,
        hold: batch,
        report: Report { batch: batch.map(|hold| hold.batch), ..Report::default() },
        rows: 0,
        late: 0,
        known: Arc::new(Known::default()),
        waiting: Vec::new(),
        given: Given::default(),
        rejects: Rejects::new(rejects, source.headers(), source.style()),
    };
    importer.report.passed_over.clone_from(&importer.plan.passed_over);
    match begun.and_then(|begun| begun.before) {
        Some(before) => importer.resume(&mut source, before, tell).await?,
        None => earlier.into_iter().for_each(|(batch, at)| tell(News::Again { batch, at })),
    }
    loop {
        let lines = source.read(READ_AHEAD)?;
        if lines.is_empty() {
            break;
        }
        importer.take(lines, true).await?;
        tell(importer.reached(source.bytes()));
    }
    importer.report.joined = source.joined();
    importer.take_waiting().await?;
    importer.rejects.finish()?;
    tell(importer.reached(source.bytes()));
    Ok(importer)
}
