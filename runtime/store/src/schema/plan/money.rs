//! Money whose currency is another one from now on: that of the workspace, or one that it shares.

use fichero_model::entity::Source;
use fichero_model::expr::{Node, Op, RowName};
use fichero_model::kind::{Kind, MoneyCurrency};
use fichero_model::{EntityId, FieldId};

use super::cause::{cause_of_field, definition_of};
use super::table::fill;
use super::value::count;
use super::{Hazard, Phase, Planner, Step, sql};
use crate::Error;
use crate::schema::columns::{Role, Shape};
use crate::schema::ddl::{literal, quoted};
use crate::schema::fill::Reason;
use crate::schema::{Field, Schema, Table};

/// Adds the steps for another currency of the workspace: all money is worth something else.
pub(super) fn currency(planner: &mut Planner<'_>, schema: &Schema) -> Result<(), Error> {
    let recorded = planner.question.recorded;
    if recorded.currency.is_empty() || recorded.currency == schema.currency {
        return Ok(());
    }
    for table in schema.tables.iter().filter(|table| table.retired.is_none()) {
        let Some(old) = recorded.table(&table.name) else { continue };
        let money = table.fields.iter().filter(|field| field.retired.is_none() && field.shape == Shape::Money);
        for field in money.filter(|field| old.born(&field.column).is_some()) {
            if count(planner, table, field)? > 0 {
                fill(planner, table, field, Reason::Base)?;
            }
        }
    }
    Ok(())
}

/// Adds the steps for money that takes its currency from elsewhere from now on: what is stored in another one is taken
/// for so much of that with the next save of its record.
pub(super) fn shared(planner: &mut Planner<'_>, schema: &Schema) -> Result<(), Error> {
    let recorded = planner.question.recorded;
    for table in schema.tables.iter().filter(|table| table.retired.is_none()) {
        let Some(before) = recorded.table(&table.name) else { continue };
        for field in table.fields.iter().filter(|field| field.retired.is_none() && field.shape == Shape::Money) {
            if let Some(old) = before.born(&field.column).filter(|old| old.shares != field.shares) {
                share(planner, schema, table, (field, old))?;
            }
        }
    }
    Ok(())
}

fn share(
    planner: &mut Planner<'_>,
    schema: &Schema,
    table: &Table,
    (field, old): (&Field, &Field),
) -> Result<(), Error> {
    let definition = definition_of(planner, table, field);
    let Some(Kind::Money { currency: MoneyCurrency::Shared(of) }) = definition.map(|field| &field.kind) else {
        return Ok(());
    };
    let (Some(amount), Some(currency)) = (old.column(Role::Value), old.column(Role::Currency)) else { return Ok(()) };
    let own = quoted(&table.name);
    let mut rows = format!("{own}.{} IS NOT NULL", quoted(amount));
    // What rows cannot be asked for may be another one for each.
    if let Some(wanted) = (Path { planner, schema }).of(&of.root, &own) {
        let otherwise = literal(planner.question.model.workspace.currency.as_str());
        rows = format!("{rows} AND {own}.{} <> coalesce({wanted}, {otherwise})", quoted(currency));
    }
    let rows = planner.facts.count(&table.name, &rows)?;
    if rows > 0 {
        let cause = cause_of_field(planner, table, field);
        let what = format!("let `{}` of `{}` take its currency from `{}`", field.name, table.name, of.text);
        let note = "an amount in another currency is taken for so much of that one with the next save of its record";
        let step = sql(what, &cause, Hazard::Reinterprets, Vec::new());
        planner.add(Phase::Names, Step { rows: Some(rows), note: Some(note.to_owned()), ..step });
    }
    Ok(())
}

/// Follows an expression that names a field, of the record itself or behind references, in the tables that are there.
struct Path<'a, 'p> {
    planner: &'a Planner<'p>,
    schema: &'a Schema,
}

impl Path<'_, '_> {
    /// The value of the expression for a row of `own`; nothing where it is more than such a path.
    fn of(&self, node: &Node, own: &str) -> Option<String> {
        let Op::Field { of, fields } = &node.op else { return None };
        let [(entity, field)] = **fields else { return None };
        let (table, column) = self.column(entity, field)?;
        let Some(column) = column else { return Some("NULL".to_owned()) };
        match &of.op {
            Op::Row(RowName::This) => Some(format!("{own}.{column}")),
            // No table of an entity begins with `fichero_`.
            _ => {
                let reference = self.of(of, own)?;
                Some(format!(
                    "(SELECT fichero_row.{column} FROM {table} AS fichero_row WHERE fichero_row.\"id\" = {reference})"
                ))
            }
        }
    }

    /// The table and the column of a stored text or reference. No column where a new one begins with nothing in it.
    fn column(&self, entity: EntityId, field: FieldId) -> Option<(String, Option<String>)> {
        let owner = self.planner.question.model.entities.get(entity.index())?;
        let definition = owner.fields.get(field.index())?;
        let table = self.schema.table_of(&owner.name)?;
        let field = table.field(&definition.name)?;
        let column = match &field.shape {
            Shape::Text | Shape::LongText | Shape::Choice | Shape::Ref { .. } => field.column(Role::Value)?,
            _ => return None,
        };
        let is_there = self.planner.question.recorded.table(&table.name)?.born(&field.column).is_some();
        let is_empty = matches!(definition.source, Source::Input) && definition.fill.is_none();
        match is_there {
            true => Some((quoted(&table.name), Some(quoted(column)))),
            false => is_empty.then(|| (quoted(&table.name), None)),
        }
    }
}
