//! Conditions of partial indexes: over the row's own columns, with constants written into the text.

use std::sync::Arc;

use fichero_model::expr::{Context, Expr, NoFacts};
use fichero_model::{EntityId, Model};
use jiff::Timestamp;

use super::{Condition, Lowering, RowAt};
use crate::Error;
use crate::layout::Tables;

/// The condition of an index over the rows of an entity, its columns without an alias.
///
/// # Errors
/// [`Error::Unportable`] for one that reads other rows, who acts, what time it is or what clocks show.
pub(crate) fn index_condition(model: &Model, tables: &Tables, entity: EntityId, expr: &Expr) -> Result<String, Error> {
    let refuse =
        |why: &str| Err(Error::Unportable(format!("`{}` cannot be the condition of an index: {why}", expr.text)));
    let reads = expr.reads(model);
    if reads.now || reads.me || !reads.locals.is_empty() {
        return refuse("it asks for what is only known in a request");
    }
    if reads.zone {
        return refuse("it asks for the rules of the time zone, which change");
    }
    let context = Context::bare(model, &NoFacts, Timestamp::UNIX_EPOCH);
    let mut lowering = Lowering::new(model, tables, &context, entity);
    lowering.inline = true;
    // Without an alias: in an index there is only the one table.
    lowering.this = RowAt { alias: Arc::from(&*tables.table(entity).quoted), ..lowering.this.clone() };
    let condition = lowering.condition_of(expr)?;
    if lowering.aliases > 1 {
        return refuse("it reads other records");
    }
    if !lowering.cells.is_empty() {
        return refuse("it needs a value that cannot be written into it");
    }
    let text = match condition {
        Condition::When(text) => text,
        constant @ Condition::Always(_) => return Ok(constant.text()),
    };
    Ok(text.replace(&format!("{}.", tables.table(entity).quoted), ""))
}
