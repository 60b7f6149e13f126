//! Sums and counts over groups of records.

use std::sync::Arc;

use fichero_model::expr::{Aggregate as Function, Expr};
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Model};
use fichero_store::query::{Aggregation, Filter, Measure};
use serde_json::{Map, Value as Json};

use super::cursor::{self, Seal};
use super::list::{Page, condition, equality, expression};
use crate::message::Message;
use crate::policy::{self, ReadPath};
use crate::record::work::Work;
use crate::refusal::Refusal;
use crate::value::json;

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
    filter: Option<Arc<Expr>>,
    equals: Vec<(FieldId, Value)>,
    group: Vec<(String, Expr)>,
    measures: Vec<(String, Function, Option<Expr>)>,
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
    let equals =
        request.equals.iter().map(|(name, value)| equality(model, entity, name, value)).collect::<Result<_, _>>()?;
    let group = request
        .group
        .iter()
        .map(|text| expression(model, entity, text).map(|expr| (text.clone(), expr)))
        .collect::<Result<_, _>>()?;
    let mut measures =
        request.measures.iter().map(|text| measure(model, entity, text)).collect::<Result<Vec<_>, _>>()?;
    if measures.is_empty() {
        measures.push(("count()".to_owned(), Function::Count, None));
    }
    let fingerprint =
        format!("groups|{}|{:?}|{:?}|{:?}", model[entity].name, request.filter, request.equals, request.group);
    Ok(Prepared { entity, filter, equals, group, measures, fingerprint })
}

/// Asks it.
///
/// # Errors
/// When it may not be asked, or the database cannot be read.
pub fn run(work: &Work<'_>, prepared: &Prepared, cursor: Option<&str>, seal: &Seal) -> Result<Page, Refusal> {
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
        let values = group.keys.iter().chain(&group.measures).map(json::loose);
        Json::Object(names().cloned().zip(values).collect::<Map<_, _>>())
    });
    let items = items.collect();
    Ok(Page { items, next: groups.next.map(|next| cursor::close(seal, &prepared.fingerprint, &next)), count: None })
}

/// One measure: an optional name and a colon, a function, and what it is taken of.
fn measure(model: &Model, entity: EntityId, text: &str) -> Result<(String, Function, Option<Expr>), Refusal> {
    let wrong = || Refusal { code: "bad_measure", ..Refusal::malformed(Message::with("bad_measure", [text])) };
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
        (inner, _) => Some(expression(model, entity, inner)?),
    };
    Ok((name.to_owned(), function, of))
}
