//! Bodies of requests.

use axum::body::Bytes;
use fichero_engine::message::Message;
use fichero_engine::value::strict::{self, Unread};
use fichero_engine::{Kind, Refusal};
use serde_json::{Map, Value as Json};

/// Reads a body that must be JSON.
///
/// # Errors
/// Where it is not, and the first number that would not be kept as it stands.
pub fn json(bytes: &Bytes) -> Result<Json, Refusal> {
    strict::json(bytes).map_err(|unread| match unread {
        Unread::Malformed(why) => Refusal { code: "bad_json", ..Refusal::malformed(Message::with("bad_json", [why])) },
        Unread::TooExact(number) => Refusal::new(Kind::Invalid, "too_exact", Unread::too_exact(&number)),
    })
}

/// Reads a body that must be a JSON object.
///
/// # Errors
/// Where it is none.
pub fn object(bytes: &Bytes) -> Result<Map<String, Json>, Refusal> {
    match json(bytes)? {
        Json::Object(members) => Ok(members),
        _ => Err(Refusal::malformed(Message::with("not_object", ["body"]))),
    }
}
