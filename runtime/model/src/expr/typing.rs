//! Which types go together: the rules of comparison, arithmetic and assignment, in one place.
//!
//! `()` goes with everything, and so does what a script gives ([`Type::Any`]): that is checked when it is evaluated.

use std::sync::Arc;

use super::tree::Arithmetic;
use crate::id::EntityId;
use crate::kind::Type;
use crate::model::Model;

/// True for a type that says nothing about its values.
fn is_open(ty: &Type) -> bool {
    matches!(ty, Type::Nothing | Type::Any)
}

fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Integer | Type::Decimal)
}

fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::Text | Type::Choice(_))
}

/// Whether two values may be compared with `==`.
pub(super) fn comparable(a: &Type, b: &Type) -> bool {
    match (a, b) {
        _ if is_open(a) || is_open(b) || a == b => true,
        (Type::Choice(_), Type::Choice(_)) => false,
        (Type::Ref(a), Type::Ref(b)) => overlap(a, b),
        (Type::List(a), Type::List(b)) => comparable(a, b),
        _ => (is_text(a) && is_text(b)) || (is_worth(a) && is_worth(b)),
    }
}

fn is_worth(ty: &Type) -> bool {
    is_number(ty) || *ty == Type::Money
}

fn overlap(a: &[EntityId], b: &[EntityId]) -> bool {
    a.iter().any(|entity| b.contains(entity))
}

/// Whether values of a type have an order for `<`. Choices are ordered as their options are.
pub(super) fn has_order(ty: &Type) -> bool {
    match ty {
        Type::Boolean | Type::Ref(_) | Type::Json | Type::Secret | Type::List(_) => false,
        Type::Nothing
        | Type::Integer
        | Type::Decimal
        | Type::Money
        | Type::Text
        | Type::Choice(_)
        | Type::Date
        | Type::Time
        | Type::DateTime
        | Type::Duration
        | Type::Any => true,
    }
}

/// The one type of two values of which either may come: both sides of `??` and `if`, the items of a list. A number
/// beside money is an amount in the workspace's currency.
pub(super) fn unify(a: &Type, b: &Type) -> Option<Type> {
    match (a, b) {
        _ if a == b => Some(a.clone()),
        (Type::Nothing, other) | (other, Type::Nothing) => Some(other.clone()),
        (Type::Any, _) | (_, Type::Any) => Some(Type::Any),
        (Type::Ref(a), Type::Ref(b)) => {
            let mut all: Vec<EntityId> = a.iter().chain(b.iter()).copied().collect();
            all.sort_unstable();
            all.dedup();
            Some(Type::Ref(all.into()))
        }
        (Type::List(a), Type::List(b)) => Some(Type::List(Arc::new(unify(a, b)?))),
        _ if is_number(a) && is_number(b) => Some(Type::Decimal),
        _ if is_worth(a) && is_worth(b) => Some(Type::Money),
        _ if is_text(a) && is_text(b) => Some(Type::Text),
        _ => None,
    }
}

/// The type of two values combined, or nothing when they do not go together.
pub(super) fn combined(operator: Arithmetic, a: &Type, b: &Type) -> Option<Type> {
    if is_open(a) || is_open(b) {
        return open_combined(a, b);
    }
    match operator {
        Arithmetic::Add => added(a, b).or_else(|| moved(a, b)).or_else(|| moved(b, a)),
        Arithmetic::Subtract => match (a, b) {
            (Type::Date, Type::Date) | (Type::DateTime, Type::DateTime) => Some(Type::Duration),
            (Type::Text | Type::Choice(_), _) => None,
            _ => added(a, b).or_else(|| moved(a, b)),
        },
        Arithmetic::Multiply => match (a, b) {
            (Type::Integer, Type::Integer) => Some(Type::Integer),
            (Type::Duration, Type::Integer) | (Type::Integer, Type::Duration) => Some(Type::Duration),
            (Type::Money, number) | (number, Type::Money) if is_number(number) => Some(Type::Money),
            _ => (is_number(a) && is_number(b)).then_some(Type::Decimal),
        },
        Arithmetic::Divide => match (a, b) {
            (Type::Money, number) if is_number(number) => Some(Type::Money),
            (Type::Money, Type::Money) | (Type::Duration, Type::Duration) => Some(Type::Decimal),
            _ => (is_number(a) && is_number(b)).then_some(Type::Decimal),
        },
        Arithmetic::Remainder => match (a, b) {
            (Type::Integer, Type::Integer) => Some(Type::Integer),
            _ => (is_number(a) && is_number(b)).then_some(Type::Decimal),
        },
    }
}

/// What is left open by one side may turn out to fit the other; lists, references and conditions never do.
fn open_combined(a: &Type, b: &Type) -> Option<Type> {
    let known = if is_open(a) { b } else { a };
    match known {
        Type::Boolean | Type::Ref(_) | Type::Json | Type::Secret | Type::List(_) => None,
        Type::Nothing if *a == Type::Nothing && *b == Type::Nothing => Some(Type::Nothing),
        _ if *a == Type::Nothing || *b == Type::Nothing => Some(known.clone()),
        _ => Some(Type::Any),
    }
}

/// Values of one type that add up to that type.
fn added(a: &Type, b: &Type) -> Option<Type> {
    match (a, b) {
        (Type::Integer, Type::Integer) => Some(Type::Integer),
        (Type::Money, Type::Money) => Some(Type::Money),
        (Type::Duration, Type::Duration) => Some(Type::Duration),
        _ if is_number(a) && is_number(b) => Some(Type::Decimal),
        _ if is_text(a) && is_text(b) => Some(Type::Text),
        _ => None,
    }
}

/// A day or moment moved by a duration.
fn moved(a: &Type, b: &Type) -> Option<Type> {
    match (a, b) {
        (Type::Date | Type::DateTime, Type::Duration) => Some(a.clone()),
        _ => None,
    }
}

/// Whether a value of a type may be given where another is wanted: what a field or parameter takes. Whole numbers
/// stand for decimals, numbers for money in the currency of the place; one value for a list of one.
pub fn fits(given: &Type, wanted: &Type) -> bool {
    match (given, wanted) {
        _ if is_open(given) || is_open(wanted) || given == wanted => true,
        (Type::List(given), Type::List(wanted)) => fits(given, wanted),
        (_, Type::List(wanted)) => fits(given, wanted),
        (Type::Integer, Type::Decimal) => true,
        (Type::Integer | Type::Decimal, Type::Money) => true,
        (Type::Text | Type::Choice(_), Type::Text) | (Type::Text, Type::Choice(_)) => true,
        (Type::Ref(given), Type::Ref(wanted)) => overlap(given, wanted),
        (given, Type::Json) => *given != Type::Secret,
        _ => false,
    }
}

/// How a message names a type, with its article: `a number`, `a record of account`.
pub fn words(ty: &Type, model: &Model) -> String {
    match ty {
        Type::Nothing => "`()`".to_owned(),
        Type::Boolean => "a condition".to_owned(),
        Type::Integer => "a whole number".to_owned(),
        Type::Decimal => "a number".to_owned(),
        Type::Money => "money".to_owned(),
        Type::Text => "a text".to_owned(),
        Type::Choice(options) => format!("an option ({})", model[*options].name),
        Type::Date => "a date".to_owned(),
        Type::Time => "a time".to_owned(),
        Type::DateTime => "a datetime".to_owned(),
        Type::Duration => "a duration".to_owned(),
        Type::Ref(targets) => {
            let names: Vec<&str> = targets.iter().map(|target| &*model[*target].name).collect();
            format!("a record of {}", names.join(" or "))
        }
        Type::Json => "structured data".to_owned(),
        Type::Secret => "a secret".to_owned(),
        Type::List(item) => match &**item {
            Type::Nothing => "an empty list".to_owned(),
            Type::Ref(targets) => {
                let names: Vec<&str> = targets.iter().map(|target| &*model[*target].name).collect();
                format!("a list of {}", names.join(" or "))
            }
            item => format!("a list ({} each)", words(item, model)),
        },
        Type::Any => "what a script gives".to_owned(),
    }
}
