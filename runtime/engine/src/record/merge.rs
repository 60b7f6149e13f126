//! Two records that are one: what refers to the one that goes refers to the one that stays, which takes over what was
//! chosen; the other lies in the trash.
//!
//! All of it is one batch, the deletion of the record that went. So restoring that record takes the whole merge back:
//! references that still lead to the one that stays lead to it again, and values that were taken over, and are held
//! still, are what they were. What was changed since stays as it is.

use std::collections::BTreeSet;
use std::sync::Arc;

use fichero_model::entity::{Entity, Field, Source, System};
use fichero_model::expr::Row;
use fichero_model::kind::Kind as Storage;
use fichero_model::{EntityId, FieldId, Id, Model, Ref};
use fichero_store::system::change::{self, Change};
use serde_json::{Map, Value as Json, json};

use super::draft::Draft;
use super::remove::{self, refer};
use super::work::{Work, through};
use super::{check, hierarchy, like, log, rollup, save};
use crate::command::{Done, Effect};
use crate::input::{Given, Input};
use crate::message::Message;
use crate::refusal::{Kind, Refusal};
use crate::value::json as codec;
use refer::Turn;

/// The most records that may refer to the one that goes.
const MOST: usize = 10_000;

/// Merges a record into another of its entity. What is taken over: `take`, or where nothing is said, what the one that
/// stays has nothing in. Records that one of the two refers to as one of many, both do afterwards.
///
/// # Errors
/// When they are one record, too much refers to the one that goes, a rule or check refuses it, or the database cannot be
/// written.
pub fn merge(work: &Work<'_>, gone: &Arc<Row>, into: Ref, take: Option<&[FieldId]>) -> Result<Done, Refusal> {
    let from = gone.reference().ok_or_else(Refusal::not_found)?;
    if from == into {
        return Err(Refusal::new(Kind::Conflict, "merge_self", Message::key("merge_self")));
    }
    super::people::may_go(work, gone)?;
    let batch = work.deletion_id();
    let (turns, doubled) = referring(work, from, into)?;
    let stays = work.living(into)?.ok_or_else(Refusal::not_found)?;
    let basis = taken(work, gone, &stays, take)?;
    let trashed = remove::mark(work, gone, Some(batch))?;
    log::merged_away(work, &trashed, into);
    rollup::touch(work, gone.entity, Some(gone), None);
    for link in doubled {
        remove::take_along(work, &link, batch)?;
    }
    refer::turn(work, turns)?;
    work.forget_lists(from.id);
    work.forget_lists(into.id);
    remove::run_delete_rules(work, std::slice::from_ref(gone))?;
    let done = give(work, stays, basis)?;
    log::merged_from(work, into, done.version, from);
    Ok(Done { effect: Effect::Updated, ..done })
}

/// The fields that a choice of names means; the name of a group means all of its parts.
///
/// # Errors
/// When a name is none of a field that can be taken over.
pub fn chosen(model: &Model, entity: EntityId, names: &[String]) -> Result<Vec<FieldId>, Refusal> {
    let definition = &model[entity];
    let mut fields = Vec::new();
    for name in names {
        let found = definition.field_at(name).map(|field| definition.leaves(field));
        let leaves = found.filter(|leaves| leaves.iter().all(|field| can_be_taken(&definition[*field])));
        let Some(leaves) = leaves else {
            return Err(Refusal::malformed(Message::with("merge_unknown", [name.as_str()])));
        };
        fields.extend(leaves);
    }
    Ok(fields)
}

/// Whether the value of a field can be taken over: one that is given or chosen, and not a list that is joined anyway.
pub fn can_be_taken(field: &Field) -> bool {
    field.is_input() && !field.is_link() && !matches!(field.kind, Storage::Lines { .. })
}

/// What is taken over where nothing is said: what the record that stays has nothing in; groups as a whole.
pub fn usual(definition: &Entity, gone: &Row, stays: &Row) -> Vec<FieldId> {
    let is_empty = |field: &FieldId| stays.get(*field).is_nothing();
    let of_group = |field: FieldId| match &definition[field].part {
        Some(part) => definition.leaves(outermost(definition, part.of)),
        None => vec![field],
    };
    let can = definition.all_fields().filter(|(_, field)| can_be_taken(field));
    can.map(|(id, _)| id).filter(|id| !gone.get(*id).is_nothing() && of_group(*id).iter().all(is_empty)).collect()
}

fn outermost(definition: &Entity, group: FieldId) -> FieldId {
    definition[group].part.as_ref().map_or(group, |part| outermost(definition, part.of))
}

/// What the record that stays takes over, with its references to the other one gone.
fn taken(
    work: &Work<'_>,
    gone: &Arc<Row>,
    stays: &Arc<Row>,
    take: Option<&[FieldId]>,
) -> Result<Vec<(FieldId, Given)>, Refusal> {
    let model = Arc::clone(&work.live.model);
    let definition = &model[stays.entity];
    let both = [gone.reference(), stays.reference()];
    let is_other = |target: &Ref| !both.contains(&Some(*target));
    let usual = usual(definition, gone, stays);
    let place = place(work, gone, stays)?;
    let take = take.unwrap_or(&usual);
    let mut basis = Vec::new();
    for (id, field) in definition.all_fields().filter(|(_, field)| field.is_input()) {
        if field.is_link() && through(&field.kind).is_none() {
            let held = work.linked(stays, id)?;
            let mut joined: Vec<Ref> = held.iter().copied().filter(is_other).collect();
            joined.extend(work.linked(gone, id)?.into_iter().filter(is_other).filter(|other| !held.contains(other)));
            if joined != held {
                basis.push((
                    id,
                    Given::Value(fichero_model::Value::list(joined.into_iter().map(fichero_model::Value::Ref))),
                ));
            }
            continue;
        }
        // What is sealed opens in the record alone that it was given for.
        if field.kind.is_secret() {
            continue;
        }
        let wants = match place {
            Some((tree, takes)) if tree == id => takes,
            _ => take.contains(&id) && can_be_taken(field),
        };
        let source = if wants { gone } else { stays };
        let leads_home = source.get(id).as_ref().is_some_and(|target| !is_other(&target));
        // What follows its inputs does so here too; what somebody put in its place is taken over.
        let follows = matches!(field.source, Source::Compute(_)) && !gone.overridden.contains(&id);
        match (wants, leads_home) {
            (_, true) if field.is_link() => {}
            (_, true) => basis.push((id, Given::Value(fichero_model::Value::Nothing))),
            (true, false) if !follows => basis.push((id, like::held(gone, id, field))),
            _ => {}
        }
    }
    Ok(basis)
}

/// Where one of the two lies below the other in a hierarchy: its reference to the record above, and whether that is taken
/// over. What stays takes the place of what goes, rather than one below itself.
fn place(work: &Work<'_>, gone: &Row, stays: &Row) -> Result<Option<(FieldId, bool)>, Refusal> {
    let tree = work.live.model[stays.entity].tree;
    let (Some(tree), Some(from), Some(into)) = (tree, gone.reference(), stays.reference()) else { return Ok(None) };
    let takes = hierarchy::is_under(work, into, from)?;
    Ok((takes || hierarchy::is_under(work, from, into)?).then_some((tree, takes)))
}

/// References to a record and what becomes of them, and the rows of link entities that would stand twice.
type Referring = (Vec<(Ref, Turn)>, Vec<Arc<Row>>);

fn referring(work: &Work<'_>, from: Ref, into: Ref) -> Result<Referring, Refusal> {
    let (mut turns, mut doubled) = (Vec::new(), Vec::new());
    for referrer in &work.live.ties(from.entity).referrers {
        let other_end = other_end(&work.live.model, referrer.entity, referrer.field);
        let held: Vec<Ref> = match other_end {
            Some(end) => work
                .referring(referrer, (into.entity, &[into.id]), false)?
                .iter()
                .filter_map(|(row, _)| row.get(end).as_ref())
                .collect(),
            None => Vec::new(),
        };
        for (row, _) in work.referring(referrer, (from.entity, &[from.id]), true)? {
            let Some(reference) = row.reference() else { continue };
            let leads_to = other_end.and_then(|end| row.get(end).as_ref());
            let is_double = leads_to.is_some_and(|target| target == into || held.contains(&target));
            if is_double && row.get(System::DeletedAt.field()).is_nothing() {
                doubled.push(row);
            } else if reference != from && reference != into {
                let turn = Turn { field: referrer.field, from: Some(from), to: Some(into), of_trashed: true };
                turns.push((reference, turn));
            }
        }
        if turns.len() + doubled.len() > MOST {
            return Err(Refusal::new(Kind::TooLarge, "too_large", Message::key("too_large")));
        }
    }
    Ok((turns, doubled))
}

/// Where rows of a link entity lead to that refer to a record by a field: no two of its rows lead to the same.
fn other_end(model: &Model, entity: EntityId, field: FieldId) -> Option<FieldId> {
    let all = model.all_entities().flat_map(|(_, definition)| definition.all_fields());
    all.filter_map(|(_, field)| through(&field.kind)).filter(|through| through.entity == entity).find_map(|through| {
        match (through.from == field, through.to == field) {
            (true, _) => Some(through.to),
            (_, true) => Some(through.from),
            (false, false) => None,
        }
    })
}

/// Gives a record values that it takes from elsewhere.
fn give(work: &Work<'_>, row: Arc<Row>, basis: Vec<(FieldId, Given)>) -> Result<Done, Refusal> {
    let draft = Draft::update(work, row, Input { basis, ..Input::default() })?;
    save::save(work, check::check(work, draft)?)
}

// ---- Back --------------------------------------------------------------------------------------------------------------

/// A merge, as the log tells of it.
#[derive(Debug)]
pub struct Merged {
    /// The record that stayed.
    pub into: Ref,
    /// What was changed with it.
    pub changes: Vec<Change>,
}

impl Merged {
    /// What the record that stayed took over.
    pub fn own(&self) -> Option<&Change> {
        self.changes.iter().find(|change| change.record == self.into.id && &*change.action == log::MERGE)
    }
}

/// The merge by which a record came into the trash, if it was one.
///
/// # Errors
/// When the database cannot be read.
pub fn of(work: &Work<'_>, gone: Ref, batch: Id) -> Result<Option<Merged>, Refusal> {
    let most = u32::try_from(2 * MOST).unwrap_or(u32::MAX);
    let changes = work.with(|tx| change::of_batch(tx, batch, None, most))?;
    let own = changes.iter().find(|change| change.record == gone.id && &*change.action == log::MERGE);
    let into = own.and_then(log::merged_with).map(|id| Ref { entity: gone.entity, id });
    Ok(into.map(|into| Merged { into, changes }))
}

/// Gives the record that stayed back what it held before, of these fields, as far as it still holds what it took over; but
/// for references to the one that went, which is still in the trash ([`refer::turn_back`]).
///
/// # Errors
/// When it was merged into another one since, a rule or check refuses it, or the database cannot be read or written.
pub fn give_back(
    work: &Work<'_>,
    gone: Ref,
    merged: &Merged,
    is_meant: impl Fn(FieldId) -> bool,
) -> Result<(), Refusal> {
    let Some(row) = work.lock_any(merged.into, fichero_store::Lock::Change)? else { return Ok(()) };
    if let Some(batch) = row.get(System::DeletedBatch.field()).as_text().and_then(|batch| batch.parse::<Id>().ok()) {
        return match of(work, merged.into, batch)? {
            Some(_) => {
                let message = Message::with("merge_undo_first", [remove::called(work, &row)]);
                Err(Refusal::new(Kind::Conflict, "merge_undo_first", message))
            }
            None => Ok(()),
        };
    }
    let model = Arc::clone(&work.live.model);
    let Some(change) = merged.own() else { return Ok(()) };
    let mut body = Map::new();
    for (column, pair) in change.body.as_deref().and_then(Json::as_object).into_iter().flatten() {
        let Some((_, id)) = work.live.field_of_column(&change.entity, column) else { continue };
        let field = &model[row.entity][id];
        let (former, given) = (pair.get(0).unwrap_or(&Json::Null), pair.get(1).unwrap_or(&Json::Null));
        // What a sensitive field held is in no log.
        if field.sensitive || !is_meant(id) {
            continue;
        }
        match (field.is_link(), former) {
            (true, _) => {
                let held: BTreeSet<Id> = work.linked(&row, id)?.iter().map(|target| target.id).collect();
                if held == refer::named(Some(given)).into_iter().collect() {
                    let mut former = former.as_array().cloned().unwrap_or_default();
                    former.retain(|target| !refer::named(Some(target)).contains(&gone.id));
                    log::put_former(&mut body, field, &Json::Array(former));
                }
            }
            (false, former) if matches!(field.kind, Storage::Ref(_)) && refer::named(Some(former)) == [gone.id] => {}
            (false, former) if log::written(work, field, row.get(id)) == *given => {
                log::put_former(&mut body, field, former);
            }
            (false, _) => {}
        }
    }
    if body.is_empty() {
        return Ok(());
    }
    let input = codec::input(&model, row.entity, &json!(body))?;
    if !input.errors.is_empty() {
        return Err(Refusal::invalid(input.errors));
    }
    give(work, row, input.fields).map(drop)
}
