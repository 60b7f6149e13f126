//! What the runtime does by itself: the closed set of internal jobs. A new one is a new variant and a compile error here.

use std::sync::Arc;

use fichero_store::Tx;
use fichero_store::system::idempotency;
use fichero_store::system::job::{self, Job, Lane, NewJob};
use jiff::SignedDuration;

use super::later;
use crate::actor::{Actor, Via};
use crate::command::Mode;
use crate::engine::Engine;
use crate::jobs::About;
use crate::live::Live;
use crate::record::follow;
use crate::refusal::Refusal;

/// How long an `Idempotency-Key` is kept.
const KEYS_KEPT: SignedDuration = SignedDuration::from_hours(48);

/// An internal job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Forgets `Idempotency-Key`s that are no longer kept. Recurs.
    SweepIdempotency,
    /// Removes files that no record ever got, and bytes that no file has. Recurs.
    SweepFiles,
    /// Refreshes what records compute from others that have changed.
    Follow,
    /// Puts a message into the outbox, or fails: for tests of the worker itself.
    #[cfg(test)]
    Echo,
}

impl Kind {
    /// All of them.
    pub const ALL: &[Kind] = &[
        Kind::SweepIdempotency,
        Kind::SweepFiles,
        Kind::Follow,
        #[cfg(test)]
        Kind::Echo,
    ];

    /// As it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::SweepIdempotency => "sweep_idempotency",
            Kind::SweepFiles => "sweep_files",
            Kind::Follow => "follow",
            #[cfg(test)]
            Kind::Echo => "echo",
        }
    }

    /// The kind of that name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// How long after it was done a job that recurs is due again. Its key is its name.
    pub const fn period(self) -> Option<SignedDuration> {
        match self {
            Kind::SweepIdempotency | Kind::SweepFiles => Some(SignedDuration::from_hours(1)),
            Kind::Follow => None,
            #[cfg(test)]
            Kind::Echo => None,
        }
    }

    /// What a job of this kind is about, where its payload says so and the model still knows it.
    pub fn about(self, live: &Live, job: &Job) -> Option<About> {
        match self {
            Kind::SweepIdempotency | Kind::SweepFiles => None,
            Kind::Follow => follow::about(live, &job.payload),
            #[cfg(test)]
            Kind::Echo => None,
        }
    }

    /// Does it, in the transaction in which the job disappears; one that recurs is put anew.
    ///
    /// # Errors
    /// When it could not be done; it is undone and tried again.
    pub(super) fn run(self, engine: &Engine, live: &Arc<Live>, tx: &mut Tx, job: &Job) -> Result<(), Refusal> {
        let now = engine.clock().now();
        match self {
            Kind::SweepIdempotency => {
                let before = now.checked_sub(KEYS_KEPT).unwrap_or(now);
                let forgotten = idempotency::forget(tx, before)?;
                tracing::debug!(forgotten, "forgot idempotency keys");
            }
            Kind::SweepFiles => crate::files::sweep(engine, tx)?,
            Kind::Follow => {
                let actor = Actor::system(Via::System);
                follow::run(&engine.work(Arc::clone(live), tx, &actor, Mode::Load), &job.payload)?;
            }
            #[cfg(test)]
            Kind::Echo => super::tests::echo(engine, tx, job)?,
        }
        tracing::trace!(job = %job.id, "done");
        self.recur(engine, tx)
    }

    /// Puts the next job of a kind that recurs.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(super) fn recur(self, engine: &Engine, tx: &mut Tx) -> Result<(), Refusal> {
        let Some(period) = self.period() else { return Ok(()) };
        let now = engine.clock().now();
        let next = NewJob {
            id: engine.ids().id(now),
            lane: Lane::Bulk,
            kind: self.name().into(),
            key: Some(self.name().into()),
            due_at: later(now, period),
            payload: Arc::new(serde_json::json!({})),
        };
        Ok(job::enqueue(tx, &next)?)
    }
}
