//! A line that is written by itself, and not with the record that lists it.
//!
//! A record is what its lines are, too: its version is raised, so that whoever read it before is told, and its history
//! says what became of the line.

use std::sync::Arc;

use fichero_model::Ref;
use fichero_model::entity::System;
use fichero_model::expr::Row;
use fichero_model::value::Value;
use fichero_store::Lock;

use super::log::{self, Lines};
use super::work::Work;
use crate::command::Effect;
use crate::refusal::Refusal;

/// Tells the record that lists a line, where it is one, what became of it.
///
/// # Errors
/// When somebody else changed that record, or the database cannot be read or written.
pub fn written(work: &Work<'_>, row: &Arc<Row>, effect: Effect) -> Result<(), Refusal> {
    let Some(list) = work.live.model[row.entity].line_of else { return Ok(()) };
    let (Some(line), Some(parent)) = (row.reference(), row.get(list.by).as_ref()) else { return Ok(()) };
    let tell = |parent: Ref, lines: Lines<'_>| {
        touch(work, parent)?;
        log::lines(work, (parent, list.field), &lines);
        Ok::<_, Refusal>(())
    };
    let (saved, row) = ([line.id], std::slice::from_ref(row));
    let gone = Lines { removed: row, ..Lines::default() };
    let back = Lines { added: row, ..Lines::default() };
    match effect {
        Effect::Created => tell(parent, Lines { saved: &saved, ..Lines::default() }),
        Effect::Updated => match work.moved_from(line, &work.live.layout.column_name(line.entity, list.by)) {
            None => tell(parent, Lines { saved: &saved, ..Lines::default() }),
            Some(left) => {
                tell(Ref { entity: list.parent, id: left }, gone)?;
                tell(parent, back)
            }
        },
        Effect::Deleted => tell(parent, gone),
        // That it was deleted before was told then.
        Effect::Purged if !row.iter().all(|row| row.get(System::DeletedAt.field()).is_nothing()) => Ok(()),
        Effect::Purged => tell(parent, gone),
        Effect::Restored => tell(parent, back),
        Effect::Unchanged => Ok(()),
    }
}

/// Raises the version of a living record.
fn touch(work: &Work<'_>, record: Ref) -> Result<(), Refusal> {
    let Some(row) = work.lock(record, Lock::Change)? else { return Ok(()) };
    let mut raised = Row::clone(&row);
    raised.set(System::Version.field(), Value::Integer(row.version() + 1));
    work.stamp(&mut raised, false);
    work.update(&row, &raised)?;
    log::touched(work, record, raised.version());
    Ok(())
}
