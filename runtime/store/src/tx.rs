//! What a command is given to work with: one connection, inside one transaction.
//!
//! Statements are run here and nowhere else. They count themselves ([`Tx::statements`]), so that a test can say that
//! nothing grows with the rows shown. A statement that fails dooms the whole command on both databases alike: on
//! PostgreSQL because the server says so, on SQLite because we do. [`Tx::savepoint`] is the one way to try something.

mod gather;
mod late;
mod postgres;
mod sqlite;

use std::time::{Duration, Instant};

pub(crate) use gather::Into;
pub(crate) use late::Held;
use late::Late;
pub(crate) use postgres::{READ_COMMITTED, Session as PostgresSession, check_server, connect_options};
pub(crate) use sqlite::Session as SqliteSession;

use crate::{Cell, ColumnType, Dialect, Error, Event};

/// How long a background command should run at most before it gives others a turn.
pub const SLICE: Duration = Duration::from_millis(20);

/// A connection inside a transaction, given to each command.
#[derive(Debug)]
pub struct Tx {
    pub(crate) session: Session,
    statements: u64,
    writes: u64,
    failure: Option<Error>,
    events: Vec<Event>,
    depth: u32,
    started: Instant,
    unlimited: bool,
    late: Late,
    manner: Manner,
}

/// How much a command finds out before it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// What it needs to decide.
    Plain,
    /// It may go on as if what it refers to were there.
    MayPresume,
    /// It did.
    Presumed,
    /// Everything: it was run before, and what it failed for was only found when it was written.
    Thorough,
}

impl Manner {
    /// How a command that met another one is run again: it learns first what it presumed before.
    pub(crate) fn after_conflict(self) -> Self {
        match self {
            Manner::Thorough => Manner::Thorough,
            Manner::Plain | Manner::MayPresume | Manner::Presumed => Manner::Plain,
        }
    }
}

/// A point in a command ([`Tx::mark`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(u64);

#[derive(Debug)]
pub(crate) enum Session {
    Sqlite(SqliteSession),
    Postgres(Box<PostgresSession>),
}

impl Tx {
    pub(crate) fn new(session: Session) -> Self {
        Self {
            session,
            statements: 0,
            writes: 0,
            failure: None,
            events: Vec::new(),
            depth: 0,
            started: Instant::now(),
            unlimited: false,
            late: Late::default(),
            manner: Manner::Plain,
        }
    }

    /// Makes it fresh for the next command.
    pub(crate) fn reset(&mut self, manner: Manner) {
        self.manner = manner;
        self.statements = 0;
        self.writes = 0;
        self.failure = None;
        self.events.clear();
        self.depth = 0;
        self.started = Instant::now();
        self.late = Late::default();
        if std::mem::take(&mut self.unlimited) {
            match &mut self.session {
                Session::Sqlite(session) => session.set_unlimited(false),
                Session::Postgres(session) => session.set_limited(),
            }
        }
    }

    /// Lets the statements of this command run as long as they need: a migration's take as long as there are rows.
    ///
    /// # Errors
    /// As the database says.
    pub fn lift_statement_limit(&mut self) -> Result<(), Error> {
        self.unlimited = true;
        self.run(|session| match session {
            Session::Sqlite(session) => {
                session.set_unlimited(true);
                Ok(())
            }
            Session::Postgres(session) => session.set_unlimited(),
        })
    }

    /// Asks whether the command may go on as if what it refers to were there, which the statement that adds its record
    /// verifies ([`crate::Layout::insert`]). When anything fails after that, the command is run again, thoroughly. Inside
    /// a savepoint it may not: there, what failed is told, and the command goes on.
    pub fn may_presume(&mut self) -> bool {
        let can = self.can_presume();
        if can {
            self.manner = Manner::Presumed;
        }
        can
    }

    fn can_presume(&self) -> bool {
        self.depth == 0 && matches!(self.manner, Manner::MayPresume | Manner::Presumed)
    }

    /// Whether the command is to find out all that is wrong before it writes.
    pub fn is_thorough(&self) -> bool {
        self.manner == Manner::Thorough
    }

    /// Whether the command, which failed, would tell more if it were run again thoroughly.
    pub(crate) fn would_tell_more(&self) -> bool {
        match self.manner {
            // A defect would only be hidden, and who waited as long as may be does not wait again.
            _ if matches!(self.failure, Some(Error::Statement(_) | Error::Timeout(_))) => false,
            _ if self.late.is_unverified() => true,
            Manner::Presumed => true,
            Manner::Plain | Manner::MayPresume => matches!(self.failure, Some(Error::Unique(_))),
            Manner::Thorough => false,
        }
    }

    /// Which database it is.
    pub fn dialect(&self) -> Dialect {
        match self.session {
            Session::Sqlite(_) => Dialect::Sqlite,
            Session::Postgres(_) => Dialect::Postgres,
        }
    }

    /// How many statements this command has run so far.
    pub fn statements(&self) -> u64 {
        self.statements
    }

    /// Where the command is, for [`Tx::is_unchanged_since`].
    pub fn mark(&self) -> Mark {
        Mark(self.writes)
    }

    /// Whether nothing was written since: what was refused meanwhile leaves nothing to be undone, and would be refused
    /// in the same words if it were tried again.
    pub fn is_unchanged_since(&self, mark: Mark) -> bool {
        self.writes == mark.0 && self.failure.is_none() && !self.would_tell_more()
    }

    /// Whether the command has changed nothing. After a statement that failed nobody knows: some failures end the
    /// transaction.
    pub(crate) fn is_unchanged(&self) -> bool {
        self.writes == 0 && self.failure.is_none()
    }

    /// True when a background command has had its `SLICE`: it should finish and let its next slice be another
    /// command.
    pub fn should_yield(&self) -> bool {
        self.started.elapsed() >= SLICE
    }

    /// Announces `event` to whoever listens ([`crate::Db::subscribe`]), after the commit; not at all when there is
    /// none. The same event announced twice is told once.
    pub fn on_commit(&mut self, event: Event) {
        if !self.events.contains(&event) {
            self.events.push(event);
        }
    }

    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The failure that dooms the command, if there was one.
    pub(crate) fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    /// Tries something: when `f` fails, what it did is undone and the command may go on. A conflict with another
    /// transaction cannot be undone that way; it dooms the command.
    ///
    /// # Errors
    /// What `f` gives.
    pub fn savepoint<T, E, F>(&mut self, f: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx) -> Result<T, E>,
        E: From<Error>,
    {
        if let Some(failure) = &self.failure {
            return Err(failure.clone().into());
        }
        let name = format!("s{}", self.depth);
        let announced = self.events.len();
        self.script(&format!("SAVEPOINT {name}"))?;
        self.depth += 1;
        let result = match f(self) {
            Ok(value) => self.settle().map(|()| value).map_err(E::from),
            Err(error) => {
                self.late.held = None;
                self.late.forget_gathered();
                Err(error)
            }
        };
        self.depth -= 1;
        let doomed = self.failure.take();
        if let Some(Error::Conflict(_) | Error::Unavailable(_) | Error::Timeout(_) | Error::Closed) = doomed {
            self.failure = doomed;
            return result;
        }
        match (result, doomed) {
            (Ok(value), None) => {
                self.script(&format!("RELEASE SAVEPOINT {name}"))?;
                Ok(value)
            }
            (result, doomed) => {
                self.events.truncate(announced);
                self.script(&format!("ROLLBACK TO SAVEPOINT {name}"))?;
                self.script(&format!("RELEASE SAVEPOINT {name}"))?;
                // `f` may have swallowed the failure of a statement; what it did is undone all the same.
                match (result, doomed) {
                    (Ok(_), Some(failure)) => Err(failure.into()),
                    (result, _) => result,
                }
            }
        }
    }

    /// Runs a statement that gives no rows, and tells how many it changed. `sql` is written for [`Tx::dialect`]
    /// ([`crate::sql::Sql::of`]).
    ///
    /// # Errors
    /// As the database says; the command is doomed then.
    pub(crate) fn execute(&mut self, sql: &str, parameters: &[Cell]) -> Result<u64, Error> {
        self.writes += 1;
        self.run(|session| match session {
            Session::Sqlite(session) => session.execute(sql, parameters),
            Session::Postgres(session) => session.execute(sql, parameters),
        })
    }

    /// Runs a statement and gives its rows, each with one cell per type in `types`.
    ///
    /// # Errors
    /// As the database says, and [`Error::Corrupt`] when a column is not of its type; the command is doomed then.
    pub(crate) fn query(
        &mut self,
        sql: &str,
        parameters: &[Cell],
        types: &[ColumnType],
    ) -> Result<Vec<Vec<Cell>>, Error> {
        // Others may give rows of what they write.
        self.writes += u64::from(!sql.starts_with("SELECT"));
        self.run(|session| match session {
            Session::Sqlite(session) => session.query(sql, parameters, types),
            Session::Postgres(session) => session.query(sql, parameters, types),
        })
    }

    /// [`Tx::query`] for a statement that gives one row or none.
    ///
    /// # Errors
    /// As [`Tx::query`], and [`Error::Corrupt`] when there are several rows.
    pub(crate) fn query_one(
        &mut self,
        sql: &str,
        parameters: &[Cell],
        types: &[ColumnType],
    ) -> Result<Option<Vec<Cell>>, Error> {
        let mut rows = self.query(sql, parameters, types)?;
        match (rows.pop(), rows.is_empty()) {
            (row, true) => Ok(row),
            (_, false) => Err(Error::Corrupt(format!("one row was expected and there are {}", rows.len() + 1))),
        }
    }

    /// Runs statements that take no parameters and give no rows, one after another: changes of the schema.
    ///
    /// # Errors
    /// As the database says; the command is doomed then.
    pub(crate) fn script(&mut self, sql: &str) -> Result<(), Error> {
        self.writes += 1;
        self.run(|session| match session {
            Session::Sqlite(session) => session.script(sql),
            Session::Postgres(session) => session.script(sql),
        })
    }

    /// Begins a transaction, or a part of one. Neither this nor [`Tx::end`] counts as a statement of the command, or dooms
    /// it.
    pub(crate) fn begin(&mut self, begin: &'static str) -> Result<(), Error> {
        match &mut self.session {
            Session::Sqlite(session) => session.execute(begin, &[]).map(drop),
            Session::Postgres(session) => {
                session.begin(begin);
                Ok(())
            }
        }
    }

    /// Ends what [`Tx::begin`] began, unless the command was a statement without a transaction.
    pub(crate) fn end(&mut self, end: &'static str) -> Result<(), Error> {
        match &mut self.session {
            _ if self.late.is_alone() => Ok(()),
            Session::Sqlite(session) => session.execute(end, &[]).map(drop),
            Session::Postgres(session) => session.end(end),
        }
    }

    /// Sees that there is a connection.
    pub(crate) fn connect(&mut self) -> Result<(), Error> {
        match &mut self.session {
            Session::Sqlite(_) => Ok(()),
            Session::Postgres(session) => session.connect(),
        }
    }

    /// Gives the connection back to the server, where there is one.
    pub(crate) fn disconnect(&mut self) {
        match &mut self.session {
            Session::Sqlite(_) => {}
            Session::Postgres(session) => session.close(),
        }
    }

    /// Waits, where several connections may be in each other's way.
    pub(crate) fn pause(&self, duration: Duration) {
        match &self.session {
            Session::Sqlite(_) => {}
            Session::Postgres(session) => session.pause(duration),
        }
    }

    fn run<T>(&mut self, statement: impl FnOnce(&mut Session) -> Result<T, Error>) -> Result<T, Error> {
        self.settle()?;
        self.pass_gate()?;
        self.run_now(statement)
    }

    fn run_now<T>(&mut self, statement: impl FnOnce(&mut Session) -> Result<T, Error>) -> Result<T, Error> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        self.statements += 1;
        statement(&mut self.session).inspect_err(|error| self.failure = Some(error.clone()))
    }
}
