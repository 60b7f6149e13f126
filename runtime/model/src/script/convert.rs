//! Values into scripts and out of them.
//!
//! Booleans, numbers, texts, lists and structured data are Rhai's own; what Rhai does not know (money, dates,
//! references …) goes in and comes out sealed, and is worked with by functions and operators.

use rhai::{Array, Dynamic, ImmutableString, Map};
use rust_decimal::Decimal;

use super::meter;
use crate::expr::number;
use crate::expr::taken::structured;
use crate::value::Value;

/// How deep lists and structured data may nest.
const DEEPEST: usize = 32;

/// A value that Rhai does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sealed(pub(super) Value);

/// A value as a script sees it.
pub(super) fn to_script(value: &Value) -> Dynamic {
    match value {
        Value::Nothing => Dynamic::UNIT,
        Value::Boolean(value) => Dynamic::from_bool(*value),
        Value::Integer(number) => Dynamic::from_int(*number),
        Value::Decimal(number) => Dynamic::from_decimal(*number),
        Value::Text(text) => Dynamic::from(ImmutableString::from(&**text)),
        Value::List(values) => Dynamic::from_array(values.iter().map(to_script).collect()),
        Value::Json(json) => json_to_script(json),
        Value::Money(_) | Value::Date(_) | Value::Time(_) | Value::DateTime(_) | Value::Duration(_) | Value::Ref(_) => {
            Dynamic::from(Sealed(value.clone()))
        }
    }
}

fn json_to_script(json: &serde_json::Value) -> Dynamic {
    match json {
        serde_json::Value::Null => Dynamic::UNIT,
        serde_json::Value::Bool(value) => Dynamic::from_bool(*value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(whole) => Dynamic::from_int(whole),
            // The text of the number is exact where its binary form is not.
            None => number.to_string().parse::<Decimal>().map_or(Dynamic::UNIT, Dynamic::from_decimal),
        },
        serde_json::Value::String(text) if text.is_empty() => Dynamic::UNIT,
        serde_json::Value::String(text) => Dynamic::from(ImmutableString::from(text.as_str())),
        serde_json::Value::Array(items) => Dynamic::from_array(items.iter().map(json_to_script).collect()),
        serde_json::Value::Object(members) => Dynamic::from_map(
            members.iter().map(|(name, value)| (name.as_str().into(), json_to_script(value))).collect(),
        ),
    }
}

/// What a script gives, as a value.
///
/// # Errors
/// What it is when it is none, as the end of a sentence; or that the call has done too much.
pub(super) fn from_script(given: &Dynamic) -> Result<Value, String> {
    from_nested(given, 0)
}

fn from_nested(given: &Dynamic, depth: usize) -> Result<Value, String> {
    if depth > DEEPEST {
        return Err("a list nests too deeply".to_owned());
    }
    meter::pay(0)?;
    if given.is_unit() {
        return Ok(Value::Nothing);
    }
    if let Ok(value) = given.as_bool() {
        return Ok(Value::Boolean(value));
    }
    if let Ok(number) = given.as_int() {
        return Ok(number::integer(number).map_or(Value::Nothing, Value::Integer));
    }
    if let Ok(number) = given.as_decimal() {
        return Ok(number::decimal(number).map_or(Value::Nothing, Value::Decimal));
    }
    if let Ok(letter) = given.as_char() {
        return Ok(Value::text(letter.encode_utf8(&mut [0; 4])));
    }
    if let Some(text) = given.read_lock::<ImmutableString>() {
        meter::pay(text.len())?;
        return Ok(Value::text(&text));
    }
    if let Some(sealed) = given.read_lock::<Sealed>() {
        return Ok(sealed.0.clone());
    }
    if let Some(items) = given.read_lock::<Array>() {
        let values = items.iter().map(|item| from_nested(item, depth + 1)).collect::<Result<Vec<_>, _>>()?;
        return Ok(Value::list(values));
    }
    if let Some(members) = given.read_lock::<Map>() {
        return Ok(Value::Json(serde_json::Value::Object(object(&members, depth)?).into()));
    }
    Err(format!("this is {}, which is no value of the language", given.type_name()))
}

fn object(members: &Map, depth: usize) -> Result<serde_json::Map<String, serde_json::Value>, String> {
    members.iter().map(|(name, value)| Ok((name.to_string(), structured(&from_nested(value, depth + 1)?)))).collect()
}
