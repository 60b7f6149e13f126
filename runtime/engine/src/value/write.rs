//! Values as JSON, in the one way that [`super::json`] describes: as text for who asks for records, as a value for who
//! keeps it or looks into it.

use std::fmt;

use fichero_model::Model;
use fichero_model::entity::Field;
use fichero_model::kind::{Kind, Reference};
use fichero_model::value::{Currency, Value};
use rust_decimal::Decimal;
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

/// A record as JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written(String);

impl Written {
    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The text, handed over.
    pub fn into_text(self) -> String {
        self.0
    }

    /// What was written, to look into.
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl TryFrom<Vec<u8>> for Written {
    type Error = std::string::FromUtf8Error;

    /// Takes what an object has written.
    fn try_from(text: Vec<u8>) -> Result<Self, Self::Error> {
        String::from_utf8(text).map(Self)
    }
}

/// A value of a field; of money the amount in its own currency.
pub(crate) struct Of<'a> {
    pub(crate) model: &'a Model,
    pub(crate) field: &'a Field,
    pub(crate) value: &'a Value,
}

impl Serialize for Of<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let kind = Some((self.model, &self.field.kind));
        match (self.value, &self.field.kind) {
            (Value::Nothing, _) if self.field.many => to.collect_seq([(); 0]),
            (Value::Nothing, Kind::Boolean) => to.serialize_bool(false),
            (Value::Money(money), _) => to.collect_str(&Fixed(money.amount, MONEY_DIGITS)),
            (value, _) => One { kind, value }.serialize(to),
        }
    }
}

/// A value whose kind is not known: of an aggregate or an expression; of money the amount in the workspace's currency.
pub(crate) struct Loose<'a>(pub(crate) &'a Value);

impl Serialize for Loose<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        One { kind: None, value: self.0 }.serialize(to)
    }
}

/// The digits behind the point that money has at least.
pub(crate) const MONEY_DIGITS: u8 = 2;

/// A value, or one of several.
struct One<'a> {
    kind: Option<(&'a Model, &'a Kind)>,
    value: &'a Value,
}

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Nothing => to.serialize_none(),
            Value::Boolean(truth) => to.serialize_bool(*truth),
            Value::Integer(number) | Value::Duration(number) => to.serialize_i64(*number),
            Value::Decimal(number) => match self.kind {
                Some((_, Kind::Decimal { scale })) => to.collect_str(&Fixed(*number, *scale)),
                _ => to.collect_str(&number.normalize()),
            },
            Value::Money(money) => to.collect_str(&Fixed(money.base, MONEY_DIGITS)),
            // Of a secret nothing is told but that there is one.
            Value::Text(_) if self.kind.is_some_and(|(_, kind)| kind.is_secret()) => to.serialize_bool(true),
            Value::Text(text) => to.serialize_str(text),
            Value::Date(date) => to.collect_str(date),
            Value::Time(time) => to.collect_str(&time.strftime("%H:%M:%S")),
            Value::DateTime(moment) => to.collect_str(moment),
            Value::Ref(reference) => match self.kind {
                Some((model, Kind::Ref(Reference { targets, .. }))) if targets.len() > 1 => {
                    to.collect_str(&format_args!("{}:{}", model[reference.entity].name, reference.id))
                }
                _ => to.collect_str(&reference.id),
            },
            Value::List(items) => {
                let mut list = to.serialize_seq(Some(items.len()))?;
                for value in items.iter() {
                    list.serialize_element(&One { kind: self.kind, value })?;
                }
                list.end()
            }
            Value::Json(json) => {
                // One of the databases keeps the names of an object in an order of its own.
                let mut json = Json::clone(json);
                json.sort_all_objects();
                json.serialize(to)
            }
        }
    }
}

/// A number with at least so many digits behind the point.
pub(crate) struct Fixed(pub(crate) Decimal, pub(crate) u8);

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut number = self.0.normalize();
        if number.scale() < u32::from(self.1) {
            number.rescale(u32::from(self.1));
        }
        number.fmt(f)
    }
}

/// An object whose members are written one after the other.
pub(crate) struct Object<'o> {
    out: &'o mut Vec<u8>,
    is_empty: bool,
}

impl<'o> Object<'o> {
    /// Begins one.
    pub(crate) fn begin(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_empty: true }
    }

    /// Begins a member whose value is to be written next.
    pub(crate) fn member(&mut self, name: &str) -> &mut Vec<u8> {
        self.named(&[name])
    }

    /// Writes a field, money as its three members.
    ///
    /// # Errors
    /// When the value is nothing that JSON has words for.
    pub(crate) fn field(&mut self, model: &Model, field: &Field, value: &Value) -> Result<(), serde_json::Error> {
        if let Kind::Money { .. } = field.kind {
            let (currency, base) = match value {
                Value::Money(money) => (Some(money.currency), Some(Loose(value))),
                _ => (None, None),
            };
            serde_json::to_writer(self.named(&[&field.name, "_currency"]), &currency.as_ref().map(Currency::as_str))?;
            serde_json::to_writer(self.named(&[&field.name, "_base"]), &base)?;
        }
        serde_json::to_writer(self.named(&[&field.name]), &Of { model, field, value })
    }

    /// Ends it.
    pub(crate) fn end(self) {
        self.out.push(b'}');
    }

    fn named(&mut self, name: &[&str]) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
        // The names of fields and of our own members are letters, digits and underscores.
        self.out.push(b'"');
        name.iter().for_each(|part| self.out.extend_from_slice(part.as_bytes()));
        self.out.extend_from_slice(b"\":");
        self.out
    }
}
