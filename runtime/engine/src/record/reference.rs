//! Records found by a name: an external key, the name of a data row, a title.

use fichero_model::entity::Field;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Ref};

use super::work::Work;
use crate::actor::Via;
use crate::message::Argument;
use crate::refusal::Refusal;
use crate::value::check::{Problem, about};

/// The record a reference field means by `name`: that of the data row of this name (in data documents and tests), else
/// the one with this external key, else the only one with this title.
///
/// # Errors
/// When the database cannot be read; the inner error is the writer's to see.
pub fn named(work: &Work<'_>, field: &Field, name: &str) -> Result<Result<Ref, Problem>, Refusal> {
    let Kind::Ref(reference) = &field.kind else { return Ok(Err(about(field, "not_reference", []))) };
    let (wanted, name) = match name.split_once(':') {
        Some((entity, name)) if reference.targets.len() > 1 => (work.live.model.entity(entity).map(|(id, _)| id), name),
        _ => (None, name),
    };
    let targets = reference.targets.iter().copied().filter(|target| wanted.is_none_or(|wanted| wanted == *target));
    let mut found = Vec::new();
    for target in targets {
        match in_entity(work, target, name)? {
            Found::None => {}
            Found::One(reference) => found.push(reference),
            Found::Many => return Ok(Err(about(field, "reference_ambiguous", [Argument::from(name)]))),
        }
    }
    Ok(match found[..] {
        [] => Err(("reference_missing", missing(field, name))),
        [one] => Ok(one),
        _ => Err(about(field, "reference_ambiguous", [Argument::from(name)])),
    })
}

fn missing(field: &Field, name: &str) -> crate::message::Message {
    crate::message::Message::with("reference_named", [Argument::from(&field.label), Argument::from(name)])
}

/// How many records bear a name.
pub enum Found {
    /// None.
    None,
    /// Exactly one.
    One(Ref),
    /// More than one, so none can be meant.
    Many,
}

fn in_entity(work: &Work<'_>, entity: EntityId, name: &str) -> Result<Found, Refusal> {
    if matches!(work.actor.via, Via::Data | Via::Test)
        && let Some(id) = work.data_row(entity, name)?
    {
        return Ok(Found::One(Ref { entity, id }));
    }
    let definition = &work.live.model[entity];
    for (id, field) in definition.all_fields() {
        if field.external && matches!(field.kind, Kind::Text { .. }) {
            match by_field(work, entity, id, name)? {
                Found::None => {}
                found => return Ok(found),
            }
        }
    }
    match definition[definition.title].kind {
        Kind::Text { .. } if definition[definition.title].is_stored() => by_field(work, entity, definition.title, name),
        _ => Ok(Found::None),
    }
}

/// The living records whose text field is exactly `name`.
///
/// # Errors
/// When the database cannot be read.
pub fn by_field(work: &Work<'_>, entity: EntityId, field: FieldId, name: &str) -> Result<Found, Refusal> {
    let rows = work.equal(entity, field, Value::text(name), 2)?;
    Ok(match &rows[..] {
        [] => Found::None,
        [one] => one.reference().map_or(Found::None, Found::One),
        _ => Found::Many,
    })
}
