//! The database: opening it, and carrying commands to the threads that own its connections.
//!
//! Everything below web is synchronous. A command is a closure over [`Tx`]; it hops once to a thread that owns a
//! connection, runs there from begin to commit, and its result hops back. A write is answered only after its commit is
//! durable. The closure may run more than once (a group whose commit failed, a conflict on PostgreSQL), so it must be a
//! pure function of the database and of what it captured, and nothing outside the database may happen in it.

mod command;
mod events;
mod options;
mod postgres;
mod queue;
mod sqlite;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::oneshot;

pub use events::{Event, Events};
pub(crate) use options::Location;
pub use options::{Options, SqliteSync};

use crate::{Error, Tx};
use command::Command;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite, in this process.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// Who waits for a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// A person or a program waits for the answer.
    Interactive,
    /// Nobody waits: imports and jobs. It runs behind interactive commands and must keep itself short:
    /// see [`Tx::should_yield`].
    Background,
}

/// How a write is kept apart from others that run at the same time. SQLite's one writer is serial anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Each statement sees what was committed before it. For commands that lock what they decide from.
    ReadCommitted,
    /// As if commands ran one after another. For commands that decide from other records. Repeated when PostgreSQL
    /// finds a conflict, a limited number of times.
    Serializable,
}

/// An open database. Cheap to clone; closes when the last clone goes, after what is under way has ended.
#[derive(Clone, Debug)]
pub struct Db {
    inner: Arc<Inner>,
}

#[derive(Debug)]
enum Inner {
    Sqlite(sqlite::Database),
    Postgres(postgres::Database),
}

impl Db {
    /// Opens the database that [`Options::url`] names. A SQLite file is made when it is missing (its folder must
    /// exist); a PostgreSQL database must exist.
    ///
    /// Blocks; call it before a runtime serves, or on a blocking thread.
    ///
    /// # Errors
    /// [`Error::Url`] for a URL that is none, [`Error::Unavailable`] when it cannot be opened; both say what and why.
    pub fn open(options: &Options) -> Result<Self, Error> {
        let inner = match options.location()? {
            options::Location::Sqlite(path) => Inner::Sqlite(sqlite::Database::open(&path, options)?),
            options::Location::Postgres(url) => Inner::Postgres(postgres::Database::open(&url, options)?),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Which database it is.
    pub fn dialect(&self) -> Dialect {
        match &*self.inner {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Reads. On SQLite all statements see one state of the database; on PostgreSQL each statement sees the newest
    /// (no transaction is opened, which saves two round trips): use [`Db::snapshot`] where several must agree.
    ///
    /// # Errors
    /// What `f` gives, and [`Error`]s of getting there.
    pub async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        answer(self.send_read(Mode::Read, f)).await
    }

    /// Reads one state of the database with any number of statements.
    ///
    /// # Errors
    /// What `f` gives, and [`Error`]s of getting there.
    pub async fn snapshot<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        answer(self.send_read(Mode::Snapshot, f)).await
    }

    /// Runs a command in a transaction: committed when `f` gives `Ok`, rolled back when it gives `Err`.
    ///
    /// A statement that failed dooms the command even when `f` ignores the error (except in a [`Tx::savepoint`]).
    ///
    /// # Errors
    /// What `f` gives, and [`Error`]s of getting there and of the commit. [`Error::Conflict`] after many repeats.
    pub async fn write<T, E, F>(&self, priority: Priority, isolation: Isolation, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        answer(self.send_write(priority, isolation, f)).await
    }

    /// [`Db::read`] for code that is not async: the command line and tests. Panics inside an async context.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub fn read_blocking<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        answer_blocking(self.send_read(Mode::Read, f))
    }

    /// [`Db::snapshot`] for code that is not async. Panics inside an async context.
    ///
    /// # Errors
    /// As [`Db::snapshot`].
    pub fn snapshot_blocking<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        answer_blocking(self.send_read(Mode::Snapshot, f))
    }

    /// [`Db::write`] for code that is not async. Panics inside an async context.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub fn write_blocking<T, E, F>(&self, priority: Priority, isolation: Isolation, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        answer_blocking(self.send_write(priority, isolation, f))
    }

    /// What commands announced with [`Tx::on_commit`], after their commit: those of this process, and on PostgreSQL
    /// also those of other nodes. Best effort, a wake-up and never the only way to learn something: whoever listens
    /// must also look by itself now and then.
    pub fn subscribe(&self) -> Events {
        match &*self.inner {
            Inner::Sqlite(database) => database.subscribe(),
            Inner::Postgres(database) => database.subscribe(),
        }
    }

    /// Takes no more commands, waits until those under way and waiting have ended, and closes the connections.
    /// Later commands answer [`Error::Closed`]. Blocks.
    pub fn close(&self) {
        match &*self.inner {
            Inner::Sqlite(database) => database.close(),
            Inner::Postgres(database) => database.close(),
        }
    }

    fn send_read<T, E, F>(&self, mode: Mode, f: F) -> oneshot::Receiver<Result<T, E>>
    where
        F: FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (command, answer) = Command::boxed(mode, f);
        match &*self.inner {
            Inner::Sqlite(database) => database.read(command),
            Inner::Postgres(database) => database.run(Priority::Interactive, command),
        }
        answer
    }

    fn send_write<T, E, F>(&self, priority: Priority, isolation: Isolation, f: F) -> oneshot::Receiver<Result<T, E>>
    where
        F: FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (command, answer) = Command::boxed(Mode::Write(isolation), f);
        match &*self.inner {
            Inner::Sqlite(database) => database.write(priority, command),
            Inner::Postgres(database) => database.run(priority, command),
        }
        answer
    }
}

/// What sort of transaction a command wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Reads; several statements need not agree.
    Read,
    /// Reads of one state.
    Snapshot,
    /// Writes.
    Write(Isolation),
}

async fn answer<T, E: From<Error>>(answer: oneshot::Receiver<Result<T, E>>) -> Result<T, E> {
    answer.await.unwrap_or_else(|_| Err(Error::Closed.into()))
}

fn answer_blocking<T, E: From<Error>>(answer: oneshot::Receiver<Result<T, E>>) -> Result<T, E> {
    answer.blocking_recv().unwrap_or_else(|_| Err(Error::Closed.into()))
}
