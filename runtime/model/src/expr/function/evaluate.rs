//! What each function gives for the values of its arguments.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use regex::Regex;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::Function;
use crate::expr::eval::Fault;
use crate::expr::number::{self, or_nothing};
use crate::expr::time;
use crate::expr::tree::Comparison;
use crate::expr::truth::{self, LONGEST_TEXT};
use crate::fold;
use crate::value::{Currency, Value};

/// The moment of the request, and the zone and currency of the workspace, which some functions ask for.
#[derive(Clone, Copy)]
pub(crate) struct Home<'a> {
    pub(crate) now: Timestamp,
    pub(crate) zone: &'a TimeZone,
    pub(crate) currency: Currency,
}

/// The value of a call. `()` among the arguments gives `()`, but for `is_empty`, and for the last argument of
/// `replace` and `join`, where it is the empty text. Without a home (in scripts, which are pure) what asks for the
/// time, the zone or the currency is a fault.
///
/// # Errors
/// When a text grows too long, or a script gave an argument of the wrong type.
pub(crate) fn evaluate(function: Function, arguments: &[Value], home: Option<Home<'_>>) -> Result<Value, Fault> {
    match (function, arguments) {
        (Function::IsEmpty, [value]) => return Ok(Value::Boolean(value.is_nothing())),
        (Function::Replace, [Value::Text(text), Value::Text(old), Value::Nothing]) => {
            return Ok(Value::text(&text.replace(&**old, "")));
        }
        (Function::Join, [list @ Value::List(_), Value::Nothing]) => return joined(list, ""),
        _ if arguments.iter().any(Value::is_nothing) => return Ok(Value::Nothing),
        _ => {}
    }
    let result = match arguments {
        [] => home.and_then(|home| of_now(function, home)),
        [one] => of_one(function, one).or_else(|| home.and_then(|home| at_home(function, one, home))),
        [first, second] => of_two(function, first, second)?,
        _ => of_many(function, arguments)?,
    };
    result.ok_or_else(|| {
        let words: Vec<&str> = arguments.iter().map(truth::word).collect();
        let words = if words.is_empty() { "no arguments here" } else { &words.join(" and ") };
        Fault::new(format!("`{}` does not take {words}", function.name()))
    })
}

fn of_now(function: Function, home: Home<'_>) -> Option<Value> {
    let today = time::day_of(home.now, home.zone)?;
    match function {
        Function::Today => Some(Value::Date(today)),
        Function::Now => Some(Value::DateTime(home.now)),
        // `start_of_month()` is that of today.
        other => of_day(other, today),
    }
}

/// What depends on the zone, or on the currency.
fn at_home(function: Function, value: &Value, home: Home<'_>) -> Option<Value> {
    match (function, value) {
        (Function::Date, Value::DateTime(moment)) => Some(or_nothing(time::day_of(*moment, home.zone), Value::Date)),
        (Function::Time, Value::DateTime(moment)) => Some(Value::Time(time::time_of_day(*moment, home.zone))),
        (Function::Hour, Value::DateTime(moment)) => {
            Some(Value::Integer(time::time_of_day(*moment, home.zone).hour().into()))
        }
        (Function::DateTime, Value::Date(day)) => {
            Some(or_nothing(time::start_of_day(*day, home.zone), Value::DateTime))
        }
        (Function::DateTime, Value::Text(text)) => {
            Some(or_nothing(time::parse_moment(text, home.zone), Value::DateTime))
        }
        (Function::Year | Function::Month | Function::Day | Function::Weekday, Value::DateTime(moment)) => {
            time::day_of(*moment, home.zone).map_or(Some(Value::Nothing), |day| of_day(function, day))
        }
        // A number beside money is an amount in the workspace's currency.
        (Function::Currency, Value::Integer(_) | Value::Decimal(_)) => Some(Value::text(home.currency.as_str())),
        _ => None,
    }
}

fn of_one(function: Function, value: &Value) -> Option<Value> {
    match (function, value) {
        (Function::Minutes, Value::Integer(count)) => Some(duration(*count, 60)),
        (Function::Hours, Value::Integer(count)) => Some(duration(*count, 3_600)),
        (Function::Days, Value::Integer(count)) => Some(duration(*count, time::DAY)),
        (Function::Weeks, Value::Integer(count)) => Some(duration(*count, 7 * time::DAY)),
        (Function::Date, Value::Text(text)) => Some(or_nothing(time::parse_date(text), Value::Date)),
        (Function::Time, Value::Text(text)) => Some(or_nothing(time::parse_time(text), Value::Time)),
        (Function::Hour, Value::Time(time)) => Some(Value::Integer(time.hour().into())),
        (_, Value::Date(day)) => of_day(function, *day),
        (Function::Text, value) => Some(Value::text(&written(value))),
        (_, Value::Text(text)) => of_text(function, text),
        (_, Value::List(items)) => match function {
            Function::First => items.first().cloned(),
            Function::Last => items.last().cloned(),
            _ => None,
        },
        _ => of_number(function, value),
    }
}

fn of_day(function: Function, day: jiff::civil::Date) -> Option<Value> {
    Some(match function {
        Function::Text => Value::text(&day.to_string()),
        Function::Year => Value::Integer(day.year().into()),
        Function::Month => Value::Integer(day.month().into()),
        Function::Day => Value::Integer(day.day().into()),
        Function::Weekday => Value::Integer(day.weekday().to_monday_one_offset().into()),
        Function::StartOfWeek => or_nothing(time::start_of_week(day), Value::Date),
        Function::StartOfMonth => Value::Date(day.first_of_month()),
        Function::EndOfMonth => Value::Date(day.last_of_month()),
        Function::StartOfYear => Value::Date(day.first_of_year()),
        Function::EndOfYear => Value::Date(day.last_of_year()),
        _ => return None,
    })
}

fn of_text(function: Function, text: &str) -> Option<Value> {
    Some(match function {
        Function::Lower => Value::text(&text.to_lowercase()),
        Function::Upper => Value::text(&text.to_uppercase()),
        Function::Trim => Value::text(text.trim()),
        Function::Len => i64::try_from(text.chars().count()).map_or(Value::Nothing, Value::Integer),
        Function::Fold => Value::text(&fold::key(text)),
        Function::Number => or_nothing(parse_number(text.trim()), Value::Decimal),
        Function::IsEmail => Value::Boolean(is_email(text)),
        Function::IsUrl => Value::Boolean(is_url(text)),
        Function::First | Function::Last => Value::text(text),
        _ => return None,
    })
}

fn of_number(function: Function, value: &Value) -> Option<Value> {
    let whole = |number: Decimal| or_nothing(number.to_i64().and_then(number::integer), Value::Integer);
    Some(match (function, value) {
        (Function::Round | Function::Floor | Function::Ceil, Value::Integer(_)) => value.clone(),
        (Function::Round, Value::Decimal(number)) => Value::Decimal(number::round(*number, 0)),
        (Function::Floor, Value::Decimal(number)) => whole(number.floor()),
        (Function::Ceil, Value::Decimal(number)) => whole(number.ceil()),
        (Function::Round, Value::Money(money)) => truth::scaled(money, |part| Some(number::round(part, 0))),
        (Function::Floor, Value::Money(money)) => truth::scaled(money, |part| Some(part.floor())),
        (Function::Ceil, Value::Money(money)) => truth::scaled(money, |part| Some(part.ceil())),
        (Function::Abs, Value::Integer(number)) => or_nothing(number.checked_abs(), Value::Integer),
        (Function::Abs, Value::Decimal(number)) => Value::Decimal(number.abs()),
        (Function::Abs, Value::Duration(seconds)) => or_nothing(seconds.checked_abs(), Value::Duration),
        // The sign of money is that of its worth, so that it agrees with comparing.
        (Function::Abs, Value::Money(money)) if money.base.is_sign_negative() => truth::negate(value),
        (Function::Abs, Value::Money(_)) => value.clone(),
        (Function::Sign, Value::Duration(seconds)) => Value::Integer(seconds.signum()),
        (Function::Sign, value) => {
            let number = value.as_number()?;
            Value::Integer(if number.is_zero() {
                0
            } else if number.is_sign_negative() {
                -1
            } else {
                1
            })
        }
        (Function::Amount, Value::Money(money)) => Value::Decimal(money.amount),
        (Function::Currency, Value::Money(money)) => Value::text(money.currency.as_str()),
        (Function::Base, Value::Money(money)) => Value::Decimal(money.base),
        // A number beside money is an amount in the workspace's currency.
        (Function::Amount | Function::Base, value) => Value::Decimal(value.as_number()?),
        // A script's single value is a list of one.
        (Function::First | Function::Last, value) => value.clone(),
        _ => return None,
    })
}

fn of_two(function: Function, first: &Value, second: &Value) -> Result<Option<Value>, Fault> {
    Ok(Some(match (function, first, second) {
        (Function::AddMonths, Value::Date(day), Value::Integer(months)) => {
            or_nothing(time::add_months(*day, *months), Value::Date)
        }
        (Function::DaysBetween, Value::Date(from), Value::Date(to)) => Value::Integer(time::days_between(*from, *to)),
        (Function::Contains, Value::Text(text), Value::Text(part)) => {
            Value::Boolean(fold::key(text).contains(&fold::key(part)))
        }
        (Function::StartsWith, Value::Text(text), Value::Text(part)) => {
            Value::Boolean(fold::key(text).starts_with(&fold::key(part)))
        }
        (Function::EndsWith, Value::Text(text), Value::Text(part)) => {
            Value::Boolean(fold::key(text).ends_with(&fold::key(part)))
        }
        (Function::Left, Value::Text(text), Value::Integer(count)) => {
            let count = usize::try_from(*count).unwrap_or(0);
            Value::text(&text.chars().take(count).collect::<String>())
        }
        (Function::Right, Value::Text(text), Value::Integer(count)) => {
            let skipped = text.chars().count().saturating_sub(usize::try_from(*count).unwrap_or(0));
            Value::text(&text.chars().skip(skipped).collect::<String>())
        }
        (Function::Round, number, Value::Integer(digits)) => {
            let digits = u32::try_from(*digits).unwrap_or(0).min(number::SCALE);
            match number {
                Value::Integer(_) => number.clone(),
                Value::Decimal(number) => Value::Decimal(number::round(*number, digits)),
                Value::Money(money) => truth::scaled(money, |part| Some(number::round(part, digits))),
                _ => return Ok(None),
            }
        }
        (Function::Join, list, Value::Text(separator)) => joined(list, separator)?,
        _ => return of_many(function, &[first.clone(), second.clone()]),
    }))
}

fn of_many(function: Function, values: &[Value]) -> Result<Option<Value>, Fault> {
    Ok(match (function, values) {
        (Function::Replace, [Value::Text(text), Value::Text(old), Value::Text(new)]) => {
            let length = text.len() + text.matches(&**old).count() * new.len().saturating_sub(old.len());
            longest(length)?;
            Some(Value::text(&text.replace(&**old, new)))
        }
        (Function::Least, values) => extreme(values, Comparison::Less),
        (Function::Greatest, values) => extreme(values, Comparison::Greater),
        _ => None,
    })
}

fn extreme(values: &[Value], beyond: Comparison) -> Option<Value> {
    values.iter().reduce(|found, value| if truth::compare(beyond, value, found) { value } else { found }).cloned()
}

fn joined(list: &Value, separator: &str) -> Result<Value, Fault> {
    let texts: Vec<&str> = list.items().iter().filter_map(Value::as_text).collect();
    longest(texts.iter().map(|text| text.len() + separator.len()).sum())?;
    Ok(Value::text(&texts.join(separator)))
}

fn longest(length: usize) -> Result<(), Fault> {
    if length > LONGEST_TEXT {
        return Err(Fault::new(format!("a text would be longer than {LONGEST_TEXT} bytes")));
    }
    Ok(())
}

fn duration(count: i64, seconds: i64) -> Value {
    or_nothing(count.checked_mul(seconds).and_then(number::duration), Value::Duration)
}

/// A value as text, as the API writes it; a decimal without zeros that mean nothing.
pub(crate) fn written(value: &Value) -> String {
    match value {
        Value::Nothing => String::new(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.normalize().to_string(),
        Value::Money(money) => format!("{} {}", money.amount.normalize(), money.currency),
        Value::Text(text) => text.to_string(),
        Value::Date(day) => day.to_string(),
        Value::Time(time) => time.to_string(),
        Value::DateTime(moment) => moment.to_string(),
        Value::Duration(seconds) => seconds.to_string(),
        Value::Ref(reference) => reference.id.to_string(),
        Value::List(items) => items.iter().map(written).collect::<Vec<_>>().join(", "),
        Value::Json(json) => json.to_string(),
    }
}

/// The number a text writes: digits with a sign and a decimal point, no exponent, no grouping.
fn parse_number(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    number::decimal(plain.then(|| text.parse().ok())??)
}

/// The shape browsers accept for an e-mail address (WHATWG HTML, 4.10.5.1.5), with a dot in the domain; at most 254
/// bytes (RFC 5321, 4.5.3.1.3).
fn is_email(text: &str) -> bool {
    static SHAPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
        Regex::new(&format!(r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{label}(?:\.{label})+$")).ok()
    });
    text.len() <= 254 && SHAPE.as_ref().is_some_and(|shape| shape.is_match(text))
}

/// `http` or `https`, a host, and no white space; at most 2,048 bytes.
fn is_url(text: &str) -> bool {
    static SHAPE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^(?i:https?)://[^\s/?#@]+(?:[/?#]\S*)?$").ok());
    text.len() <= 2_048 && SHAPE.as_ref().is_some_and(|shape| shape.is_match(text))
}
