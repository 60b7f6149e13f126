//! PostgreSQL: threads that each own a connection.
//!
//! A command waits in the queue, is run by one thread from begin to commit, and is repeated there when PostgreSQL finds
//! a conflict. Threads and connections are made as they are needed, up to [`Options::pool`].
//!
//! Measured on 2 cores with 32 callers, get by id: 30,000 a second this way, 20,000 through sqlx's pool, 14,000 on a
//! blocking thread that waits for another runtime's socket. A thread that drives its own socket has no hop per
//! statement.

mod bus;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::command::{Run, Verdict};
use super::events::{Announcer, Events};
use super::options::Options;
use super::queue::{Answer, Queue, Turn};
use super::{Isolation, Mode, Priority};
use crate::tx::{Manner, PostgresSession, READ_COMMITTED, Session, check_server, connect_options};
use crate::{Error, Tx};
use bus::Bus;

/// How often a command is run again because of a conflict. Of those that meet at least one gets through each time; with
/// these pauses all of as many as there are connections do, within a few seconds.
const REPEATS: u32 = 24;

/// The longest pause before a command is run again.
const LONGEST: Duration = Duration::from_millis(200);

/// An open PostgreSQL database.
#[derive(Debug)]
pub(crate) struct Database {
    shared: Arc<Shared>,
    pool: usize,
    count: AtomicUsize,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    queue: Queue,
    options: PgConnectOptions,
    limit: Duration,
    announcer: Announcer,
    bus: Bus,
}

impl Database {
    pub(crate) fn open(url: &str, options: &Options) -> Result<Self, Error> {
        let connect = connect_options(url, options.statement_limit)?;
        let first = first(&connect, options.statement_limit)?;
        let pool = options.pool.max(1);
        let announcer = Announcer::new();
        let (bus, speaking) = Bus::start(connect.clone(), announcer.clone())?;
        // Work in the background leaves half of the connections to those who wait at a screen.
        let queue = Queue::new(options.queue_limit, pool.div_ceil(2));
        let shared = Shared { queue, options: connect, limit: options.statement_limit, announcer, bus };
        let database =
            Self { shared: Arc::new(shared), pool, count: AtomicUsize::new(0), threads: Mutex::new(vec![speaking]) };
        database.start(Some(first))?;
        Ok(database)
    }

    pub(crate) fn run(&self, priority: Priority, command: Box<dyn Run>) {
        let busy = self.shared.queue.push(priority, command);
        if busy && self.count.load(Ordering::Relaxed) < self.pool {
            // The command waits for a thread that is there; it is no failure if another cannot be started.
            if let Err(error) = self.start(None) {
                tracing::warn!(error = error.detail(), "no further connection");
            }
        }
    }

    pub(crate) fn subscribe(&self) -> Events {
        self.shared.announcer.subscribe()
    }

    pub(crate) fn close(&self) {
        self.stop();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A command that closes its own database must not wait for itself.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }

    fn stop(&self) {
        self.shared.queue.close();
        self.shared.bus.close();
    }

    /// Starts a thread, with a connection where there is one already.
    fn start(&self, connected: Option<PostgresSession>) -> Result<(), Error> {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let number = self.count.load(Ordering::Relaxed);
        if number >= self.pool {
            return Ok(());
        }
        let session = match connected {
            Some(session) => session,
            None => PostgresSession::new(self.shared.options.clone(), self.shared.limit)?,
        };
        let shared = Arc::clone(&self.shared);
        let work = move || {
            let mut tx = Tx::new(Session::Postgres(Box::new(session)));
            let mut chance = Chance::of(number);
            let mut answers = Vec::new();
            while let Some(Turn { mut command, priority }) = shared.queue.take(answers) {
                let error = serve(&mut tx, &mut *command, &shared, &mut chance).err();
                shared.queue.done(priority);
                answers = vec![Answer { command, error }];
            }
            tx.disconnect();
        };
        let thread = std::thread::Builder::new().name(format!("postgres-{number}")).spawn(work);
        threads.push(thread.map_err(|error| Error::Unavailable(format!("no thread can be started: {error}")))?);
        self.count.store(number + 1, Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Makes the first connection, and sees that the server is one that Fichero works on. On a thread of its own, for who
/// opens a database may be inside a runtime, which allows no other one.
fn first(connect: &PgConnectOptions, limit: Duration) -> Result<PostgresSession, Error> {
    let connecting = || {
        let mut session = PostgresSession::new(connect.clone(), limit)?;
        session.connect()?;
        check_server(&mut session)?;
        Ok(session)
    };
    let connected = std::thread::scope(|scope| scope.spawn(connecting).join());
    connected.unwrap_or_else(|_| Err(Error::Unavailable("connecting failed".to_owned())))
}

/// Scatters the pauses of those who met, so that they do not meet again at once. It needs no secret and stores nothing:
/// that each connection of each process counts from somewhere else is chance enough.
struct Chance(u64);

impl Chance {
    fn of(connection: usize) -> Self {
        Self((u64::from(std::process::id()) << 32) | connection as u64)
    }

    /// Anything up to a time that doubles with each conflict.
    fn pause(&mut self, conflicts: u32) -> Duration {
        let longest = LONGEST.min(Duration::from_millis(1 << conflicts.min(16)));
        longest.mul_f64(self.next() as f64 / u64::MAX as f64)
    }

    /// The next number of SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Runs a command until it is done. Fails with what it is to be answered instead of what came of it.
fn serve(tx: &mut Tx, command: &mut dyn Run, shared: &Shared, chance: &mut Chance) -> Result<(), Error> {
    let mut conflicts = 0;
    let mut losses = 0;
    let mut manner = Manner::MayPresume;
    loop {
        match attempt(tx, command, manner) {
            Attempt::Done => {
                let events = tx.take_events();
                if !events.is_empty() {
                    shared.bus.tell(&events);
                    shared.announcer.announce(events);
                }
                return Ok(());
            }
            Attempt::Failed if tx.would_tell_more() => manner = Manner::Thorough,
            Attempt::Failed => return Ok(()),
            Attempt::Lost(error) => return Err(error),
            Attempt::Again(Error::Conflict(_)) if conflicts < REPEATS => {
                conflicts += 1;
                manner = manner.after_conflict();
                tx.pause(chance.pause(conflicts));
            }
            // A server that was restarted has closed all connections; a new one will do.
            Attempt::Again(Error::Unavailable(_)) if losses == 0 => losses += 1,
            Attempt::Again(error) => return Err(error),
        }
    }
}

/// How one run of a command ended.
enum Attempt {
    /// It is committed.
    Done,
    /// It failed by itself and is rolled back.
    Failed,
    /// The transaction is gone, for a reason that may be gone too when it is run again.
    Again(Error),
    /// It may or may not be committed, or cannot be.
    Lost(Error),
}

fn attempt(tx: &mut Tx, command: &mut dyn Run, manner: Manner) -> Attempt {
    tx.reset(if matches!(command.mode(), Mode::Write(_)) { manner } else { Manner::Plain });
    let begin = match command.mode() {
        Mode::Read => None,
        Mode::Snapshot => Some("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        Mode::Write(Isolation::ReadCommitted) => Some(READ_COMMITTED),
        Mode::Write(Isolation::Serializable) => Some("BEGIN ISOLATION LEVEL SERIALIZABLE"),
    };
    if let Err(error) = tx.connect().and_then(|()| begin.map_or(Ok(()), |begin| tx.begin(begin))) {
        return Attempt::Again(error);
    }
    let verdict = command.run(tx);
    if tx.is_unsure() {
        return Attempt::Lost(Error::Unsure("the connection was lost".to_owned()));
    }
    if begin.is_none() {
        return match verdict {
            Verdict::Commit => Attempt::Done,
            Verdict::RollBack => Attempt::Failed,
            Verdict::Repeat(error) => Attempt::Again(error),
        };
    }
    match verdict {
        Verdict::Commit => match tx.end("COMMIT") {
            Ok(()) => Attempt::Done,
            Err(error @ Error::Conflict(_)) => Attempt::Again(error),
            Err(Error::Unavailable(why)) => Attempt::Lost(Error::Unsure(why)),
            Err(error) => Attempt::Lost(error),
        },
        Verdict::RollBack => {
            roll_back(tx);
            Attempt::Failed
        }
        Verdict::Repeat(error) => {
            roll_back(tx);
            Attempt::Again(error)
        }
    }
}

/// Ends a transaction without its changes. A connection on which even that fails is given up, which ends it too.
fn roll_back(tx: &mut Tx) {
    if tx.end("ROLLBACK").is_err() {
        tx.disconnect();
    }
}
