//! The batch of an import: where it stands is written in the transactions of its rows.
//!
//! One that broke off is taken up again by the same file, brought in by the same means. Whoever takes it up holds it from
//! then on: a process that was at it all the while loses what it has not committed, so that nothing is taken twice.

use std::sync::Arc;

use fichero_model::label::Locale;
use fichero_model::{EntityId, Id};
use fichero_store::system::import::{self as stored, Progress, State};
use fichero_store::{Isolation, Priority, Tx, statistics};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::Request;
use super::header::Plan;
use crate::engine::Engine;
use crate::live::Live;
use crate::message::{Argument, Message};
use crate::refusal::{Kind, Refusal};

/// Who is at which import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    /// The import.
    pub batch: Id,
    /// The run of the program that is at it.
    pub runner: Id,
}

/// An import that begins, or goes on.
#[derive(Debug)]
pub(super) struct Begun {
    /// Which one, held from now on.
    pub hold: Hold,
    /// How far it came before it broke off.
    pub before: Option<Progress>,
}

impl Hold {
    /// Notes how far the import came, in the transaction of its rows.
    ///
    /// # Errors
    /// When somebody else holds it by now, or it was taken back; the transaction must not be committed then.
    pub fn advance(self, tx: &mut Tx, progress: Progress) -> Result<(), Refusal> {
        held(stored::advance(tx, self.batch, self.runner, progress)?)
    }
}

fn held(is_held: bool) -> Result<(), Refusal> {
    match is_held {
        true => Ok(()),
        false => Err(Refusal::new(Kind::Conflict, "import_lost", Message::key("import_lost"))),
    }
}

/// Begins an import, or takes up the one of this file that broke off; a dry run does neither.
///
/// # Errors
/// When one that broke off was brought in by other means, so that going on would mix them and beginning anew would double
/// its rows.
pub(super) async fn begin(
    engine: &Engine,
    live: &Live,
    request: &Request<'_>,
    plan: &Plan,
) -> Result<Option<Begun>, Refusal> {
    if request.dry_run {
        return Ok(None);
    }
    let now = engine.clock().now();
    let batch = request.batch.unwrap_or_else(|| engine.ids().id(now));
    let hold = Hold { batch, runner: engine.ids().id(now) };
    let new = new(live, request, plan, (hold.batch, now));
    let new = stored::Import { runner: Some(hold.runner), ..new };
    let (anew, is_ordered) = (request.anew, request.batch.is_some());
    engine
        .write(Priority::Interactive, Isolation::ReadCommitted, move |_, _, tx| {
            if is_ordered {
                return take_up(tx, &new, hold);
            }
            for old in others(tx, &new)? {
                if anew {
                    stored::leave(tx, old.batch, hold.runner)?;
                } else if old.means != new.means {
                    return Err(other_means(&old));
                } else if let Some(old) = stored::take_over(tx, old.batch, hold.runner)? {
                    let hold = Hold { batch: old.batch, ..hold };
                    return Ok(Some(Begun { hold, before: Some(old.progress) }));
                }
            }
            stored::start(tx, &new)?;
            Ok(Some(Begun { hold, before: None }))
        })
        .await
}

/// Those of the same file that are under way or broke off.
pub(super) fn others(tx: &mut Tx, new: &stored::Import) -> Result<Vec<stored::Import>, Refusal> {
    match &new.hash {
        Some(hash) => Ok(stored::broken_off(tx, &new.entity, hash)?),
        None => Ok(Vec::new()),
    }
}

/// The import that brought the same file in before, and when it ended: where rows are not matched, so that all of them are
/// made once more.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn earlier(
    engine: &Engine,
    live: &Live,
    request: &Request<'_>,
    plan: &Plan,
) -> Result<Option<(Id, Timestamp)>, Refusal> {
    let Some(hash) = request.hash.filter(|_| plan.matching.is_empty()) else { return Ok(None) };
    let table = live.layout.table_name(request.entity);
    let done = engine.read(move |_, _, tx| Ok::<_, Refusal>(stored::done(tx, &table, &hash)?)).await?;
    Ok(done.and_then(|done| Some((done.batch, done.ended_at?))))
}

/// Takes up an import that was ordered, whether somebody was at it before or not.
fn take_up(tx: &mut Tx, new: &stored::Import, hold: Hold) -> Result<Option<Begun>, Refusal> {
    let old = stored::find(tx, new.batch)?.ok_or_else(|| unknown(new.batch))?;
    if old.means != new.means {
        return Err(Refusal::new(Kind::Conflict, "import_changed", Message::key("import_changed")));
    }
    let taken = stored::take_over(tx, new.batch, hold.runner)?;
    held(taken.is_some())?;
    // Whoever was at it may have come further since it was looked at; from here on nobody else does.
    let before = taken.map(|taken| taken.progress);
    Ok(Some(Begun { hold, before: before.filter(|at| old.runner.is_some() || *at != Progress::default()) }))
}

/// What is told of a batch that there is not.
pub(super) fn unknown(batch: Id) -> Refusal {
    Refusal { detail: Message::with("import_unknown", [batch.to_string()]), ..Refusal::not_found() }
}

/// An import that begins now, and that nobody is at yet.
pub(super) fn new(live: &Live, request: &Request<'_>, plan: &Plan, (batch, now): (Id, Timestamp)) -> stored::Import {
    let means = means(request, plan);
    let matching: Vec<&str> = plan.matching.iter().map(|field| &*live.model[request.entity][*field].name).collect();
    stored::Import {
        batch,
        entity: live.layout.table_name(request.entity),
        file: request.file.as_str().into(),
        hash: request.hash.map(|hash| hash.as_slice().into()),
        mapping: request.mapping.map(|mapping| Arc::clone(&mapping.name)),
        matching: (!matching.is_empty()).then(|| matching.join(", ").into()),
        means: Some(means.as_slice().into()),
        actor: request.actor.user.map(|user| user.id),
        runner: None,
        started_at: now,
        ended_at: None,
        state: State::Running,
        progress: Progress::default(),
        undo: None,
    }
}

/// So many records make what the planner knows of their table untrue.
const MANY: i64 = 1_000;

/// Notes that an import is at its end.
///
/// # Errors
/// As [`Hold::advance`].
pub(super) async fn end(engine: &Engine, hold: Hold, progress: Progress) -> Result<(), Refusal> {
    engine
        .write(Priority::Interactive, Isolation::ReadCommitted, move |engine, _, tx| {
            ended(tx, hold, progress, engine.clock().now())
        })
        .await
}

/// The same, in a transaction in which more is noted.
///
/// # Errors
/// As [`Hold::advance`].
pub(super) fn ended(tx: &mut Tx, hold: Hold, progress: Progress, now: Timestamp) -> Result<(), Refusal> {
    hold.advance(tx, progress)?;
    held(stored::end(tx, hold.batch, hold.runner, now)?)
}

/// Lets the planner know of what an import has written. That this fails is no fault of the import, which has ended.
pub(super) async fn spread(engine: &Engine, entity: EntityId, progress: Progress) {
    if progress.created + progress.updated + progress.made < MANY {
        return;
    }
    let refresh = engine.write(Priority::Background, Isolation::ReadCommitted, move |_, live, tx| {
        let table = live.layout.table_name(entity);
        let tables = std::iter::once(&*table).chain(statistics::GROWING);
        Ok::<_, Refusal>(statistics::refresh(tx, tables)?)
    });
    if let Err(refusal) = refresh.await {
        let why = refusal.to_text(Locale::EN);
        tracing::warn!(why, "lists may be slow until the database knows of the rows that were brought in");
    }
}

/// A fingerprint of how rows become records: what fills what, how it is read, what is matched, in which mode.
fn means(request: &Request<'_>, plan: &Plan) -> [u8; 32] {
    Sha256::digest(format!("{plan:?} {:?}", request.mode)).into()
}

fn other_means(old: &stored::Import) -> Refusal {
    let by = |name: &Option<Arc<str>>| Argument::Plain(name.as_deref().unwrap_or("-").to_owned());
    let place = [old.batch.to_string(), old.progress.reached.to_string()].map(Argument::Plain);
    let arguments = place.into_iter().chain([by(&old.mapping), by(&old.matching)]);
    Refusal::new(Kind::Conflict, "import_broken_off", Message::with("import_broken_off", arguments))
}
