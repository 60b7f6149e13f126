//! Whether a typed value fits its field: cleaning, lengths, ranges and patterns.
//!
//! Conditions of definitions (`validate`, `required_if`) are not here: they need the record.

use fichero_model::Id;
use fichero_model::entity::Field;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value as Json;

use super::digits;
use crate::message::{Argument, Message};

/// A code and a sentence.
pub type Problem = (&'static str, Message);

/// The largest magnitude of a stored integer, and of a scaled decimal: within it neither database, nor a sum over a
/// thousand rows, leaves 64 bits.
pub const GREATEST: i64 = 9_000_000_000_000_000;

/// The digits behind the point of money, in storage.
pub const MONEY_SCALE: u8 = 4;

/// The longest list a field may hold.
pub const MOST_VALUES: usize = 1_000;

/// `problem` about a field, with its label as the first argument.
pub fn about(field: &Field, key: &'static str, more: impl IntoIterator<Item = Argument>) -> Problem {
    (key, Message::with(key, std::iter::once(Argument::from(&field.label)).chain(more)))
}

/// The text as it is kept; neither database keeps NUL alike.
///
/// # Errors
/// When it holds NUL.
pub fn kept(field: &Field, text: &str) -> Result<String, Problem> {
    if text.contains('\0') { Err(about(field, "nul", [])) } else { Ok(field.cleaned(text)) }
}

/// Structured data as it is kept: names in order, and numbers in a form that both databases give back.
///
/// # Errors
/// When it holds NUL anywhere.
pub fn structured(field: &Field, json: &Json) -> Result<Json, Problem> {
    if holds_nul(json) {
        return Err(about(field, "nul", []));
    }
    let mut json = json.clone();
    json.sort_all_objects();
    digits::settle(&mut json);
    Ok(json)
}

fn holds_nul(json: &Json) -> bool {
    match json {
        Json::String(text) => text.contains('\0'),
        Json::Array(items) => items.iter().any(holds_nul),
        Json::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

/// Checks one value that is already of the field's type.
///
/// # Errors
/// The first thing that does not fit.
pub fn fits(field: &Field, value: &Value) -> Result<(), Problem> {
    let bound = |limit: &Value| Argument::Plain(crate::value::text::plain(limit));
    if let Value::Text(text) = value {
        length(field, text)?;
        if let Some(pattern) = &field.pattern
            && !pattern.regex.is_match(text)
        {
            return Err(about(field, "pattern", []));
        }
        return Ok(());
    }
    if let (Some(min), false) = (&field.min, value.is_nothing())
        && value.compare(min).is_some_and(std::cmp::Ordering::is_lt)
    {
        return Err(about(field, "too_small", [bound(min)]));
    }
    if let (Some(max), false) = (&field.max, value.is_nothing())
        && value.compare(max).is_some_and(std::cmp::Ordering::is_gt)
    {
        return Err(about(field, "too_great", [bound(max)]));
    }
    Ok(())
}

fn length(field: &Field, text: &str) -> Result<(), Problem> {
    let (Kind::Text { max } | Kind::LongText { max } | Kind::Secret { max }) = field.kind else { return Ok(()) };
    // Bytes are at least as many as characters, so short texts are not counted.
    if text.len() > max as usize && text.chars().count() > max as usize {
        return Err(about(field, "too_long", [Argument::Plain(max.to_string())]));
    }
    if let Some(Value::Integer(min)) = field.min
        && (text.chars().count() as i64) < min
    {
        return Err(about(field, "too_short", [Argument::Plain(min.to_string())]));
    }
    Ok(())
}

/// A file, by its id.
///
/// # Errors
/// When it is no id.
pub fn file(field: &Field, text: &str) -> Result<Value, Problem> {
    let id = text.trim().parse::<Id>().map_err(|_| about(field, "not_file", []))?;
    Ok(Value::text(&id.to_string()))
}

/// An integer within bounds.
///
/// # Errors
/// When it is too large to be kept.
pub fn integer(field: &Field, number: i64) -> Result<Value, Problem> {
    if number.abs() > GREATEST { Err(about(field, "out_of_range", [])) } else { Ok(Value::Integer(number)) }
}

/// A decimal as the field keeps it.
///
/// # Errors
/// When it has more digits behind the point than are kept, or is too large to be kept.
pub fn decimal(field: &Field, number: Decimal, scale: u8) -> Result<Decimal, Problem> {
    let number = number.normalize();
    if number.scale() > u32::from(scale) {
        return Err(about(field, "not_decimal", [Argument::Plain(scale.to_string())]));
    }
    if !within(number, scale) {
        return Err(about(field, "out_of_range", []));
    }
    Ok(number)
}

/// A number that a definition worked out, rounded to what is kept: half away from zero, as in commerce.
pub fn rounded(number: Decimal, scale: u8) -> Option<Decimal> {
    let number = number.round_dp_with_strategy(u32::from(scale), RoundingStrategy::MidpointAwayFromZero);
    within(number, scale).then(|| number.normalize())
}

fn within(number: Decimal, scale: u8) -> bool {
    let greatest = Decimal::from(GREATEST);
    Decimal::from(10_i64.pow(u32::from(scale.min(15))))
        .checked_mul(number)
        .is_some_and(|scaled| scaled.abs() <= greatest)
}

/// Several values as the field keeps them: of options and files each once, where it was named first.
pub fn list(field: &Field, mut values: Vec<Value>) -> Value {
    if let Kind::Choice { .. } | Kind::File(_) = field.kind {
        let mut chosen = Vec::with_capacity(values.len());
        for value in values {
            if !chosen.contains(&value) {
                chosen.push(value);
            }
        }
        values = chosen;
    }
    Value::list(values)
}

/// The value a definition gave, brought into the form the field keeps: numbers rounded to its scale, texts cleaned and
/// cut to nothing when empty, integers widened where a decimal is kept.
///
/// # Errors
/// When it cannot be kept by the field at all.
pub fn conform(field: &Field, value: Value) -> Result<Value, Problem> {
    let scaled = |number: Decimal, scale: u8| {
        rounded(number, scale).map(Value::Decimal).ok_or_else(|| about(field, "out_of_range", []))
    };
    match (&field.kind, value) {
        (_, Value::Nothing) => Ok(Value::Nothing),
        (_, Value::List(items)) if field.many => {
            let items: Result<Vec<_>, _> = items.iter().map(|item| conform_one(field, item.clone())).collect();
            items.map(|items| list(field, items))
        }
        (Kind::Integer, Value::Decimal(number)) => rounded(number, 0)
            .and_then(|number| i64::try_from(number).ok())
            .map(Value::Integer)
            .ok_or_else(|| about(field, "out_of_range", [])),
        (Kind::Decimal { scale }, Value::Integer(number)) => scaled(Decimal::from(number), *scale),
        (Kind::Decimal { scale }, Value::Decimal(number)) => scaled(number, *scale),
        (Kind::Decimal { scale }, Value::Money(money)) => scaled(money.base, *scale),
        (_, value) => conform_one(field, value),
    }
}

fn conform_one(field: &Field, value: Value) -> Result<Value, Problem> {
    match value {
        Value::Text(text) => {
            let cleaned = kept(field, &text)?;
            let value = if cleaned == *text { Value::Text(text) } else { Value::text(&cleaned) };
            length(field, value.as_text().unwrap_or(""))?;
            Ok(value)
        }
        Value::Integer(number) => integer(field, number),
        Value::Money(money) => {
            let keep = |number| rounded(number, MONEY_SCALE).ok_or_else(|| about(field, "out_of_range", []));
            Ok(Value::Money(fichero_model::value::Money {
                amount: keep(money.amount)?,
                base: keep(money.base)?,
                ..money
            }))
        }
        Value::Json(json) if holds_nul(&json) => Err(about(field, "nul", [])),
        other => Ok(other),
    }
}
