//! What was done since the start, for `/metrics`.

use std::sync::atomic::{AtomicU64, Ordering};

/// What was done since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Commands done.
    pub commands: u64,
    /// Queries answered.
    pub queries: u64,
    /// Commands and queries refused.
    pub refusals: u64,
}

/// Counts it.
#[derive(Debug, Default)]
pub struct Counters {
    commands: AtomicU64,
    queries: AtomicU64,
    refusals: AtomicU64,
}

impl Counters {
    /// A command ended.
    pub fn command(&self, done: bool) {
        let counter = if done { &self.commands } else { &self.refusals };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// A query ended.
    pub fn query(&self, answered: bool) {
        let counter = if answered { &self.queries } else { &self.refusals };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts now.
    pub fn read(&self) -> Figures {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Figures { commands: read(&self.commands), queries: read(&self.queries), refusals: read(&self.refusals) }
    }
}
