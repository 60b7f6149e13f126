//! The record that a cell names.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use fichero_model::entity::Field;
use fichero_model::kind::{Kind, Reference};
use fichero_model::{EntityId, FieldId, Id, Model, Ref};
use fichero_store::Tx;

use super::ahead::Matched;
use super::header::Column;
use crate::command::Command;
use crate::input::{Given, Input};
use crate::message::{Argument, Message};
use crate::record::work::Work;
use crate::record::{self, reference::Found};
use crate::refusal::{FieldError, Refusal};
use crate::value::check::{Problem, about};
use crate::value::text::{self, Notation};

/// The most names that are remembered.
const MOST_KNOWN: usize = 100_000;

/// What a cell named before, by its column and text.
type Names = HashMap<(usize, String), Ref>;

/// What names stand for, for the length of an import. Only what was committed is kept.
#[derive(Debug, Default)]
pub(super) struct Known {
    names: Mutex<Names>,
}

impl Known {
    /// Remembers what a committed transaction learned.
    pub(super) fn learn(&self, fresh: Memory) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() + fresh.names.len() > MOST_KNOWN {
            names.clear();
        }
        names.extend(fresh.names);
    }

    /// Whether it is known what a name in a column stands for.
    pub(super) fn holds(&self, column: usize, name: &str) -> bool {
        self.get(&(column, name.to_owned())).is_some()
    }

    fn get(&self, key: &(usize, String)) -> Option<Ref> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }
}

/// What one transaction has learned.
#[derive(Debug, Default)]
pub(super) struct Memory {
    names: Names,
    /// The records that rows are matched with, where they were looked up together.
    pub matched: Option<Matched>,
}

impl Memory {
    /// Remembers what a name in a column stands for.
    pub(super) fn learn(&mut self, name: (usize, String), record: Ref) {
        self.names.insert(name, record);
    }

    /// Remembers the records that a row has made, once it is certain that the row stays.
    pub(super) fn keep(&mut self, made: Vec<((usize, String), Ref)>) {
        self.names.extend(made);
    }
}

/// Finds the records that the cells of one row name.
pub(super) struct Lookup<'l> {
    /// What is imported.
    pub entity: EntityId,
    known: &'l Known,
    memory: &'l mut Memory,
    /// Records that were made because this row names them.
    pub made: Vec<((usize, String), Ref)>,
}

/// What a name comes to.
pub(super) enum Look {
    /// This record.
    Found(Ref),
    /// A record of the imported entity that is not there, and may come with a later row.
    Missing(Problem),
    /// No record, or several.
    Wrong(Problem),
}

impl<'l> Lookup<'l> {
    pub(super) fn new(entity: EntityId, known: &'l Known, memory: &'l mut Memory) -> Self {
        Self { entity, known, memory, made: Vec::new() }
    }

    /// The record that a cell names.
    ///
    /// # Errors
    /// When the database cannot be read, or a record that is to be made is refused.
    pub(super) fn find(
        &mut self,
        work: &Work<'_>,
        column: &Column,
        field: &Field,
        name: &str,
    ) -> Result<Look, Refusal> {
        let Kind::Ref(reference) = &field.kind else { return Ok(Look::Wrong(about(field, "not_reference", []))) };
        let key = (column.at, name.to_owned());
        let made = self.made.iter().find(|(known, _)| *known == key).map(|(_, made)| *made);
        if let Some(known) = made.or_else(|| self.memory.names.get(&key).copied()).or_else(|| self.known.get(&key)) {
            return Ok(Look::Found(known));
        }
        match among(work, reference, column.by, name)? {
            Found::One(found) => {
                self.memory.names.insert(key, found);
                Ok(Look::Found(found))
            }
            Found::Many => Ok(Look::Wrong(about(field, "reference_ambiguous", [Argument::from(name)]))),
            Found::None if column.create => {
                let made = make(work, reference, column.by, name).map_err(|refusal| {
                    let named = made_by(work, reference, column.by).map(|(_, by)| &*by.name);
                    match refusal.errors.iter().any(|error| error.code == "unique" && Some(&*error.field) == named) {
                        true => alike(field, name),
                        false => refusal,
                    }
                })?;
                self.made.push((key, made));
                Ok(Look::Found(made))
            }
            Found::None => {
                let problem = (
                    "reference_missing",
                    Message::with("reference_named", [Argument::from(&field.label), Argument::from(name)]),
                );
                Ok(if reference.targets.contains(&self.entity) { Look::Missing(problem) } else { Look::Wrong(problem) })
            }
        }
    }
}

/// The record of any of the entities that a field may refer to; `contact:Elena Ruiz` names one of them.
fn among(work: &Work<'_>, reference: &Reference, by: Option<FieldId>, name: &str) -> Result<Found, Refusal> {
    let split = name.split_once(':').filter(|_| reference.targets.len() > 1);
    let named = split.and_then(|(entity, rest)| Some((work.live.model.entity(entity.trim())?.0, rest.trim())));
    let (targets, name) = match named {
        Some((entity, rest)) if reference.targets.contains(&entity) => (vec![entity], rest),
        _ => (reference.targets.to_vec(), name),
    };
    let mut found = Found::None;
    for target in targets {
        found = match (found, in_entity(work, target, by, name)?) {
            (found, Found::None) => found,
            (Found::None, other) => other,
            _ => Found::Many,
        };
    }
    Ok(found)
}

/// By the field that is said; else by its id, an external key, a unique field, its title, the name of its data row.
fn in_entity(work: &Work<'_>, entity: EntityId, by: Option<FieldId>, name: &str) -> Result<Found, Refusal> {
    if let Some(by) = by {
        return by_field(work, entity, by, name);
    }
    if let Ok(id) = name.parse::<Id>() {
        let reference = Ref { entity, id };
        return Ok(work.living(reference)?.map_or(Found::None, |_| Found::One(reference)));
    }
    for field in keys(&work.live.model, entity) {
        match by_field(work, entity, field, name)? {
            Found::None => {}
            found => return Ok(found),
        }
    }
    let row = work.data_row(entity, name)?.map(|id| Ref { entity, id });
    match row {
        Some(reference) => Ok(work.living(reference)?.map_or(Found::None, |_| Found::One(reference))),
        None => Ok(Found::None),
    }
}

/// The fields by which records are found where nothing is said, in the order in which they are tried: external keys,
/// unique fields, the title.
pub(crate) fn keys(model: &Model, entity: EntityId) -> impl Iterator<Item = FieldId> {
    let definition = &model[entity];
    let all = move |wanted: fn(&Field) -> bool| {
        definition.all_fields().filter(move |(_, field)| wanted(field)).map(|(id, _)| id)
    };
    let unique = all(|field| field.unique && !field.external);
    all(|field| field.external).chain(unique).chain([definition.title]).filter(move |id| {
        let field = &definition[*id];
        field.is_stored()
            && !field.many
            && !matches!(field.kind, Kind::Money { .. } | Kind::Ref(_) | Kind::Json | Kind::Secret { .. })
    })
}

/// A text that is no value of the field names no record by it.
fn by_field(work: &Work<'_>, entity: EntityId, id: FieldId, name: &str) -> Result<Found, Refusal> {
    let field = &work.live.model[entity][id];
    if !field.is_stored() || field.many {
        return Ok(Found::None);
    }
    let notation = Notation::plain(work.live.model.workspace.time_zone.clone());
    let Ok(value) = text::value(&work.live.model, field, name, &notation) else { return Ok(Found::None) };
    if value.is_nothing() {
        return Ok(Found::None);
    }
    let rows = work.equal(entity, id, value, 2)?;
    Ok(match &rows[..] {
        [] => Found::None,
        [one] => one.reference().map_or(Found::None, Found::One),
        _ => Found::Many,
    })
}

/// The entity of which a record is made, and the field that it is called by.
fn made_by<'w>(
    work: &'w Work<'_>,
    reference: &Reference,
    by: Option<FieldId>,
) -> Option<((EntityId, FieldId), &'w Field)> {
    // A mapping may ask for it only where there is one target.
    let entity = reference.targets.first().copied()?;
    let field = by.unwrap_or(work.live.model[entity].title);
    Some(((entity, field), &work.live.model[entity][field]))
}

/// A record is not found by a name as it is written, and none can be made, because what is unique is compared without
/// regard to case, marks and white space.
fn alike(field: &Field, name: &str) -> Refusal {
    let message = Message::with("reference_alike", [Argument::from(&field.label), Argument::from(name)]);
    Refusal::invalid(vec![FieldError::new(field.name.to_string(), "reference_missing", message)])
}

fn make(work: &Work<'_>, reference: &Reference, by: Option<FieldId>, name: &str) -> Result<Ref, Refusal> {
    let Some(((entity, field), _)) = made_by(work, reference, by) else { return Err(Refusal::not_found()) };
    let notation = Notation::plain(work.live.model.workspace.time_zone.clone());
    let mut input = Input::default();
    match text::value(&work.live.model, &work.live.model[entity][field], name, &notation) {
        Ok(value) => input.put(field, Given::Value(value)),
        Err((code, message)) => {
            input.errors.push(FieldError::new(work.live.model[entity][field].name.to_string(), code, message));
        }
    }
    let done = record::apply(work, Command::Create { entity, input })?;
    // What is wrong with it is told of this cell.
    work.with(Tx::settle)?;
    Ok(Ref { entity, id: done.id })
}
