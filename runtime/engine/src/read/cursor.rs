//! Cursors: where a page ended, sealed so that nobody can make one up or use it with another question.
//!
//! The token is base64url of a JSON array of the sort values, followed by an HMAC-SHA256 (RFC 2104) over it and the
//! fingerprint of the question.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fichero_model::Id;
use fichero_store::query::Cursor;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::message::Message;
use crate::refusal::Refusal;

/// The key that seals cursors; all nodes of a workspace share it.
#[derive(Clone)]
pub struct Seal([u8; 32]);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// A seal with this key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// A token for one purpose that belongs to a secret, in base64url: who shows it has been given it here.
    pub fn token(&self, purpose: &str, secret: &str) -> String {
        let mac = self.mac(purpose, secret.as_bytes()).map(|mac| mac.finalize().into_bytes());
        URL_SAFE_NO_PAD.encode(mac.as_deref().unwrap_or_default())
    }

    /// Whether a token was given here for this purpose and secret. Takes the same time whatever is wrong with it.
    pub fn is_token(&self, purpose: &str, secret: &str, token: &str) -> bool {
        match (self.mac(purpose, secret.as_bytes()), URL_SAFE_NO_PAD.decode(token)) {
            (Some(mac), Ok(tag)) => mac.verify_slice(&tag).is_ok(),
            _ => false,
        }
    }

    fn mac(&self, fingerprint: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(fingerprint.as_bytes());
        mac.update(&[0]);
        mac.update(body);
        Some(mac)
    }
}

/// The length of a seal in bytes.
const SEAL: usize = 32;

/// The longest cursor that is read, in characters.
const LONGEST: usize = 8_192;

/// Seals where a page ended.
pub fn close(seal: &Seal, fingerprint: &str, cursor: &Cursor) -> String {
    sealed(seal, fingerprint, cursor.to_json().to_string().into_bytes())
}

/// Opens a cursor.
///
/// # Errors
/// When it was not made here for this question.
pub fn open(seal: &Seal, fingerprint: &str, text: &str) -> Result<Cursor, Refusal> {
    let body = opened(seal, fingerprint, text)?;
    serde_json::from_slice(&body).ok().as_ref().and_then(Cursor::from_json).ok_or_else(wrong)
}

/// Seals an id, for pages of logs.
pub fn close_id(seal: &Seal, fingerprint: &str, id: Id) -> String {
    sealed(seal, fingerprint, id.as_bytes().to_vec())
}

/// Opens a sealed id.
///
/// # Errors
/// When it was not made here for this question.
pub fn open_id(seal: &Seal, fingerprint: &str, text: &str) -> Result<Id, Refusal> {
    let body = opened(seal, fingerprint, text)?;
    <[u8; 16]>::try_from(body.as_slice()).map(Id::from_bytes).map_err(|_| wrong())
}

fn sealed(seal: &Seal, fingerprint: &str, mut token: Vec<u8>) -> String {
    if let Some(mac) = seal.mac(fingerprint, &token) {
        token.extend_from_slice(&mac.finalize().into_bytes());
    }
    URL_SAFE_NO_PAD.encode(token)
}

fn opened(seal: &Seal, fingerprint: &str, text: &str) -> Result<Vec<u8>, Refusal> {
    if text.len() > LONGEST {
        return Err(wrong());
    }
    let mut token = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
    let tag = token.split_off(token.len().saturating_sub(SEAL));
    seal.mac(fingerprint, &token).ok_or_else(wrong)?.verify_slice(&tag).map_err(|_| wrong())?;
    Ok(token)
}

pub(super) fn wrong() -> Refusal {
    Refusal { code: "bad_cursor", ..Refusal::malformed(Message::key("bad_cursor")) }
}
