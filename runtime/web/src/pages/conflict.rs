//! Two people changed one record: what each of them did to it, side by side.
//!
//! What only the other changed stays as they left it; what only the reader changed is theirs; where both changed a field,
//! the reader chooses. What a field held before comes from the history.

use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::Refusal;
use fichero_engine::input::Given;
use fichero_engine::read::page::{Seen, Since};
use fichero_model::entity::Field;
use fichero_model::value::{Money, Value};
use fichero_model::{EntityId, FieldId, Model, Ref};

use super::form::{self, read::Typed};
use super::post::Posted;
use super::visitor::Visitor;
use super::words::Words;
use crate::ui::context::{ConflictPage, Difference, Hidden, Link};

/// The page that asks what to keep.
///
/// # Errors
/// When there is no such record any longer.
pub async fn show(visitor: &Visitor, record: Ref, posted: &Posted, typed: &Typed) -> Result<Response, Refusal> {
    let version = posted.version().unwrap_or(0);
    let engine = &visitor.app.engine;
    let Seen { reader, now, page: mut since, .. } =
        engine.since_page(&visitor.live, &visitor.actor, record, version).await?;
    let titles = std::mem::take(&mut since.titles).and(typed.titles.clone());
    let words = visitor.words(&reader, now, &titles);
    let mut differences = Vec::new();
    let mut untouched: Vec<FieldId> = Vec::new();
    for (id, given) in &typed.input.fields {
        let field = &words.model[record.entity][*id];
        // What was typed of a secret is not written into a page: it has to be typed again.
        if field.kind.is_secret() {
            untouched.push(*id);
            continue;
        }
        let Some(mine) = mine(given, &since, *id) else { continue };
        let theirs = value(&since.values, *id);
        match since.before.get(id) {
            // Only the other changed it: what the form held was how it was before.
            Some(before) if same(field, &mine, before) => untouched.push(*id),
            Some(before) if !same(field, &mine, &theirs) => {
                differences.push(difference(&words, field, before, &mine, &theirs));
            }
            _ => {}
        }
    }
    let mut page = visitor.page(&reader, Some(record.entity));
    page.crumbs = form::crumbs(&words, record);
    let page = ConflictPage {
        page,
        entity: words.head(record.entity),
        record: Link { label: words.title(record), href: words.href(record) },
        who: words.person(since.by),
        at: words.when(since.at),
        action: format!("{}/edit", words.href(record)),
        hidden: hidden(words.model, record.entity, posted, since.version, &untouched),
        differences,
    };
    Ok(visitor.html(StatusCode::CONFLICT, &page))
}

/// Drops what was typed for the fields where the other's word is kept.
pub fn keep(model: &Model, entity: EntityId, posted: &mut Posted) {
    let fields = model[entity].all_fields();
    let theirs: Vec<FieldId> = fields
        .filter(|(_, field)| posted.last(&format!("_keep.{}", field.name)) == Some("theirs"))
        .map(|(id, _)| id)
        .collect();
    posted.retain(|name| !name.starts_with("_keep.") && !is_of(model, entity, name, &theirs));
}

/// Everything that was typed but for the fields that only the other changed, at the newest version.
fn hidden(model: &Model, entity: EntityId, posted: &Posted, version: i64, untouched: &[FieldId]) -> Vec<Hidden> {
    let chrome = |name: &str| matches!(name, "_csrf" | "_version" | "_do");
    let kept = posted.pairs().filter(|(name, _)| !chrome(name) && !is_of(model, entity, name, untouched));
    let version = ("_version", version.to_string());
    kept.map(|(name, value)| (name, value.to_owned()))
        .chain([version])
        .map(|(name, value)| Hidden { name: name.to_owned(), value })
        .collect()
}

/// Whether a posted name belongs to one of the fields.
fn is_of(model: &Model, entity: EntityId, name: &str, fields: &[FieldId]) -> bool {
    let stem = name.strip_prefix("_was.").unwrap_or(name);
    fields.iter().any(|id| {
        let field = &*model[entity][*id].name;
        stem.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest == "_currency")
    })
}

fn difference(words: &Words<'_>, field: &Field, before: &Value, mine: &Value, theirs: &Value) -> Difference {
    Difference {
        name: field.name.to_string(),
        label: words.label(&field.label).to_owned(),
        base: words.cell(field, before),
        mine: words.cell(field, mine),
        theirs: words.cell(field, theirs),
    }
}

fn value(values: &[Value], id: FieldId) -> Value {
    values.get(id.index()).cloned().unwrap_or_default()
}

/// What was typed, as far as it is one value; lines and names are kept as they were typed.
fn mine(given: &Given, since: &Since, id: FieldId) -> Option<Value> {
    match given {
        Given::Value(value) => Some(value.clone()),
        Given::Money { amount: Some(None), .. } => Some(Value::Nothing),
        Given::Money { amount: Some(Some(amount)), currency } => {
            let held = match (since.values.get(id.index()), since.before.get(&id)) {
                (Some(Value::Money(money)), _) | (_, Some(Value::Money(money))) => Some(money.currency),
                _ => None,
            };
            let currency = currency.or(held)?;
            Some(Value::Money(Money { amount: *amount, currency, base: *amount }))
        }
        Given::Options(names) => match &names[..] {
            [one] => Some(Value::Text(one.clone())),
            several => Some(Value::list(several.iter().cloned().map(Value::Text))),
        },
        Given::Merge(_)
        | Given::Money { amount: None, .. }
        | Given::Named(_)
        | Given::NamedList(_)
        | Given::Lines(_) => None,
    }
}

/// Whether two values are the same to people: money by amount and currency, several values in any order.
pub fn same(field: &Field, one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Money(one), Value::Money(other)) => one.amount == other.amount && one.currency == other.currency,
        (Value::Boolean(false), Value::Nothing) | (Value::Nothing, Value::Boolean(false)) => true,
        (one, other) if field.many => {
            let (one, other) = (one.items(), other.items());
            one.len() == other.len() && one.iter().all(|item| other.contains(item))
        }
        (one, other) => one == other,
    }
}
