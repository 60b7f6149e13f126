//! How the records of a model lie in the tables of a schema, and all statements that are the same for every record.
//!
//! A [`Layout`] is built once per model and schema; the statements are text that is made then and prepared once per
//! connection. Records go in and come out whole ([`Record`]): the values of all stored fields, what was overridden, and
//! a line's place. What is not stored (lookups, formulas computed when read) is nothing in a record's row; lists of
//! links and of child rows are read apart, in one statement for any number of records.
//!
//! A layout knows no rights and no trash: it gives what is asked for by id. Questions are [`crate::query`]'s.

mod codec;
mod field;
mod links;
mod offset;
mod record;
mod tables;
#[cfg(test)]
mod tests;
mod unique;

use std::sync::Arc;

use fichero_model::{EntityId, FieldId, Model};

pub(crate) use codec::decode;
pub(crate) use field::{Form, MONEY_SCALE, Stored};
pub(crate) use offset::{Offsets, PERIOD, ROUND};
pub use record::{Lock, Record};
pub(crate) use tables::{Table, Tables};

use crate::schema::{Index, Schema};
use crate::{Constraint, Dialect, Error};

/// The tables of a model, ready for statements.
#[derive(Debug)]
pub struct Layout {
    model: Arc<Model>,
    schema: Arc<Schema>,
    tables: Tables,
}

impl Layout {
    /// The layout of a model whose schema was applied.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when the schema lacks a table or column that the model needs.
    pub fn new(model: Arc<Model>, schema: Arc<Schema>, dialect: Dialect) -> Result<Self, Error> {
        let tables = Tables::new(&model, &schema, dialect)?;
        Ok(Self { model, schema, tables })
    }

    /// The model it was made for.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The schema it was made for.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The database it writes statements for.
    pub fn dialect(&self) -> Dialect {
        self.tables.dialect()
    }

    /// The entity and the index that a broken uniqueness rule is about, for [`Error::Unique`].
    pub fn broken(&self, constraint: &Constraint) -> Option<(EntityId, &Index)> {
        let unique = |index: &&Index| index.purpose.is_unique();
        self.schema.tables.iter().find_map(|table| {
            let entity = self.tables.entity_of(&table.name).ok()?;
            let mut indexes = table.indexes.iter().filter(unique);
            let index = match &constraint.name {
                Some(name) => indexes.find(|index| index.name == *name)?,
                None if constraint.table.as_deref() != Some(table.name.as_str()) => return None,
                None => indexes.find(|index| index.columns == constraint.columns)?,
            };
            Some((entity, index))
        })
    }

    /// The physical table of an entity: what logs and jobs call it, for ever.
    pub fn table_name(&self, entity: EntityId) -> Arc<str> {
        Arc::clone(&self.tables.table(entity).name)
    }

    /// The physical name a field was born with: what logs call it, for ever. Its own name where it is not stored.
    pub fn column_name(&self, entity: EntityId, field: FieldId) -> Arc<str> {
        let name = &self.model[entity][field].name;
        let table = self.schema.table(&self.tables.table(entity).name);
        match table.and_then(|table| table.field(name)) {
            Some(field) => field.column.as_str().into(),
            None => Arc::clone(name),
        }
    }

    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }
}
