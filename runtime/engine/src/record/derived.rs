//! What stored records derive from others, worked out anew: no version is raised and no history is written.

use std::sync::Arc;

use fichero_model::expr::Row;

use super::draft::Draft;
use super::work::Work;
use crate::refusal::Refusal;

/// Refreshes what stored records compute, and notes the rollups that follow.
///
/// # Errors
/// When a definition fails, or the database cannot be read or written.
pub fn refresh(work: &Work<'_>, rows: &[Arc<Row>]) -> Result<(), Refusal> {
    for (stored, draft) in rows.iter().zip(computed(work, rows)?) {
        if !draft.errors.is_empty() {
            // It stays as it is, and whoever saves it next is told.
            let entity = &*work.live.model[stored.entity].name;
            tracing::warn!(entity, record = %draft.id(), "a record could not be computed anew");
        } else if draft.row != *stored {
            work.write_derived(stored, &draft.row)?;
            super::rollup::touch(work, stored.entity, Some(stored), Some(&draft.row));
        }
    }
    Ok(())
}

/// The records with what they compute as it should be. What they walk to is read ahead for all of them.
///
/// # Errors
/// When a definition fails, or the database cannot be read.
pub fn computed(work: &Work<'_>, rows: &[Arc<Row>]) -> Result<Vec<Draft>, Refusal> {
    work.gather(|| {
        rows.iter()
            .map(|row| {
                let mut draft = Draft::unchanged(row);
                draft.compute(work)?;
                Ok(draft)
            })
            .collect()
    })
}
