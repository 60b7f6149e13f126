//! `apply`: one command, from what was asked to what is written.

use std::sync::Arc;

use fichero_model::expr::Row;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Ref};
use fichero_store::Lock;

use super::draft::Draft;
use super::work::Work;
use crate::command::{Command, Done, Expected, Mode};
use crate::input::{Given, Input};
use crate::message::Message;
use crate::policy::{self, Action, ReadPath};
use crate::refusal::{FieldError, Kind, Refusal};

/// How often an upsert looks for its record again because it was taken away meanwhile.
const UPSERTS: usize = 5;

/// Does a command inside a transaction. Nothing outside the database happens; the caller commits.
///
/// # Errors
/// When it is refused. The caller rolls back, so nothing is half done.
pub fn apply(work: &Work<'_>, command: Command) -> Result<Done, Refusal> {
    // What is decided from rollups needs them as the commands before this one left them.
    let at_once = !work.is_deferring() || work.live.ties(command.entity()).reads_rollups;
    if at_once {
        super::rollup::settle(work)?;
    }
    let entity = command.entity();
    let mut purged = None;
    let done = match command {
        Command::Create { entity, input } => create(work, entity, input),
        Command::Clone { entity, id, input } => clone(work, Ref { entity, id }, input),
        Command::Update { entity, id, input, version } => {
            let old = target(work, Ref { entity, id }, version, Action::Update)?;
            update(work, old, input)
        }
        Command::Upsert { entity, key, input, expected } => upsert(work, entity, key, input, expected),
        Command::Transition { entity, id, field, to, input, version } => {
            let old = target(work, Ref { entity, id }, version, Action::Transition)?;
            transition(work, old, field, &to, input)
        }
        Command::Delete { entity, id, version } => {
            let row = target(work, Ref { entity, id }, version, Action::Delete)?;
            super::remove::trash(work, row)
        }
        Command::Withdraw { entity, id, version } => {
            let row = target(work, Ref { entity, id }, version, Action::Delete)?;
            super::remove::withdraw(work, row)
        }
        Command::Merge { entity, id, into, take, versions } => {
            let (from, into) = (Ref { entity, id }, Ref { entity, id: into });
            work.reserve([from, into].into_iter())?;
            let [of_gone, of_stays] = versions;
            target(work, into, of_stays, Action::Update)?;
            let gone = target(work, from, of_gone, Action::Delete)?;
            super::merge::merge(work, &gone, into, take.as_deref())
        }
        Command::Restore { entity, id, version } => {
            let row = any(work, Ref { entity, id }, version, Action::Restore)?;
            super::remove::restore(work, row)
        }
        Command::Purge { entity, id, version } => {
            let row = any(work, Ref { entity, id }, version, Action::Purge)?;
            purged = Some(Arc::clone(&row));
            super::remove::purge(work, row)
        }
    }?;
    if at_once {
        super::rollup::settle(work)?;
    }
    if work.mode == Mode::Live && work.live.model[entity].line_of.is_some() {
        let line = match purged {
            Some(row) => Some(row),
            None => work.any(Ref { entity, id: done.id })?,
        };
        line.map_or(Ok(()), |line| super::line::written(work, &line, done.effect))?;
    }
    work.flush()?;
    Ok(done)
}

fn create(work: &Work<'_>, entity: EntityId, input: Input) -> Result<Done, Refusal> {
    policy::may(work.actor, &work.live.model, entity, Action::Create)?;
    refuse_late_lines(work, entity)?;
    let known = input.known.clone();
    let draft = Draft::create(work, entity, input)?;
    let checked = super::check::check(work, draft)?;
    super::duplicates::judge(work, checked.row(), &known)?;
    super::save::save(work, checked)
}

fn clone(work: &Work<'_>, like: Ref, input: Input) -> Result<Done, Refusal> {
    policy::may_read(work.actor, ReadPath::Get)?;
    let row = work.living(like)?.ok_or_else(Refusal::not_found)?;
    create(work, like.entity, Input { basis: work.gather(|| super::like::basis(work, &row))?, ..input })
}

fn update(work: &Work<'_>, old: Arc<Row>, input: Input) -> Result<Done, Refusal> {
    refuse_append_only(work, old.entity)?;
    let draft = Draft::update(work, old, input)?;
    super::save::save(work, super::check::check(work, draft)?)
}

fn upsert(work: &Work<'_>, entity: EntityId, key: FieldId, input: Input, expected: Expected) -> Result<Done, Refusal> {
    let value = match input.get(key) {
        Some(Given::Value(value)) if !value.is_nothing() => value.clone(),
        _ => {
            let field = &work.live.model[entity][key];
            return Err(Refusal::malformed(Message::with("required", [&field.label])));
        }
    };
    for _ in 0..UPSERTS {
        let found = work.equal(entity, key, value.clone(), 1)?;
        let Some(row) = found.first() else {
            return match expected {
                Expected::Anything | Expected::Absent => create(work, entity, input),
                Expected::Existing => Err(Refusal::new(Kind::Stale, "absent", Message::key("absent"))),
                Expected::Version(_) => Err(stale()),
            };
        };
        policy::may(work.actor, &work.live.model, entity, Action::Update)?;
        let reference = row.reference().ok_or_else(Refusal::not_found)?;
        // Before it was locked somebody may have deleted it or given it another key; then it is not the one.
        let locked = work.lock(reference, Lock::Change)?.filter(|locked| locked.get(key) == row.get(key));
        if let Some(old) = locked {
            let version = match expected {
                Expected::Anything | Expected::Existing => None,
                Expected::Version(version) => Some(version),
                Expected::Absent => return Err(Refusal::new(Kind::Stale, "present", Message::key("present"))),
            };
            return update(work, at(version, Some(old))?, input);
        }
    }
    Err(Refusal::unavailable())
}

fn transition(
    work: &Work<'_>,
    old: Arc<Row>,
    field: Option<FieldId>,
    to: &str,
    mut input: Input,
) -> Result<Done, Refusal> {
    let model = Arc::clone(&work.live.model);
    let field = match field {
        Some(field) => Some(field),
        None => model[old.entity].all_fields().find(|(_, field)| field.pipeline.is_some()).map(|(id, _)| id),
    };
    let Some((id, definition)) =
        field.map(|id| (id, &model[old.entity][id])).filter(|(_, field)| field.pipeline.is_some())
    else {
        return Err(Refusal::new(Kind::Conflict, "no_pipeline", Message::key("no_pipeline")));
    };
    let options = fichero_model::entity::options_of(&definition.kind)
        .ok_or_else(|| Refusal::internal("transition", &"a stage field without stages"))?;
    match crate::value::text::option(&model, definition, options, to) {
        Ok(_) if input.get(id).is_some() => {
            let message = Message::with("stage_twice", [&definition.label]);
            return Err(Refusal::invalid(vec![FieldError::new(definition.name.to_string(), "stage_twice", message)]));
        }
        Ok(stage @ Value::Text(_)) => input.put(id, Given::Value(stage)),
        Ok(_) => return Err(Refusal::malformed(Message::with("required", ["to"]))),
        Err((code, message)) => {
            return Err(Refusal::invalid(vec![FieldError::new(definition.name.to_string(), code, message)]));
        }
    }
    update(work, old, input)
}

/// The living record a command is about, locked, at the version the writer read.
fn target(work: &Work<'_>, reference: Ref, version: Option<i64>, action: Action) -> Result<Arc<Row>, Refusal> {
    policy::may(work.actor, &work.live.model, reference.entity, action)?;
    let lock = if action == Action::Delete { Lock::Remove } else { Lock::Change };
    if action == Action::Delete {
        refuse_append_only(work, reference.entity)?;
    }
    at(version, work.lock(reference, lock)?)
}

/// The same, of a record that may lie in the trash.
fn any(work: &Work<'_>, reference: Ref, version: Option<i64>, action: Action) -> Result<Arc<Row>, Refusal> {
    policy::may(work.actor, &work.live.model, reference.entity, action)?;
    let lock = if action == Action::Purge { Lock::Remove } else { Lock::Change };
    if action == Action::Purge {
        refuse_append_only(work, reference.entity)?;
    }
    at(version, work.lock_any(reference, lock)?)
}

fn at(version: Option<i64>, row: Option<Arc<Row>>) -> Result<Arc<Row>, Refusal> {
    let row = row.ok_or_else(Refusal::not_found)?;
    match version {
        Some(version) if version != row.version() => Err(stale()),
        _ => Ok(row),
    }
}

fn stale() -> Refusal {
    Refusal::new(Kind::Stale, "stale", Message::key("stale"))
}

fn refuse_append_only(work: &Work<'_>, entity: EntityId) -> Result<(), Refusal> {
    match work.live.model.is_append_only(entity) {
        true => Err(Refusal::new(Kind::Conflict, "append_only", Message::key("append_only"))),
        false => Ok(()),
    }
}

/// A line more would change what it belongs to. What is brought in from elsewhere may come line by line.
fn refuse_late_lines(work: &Work<'_>, entity: EntityId) -> Result<(), Refusal> {
    match work.mode == Mode::Live && work.live.model.comes_with_parent(entity) {
        true => Err(Refusal::new(Kind::Conflict, "append_only", Message::key("append_only_parent"))),
        false => Ok(()),
    }
}
