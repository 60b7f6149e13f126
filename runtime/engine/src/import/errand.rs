//! Imports in the background: a job is claimed with a lease, done in many transactions, and settled in the last of them.
//!
//! Whoever is at it says so every second. Where nobody does, because the process has ended, the lease runs out, another
//! worker claims the job and the import goes on behind the last row that is in the database; whoever was at it before can
//! commit nothing more ([`super::batch`]). What is wrong with the file or the order ends it as failed; what is wrong with the
//! database is tried again later.

mod told;

use std::io::{BufReader, Read as _, Seek as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fichero_model::label::Locale;
use fichero_model::{Id, Ref};
use fichero_store::system::file;
use fichero_store::system::import_order::{self as stored, Order, Outcome, State};
use fichero_store::system::job::{self, Job};
use fichero_store::{Isolation, Priority};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::asked::Asked;
use super::undo::{self, Stayed};
use super::{Error, News, Reached, all_rows, batch, order};
use crate::actor::{Actor, Via};
use crate::engine::Engine;
use crate::refusal::{Kind, Refusal};
use told::{report_json, stayed_json, told};

/// The kinds of jobs.
pub(super) const IMPORT: &str = "import";
pub(super) const UNDO: &str = "undo_import";

/// How long a job is nobody else's after its worker was heard last.
pub(crate) const LEASE: SignedDuration = SignedDuration::from_secs(20);

/// How often its worker is heard.
const BEAT: Duration = Duration::from_secs(1);

/// How many of the records that stay when an import is taken back are kept with it.
const MOST_STAYED: usize = 200;

/// A job that a worker has claimed.
pub(crate) struct Errand {
    /// The engine.
    pub engine: Engine,
    /// The job.
    pub job: Job,
    /// Who has claimed it.
    pub worker: Arc<str>,
    /// Whether the worker is to stop.
    pub stopped: watch::Receiver<bool>,
}

/// How something under way came to its end.
enum Ended {
    /// By itself.
    Itself(Result<(), Error>),
    /// Its worker stops, or somebody else has it.
    Stopped,
}

/// How far it is, for whoever looks.
#[derive(Default)]
struct Pace {
    /// When the first rows of this run were done, and how far it was then.
    first: Option<(Timestamp, Reached)>,
    reached: Reached,
}

impl Errand {
    /// Does the job.
    ///
    /// # Errors
    /// When the database does not do its part; the job is to be tried again then.
    pub(crate) async fn run(&self) -> Result<(), Refusal> {
        let batch = self.job.payload.get("batch").and_then(Json::as_str).and_then(|id| id.parse::<Id>().ok());
        match (&*self.job.kind, batch) {
            (IMPORT, Some(batch)) => self.import(batch).await,
            (UNDO, Some(batch)) => self.undo(batch).await,
            _ => self.finish().await,
        }
    }

    /// Gives it up for good: it was tried often enough.
    pub(crate) async fn give_up(&self, refusal: &Refusal) -> Result<(), Refusal> {
        let batch = self.job.payload.get("batch").and_then(Json::as_str).and_then(|id| id.parse::<Id>().ok());
        match (&*self.job.kind, batch) {
            (IMPORT, Some(batch)) => self.fail(batch, refusal, Locale::EN).await,
            (UNDO, Some(batch)) => self.end_undo(batch, State::Failed, None, Some(told(refusal, Locale::EN))).await,
            _ => self.finish().await,
        }
    }

    async fn import(&self, batch: Id) -> Result<(), Refusal> {
        let begun = self.engine.write(Priority::Background, Isolation::ReadCommitted, move |_, _, tx| {
            Ok::<_, Refusal>(if stored::begin(tx, batch)? { stored::find(tx, batch)? } else { None })
        });
        let Some(ordered) = begun.await? else { return self.finish().await };
        let pace = Arc::new(Mutex::new(Pace::default()));
        let actor = match self.actor(ordered.actor).await {
            Ok(actor) => actor,
            Err(refusal) if refusal.kind == Kind::Unavailable => return Err(refusal),
            Err(refusal) => return self.fail(batch, &refusal, Locale::EN).await,
        };
        let locale = actor.locale;
        let (engine, job, at) = (self.engine.pinned(), self.job.clone(), Arc::clone(&pace));
        let size = ordered.size;
        let work = move || async move { bring(&engine, &job, (&ordered, actor), &at).await };
        let beat = || Some((batch, pace.lock().unwrap_or_else(PoisonError::into_inner).beat(self.now(), size)));
        match self.attended(work, beat).await? {
            Ended::Stopped => self.release().await,
            Ended::Itself(Ok(())) => Ok(()),
            Ended::Itself(Err(Error::Refused(refusal))) if refusal.kind == Kind::Unavailable => Err(refusal),
            Ended::Itself(Err(error)) => self.fail(batch, &error.into_refusal(), locale).await,
        }
    }

    async fn undo(&self, batch: Id) -> Result<(), Refusal> {
        let asked = self.engine.write(Priority::Background, Isolation::ReadCommitted, move |_, _, tx| {
            let asked = stored::undoings(tx, &[batch])?.pop().filter(|asked| asked.state.is_open());
            if asked.is_some() {
                stored::end_undo(tx, batch, State::Running, None, None)?;
            }
            Ok::<_, Refusal>(asked)
        });
        let Some(asked) = asked.await? else { return self.finish().await };
        let actor = match self.actor(asked.actor).await {
            Ok(actor) => actor,
            Err(refusal) if refusal.kind == Kind::Unavailable => return Err(refusal),
            Err(refusal) => {
                return self.end_undo(batch, State::Failed, None, Some(told(&refusal, Locale::EN))).await;
            }
        };
        let (engine, locale) = (self.engine.pinned(), actor.locale);
        let report = Arc::new(Mutex::new(None));
        let put = Arc::clone(&report);
        let work = move || async move {
            let done = undo::run(&engine, &actor, batch, |_| {}).await.map_err(Error::Refused)?;
            put.lock().unwrap_or_else(PoisonError::into_inner).replace(done);
            Ok(())
        };
        match self.attended(work, || None).await? {
            Ended::Stopped => self.release().await,
            Ended::Itself(Ok(())) => {
                let done = report.lock().unwrap_or_else(PoisonError::into_inner).take();
                let stayed = |stayed: &Stayed| stayed_json(stayed, locale);
                let report = done.map(|done| done.stayed.iter().take(MOST_STAYED).map(stayed).collect::<Vec<_>>());
                self.end_undo(batch, State::Done, report.map(|report| Arc::new(json!(report))), None).await
            }
            Ended::Itself(Err(error)) => match error.into_refusal() {
                refusal if refusal.kind == Kind::Unavailable => Err(refusal),
                refusal => self.end_undo(batch, State::Failed, None, Some(told(&refusal, locale))).await,
            },
        }
    }

    /// Does the work on a thread of its own, which may wait for disks, and says meanwhile that somebody is at it.
    async fn attended<F: Future<Output = Result<(), Error>>>(
        &self,
        work: impl FnOnce() -> F + Send + 'static,
        beat: impl Fn() -> Option<(Id, Json)>,
    ) -> Result<Ended, Refusal> {
        let (stop, mut stopping) = watch::channel(false);
        let handle = Handle::current();
        let mut thread = tokio::task::spawn_blocking(move || {
            handle.block_on(async move {
                tokio::select! {
                    result = work() => Ended::Itself(result),
                    _ = stopping.changed() => Ended::Stopped,
                }
            })
        });
        let mut stopped = self.stopped.clone();
        let mut is_stopping = *stopped.borrow();
        loop {
            if is_stopping {
                // It has ended by itself where nobody listens.
                let _ = stop.send(true);
            }
            tokio::select! {
                ended = &mut thread => {
                    return ended.map_err(|error| Refusal::internal("an import", &error));
                }
                () = tokio::time::sleep(BEAT) => is_stopping |= !self.is_ours(beat()).await,
                _ = stopped.changed(), if !is_stopping => is_stopping = true,
            }
        }
    }

    /// Says that somebody is at it. False when it was stopped, or is somebody else's.
    async fn is_ours(&self, beat: Option<(Id, Json)>) -> bool {
        let (job, worker) = (self.job.clone(), Arc::clone(&self.worker));
        let beat = beat.map(|(batch, beat)| (batch, Arc::new(beat)));
        let said = self.engine.write(Priority::Background, Isolation::ReadCommitted, move |engine, _, tx| {
            let until = engine.clock().now().checked_add(LEASE).unwrap_or(Timestamp::MAX);
            let is_ours = job::renew(tx, &job, &worker, until)?;
            let goes_on = match &beat {
                Some((batch, beat)) => stored::beat(tx, *batch, Arc::clone(beat))?,
                None => true,
            };
            Ok::<_, Refusal>(is_ours && goes_on)
        });
        // A database that is away for a moment says nothing about whose it is.
        said.await.unwrap_or(true)
    }

    /// Whoever asked for it, with the rights they have now.
    async fn actor(&self, user: Option<Id>) -> Result<Actor, Refusal> {
        match user {
            None => Ok(Actor::system(Via::Import)),
            Some(id) => {
                let user = Ref { entity: self.engine.live().model.user, id };
                self.engine.person(user, Via::Import).await
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.engine.clock().now()
    }

    /// The next worker takes it up at once.
    async fn release(&self) -> Result<(), Refusal> {
        let job = self.job.clone();
        self.engine
            .write(Priority::Background, Isolation::ReadCommitted, move |engine, _, tx| {
                Ok::<_, Refusal>(job::put_off(tx, &job, "its worker was stopped", engine.clock().now())?)
            })
            .await
    }

    async fn finish(&self) -> Result<(), Refusal> {
        let job = self.job.clone();
        self.engine
            .write(Priority::Background, Isolation::ReadCommitted, move |_, _, tx| {
                Ok::<_, Refusal>(job::finish(tx, &job).map(drop)?)
            })
            .await
    }

    /// It is not tried again. What is in the database stays, and can be taken back.
    async fn fail(&self, batch: Id, refusal: &Refusal, locale: Locale) -> Result<(), Refusal> {
        let (job, worker, error) = (self.job.clone(), Arc::clone(&self.worker), told(refusal, locale));
        let is_lost = refusal.code == "import_lost";
        self.engine
            .write(Priority::Background, Isolation::ReadCommitted, move |engine, _, tx| {
                let at = engine.clock().now();
                // Another worker that has claimed it since says what becomes of it.
                if !job::renew(tx, &job, &worker, at)? {
                    return Ok(());
                }
                let error = Some(Arc::clone(&error));
                let outcome = Outcome { state: State::Failed, at, report: None, error, rejects: None };
                // A batch that the command line has taken over is no longer ours to leave.
                if stored::end(tx, batch, &outcome)? && !is_lost {
                    order::leave(engine, tx, batch)?;
                }
                Ok::<_, Refusal>(job::finish(tx, &job).map(drop)?)
            })
            .await
    }

    async fn end_undo(
        &self,
        batch: Id,
        state: State,
        report: Option<Arc<Json>>,
        error: Option<Arc<Json>>,
    ) -> Result<(), Refusal> {
        let (job, worker) = (self.job.clone(), Arc::clone(&self.worker));
        self.engine
            .write(Priority::Background, Isolation::ReadCommitted, move |engine, _, tx| {
                if !job::renew(tx, &job, &worker, engine.clock().now())? {
                    return Ok(());
                }
                stored::end_undo(tx, batch, state, report.clone(), error.clone())?;
                Ok::<_, Refusal>(job::finish(tx, &job).map(drop)?)
            })
            .await
    }
}

impl Pace {
    fn note(&mut self, now: Timestamp, reached: Reached) {
        self.first.get_or_insert((now, reached));
        self.reached = reached;
    }

    fn beat(&self, now: Timestamp, size: i64) -> Json {
        let Reached { rows, bytes, rejected } = self.reached;
        let mut beat = json!({"rows": rows, "bytes": bytes, "rejected": rejected});
        let Some((since, first)) = self.first else { return beat };
        let passed = u64::try_from(now.duration_since(since).as_millis()).unwrap_or(0);
        let per_second = |count: u64| (passed > 0).then(|| count.saturating_mul(1000) / passed);
        if let Some(rate) = per_second(rows.saturating_sub(first.rows)) {
            beat["rate"] = rate.into();
        }
        let left = u64::try_from(size).unwrap_or(0).saturating_sub(bytes);
        if let Some(rate) = per_second(bytes.saturating_sub(first.bytes)).filter(|rate| *rate > 0) {
            beat["seconds_left"] = left.div_ceil(rate).into();
        }
        beat
    }
}

/// Brings the file in, and settles its job with the last rows.
async fn bring(engine: &Engine, job: &Job, (ordered, actor): (&Order, Actor), pace: &Mutex<Pace>) -> Result<(), Error> {
    let live = engine.live();
    let asked = Asked::read(ordered.request.as_object().unwrap_or(&serde_json::Map::new()))?;
    let entity = live.entity_of_table(&ordered.entity).ok_or_else(Refusal::not_found)?;
    let mapping = order::mapping(&live.model, entity, &asked.by)?;
    let id = ordered.file;
    let found = engine.read(move |_, _, tx| Ok(file::many(tx, &[id])?.pop())).await?;
    let read = found.ok_or_else(Refusal::not_found)?;
    let content = BufReader::with_capacity(1 << 16, engine.open_file(&read)?);
    let unspooled = |error: std::io::Error| Error::Rejects(error.to_string());
    let mut spool = tempfile::tempfile().map_err(unspooled)?;
    let writer = spool.try_clone().map_err(unspooled)?;
    let request = order::request(actor.clone(), (entity, ordered.batch), &read, &asked, mapping.as_deref());
    let mut tell = |news| match news {
        News::Resuming { .. } | News::Again { .. } => {}
        News::Reached(reached) => {
            pace.lock().unwrap_or_else(PoisonError::into_inner).note(engine.clock().now(), reached);
        }
    };
    let importer = all_rows(engine, request, content, writer, &mut tell).await?;
    let rejects = match importer.report.rejected {
        0 => None,
        _ => {
            spool.rewind().map_err(unspooled)?;
            Some(kept(engine, &actor, spool, &ordered.name).await?)
        }
    };
    let (hold, progress) = (importer.hold, importer.settled());
    let report = Arc::new(report_json(&importer.report, importer.rows));
    let (batch, job) = (ordered.batch, job.clone());
    engine
        .write(Priority::Interactive, Isolation::ReadCommitted, move |engine, _, tx| {
            let at = engine.clock().now();
            if let Some(hold) = hold {
                batch::ended(tx, hold, progress, at)?;
            }
            if let Some(rejects) = rejects {
                order::own(tx, rejects, batch)?;
            }
            let report = Some(Arc::clone(&report));
            let outcome = Outcome { state: State::Done, at, report, error: None, rejects };
            stored::end(tx, batch, &outcome)?;
            Ok::<_, Refusal>(job::finish(tx, &job).map(drop)?)
        })
        .await?;
    if hold.is_some() {
        batch::spread(engine, entity, progress).await;
    }
    Ok(())
}

/// Keeps the rejected rows as a file.
async fn kept(engine: &Engine, actor: &Actor, mut spool: std::fs::File, name: &str) -> Result<Id, Error> {
    let mut upload = engine.begin_upload(actor, u64::MAX)?;
    loop {
        let mut bytes = Vec::new();
        let read = spool.by_ref().take(1 << 18).read_to_end(&mut bytes);
        if read.map_err(|error| Error::Rejects(error.to_string()))? == 0 {
            break;
        }
        upload.write(bytes).await?;
    }
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    Ok(engine.keep_upload(actor, upload, &format!("{stem}-rejects.csv")).await?.id)
}
