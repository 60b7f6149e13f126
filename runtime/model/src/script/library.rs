//! What scripts may call besides their own functions: the published functions of expressions that need no clock, and
//! a small set for lists and maps. The list is closed, so that a misspelt name is found when the file is loaded.

use std::ops::RangeInclusive;

use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, ImmutableString, Map, NativeCallContext, Position};

use super::convert::{Sealed, from_script, to_script};
use crate::expr::eval::aggregate;
use crate::expr::function::{Means, PUBLISHED, evaluate};
use crate::expr::tree::{Aggregate, Arithmetic, Comparison};
use crate::expr::{Fault, Function, truth};
use crate::kind::Type;
use crate::value::{Currency, Value};

type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// Functions for lists and maps, with how many arguments they take (the receiver included).
const LISTS_AND_MAPS: &[(&str, RangeInclusive<usize>)] = &[
    ("push", 2..=2),
    ("append", 2..=2),
    ("insert", 3..=3),
    ("remove", 2..=2),
    ("pop", 1..=1),
    ("shift", 1..=1),
    ("clear", 1..=1),
    ("reverse", 1..=1),
    ("sort", 1..=2),
    ("dedup", 1..=1),
    ("len", 1..=1),
    ("contains", 2..=2),
    ("index_of", 2..=2),
    ("map", 2..=2),
    ("filter", 2..=2),
    ("reduce", 2..=3),
    ("find", 2..=2),
    ("some", 2..=2),
    ("any", 2..=2),
    ("all", 2..=2),
    ("count", 1..=2),
    ("sum", 1..=1),
    ("avg", 1..=1),
    ("split", 2..=2),
    ("slice", 3..=3),
    ("keys", 1..=1),
    ("values", 1..=1),
    ("range", 2..=3),
    ("call", 1..=6),
    ("type_of", 1..=1),
];

/// The counts of arguments that a function of the library takes; nothing when there is none of that name.
pub(super) fn counts(name: &str) -> Option<Vec<RangeInclusive<usize>>> {
    let own = LISTS_AND_MAPS.iter().filter(|(known, _)| *known == name).map(|(_, counts)| counts.clone());
    let published =
        PUBLISHED.iter().filter(|published| published.name == name).flat_map(|published| published.forms).filter_map(
            |form| {
                let pure = !form.takes.is_empty() && matches!(form.means, Means::Function(_) | Means::Aggregate(_));
                let most = if form.repeats { form.takes.len() + 2 } else { form.takes.len() };
                pure.then_some(form.takes.len()..=most)
            },
        );
    let all: Vec<_> = own.chain(published).collect();
    (!all.is_empty()).then_some(all)
}

/// The names of all functions of the library.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    LISTS_AND_MAPS
        .iter()
        .map(|(name, _)| *name)
        .chain(PUBLISHED.iter().map(|published| published.name).filter(|name| counts(name).is_some()))
}

/// Registers operators and functions.
pub(super) fn register(engine: &mut Engine) {
    operators(engine);
    published(engine);
    lists(engine);
    sealed(engine);
}

fn value(given: &Dynamic) -> Outcome<Value> {
    from_script(given).map_err(|what| failure(&what))
}

fn failure(message: &str) -> Box<EvalAltResult> {
    EvalAltResult::ErrorRuntime(message.to_owned().into(), Position::NONE).into()
}

fn outcome(result: Result<Value, Fault>) -> Outcome<Dynamic> {
    result.map(|value| to_script(&value)).map_err(|fault| failure(&fault.message))
}

/// The operators of expressions, for operands of any type.
fn operators(engine: &mut Engine) {
    for (symbol, assigning, operator) in [
        ("+", "+=", Arithmetic::Add),
        ("-", "-=", Arithmetic::Subtract),
        ("*", "*=", Arithmetic::Multiply),
        ("/", "/=", Arithmetic::Divide),
        ("%", "%=", Arithmetic::Remainder),
    ] {
        engine.register_fn(symbol, move |a: Dynamic, b: Dynamic| combine(operator, &a, &b));
        engine.register_fn(assigning, move |a: &mut Dynamic, b: Dynamic| -> Outcome<()> {
            *a = combine(operator, a, &b)?;
            Ok(())
        });
    }
    for (symbol, comparison) in [
        ("==", Comparison::Equal),
        ("!=", Comparison::NotEqual),
        ("<", Comparison::Less),
        ("<=", Comparison::LessOrEqual),
        (">", Comparison::Greater),
        (">=", Comparison::GreaterOrEqual),
    ] {
        engine.register_fn(symbol, move |a: Dynamic, b: Dynamic| -> Outcome<bool> {
            let (a, b) = (value(&a)?, value(&b)?);
            truth::check_comparable(comparison, &a, &b).map_err(|fault| failure(&fault.message))?;
            Ok(truth::compare(comparison, &a, &b))
        });
    }
    engine.register_fn("!", |a: Dynamic| -> Outcome<bool> { Ok(!holds_true(&a)?) });
    engine.register_fn("-", |a: Dynamic| -> Outcome<Dynamic> { Ok(to_script(&truth::negate(&value(&a)?))) });
    engine.register_fn("+", |a: Dynamic| a);
}

/// A condition; `()` is false, as everywhere.
fn holds_true(given: &Dynamic) -> Outcome<bool> {
    match value(given)? {
        Value::Boolean(value) => Ok(value),
        Value::Nothing => Ok(false),
        other => Err(failure(&format!("{} is neither true nor false", truth::word(&other)))),
    }
}

/// Two operands combined as in expressions; lists are joined by `+`.
fn combine(operator: Arithmetic, a: &Dynamic, b: &Dynamic) -> Outcome<Dynamic> {
    if let (Arithmetic::Add, Some(first)) = (operator, a.read_lock::<Array>()) {
        let mut joined = Array::clone(&first);
        match b.read_lock::<Array>() {
            Some(second) => joined.extend(second.iter().cloned()),
            None => joined.push(b.clone()),
        }
        return Ok(Dynamic::from_array(joined));
    }
    let (a, b) = (value(a)?, value(b)?);
    if matches!(operator, Arithmetic::Add | Arithmetic::Subtract) {
        one_currency([&a, &b])?;
    }
    outcome(truth::combine(operator, &a, &b, currency_of(&a).or(currency_of(&b)).unwrap_or(Currency::NONE)))
}

fn currency_of(value: &Value) -> Option<Currency> {
    match value {
        Value::Money(money) => Some(money.currency),
        _ => None,
    }
}

/// Refuses to add money of several currencies, or money and plain numbers: which currency the workspace keeps its
/// books in is nothing a pure function knows.
fn one_currency<'v>(values: impl IntoIterator<Item = &'v Value>) -> Outcome<()> {
    let mut seen: Option<Option<Currency>> = None;
    for value in values {
        let currency = match value {
            Value::Nothing => continue,
            value => currency_of(value),
        };
        if *seen.get_or_insert(currency) != currency {
            return Err(failure("money adds in a script only to money of the same currency; add `base(…)` of each"));
        }
    }
    Ok(())
}

/// The published functions that need no clock.
fn published(engine: &mut Engine) {
    for published in PUBLISHED {
        let Some(function) = published.forms.iter().find_map(|form| match form.means {
            Means::Function(function) if !form.takes.is_empty() => Some(function),
            _ => None,
        }) else {
            continue;
        };
        let name = published.name;
        let takes = |count: usize| counts(name).is_some_and(|counts| counts.iter().any(|range| range.contains(&count)));
        if takes(1) {
            engine.register_fn(name, move |a: Dynamic| one(function, &a));
        }
        if takes(2) {
            engine.register_fn(name, move |a: Dynamic, b: Dynamic| given(function, &[&a, &b]));
        }
        if takes(3) {
            engine.register_fn(name, move |a: Dynamic, b: Dynamic, c: Dynamic| given(function, &[&a, &b, &c]));
        }
        if takes(4) {
            engine.register_fn(name, move |a: Dynamic, b: Dynamic, c: Dynamic, d: Dynamic| {
                given(function, &[&a, &b, &c, &d])
            });
        }
    }
    for (name, aggregate) in [("sum", Aggregate::Sum), ("avg", Aggregate::Avg), ("count", Aggregate::Count)] {
        engine.register_fn(name, move |list: Dynamic| over_list(aggregate, &list));
    }
}

/// A function of one argument; `len`, `min` and `max` of a list ask about its items.
fn one(function: Function, argument: &Dynamic) -> Outcome<Dynamic> {
    if argument.is_array() || argument.is_unit() {
        match function {
            Function::Len if argument.is_array() => return over_list(Aggregate::Count, argument),
            Function::Least => return over_list(Aggregate::Min, argument),
            Function::Greatest => return over_list(Aggregate::Max, argument),
            _ => {}
        }
    }
    given(function, &[argument])
}

fn given(function: Function, arguments: &[&Dynamic]) -> Outcome<Dynamic> {
    let values = arguments.iter().map(|argument| value(argument)).collect::<Outcome<Vec<_>>>()?;
    outcome(evaluate(function, &values, None))
}

fn over_list(kind: Aggregate, list: &Dynamic) -> Outcome<Dynamic> {
    let list = value(list)?;
    let items = list.items();
    if matches!(kind, Aggregate::Sum | Aggregate::Avg) {
        one_currency(items)?;
    }
    let ty = match items.first() {
        Some(Value::Money(_)) => Type::Money,
        Some(Value::Duration(_)) => Type::Duration,
        _ if items.iter().any(|item| matches!(item, Value::Decimal(_))) => Type::Decimal,
        _ => Type::Integer,
    };
    let home = items.first().and_then(currency_of).unwrap_or(Currency::NONE);
    Ok(to_script(&aggregate(kind, &ty, items.iter().cloned(), home)))
}

/// What lists, texts and maps can do that expressions cannot.
fn lists(engine: &mut Engine) {
    engine.register_fn("contains", |list: &mut Array, item: Dynamic| holds(list, &item));
    engine.register_fn("index_of", |list: &mut Array, item: Dynamic| -> Outcome<Dynamic> {
        let item = value(&item)?;
        for (index, other) in list.iter().enumerate() {
            if truth::compare(Comparison::Equal, &value(other)?, &item) {
                return Ok(i64::try_from(index).map_or(Dynamic::UNIT, Dynamic::from_int));
            }
        }
        Ok(Dynamic::UNIT)
    });
    engine.register_fn("sort", |list: &mut Array| -> Outcome<()> {
        let mut keyed = list.iter().map(|item| Ok((value(item)?, item.clone()))).collect::<Outcome<Vec<_>>>()?;
        // What has no order among itself stays where it is; nothing sorts smallest.
        keyed.sort_by(|(a, _), (b, _)| match (a.is_nothing(), b.is_nothing()) {
            (false, false) => a.compare(b).unwrap_or(std::cmp::Ordering::Equal),
            (a, b) => b.cmp(&a),
        });
        *list = keyed.into_iter().map(|(_, item)| item).collect();
        Ok(())
    });
    engine.register_fn("any", |context: NativeCallContext<'_>, list: &mut Array, asks: FnPtr| -> Outcome<bool> {
        for item in list.iter() {
            if holds_true(&asks.call_within_context::<Dynamic>(&context, (item.clone(),))?)? {
                return Ok(true);
            }
        }
        Ok(false)
    });
    engine.register_fn("count", |context: NativeCallContext<'_>, list: &mut Array, asks: FnPtr| -> Outcome<i64> {
        let mut count = 0;
        for item in list.iter() {
            count += i64::from(holds_true(&asks.call_within_context::<Dynamic>(&context, (item.clone(),))?)?);
        }
        Ok(count)
    });
    engine.register_fn("split", |text: ImmutableString, separator: ImmutableString| -> Array {
        if separator.is_empty() {
            return vec![Dynamic::from(text)];
        }
        text.split(separator.as_str()).map(|part| to_script(&Value::text(part))).collect()
    });
    engine.register_fn("slice", |text: ImmutableString, start: i64, length: i64| -> Dynamic {
        let start = usize::try_from(start).unwrap_or(0);
        let length = usize::try_from(length).unwrap_or(0);
        to_script(&Value::text(&text.chars().skip(start).take(length).collect::<String>()))
    });
    engine.register_fn("contains", |members: &mut Map, name: ImmutableString| members.contains_key(name.as_str()));
}

fn holds(list: &Array, item: &Dynamic) -> Outcome<bool> {
    let item = value(item)?;
    for other in list {
        if truth::compare(Comparison::Equal, &value(other)?, &item) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Money's members, and the text of what Rhai does not know.
fn sealed(engine: &mut Engine) {
    engine.register_type_with_name::<Sealed>("value");
    for (name, function) in [("amount", Function::Amount), ("currency", Function::Currency), ("base", Function::Base)] {
        engine.register_get(name, move |sealed: &mut Sealed| {
            outcome(evaluate(function, std::slice::from_ref(&sealed.0), None))
        });
    }
    engine.register_fn("to_string", |sealed: &mut Sealed| crate::expr::function::written(&sealed.0));
}
