//! Values that are read back: which columns they are selected as, and how they are made of them.

use fichero_model::entity::System;
use fichero_model::expr::{Expr, Node, Op};
use fichero_model::kind::Type;
use fichero_model::value::Money;
use fichero_model::{EntityId, Ref, Value};
use rust_decimal::Decimal;

use super::number::from_sortable;
use super::path::{Source, is_path};
use super::{Lowering, Operand, Repr, RowAt, Scalar};
use crate::layout::{self, Form, Stored};
use crate::{Cell, ColumnType, Error};

/// How a value is read back.
#[derive(Debug)]
pub(crate) enum Projection<'a> {
    /// It is known; no column is selected.
    Constant(Value),
    /// The columns of a stored field.
    Stored { stored: &'a Stored, columns: Vec<String> },
    /// One column that was worked out.
    Scalar { scalar: Scalar, ty: Type },
    /// A reference that was worked out: the ids of the rows it may point to, of which at most one is there.
    Rows { ids: Vec<(EntityId, String)> },
}

impl<'a> Projection<'a> {
    /// The columns as they are selected, with their types.
    pub(crate) fn columns(&self, dialect: crate::Dialect) -> Vec<(String, ColumnType)> {
        match self {
            Projection::Constant(_) => Vec::new(),
            Projection::Stored { stored, columns } => {
                columns.iter().cloned().zip(stored.read().map(|(_, ty)| ty)).collect()
            }
            Projection::Scalar { scalar, .. } => vec![(scalar.selected(dialect), scalar.repr.column(dialect))],
            Projection::Rows { ids } => ids.iter().map(|(_, id)| (id.clone(), ColumnType::Id)).collect(),
        }
    }

    /// The columns by which records with the same value are gathered.
    pub(crate) fn grouped(&self) -> Vec<String> {
        match self {
            Projection::Constant(_) => Vec::new(),
            Projection::Stored { columns, .. } => columns.clone(),
            Projection::Scalar { scalar, .. } => vec![scalar.sql.clone()],
            Projection::Rows { ids } => ids.iter().map(|(_, id)| id.clone()).collect(),
        }
    }

    /// The value that a row has for the columns.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when they hold something else.
    pub(crate) fn read(&self, lowered: &Lowered<'_>, cells: &mut impl Iterator<Item = Cell>) -> Result<Value, Error> {
        match self {
            Projection::Constant(value) => Ok(value.clone()),
            Projection::Stored { stored, .. } => {
                let (value, _) = layout::decode(lowered.tables, stored, cells)?;
                // A condition is never nothing.
                Ok(if stored.form == Form::Boolean { Value::Boolean(value.is_true()) } else { value })
            }
            Projection::Scalar { scalar, ty } => {
                let cell = cells.next().unwrap_or(Cell::Null(ColumnType::Text));
                scalar_value(lowered, scalar.repr, ty, cell)
            }
            Projection::Rows { ids } => {
                let mut found = Value::Nothing;
                for (entity, _) in ids {
                    if let Some(Cell::Id(id)) = cells.next() {
                        found = Value::Ref(Ref { entity: *entity, id });
                    }
                }
                Ok(found)
            }
        }
    }
}

/// What reading a worked-out value needs to know.
pub(crate) struct Lowered<'a> {
    pub(crate) model: &'a fichero_model::Model,
    pub(crate) tables: &'a layout::Tables,
}

/// The value of a cell that was selected in a representation.
pub(crate) fn scalar_value(lowered: &Lowered<'_>, repr: Repr, ty: &Type, cell: Cell) -> Result<Value, Error> {
    let wrong = |cell: &Cell| Error::Corrupt(format!("{repr:?} was selected and {cell:?} came back"));
    Ok(match (repr, cell) {
        (Repr::Boolean, Cell::Null(_)) => Value::Boolean(false),
        (_, Cell::Null(_)) => Value::Nothing,
        (Repr::Boolean, Cell::Boolean(value)) => Value::Boolean(value),
        (Repr::Text | Repr::Key, Cell::Text(text)) if text.is_empty() => Value::Nothing,
        (Repr::Text | Repr::Key, Cell::Text(text)) => Value::Text(text),
        (Repr::Date, Cell::Date(date)) => Value::Date(date),
        (Repr::Time, Cell::Time(time)) => Value::Time(time),
        (Repr::DateTime, Cell::DateTime(moment)) => Value::DateTime(moment),
        (Repr::Id, Cell::Id(id)) => match ty {
            Type::Ref(targets) => match **targets {
                [entity] => Value::Ref(Ref { entity, id }),
                _ => return Err(wrong(&Cell::Id(id))),
            },
            _ => Value::text(&id.to_string()),
        },
        (Repr::Number { scale, .. }, cell) => {
            let scaled = integer(&cell).ok_or_else(|| wrong(&cell))?;
            number(lowered, scaled, scale, ty).ok_or_else(|| wrong(&cell))?
        }
        (_, cell) => return Err(wrong(&cell)),
    })
}

/// The integer in a cell, narrow or wide.
pub(crate) fn integer(cell: &Cell) -> Option<i128> {
    match cell {
        Cell::Integer(number) => Some((*number).into()),
        Cell::Bytes(bytes) => from_sortable(bytes),
        Cell::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// A number as a value of its type.
pub(crate) fn number(lowered: &Lowered<'_>, scaled: i128, scale: u8, ty: &Type) -> Option<Value> {
    let decimal = || Decimal::try_from_i128_with_scale(scaled, u32::from(scale)).ok();
    Some(match ty {
        Type::Integer => Value::Integer(i64::try_from(scaled / 10_i128.pow(u32::from(scale))).ok()?),
        Type::Duration => Value::Duration(i64::try_from(scaled).ok()?),
        // What was worked out in SQL is known by its worth in the workspace's currency.
        Type::Money => {
            let worth = decimal()?;
            Value::Money(Money { amount: worth, currency: lowered.model.workspace.currency, base: worth })
        }
        _ => Value::Decimal(decimal()?),
    })
}

impl<'a> Lowering<'a, '_> {
    /// How the value of an expression is selected and read back.
    ///
    /// # Errors
    /// [`Error::Unportable`], [`Error::Fault`].
    pub(crate) fn project(&mut self, expr: &Expr) -> Result<Projection<'a>, Error> {
        self.text = std::sync::Arc::clone(&expr.text);
        self.project_node(&expr.root)
    }

    /// As [`Lowering::project`], but of money only its worth, which is what is compared and summed.
    ///
    /// # Errors
    /// [`Error::Unportable`], [`Error::Fault`].
    pub(crate) fn project_worth(&mut self, expr: &Expr) -> Result<Projection<'a>, Error> {
        // Whether a computed value was overridden tells no records apart.
        match self.project(expr)? {
            Projection::Stored { stored, .. } if stored.form == Form::Money || stored.overridden.is_some() => {
                match self.value(&expr.root)? {
                    Operand::Constant(value) => Ok(Projection::Constant(value)),
                    Operand::Sql(scalar) => Ok(Projection::Scalar { scalar, ty: expr.root.ty.clone() }),
                }
            }
            other => Ok(other),
        }
    }

    /// When an expression has a value, and when it is a condition, that it holds.
    ///
    /// # Errors
    /// [`Error::Unportable`], [`Error::Fault`].
    pub(crate) fn is_there(&mut self, expr: &Expr) -> Result<super::Condition, Error> {
        self.text = std::sync::Arc::clone(&expr.text);
        match expr.root.ty {
            Type::Boolean => self.condition(&expr.root, true),
            _ => self.is_nothing(&expr.root, false),
        }
    }

    fn project_node(&mut self, node: &Node) -> Result<Projection<'a>, Error> {
        if let Some(value) = self.known(node)? {
            return Ok(Projection::Constant(value));
        }
        if let Op::Field { of, fields } = &node.op {
            let mut sources = self.sources(of, fields)?;
            if sources.len() == 1
                && let Some(source) = sources.pop()
            {
                match source {
                    Source::Stored { row, stored, .. } => {
                        let columns = stored.read().map(|(name, _)| row.column(name)).collect();
                        return Ok(Projection::Stored { stored, columns });
                    }
                    Source::Worked { row, expr } if row.certain || is_path(&expr.root) => {
                        return self.through(&row, expr, Self::project_node);
                    }
                    Source::Worked { .. } | Source::List { .. } => {}
                }
            }
        }
        if matches!(&node.ty, Type::Ref(targets) if targets.len() > 1) {
            let rows = self.rows_of(node)?.into_iter();
            let id = |row: RowAt| (row.entity, row.column(self.tables.table(row.entity).system(System::Id)));
            return Ok(Projection::Rows { ids: rows.map(id).collect() });
        }
        match self.value(node)? {
            Operand::Constant(value) => Ok(Projection::Constant(value)),
            Operand::Sql(scalar) => Ok(Projection::Scalar { scalar, ty: node.ty.clone() }),
        }
    }
}
