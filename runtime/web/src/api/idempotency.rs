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
/// When there are several, or the key is empty, too long, or holds more than ASCII characters that can be seen.
pub fn read(headers: &HeaderMap, path: &str, body: &Bytes) -> Result<Option<Once>, Refusal> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    // Blanks around a value are no part of it (RFC 9110, 5.5).
    let key = value.to_str().map(|key| key.trim_matches([' ', '\t'])).unwrap_or_default();
    if !(1..=255).contains(&key.len()) || key.contains('\t') || values.next().is_some() {
        return Err(Refusal::malformed(Message::key("bad_key")));
    }
    Ok(Some(Once { key: key.to_owned(), path: path.to_owned(), body: Sha256::digest(body).into() }))
}
