//! Questions about the records of an entity: lists, counts and groups.
//!
//! A question is prepared first and asked then: preparing works out what is known beforehand (which may read records
//! through the caller's [`Facts`](fichero_model::expr::Facts)), asking runs at most two statements, however many rows
//! there are.
//!
//! Lists are paged by key: a page begins behind the keys of the last record of the page before, and the record's id
//! comes last, so that no record is shown twice or left out while others come and go. Nothing sorts smallest.

mod cursor;
mod explain;
mod group;
mod keyset;
mod list;
#[cfg(test)]
mod tests;

use fichero_model::entity::System;
use fichero_model::expr::{Comparison, Expr, Node, Op, RowName};
use fichero_model::kind::Type;
use fichero_model::{EntityId, FieldId, Model, Value};
use std::sync::Arc;

pub use cursor::Cursor;
pub use explain::{Explained, explain};
pub use group::{Aggregation, Group, Groups, Measure};
pub use list::{Found, Page, Query, counts};

use crate::Error;
use crate::lower::{Condition, Lowering};

/// Which records are asked for, by whether they are in the trash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Trash {
    /// Those that live.
    #[default]
    Living,
    /// Those in the trash.
    Trashed,
    /// All.
    Any,
}

/// Which records are asked for.
#[derive(Clone, Debug)]
pub struct Filter<'a> {
    /// The entity.
    pub entity: EntityId,
    /// Conditions that must all hold: what the request asks, what the view says, what the reader may see.
    pub conditions: Vec<&'a Expr>,
    /// Fields with the value they must have; one that holds many must hold the value among others.
    pub equals: Vec<(FieldId, Value)>,
    /// A field of one value that must be one of some.
    pub among: Option<(FieldId, Vec<Value>)>,
    /// Living or in the trash.
    pub trash: Trash,
}

impl<'a> Filter<'a> {
    /// All living records of an entity.
    pub fn all(entity: EntityId) -> Self {
        Self { entity, conditions: Vec::new(), equals: Vec::new(), among: None, trash: Trash::Living }
    }

    /// Those of them for which a condition holds too.
    #[must_use]
    pub fn and(mut self, condition: &'a Expr) -> Self {
        self.conditions.push(condition);
        self
    }

    /// The `WHERE` of the question.
    fn lower(&self, lowering: &mut Lowering<'_, '_>, model: &Model) -> Result<Condition, Error> {
        let deleted = System::DeletedAt.field();
        let mut all = match self.trash {
            Trash::Any => Condition::Always(true),
            Trash::Living => lowering.base_is_null(deleted, true),
            Trash::Trashed => lowering.base_is_null(deleted, false),
        };
        for (field, value) in &self.equals {
            all = all.and(lowering.condition_node(&equal(model, self.entity, *field, value))?);
        }
        if let Some((field, values)) = &self.among {
            all = all.and(lowering.condition_node(&among(model, self.entity, *field, values))?);
        }
        for condition in &self.conditions {
            all = all.and(lowering.condition_of(condition)?);
        }
        Ok(all)
    }
}

/// `field == value`, or `value in field` for one that holds many.
fn equal(model: &Model, entity: EntityId, field: FieldId, value: &Value) -> Node {
    let own = own(model, entity, field);
    let literal = literal(model, (entity, field), value);
    let op = match own.ty {
        Type::List(_) if !value.is_nothing() => Op::In { value: Box::new(literal), list: Box::new(own) },
        _ => Op::Compare(Comparison::Equal, Box::new(own), Box::new(literal)),
    };
    node(op, Type::Boolean)
}

/// `field in [values]`.
fn among(model: &Model, entity: EntityId, field: FieldId, values: &[Value]) -> Node {
    let item = model.field(entity, field).kind.value_type();
    let literals = values.iter().map(|value| literal(model, (entity, field), value)).collect();
    let list = node(Op::List(literals), Type::List(Arc::new(item)));
    node(Op::In { value: Box::new(own(model, entity, field)), list: Box::new(list) }, Type::Boolean)
}

/// A field of the row at hand.
fn own(model: &Model, entity: EntityId, field: FieldId) -> Node {
    let this = node(Op::Row(RowName::This), Type::Ref(Arc::new([entity])));
    let fields = Arc::new([(entity, field)]);
    node(Op::Field { of: Box::new(this), fields }, model.field(entity, field).value_type())
}

/// A value of a field.
fn literal(model: &Model, (entity, field): (EntityId, FieldId), value: &Value) -> Node {
    let ty = if value.is_nothing() { Type::Nothing } else { model.field(entity, field).kind.value_type() };
    node(Op::Literal(value.clone()), ty)
}

fn node(op: Op, ty: Type) -> Node {
    Node { op, ty, at: 0..0 }
}
