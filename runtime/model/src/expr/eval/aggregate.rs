//! One value made of a list. A sum is exact whatever the order of its items: it is added up in 128 bits and has to lie
//! within bounds only at its end, as in SQL.

use rust_decimal::Decimal;

use crate::expr::number::{self, or_nothing};
use crate::expr::tree::{Aggregate, Comparison};
use crate::expr::truth;
use crate::kind::Type;
use crate::value::{Currency, Money, Value};

/// What an aggregate of some values is. `ty` is its type, `home` the workspace's currency.
pub(crate) fn aggregate(aggregate: Aggregate, ty: &Type, values: impl Iterator<Item = Value>, home: Currency) -> Value {
    match aggregate {
        Aggregate::Count => i64::try_from(values.count()).map_or(Value::Nothing, Value::Integer),
        Aggregate::Sum => total(values, ty, home).sum(ty),
        Aggregate::Min => extreme(values, Comparison::Less),
        Aggregate::Max => extreme(values, Comparison::Greater),
        Aggregate::Avg => total(values, ty, home).mean(ty),
    }
}

/// What is added up: numbers and money in units of `10^-SCALE`, durations in seconds.
struct Total {
    worth: i128,
    /// In the one currency that all of the money is in, if it is one.
    amount: i128,
    currency: Option<Currency>,
    mixed: bool,
    home: Currency,
    items: i128,
}

fn total(values: impl Iterator<Item = Value>, ty: &Type, home: Currency) -> Total {
    let mut total = Total { worth: 0, amount: 0, currency: None, mixed: false, home, items: 0 };
    for value in values {
        total.items += 1;
        match (&value, ty) {
            (Value::Duration(seconds), _) => total.worth += i128::from(*seconds),
            (_, Type::Money) => {
                let Some(money) = truth::as_money(&value, home) else { continue };
                total.worth += units(money.base);
                total.amount += units(money.amount);
                total.mixed |= total.currency.is_some_and(|currency| currency != money.currency);
                total.currency = Some(money.currency);
            }
            _ => total.worth += value.as_number().map_or(0, units),
        }
    }
    total
}

/// A number in units of `10^-SCALE`.
fn units(number: Decimal) -> i128 {
    let rounded = number::round(number, number::SCALE);
    rounded.mantissa() * 10_i128.pow(number::SCALE.saturating_sub(rounded.scale()))
}

/// The number of so many units, within bounds.
fn number(units: i128) -> Option<Decimal> {
    number::decimal(Decimal::try_from_i128_with_scale(units, number::SCALE).ok()?.normalize())
}

impl Total {
    fn sum(&self, ty: &Type) -> Value {
        match ty {
            Type::Duration => or_nothing(i64::try_from(self.worth).ok().and_then(number::duration), Value::Duration),
            Type::Money => self.money(self.worth, self.amount),
            Type::Decimal => or_nothing(number(self.worth), Value::Decimal),
            _ => {
                let whole = self.worth / 10_i128.pow(number::SCALE);
                or_nothing(i64::try_from(whole).ok().and_then(number::integer), Value::Integer)
            }
        }
    }

    fn mean(&self, ty: &Type) -> Value {
        if self.items == 0 {
            return Value::Nothing;
        }
        match ty {
            Type::Duration => or_nothing(i64::try_from(self.worth / self.items).ok(), Value::Duration),
            Type::Money => self.money(divided(self.worth, self.items), divided(self.amount, self.items)),
            _ => or_nothing(number(divided(self.worth, self.items)), Value::Decimal),
        }
    }

    fn money(&self, worth: i128, amount: i128) -> Value {
        let base = number(worth);
        let (currency, amount) = match self.currency {
            Some(currency) if !self.mixed => (currency, number(amount)),
            _ => (self.home, base),
        };
        match (amount, base) {
            (Some(amount), Some(base)) => Value::Money(Money { amount, currency, base }),
            _ => Value::Nothing,
        }
    }
}

/// Divided and rounded half away from zero.
fn divided(units: i128, by: i128) -> i128 {
    let (quotient, rest) = (units / by, units % by);
    if rest.abs() * 2 >= by { quotient + units.signum() } else { quotient }
}

/// The value that is beyond all others; the first of several.
fn extreme(values: impl Iterator<Item = Value>, beyond: Comparison) -> Value {
    let mut found = Value::Nothing;
    for value in values {
        if found.is_nothing() || truth::compare(beyond, &value, &found) {
            found = value;
        }
    }
    found
}
