//! What an expression becomes in SQL, for people who want to know.

use fichero_model::expr::{Context, Expr};
use fichero_model::kind::Type;
use fichero_model::{EntityId, Value};

use crate::layout::Layout;
use crate::lower::Lowering;
use crate::lower::project::Projection;
use crate::sql::compacted;
use crate::{Cell, Error};

/// What an expression over the rows of an entity becomes.
#[derive(Clone, Debug, PartialEq)]
pub enum Explained {
    /// A value that is the same for every row and known beforehand: no SQL.
    Known(Value),
    /// SQL that is worked out for each row.
    Worked {
        /// The condition that is true exactly of the rows for which the expression holds, or the columns of its value.
        sql: String,
        /// What stands behind `FROM`: the table of the row itself, which is `t0`, and the rows it refers to.
        from: String,
        /// The parameters, from `?1` or `$1` on.
        parameters: Vec<Cell>,
    },
}

/// What an expression over the rows of an entity becomes. `context` says what is known beforehand.
///
/// # Errors
/// [`Error::Unportable`], [`Error::Fault`].
pub fn explain(layout: &Layout, context: &Context<'_>, entity: EntityId, expr: &Expr) -> Result<Explained, Error> {
    let dialect = layout.dialect();
    let mut lowering = Lowering::new(layout.model(), layout.tables(), context, entity);
    let sql = if *expr.ty() == Type::Boolean {
        lowering.condition_of(expr)?.text()
    } else {
        match lowering.project(expr)? {
            Projection::Constant(value) => return Ok(Explained::Known(value)),
            projection => {
                let columns = projection.columns(dialect).into_iter().map(|(column, _)| column);
                columns.collect::<Vec<_>>().join(", ")
            }
        }
    };
    // Both parts name parameters, which are numbered together.
    let from = lowering.from();
    let whole = format!("{sql}{APART}{from}");
    let (whole, parameters) = compacted(dialect, &whole, &lowering.into_cells());
    let (sql, from) = whole.split_once(APART).unwrap_or((&whole, ""));
    Ok(Explained::Worked { sql: sql.to_owned(), from: from.to_owned(), parameters })
}

/// What stands between the two parts while their parameters are numbered; no statement holds it.
const APART: char = '\0';
