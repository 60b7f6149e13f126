//! Records from and to JSON, as contract.md's HTTP writes it: ids and decimals as strings, money as members `amount`,
//! `amount_currency` and `amount_base`, a reference to one of several entities as `"entity:ID"`, dates in ISO 8601,
//! moments in UTC with `Z`, durations in seconds.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;

use fichero_model::entity::{Entity, Field};
use fichero_model::kind::{Kind, Reference};
use fichero_model::value::{Currency, Value};
use fichero_model::{EntityId, FieldId, Id, Model, Ref};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::check::{self, MOST_VALUES, Problem, about};
use super::text::unless_held;
use super::write::{Fixed, Loose, Of};
use crate::input::{Given, Input, Line};
use crate::message::{Argument, Message};
use crate::refusal::{FieldError, Refusal};

/// The most lines one record may be given at once.
pub const MOST_LINES: usize = 2_000;

/// Reads what a body gives for a record of `entity`.
///
/// # Errors
/// When the body is no object. What is wrong with single fields is in [`Input::errors`].
pub fn input(model: &Model, entity: EntityId, body: &Json) -> Result<Input, Refusal> {
    let Json::Object(members) = body else {
        return Err(Refusal::malformed(Message::with("not_object", [&*model[entity].name])));
    };
    Ok(Input { revision: Some(Arc::clone(&model.revision)), ..object(model, entity, members, 0) })
}

fn object(model: &Model, entity: EntityId, members: &Map<String, Json>, depth: usize) -> Input {
    let definition = &model[entity];
    let mut input = Input::default();
    for (name, json) in &*spread(definition, members) {
        let result = match definition.field(name) {
            Some((id, field)) => member(model, id, field, json, depth, &mut input),
            None => money_part(definition, name, json, &mut input).unwrap_or_else(|| Err(unknown(definition, name))),
        };
        if let Err((code, message)) = result {
            input.errors.push(FieldError::new(name, code, message));
        }
    }
    for (id, given) in &input.fields {
        if let Given::Money { amount: Some(None), currency: Some(currency) } = given {
            let field = &definition[*id];
            let (code, message) = about(field, "no_amount", [Argument::Plain(currency.to_string())]);
            input.errors.push(FieldError::new(field.name.to_string(), code, message));
        }
    }
    input
}

/// Members with the parts of groups by their own names, where they are given together: `{"address": {"city": "Vigo"}}`
/// is `{"address_city": "Vigo"}`, and nothing for a group is nothing for each part.
pub fn spread<'m>(definition: &Entity, members: &'m Map<String, Json>) -> Cow<'m, Map<String, Json>> {
    let whole = |name: &str, json: &Json| {
        let (id, _) = definition.field(name)?;
        definition.group(id).filter(|_| json.is_object() || json.is_null())
    };
    if definition.groups.is_empty() || members.iter().all(|(name, json)| whole(name, json).is_none()) {
        return Cow::Borrowed(members);
    }
    let mut spread = Map::new();
    for (name, json) in members {
        match (whole(name, json), json) {
            (None, _) => {
                spread.insert(name.clone(), json.clone());
            }
            (Some(group), Json::Object(parts)) => {
                let own = |name: &String| match group.part(name) {
                    Some(id) => definition[id].name.to_string(),
                    None => format!("{}.{name}", definition[group.field].name),
                };
                let parts: Map<String, Json> = parts.iter().map(|(name, json)| (own(name), json.clone())).collect();
                spread.extend(self::spread(definition, &parts).into_owned());
            }
            (Some(group), _) => {
                let parts = definition.leaves(group.field).into_iter().filter(|id| definition[*id].is_input());
                spread.extend(parts.map(|id| (definition[id].name.to_string(), Json::Null)));
            }
        }
    }
    Cow::Owned(spread)
}

fn member(
    model: &Model,
    id: FieldId,
    field: &Field,
    json: &Json,
    depth: usize,
    input: &mut Input,
) -> Result<(), Problem> {
    let given = match &field.kind {
        Kind::Lines { of, .. } => Given::Lines(lines(model, *of, field, json, depth, input)?),
        Kind::Money { .. } => {
            let amount = if json.is_null() {
                None
            } else {
                Some(check::decimal(field, number(field, json, check::MONEY_SCALE)?, check::MONEY_SCALE)?)
            };
            let currency = match input.get(id) {
                Some(Given::Money { currency, .. }) => *currency,
                _ => None,
            };
            Given::Money { amount: Some(amount), currency }
        }
        // What is read of a secret, sent back, leaves it as it is.
        Kind::Secret { .. } if *json == Json::Bool(true) => return Ok(()),
        _ if json.is_null() => Given::Value(Value::Nothing),
        _ if field.many => {
            let Json::Array(items) = json else { return Err(about(field, "not_list", [])) };
            if items.len() > MOST_VALUES {
                return Err(about(field, "too_many_values", [Argument::Plain(MOST_VALUES.to_string())]));
            }
            let values: Result<Vec<Value>, Problem> = items.iter().map(|item| value(model, field, item)).collect();
            let given = values.map(|values| Given::Value(Value::list(values)));
            given.or_else(|problem| unless_held(field, items.iter().map(Json::as_str), problem))?
        }
        _ => {
            let given = value(model, field, json).map(Given::Value);
            given.or_else(|problem| unless_held(field, std::iter::once(json.as_str()), problem))?
        }
    };
    input.put(id, given);
    Ok(())
}

/// The money field of which `name` is the second or third member.
pub fn money_of<'d>(definition: &'d Entity, name: &str) -> Option<(FieldId, &'d Field)> {
    let stem = name.strip_suffix("_currency").or_else(|| name.strip_suffix("_base"))?;
    definition.field(stem).filter(|(_, field)| matches!(field.kind, Kind::Money { .. }))
}

/// The second and third members of money: `amount_currency` is taken, `amount_base` may be given back unchanged.
fn money_part(definition: &Entity, name: &str, json: &Json, input: &mut Input) -> Option<Result<(), Problem>> {
    let (id, field) = money_of(definition, name)?;
    if name.ends_with("_base") {
        return Some(Err(about(field, "readonly", [])));
    }
    if json.is_null() {
        return Some(Ok(()));
    }
    let Some(code) = json.as_str().and_then(Currency::parse) else {
        return Some(Err(about(field, "not_currency", [])));
    };
    let amount = match input.get(id) {
        Some(Given::Money { amount, .. }) => *amount,
        _ => None,
    };
    input.put(id, Given::Money { amount, currency: Some(code) });
    Some(Ok(()))
}

fn lines(
    model: &Model,
    of: EntityId,
    field: &Field,
    json: &Json,
    depth: usize,
    input: &mut Input,
) -> Result<Vec<Line>, Problem> {
    let Json::Array(items) = json else { return Err(about(field, "not_list", [])) };
    if depth >= 3 || items.len() > MOST_LINES {
        return Err(about(field, "too_many_values", [Argument::Plain(MOST_LINES.to_string())]));
    }
    let mut lines = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let place = format!("{}[{index}]", field.name);
        let mut wrong = |place: &str, key: &'static str| {
            input.errors.push(FieldError::new(place, key, Message::with(key, [place])));
        };
        let Json::Object(members) = item else {
            wrong(&place, "not_object");
            continue;
        };
        let mut members = members.clone();
        let id = match members.remove("id") {
            None | Some(Json::Null) => None,
            Some(id) => match id.as_str().and_then(|text| Id::from_str(text).ok()) {
                Some(id) => Some(id),
                None => {
                    wrong(&format!("{place}.id"), "not_reference");
                    continue;
                }
            },
        };
        let mut line = object(model, of, &members, depth + 1);
        input.errors.extend(std::mem::take(&mut line.errors).into_iter().map(|error| error.inside(&place)));
        lines.push(Line { id, input: line });
    }
    Ok(lines)
}

fn unknown(definition: &Entity, name: &str) -> Problem {
    let names = definition.fields.iter().map(|field| &*field.name);
    match fichero_model::name::did_you_mean(name, names) {
        Some(near) => ("unknown_field", Message::with("unknown_field_near", [name, near])),
        None => ("unknown_field", Message::with("unknown_field", [name])),
    }
}

/// What is held with a patch merged into it (RFC 7396): null takes a member away.
pub fn merged(held: &Json, patch: &Json) -> Json {
    let Json::Object(changes) = patch else { return patch.clone() };
    let mut merged = held.as_object().cloned().unwrap_or_default();
    for (name, change) in changes {
        if change.is_null() {
            merged.remove(name);
        } else {
            let inner = self::merged(merged.get(name).unwrap_or(&Json::Null), change);
            merged.insert(name.clone(), inner);
        }
    }
    let mut merged = Json::Object(merged);
    merged.sort_all_objects();
    merged
}

/// Reads one value that is not null and not a list.
///
/// # Errors
/// When it is not a value of the field's type.
pub fn value(model: &Model, field: &Field, json: &Json) -> Result<Value, Problem> {
    let text = |key: &'static str| json.as_str().ok_or_else(|| about(field, key, []));
    match &field.kind {
        Kind::Text { .. } | Kind::LongText { .. } | Kind::Secret { .. } => {
            check::kept(field, text("not_text")?).map(|text| Value::text(&text))
        }
        Kind::File(_) => check::file(field, text("not_file")?),
        Kind::Integer => {
            whole(json).ok_or_else(|| about(field, "not_integer", [])).and_then(|number| check::integer(field, number))
        }
        Kind::Decimal { scale } => check::decimal(field, number(field, json, *scale)?, *scale).map(Value::Decimal),
        // What a whole record gives is read member by member; this is an amount to compare with.
        Kind::Money { .. } => {
            let amount = number(field, json, check::MONEY_SCALE)?;
            check::decimal(field, amount, check::MONEY_SCALE).map(Value::Decimal)
        }
        Kind::Boolean => json.as_bool().map(Value::Boolean).ok_or_else(|| about(field, "not_boolean", [])),
        Kind::Date => super::text::date(field, text("not_date")?, &[]),
        Kind::Time => super::text::time(field, text("not_time")?),
        Kind::DateTime => datetime(field, text("not_datetime")?),
        Kind::Duration => whole(json)
            .ok_or_else(|| ("not_duration", about(field, "not_seconds", []).1))
            .and_then(|seconds| check::integer(field, seconds))
            .map(|value| match value {
                Value::Integer(seconds) => Value::Duration(seconds),
                other => other,
            }),
        Kind::Choice { options } => super::text::option(model, field, *options, text("not_text")?),
        Kind::Ref(reference) => reference_value(model, field, reference, text("not_reference")?),
        Kind::Json => check::structured(field, json).map(|json| Value::Json(Arc::new(json))),
        Kind::Lines { .. } | Kind::Children { .. } => Err(about(field, "readonly", [])),
    }
}

/// A whole number, however it is written: JSON makes no difference between `5` and `5.0`.
fn whole(json: &Json) -> Option<i64> {
    json.as_i64()
        .or_else(|| super::text::exact(&json.as_f64()?.to_string()).filter(|n| n.fract().is_zero())?.try_into().ok())
}

fn number(field: &Field, json: &Json, scale: u8) -> Result<Decimal, Problem> {
    let wrong = || about(field, "not_decimal", [Argument::Plain(scale.to_string())]);
    let text = match json {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        // Its members stand beside each other, not inside one another.
        Json::Object(_) if matches!(field.kind, Kind::Money { .. }) => {
            let currency = Argument::Plain(format!("{}_currency", field.name));
            return Err(("not_decimal", about(field, "not_amount", [currency]).1));
        }
        _ => return Err(wrong()),
    };
    super::text::exact(&text).ok_or_else(wrong)
}

fn datetime(field: &Field, text: &str) -> Result<Value, Problem> {
    let moment = super::text::instant(text).ok_or_else(|| super::text::no_moment(field, text))?;
    Timestamp::from_microsecond(moment.as_microsecond())
        .map(Value::DateTime)
        .map_err(|_| about(field, "not_datetime", []))
}

fn reference_value(model: &Model, field: &Field, reference: &Reference, text: &str) -> Result<Value, Problem> {
    let wrong = || about(field, "not_reference", []);
    let (entity, id) = match (text.split_once(':'), &*reference.targets) {
        (Some((name, id)), targets) => {
            let entity = model
                .entity(name)
                .map(|(entity, _)| entity)
                .filter(|entity| targets.contains(entity))
                .ok_or_else(wrong)?;
            (entity, id)
        }
        (None, [only]) => (*only, text),
        (None, targets) => {
            let example = targets.first().map_or("", |target| &model[*target].name);
            return Err(about(field, "reference_kind", [Argument::from(example)]));
        }
    };
    Ok(Value::Ref(Ref { entity, id: Id::from_str(id).map_err(|_| wrong())? }))
}

/// Writes one value of a field; money takes more than one member, see [`put`].
pub fn write(model: &Model, field: &Field, value: &Value) -> Json {
    serde_json::to_value(Of { model, field, value }).unwrap_or_default()
}

/// Writes a value whose kind is not known: of an aggregate or an expression.
pub fn loose(value: &Value) -> Json {
    serde_json::to_value(Loose(value)).unwrap_or_default()
}

/// A number with at least `scale` digits behind the point.
pub fn fixed(number: Decimal, scale: u8) -> String {
    Fixed(number, scale).to_string()
}

/// Puts a field into an object, money as its three members.
pub fn put(model: &Model, field: &Field, value: &Value, object: &mut Map<String, Json>) {
    if let Kind::Money { .. } = field.kind {
        let (currency, base) = match value {
            Value::Money(money) => (money.currency.as_str().into(), loose(value)),
            _ => (Json::Null, Json::Null),
        };
        object.insert(format!("{}_currency", field.name), currency);
        object.insert(format!("{}_base", field.name), base);
    }
    object.insert(field.name.to_string(), write(model, field, value));
}
