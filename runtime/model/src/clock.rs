//! The only place that asks the machine for the time or for randomness.
//!
//! Everything else is given a [`Clock`] and [`Ids`], so that a test can say what time it is and repeat what happened.
//! `now` is read once per command or request and handed on as a value.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;

use crate::id::Id;

/// Tells the time, to the microsecond (the precision that both databases keep).
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// Makes identities and randomness.
pub trait Ids: Send + Sync {
    /// A fresh id; ids made later in one process sort later.
    fn id(&self, now: Timestamp) -> Id;

    /// Fills `bytes` with randomness fit for secrets.
    fn random(&self, bytes: &mut [u8]);
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    fn now(&self) -> Timestamp {
        to_microseconds(Timestamp::now())
    }
}

/// Random, time-ordered ids from the machine's randomness.
#[derive(Debug, Default)]
pub struct SystemIds {
    order: Mutex<uuid::ContextV7>,
}

impl SystemIds {
    /// A fresh source of ids.
    pub fn new() -> Self {
        Self { order: Mutex::new(uuid::ContextV7::new()) }
    }
}

impl Ids for SystemIds {
    fn id(&self, now: Timestamp) -> Id {
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        let order = self.order.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Id::from(uuid::Uuid::new_v7(uuid::Timestamp::from_unix(&*order, seconds, nanoseconds)))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for randomness")]
    fn random(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // A machine without randomness cannot keep a secret; going on would give out guessable ones.
            std::process::abort();
        }
    }
}

/// A clock that stands until it is moved, for scenario tests and property tests.
#[derive(Debug)]
pub struct SimulatedClock {
    microsecond: AtomicI64,
}

impl SimulatedClock {
    /// A clock that shows `start`.
    pub fn at(start: Timestamp) -> Self {
        Self { microsecond: AtomicI64::new(start.as_microsecond()) }
    }

    /// Moves the clock to `moment`; it may not go back (an earlier moment leaves it where it is).
    pub fn advance_to(&self, moment: Timestamp) {
        self.microsecond.fetch_max(moment.as_microsecond(), Ordering::SeqCst);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.microsecond.load(Ordering::SeqCst)).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// Ids and randomness counted up from a seed, the same in each run.
#[derive(Debug)]
pub struct SeededIds {
    state: AtomicU64,
    made: AtomicU64,
}

impl SeededIds {
    /// A source that begins at `seed`.
    pub fn new(seed: u64) -> Self {
        // Ids are counted apart from the randomness, which wraps around: those made later must sort later.
        Self { state: AtomicU64::new(seed), made: AtomicU64::new(seed & 0xFFFF_FFFF) }
    }

    /// The next number of SplitMix64 (Steele, Lea, Flood 2014).
    fn next(&self) -> u64 {
        let mut z = self.state.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst).wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

impl Ids for SeededIds {
    fn id(&self, now: Timestamp) -> Id {
        let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let counted = self.made.fetch_add(1, Ordering::SeqCst);
        let mut bytes = [0; 10];
        bytes[2..].copy_from_slice(&counted.to_be_bytes());
        Id::from(uuid::Builder::from_unix_timestamp_millis(milliseconds, &bytes).into_uuid())
    }

    fn random(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let random = self.next().to_be_bytes();
            chunk.copy_from_slice(&random[..chunk.len()]);
        }
    }
}

/// `moment` without what is finer than a microsecond.
fn to_microseconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(moment.as_microsecond()).unwrap_or(moment)
}
