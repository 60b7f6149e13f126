//! Which processes serve a database, as they say themselves.
//!
//! A node says every [`EVERY`] that it lives and what it runs; one that was not heard of for [`PATIENCE`] is taken for
//! dead. What is filled in old rows waits for the living.

use std::sync::{Arc, Mutex, PoisonError};

use fichero_store::system::node::{self, Node};
use fichero_store::{Isolation, Priority};
use jiff::{SignedDuration, Timestamp};

use super::Error;
use crate::engine::Engine;

/// How often a node says that it lives.
pub const EVERY: SignedDuration = SignedDuration::from_secs(5);

/// How long a node may be silent before it is taken for dead.
pub const PATIENCE: SignedDuration = SignedDuration::from_secs(15);

/// The moment since which the living were heard of.
pub fn alive_since(now: Timestamp) -> Timestamp {
    now.checked_sub(PATIENCE).unwrap_or(now)
}

/// A process that serves, or works with the definitions for longer than a moment.
#[derive(Clone, Debug)]
pub struct Membership {
    id: Arc<str>,
    /// Whether it has said that it ends. Held while it says anything, so that a word under way is not the last one.
    left: Arc<Mutex<bool>>,
}

impl Membership {
    /// A process that begins now.
    pub fn new(engine: &Engine) -> Self {
        Self { id: engine.ids().id(engine.clock().now()).to_string().into(), left: Arc::default() }
    }

    /// Says that it lives, and what it runs; nothing once it has left. Blocks.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn beat(&self, engine: &Engine, ready: bool) -> Result<(), Error> {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if *left {
            return Ok(());
        }
        let now = engine.clock().now();
        let own = Node { id: Arc::clone(&self.id), seen_at: now, seq: engine.live().seq, ready };
        engine.db().write_blocking(Priority::Background, Isolation::ReadCommitted, move |tx| {
            node::beat(tx, &own)?;
            node::forget(tx, now.checked_sub(PATIENCE * 20).unwrap_or(now))?;
            Ok(())
        })
    }

    /// Says that it ends, as the last that it says: who follows for it may be about to say that it lives. Blocks.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn leave(&self, engine: &Engine) -> Result<(), Error> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = true;
        let id = Arc::clone(&self.id);
        engine.db().write_blocking(Priority::Background, Isolation::ReadCommitted, move |tx| Ok(node::leave(tx, &id)?))
    }
}
