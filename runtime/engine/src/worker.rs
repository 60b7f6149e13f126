//! The worker: it does what is due, and otherwise sleeps until something is.
//!
//! An internal job is claimed, takes effect and disappears in one transaction, so it happens exactly once. What fails is
//! undone, tried again later and later, and is dead after its last try; also where it took the whole transaction with it
//! (a panic, a statement that ran out of time, a conflict that came again and again), for then its try is counted in a
//! second one. The lanes take turns, so that a flood in one holds up no other, and neither does a failing job.
//!
//! What takes minutes and many transactions (imports) has a lane of its own, is claimed with a lease and done beside the rest
//! (`long`).
//!
//! Any number of workers may run, on any number of nodes. One is woken by what is enqueued, by the moment the next job is
//! due, and now and then by itself, because wake-ups are best effort. What leaves the house (mail, calls to other
//! systems) is not done here: it stays in the outbox.

mod kind;
mod long;

use std::sync::{Arc, Mutex, PoisonError};

use fichero_store::system::job::{self, Claim, Job, Lane};
use fichero_store::{Events, Isolation, Priority, Tx};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::engine::Engine;
use crate::live::Live;
use crate::refusal::Refusal;

pub use kind::Kind;
pub use long::run_due as run_long_due;

use long::Long;

/// How often a job is tried before it is dead: with the store's backoff that is half a day.
pub const TRIES: i64 = 20;

/// The longest sleep: other nodes' wake-ups may be lost.
const LONGEST_SLEEP: SignedDuration = SignedDuration::from_secs(30);

/// How long it waits when the database is away.
const AWAY: SignedDuration = SignedDuration::from_secs(5);

/// How long a job of a newer release waits for a worker that knows it.
const UNKNOWN: SignedDuration = SignedDuration::from_mins(10);

/// A running worker.
#[derive(Debug)]
pub struct Worker {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Worker {
    /// Starts a worker on the async runtime at hand, and sees that the jobs which recur are there.
    pub fn start(engine: Engine) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: tokio::spawn(work(engine, stopped)) }
    }

    /// Lets the job at hand come to its end, and stops.
    pub async fn stop(self) {
        // Nobody listens any more when the worker has ended with its database.
        let _ = self.stop.send(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the worker ended badly");
        }
    }
}

async fn work(engine: Engine, mut stopped: watch::Receiver<bool>) {
    let mut events = engine.db().subscribe();
    let mut scheduled = false;
    let long = Long::new(&engine, stopped.clone());
    while !*stopped.borrow() {
        let sleep = match turn(&engine, &stopped, &long, &mut scheduled).await {
            Ok(Some(due)) => due.duration_since(engine.clock().now()).clamp(SignedDuration::ZERO, LONGEST_SLEEP),
            Ok(None) => LONGEST_SLEEP,
            Err(refusal) => {
                tracing::warn!(code = refusal.code, "the worker cannot look for jobs");
                AWAY
            }
        };
        tokio::select! {
            () = tokio::time::sleep(sleep.unsigned_abs()) => {}
            open = enqueued(&mut events) => if !open { return },
            () = long.free.notified() => {}
            _ = stopped.changed() => {}
        }
    }
    long.ended().await;
}

/// Does all that is due; gives the moment when the next is.
async fn turn(
    engine: &Engine,
    stopped: &watch::Receiver<bool>,
    long: &Long,
    scheduled: &mut bool,
) -> Result<Option<Timestamp>, Refusal> {
    if !*scheduled {
        schedule(engine).await?;
        *scheduled = true;
    }
    long.fill(engine).await?;
    let mut busy = true;
    while busy {
        busy = false;
        for lane in Lane::AT_ONCE {
            if *stopped.borrow() {
                return Ok(None);
            }
            busy |= next(engine, lane).await?;
        }
    }
    next_ready(engine, long.lanes()).await
}

/// Waits until jobs were enqueued. False when the database was closed.
async fn enqueued(events: &mut Events) -> bool {
    loop {
        match events.next().await {
            Ok(event) if event.channel.is_empty() || &*event.channel == job::CHANNEL => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

/// Sees that the jobs which recur are there; those that wait already are left alone.
///
/// # Errors
/// When the database cannot be written.
pub async fn schedule(engine: &Engine) -> Result<(), Refusal> {
    engine
        .write(Priority::Background, Isolation::Serializable, |engine, _, tx| {
            for kind in Kind::ALL.iter().filter(|kind| kind.period().is_some()) {
                if job::find(tx, kind.name())?.is_none() {
                    kind.recur(engine, tx)?;
                }
            }
            Ok::<_, Refusal>(())
        })
        .await
}

/// Does all that is due now, also what that brings about, and gives how many jobs there were. For scenario tests, where
/// time stands still meanwhile.
///
/// # Errors
/// When the database cannot be read or written. A job that fails is tried again later and is no error here.
pub async fn run_due(engine: &Engine) -> Result<usize, Refusal> {
    let mut count = 0;
    loop {
        let before = count;
        for lane in Lane::AT_ONCE {
            count += usize::from(next(engine, lane).await?);
        }
        if count == before {
            return Ok(count);
        }
    }
}

/// When a job may be tried next; nothing when none waits.
///
/// # Errors
/// When the database cannot be read.
pub async fn next_due(engine: &Engine) -> Result<Option<Timestamp>, Refusal> {
    next_ready(engine, &Lane::AT_ONCE).await
}

async fn next_ready(engine: &Engine, lanes: &'static [Lane]) -> Result<Option<Timestamp>, Refusal> {
    engine.read(move |_, _, tx| job::next_ready(tx, lanes).map_err(Refusal::from)).await
}

/// Does the job of a lane that is due longest. False when none is.
///
/// Each statement sees what was committed before it: claiming passes over what others hold, which is no decision that
/// must be as if alone. A kind of job that decides from other records has to lock them.
async fn next(engine: &Engine, lane: Lane) -> Result<bool, Refusal> {
    let claimed: Arc<Mutex<Option<Job>>> = Arc::default();
    let claiming = Arc::clone(&claimed);
    let done = engine
        .write(Priority::Background, Isolation::ReadCommitted, move |engine, live, tx| {
            // After a conflict it is run again, and may then meet another job or none.
            *claiming.lock().unwrap_or_else(PoisonError::into_inner) = None;
            let now = engine.clock().now();
            let claim = Claim { lane, limit: 1, worker: "internal", now, lease_until: now };
            let Some(job) = job::claim(tx, &claim)?.pop() else { return Ok(false) };
            claiming.lock().unwrap_or_else(PoisonError::into_inner).replace(job.clone());
            match Kind::find(&job.kind) {
                Some(kind) => attempt(engine, &live, tx, (kind, &job))?,
                None => job::put_off(tx, &job, "no worker of this release knows it", later(now, UNKNOWN))?,
            }
            Ok::<_, Refusal>(true)
        })
        .await;
    let Err(refusal) = done else { return done };
    let Some(job) = claimed.lock().unwrap_or_else(PoisonError::into_inner).take() else { return Err(refusal) };
    // The claim was undone too, and with it the count of tries; uncounted, the job would be claimed again for ever.
    engine
        .write(Priority::Background, Isolation::ReadCommitted, move |engine, _, tx| fail(engine, tx, &job, &refusal))
        .await
        .map(|()| true)
}

/// Tries a claimed job: done, it disappears; failed, it waits for its next try or is dead.
fn attempt(engine: &Engine, live: &Arc<Live>, tx: &mut Tx, (kind, job): (Kind, &Job)) -> Result<(), Refusal> {
    let done = tx.savepoint(|tx| {
        job::finish(tx, job)?;
        kind.run(engine, live, tx, job)
    });
    done.or_else(|refusal| fail(engine, tx, job, &refusal))
}

/// A job failed, and what it did is undone: it waits for its next try or is dead.
fn fail(engine: &Engine, tx: &mut Tx, job: &Job, refusal: &Refusal) -> Result<(), Refusal> {
    let why = refusal.to_text(fichero_model::label::Locale::EN);
    let now = engine.clock().now();
    if job.attempts >= TRIES {
        job::bury(tx, job, &why, now)?;
        tracing::error!(job = %job.id, kind = &*job.kind, attempt = job.attempts, why, "a job failed for the last time");
        return Ok(());
    }
    let mut chance = [0; 8];
    engine.ids().random(&mut chance);
    let until = later(now, job::backoff(job.attempts, u64::from_be_bytes(chance)));
    job::put_off(tx, job, &why, until)?;
    tracing::warn!(job = %job.id, kind = &*job.kind, attempt = job.attempts, why, "a job failed");
    Ok(())
}

fn later(moment: Timestamp, by: SignedDuration) -> Timestamp {
    moment.checked_add(by).unwrap_or(moment)
}

#[cfg(test)]
mod tests;
