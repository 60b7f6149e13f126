//! Bodies of requests: JSON objects, read with precise errors.

use axum::body::Bytes;
use fichero_engine::Refusal;
use fichero_engine::message::Message;
use serde_json::Value as Json;

/// Reads a body that must be JSON.
///
/// # Errors
/// Where it is not.
pub fn json(bytes: &Bytes) -> Result<Json, Refusal> {
    serde_json::from_slice(bytes).map_err(|error| Refusal {
        code: "bad_json",
        ..Refusal::malformed(Message::with("bad_json", [error.to_string()]))
    })
}

/// Reads a body that must be a JSON object.
///
/// # Errors
/// Where it is none.
pub fn object(bytes: &Bytes) -> Result<serde_json::Map<String, Json>, Refusal> {
    match json(bytes)? {
        Json::Object(members) => Ok(members),
        _ => Err(Refusal::malformed(Message::with("not_object", ["body"]))),
    }
}
