//! What a field takes of the value that a definition works out for it.
//!
//! The compiler has checked all types but two: what a script gives ([`Type::Any`]), and which of several entities a record
//! is of. Both are known only when the value is there. What [`super::typing::fits`] says of types holds here for values:
//! whole numbers stand for decimals, numbers for money, one value for a list of one, and anything for structured data.

use std::sync::Arc;

use super::eval::Fault;
use super::{function, truth, typing};
use crate::entity::Field;
use crate::kind::{Kind, Type};
use crate::model::Model;
use crate::value::Value;

/// The value as the field holds it: in a list where it holds several, structured where it holds structured data. How
/// many digits and letters it keeps is not asked here.
///
/// # Errors
/// When it is of another kind; the sentence says what the field takes and what it gets.
pub fn taken(model: &Model, field: &Field, value: Value) -> Result<Value, Fault> {
    let refused = |value: &Value| {
        let wanted = typing::words(&field.value_type(), model);
        Fault::new(format!("`{}` takes {wanted}, and gets {}", field.name, what(value, model)))
    };
    match value {
        Value::Nothing => Ok(Value::Nothing),
        value if !field.many => one(&field.kind, value).map_err(|value| refused(&value)),
        value => {
            let items: Result<Vec<_>, Value> =
                value.items().iter().map(|item| one(&field.kind, item.clone())).collect();
            items.map(Value::list).map_err(|item| refused(if item == value { &value } else { &item }))
        }
    }
}

/// One value of a kind; the value itself when it is of another.
fn one(kind: &Kind, value: Value) -> Result<Value, Value> {
    let fits = match (kind, &value) {
        (Kind::Integer, Value::Decimal(number)) => {
            let whole = number.is_integer().then(|| i64::try_from(number.trunc()).ok()).flatten();
            return whole.map(Value::Integer).ok_or(value);
        }
        (Kind::Json, Value::Json(_)) => true,
        (Kind::Json, value) => return Ok(Value::Json(Arc::new(structured(value)))),
        (Kind::Ref(reference), Value::Ref(target)) => reference.targets.contains(&target.entity),
        (Kind::Lines { of, .. } | Kind::Children { of, .. }, value) => {
            value.items().iter().all(|item| item.as_ref().is_some_and(|target| target.entity == *of))
        }
        (Kind::Text { .. } | Kind::LongText { .. } | Kind::File(_) | Kind::Choice { .. }, Value::Text(_))
        | (Kind::Integer, Value::Integer(_))
        | (Kind::Decimal { .. }, Value::Integer(_) | Value::Decimal(_))
        | (Kind::Money { .. }, Value::Integer(_) | Value::Decimal(_) | Value::Money(_))
        | (Kind::Boolean, Value::Boolean(_))
        | (Kind::Date, Value::Date(_))
        | (Kind::Time, Value::Time(_))
        | (Kind::DateTime, Value::DateTime(_))
        | (Kind::Duration, Value::Duration(_)) => true,
        (
            Kind::Text { .. }
            | Kind::LongText { .. }
            | Kind::File(_)
            | Kind::Choice { .. }
            | Kind::Integer
            | Kind::Decimal { .. }
            | Kind::Money { .. }
            | Kind::Boolean
            | Kind::Date
            | Kind::Time
            | Kind::DateTime
            | Kind::Duration
            | Kind::Secret { .. }
            | Kind::Ref(_),
            _,
        ) => false,
    };
    if fits { Ok(value) } else { Err(value) }
}

/// What a value is, for people: numbers as they are, records with their entity.
fn what(value: &Value, model: &Model) -> String {
    match value {
        Value::Integer(_) | Value::Decimal(_) => format!("the number {}", function::written(value)),
        Value::Ref(target) => typing::words(&Type::Ref(Arc::new([target.entity])), model),
        other => truth::word(other).to_owned(),
    }
}

/// A value inside structured data, as the API writes it: decimals as texts.
pub(crate) fn structured(value: &Value) -> serde_json::Value {
    match value {
        Value::Nothing => serde_json::Value::Null,
        Value::Boolean(value) => (*value).into(),
        Value::Integer(number) => (*number).into(),
        Value::List(values) => values.iter().map(structured).collect(),
        Value::Json(json) => serde_json::Value::clone(json),
        other => function::written(other).into(),
    }
}
