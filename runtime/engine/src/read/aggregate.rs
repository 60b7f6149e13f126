//! Sums and counts over groups of records.

use std::collections::HashSet;
use std::sync::Arc;

use fichero_model::expr::{Aggregate as Function, Expr, Function as Part, Op};
use fichero_model::kind::{Kind, Type};
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Model};
use fichero_store::query::{Aggregation, Filter, Measure};
use serde_json::{Map, Value as Json};

use super::cursor::{self, Seal};
use super::list::{Page, condition, equalities, expression};
use crate::message::Message;
use crate::policy::{self, ReadPath};
use crate::record::work::Work;
use crate::refusal::Refusal;
use crate::value::json;
use crate::value::write::MONEY_DIGITS;

/// The most groups of one page.
pub const MOST: usize = 1_000;

/// The most group keys and measures of one question.
const WIDEST: usize = 16;

/// What is asked, as texts of a request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// A portable expression.
    pub filter: Option<String>,
    /// Fields that must equal a value.
    pub equals: Vec<(String, Json)>,
    /// Portable expressions.
    pub group: Vec<String>,
    /// `count()`, `sum(amount)`, `name:avg(amount)`.
    pub measures: Vec<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// A question that was understood.
#[derive(Debug)]
pub struct Prepared {
    entity: EntityId,
    filter: Vec<Arc<Expr>>,
    equals: Vec<(FieldId, Value)>,
    group: Vec<(String, Expr)>,
    measures: Vec<(String, Function, Option<Expr>)>,
    /// How many digits behind the point each key and measure has at least.
    scales: Vec<Option<u8>>,
    fingerprint: String,
}

/// Understands a question.
///
/// # Errors
/// What cannot be understood, by name.
pub fn prepare(model: &Model, entity: EntityId, request: &Request) -> Result<Prepared, Refusal> {
    if request.group.len() > WIDEST || request.measures.len() > WIDEST {
        return Err(Refusal::malformed(Message::with(
            "too_many_values",
            ["group, measures".to_owned(), WIDEST.to_string()],
        )));
    }
    let filter = request
        .filter
        .as_deref()
        .filter(|text| !text.trim().is_empty())
        .map(|text| condition(model, entity, text))
        .transpose()?;
    let (equals, conditions) = equalities(model, entity, &request.equals)?;
    let filter = filter.into_iter().chain(conditions).collect();
    let group = request
        .group
        .iter()
        .map(|text| expression(model, entity, text).map(|expr| (text.clone(), expr)))
        .collect::<Result<Vec<_>, _>>()?;
    let mut measures =
        request.measures.iter().map(|text| measure(model, entity, text)).collect::<Result<Vec<_>, _>>()?;
    if measures.is_empty() {
        measures.push(("count()".to_owned(), Function::Count, None));
    }
    let mut names = HashSet::new();
    let outputs = group.iter().map(|(name, _)| name).chain(measures.iter().map(|(name, ..)| name));
    for name in outputs {
        if !names.insert(name) {
            return Err(Refusal::malformed(Message::with("repeated_output", [name.as_str()])));
        }
    }
    let scales = group.iter().map(|(_, expr)| scale(model, expr)).chain(measures.iter().map(|(_, function, of)| {
        let counts = *function == Function::Count;
        of.as_ref().filter(|_| !counts).and_then(|of| scale(model, of))
    }));
    let scales = scales.collect();
    let fingerprint =
        format!("groups|{}|{:?}|{:?}|{:?}", model[entity].name, request.filter, request.equals, request.group);
    Ok(Prepared { entity, filter, equals, group, measures, scales, fingerprint })
}

/// Asks it.
///
/// # Errors
/// When it may not be asked, or the database cannot be read.
pub fn run(work: &Work<'_>, prepared: &Prepared, cursor: Option<&str>, seal: &Seal) -> Result<Page<Json>, Refusal> {
    policy::may_read(work.actor, ReadPath::Aggregate)?;
    let after = cursor.map(|text| cursor::open(seal, &prepared.fingerprint, text)).transpose()?;
    let conditions = prepared.filter.iter().map(|filter| &**filter).collect();
    let aggregation = Aggregation {
        filter: Filter { conditions, equals: prepared.equals.clone(), ..Filter::all(prepared.entity) },
        group: prepared.group.iter().map(|(_, expr)| expr).collect(),
        measures: prepared
            .measures
            .iter()
            .map(|(_, aggregate, of)| Measure { aggregate: *aggregate, of: of.as_ref(), filter: None })
            .collect(),
        after: after.as_ref(),
        limit: MOST,
    };
    let groups = work.aggregate(&aggregation)?;
    let names = || prepared.group.iter().map(|(name, _)| name).chain(prepared.measures.iter().map(|(name, ..)| name));
    let items = groups.items.iter().map(|group| {
        let values = group.keys.iter().chain(&group.measures).zip(&prepared.scales).map(written);
        Json::Object(names().cloned().zip(values).collect::<Map<_, _>>())
    });
    let items = items.collect();
    Ok(Page { items, next: groups.next.map(|next| cursor::close(seal, &prepared.fingerprint, &next)), count: None })
}

/// A key or measure as records write such values: with the digits that are kept.
fn written((value, scale): (&Value, &Option<u8>)) -> Json {
    match (value, scale) {
        (Value::Decimal(number), Some(scale)) => Json::String(json::fixed(*number, *scale)),
        _ => json::loose(value),
    }
}

/// How many digits behind the point the values of an expression are kept with, where a field says so.
fn scale(model: &Model, expr: &Expr) -> Option<u8> {
    match (&expr.root.op, expr.ty()) {
        (_, Type::Money) => Some(MONEY_DIGITS),
        (Op::Call { function: Part::Amount | Part::Base, .. }, Type::Decimal) => Some(MONEY_DIGITS),
        (Op::Field { fields, .. }, Type::Decimal) => {
            fields.first().and_then(|(entity, field)| match model[*entity][*field].kind {
                Kind::Decimal { scale } => Some(scale),
                _ => None,
            })
        }
        _ => None,
    }
}

/// Why values of a type cannot be taken together by a function, if they cannot.
fn unfit(function: Function, ty: &Type) -> Option<&'static str> {
    let is_number = matches!(ty, Type::Integer | Type::Decimal | Type::Money | Type::Duration);
    let is_time = matches!(ty, Type::Date | Type::Time | Type::DateTime);
    match function {
        Function::Count => None,
        Function::Sum | Function::Avg => (!is_number).then_some("measure_number"),
        Function::Min | Function::Max => (!is_number && !is_time).then_some("measure_order"),
    }
}

/// One measure: an optional name and a colon, a function, and what it is taken of.
fn measure(model: &Model, entity: EntityId, text: &str) -> Result<(String, Function, Option<Expr>), Refusal> {
    let told = |key| Refusal { code: "bad_measure", ..Refusal::malformed(Message::with(key, [text])) };
    let wrong = || told("bad_measure");
    let (name, call) = match text.split_once(':') {
        Some((name, call))
            if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') =>
        {
            (name, call)
        }
        _ => (text, text),
    };
    let (function, inner) = call.trim().strip_suffix(')').and_then(|call| call.split_once('(')).ok_or_else(wrong)?;
    let function = match function.trim() {
        "count" => Function::Count,
        "sum" => Function::Sum,
        "min" => Function::Min,
        "max" => Function::Max,
        "avg" => Function::Avg,
        _ => return Err(wrong()),
    };
    let of = match (inner.trim(), function) {
        ("", Function::Count) => None,
        ("", _) => return Err(wrong()),
        (inner, function) => {
            let of = expression(model, entity, inner)?;
            if let Some(why) = unfit(function, of.ty()) {
                return Err(told(why));
            }
            Some(of)
        }
    };
    Ok((name.to_owned(), function, of))
}
