//! The door through which requests come in: open, but while a migration rewrites what is stored.
//!
//! A request keeps the model it pinned, and most migrations only add to the tables it knows. One that rewrites stored
//! values is done while nobody is inside, and whoever comes meanwhile waits: no request of this node reads new values by
//! an old model, and none is turned away by a barrier of its own node. Someone who stays inside for longer than the
//! patience does not keep the migration from going on; what they still want to write is then refused by the database
//! ([`crate::live::Live::guard`]).

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// How long a migration waits for those inside.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// The door of a node. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Door(Arc<RwLock<()>>);

impl Door {
    /// Comes in; inside until the guard is dropped.
    pub async fn enter(&self) -> OwnedRwLockReadGuard<()> {
        Arc::clone(&self.0).read_owned().await
    }

    /// Waits until nobody is inside, and keeps everybody out until the guard is dropped. Nothing when somebody stays
    /// for longer than `patience`; the door is open then. Blocks, on a thread that may, with the runtime at hand.
    pub fn close(&self, runtime: &Handle, patience: Duration) -> Option<OwnedRwLockWriteGuard<()>> {
        let alone = Arc::clone(&self.0).write_owned();
        runtime.block_on(async { tokio::time::timeout(patience, alone).await.ok() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn nobody_is_inside_while_it_is_closed_and_nobody_waits_for_ever() {
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        let door = Door::default();
        let inside = runtime.block_on(door.enter());
        assert!(door.close(runtime.handle(), Duration::from_millis(20)).is_none(), "somebody is inside");
        drop(inside);
        let closed = door.close(runtime.handle(), PATIENCE).expect("nobody is inside");
        let outside = runtime.block_on(async { tokio::time::timeout(Duration::from_millis(20), door.enter()).await });
        assert!(outside.is_err(), "it is closed");
        drop(closed);
        drop(runtime.block_on(door.enter()));
    }
}
