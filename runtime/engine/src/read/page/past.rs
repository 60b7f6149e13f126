//! What became of a record, with typed values; and what others did to it since somebody read it.

use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::entity::Field;
use fichero_model::kind::Kind;
use fichero_model::value::{Currency, Money, Value};
use fichero_model::{FieldId, Model, Ref};
use fichero_store::system::change::Change;
use jiff::Timestamp;
use serde_json::Value as Json;

use super::{Seen, Titles, records_in, titles, values};
use crate::actor::Actor;
use crate::engine::Engine;
use crate::live::Live;
use crate::policy::{self, ReadPath};
use crate::read::{cursor, history};
use crate::record::work::Work;
use crate::refusal::Refusal;
use crate::value::{json, text};

/// How many entries one page of a history shows.
const ENTRIES: u32 = 20;

/// How far back it is looked for what others did meanwhile.
const MEANWHILE: u32 = 500;

/// A command that changed a record.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// By whom; nothing for the system.
    pub by: Option<Ref>,
    /// What was done: `create update delete restore purge`.
    pub action: Arc<str>,
    /// Through which door, as [`crate::Via::name`] says it.
    pub via: Arc<str>,
    /// The fields that changed.
    pub changes: Vec<Changed>,
}

/// A field that changed.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The field's name; its stored one when it left the model.
    pub name: String,
    /// The field, while the model has it.
    pub field: Option<FieldId>,
    /// Before.
    pub old: Value,
    /// After.
    pub new: Value,
}

/// What became of a record since a version of it was read.
#[derive(Clone, Debug)]
pub struct Since {
    /// Its version now.
    pub version: i64,
    /// All values now, by field id; nothing for rows of other entities.
    pub values: Vec<Value>,
    /// What the fields that were changed since held at that version.
    pub before: HashMap<FieldId, Value>,
    /// Who changed it last.
    pub by: Option<Ref>,
    /// When.
    pub at: Timestamp,
    /// The titles of the record and all that it names.
    pub titles: Titles,
}

impl Engine {
    /// What became of a record since a version of it was read.
    ///
    /// # Errors
    /// When there is no such record, or it may not be read.
    pub async fn since_page(
        &self,
        live: &Arc<Live>,
        actor: &Actor,
        record: Ref,
        version: i64,
    ) -> Result<Seen<Since>, Refusal> {
        self.look(live, actor, move |work| {
            policy::may_read(work.actor, ReadPath::History)?;
            let row = work.living(record)?.ok_or_else(Refusal::not_found)?;
            let values = work.gather(|| values(work, &row))?;
            let changes = work.history(record, None, MEANWHILE)?;
            let last = changes.first();
            let mut before = HashMap::new();
            // From the newest to the oldest, so that the oldest word on a field stays.
            for change in changes.iter().take_while(|change| change.revision > version) {
                for changed in typed(work, record, change) {
                    before.extend(changed.field.map(|field| (field, changed.old)));
                }
            }
            let by = last.and_then(|change| change.actor).map(|id| Ref { entity: work.live.model.user, id });
            let mut named = records_in(values.iter().chain(before.values()));
            named.extend(by.into_iter().chain([record]));
            Ok(Since {
                version: row.version(),
                values,
                before,
                by,
                at: last.map_or(work.now, |change| change.at),
                titles: titles(work, &named)?,
            })
        })
        .await
    }
}

/// A page of the history of a record, and the cursor of the next one.
pub(super) fn entries(
    work: &Work<'_>,
    record: Ref,
    cursor: Option<&str>,
    seal: &cursor::Seal,
) -> Result<(Vec<Entry>, Option<String>), Refusal> {
    policy::may_read(work.actor, ReadPath::History)?;
    let fingerprint = format!("past|{}|{}", work.live.model[record.entity].name, record.id);
    let before = cursor.map(|text| cursor::open_id(seal, &fingerprint, text)).transpose()?;
    let mut changes = work.history(record, before, ENTRIES + 1)?;
    let more = changes.len() > ENTRIES as usize;
    changes.truncate(ENTRIES as usize);
    let next = changes.last().filter(|_| more).map(|last| cursor::close_id(seal, &fingerprint, last.id));
    let entry = |change: &Change| Entry {
        at: change.at,
        by: change.actor.map(|id| Ref { entity: work.live.model.user, id }),
        action: Arc::clone(&change.action),
        via: Arc::clone(&change.via),
        changes: typed(work, record, change),
    };
    Ok((changes.iter().map(entry).collect(), next))
}

/// The records that entries name.
pub(super) fn named(entries: &[Entry]) -> Vec<Ref> {
    let changes = entries.iter().flat_map(|entry| &entry.changes);
    let mut named = records_in(changes.flat_map(|change| [&change.old, &change.new]));
    named.extend(entries.iter().filter_map(|entry| entry.by));
    named
}

fn typed(work: &Work<'_>, record: Ref, change: &Change) -> Vec<Changed> {
    let model = &work.live.model;
    let Json::Object(changes) = history::named(work, record, change.body.as_deref()) else { return Vec::new() };
    let changed = |(name, pair): (String, Json)| {
        let side = |at: usize| pair.get(at).cloned().unwrap_or_default();
        let found = model[record.entity].field(&name);
        let value = |json: &Json| match found {
            Some((_, field)) => read(model, field, json),
            None => loose(json),
        };
        Changed { field: found.map(|(id, _)| id), old: value(&side(0)), new: value(&side(1)), name }
    };
    changes.into_iter().map(changed).collect()
}

/// A value as the log holds it. One that is no longer of the field's type is shown as the text it was.
fn read(model: &Model, field: &Field, written: &Json) -> Value {
    match written {
        Json::Null => Value::Nothing,
        Json::Object(money) if matches!(field.kind, Kind::Money { .. }) => {
            money_of(money).unwrap_or_else(|| loose(written))
        }
        Json::Array(items) => Value::list(items.iter().map(|item| read(model, field, item))),
        one => json::value(model, field, one).unwrap_or_else(|_| loose(one)),
    }
}

fn money_of(members: &serde_json::Map<String, Json>) -> Option<Value> {
    let text = |name: &str| members.get(name).and_then(Json::as_str);
    let amount = text::exact(text("amount")?)?;
    let currency = Currency::parse(text("currency")?)?;
    // What it was worth in base is not in the log, and nobody is shown it.
    Some(Value::Money(Money { amount, currency, base: amount }))
}

fn loose(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nothing,
        Json::String(text) => Value::text(text),
        other => Value::text(&other.to_string()),
    }
}
