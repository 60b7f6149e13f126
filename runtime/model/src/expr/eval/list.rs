//! Lists: rows of children and links, values of each row, and questions about them.

use std::sync::Arc;

use super::aggregate::aggregate;
use super::machine::{Frame, Machine, field_of};
use super::{Fault, LONGEST_LIST};
use crate::expr::row::Row;
use crate::expr::tree::{Comparison, Node, Op, Quantifier};
use crate::expr::truth;
use crate::id::{EntityId, FieldId};
use crate::kind::Type;
use crate::value::Value;

/// An item of a list. Rows stay rows, for a draft's lines have no identity to find them by.
pub(super) enum Item {
    Row(Arc<Row>),
    Value(Value),
}

impl Item {
    /// Its value: of a row the reference to it.
    pub(super) fn value(&self) -> Value {
        match self {
            Item::Row(row) => row.reference().map_or(Value::Nothing, Value::Ref),
            Item::Value(value) => value.clone(),
        }
    }
}

impl Machine<'_> {
    /// The value of a node that is a list or is made of one.
    pub(super) fn over_list(&self, node: &Node, frame: Option<&Frame<'_>>) -> Result<Value, Fault> {
        match &node.op {
            Op::Quantify { quantifier: Quantifier::Any, list, depth, body } => {
                for item in &self.items(list, frame)? {
                    if self.asks(item, *depth, body, frame)? {
                        return Ok(Value::Boolean(true));
                    }
                }
                Ok(Value::Boolean(false))
            }
            Op::Quantify { quantifier: Quantifier::All, list, depth, body } => {
                for item in &self.items(list, frame)? {
                    if !self.asks(item, *depth, body, frame)? {
                        return Ok(Value::Boolean(false));
                    }
                }
                Ok(Value::Boolean(true))
            }
            Op::Quantify { quantifier: Quantifier::Count, list, depth, body } => {
                let mut count = 0;
                for item in &self.items(list, frame)? {
                    count += i64::from(self.asks(item, *depth, body, frame)?);
                }
                Ok(Value::Integer(count))
            }
            Op::Aggregate { aggregate: kind, list } => {
                let items = self.items(list, frame)?;
                Ok(aggregate(*kind, &node.ty, items.iter().map(Item::value), self.context.model.workspace.currency))
            }
            _ => Ok(Value::list(self.items(node, frame)?.iter().map(Item::value))),
        }
    }

    /// Whether the body of a closure holds for an item.
    fn asks(&self, item: &Item, depth: usize, body: &Node, outer: Option<&Frame<'_>>) -> Result<bool, Fault> {
        self.test(body, Some(&Frame { item, depth, outer }))
    }

    /// The items of a list.
    pub(super) fn items(&self, node: &Node, frame: Option<&Frame<'_>>) -> Result<Vec<Item>, Fault> {
        self.step()?;
        let items = match &node.op {
            Op::Field { of, fields } => match self.row(of, frame)? {
                Some(row) => match field_of(&row, fields) {
                    Some((_, field)) => self.items_of(&row, field)?,
                    None => Vec::new(),
                },
                None => Vec::new(),
            },
            Op::Each { of, fields } => self.each(of, fields, frame)?,
            Op::List(nodes) => {
                let mut items = Vec::with_capacity(nodes.len());
                for node in nodes {
                    match self.eval(node, frame)? {
                        Value::Nothing => {}
                        value => items.push(Item::Value(value)),
                    }
                }
                items
            }
            Op::Quantify { quantifier: Quantifier::Filter, list, depth, body } => {
                let mut kept = Vec::new();
                for item in self.items(list, frame)? {
                    if self.asks(&item, *depth, body, frame)? {
                        kept.push(item);
                    }
                }
                kept
            }
            Op::Coalesce(first, second) => {
                let items = self.items(first, frame)?;
                if items.is_empty() { self.items(second, frame)? } else { items }
            }
            Op::If { condition, then, otherwise } => {
                let branch = if self.test(condition, frame)? { then } else { otherwise };
                self.items(branch, frame)?
            }
            _ => match self.eval(node, frame)? {
                Value::Nothing => Vec::new(),
                Value::List(values) => values.iter().cloned().map(Item::Value).collect(),
                one => vec![Item::Value(one)],
            },
        };
        bounded(items.len())?;
        Ok(items)
    }

    /// A field of each of the rows of a list: those that have a value. A boolean field always has one.
    fn each(&self, of: &Node, fields: &[(EntityId, FieldId)], frame: Option<&Frame<'_>>) -> Result<Vec<Item>, Fault> {
        let mut items = Vec::new();
        for item in self.items(of, frame)? {
            self.step()?;
            let Some(row) = self.item_row(&item)? else { continue };
            let Some((entity, field)) = field_of(&row, fields) else { continue };
            let declared = self.context.model.field(entity, field);
            if matches!(declared.value_type(), Type::List(_)) {
                items.extend(self.items_of(&row, field)?);
                bounded(items.len())?;
                continue;
            }
            match self.read(&row, entity, field)? {
                Value::Nothing if declared.kind.value_type() == Type::Boolean => {
                    items.push(Item::Value(Value::Boolean(false)))
                }
                Value::Nothing => {}
                value => items.push(Item::Value(value)),
            }
        }
        Ok(items)
    }

    /// The items of a field that holds several.
    fn items_of(&self, row: &Arc<Row>, field: FieldId) -> Result<Vec<Item>, Fault> {
        let declared = self.context.model.field(row.entity, field);
        if declared.kind.is_rows() || declared.is_link() {
            return self.rows(row, field);
        }
        let value = self.read(row, row.entity, field)?;
        bounded(value.items().len())?;
        Ok(value.items().iter().cloned().map(Item::Value).collect())
    }

    /// The rows of a lines, children or link field.
    pub(super) fn rows(&self, row: &Row, field: FieldId) -> Result<Vec<Item>, Fault> {
        let rows = self.context.facts.rows(row, field)?;
        bounded(rows.len())?;
        Ok(rows.into_iter().map(Item::Row).collect())
    }

    pub(super) fn is_in(&self, value: &Node, list: &Node, frame: Option<&Frame<'_>>) -> Result<bool, Fault> {
        let value = self.eval(value, frame)?;
        if value.is_nothing() {
            return Ok(false);
        }
        Ok(self.items(list, frame)?.iter().any(|item| truth::compare(Comparison::Equal, &value, &item.value())))
    }
}

fn bounded(length: usize) -> Result<(), Fault> {
    if length > LONGEST_LIST {
        return Err(Fault::new(format!("a list of more than {LONGEST_LIST} items")));
    }
    Ok(())
}
