//! What became of a record: who changed what, when, through which door.

use fichero_model::Ref;
use fichero_model::value::Value;
use serde_json::{Map, Value as Json, json};

use super::cursor::{self, Seal};
use super::list::{MOST, Page, USUAL};
use crate::message::Message;
use crate::policy::{self, ReadPath};
use crate::record::work::Work;
use crate::refusal::Refusal;

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
        item.insert("changes".to_owned(), named(work, reference, entry.body.as_deref()));
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

/// The changes by the names that fields have today; a field that left the model keeps its physical name.
pub(super) fn named(work: &Work<'_>, reference: Ref, body: Option<&Json>) -> Json {
    let Some(Json::Object(changes)) = body else { return json!({}) };
    let table = work.live.layout.schema().table(&work.live.layout.table_name(reference.entity));
    let name = |physical: &String| match table.and_then(|table| table.born(physical)) {
        Some(field) => field.name.clone(),
        None => physical.clone(),
    };
    Json::Object(changes.iter().map(|(physical, change)| (name(physical), change.clone())).collect())
}
