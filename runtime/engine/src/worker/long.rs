//! Jobs that take minutes and many transactions: claimed with a lease, a few at a time, beside all others.

use std::sync::Arc;

use fichero_store::system::job::{self, Claim, Job, Lane};
use fichero_store::{Isolation, Priority};
use jiff::Timestamp;
use tokio::sync::{Notify, Semaphore, watch};

use super::{TRIES, fail};
use crate::engine::Engine;
use crate::import::{Errand, LEASE};
use crate::refusal::Refusal;

/// How many of them one worker does at a time.
const AT_A_TIME: usize = 2;

/// Those that a worker is at.
pub(super) struct Long {
    /// The worker, as its claims name it.
    name: Arc<str>,
    places: Arc<Semaphore>,
    /// A place has become free.
    pub free: Arc<Notify>,
    stopped: watch::Receiver<bool>,
}

impl Long {
    pub fn new(engine: &Engine, stopped: watch::Receiver<bool>) -> Self {
        let name = engine.ids().id(engine.clock().now()).to_string().into();
        Self { name, places: Arc::new(Semaphore::new(AT_A_TIME)), free: Arc::default(), stopped }
    }

    /// Takes up as many as there are places and jobs.
    pub async fn fill(&self, engine: &Engine) -> Result<(), Refusal> {
        while let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            let Some(job) = claim(engine, &self.name).await? else { return Ok(()) };
            let errand =
                Errand { engine: engine.clone(), job, worker: Arc::clone(&self.name), stopped: self.stopped.clone() };
            let free = Arc::clone(&self.free);
            tokio::spawn(async move {
                run(&errand).await;
                drop(place);
                free.notify_one();
            });
        }
        Ok(())
    }

    /// The lanes whose jobs are waited for: while all places are taken, no further one can be taken up.
    pub fn lanes(&self) -> &'static [Lane] {
        if self.places.available_permits() > 0 { &Lane::ALL } else { &Lane::AT_ONCE }
    }

    /// Waits until what is under way has stopped.
    pub async fn ended(&self) {
        // The semaphore is never closed.
        let _ = self.places.acquire_many(AT_A_TIME as u32).await;
    }
}

/// Does all such jobs that are due now, one after the other, and gives how many there were. For tests.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn run_due(engine: &Engine) -> Result<usize, Refusal> {
    let (_stop, stopped) = watch::channel(false);
    let worker: Arc<str> = "alone".into();
    let mut count = 0;
    while let Some(job) = claim(engine, &worker).await? {
        let errand = Errand { engine: engine.clone(), job, worker: Arc::clone(&worker), stopped: stopped.clone() };
        run(&errand).await;
        count += 1;
    }
    Ok(count)
}

async fn claim(engine: &Engine, worker: &Arc<str>) -> Result<Option<Job>, Refusal> {
    let worker = Arc::clone(worker);
    engine
        .write(Priority::Background, Isolation::ReadCommitted, move |engine, _, tx| {
            let now = engine.clock().now();
            let lease_until = now.checked_add(LEASE).unwrap_or(Timestamp::MAX);
            Ok::<_, Refusal>(
                job::claim(tx, &Claim { lane: Lane::Long, limit: 1, worker: &worker, now, lease_until })?.pop(),
            )
        })
        .await
}

/// Does one. What fails for want of the database is tried again later, and given up after its last try.
async fn run(errand: &Errand) {
    let Err(refusal) = errand.run().await else { return };
    let settled = if errand.job.attempts >= TRIES {
        errand.give_up(&refusal).await
    } else {
        let (job, why) = (errand.job.clone(), refusal);
        errand
            .engine
            .write(Priority::Background, Isolation::ReadCommitted, move |engine, _, tx| fail(engine, tx, &job, &why))
            .await
    };
    if let Err(refusal) = settled {
        // Its lease runs out, and it is taken up again.
        tracing::warn!(job = %errand.job.id, code = refusal.code, "what came of a job cannot be noted");
    }
}
