//! JSON texts from outside, read with precise errors. A name that stands twice in an object is one: whoever wrote it meant
//! both. So is a number with more digits than are kept.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use super::digits;
use crate::message::Message;

/// Why a text is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is no JSON; says what and where.
    Malformed(String),
    /// The number that would not be kept as it stands.
    TooExact(String),
}

impl Unread {
    /// The sentence about such a number.
    pub fn too_exact(number: &str) -> Message {
        Message::with("too_exact", [number])
    }
}

/// Reads a text that must be JSON.
///
/// # Errors
/// Where it is not, and the first number that would not be kept as it stands.
pub fn json(bytes: &[u8]) -> Result<Json, Unread> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = Once.deserialize(&mut reader).and_then(|json| reader.end().map(|()| json));
    let json = read.map_err(|error| Unread::Malformed(error.to_string()))?;
    match std::str::from_utf8(bytes).ok().and_then(digits::lost) {
        Some(number) => Err(Unread::TooExact(number.to_owned())),
        None => Ok(json),
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
        let text = r#"{"b":[1,-2,1.5,null,true,"x"],"a":{"b":18446744073709551615}}"#;
        assert_eq!(json(text.as_bytes()).unwrap().to_string(), text);
        for wrong in [r#"{"a":1,"a":1}"#, r#"[{"a":{"b":1,"b":2}}]"#, "{} {}", "", "{'a':1}", "{\"a\":NaN}"] {
            assert!(matches!(json(wrong.as_bytes()), Err(Unread::Malformed(_))), "{wrong}");
        }
        let number = "12345678901234567.89";
        let text = format!(r#"{{"a": [1.0, {number}]}}"#);
        assert_eq!(json(text.as_bytes()), Err(Unread::TooExact(number.to_owned())));
        for double in ["0.15838287025480557", "84871995158921.62", "1.7976931348623157e+308", "5e-324"] {
            assert_eq!(json(double.as_bytes()).unwrap().to_string(), double);
        }
    }
}
