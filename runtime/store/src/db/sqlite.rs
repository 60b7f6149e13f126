//! SQLite: one writer thread, a few reader threads, each owning its connection.
//!
//! The writer commits in groups: what waits when it begins (and what joins while it works) shares one transaction and
//! one durable commit ([`group`]). If the commit itself fails, each command is run again alone, once. Nobody is answered
//! before the commit.

mod group;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::OpenFlags;

use super::command::{Run, Verdict};
use super::events::{Announcer, Events};
use super::options::{Options, SqliteSync};
use super::queue::{Answer, Queue, Turn};
use super::{Event, Priority};
use crate::tx::{Manner, Session, SqliteSession};
use crate::{Error, Tx};

/// How often the file is asked for while another process holds it, once a millisecond.
const BUSY: i32 = 5_000;

/// After how many pages the log is written back into the file, 16 MiB: four times what SQLite does by itself, for most
/// pages that are written are written again soon, and each is written back once.
const CHECKPOINT: u32 = 4_000;

/// How long readers share a transaction: not so long that one waits for others while a thread is free.
const SHARED: Duration = Duration::from_micros(200);

/// An open SQLite database.
#[derive(Debug)]
pub(crate) struct Database {
    writes: Arc<Queue>,
    reads: Arc<Queue>,
    announcer: Announcer,
    readers: Mutex<Vec<JoinHandle<()>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Database {
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Self, Error> {
        let announcer = Announcer::new();
        let writes = Arc::new(Queue::new(options.queue_limit, 1));
        let reads = Arc::new(Queue::new(options.queue_limit, 1));
        let writer = connect(path, options, Role::Writer)?;
        let mut readers = Vec::new();
        for number in 0..options.readers.max(1) {
            let (reads, tx) = (Arc::clone(&reads), connect(path, options, Role::Reader)?);
            readers.push(thread(format!("sqlite-read-{number}"), move || read(tx, &reads))?);
        }
        let (queue, told) = (Arc::clone(&writes), announcer.clone());
        let writer = thread("sqlite-write".to_owned(), move || write(writer, &queue, &told))?;
        Ok(Self { writes, reads, announcer, readers: Mutex::new(readers), writer: Mutex::new(Some(writer)) })
    }

    pub(crate) fn read(&self, command: Box<dyn Run>) {
        self.reads.push(Priority::Interactive, command);
    }

    pub(crate) fn write(&self, priority: Priority, command: Box<dyn Run>) {
        self.writes.push(priority, command);
    }

    pub(crate) fn subscribe(&self) -> Events {
        self.announcer.subscribe()
    }

    /// Ends the readers first: the last connection moves what is in the log into the file, and of two that go at the same
    /// moment each takes the other for the last.
    pub(crate) fn close(&self) {
        self.reads.close();
        join(std::mem::take(&mut *self.readers.lock().unwrap_or_else(PoisonError::into_inner)));
        self.writes.close();
        join(self.writer.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn stop(&self) {
        self.writes.close();
        self.reads.close();
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Waits for threads to end.
fn join(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    for thread in threads {
        // A command that closes its own database must not wait for itself.
        if thread.thread().id() != std::thread::current().id() {
            let _ = thread.join();
        }
    }
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Reader,
    Writer,
}

fn thread(name: String, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    let started = std::thread::Builder::new().name(name).spawn(work);
    started.map_err(|error| Error::Unavailable(format!("no thread can be started: {error}")))
}

fn connect(path: &Path, options: &Options, role: Role) -> Result<Tx, Error> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if role == Role::Writer {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let explain = |error: rusqlite::Error| Error::Unavailable(format!("{}: {error}{}", path.display(), hint(path)));
    let connection = rusqlite::Connection::open_with_flags(path, flags).map_err(explain)?;
    let synchronous = match options.sqlite_sync {
        SqliteSync::Full => "FULL",
        SqliteSync::Normal => "NORMAL",
    };
    // The page cache is a bound, not a reservation; with a memory map most pages need none. SQLite goes through all of
    // the writer's at each commit in which a page was split: a cache of 64 MiB costs each of them a millisecond.
    let (cache, query_only) = match role {
        Role::Writer => (8_192, "OFF"),
        Role::Reader => (16_384, "ON"),
    };
    connection.busy_handler(Some(wait)).map_err(explain)?;
    let pragmas = format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -{cache}; PRAGMA mmap_size = 268435456; PRAGMA temp_store = MEMORY;
         PRAGMA query_only = {query_only}; PRAGMA wal_autocheckpoint = {CHECKPOINT};"
    );
    connection.execute_batch(&pragmas).map_err(explain)?;
    let session = SqliteSession::new(connection, options.statement_limit).map_err(explain)?;
    Ok(Tx::new(Session::Sqlite(session)))
}

/// Waits for another process that writes, and asks again each millisecond: SQLite's own way asks ever more seldom, up to
/// ten times a second, and would miss the gaps that an import leaves between its slices.
fn wait(asked: i32) -> bool {
    // Waking up early does no harm: it asks once more.
    std::thread::park_timeout(Duration::from_millis(1));
    asked < BUSY
}

/// What may be the matter when a file cannot be opened.
fn hint(path: &Path) -> String {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or(PathBuf::from("."), Path::to_owned);
    if !folder.is_dir() {
        return format!("; the folder {} does not exist", folder.display());
    }
    if path.is_dir() {
        return "; this is a folder, not a file".to_owned();
    }
    String::new()
}

/// The life of a reader thread. What waited already when a transaction began may share it: it sees everything that was
/// committed before it was asked.
fn read(mut tx: Tx, queue: &Queue) {
    let mut answers = Vec::new();
    while let Some(first) = queue.take(std::mem::take(&mut answers)) {
        let began = Instant::now();
        if let Err(error) = tx.begin("BEGIN") {
            queue.done(first.priority);
            answers.push(Answer { command: first.command, error: Some(error) });
            continue;
        }
        let mut next = Some(first);
        while let Some(Turn { mut command, priority }) = next {
            tx.reset(Manner::Plain);
            command.run(&mut tx);
            queue.done(priority);
            // SQLite ends the transaction itself after some failures.
            let is_over = began.elapsed() >= SHARED || tx.failure().is_some();
            next = if is_over { None } else { queue.try_take_older(began) };
            match next {
                Some(_) => command.answer(),
                None => answers.push(Answer { command, error: None }),
            }
        }
        // Nothing was written, so nothing can be lost by how it ends.
        roll_back(&mut tx);
    }
}

/// The life of the writer thread.
fn write(mut tx: Tx, queue: &Queue, announcer: &Announcer) {
    while let Some(first) = queue.take(Vec::new()) {
        match group::run(&mut tx, queue, first) {
            Ok((done, events)) => {
                announcer.announce(events);
                for command in done {
                    command.answer();
                }
            }
            Err((done, error)) => {
                tracing::warn!(error = error.detail(), commands = done.len(), "a group could not be committed");
                for command in done {
                    run_alone(&mut tx, command, announcer);
                }
            }
        }
    }
}

/// Ends a transaction without its changes. When even that fails there is none, which is as good.
fn roll_back(tx: &mut Tx) {
    let _ = tx.end("ROLLBACK");
}

/// Runs a command in a transaction of its own, and answers it.
fn run_alone(tx: &mut Tx, mut command: Box<dyn Run>, announcer: &Announcer) {
    tx.reset(Manner::Plain);
    if let Err(error) = tx.begin("BEGIN IMMEDIATE") {
        return command.fail(error);
    }
    match command.run(tx) {
        Verdict::Commit => match tx.end("COMMIT") {
            Ok(()) => {
                announcer.announce(tx.take_events());
                command.answer();
            }
            Err(error) => {
                roll_back(tx);
                command.fail(error);
            }
        },
        Verdict::RollBack | Verdict::Repeat(_) => {
            roll_back(tx);
            command.answer();
        }
    }
}
