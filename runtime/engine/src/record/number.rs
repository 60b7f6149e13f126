//! Numbers of sequence fields: given out one after the other, last of all that a save does, so that a refused record takes
//! none; and, for history that is brought in with the numbers it had, passed over, so that none is given out twice.

use fichero_model::entity::Source;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId};
use fichero_store::system::sequence;
use jiff::civil::Date;

use super::work::Work;
use crate::refusal::Refusal;

/// The next number of a sequence field for a record of that day.
///
/// # Errors
/// When the database cannot be written.
pub fn next(work: &Work<'_>, (entity, field): (EntityId, FieldId), day: Date) -> Result<Value, Refusal> {
    let Source::Sequence(definition) = &work.live.model[entity][field].source else { return Ok(Value::Nothing) };
    let key = key(work, entity, field);
    let number = work.with(|tx| sequence::take(tx, &key, &definition.per.of(day)))?;
    Ok(Value::text(&definition.written(number, day)))
}

/// Sees that a number which was given is not given out again. One that this pattern does not write cannot be.
///
/// # Errors
/// When the database cannot be written.
pub fn pass(work: &Work<'_>, (entity, field): (EntityId, FieldId), given: &str) -> Result<(), Refusal> {
    let Source::Sequence(definition) = &work.live.model[entity][field].source else { return Ok(()) };
    let Some((number, day)) = definition.read(given, work.today()) else { return Ok(()) };
    let key = key(work, entity, field);
    work.with(|tx| sequence::pass(tx, &key, &definition.per.of(day), number))
}

fn key(work: &Work<'_>, entity: EntityId, field: FieldId) -> String {
    sequence::key(&work.live.layout.table_name(entity), &work.live.layout.column_name(entity, field))
}
