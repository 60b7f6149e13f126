//! A connection to SQLite: statements, the codec, and what its errors mean.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fichero_model::Id;
use jiff::Timestamp;
use rusqlite::limits::Limit;
use rusqlite::types::{ToSqlOutput, Value as Owned, ValueRef};
use rusqlite::vtab::array::Array;
use rusqlite::{Connection, Row, Statement, ToSql, ffi};

use crate::cell::check;
use crate::{Cell, ColumnType, Constraint, Error};

mod function;

/// How many steps of its virtual machine SQLite goes between two looks at the clock: some hundred microseconds.
const STEPS: i32 = 50_000;

/// How many bytes a value may have, and a row: three times the longest text that a field may be declared to hold, 10
/// million characters of up to 4 bytes. What comes in with a request (4 MiB), a row of an import (8 MiB) or a definition
/// file (1 MiB) is far below. Without a bound it is a gigabyte, which one call of a function may take at once.
const LONGEST: i32 = 120_000_000;

/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 512;

/// A connection.
#[derive(Debug)]
pub(crate) struct Session {
    connection: Connection,
    watch: Arc<Watch>,
    /// How long a statement may run when nothing else is said, in milliseconds.
    limit: u64,
}

/// When the statement that is running must stop.
#[derive(Debug)]
struct Watch {
    start: Instant,
    /// How long a statement may run, in milliseconds.
    limit: AtomicU64,
    /// In milliseconds since `start`.
    until: AtomicU64,
}

impl Watch {
    fn elapsed(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A statement begins.
    fn begin(&self) {
        let limit = self.limit.load(Ordering::Relaxed);
        self.until.store(self.elapsed().saturating_add(limit), Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.elapsed() > self.until.load(Ordering::Relaxed)
    }
}

impl Session {
    /// Makes a connection ready: its functions, its bounds.
    pub(crate) fn new(connection: Connection, limit: Duration) -> rusqlite::Result<Self> {
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST)?;
        rusqlite::vtab::array::load_module(&connection)?;
        function::register(&connection)?;
        let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let watch = Watch { start: Instant::now(), limit: AtomicU64::new(limit), until: AtomicU64::new(u64::MAX) };
        let watch = Arc::new(watch);
        let seen = Arc::clone(&watch);
        connection.progress_handler(STEPS, Some(move || seen.is_over()))?;
        Ok(Self { connection, watch, limit })
    }

    /// Lets statements run as long as they need, or no longer than before.
    pub(crate) fn set_unlimited(&mut self, unlimited: bool) {
        let limit = if unlimited { u64::MAX } else { self.limit };
        self.watch.limit.store(limit, Ordering::Relaxed);
    }

    pub(crate) fn execute(&mut self, sql: &str, parameters: &[Cell]) -> Result<u64, Error> {
        self.watch.begin();
        let explain = |error| explain(error, sql);
        let mut statement = self.connection.prepare_cached(sql).map_err(explain)?;
        bind(&mut statement, parameters, sql)?;
        let changed = statement.raw_execute().map_err(explain)?;
        Ok(changed as u64)
    }

    pub(crate) fn query(
        &mut self,
        sql: &str,
        parameters: &[Cell],
        types: &[ColumnType],
    ) -> Result<Vec<Vec<Cell>>, Error> {
        self.watch.begin();
        let explain = |error| explain(error, sql);
        let mut statement = self.connection.prepare_cached(sql).map_err(explain)?;
        bind(&mut statement, parameters, sql)?;
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(explain)? {
            found.push(types.iter().enumerate().map(|(at, ty)| read(row, at, *ty)).collect::<Result<_, _>>()?);
        }
        Ok(found)
    }

    pub(crate) fn script(&mut self, sql: &str) -> Result<(), Error> {
        self.watch.begin();
        self.connection.execute_batch(sql).map_err(|error| explain(error, sql))
    }
}

fn bind(statement: &mut Statement<'_>, parameters: &[Cell], sql: &str) -> Result<(), Error> {
    for (at, cell) in parameters.iter().enumerate() {
        check(cell)?;
        let bound = match cell {
            Cell::Ids(ids) => {
                let ids = ids.iter().map(|id| Owned::Blob(id.as_bytes().to_vec())).collect();
                statement.raw_bind_parameter(at + 1, Array::new(ids))
            }
            cell => statement.raw_bind_parameter(at + 1, Bound(cell)),
        };
        bound.map_err(|error| explain(error, sql))?;
    }
    Ok(())
}

/// A cell as SQLite takes it, but for lists.
struct Bound<'a>(&'a Cell);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Cell::Null(_) | Cell::Ids(_) | Cell::Integers(_) | Cell::DateTimes(_) | Cell::Column(..) => {
                ToSqlOutput::Owned(Owned::Null)
            }
            Cell::Boolean(value) => ToSqlOutput::Owned(Owned::Integer(i64::from(*value))),
            Cell::Integer(value) => ToSqlOutput::Owned(Owned::Integer(*value)),
            Cell::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Cell::Bytes(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
            Cell::Id(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value.as_bytes())),
            Cell::Date(value) => ToSqlOutput::Owned(Owned::Text(value.to_string())),
            Cell::Time(value) => ToSqlOutput::Owned(Owned::Text(value.strftime("%H:%M:%S").to_string())),
            Cell::DateTime(value) => ToSqlOutput::Owned(Owned::Integer(value.as_microsecond())),
            Cell::Json(value) => ToSqlOutput::Owned(Owned::Text(value.to_string())),
        })
    }
}

/// Reads one column as its type wants it.
fn read(row: &Row<'_>, at: usize, ty: ColumnType) -> Result<Cell, Error> {
    let value = row.get_ref(at).map_err(|error| Error::Corrupt(format!("column {at}: {error}")))?;
    decode(value, ty).ok_or_else(|| {
        let name = row.as_ref().column_name(at).unwrap_or("?").to_owned();
        Error::Corrupt(format!("column {at} ({name}) should hold {ty:?} and holds {}", describe(value)))
    })
}

fn decode(value: ValueRef<'_>, ty: ColumnType) -> Option<Cell> {
    let text = || value.as_str().ok();
    Some(match (ty, value) {
        (_, ValueRef::Null) => Cell::Null(ty),
        (ColumnType::Boolean, ValueRef::Integer(value @ (0 | 1))) => Cell::Boolean(value == 1),
        (ColumnType::Integer, ValueRef::Integer(value)) => Cell::Integer(value),
        (ColumnType::DateTime, ValueRef::Integer(value)) => Cell::DateTime(Timestamp::from_microsecond(value).ok()?),
        (ColumnType::Text, ValueRef::Text(_)) => Cell::Text(text()?.into()),
        (ColumnType::Date, ValueRef::Text(_)) => Cell::Date(text()?.parse().ok()?),
        (ColumnType::Time, ValueRef::Text(_)) => Cell::Time(text()?.parse().ok()?),
        (ColumnType::Json, ValueRef::Text(text)) => Cell::Json(Arc::new(serde_json::from_slice(text).ok()?)),
        (ColumnType::Bytes, ValueRef::Blob(bytes)) => Cell::Bytes(bytes.into()),
        (ColumnType::Id, ValueRef::Blob(bytes)) => Cell::Id(Id::from_bytes(bytes.try_into().ok()?)),
        _ => return None,
    })
}

fn describe(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "nothing".to_owned(),
        ValueRef::Integer(value) => format!("the number {value}"),
        ValueRef::Real(value) => format!("the inexact number {value}"),
        ValueRef::Text(text) => format!("the text {:?}", String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}

/// What an error of SQLite means.
fn explain(error: rusqlite::Error, sql: &str) -> Error {
    let (code, message) = match &error {
        rusqlite::Error::SqliteFailure(failure, message) => {
            (*failure, message.clone().unwrap_or_else(|| failure.to_string()))
        }
        rusqlite::Error::SqlInputError { error, msg, .. } => (*error, msg.clone()),
        other => return Error::Statement(format!("{other}; while running {sql}")),
    };
    match (code.extended_code, code.code) {
        // Triggers keep rules against overlapping times.
        (
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID
            | ffi::SQLITE_CONSTRAINT_TRIGGER,
            _,
        ) => Error::Unique(constraint(message)),
        (ffi::SQLITE_CONSTRAINT_FOREIGNKEY, _) => {
            Error::Reference(Constraint { detail: message, ..Constraint::default() })
        }
        (_, rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Error::Conflict(message),
        (_, rusqlite::ErrorCode::OperationInterrupted) => Error::Timeout(format!("{message}; while running {sql}")),
        (_, rusqlite::ErrorCode::TooBig) => Error::Unstorable(format!("{message}: more than {LONGEST} bytes")),
        (_, rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => Error::Corrupt(message),
        (
            _,
            rusqlite::ErrorCode::DiskFull
            | rusqlite::ErrorCode::SystemIoFailure
            | rusqlite::ErrorCode::CannotOpen
            | rusqlite::ErrorCode::ReadOnly
            | rusqlite::ErrorCode::PermissionDenied
            | rusqlite::ErrorCode::OutOfMemory,
        ) => Error::Unavailable(message),
        _ => Error::Statement(format!("{message}; while running {sql}")),
    }
}

/// Reads `UNIQUE constraint failed: table.one, table.other`, or `…: index 'name'` where an expression is indexed or a
/// trigger tells it.
fn constraint(detail: String) -> Constraint {
    let what = detail.split_once(": ").map_or("", |(_, what)| what);
    if let Some(name) = what.strip_prefix("index '") {
        return Constraint { name: Some(name.trim_end_matches('\'').to_owned()), detail, ..Constraint::default() };
    }
    let parts: Vec<(&str, &str)> = what.split(", ").filter_map(|part| part.rsplit_once('.')).collect();
    let table = parts.first().map(|(table, _)| (*table).to_owned());
    let columns = parts.iter().map(|(_, column)| (*column).to_owned()).collect();
    Constraint { table, name: None, columns, detail }
}
