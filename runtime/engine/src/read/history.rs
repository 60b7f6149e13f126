//! What became of a record: who changed what, when, through which door.

use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Ref};
use serde_json::{Map, Value as Json, json};

use super::cursor::{self, Seal};
use super::list::{MOST, Page, USUAL};
use crate::message::Message;
use crate::policy::{self, ReadPath};
use crate::record::log;
use crate::record::work::Work;
use crate::refusal::Refusal;
use crate::value::write::MONEY_DIGITS;
use crate::value::{json as codec, text};

/// Which part of the history is asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// How many entries.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Reads a page of it, newest first.
///
/// # Errors
/// When there is no such record or not for this person, or the cursor does not fit.
pub fn run(work: &Work<'_>, reference: Ref, request: &Request, seal: &Seal) -> Result<Page<Json>, Refusal> {
    policy::may_read(work.actor, ReadPath::History)?;
    let limit = request.limit.unwrap_or(USUAL);
    if limit == 0 || limit > MOST {
        return Err(Refusal::malformed(Message::with("bad_limit", [MOST, limit].map(|number| number.to_string()))));
    }
    work.any(reference)?.ok_or_else(Refusal::not_found)?;
    let fingerprint = format!("history|{}|{}", work.live.model[reference.entity].name, reference.id);
    let before = request.cursor.as_deref().map(|text| cursor::open_id(seal, &fingerprint, text)).transpose()?;
    let mut entries = work.history(reference, before, limit + 1)?;
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let next = entries.last().filter(|_| more).map(|last| cursor::close_id(seal, &fingerprint, last.id));
    let people: Vec<Ref> =
        entries.iter().filter_map(|entry| entry.actor).map(|id| Ref { entity: work.live.model.user, id }).collect();
    work.load(people.iter().copied())?;
    let items = entries.into_iter().map(|entry| {
        let mut item = Map::new();
        item.insert("at".to_owned(), json!(entry.at.to_string()));
        item.insert("by".to_owned(), entry.actor.map_or(Json::Null, |id| json!(id.to_string())));
        item.insert(
            "by_name".to_owned(),
            json!(entry.actor.map(|id| name(work, Ref { entity: work.live.model.user, id }))),
        );
        item.insert("action".to_owned(), json!(&*entry.action));
        item.insert("via".to_owned(), json!(&*entry.via));
        item.insert("cause".to_owned(), json!(entry.cause.as_deref()));
        item.extend(log::merged_with(&entry).map(|other| ("with".to_owned(), json!(other.to_string()))));
        item.insert("changes".to_owned(), Json::Object(told(work, reference.entity, entry.body.as_deref())));
        Json::Object(item)
    });
    Ok(Page { items: items.collect(), next, count: None })
}

fn name(work: &Work<'_>, person: Ref) -> String {
    let title = work.live.model[person.entity].title;
    match work.target(person) {
        Ok(Some(row)) => match row.get(title) {
            Value::Text(name) => name.to_string(),
            _ => person.id.to_string(),
        },
        _ => person.id.to_string(),
    }
}

/// What the log says of a field.
pub(super) struct Named<'b> {
    /// The name that the field has today; the stored one of a field that left the model.
    pub name: String,
    /// The field, while the model has it.
    pub field: Option<FieldId>,
    /// What the log holds.
    pub value: &'b Json,
}

/// The members of what the log holds, in the order that fields have today; those that left the model come last.
pub(super) fn named<'b>(work: &Work<'_>, entity: EntityId, body: &'b Map<String, Json>) -> Vec<Named<'b>> {
    let table = work.live.layout.schema().table(&work.live.layout.table_name(entity));
    let name = |physical: &String| match table.and_then(|table| table.born(physical)) {
        Some(field) => field.name.clone(),
        None => physical.clone(),
    };
    let mut all: Vec<Named<'b>> = body
        .iter()
        .filter(|(physical, _)| !log::is_about_another(physical))
        .map(|(physical, value)| {
            let name = name(physical);
            Named { field: work.live.model[entity].field(&name).map(|(id, _)| id), name, value }
        })
        .collect();
    all.sort_by(|one, other| {
        let place = |named: &Named<'_>| named.field.map_or(usize::MAX, FieldId::index);
        (place(one), &one.name).cmp(&(place(other), &other.name))
    });
    all
}

/// The changes, with the members that the JSON of a record has.
pub(crate) fn told(work: &Work<'_>, entity: EntityId, body: Option<&Json>) -> Map<String, Json> {
    let mut told = Map::new();
    let Some(Json::Object(body)) = body else { return told };
    for Named { name, field, value } in named(work, entity, body) {
        let side = |at: usize| value.get(at).unwrap_or(&Json::Null);
        match kind(work, entity, field) {
            Some(Kind::Money { .. }) => {
                let ((old, old_currency), (new, new_currency)) = (money(side(0)), money(side(1)));
                if old_currency != new_currency {
                    told.insert(format!("{name}_currency"), json!([old_currency, new_currency]));
                }
                told.insert(name, json!([old, new]));
            }
            Some(Kind::Lines { of, .. }) => {
                let pair = json!([lines(work, *of, side(0)), lines(work, *of, side(1))]);
                told.insert(name, pair);
            }
            _ => {
                told.insert(name, value.clone());
            }
        }
    }
    told
}

fn kind<'w>(work: &'w Work<'_>, entity: EntityId, field: Option<FieldId>) -> Option<&'w Kind> {
    Some(&work.live.model[entity][field?].kind)
}

/// Lines as the log holds them: of each which one it is, and what changed of it.
fn lines(work: &Work<'_>, of: EntityId, written: &Json) -> Json {
    let Json::Array(lines) = written else { return written.clone() };
    let line = |line: &Json| match line {
        Json::Object(line) => Json::Object(held(work, of, line)),
        other => other.clone(),
    };
    lines.iter().map(line).collect()
}

fn held(work: &Work<'_>, entity: EntityId, line: &Map<String, Json>) -> Map<String, Json> {
    let mut held = Map::new();
    held.extend(line.get_key_value("id").map(|(name, id)| (name.clone(), id.clone())));
    for Named { name, field, value } in named(work, entity, line) {
        match kind(work, entity, field) {
            Some(Kind::Money { .. }) => {
                let (amount, currency) = money(value);
                held.insert(format!("{name}_currency"), currency);
                held.insert(name, amount);
            }
            Some(Kind::Lines { of, .. }) => {
                held.insert(name, lines(work, *of, value));
            }
            _ => {
                held.entry(name).or_insert_with(|| value.clone());
            }
        }
    }
    held
}

/// The amount and the currency of money as the log holds it; anything else as it is.
fn money(written: &Json) -> (Json, Json) {
    let text = |name: &str| written.get(name).and_then(Json::as_str);
    match text("amount").and_then(text::exact) {
        Some(amount) => (json!(codec::fixed(amount, MONEY_DIGITS)), json!(text("currency"))),
        None => (written.clone(), Json::Null),
    }
}
