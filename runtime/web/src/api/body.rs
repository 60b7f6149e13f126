//! Bodies of requests: JSON, read with precise errors. A name that stands twice in an object is one: whoever sent it
//! meant both.

use std::fmt;

use axum::body::Bytes;
use fichero_engine::message::Message;
use fichero_engine::value::digits;
use fichero_engine::{Kind, Refusal};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

/// Reads a body that must be JSON.
///
/// # Errors
/// Where it is not, and the first number that would not be kept as it stands.
pub fn json(bytes: &Bytes) -> Result<Json, Refusal> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = Once.deserialize(&mut reader).and_then(|json| reader.end().map(|()| json));
    let json = read.map_err(|error| Refusal {
        code: "bad_json",
        ..Refusal::malformed(Message::with("bad_json", [error.to_string()]))
    })?;
    match std::str::from_utf8(bytes).ok().and_then(digits::lost) {
        Some(number) => Err(Refusal::new(Kind::Invalid, "too_exact", Message::with("too_exact", [number]))),
        None => Ok(json),
    }
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

/// Reads a value whose objects name each member once.
struct Once;

impl<'de> DeserializeSeed<'de> for Once {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Json, E> {
        Ok(Json::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(text.into())
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(Once)? {
            all.push(item);
        }
        Ok(Json::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut all = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(Once)?;
            if all.contains_key(&name) {
                return Err(A::Error::custom(format_args!("the name {name:?} stands twice in an object")));
            }
            all.insert(name, value);
        }
        Ok(Json::Object(all))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn json_is_read_as_it_stands_and_no_name_twice() {
        let read = |text: &'static str| json(&Bytes::from_static(text.as_bytes()));
        let text = r#"{"b":[1,-2,1.5,null,true,"x"],"a":{"b":18446744073709551615}}"#;
        assert_eq!(read(text).unwrap().to_string(), text);
        for wrong in [r#"{"a":1,"a":1}"#, r#"[{"a":{"b":1,"b":2}}]"#, "{} {}", "", "{'a':1}", "{\"a\":NaN}"] {
            assert_eq!(read(wrong).unwrap_err().code, "bad_json", "{wrong}");
        }
        assert_eq!(read(r#"{"a": [1.0, 12345678901234567.89]}"#).unwrap_err().code, "too_exact");
    }
}
