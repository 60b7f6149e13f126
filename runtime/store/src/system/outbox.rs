//! Messages to the world outside: mails and webhooks.
//!
//! A message is written in the transaction that decided on it and delivered after its commit, by a job that names it.
//! Scenario tests read here what would have been sent.

use std::sync::Arc;

use fichero_model::Id;
use jiff::Timestamp;
use serde_json::Value;

use crate::sql::Sql;
use crate::{Cell, Cells, ColumnType, Error, Tx};

/// What sort of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A mail.
    Mail,
    /// A call to another system.
    Webhook,
}

impl Kind {
    const ALL: [Kind; 2] = [Kind::Mail, Kind::Webhook];

    const fn word(self) -> &'static str {
        match self {
            Kind::Mail => "mail",
            Kind::Webhook => "webhook",
        }
    }
}

/// How far a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// It has not been delivered yet.
    Waiting,
    /// It was delivered.
    Sent,
    /// It could not be delivered and is given up.
    Failed,
}

impl State {
    const ALL: [State; 3] = [State::Waiting, State::Sent, State::Failed];

    const fn word(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Sent => "sent",
            State::Failed => "failed",
        }
    }
}

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its identity, which is also its idempotency key; messages written later sort later.
    pub id: Id,
    /// What sort of message.
    pub kind: Kind,
    /// When it was written.
    pub at: Timestamp,
    /// The addresses it goes to; of a webhook the name of its connection.
    pub to: Vec<Arc<str>>,
    /// The subject of a mail.
    pub subject: Option<Arc<str>>,
    /// Further headers, as a JSON object.
    pub headers: Arc<Value>,
    /// The body.
    pub body: Arc<str>,
    /// The command that wrote it.
    pub command: Option<Id>,
    /// How far it is.
    pub state: State,
    /// When it was sent or given up.
    pub settled_at: Option<Timestamp>,
    /// Why it could not be delivered, the last time.
    pub error: Option<Arc<str>>,
}

macro_rules! select {
    ($rest:literal) => {
        Sql::new(concat!(
            "SELECT id, kind, at, recipients, subject, headers, body, command, state, settled_at, error \
             FROM fichero_outbox ",
            $rest
        ))
    };
}

const TYPES: [ColumnType; 11] = [
    ColumnType::Id,
    ColumnType::Text,
    ColumnType::DateTime,
    ColumnType::Json,
    ColumnType::Text,
    ColumnType::Json,
    ColumnType::Text,
    ColumnType::Id,
    ColumnType::Text,
    ColumnType::DateTime,
    ColumnType::Text,
];

static ADD: Sql = Sql::new(
    "INSERT INTO fichero_outbox (id, kind, at, recipients, subject, headers, body, command, state, settled_at, error) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
);
static FIND: Sql = select!("WHERE id = ?1");
static SINCE: Sql = select!("WHERE id > ?1 ORDER BY id LIMIT ?2");
static SETTLE: Sql = Sql::new("UPDATE fichero_outbox SET state = ?2, settled_at = ?3, error = ?4 WHERE id = ?1");

/// Writes a message.
///
/// # Errors
/// As the database says.
pub fn add(tx: &mut Tx, message: &Message) -> Result<(), Error> {
    let to: Value = message.to.iter().map(|to| Value::String(to.to_string())).collect();
    let parameters = [
        Cell::Id(message.id),
        Cell::text(message.kind.word()),
        Cell::DateTime(message.at),
        to.into(),
        Cell::or_null(message.subject.clone(), ColumnType::Text),
        Cell::Json(Arc::clone(&message.headers)),
        Cell::Text(Arc::clone(&message.body)),
        Cell::or_null(message.command, ColumnType::Id),
        Cell::text(message.state.word()),
        Cell::or_null(message.settled_at, ColumnType::DateTime),
        Cell::or_null(message.error.clone(), ColumnType::Text),
    ];
    tx.execute(ADD.of(tx.dialect()), &parameters).map(drop)
}

/// A message by its id.
///
/// # Errors
/// As the database says.
pub fn find(tx: &mut Tx, id: Id) -> Result<Option<Message>, Error> {
    tx.query_one(FIND.of(tx.dialect()), &[Cell::Id(id)], &TYPES)?.map(read).transpose()
}

/// The messages behind `after` in the order they were written, at most `limit`.
///
/// # Errors
/// As the database says.
pub fn since(tx: &mut Tx, after: Option<Id>, limit: u32) -> Result<Vec<Message>, Error> {
    let after = after.unwrap_or(Id::from_bytes([0; 16]));
    let rows = tx.query(SINCE.of(tx.dialect()), &[Cell::Id(after), Cell::Integer(i64::from(limit))], &TYPES)?;
    rows.into_iter().map(read).collect()
}

/// Notes that a message was sent, given up, or could not be delivered this time.
///
/// # Errors
/// As the database says.
pub fn settle(tx: &mut Tx, id: Id, state: State, at: Timestamp, error: Option<&str>) -> Result<(), Error> {
    let settled = (state != State::Waiting).then_some(at);
    let parameters = [
        Cell::Id(id),
        Cell::text(state.word()),
        Cell::or_null(settled, ColumnType::DateTime),
        Cell::or_null(error, ColumnType::Text),
    ];
    tx.execute(SETTLE.of(tx.dialect()), &parameters).map(drop)
}

fn read(row: Vec<Cell>) -> Result<Message, Error> {
    let mut row = Cells::new(row);
    let (id, kind, at, to) = (row.id()?, row.text()?, row.datetime()?, row.json()?);
    let unknown = |what: &str| Error::Corrupt(format!("message {id} has the unknown {what}"));
    let kind = Kind::ALL.into_iter().find(|known| known.word() == &*kind).ok_or_else(|| unknown(&kind))?;
    let to = to.as_array().into_iter().flatten().filter_map(|to| to.as_str().map(Arc::from)).collect();
    let (subject, headers, body, command) = (row.opt_text()?, row.json()?, row.text()?, row.opt_id()?);
    let state = row.text()?;
    let state = State::ALL.into_iter().find(|known| known.word() == &*state).ok_or_else(|| unknown(&state))?;
    let (settled_at, error) = (row.opt_datetime()?, row.opt_text()?);
    Ok(Message { id, kind, at, to, subject, headers, body, command, state, settled_at, error })
}
