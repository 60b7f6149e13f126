//! Hierarchies (`tree`): no record lies below itself.
//!
//! A record that is made is new to all others, so only one that is moved can close a circle. Commands that move records of
//! a hierarchy run as if alone ([`crate::live`]), or two that move each other's parents would each see none.

use std::sync::Arc;

use fichero_model::expr::Row;
use fichero_model::{FieldId, Ref};

use super::draft::Draft;
use super::work::Work;
use crate::message::Argument;
use crate::refusal::Refusal;
use crate::value::check::about;

/// Refuses to move a record below itself.
///
/// # Errors
/// When the database cannot be read. What is refused is in [`Draft::errors`].
pub fn check(work: &Work<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    let model = Arc::clone(&work.live.model);
    let Some(parent) = model[draft.entity].tree.filter(|parent| draft.old.is_some() && draft.changes(*parent)) else {
        return Ok(());
    };
    let (Some(own), Some(above)) = (draft.row.reference(), draft.row.get(parent).as_ref()) else { return Ok(()) };
    let Some(way) = way(work, above, own, parent)? else { return Ok(()) };
    let field = &model[draft.entity][parent];
    let problem = match way.first() {
        Some(first) => about(field, "tree_circle", [Argument::Plain(super::titled(work, first))]),
        None => about(field, "tree_own", []),
    };
    draft.error(work, parent, problem);
    Ok(())
}

/// Whether a record is another one or lies below it.
///
/// # Errors
/// When the database cannot be read.
pub fn is_under(work: &Work<'_>, record: Ref, top: Ref) -> Result<bool, Refusal> {
    match work.live.model[record.entity].tree {
        Some(parent) => Ok(way(work, record, top, parent)?.is_some()),
        None => Ok(record == top),
    }
}

/// The records from one up to just below another that is above it or is the same; nothing where it is not.
fn way(work: &Work<'_>, record: Ref, top: Ref, parent: FieldId) -> Result<Option<Vec<Arc<Row>>>, Refusal> {
    let mut passed: Vec<Arc<Row>> = Vec::new();
    let mut at = record;
    while at != top {
        let Some(row) = work.any(at)? else { return Ok(None) };
        let above = row.get(parent).as_ref();
        passed.push(row);
        match above.filter(|above| passed.iter().all(|row| row.reference() != Some(*above))) {
            Some(above) => at = above,
            None => return Ok(None),
        }
    }
    Ok(Some(passed))
}
