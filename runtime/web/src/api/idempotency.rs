//! `Idempotency-Key`: makes a POST safe to repeat.

use axum::body::Bytes;
use axum::http::HeaderMap;
use fichero_engine::Refusal;
use fichero_engine::idempotency::Once;
use fichero_engine::message::Message;
use sha2::{Digest as _, Sha256};

/// The key of a request, bound to its path and body; nothing when it has none.
///
/// # Errors
/// When there are several, or the key is empty, too long, or no plain text.
pub fn read(headers: &HeaderMap, path: &str, body: &Bytes) -> Result<Option<Once>, Refusal> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(key), None) if (1..=255).contains(&key.len()) && key.trim() == key => {
            Ok(Some(Once { key: key.to_owned(), path: path.to_owned(), body: Sha256::digest(body).into() }))
        }
        _ => Err(Refusal::malformed(Message::key("bad_key"))),
    }
}
