//! What a `secret` field is given, sealed for its record before the draft holds it.

use fichero_model::FieldId;
use fichero_model::value::Value;

use super::draft::Draft;
use super::work::Work;
use crate::secret::Place;
use crate::value::check::{self, Problem, about};

/// A given text as the record keeps it.
///
/// # Errors
/// When it is too long, or there is no key to seal it by: the writer's to see.
pub fn sealed(work: &Work<'_>, draft: &Draft, id: FieldId, given: Value) -> Result<Value, Problem> {
    let field = &work.live.model[draft.entity][id];
    let Value::Text(text) = &given else { return Ok(Value::Nothing) };
    check::fits(field, &given)?;
    let keeper = work.keeper.ok_or_else(|| about(field, "no_key", []))?;
    let (table, column) = (work.live.layout.table_name(draft.entity), work.live.layout.column_name(draft.entity, id));
    let place = Place { table: &table, record: draft.id(), column: &column };
    let sealed = keeper.seal(place, text, work.ids).map_err(|_| about(field, "too_long", []))?;
    Ok(Value::text(&sealed))
}
