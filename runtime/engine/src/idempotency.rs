//! Commands that are safe to repeat: the key, what it made and the record are written in one transaction.

use std::sync::Arc;

use fichero_model::Id;
use fichero_store::system::idempotency::{Answer, Key, Turn, begin, keep};

use crate::command::{Done, Effect};
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

impl Once {
    /// The same key for one of the commands of a request.
    #[must_use]
    pub fn part(&self, index: usize) -> Self {
        Self { path: format!("{}#{index}", self.path), ..self.clone() }
    }
}

/// What the request of this key did before; nothing when it is new, and taken from now on.
///
/// # Errors
/// When the key came with another body, or the database cannot be read.
pub fn done_before(work: &Work<'_>, once: &Once) -> Result<Option<Vec<(Id, Effect)>>, Refusal> {
    match work.with(|tx| begin(tx, &key(work, once), &once.body, work.now))? {
        Turn::First => Ok(None),
        Turn::Other => Err(Refusal::new(Kind::Invalid, "idempotency_mismatch", Message::key("idempotency_mismatch"))),
        Turn::Repeated(answer) => {
            let records: Option<Vec<_>> = answer.body.chunks(17).map(read).collect();
            records.map(Some).ok_or_else(|| Refusal::internal("idempotency", &"what a key did cannot be read"))
        }
    }
}

/// Notes what the request of this key did. Only the records are kept: a replay shows them under the rights of its own
/// day.
///
/// # Errors
/// When the database cannot be written.
pub fn note<'d>(work: &Work<'_>, once: &Once, done: impl IntoIterator<Item = &'d Done>) -> Result<(), Refusal> {
    let body: Vec<u8> = done.into_iter().flat_map(write).collect();
    let answer = Answer { status: 200, headers: Arc::new(serde_json::json!({})), body: body.into() };
    work.with(|tx| keep(tx, &key(work, once), &answer))
}

/// A record and what became of it, in 17 bytes.
fn write(done: &Done) -> Vec<u8> {
    let effect = match done.effect {
        Effect::Created => b'c',
        Effect::Updated => b'u',
        Effect::Unchanged => b'n',
        Effect::Deleted => b'd',
        Effect::Restored => b'r',
        Effect::Purged => b'p',
    };
    let mut bytes = done.id.as_bytes().to_vec();
    bytes.push(effect);
    bytes
}

fn read(bytes: &[u8]) -> Option<(Id, Effect)> {
    let (effect, id) = bytes.split_last()?;
    let effect = match effect {
        b'c' => Effect::Created,
        b'u' => Effect::Updated,
        b'n' => Effect::Unchanged,
        b'd' => Effect::Deleted,
        b'r' => Effect::Restored,
        b'p' => Effect::Purged,
        _ => return None,
    };
    Some((Id::from_bytes(id.try_into().ok()?), effect))
}

fn key(work: &Work<'_>, once: &Once) -> Key {
    let actor = work.actor.user.map_or_else(String::new, |user| user.id.to_string());
    Key { actor: actor.into(), path: once.path.as_str().into(), key: once.key.as_str().into() }
}
