//! Files of records inside a command: each is read once, and those that are shown are noted.

use std::collections::BTreeSet;

use fichero_model::Id;
use fichero_model::entity::Field;
use fichero_model::value::Value;
use fichero_store::system::file::{self, File};

use super::Work;
use crate::record::files;
use crate::refusal::Refusal;

impl Work<'_> {
    /// A file that a record holds or is to hold; noted and read later inside [`Work::gather`].
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn file(&self, id: Id) -> Result<Option<File>, Refusal> {
        if let Some(known) = self.files.borrow().get(&id) {
            return Ok(known.clone());
        }
        if let Some(missing) = self.missing.borrow_mut().as_mut() {
            missing.files.insert(id);
            return Ok(None);
        }
        self.load_files([id].into())?;
        Ok(self.files.borrow().get(&id).cloned().flatten())
    }

    /// Notes the files of a value that is shown, so that they are read together with what else it names.
    pub fn meet_files(&self, field: &Field, value: &Value) {
        self.met.borrow_mut().extend(files::ids(field, value));
    }

    /// The files that were noted.
    pub fn met_files(&self) -> BTreeSet<Id> {
        self.met.borrow().clone()
    }

    /// Reads the files that are not known yet; those that there are not are known as such.
    pub(super) fn load_files(&self, wanted: BTreeSet<Id>) -> Result<(), Refusal> {
        if wanted.is_empty() {
            return Ok(());
        }
        let found = self.with(|tx| file::many(tx, &Vec::from_iter(wanted.iter().copied())))?;
        let mut files = self.files.borrow_mut();
        files.extend(wanted.into_iter().map(|id| (id, None)));
        files.extend(found.into_iter().map(|file| (file.id, Some(file))));
        Ok(())
    }
}
