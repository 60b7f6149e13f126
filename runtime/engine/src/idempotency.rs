//! Commands that are safe to repeat: the key, what it made and the record are written in one transaction.

use std::sync::Arc;

use fichero_model::Id;
use fichero_store::system::idempotency::{Answer, Key, Turn, begin, keep};

use crate::message::Message;
use crate::record::work::Work;
use crate::refusal::{Kind, Refusal};

/// The key of a request, bound to its path and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// The key, as the caller chose it.
    pub key: String,
    /// The path it was sent to.
    pub path: String,
    /// The SHA-256 of the body.
    pub body: [u8; 32],
}

/// The record that this key made before; nothing when it is new, and taken from now on.
///
/// # Errors
/// When the key came with another body, or the database cannot be read.
pub fn made_before(work: &Work<'_>, once: &Once) -> Result<Option<Id>, Refusal> {
    match work.with(|tx| begin(tx, &key(work, once), &once.body, work.now))? {
        Turn::First => Ok(None),
        Turn::Other => Err(Refusal::new(Kind::Invalid, "idempotency_mismatch", Message::key("idempotency_mismatch"))),
        Turn::Repeated(answer) => {
            let id = <[u8; 16]>::try_from(&*answer.body).map(Id::from_bytes);
            id.map(Some).map_err(|_| Refusal::internal("idempotency", &"the record of a key is no id"))
        }
    }
}

/// Notes what this key made. Only the record is kept: a replay shows it under the rights of its own day.
///
/// # Errors
/// When the database cannot be written.
pub fn note(work: &Work<'_>, once: &Once, record: Id) -> Result<(), Refusal> {
    let answer =
        Answer { status: 201, headers: Arc::new(serde_json::json!({})), body: Arc::from(record.as_bytes().as_slice()) };
    work.with(|tx| keep(tx, &key(work, once), &answer))
}

fn key(work: &Work<'_>, once: &Once) -> Key {
    let actor = work.actor.user.map_or_else(String::new, |user| user.id.to_string());
    Key { actor: actor.into(), path: once.path.as_str().into(), key: once.key.as_str().into() }
}
