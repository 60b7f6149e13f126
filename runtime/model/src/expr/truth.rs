//! The truth table: what comparing and combining two values gives. Every other reader of an expression (SQL) must
//! agree with this file and with [`super::number`].
//!
//! * `()` equals only itself; `<`, `<=`, `>`, `>=` with it are false; arithmetic with it gives `()`.
//! * Numbers compare by worth, money by its worth in the workspace's currency; texts are equal exactly and ordered by
//!   their folded key.
//! * Whatever has no value, because it is out of bounds or divided by zero, is `()`.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::eval::Fault;
use super::number::{self, or_nothing};
use super::time;
use super::tree::{Arithmetic, Comparison};
use crate::value::{Currency, Money, Value};

/// The longest text, in bytes.
pub const LONGEST_TEXT: usize = 1 << 20;

/// Whether a comparison holds.
pub fn compare(comparison: Comparison, a: &Value, b: &Value) -> bool {
    match comparison {
        Comparison::Equal => same(a, b),
        Comparison::NotEqual => !same(a, b),
        Comparison::Less => ordering(a, b) == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(ordering(a, b), Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => ordering(a, b) == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(ordering(a, b), Some(Ordering::Greater | Ordering::Equal)),
    }
}

/// Refuses to compare unlike values, where types are known only now. What is compared in an expression was checked
/// when it was compiled.
///
/// # Errors
/// What they are.
pub(crate) fn check_comparable(comparison: Comparison, a: &Value, b: &Value) -> Result<(), Fault> {
    if a.is_nothing() || b.is_nothing() {
        return Ok(());
    }
    let numbers = a.as_number().is_some() && b.as_number().is_some();
    if !numbers && std::mem::discriminant(a) != std::mem::discriminant(b) {
        return Err(Fault::new(format!("{} is compared with {}", word(a), word(b))));
    }
    let ordering = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    if ordering && matches!(a, Value::Boolean(_) | Value::Ref(_) | Value::List(_) | Value::Json(_)) {
        return Err(Fault::new(format!("{} is neither less nor greater", word(a))));
    }
    Ok(())
}

/// [`Value::same`], quick for the likely cases.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Integer(a), Value::Integer(b)) => a == b,
        (Value::Nothing, other) | (other, Value::Nothing) => other.is_nothing(),
        _ => a.same(b),
    }
}

/// [`Value::compare`], quick for the likely cases.
fn ordering(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::Nothing, _) | (_, Value::Nothing) => None,
        _ => a.compare(b),
    }
}

/// Two values combined. `home` is the workspace's currency.
///
/// # Errors
/// When a text grows too long, or a script gave something that does not combine.
pub fn combine(operator: Arithmetic, a: &Value, b: &Value, home: Currency) -> Result<Value, Fault> {
    if a.is_nothing() || b.is_nothing() {
        return Ok(Value::Nothing);
    }
    let combined = match operator {
        Arithmetic::Add => add(a, b, home)?,
        Arithmetic::Subtract => subtract(a, b, home),
        Arithmetic::Multiply => multiply(a, b),
        Arithmetic::Divide => divide(a, b),
        Arithmetic::Remainder => remainder(a, b),
    };
    combined.ok_or_else(|| Fault::new(format!("{} and {} do not combine", word(a), word(b))))
}

/// What a value is called in a fault.
pub(crate) fn word(value: &Value) -> &'static str {
    match value {
        Value::Nothing => "`()`",
        Value::Boolean(_) => "a boolean",
        Value::Integer(_) => "a whole number",
        Value::Decimal(_) => "a number",
        Value::Money(_) => "money",
        Value::Text(_) => "a text",
        Value::Date(_) => "a date",
        Value::Time(_) => "a time",
        Value::DateTime(_) => "a datetime",
        Value::Duration(_) => "a duration",
        Value::Ref(_) => "a record",
        Value::List(_) => "a list",
        Value::Json(_) => "structured data",
    }
}

fn add(a: &Value, b: &Value, home: Currency) -> Result<Option<Value>, Fault> {
    Ok(Some(match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => {
            or_nothing(a.checked_add(*b).and_then(number::integer), Value::Integer)
        }
        (Value::Text(a), Value::Text(b)) => {
            if a.len() + b.len() > LONGEST_TEXT {
                return Err(Fault::new(format!("a text would be longer than {LONGEST_TEXT} bytes")));
            }
            Value::text(&format!("{a}{b}"))
        }
        (Value::Duration(a), Value::Duration(b)) => {
            or_nothing(a.checked_add(*b).and_then(number::duration), Value::Duration)
        }
        (Value::Date(day), Value::Duration(by)) | (Value::Duration(by), Value::Date(day)) => {
            or_nothing(time::move_day(*day, *by), Value::Date)
        }
        (Value::DateTime(moment), Value::Duration(by)) | (Value::Duration(by), Value::DateTime(moment)) => {
            or_nothing(time::move_moment(*moment, *by), Value::DateTime)
        }
        (Value::Money(_), _) | (_, Value::Money(_)) => return Ok(sum_money(a, b, home)),
        _ => return Ok(decimals(a, b, |a, b| a.checked_add(b))),
    }))
}

fn subtract(a: &Value, b: &Value, home: Currency) -> Option<Value> {
    Some(match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => {
            or_nothing(a.checked_sub(*b).and_then(number::integer), Value::Integer)
        }
        (Value::Duration(a), Value::Duration(b)) => {
            or_nothing(a.checked_sub(*b).and_then(number::duration), Value::Duration)
        }
        (Value::Date(day), Value::Duration(by)) => {
            or_nothing(by.checked_neg().and_then(|by| time::move_day(*day, by)), Value::Date)
        }
        (Value::Date(a), Value::Date(b)) => Value::Duration(time::days_between(*b, *a) * time::DAY),
        (Value::DateTime(moment), Value::Duration(by)) => {
            or_nothing(by.checked_neg().and_then(|by| time::move_moment(*moment, by)), Value::DateTime)
        }
        (Value::DateTime(a), Value::DateTime(b)) => Value::Duration(time::seconds_between(*b, *a)),
        (Value::Money(_), _) | (_, Value::Money(_)) => return sum_money(a, &negate(b), home),
        _ => return decimals(a, b, |a, b| a.checked_sub(b)),
    })
}

fn multiply(a: &Value, b: &Value) -> Option<Value> {
    Some(match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => {
            or_nothing(a.checked_mul(*b).and_then(number::integer), Value::Integer)
        }
        (Value::Duration(seconds), Value::Integer(times)) | (Value::Integer(times), Value::Duration(seconds)) => {
            or_nothing(seconds.checked_mul(*times).and_then(number::duration), Value::Duration)
        }
        (Value::Money(money), factor) | (factor, Value::Money(money)) => {
            let factor = plain(factor)?;
            scaled(money, |part| part.checked_mul(factor))
        }
        _ => return decimals(a, b, |a, b| a.checked_mul(b)),
    })
}

fn divide(a: &Value, b: &Value) -> Option<Value> {
    Some(match (a, b) {
        (Value::Money(a), Value::Money(b)) => decimal(a.base.checked_div(b.base)),
        (Value::Money(money), divisor) => {
            let divisor = plain(divisor)?;
            scaled(money, |part| part.checked_div(divisor))
        }
        (Value::Duration(a), Value::Duration(b)) => decimal(Decimal::from(*a).checked_div(Decimal::from(*b))),
        _ => return decimals(a, b, |a, b| a.checked_div(b)),
    })
}

fn remainder(a: &Value, b: &Value) -> Option<Value> {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => Some(or_nothing(a.checked_rem(*b), Value::Integer)),
        _ => decimals(a, b, |a, b| a.checked_rem(b)),
    }
}

/// A number that is no money.
fn plain(value: &Value) -> Option<Decimal> {
    match value {
        Value::Money(_) => None,
        other => other.as_number(),
    }
}

/// Two plain numbers combined as decimals; nothing when one is no number.
fn decimals(a: &Value, b: &Value, combine: impl Fn(Decimal, Decimal) -> Option<Decimal>) -> Option<Value> {
    Some(decimal(combine(plain(a)?, plain(b)?)))
}

fn decimal(result: Option<Decimal>) -> Value {
    or_nothing(result.and_then(number::decimal), Value::Decimal)
}

/// Money with both of its amounts changed in one way.
pub(super) fn scaled(money: &Money, change: impl Fn(Decimal) -> Option<Decimal>) -> Value {
    let part = |part: Decimal| change(part).and_then(number::decimal);
    match (part(money.amount), part(money.base)) {
        (Some(amount), Some(base)) => Value::Money(Money { amount, base, ..*money }),
        _ => Value::Nothing,
    }
}

/// Two amounts of money added: in their currency when it is one, else by their worth in the workspace's. A number
/// beside money is an amount in the workspace's currency.
fn sum_money(a: &Value, b: &Value, home: Currency) -> Option<Value> {
    let (a, b) = (as_money(a, home)?, as_money(b, home)?);
    let base = a.base.checked_add(b.base).and_then(number::decimal);
    let (currency, amount) = if a.currency == b.currency {
        (a.currency, a.amount.checked_add(b.amount).and_then(number::decimal))
    } else {
        (home, base)
    };
    Some(match (amount, base) {
        (Some(amount), Some(base)) => Value::Money(Money { amount, currency, base }),
        _ => Value::Nothing,
    })
}

/// A value as money; a number is an amount in the workspace's currency.
pub(super) fn as_money(value: &Value, home: Currency) -> Option<Money> {
    match value {
        Value::Money(money) => Some(*money),
        number => number.as_number().map(|number| Money { amount: number, currency: home, base: number }),
    }
}

/// A number with the other sign; what is no number stays as it is.
pub fn negate(value: &Value) -> Value {
    match value {
        Value::Integer(number) => or_nothing(number.checked_neg(), Value::Integer),
        Value::Decimal(number) => Value::Decimal(-number),
        Value::Money(money) => {
            Value::Money(Money { amount: -money.amount, base: -money.base, currency: money.currency })
        }
        Value::Duration(seconds) => or_nothing(seconds.checked_neg(), Value::Duration),
        other => other.clone(),
    }
}
