//! Keeps a node at the newest deployment, whoever published it.
//!
//! A node is told by the database's events and looks by itself now and then; on SQLite, where another process cannot
//! tell it, more often. It never goes back: a deployment older than the one in force is not looked at. One that does
//! not compile here leaves the node on the model it has, and the node reports itself not ready.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fichero_model::diagnostic::Diagnostic;
use fichero_store::Dialect;
use fichero_store::schema::deployment;
use tokio::runtime::Handle;
use tokio::sync::OwnedRwLockWriteGuard;

use super::door::{self, Door};
use super::node::{self, Membership};
use super::{Compile, Deployed, Error};
use crate::engine::Engine;

/// How often a node looks by itself, where others can tell it.
const EVERY: Duration = Duration::from_secs(2);

/// How often it looks on SQLite: one number is read.
const OFTEN: Duration = Duration::from_millis(100);

/// What puts definitions in force on a node, one at a time: who publishes holds the turn until they are, so that a
/// follower does not compile the same once more.
#[derive(Clone, Debug)]
pub struct Switch {
    turn: Arc<Mutex<()>>,
    door: Door,
    runtime: Handle,
}

impl Switch {
    /// The switch of a node whose requests pass `door`. Call it inside a runtime.
    pub fn new(door: Door) -> Self {
        Self { turn: Arc::default(), door, runtime: Handle::current() }
    }

    /// Waits for the turn, and holds it. Blocks.
    pub fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no request is under way, and keeps new ones waiting until the guard is dropped, for a migration that
    /// requests must not meet. Blocks.
    pub fn pause(&self) -> Option<OwnedRwLockWriteGuard<()>> {
        self.door.close(&self.runtime, door::PATIENCE)
    }
}

/// What came of a look at the newest deployment.
#[derive(Debug)]
pub enum Followed {
    /// The newest one is in force already.
    Current,
    /// A newer one is in force now.
    Swapped(Deployed),
    /// The newest one does not compile here; the one before it goes on.
    Uncompilable {
        /// Its number.
        seq: i64,
        /// Why.
        findings: Vec<Diagnostic>,
    },
}

/// Looks at the newest deployment once, and puts it in force when it is newer than what is. Blocks.
///
/// # Errors
/// When the database cannot be read.
pub fn catch_up(engine: &Engine, compile: &dyn Compile, switch: &Switch) -> Result<Followed, Error> {
    let _turn = switch.turn();
    let db = engine.db();
    let live = engine.live();
    let newest = db.read_blocking(deployment::newest_seq)?;
    if newest <= live.seq {
        return Ok(Followed::Current);
    }
    let Some(newest) = super::newest(db)?.filter(|newest| newest.seq > live.seq) else { return Ok(Followed::Current) };
    let compiled = compile.compile(&super::files(db, &newest)?);
    let Some(definitions) = compiled.definitions else {
        return Ok(Followed::Uncompilable { seq: newest.seq, findings: compiled.findings });
    };
    let deployed = Deployed { deployment: newest, definitions };
    put_in_force(engine, &deployed)?;
    Ok(Followed::Swapped(deployed))
}

/// Puts a deployment in force, unless a newer one is. Requests under way keep the model they pinned.
///
/// # Errors
/// When the database cannot be read.
pub fn put_in_force(engine: &Engine, deployed: &Deployed) -> Result<(), Error> {
    let live = super::live(engine.db(), deployed)?;
    if live.seq > engine.live().seq {
        engine.swap(live);
    }
    Ok(())
}

/// What a follower works with.
#[derive(Clone)]
pub struct Own {
    /// What serves.
    pub engine: Engine,
    /// Compiles deployments.
    pub compile: Arc<dyn Compile>,
    /// The node as others see it.
    pub membership: Membership,
    /// What puts definitions in force on this node.
    pub switch: Switch,
}

/// Follows until the database is closed, and says meanwhile that the node lives. `told` hears of everything but that
/// nothing is new.
pub async fn follow(own: Own, told: impl Fn(Result<Followed, Error>)) {
    let mut events = own.engine.db().subscribe();
    let every = match own.engine.db().dialect() {
        Dialect::Sqlite => OFTEN,
        Dialect::Postgres => EVERY,
    };
    let mut follower = Follower { own, beaten: None, uncompilable: None };
    loop {
        // The follower goes to a thread that may block, and comes back.
        let looked = tokio::task::spawn_blocking(move || {
            let result = follower.look();
            (follower, result)
        });
        let Ok((back, result)) = looked.await else { return };
        follower = back;
        let mut pause = every;
        match result {
            Err(Error::Store(fichero_store::Error::Closed)) => return,
            Ok(None) => {}
            Ok(Some(followed)) => told(Ok(followed)),
            Err(error) => {
                told(Err(error));
                pause = EVERY;
            }
        }
        let look = tokio::time::sleep(pause);
        tokio::pin!(look);
        loop {
            tokio::select! {
                () = &mut look => break,
                event = events.next() => match event {
                    Ok(event) if &*event.channel == deployment::CHANNEL || event.channel.is_empty() => break,
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        }
    }
}

struct Follower {
    own: Own,
    /// When the node last said what it runs, and what it said.
    beaten: Option<(Instant, i64, bool)>,
    /// A deployment that does not compile here, which is told of once and not every two seconds.
    uncompilable: Option<i64>,
}

impl Follower {
    /// Looks once; gives what is news.
    fn look(&mut self) -> Result<Option<Followed>, Error> {
        if let Some(seq) = self.uncompilable
            && self.own.engine.db().read_blocking(deployment::newest_seq)? == seq
        {
            return self.beat().map(|()| None);
        }
        let followed = catch_up(&self.own.engine, &*self.own.compile, &self.own.switch)?;
        self.uncompilable = match &followed {
            Followed::Uncompilable { seq, .. } => Some(*seq),
            Followed::Current | Followed::Swapped(_) => None,
        };
        self.beat()?;
        Ok(match followed {
            Followed::Current => None,
            news => Some(news),
        })
    }

    /// Says that the node lives and what it runs, when that changed or was said long ago.
    fn beat(&mut self) -> Result<(), Error> {
        let (seq, ready) = (self.own.engine.live().seq, self.uncompilable.is_none());
        let current = self.beaten.is_some_and(|(at, told_seq, told_ready)| {
            at.elapsed() < node::EVERY.unsigned_abs() && (told_seq, told_ready) == (seq, ready)
        });
        if !current {
            self.own.membership.beat(&self.own.engine, ready)?;
            self.beaten = Some((Instant::now(), seq, ready));
        }
        Ok(())
    }
}
