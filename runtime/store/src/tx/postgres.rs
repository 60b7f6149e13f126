//! A connection to PostgreSQL: statements, and what its errors mean.
//!
//! The thread that owns the connection also owns the small runtime that drives its socket, so that waiting for an
//! answer is waiting for the socket and not for another thread.
//!
//! This is the only file that vouches to sqlx for statement text ([`AssertSqlSafe`]). That is right because text
//! reaches [`Session`] from this crate only, which builds it from physical names and its own words and binds every
//! value.

mod codec;

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};
use tokio::runtime::Runtime;

use crate::cell::check;
use crate::{Cell, ColumnType, Constraint, Error};

/// How long after PostgreSQL's own limit a silent connection is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// The SQLSTATE of a lock that is not waited for.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// What begins a transaction whose statements each see what is committed before them.
pub(crate) const READ_COMMITTED: &str = "BEGIN";

/// For how long a connection that has answered is taken to be there still.
const LIVELY: Duration = Duration::from_secs(1);

/// A connection, opened when it is first needed and again when it was lost.
pub(crate) struct Session {
    runtime: Runtime,
    options: PgConnectOptions,
    limit: Duration,
    /// For the command at hand, statements may run as long as they need.
    unlimited: bool,
    connection: Option<PgConnection>,
    /// What begins the transaction, until its first statement is run.
    begin: Option<&'static str>,
    /// When the server answered last.
    heard: Option<Instant>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(options: PgConnectOptions, limit: Duration) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::Unavailable(format!("no runtime can be started: {error}")))?;
        Ok(Self { runtime, options, limit, unlimited: false, connection: None, begin: None, heard: None })
    }

    /// Connects if there is no connection.
    pub(crate) fn connect(&mut self) -> Result<(), Error> {
        if self.connection.is_some() {
            return Ok(());
        }
        let connecting = PgConnection::connect_with(&self.options);
        let connected = self.runtime.block_on(async { tokio::time::timeout(self.limit, connecting).await });
        let connected = connected.map_err(|_| Error::Unavailable("the server does not answer".to_owned()))?;
        self.connection = Some(connected.map_err(|error| unavailable(&error))?);
        Ok(())
    }

    /// Begins a transaction: with its first statement, in one message where that can be.
    pub(crate) fn begin(&mut self, begin: &'static str) {
        self.begin = Some(begin);
    }

    /// Ends the transaction, if it has begun.
    pub(crate) fn end(&mut self, end: &'static str) -> Result<(), Error> {
        match self.begin.take() {
            Some(_) => Ok(()),
            None => self.script(end),
        }
    }

    /// Whether a transaction is still to be begun whose statements each see what is committed before them.
    pub(crate) fn is_simple_transaction_ahead(&self) -> bool {
        self.begin == Some(READ_COMMITTED)
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// Whether the connection is known to be there. Of another one it may turn out that the server has closed it long ago.
    pub(crate) fn is_lively(&self) -> bool {
        self.is_connected() && self.heard.is_some_and(|heard| heard.elapsed() < LIVELY)
    }

    /// Runs a statement that gives rows instead of the transaction that was to begin: it is done whole or not at all.
    pub(crate) fn run_alone(&mut self, sql: &str, parameters: &[Cell]) -> Result<(), Error> {
        self.begin = None;
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments(parameters)?);
        // To the end of the answer: what the commit says comes last.
        let done = self.run(sql, async |connection| connection.fetch_all(query).await).map(drop);
        done.map_err(|error| match error {
            // It met a migration, which it does not wait for with its tables in hand.
            Error::Timeout(why) if why.starts_with(LOCK_NOT_AVAILABLE) => Error::Conflict(why),
            other => other,
        })
    }

    /// Begins what is still to be begun.
    fn begun(&mut self) -> Result<(), Error> {
        match self.begin.take() {
            Some(begin) => self.script(begin),
            None => Ok(()),
        }
    }

    /// Lets the statements of this transaction run as long as they need.
    pub(crate) fn set_unlimited(&mut self) -> Result<(), Error> {
        self.unlimited = true;
        self.script("SET LOCAL statement_timeout = 0")
    }

    /// Ends [`Session::set_unlimited`]; the server has forgotten it with the transaction.
    pub(crate) fn set_limited(&mut self) {
        self.unlimited = false;
    }

    /// Waits, on this thread.
    pub(crate) fn pause(&self, duration: Duration) {
        self.runtime.block_on(async { tokio::time::sleep(duration).await });
    }

    /// Says goodbye to the server.
    pub(crate) fn close(&mut self) {
        self.begin = None;
        if let Some(connection) = self.connection.take() {
            let goodbye = async { tokio::time::timeout(PATIENCE, connection.close()).await };
            if let Ok(Err(error)) = self.runtime.block_on(goodbye) {
                tracing::debug!(%error, "a connection was not closed in order");
            }
        }
    }

    pub(crate) fn execute(&mut self, sql: &str, parameters: &[Cell]) -> Result<u64, Error> {
        self.begun()?;
        let arguments = arguments(parameters)?;
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments);
        self.run(sql, async |connection| Ok(connection.execute(query).await?.rows_affected()))
    }

    pub(crate) fn query(
        &mut self,
        sql: &str,
        parameters: &[Cell],
        types: &[ColumnType],
    ) -> Result<Vec<Vec<Cell>>, Error> {
        // Numbers are the one type that is read as text too, which is how the protocol of several statements gives it.
        let is_simple = parameters.is_empty() && types.iter().all(|ty| *ty == ColumnType::Integer);
        let rows = match self.begin.filter(|_| is_simple) {
            Some(begin) => {
                self.begin = None;
                let both = sqlx::raw_sql(AssertSqlSafe(format!("{begin}; {sql}")));
                self.run(sql, async |connection| connection.fetch_all(both).await)?
            }
            None => {
                self.begun()?;
                let query = sqlx::query_with(AssertSqlSafe(sql), arguments(parameters)?);
                self.run(sql, async |connection| connection.fetch_all(query).await)?
            }
        };
        let read = |row: &sqlx::postgres::PgRow| {
            let cells = types.iter().enumerate().map(|(at, ty)| {
                let value = row.try_get_raw(at).map_err(|error| Error::Corrupt(format!("column {at}: {error}")))?;
                codec::decode(&value, *ty).map_err(|what| Error::Corrupt(format!("column {at}: {what}")))
            });
            cells.collect()
        };
        rows.iter().map(read).collect()
    }

    pub(crate) fn script(&mut self, sql: &str) -> Result<(), Error> {
        self.begun()?;
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        self.run(sql, async |connection| connection.execute(script).await.map(drop))
    }

    fn run<T>(
        &mut self,
        sql: &str,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, Error> {
        let connection = self.connection.as_mut().ok_or_else(|| Error::Unavailable("not connected".to_owned()))?;
        let limit = if self.unlimited { Duration::MAX } else { self.limit + PATIENCE };
        let done = self.runtime.block_on(async { tokio::time::timeout(limit, work(connection)).await });
        self.heard = Some(Instant::now());
        match done {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => {
                let (error, lost) = explain(&error, sql);
                if lost {
                    self.connection = None;
                }
                Err(error)
            }
            Err(_) => {
                self.connection = None;
                Err(Error::Timeout(format!("no answer within {limit:?}; while running {sql}")))
            }
        }
    }
}

fn arguments(parameters: &[Cell]) -> Result<PgArguments, Error> {
    let mut arguments = PgArguments::default();
    for cell in parameters {
        check(cell)?;
        codec::encode(&mut arguments, cell).map_err(|error| Error::Unstorable(error.to_string()))?;
    }
    Ok(arguments)
}

fn unavailable(error: &sqlx::Error) -> Error {
    Error::Unavailable(match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        other => other.to_string(),
    })
}

/// What an error of PostgreSQL means, by its SQLSTATE, and whether the connection is lost with it.
fn explain(error: &sqlx::Error, sql: &str) -> (Error, bool) {
    let error = match error {
        sqlx::Error::Database(error) => error.downcast_ref::<sqlx::postgres::PgDatabaseError>(),
        sqlx::Error::Encode(error) => return (Error::Unstorable(error.to_string()), false),
        other => return (Error::Unavailable(other.to_string()), true),
    };
    let message = || {
        let detail = error.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
        format!("{} {}{detail}", error.code(), error.message())
    };
    let constraint = || Constraint {
        table: error.table().map(str::to_owned),
        name: error.constraint().map(str::to_owned),
        columns: Vec::new(),
        detail: message(),
    };
    let in_statement = || format!("{}; while running {sql}", message());
    match error.code() {
        // unique_violation, exclusion_violation
        "23505" | "23P01" => (Error::Unique(constraint()), false),
        // foreign_key_violation, restrict_violation
        "23503" | "23001" => (Error::Reference(constraint()), false),
        // serialization_failure, deadlock_detected
        "40001" | "40P01" => (Error::Conflict(message()), false),
        // query_canceled
        LOCK_NOT_AVAILABLE | "57014" => (Error::Timeout(in_statement()), false),
        // What is unstorable is told to whoever wrote it, in our words and not in the server's.
        // character_not_in_repertoire, untranslatable_character
        "22021" | "22P05" => (Error::Unstorable(crate::cell::NUL.to_owned()), false),
        // numeric_value_out_of_range
        "22003" => (Error::Unstorable("a number is out of range".to_owned()), false),
        // datetime_field_overflow
        "22008" => (Error::Unstorable("a date or time is out of range".to_owned()), false),
        // A migration changed what a prepared statement gives: a new connection prepares it anew.
        "0A000" if error.message().contains("cached plan") => (Error::Unavailable(message()), true),
        // connection_exception, operator_intervention, insufficient_resources
        code if code.starts_with("08") || code.starts_with("57P") => (Error::Unavailable(message()), true),
        code if code.starts_with("53") => (Error::Unavailable(message()), false),
        // internal_error, data_corrupted, index_corrupted
        code if code.starts_with("XX") => (Error::Corrupt(message()), false),
        _ => (Error::Statement(in_statement()), false),
    }
}

/// How connections are opened: what the URL says, and what Fichero needs of each.
///
/// # Errors
/// [`Error::Url`] when the URL is none.
pub(crate) fn connect_options(url: &str, limit: Duration) -> Result<PgConnectOptions, Error> {
    use sqlx::ConnectOptions as _;

    let options: PgConnectOptions = url.parse().map_err(|error: sqlx::Error| {
        let why = match error {
            sqlx::Error::Configuration(why) => why.to_string(),
            other => other.to_string(),
        };
        Error::Url(format!("the URL of the database cannot be read: {why}; write `postgres://USER@HOST/DATABASE`"))
    })?;
    let milliseconds = limit.as_millis().to_string();
    Ok(options
        .application_name("fichero")
        .statement_cache_capacity(512)
        // Compiling a short query costs more than running it. The zone and the style matter to no statement of ours,
        // for all values travel in binary; they are set so that nothing can depend on the server's.
        .options([
            ("jit", "off"),
            ("TimeZone", "UTC"),
            ("statement_timeout", milliseconds.as_str()),
            ("default_transaction_isolation", "read committed"),
        ])
        .disable_statement_logging())
}

/// What a server must be for Fichero to work on it.
pub(crate) fn check_server(session: &mut Session) -> Result<(), Error> {
    let sql = "SELECT current_setting('server_version_num')::bigint, current_setting('server_encoding')";
    let rows = session.query(sql, &[], &[ColumnType::Integer, ColumnType::Text])?;
    let (version, encoding) = match rows.into_iter().next().as_deref() {
        Some([Cell::Integer(version), Cell::Text(encoding)]) => (*version, Arc::clone(encoding)),
        _ => return Err(Error::Unavailable("the server does not say what it is".to_owned())),
    };
    if version < 140_000 {
        let version = version / 10_000;
        return Err(Error::Unavailable(format!("PostgreSQL {version} is too old; Fichero needs 14 or newer")));
    }
    if &*encoding != "UTF8" {
        return Err(Error::Unavailable(format!(
            "the database's encoding is {encoding}; make one with UTF8: `createdb --encoding=UTF8 --template=template0`"
        )));
    }
    Ok(())
}
