//! Jobs as administrators and those who watch the machine see them: how many there are, and those that failed for the last
//! time, which lie in a list until somebody has them tried again.
//!
//! Doing jobs is the [worker](crate::worker)'s.

use std::sync::Arc;

use fichero_model::{EntityId, Id};
use fichero_store::system::job::{self, Job};
use fichero_store::{Isolation, Priority};
use jiff::Timestamp;

use crate::actor::Actor;
use crate::engine::Engine;
use crate::live::Live;
use crate::refusal::Refusal;
use crate::worker::Kind;

/// At most so many dead jobs are shown: those that died last.
pub const MOST: u32 = 200;

/// A job that failed for the last time.
#[derive(Clone, Debug)]
pub struct Dead {
    /// Its identity.
    pub id: Id,
    /// What was to be done.
    pub kind: Arc<str>,
    /// What it is about, where that is still known.
    pub about: Option<About>,
    /// When it was to be done.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: i64,
    /// When it failed for the last time.
    pub dead_at: Timestamp,
    /// Why it failed, in English.
    pub error: Option<Arc<str>>,
}

/// What a job is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// Records of this entity.
    pub entity: EntityId,
    /// This one, where it is one.
    pub record: Option<Id>,
}

/// How many jobs there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those whose time has not come.
    pub waiting: u64,
    /// Those that may be tried now.
    pub ready: u64,
    /// Those that a worker has claimed.
    pub claimed: u64,
    /// Those that failed for the last time.
    pub dead: u64,
    /// How long the longest ready one could have been tried, in seconds.
    pub late: u64,
}

impl Engine {
    /// The dead jobs, those that died last first, at most [`MOST`].
    ///
    /// # Errors
    /// When the reader is no administrator, or the database cannot be read.
    pub async fn dead_jobs(&self, actor: &Actor) -> Result<Vec<Dead>, Refusal> {
        check(actor)?;
        self.read(|_, live, tx| Ok(job::dead(tx, MOST)?.into_iter().map(|job| dead(&live, job)).collect())).await
    }

    /// Brings a dead job back, to be tried at once with all its attempts.
    ///
    /// # Errors
    /// When there is no such dead job, the actor is no administrator, or the database cannot be written.
    pub async fn retry_job(&self, actor: &Actor, id: Id) -> Result<(), Refusal> {
        check(actor)?;
        let retried = self
            .write(Priority::Interactive, Isolation::ReadCommitted, move |engine, _, tx| {
                Ok::<_, Refusal>(job::retry(tx, id, engine.clock().now())?)
            })
            .await?;
        if retried { Ok(()) } else { Err(Refusal::not_found()) }
    }

    /// How many jobs there are. Reads all of them: for whoever watches, now and then.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn job_counts(&self) -> Result<Counts, Refusal> {
        self.read(|engine, _, tx| {
            let now = engine.clock().now();
            let natural = |number: i64| u64::try_from(number).unwrap_or(0);
            let add = |sum: Counts, count: job::Count| Counts {
                waiting: sum.waiting + natural(count.waiting),
                ready: sum.ready + natural(count.ready),
                claimed: sum.claimed + natural(count.claimed),
                dead: sum.dead + natural(count.dead),
                late: sum.late.max(count.oldest.map_or(0, |oldest| natural(now.duration_since(oldest).as_secs()))),
            };
            Ok(job::counts(tx, now)?.into_iter().fold(Counts::default(), add))
        })
        .await
    }
}

fn check(actor: &Actor) -> Result<(), Refusal> {
    if actor.admin { Ok(()) } else { Err(Refusal::forbidden()) }
}

fn dead(live: &Live, job: Job) -> Dead {
    Dead {
        about: Kind::find(&job.kind).and_then(|kind| kind.about(live, &job)),
        id: job.id,
        kind: job.kind,
        due_at: job.due_at,
        attempts: job.attempts,
        dead_at: job.dead_at.unwrap_or(job.due_at),
        error: job.last_error,
    }
}
