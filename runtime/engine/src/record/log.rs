//! What is written to the logs for each record a command changes: one entry per record and command, with only the
//! fields that changed; and one per stage or owner that changed.
//!
//! The logs are append-only. Entries are gathered during the command and written at its end, in few statements.

use std::sync::Arc;

use fichero_model::entity::{Field, System};
use fichero_model::expr::Row;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::system::change::Change;
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::check::Checked;
use super::money;
use super::work::Work;
use crate::refusal::Refusal;
use crate::value::json as codec;

/// One entry of the change log, before it is written.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The record.
    pub record: Ref,
    /// When: of a record that is brought in with its history, when it came to be.
    pub at: Timestamp,
    /// By which user; nothing for the system.
    pub actor: Option<Id>,
    /// Its version afterwards.
    pub revision: i64,
    /// What was done: `create update delete restore purge merge`.
    pub action: &'static str,
    /// For each field that changed, by its physical name, what it was and what it is.
    pub changes: Map<String, Json>,
    /// The stages and owners that changed: the field, from, to.
    pub moves: Vec<(FieldId, Option<String>, Option<String>)>,
}

/// What became of a reference to many records.
#[derive(Clone, Debug)]
pub struct Relinked {
    /// The reference.
    pub field: FieldId,
    /// What it pointed to.
    pub before: Vec<Ref>,
    /// What it points to.
    pub after: Vec<Ref>,
}

/// Lines that were written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lines<'l> {
    /// Those that were made or changed; their own entries say how.
    pub saved: &'l [Id],
    /// Those that the record lists no longer.
    pub removed: &'l [Arc<Row>],
    /// Those that it lists again.
    pub added: &'l [Arc<Row>],
}

/// Notes that a checked record was written, and what became of its references to many.
///
/// # Errors
/// None today; the signature leaves room for logs that must be read.
pub fn saved(work: &Work<'_>, checked: &Checked, links: &[Relinked]) -> Result<(), Refusal> {
    note(work, checked.old(), checked.row(), links);
    Ok(())
}

/// Notes that a record was changed by something that follows from another record.
///
/// # Errors
/// As [`saved`].
pub fn changed(work: &Work<'_>, old: &Arc<Row>, new: &Row, links: &[Relinked]) -> Result<(), Refusal> {
    note(work, Some(old), new, links);
    Ok(())
}

fn note(work: &Work<'_>, old: Option<&Arc<Row>>, new: &Row, links: &[Relinked]) {
    let Some(record) = new.reference() else { return };
    let (mut changes, moves) = differences(work, new.entity, old, new);
    for link in links {
        let field = &work.live.model[new.entity][link.field];
        let list = |targets: &[Ref]| Value::list(targets.iter().map(|target| Value::Ref(*target)));
        let name = work.live.layout.column_name(new.entity, link.field);
        let before = match old {
            None => Json::Null,
            Some(_) => written(work, field, &list(&link.before)),
        };
        changes.insert(name.to_string(), json!([before, written(work, field, &list(&link.after))]));
    }
    let revision = new.version();
    work.note(match old {
        Some(_) => Entry { record, revision, action: "update", changes, moves, ..now(work, record) },
        None => {
            let at = match new.get(System::CreatedAt.field()) {
                Value::DateTime(at) => *at,
                _ => work.now,
            };
            let actor = new.get(System::CreatedBy.field()).as_ref().map(|user| user.id);
            Entry { record, at, actor, revision, action: "create", changes, moves }
        }
    });
}

/// Notes that a record was changed in its lines alone; [`lines`] says how.
pub fn touched(work: &Work<'_>, record: Ref, revision: i64) {
    work.note(Entry { action: "update", revision, ..now(work, record) });
}

/// Notes in the entry of a record what became of its lines: of each that was made, changed or removed, what it held and
/// what it holds, as far as that differs.
pub fn lines(work: &Work<'_>, (record, field): (Ref, FieldId), of: &Lines<'_>) {
    let Lines { saved, removed, added } = *of;
    let definition = &work.live.model[record.entity][field];
    let Kind::Lines { of, by } = definition.kind else { return };
    let by = work.live.layout.column_name(of, by);
    let side = |id: Id, changes: &Map<String, Json>, at: usize| {
        let mut side = Map::from_iter([("id".to_owned(), json!(id.to_string()))]);
        let values = changes.iter().filter(|(name, _)| **name != *by);
        side.extend(values.map(|(name, pair)| (name.clone(), pair.get(at).cloned().unwrap_or_default())));
        Json::Object(side)
    };
    let held = |row: &Arc<Row>| Some(side(row.id()?, &differences(work, of, None, row).0, 1));
    // One that left was perhaps changed with it, and was there as it was before.
    let left = |row: &Arc<Row>| {
        let mut changes = differences(work, of, None, row).0;
        for (_, is_new, changed) in work.noted(of, &[row.id()?]) {
            let was = changed.into_iter().filter(|_| !is_new).map(|(name, pair)| {
                let value = pair.get(0).cloned().unwrap_or_default();
                (name, json!([null, value]))
            });
            changes.extend(was);
        }
        changes.retain(|_, pair| pair.get(1).is_some_and(|value| !value.is_null()));
        Some(side(row.id()?, &changes, 1))
    };
    let mut before: Vec<Json> = removed.iter().filter_map(left).collect();
    let mut after: Vec<Json> = added.iter().filter_map(held).collect();
    for (id, is_new, changes) in work.noted(of, saved) {
        if !is_new {
            before.push(side(id, &changes, 0));
        }
        after.push(side(id, &changes, 1));
    }
    if !before.is_empty() || !after.is_empty() {
        work.amend(record, &definition.name, json!([before, after]));
    }
}

/// Notes that a record was put into the trash, taken out of it, or removed for good.
///
/// # Errors
/// As [`saved`].
pub fn removed(work: &Work<'_>, row: &Row, action: &'static str) -> Result<(), Refusal> {
    let Some(record) = row.reference() else { return Ok(()) };
    work.note(Entry { revision: row.version(), action, ..now(work, record) });
    Ok(())
}

/// What is done to two records of which one goes: both have an entry of it.
pub const MERGE: &str = "merge";

/// Stands in the entry of a merge for the other record. No column is called so.
const WITH: &str = "@with";

/// Notes that a record was merged into another and lies in the trash.
pub fn merged_away(work: &Work<'_>, row: &Row, into: Ref) {
    let Some(record) = row.reference() else { return };
    let changes = Map::from_iter([(WITH.to_owned(), json!([null, into.id.to_string()]))]);
    work.note(Entry { revision: row.version(), action: MERGE, changes, ..now(work, record) });
}

/// Notes of a record that stays, in the entry of what it took over if there is one, which was merged into it.
pub fn merged_from(work: &Work<'_>, record: Ref, revision: i64, gone: Ref) {
    work.merged(Entry { revision, action: MERGE, ..now(work, record) }, (WITH, json!([null, gone.id.to_string()])));
}

/// Whether a member of an entry is not of a field, but tells of another record.
pub fn is_about_another(member: &str) -> bool {
    member == WITH
}

/// The other record of a merge.
pub fn merged_with(change: &Change) -> Option<Id> {
    change.body.as_deref()?.get(WITH)?.get(1)?.as_str()?.parse().ok()
}

/// A value as the log holds it, into the JSON of a record.
pub fn put_former(body: &mut Map<String, Json>, field: &Field, former: &Json) {
    let part = |name: &str| former.get(name).cloned().unwrap_or_default();
    if let (Kind::Money { .. }, Json::Object(_)) = (&field.kind, former) {
        body.insert(field.name.to_string(), part("amount"));
        body.insert(format!("{}_currency", field.name), part("currency"));
    } else {
        body.insert(field.name.to_string(), former.clone());
    }
}

/// An entry about something that happens now, by who acts.
fn now(work: &Work<'_>, record: Ref) -> Entry {
    let actor = work.actor.user.map(|user| user.id);
    Entry { record, at: work.now, actor, revision: 0, action: "", changes: Map::new(), moves: Vec::new() }
}

type Moves = Vec<(FieldId, Option<String>, Option<String>)>;

fn differences(work: &Work<'_>, entity: EntityId, old: Option<&Arc<Row>>, new: &Row) -> (Map<String, Json>, Moves) {
    let model = &work.live.model;
    let (mut changes, mut moves) = (Map::new(), Vec::new());
    for (id, field) in model[entity].all_fields() {
        let (before, after) = (old.map_or(&Value::Nothing, |old| old.get(id)), new.get(id));
        // Derived values write no history: they follow from what does.
        if field.system || money::is_same(before, after) || !field.is_input() && !is_number(field) {
            continue;
        }
        let name = work.live.layout.column_name(entity, id);
        let told = |value: &Value| match field.sensitive {
            // That it changed is told, and not what it holds.
            true => Json::Null,
            false => written(work, field, value),
        };
        changes.insert(name.to_string(), Json::Array(vec![told(before), told(after)]));
        if field.pipeline.is_some() || is_owner(work, field) {
            let text = |value: &Value| (!value.is_nothing()).then(|| crate::value::text::plain(value));
            moves.push((id, text(before), text(after)));
        }
    }
    (changes, moves)
}

fn is_number(field: &Field) -> bool {
    matches!(field.source, fichero_model::entity::Source::Sequence(_))
}

/// A person or team who holds the record: a single reference to the runtime's own people or teams, called `owner` or
/// `team`, the names that access speaks of.
fn is_owner(work: &Work<'_>, field: &Field) -> bool {
    let held = matches!(&*field.name, "owner" | "team");
    held && !field.many
        && matches!(&field.kind, Kind::Ref(reference) if reference.targets.iter().any(|target| *target == work.live.model.user || *target == work.live.model.team))
}

/// A value as the log holds it.
pub fn written(work: &Work<'_>, field: &Field, value: &Value) -> Json {
    match value {
        Value::Money(money) => {
            json!({"amount": money.amount.normalize().to_string(), "currency": money.currency.as_str()})
        }
        other => codec::write(&work.live.model, field, other),
    }
}
