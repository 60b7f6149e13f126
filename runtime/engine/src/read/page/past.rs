//! What became of a record, with typed values; and what others did to it since somebody read it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use fichero_model::entity::Field;
use fichero_model::kind::Kind;
use fichero_model::value::{Currency, Money, Value};
use fichero_model::{EntityId, FieldId, Model, Ref};
use fichero_store::system::change::Change;
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::{Seen, Titles, records_in, titles, values};
use crate::actor::Actor;
use crate::engine::Engine;
use crate::live::Live;
use crate::policy::{self, ReadPath};
use crate::read::cursor;
use crate::read::history::{self, Named};
use crate::record::log;
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
    /// What was done: `create update delete restore purge merge`.
    pub action: Arc<str>,
    /// The other record of a merge.
    pub with: Option<Ref>,
    /// Through which door, as [`crate::Via::name`] says it.
    pub via: Arc<str>,
    /// The fields that changed.
    pub changes: Vec<Changed>,
}

/// A field that changed, of the record or of one of its lines. A line that was added or removed is a change of the field
/// that it belongs to: from nothing to the line, or back.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The lines that lead to the one that changed, from the record down: each with the field it belongs to.
    pub inside: Vec<(FieldId, Ref)>,
    /// Whose field it is.
    pub entity: EntityId,
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
                for changed in typed(work, record, change).into_iter().filter(|changed| changed.inside.is_empty()) {
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

/// How a record came to be no longer there.
#[derive(Clone, Debug)]
pub struct Gone {
    /// It lies in the trash; else it was removed for good.
    pub trashed: bool,
    /// When.
    pub at: Timestamp,
    /// By whom; nothing for the system.
    pub by: Option<Ref>,
    /// The record that it was merged into.
    pub into: Option<Ref>,
    /// The titles of the records and of who deleted it.
    pub titles: Titles,
}

impl Engine {
    /// How a record came to be no longer there; nothing for one that lives or never was.
    ///
    /// # Errors
    /// When it may not be read.
    pub async fn gone_page(&self, live: &Arc<Live>, actor: &Actor, record: Ref) -> Result<Seen<Option<Gone>>, Refusal> {
        self.look(live, actor, move |work| {
            policy::may_read(work.actor, ReadPath::History)?;
            if work.living(record)?.is_some() {
                return Ok(None);
            }
            let trashed = work.any(record)?.is_some();
            let wanted: &[&str] = if trashed { &["delete", log::MERGE] } else { &["purge"] };
            let changes = work.history(record, None, ENTRIES)?;
            let went = |change: &&Change| wanted.contains(&&*change.action);
            let Some(change) = changes.iter().find(went) else { return Ok(None) };
            let by = change.actor.map(|id| Ref { entity: work.live.model.user, id });
            let into = merged_into(record, &changes);
            let named: Vec<Ref> = by.into_iter().chain(into).chain([record]).collect();
            Ok(Some(Gone { trashed, at: change.at, by, into, titles: titles(work, &named)? }))
        })
        .await
    }
}

/// The record that one which is no longer there was merged into, if that is how it went.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn went_into(work: &Work<'_>, record: Ref) -> Result<Option<Ref>, Refusal> {
    Ok(merged_into(record, &work.history(record, None, ENTRIES)?))
}

/// The same by its newest changes: what happens to a record in the trash says nothing of how it came there.
fn merged_into(record: Ref, changes: &[Change]) -> Option<Ref> {
    let led = changes.iter().find(|change| matches!(&*change.action, "create" | "delete" | "restore" | log::MERGE))?;
    log::merged_with(led).map(|id| Ref { entity: record.entity, id })
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
        with: log::merged_with(change).map(|id| Ref { entity: record.entity, id }),
        via: Arc::clone(&change.via),
        changes: typed(work, record, change),
    };
    Ok((changes.iter().map(entry).collect(), next))
}

/// The records that entries name.
pub(super) fn named(entries: &[Entry]) -> Vec<Ref> {
    let changes = entries.iter().flat_map(|entry| &entry.changes);
    let mut named = records_in(changes.flat_map(|change| [&change.old, &change.new]));
    let changes = entries.iter().flat_map(|entry| &entry.changes);
    named.extend(changes.flat_map(|change| &change.inside).map(|(_, line)| *line));
    named.extend(entries.iter().filter_map(|entry| entry.by));
    named.extend(entries.iter().filter_map(|entry| entry.with));
    named
}

fn typed(work: &Work<'_>, record: Ref, change: &Change) -> Vec<Changed> {
    let mut all = Vec::new();
    if let Some(Json::Object(body)) = change.body.as_deref() {
        gather(work, record.entity, body, &[], &mut all);
    }
    all
}

/// The changes of a record or a line, each `[before, after]`.
fn gather(
    work: &Work<'_>,
    entity: EntityId,
    body: &Map<String, Json>,
    inside: &[(FieldId, Ref)],
    all: &mut Vec<Changed>,
) {
    let model = &work.live.model;
    for Named { name, field, value } in history::named(work, entity, body) {
        let side = |at: usize| value.get(at).unwrap_or(&Json::Null);
        let put =
            |old: Value, new: Value| Changed { inside: inside.to_vec(), entity, name: name.clone(), field, old, new };
        match field.map(|id| (id, &model[entity][id])) {
            Some((id, Field { kind: Kind::Lines { of, .. }, .. })) => {
                for (line, old, new) in paired(*of, side(0), side(1)) {
                    match (old, new) {
                        (Some(old), Some(new)) => {
                            let names: BTreeSet<&String> =
                                old.keys().chain(new.keys()).filter(|name| *name != "id").collect();
                            let pair = |name: &String| json!([old.get(name), new.get(name)]);
                            let body = names.into_iter().map(|name| (name.clone(), pair(name))).collect();
                            gather(work, *of, &body, &[inside, &[(id, line)]].concat(), all);
                        }
                        (old, new) => {
                            let there = |side: Option<_>| side.map_or(Value::Nothing, |_| Value::Ref(line));
                            all.push(put(there(old), there(new)));
                        }
                    }
                }
            }
            Some((_, field)) => {
                let (old, new) = (read(model, field, side(0)), read(model, field, side(1)));
                [&old, &new].into_iter().for_each(|side| work.meet_files(field, side));
                all.push(put(old, new));
            }
            None => all.push(put(loose(side(0)), loose(side(1)))),
        }
    }
}

/// What the log holds of a line.
type Side<'b> = Option<&'b Map<String, Json>>;

/// Lines with what each held and holds, those that were there before first.
fn paired<'b>(of: EntityId, old: &'b Json, new: &'b Json) -> Vec<(Ref, Side<'b>, Side<'b>)> {
    let line = |line: &'b Json| {
        let line = line.as_object()?;
        Some((Ref { entity: of, id: line.get("id")?.as_str()?.parse().ok()? }, line))
    };
    let side = |side: &'b Json| side.as_array().into_iter().flatten().filter_map(line).collect::<Vec<_>>();
    let (old, new) = (side(old), side(new));
    let (held, holds): (HashMap<_, _>, HashMap<_, _>) = (old.iter().copied().collect(), new.iter().copied().collect());
    let before = old.iter().map(|(line, held)| (*line, Some(*held), holds.get(line).copied()));
    let added = new.iter().filter(|(line, _)| !held.contains_key(line));
    before.chain(added.map(|(line, holds)| (*line, None, Some(*holds)))).collect()
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
