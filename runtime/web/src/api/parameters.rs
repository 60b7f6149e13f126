//! The parameters of a list in an address: `where sort limit cursor fields expand count trash` (each may be written
//! with a leading `_`), and any other pair as an equality filter.

use fichero_engine::Refusal;
use fichero_engine::message::Message;
use fichero_engine::read::list::{ListRequest, ShapeRequest};
use serde_json::Value as Json;

/// The parameters of a list.
///
/// # Errors
/// The first one that cannot be understood.
pub fn list(pairs: Vec<(String, String)>) -> Result<ListRequest, Refusal> {
    let mut request = ListRequest::default();
    for (name, value) in pairs {
        match name.strip_prefix('_').unwrap_or(&name) {
            "where" => request.filter = Some(value),
            "sort" => request.sort = words(&value),
            "limit" => {
                request.limit =
                    Some(value.parse().map_err(|_| Refusal::malformed(Message::with("bad_parameter", ["limit"])))?)
            }
            "cursor" => request.cursor = Some(value),
            "fields" => request.shape.fields = words(&value),
            "expand" => request.shape.expand = words(&value),
            "count" => request.count = truth("count", &value)?,
            "trash" => request.trash = matches!(value.as_str(), "only"),
            _ => request.equals.push((name, Json::String(value))),
        }
    }
    Ok(request)
}

/// What is wanted of one record; nothing else may be asked.
///
/// # Errors
/// The first parameter that means nothing here.
pub fn shape(pairs: Vec<(String, String)>) -> Result<ShapeRequest, Refusal> {
    let mut shape = ShapeRequest::default();
    for (name, value) in pairs {
        match name.strip_prefix('_').unwrap_or(&name) {
            "fields" => shape.fields = words(&value),
            "expand" => shape.expand = words(&value),
            other => return Err(Refusal::malformed(Message::with("bad_parameter", [other]))),
        }
    }
    Ok(shape)
}

/// A list of words parted by commas.
pub fn words(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// `true` or `false`.
///
/// # Errors
/// When it is neither.
pub fn truth(name: &str, text: &str) -> Result<bool, Refusal> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Refusal::malformed(Message::with("bad_parameter", [name]))),
    }
}

/// Splits at commas that are not inside brackets or quotes: `count(),sum(round(a,2))`.
pub fn split(text: &str) -> Vec<String> {
    let (mut depth, mut quoted, mut parts) = (0_i32, false, vec![String::new()]);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' if !quoted => depth += 1,
            ')' | ']' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}
