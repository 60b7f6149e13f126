//! Times of records that rules keep apart (`overlap`): none ends before it starts.

use std::cmp::Ordering;
use std::sync::Arc;

use fichero_model::value::Value;

use super::draft::Draft;
use super::work::Work;
use crate::message::Argument;
use crate::value::check::about;

/// Tells of each end that comes before its start, where the draft changes one of both. What is in [`Draft::errors`]
/// already is not told of again.
pub fn check(work: &Work<'_>, draft: &mut Draft) {
    let model = Arc::clone(&work.live.model);
    let entity = &model[draft.entity];
    for time in entity.unique.iter().filter_map(|rule| rule.overlap) {
        let (starts, ends) = (&entity[time.starts], &entity[time.ends]);
        let is_told = draft.errors.iter().any(|error| *error.field == *starts.name || *error.field == *ends.name);
        if is_told || !(draft.changes(time.starts) || draft.changes(time.ends)) {
            continue;
        }
        if order(draft.row.get(time.ends), draft.row.get(time.starts)) == Some(Ordering::Less) {
            draft.error(work, time.ends, about(ends, "ends_before_start", [Argument::from(&starts.label)]));
        }
    }
}

fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::DateTime(a), Value::DateTime(b)) => Some(a.cmp(b)),
        _ => None,
    }
}
