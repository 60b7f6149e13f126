//! A page of records: filtered, sorted, paged by key.

use std::sync::Arc;

use fichero_model::entity::Field;
use fichero_model::expr::{Comparison, Expr, Node, Op};
use fichero_model::kind::{Kind, Type};
use fichero_model::rule::SortKey;
use fichero_model::value::{Currency, Value};
use fichero_model::{EntityId, FieldId, Model, phone};
pub use fichero_store::query::Trash;
use fichero_store::query::{Filter, Query};
use serde_json::Value as Json;

use super::cursor::{self, Seal};
use super::filter::unportable;
pub use super::filter::{condition, expression};
use super::search;
use super::show::{self, Shape};
use crate::live::field_expr;
use crate::message::Message;
use crate::policy::{self, ReadPath};
use crate::record::work::Work;
use crate::refusal::Refusal;
use crate::value::check::about;
use crate::value::write::Written;

/// The most records one page may hold.
pub const MOST: u32 = 500;

/// How many a page holds when nothing is said.
pub const USUAL: u32 = 50;

/// Counting stops here: a list never counts more rows than anybody reads.
pub const MOST_COUNTED: u32 = 10_000;

/// What is asked of a list, as texts of a request.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    /// A portable expression.
    pub filter: Option<String>,
    /// Fields that must equal a value; `()` when the text is empty.
    pub equals: Vec<(String, Json)>,
    /// Fields or paths, `-` before one that sorts from the greatest down.
    pub sort: Vec<String>,
    /// How many records.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// What is wanted of each record.
    pub shape: ShapeRequest,
    /// Whether they are counted too.
    pub count: bool,
    /// The trash rather than what lives.
    pub trash: bool,
}

/// What is wanted of each record, as texts of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShapeRequest {
    /// Only these fields; all when empty.
    pub fields: Vec<String>,
    /// References shown as objects.
    pub expand: Vec<String>,
}

/// A page of records.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T = Written> {
    /// The records.
    pub items: Vec<T>,
    /// The cursor of the next page; nothing on the last.
    pub next: Option<String>,
    /// How many there are in all, at most [`MOST_COUNTED`]; nothing when it was not asked.
    pub count: Option<u64>,
}

/// A question that was understood.
#[derive(Debug)]
pub struct Prepared {
    /// Of which entity.
    pub entity: EntityId,
    /// Which records.
    pub filter: Vec<Arc<Expr>>,
    /// Fields that must equal a value.
    pub equals: Vec<(FieldId, Value)>,
    /// In which order; the id comes last.
    pub sort: Vec<SortKey>,
    /// How many.
    pub limit: u32,
    /// What is wanted of each.
    pub shape: Shape,
    /// Living, or in the trash.
    pub trash: Trash,
    /// What the cursor is bound to.
    pub fingerprint: String,
}

impl Prepared {
    /// Which records.
    pub fn filter(&self) -> Filter<'_> {
        let conditions = self.filter.iter().map(|filter| &**filter).collect();
        Filter { conditions, equals: self.equals.clone(), trash: self.trash, ..Filter::all(self.entity) }
    }
}

/// Understands a question.
///
/// # Errors
/// What cannot be understood, by name.
pub fn prepare(model: &Model, entity: EntityId, request: &ListRequest) -> Result<Prepared, Refusal> {
    let filter = request
        .filter
        .as_deref()
        .filter(|text| !text.trim().is_empty())
        .map(|text| condition(model, entity, text))
        .transpose()?;
    let (equals, conditions) = equalities(model, entity, &request.equals)?;
    let filter = filter.into_iter().chain(conditions).collect();
    let sort = request.sort.iter().map(|key| sort_key(model, entity, key)).collect::<Result<Vec<_>, _>>()?;
    let limit = request.limit.unwrap_or(USUAL);
    if limit == 0 || limit > MOST {
        return Err(Refusal::malformed(Message::with("bad_limit", [MOST, limit].map(|number| number.to_string()))));
    }
    let shape = Shape { trash: request.trash, ..show::shape(model, entity, &request.shape)? };
    let trash = if request.trash { Trash::Trashed } else { Trash::Living };
    let fingerprint = format!(
        "{}|{:?}|{:?}|{:?}|{:?}",
        model[entity].name, request.filter, request.equals, request.sort, request.trash
    );
    Ok(Prepared { entity, filter, equals, sort, limit, shape, trash, fingerprint })
}

/// Reads a page.
///
/// # Errors
/// When it may not be read, the cursor does not fit, or the database cannot be read.
pub fn run(
    work: &Work<'_>,
    prepared: &Prepared,
    cursor: Option<&str>,
    count: bool,
    seal: &Seal,
) -> Result<Page, Refusal> {
    policy::may_read(work.actor, ReadPath::List)?;
    let after = cursor.map(|text| cursor::open(seal, &prepared.fingerprint, text)).transpose()?;
    let query =
        Query { sort: &prepared.sort, after: after.as_ref(), ..Query::new(prepared.filter(), prepared.limit as usize) };
    let (found, total) = work.page(&query, count.then_some(MOST_COUNTED))?;
    let next = found.next.map(|cursor| cursor::close(seal, &prepared.fingerprint, &cursor));
    let rows = found.rows;
    let items = show::records(work, prepared.entity, &rows, &prepared.shape)?;
    Ok(Page { items, next, count: total })
}

/// A field that must equal a value, given as text or as it stands in a body.
///
/// # Errors
/// When there is no such field, or the value is none of its type.
pub fn equality(model: &Model, entity: EntityId, name: &str, json: &Json) -> Result<(FieldId, Value), Refusal> {
    let Some((id, field)) = model[entity].field(name) else {
        let names = model[entity].fields.iter().map(|field| &*field.name);
        let message = match fichero_model::name::did_you_mean(name, names) {
            Some(near) => Message::with("unknown_field_near", [name, near]),
            None => Message::with("bad_parameter", [name]),
        };
        return Err(Refusal::malformed(message));
    };
    if field.kind.is_rows() || matches!(field.kind, Kind::Json | Kind::Secret { .. }) {
        return Err(Refusal::malformed(Message::with("not_comparable", [name])));
    }
    Ok((id, compared(model, field, json)?))
}

/// A value that a field is compared with.
fn compared(model: &Model, field: &Field, json: &Json) -> Result<Value, Refusal> {
    Ok(match json {
        Json::Null => Value::Nothing,
        Json::String(text) if text.is_empty() => Value::Nothing,
        // What people type may have blanks around it; what programs send is the value or is not.
        Json::String(text)
            if text.trim() != text && !matches!(field.kind, Kind::Text { .. } | Kind::LongText { .. }) =>
        {
            let (_, message) = about(field, "blanks_around", []);
            return Err(Refusal::malformed(message));
        }
        // In the address every value is a text; in a body numbers and booleans may stand as they are.
        Json::String(text) if !matches!(field.kind, Kind::Ref(_)) => {
            let notation = crate::value::text::Notation::plain(model.workspace.time_zone.clone());
            match field.kind {
                Kind::Money { .. } => {
                    crate::value::text::amount(field, text, crate::value::check::MONEY_SCALE, &notation)
                        .map(Value::Decimal)
                }
                // An address says `true` or `false`, and none of the words that people use.
                Kind::Boolean if !matches!(text.as_str(), "true" | "false") => Err(about(field, "not_boolean", [])),
                _ => crate::value::text::value(model, field, text, &notation),
            }
            .map_err(|(_, message)| Refusal::malformed(message))?
        }
        json => crate::value::json::value(model, field, json).map_err(|(_, message)| Refusal::malformed(message))?,
    })
}

/// Columns that hold a value, and conditions on what is no column.
pub(super) type Equalities = (Vec<(FieldId, Value)>, Vec<Arc<Expr>>);

/// Equality filters, split into columns that hold a value and conditions on what is none: a list, what is worked out when
/// it is read, the other members of money.
///
/// # Errors
/// What cannot be understood, by name.
pub(super) fn equalities(model: &Model, entity: EntityId, given: &[(String, Json)]) -> Result<Equalities, Refusal> {
    let (mut equals, mut conditions) = (Vec::new(), Vec::new());
    for (name, json) in given {
        if let Some(condition) = part_of_money(model, entity, name, json)? {
            conditions.push(condition);
            continue;
        }
        let (id, value) = equality(model, entity, name, json)?;
        let field = &model[entity][id];
        let value = if field.is_phone() { dialled(model, value) } else { value };
        if let Value::Text(text) = &value
            && field.is_phone()
            && !field.many
            && !phone::is_kept(text)
            && let Some(condition) = search::part(model, &[(entity, id)], text)
        {
            // Of which country it is nobody says, so it is found in any.
            conditions.push(Arc::new(condition));
        } else if field.many {
            conditions.push(match value {
                Value::Nothing => Arc::new(expression(model, entity, &format!("count({name}) == 0"))?),
                value => holds(model, entity, id, value)?,
            });
        } else if !field.is_stored() {
            let (this, ty) = match field.kind {
                Kind::Money { .. } => (expression(model, entity, &format!("{name}.amount"))?, Type::Decimal),
                _ => (field_expr(model, entity, id), field.kind.value_type()),
            };
            conditions.push(is(model, this, value, ty)?);
        } else {
            equals.push((id, value));
        }
    }
    Ok((equals, conditions))
}

/// A phone number that is looked for, as it is kept where the workspace's country tells.
fn dialled(model: &Model, value: Value) -> Value {
    match value.as_text().and_then(|text| phone::read(text, model.workspace.country).ok()) {
        Some(kept) => Value::text(&kept),
        None => value,
    }
}

/// The condition on `price_currency` or `price_base`; nothing for another name.
fn part_of_money(model: &Model, entity: EntityId, name: &str, json: &Json) -> Result<Option<Arc<Expr>>, Refusal> {
    let definition = &model[entity];
    let found = if definition.field(name).is_some() { None } else { crate::value::json::money_of(definition, name) };
    let Some((_, field)) = found.filter(|(_, field)| !field.many) else { return Ok(None) };
    let (part, value, ty) = if name.ends_with("_base") {
        ("base", compared(model, field, json)?, Type::Decimal)
    } else {
        let wrong = || Refusal::malformed(about(field, "not_currency", []).1);
        let code = match json {
            Json::Null => Value::Nothing,
            Json::String(code) if code.is_empty() => Value::Nothing,
            Json::String(code) => Value::text(Currency::parse(code).ok_or_else(wrong)?.as_str()),
            _ => return Err(wrong()),
        };
        ("currency", code, Type::Text)
    };
    let this = expression(model, entity, &format!("{}.{part}", field.name))?;
    is(model, this, value, ty).map(Some)
}

/// The condition that an expression has a value.
fn is(model: &Model, this: Expr, value: Value, ty: Type) -> Result<Arc<Expr>, Refusal> {
    let literal = Node { op: Op::Literal(value), ty, at: 0..0 };
    let op = Op::Compare(Comparison::Equal, Box::new(this.root.clone()), Box::new(literal));
    let expr = Expr { root: Node { op, ty: Type::Boolean, at: 0..0 }, ..this };
    match expr.find_unportable(model) {
        None => Ok(Arc::new(expr)),
        Some(part) => Err(unportable(&part, &expr.text)),
    }
}

/// The condition that a list holds a value.
fn holds(model: &Model, entity: EntityId, id: FieldId, value: Value) -> Result<Arc<Expr>, Refusal> {
    let field = &model[entity][id];
    let list = field_expr(model, entity, id);
    let value = Node { op: Op::Literal(value), ty: field.kind.value_type(), at: 0..0 };
    let op = Op::In { value: Box::new(value), list: Box::new(list.root.clone()) };
    let expr = Expr { root: Node { op, ty: Type::Boolean, at: 0..0 }, ..list };
    match expr.find_unportable(model) {
        None => Ok(Arc::new(expr)),
        Some(_) => Err(Refusal::malformed(Message::with("bad_parameter", [&*field.name]))),
    }
}

/// Whether records may be written by the value of a field.
pub fn is_key(field: &Field) -> bool {
    let is_single = field.is_stored() && !field.many && !matches!(field.kind, Kind::Money { .. } | Kind::Json);
    (field.external || field.unique) && is_single
}

/// A sort key of a request or a page: a field or path, `-` before one that sorts from the greatest down.
///
/// # Errors
/// When it names nothing that can be sorted by.
pub fn sort_key(model: &Model, entity: EntityId, text: &str) -> Result<SortKey, Refusal> {
    let (name, descending) = match text.strip_prefix('-') {
        Some(name) => (name, true),
        None => (text, false),
    };
    let wrong = || Refusal { code: "bad_sort", ..Refusal::malformed(Message::with("bad_sort", [name])) };
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if !name.split('.').all(is_name) {
        return Err(wrong());
    }
    let by = expression(model, entity, name).map_err(|_| wrong())?;
    match by.ty() {
        Type::Json | Type::Secret | Type::List(_) => Err(wrong()),
        // In the order of their ids they would stand in none that anybody knows.
        _ if is_file(model, &by) => Err(wrong()),
        _ => Ok(SortKey { by, descending }),
    }
}

fn is_file(model: &Model, expr: &Expr) -> bool {
    let Op::Field { fields, .. } = &expr.root.op else { return false };
    fields.iter().any(|(entity, field)| matches!(model[*entity][*field].kind, Kind::File(_)))
}
