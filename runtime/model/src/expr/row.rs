//! A record as expressions see it.

use crate::entity::System;
use crate::id::{EntityId, FieldId, Id};
use crate::value::{Ref, Value};

/// The stored values of one record, by field id. Fields that are not stored in its row hold nothing here: lookups and
/// read-time formulas are evaluated, lines, children and links are asked for through [`super::Facts`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which entity it belongs to.
    pub entity: EntityId,
    /// One value for each field of the entity.
    pub values: Vec<Value>,
    /// The `compute` fields whose value somebody has overridden; stored as the marker column beside each.
    pub overridden: Vec<FieldId>,
}

impl Row {
    /// A row of `entity` with `fields` fields, all nothing.
    pub fn empty(entity: EntityId, fields: usize) -> Self {
        Self { entity, values: vec![Value::Nothing; fields], overridden: Vec::new() }
    }

    /// The stored value of a field.
    pub fn get(&self, field: FieldId) -> &Value {
        self.values.get(field.index()).unwrap_or(&Value::Nothing)
    }

    /// Puts a value into a field.
    pub fn set(&mut self, field: FieldId, value: Value) {
        if let Some(slot) = self.values.get_mut(field.index()) {
            *slot = value;
        }
    }

    /// Its identity; nothing for a draft that has none yet.
    pub fn id(&self) -> Option<Id> {
        self.get(System::Id.field()).as_ref().map(|reference| reference.id)
    }

    /// A reference to it; nothing for a draft that has no identity yet.
    pub fn reference(&self) -> Option<Ref> {
        self.id().map(|id| Ref { entity: self.entity, id })
    }

    /// The version it was read at; 0 for a draft.
    pub fn version(&self) -> i64 {
        match self.get(System::Version.field()) {
            Value::Integer(version) => *version,
            _ => 0,
        }
    }
}
