//! What a command puts off, so that a server is asked fewer times: the gate, and a statement that adds a row.
//!
//! A command that only adds what it was given needs nothing from the database before. On PostgreSQL it passes the gate
//! together with its first statement, and when that is its only one, no transaction is begun and ended around it: the
//! statement is one by itself ([`Tx::finish`]). Where anything of that fails, nothing is done, and the command is run
//! again step by step ([`super::Manner`]).

use super::gather::{Gathered, gone};
use super::{Session, Tx};
use crate::sql::Sql;
use crate::{Cell, ColumnType, Error};

/// What is still to be done.
#[derive(Debug, Default)]
pub(super) struct Late {
    /// A statement that may be joined with the next one.
    pub(super) held: Option<Held>,
    /// Rows that wait for others, where they are to; never any beside a statement that is held.
    pub(super) gathered: Option<Gathered>,
    /// The gate is to be passed by the model of this deployment.
    gate: Option<i64>,
    /// The command was one statement and no transaction around it.
    alone: bool,
}

/// A statement that adds rows, to be run together with the next one.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// Statements that add rows before it.
    before: Vec<String>,
    insert: String,
    /// Queries that each give one row, or the rows must not be added.
    kept: Vec<String>,
    /// Of the queries and statements, in the order in which these were added.
    pub(crate) parameters: Vec<Cell>,
}

/// With so many parameters a statement is joined with no further one.
const LONG: usize = 1_000;

// On PostgreSQL the function takes the gate shared before it looks behind it; see `system::version`.
static BARRIER: Sql = Sql::each("SELECT barrier FROM fichero_gate", "SELECT fichero_barrier()");

impl Late {
    /// Whether the command rests on what was not looked at.
    pub(super) fn is_unverified(&self) -> bool {
        self.gate.is_some() || self.alone
    }

    /// Leaves out the rows that wait.
    pub(super) fn forget_gathered(&mut self) {
        self.gathered = self.gathered.take().map(|_| Gathered::default());
    }

    /// Whether the command was a statement without a transaction around it.
    pub(super) fn is_alone(&self) -> bool {
        self.alone
    }
}

impl Held {
    /// A statement that adds a row, with the queries that each must give one.
    #[cfg(test)]
    pub(crate) fn new(insert: String, kept: Vec<String>, parameters: Vec<Cell>) -> Self {
        Self { before: Vec::new(), insert, kept, parameters }
    }

    /// Adds a query that must give a row, or as many as whoever runs it says. Its parameters are there.
    pub(crate) fn keep(&mut self, query: String) {
        self.kept.push(query);
    }

    /// Adds a statement behind it, to be run together with it. Its parameters come behind those that there are.
    pub(crate) fn push(&mut self, insert: String) {
        let before = std::mem::replace(&mut self.insert, insert);
        if !before.is_empty() {
            self.before.push(before);
        }
    }

    /// Adds a statement to be run together with it that may change no row: it is none that tells whether all was done. Who
    /// holds it alone has run another statement before.
    pub(crate) fn push_beside(&mut self, statement: String) {
        match self.insert.is_empty() {
            true => self.insert = statement,
            false => self.before.push(statement),
        }
    }

    /// All of it as one statement that gives what `result` makes of how many of the queries gave their row.
    fn written(&self, result: impl FnOnce(&str) -> String) -> String {
        let queries = self.kept.iter().enumerate().map(|(at, query)| format!("kept{at} AS ({query})"));
        let before = self.before.iter().enumerate().map(|(at, insert)| format!("before{at} AS ({insert})"));
        let parts = queries.chain(before).collect::<Vec<_>>();
        let with = if parts.is_empty() { String::new() } else { format!("WITH {} ", parts.join(", ")) };
        let counts = (0..self.kept.len()).map(|at| format!("(SELECT count(*) FROM kept{at})"));
        let counts = counts.collect::<Vec<_>>().join(" + ");
        format!("{with}{}{}", self.insert, result(&counts))
    }
}

impl Tx {
    /// Sees that no migration has passed the gate that the model of deployment `known` does not know, and keeps further
    /// ones out until the end of this command. Gives the deployment of the last one; nothing where that is seen with the
    /// command's first statement, which fails where there was one.
    ///
    /// # Errors
    /// As the database says.
    pub(crate) fn gate(&mut self, known: i64) -> Result<Option<i64>, Error> {
        let is_ahead = matches!(&self.session, Session::Postgres(session) if session.is_simple_transaction_ahead());
        if is_ahead && self.can_presume() {
            self.late.gate = Some(known);
            return Ok(None);
        }
        self.barrier().map(Some)
    }

    /// The deployment of the last migration.
    fn barrier(&mut self) -> Result<i64, Error> {
        let row = self.query_one(BARRIER.of(self.dialect()), &[], &[ColumnType::Integer])?;
        match row.as_deref() {
            Some([Cell::Integer(barrier)]) => Ok(*barrier),
            other => Err(Error::Corrupt(format!("the gate gives {other:?}"))),
        }
    }

    /// Passes the gate that was put off.
    pub(super) fn pass_gate(&mut self) -> Result<(), Error> {
        let Some(known) = self.late.gate.take() else { return Ok(()) };
        if self.barrier()? > known {
            let error = Error::Conflict("the definitions have changed since".to_owned());
            self.failure = Some(error.clone());
            return Err(error);
        }
        Ok(())
    }

    /// Runs a statement that adds rows: at the latest before the next one. One that can be joined with it
    /// ([`Tx::take_held`]) saves a round trip; what may be wrong with the held one is told by that one then.
    ///
    /// # Errors
    /// As the database says; the command is doomed then.
    pub(crate) fn hold(&mut self, held: Held) -> Result<(), Error> {
        self.settle()?;
        self.writes += 1;
        self.late.held = Some(held);
        match self.session {
            Session::Sqlite(_) => self.settle(),
            Session::Postgres(_) => Ok(()),
        }
    }

    /// The statement that is held, for whoever holds it again together with their own; an empty one where there is none,
    /// or it is long enough.
    pub(crate) fn take_held(&mut self) -> Held {
        self.late.held.take_if(|held| held.parameters.len() < LONG).unwrap_or_default()
    }

    /// Runs the statement that is held. A savepoint does so too at its end; what is then refused is told as the database
    /// says it, so whoever has better words for it does it before.
    ///
    /// # Errors
    /// [`Error::Reference`] when one of its queries gave no row, and as the database says; the command is doomed then.
    pub fn settle(&mut self) -> Result<(), Error> {
        self.write_gathered()?;
        let Some(held) = self.late.held.take() else { return Ok(()) };
        let wanted = held.kept.len();
        self.run_held(held, wanted)
    }

    /// Runs a statement whose queries are to give so many rows.
    pub(super) fn run_held(&mut self, held: Held, wanted: usize) -> Result<(), Error> {
        if held.kept.is_empty() {
            return self.execute(&held.written(|_| String::new()), &held.parameters).map(drop);
        }
        let sql = held.written(|counts| format!(" RETURNING {counts}"));
        let rows = self.query(&sql, &held.parameters, &[ColumnType::Integer])?;
        let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
        if rows.first().and_then(|row| row.first()) == Some(&Cell::Integer(wanted)) {
            return Ok(());
        }
        let error = gone();
        self.failure = Some(error.clone());
        Err(error)
    }

    /// Runs what is left when the command has ended well: where that is all there is to it, as a transaction of its own.
    ///
    /// # Errors
    /// As [`Tx::settle`].
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        self.write_gathered()?;
        let is_lively = matches!(&self.session, Session::Postgres(session) if session.is_lively());
        match (self.late.gate, self.late.held.take_if(|_| is_lively)) {
            (Some(known), Some(held)) => self.run_alone(known, held),
            (_, held) => {
                self.late.held = self.late.held.take().or(held);
                self.settle()?;
                self.pass_gate()
            }
        }
    }

    /// Runs a statement together with the gate, and no transaction around it.
    fn run_alone(&mut self, known: i64, mut held: Held) -> Result<(), Error> {
        held.parameters.push(Cell::Integer(known));
        let (known, wanted) = (held.parameters.len(), held.kept.len());
        let sql = held.written(|counts| {
            let found = if counts.is_empty() { "0" } else { counts };
            format!(" RETURNING fichero_alone(${known}, {found}, {wanted})")
        });
        self.late = Late { alone: true, ..Late::default() };
        self.run_now(|session| match session {
            Session::Sqlite(_) => Err(Error::Statement("SQLite has no statement without a transaction".to_owned())),
            Session::Postgres(session) => session.run_alone(&sql, &held.parameters),
        })
    }

    /// Whether nobody knows if the command, which failed, was done: it was a statement without a transaction, and the
    /// connection was lost before its answer.
    pub(crate) fn is_unsure(&self) -> bool {
        self.late.alone && matches!(&self.session, Session::Postgres(session) if !session.is_connected())
    }
}
