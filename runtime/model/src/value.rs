//! Values: what a field holds and an expression gives.
//!
//! Nothing is nothing: an empty text, a missing reference and an unset number are all [`Value::Nothing`], so a value
//! that is present is never empty. Numbers are exact; there is no floating point anywhere.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use rust_decimal::Decimal;

use crate::id::{EntityId, Id};

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// No currency at all, as ISO 4217 has a code for it.
    pub const NONE: Currency = Currency(*b"XXX");
    /// The euro.
    pub const EUR: Currency = Currency(*b"EUR");

    /// The currency of a code such as `EUR`: three upper-case letters.
    pub fn parse(code: &str) -> Option<Self> {
        match code.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|byte| byte.is_ascii_uppercase()) => Some(Self([*a, *b, *c])),
            _ => None,
        }
    }

    /// Its code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount of money. `base` is what it is worth in the workspace's currency; comparing, sorting and summing use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// In units of `currency`, at most four digits behind the point.
    pub amount: Decimal,
    /// The currency it was agreed in.
    pub currency: Currency,
    /// In units of the workspace's currency, at most four digits behind the point.
    pub base: Decimal,
}

/// A reference to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ref {
    /// Which entity the record belongs to.
    pub entity: EntityId,
    /// Which record.
    pub id: Id,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Value {
    /// `()`: nothing is known or given.
    #[default]
    Nothing,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// An exact decimal number.
    Decimal(Decimal),
    /// An amount of money.
    Money(Money),
    /// A text that is not empty; also the name of an option or stage.
    Text(Arc<str>),
    /// A day of the calendar.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A moment, to the microsecond.
    DateTime(Timestamp),
    /// An elapsed time in seconds; `days(1)` is 86,400 of them.
    Duration(i64),
    /// A reference to a record.
    Ref(Ref),
    /// Several values, none of them nothing; never an empty list (that is nothing).
    List(Arc<[Value]>),
    /// Structured data that expressions cannot look into.
    Json(Arc<serde_json::Value>),
}

impl Value {
    /// A text; the empty text is nothing.
    pub fn text(text: &str) -> Self {
        if text.is_empty() { Value::Nothing } else { Value::Text(text.into()) }
    }

    /// A list; the empty list is nothing, and so are nothings in it.
    pub fn list(values: impl IntoIterator<Item = Value>) -> Self {
        let values: Arc<[Value]> = values.into_iter().filter(|value| !value.is_nothing()).collect();
        if values.is_empty() { Value::Nothing } else { Value::List(values) }
    }

    /// True for `()`.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Value::Nothing)
    }

    /// A condition: nothing reads false, and so does everything that is not a boolean.
    pub fn is_true(&self) -> bool {
        matches!(self, Value::Boolean(true))
    }

    /// The values of a list; a single value is a list of one, nothing is a list of none.
    pub fn items(&self) -> &[Value] {
        match self {
            Value::Nothing => &[],
            Value::List(values) => values,
            one => std::slice::from_ref(one),
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The reference, if it is one.
    pub fn as_ref(&self) -> Option<Ref> {
        match self {
            Value::Ref(reference) => Some(*reference),
            _ => None,
        }
    }

    /// The number that comparisons and sums use: an integer, a decimal, or money's worth in base.
    pub fn as_number(&self) -> Option<Decimal> {
        match self {
            Value::Integer(number) => Some(Decimal::from(*number)),
            Value::Decimal(number) => Some(*number),
            Value::Money(money) => Some(money.base),
            _ => None,
        }
    }

    /// Orders two values of like types: numbers by worth, texts by their folded key ([`crate::fold::key`]), false
    /// before true, times by time, references by id. Nothing when either is `()`, or the types are unlike.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
            (Value::Text(a), Value::Text(b)) => Some(crate::fold::key(a).cmp(&crate::fold::key(b))),
            (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
            (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
            (Value::DateTime(a), Value::DateTime(b)) => Some(a.cmp(b)),
            (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
            (Value::Ref(a), Value::Ref(b)) => Some(a.id.cmp(&b.id)),
            (a, b) => Some(a.as_number()?.cmp(&b.as_number()?)),
        }
    }

    /// Whether two values are equal as `==` of the language means it: `()` equals only itself, numbers by worth (money
    /// by its worth in base), texts exactly.
    pub fn same(&self, other: &Value) -> bool {
        match (self.as_number(), other.as_number()) {
            (Some(a), Some(b)) => a == b,
            _ => match (self, other) {
                (Value::List(a), Value::List(b)) => {
                    a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.same(b))
                }
                (a, b) => a == b,
            },
        }
    }
}
