//! Drafts inside a command: what expressions see in place of what is stored, and what is read anew after a change.

use std::sync::Arc;

use fichero_model::expr::Row;
use fichero_model::{FieldId, Id, Ref};

use super::Work;
use crate::refusal::Refusal;

impl Work<'_> {
    /// Lets expressions see a draft in place of what is stored.
    pub fn pend(&self, row: &Arc<Row>) {
        if let Some(id) = row.id() {
            self.pending.borrow_mut().insert(id, Arc::clone(row));
        }
    }

    /// Lets expressions see the lines of a draft in place of those that are stored.
    pub fn pend_lines(&self, parent: &Row, field: FieldId, rows: Vec<Arc<Row>>) {
        for row in &rows {
            self.pend(row);
        }
        self.pend_rows(parent, field, rows);
    }

    /// Lets expressions see what a reference to many will hold in place of what is stored.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn pend_links(&self, record: &Row, field: FieldId, targets: &[Ref]) -> Result<(), Refusal> {
        self.load(targets.iter().copied())?;
        let rows: Result<Vec<_>, _> = targets.iter().map(|target| self.living(*target)).collect();
        self.pend_rows(record, field, rows?.into_iter().flatten().collect());
        Ok(())
    }

    fn pend_rows(&self, draft: &Row, field: FieldId, rows: Vec<Arc<Row>>) {
        let Some(id) = draft.id() else { return };
        self.drafted.borrow_mut().insert((id, field), (draft.version(), rows));
    }

    /// Reads the list of a record anew when it is asked for.
    pub(super) fn forget_list(&self, record: Id, field: FieldId) {
        self.lists.borrow_mut().remove(&(record, field));
        self.drafted.borrow_mut().remove(&(record, field));
    }

    /// Reads all lists of a record anew when they are asked for.
    pub fn forget_lists(&self, record: Id) {
        self.lists.borrow_mut().retain(|(id, _), _| *id != record);
        self.drafted.borrow_mut().retain(|(id, _), _| *id != record);
    }
}
