//! What always holds of the runtime's own people: somebody who may do everything can log in.

use std::sync::Arc;

use fichero_model::Ref;
use fichero_model::expr::Row;
use fichero_model::value::Value;
use fichero_store::Lock;
use fichero_store::query::{Filter, Query};

use super::draft::Draft;
use super::work::Work;
use crate::message::Message;
use crate::refusal::{Kind, Refusal};
use crate::value::check::about;

/// How many other administrators are looked at.
const MOST: usize = 100;

/// Refuses a change after which no administrator could log in.
///
/// # Errors
/// When the database cannot be read. What is wrong with the draft is in [`Draft::errors`].
pub fn check(work: &Work<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    let Some(old) = draft.old.clone() else { return Ok(()) };
    if draft.entity != work.live.model.user || !governs(work, &old) || governs(work, &draft.row) || others(work, &old)?
    {
        return Ok(());
    }
    let model = Arc::clone(&work.live.model);
    for name in ["active", "admin"] {
        if let Some((id, field)) = model[draft.entity].field(name)
            && !draft.row.get(id).is_true()
        {
            draft.error(work, id, about(field, "last_administrator", []));
        }
    }
    Ok(())
}

/// Refuses a deletion after which no administrator could log in.
///
/// # Errors
/// When it is so, or the database cannot be read.
pub fn may_go(work: &Work<'_>, row: &Row) -> Result<(), Refusal> {
    if row.entity != work.live.model.user || !governs(work, row) || others(work, row)? {
        return Ok(());
    }
    Err(Refusal::new(Kind::Conflict, "last_administrator", Message::key("last_administrator_stays")))
}

/// Whether somebody is an administrator who can log in.
fn governs(work: &Work<'_>, row: &Row) -> bool {
    let model = &work.live.model;
    let is = |name: &str| model[model.user].field(name).is_some_and(|(id, _)| row.get(id).is_true());
    is("admin") && is("active") && row.get(fichero_model::entity::System::DeletedAt.field()).is_nothing()
}

/// Whether there is another one. They are locked, so that no two of them step down at once.
fn others(work: &Work<'_>, row: &Row) -> Result<bool, Refusal> {
    let model = &work.live.model;
    let user = model.user;
    let yes = |name: &str| model[user].field(name).map(|(id, _)| (id, Value::Boolean(true)));
    let filter = Filter { equals: yes("admin").into_iter().chain(yes("active")).collect(), ..Filter::all(user) };
    let found = work.page(&Query::new(filter, MOST), None)?.0.rows;
    let others = found.iter().filter_map(|other| other.reference()).filter(|other: &Ref| Some(other.id) != row.id());
    let locked = work.lock_all(others, Lock::Change)?;
    Ok(locked.iter().any(|other| governs(work, other)))
}
