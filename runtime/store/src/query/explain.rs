//! What an expression becomes in SQL, for people who want to know.

use fichero_model::EntityId;
use fichero_model::expr::{Context, Expr};
use fichero_model::kind::Type;

use crate::layout::Layout;
use crate::lower::{Lowering, Operand};
use crate::sql::compacted;
use crate::{Cell, Error};

/// The statement that an expression over the rows of an entity becomes, with its parameters: of a condition the one
/// that finds the records for which it holds, else the one that gives its value for each.
///
/// # Errors
/// [`Error::Unportable`], [`Error::Fault`].
pub fn explain(
    layout: &Layout,
    context: &Context<'_>,
    entity: EntityId,
    expr: &Expr,
) -> Result<(String, Vec<Cell>), Error> {
    let dialect = layout.dialect();
    let mut lowering = Lowering::new(layout.model(), layout.tables(), context, entity);
    let text = if *expr.ty() == Type::Boolean {
        let condition = lowering.condition_of(expr)?.text();
        let id = match lowering.base_identity() {
            Operand::Sql(id) => id.sql,
            Operand::Constant(_) => "1".to_owned(),
        };
        format!("SELECT {id} FROM {} WHERE {condition}", lowering.from())
    } else {
        let projection = lowering.project(expr)?;
        let columns: Vec<String> = projection.columns(dialect).into_iter().map(|(column, _)| column).collect();
        let columns = if columns.is_empty() { "1".to_owned() } else { columns.join(", ") };
        format!("SELECT {columns} FROM {}", lowering.from())
    };
    Ok(compacted(dialect, &text, &lowering.into_cells()))
}
