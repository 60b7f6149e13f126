//! Tokens that were looked up a moment ago, so that not every request asks the database who it is.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fichero_model::Id;
use fichero_model::label::Locale;
use jiff::{SignedDuration, Timestamp};

/// How long what was found out about a token is believed without asking the database. What is changed on this node is
/// believed at once; this is how long it takes with what another node changed.
const BELIEVED: SignedDuration = SignedDuration::from_secs(1);

/// The most tokens that are remembered.
const MOST: usize = 10_000;

/// Tokens that were looked up a moment ago.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<Tokens>);

#[derive(Debug, Default)]
struct Tokens {
    by_hash: HashMap<[u8; 32], (Known, Timestamp)>,
    /// How often all was forgotten.
    forgotten: u64,
}

/// Who holds a token.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub user: Id,
    pub admin: bool,
    pub locale: Locale,
    pub expires_at: Option<Timestamp>,
}

impl Remembered {
    pub(super) fn get(&self, hash: &[u8; 32], now: Timestamp) -> Option<Known> {
        let tokens = self.tokens();
        let (known, at) = tokens.by_hash.get(hash)?;
        let fresh = now.duration_since(*at) < BELIEVED && known.expires_at.is_none_or(|expires| now < expires);
        fresh.then(|| known.clone())
    }

    /// The moment from which on something is looked up, for [`Remembered::put`].
    pub(super) fn since(&self) -> u64 {
        self.tokens().forgotten
    }

    /// Remembers what was looked up; not when accounts were changed since the looking up began.
    pub(super) fn put(&self, hash: [u8; 32], known: Known, now: Timestamp, since: u64) {
        let mut tokens = self.tokens();
        if tokens.forgotten != since {
            return;
        }
        if tokens.by_hash.len() >= MOST {
            tokens.by_hash.clear();
        }
        tokens.by_hash.insert(hash, (known, now));
    }

    /// Forgets all, after an account was changed.
    pub fn forget(&self) {
        let mut tokens = self.tokens();
        tokens.by_hash.clear();
        tokens.forgotten += 1;
    }

    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
