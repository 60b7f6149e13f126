//! The records of a `settings` document: at most one for the workspace, for each team and for each person. What holds for
//! somebody is the nearest of them: their own, that of their team or the nearest team above, that of the workspace.

use std::collections::HashSet;
use std::sync::Arc;

use fichero_model::data::Settings;
use fichero_model::expr::Row;
use fichero_model::value::Value;
use fichero_model::{FieldId, Ref};
use fichero_store::query::{Filter, Query};

use super::draft::Draft;
use super::work::Work;
use crate::message::Message;
use crate::refusal::{Kind, Refusal};

/// The field of a person that names their team, and that of a team that names the one above it.
const TEAM: &str = "team";
const ABOVE: &str = "parent";

/// The record that holds for whoever acts; nothing where none was made.
///
/// # Errors
/// When the database cannot be read.
pub fn nearest(work: &Work<'_>, settings: &Settings) -> Result<Option<Arc<Row>>, Refusal> {
    let me = work.actor.user;
    if let (Some(field), Some(me)) = (settings.user, me)
        && let Some(own) = held(work, settings, &[(field, Value::Ref(me))])?
    {
        return Ok(Some(own));
    }
    if let (Some(field), Some(me)) = (settings.team, me) {
        let mut seen = HashSet::new();
        let mut team = next(work, me, TEAM)?;
        while let Some(at) = team.filter(|at| seen.insert(*at)) {
            if let Some(theirs) = held(work, settings, &[(field, Value::Ref(at))])? {
                return Ok(Some(theirs));
            }
            team = next(work, at, ABOVE)?;
        }
    }
    let of_all: Vec<_> = settings.team.into_iter().chain(settings.user).map(|field| (field, Value::Nothing)).collect();
    held(work, settings, &of_all)
}

/// Refuses a second record for the same.
///
/// # Errors
/// When there is one, or the database cannot be read.
pub fn check(work: &Work<'_>, draft: &Draft) -> Result<(), Refusal> {
    let model = &work.live.model;
    let Some(settings) = model.settings.iter().find(|settings| settings.entity == draft.entity) else { return Ok(()) };
    let holders: Vec<_> = settings.team.into_iter().chain(settings.user).collect();
    let holders: Vec<_> = holders.into_iter().map(|field| (field, draft.row.get(field).clone())).collect();
    match held(work, settings, &holders)? {
        Some(other) if other.id() != draft.row.id() => {
            let label = &model[draft.entity].label;
            Err(Refusal::new(Kind::Conflict, "settings", Message::with("settings", [label])))
        }
        _ => Ok(()),
    }
}

fn held(work: &Work<'_>, settings: &Settings, holders: &[(FieldId, Value)]) -> Result<Option<Arc<Row>>, Refusal> {
    let filter = Filter { equals: holders.to_vec(), ..Filter::all(settings.entity) };
    Ok(work.page(&Query::new(filter, 1), None)?.0.rows.into_iter().next())
}

/// What a reference of a person or team leads to.
fn next(work: &Work<'_>, from: Ref, name: &str) -> Result<Option<Ref>, Refusal> {
    let Some((field, _)) = work.live.model[from.entity].field(name) else { return Ok(None) };
    Ok(work.any(from)?.and_then(|row| row.get(field).as_ref()))
}
