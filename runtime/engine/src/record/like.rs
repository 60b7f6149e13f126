//! Copies: what a new record begins with that is made like another.

use std::sync::Arc;

use fichero_model::entity::{Field, Source};
use fichero_model::expr::Row;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{FieldId, Model, OptionsId};

use super::work::Work;
use crate::input::{Given, Input, Line};
use crate::refusal::Refusal;

/// What a copy of a stored record takes over: the fields that copies take, with the lines. Inside [`Work::gather`] it
/// takes as many statements for one line as for a thousand.
///
/// # Errors
/// When the database cannot be read.
pub fn basis(work: &Work<'_>, row: &Arc<Row>) -> Result<Vec<(FieldId, Given)>, Refusal> {
    let model = Arc::clone(&work.live.model);
    let mut basis = Vec::new();
    for (id, field) in model[row.entity].all_fields().filter(|(_, field)| field.cloned) {
        // What follows its inputs does so in the copy too; what somebody put in its place is taken over.
        if matches!(field.source, Source::Compute(_)) && !row.overridden.contains(&id) {
            continue;
        }
        let given = match &field.kind {
            Kind::Lines { .. } => Given::Lines(lines(work, row, id)?),
            Kind::Choice { options } => match living(&model, *options, row.get(id)) {
                Some(value) => Given::Value(value),
                None => continue,
            },
            _ if field.is_link() => {
                let targets = work.rows_of(row, id)?;
                Given::Value(Value::list(targets.iter().filter_map(|target| target.reference()).map(Value::Ref)))
            }
            _ => held(row, id, field),
        };
        basis.push((id, given));
    }
    Ok(basis)
}

/// What a row holds in a field, as it is given to another one.
pub fn held(row: &Row, id: FieldId, field: &Field) -> Given {
    match (&field.kind, row.get(id)) {
        (Kind::Money { .. }, Value::Money(money)) => {
            Given::Money { amount: Some(Some(money.amount)), currency: Some(money.currency) }
        }
        (_, value) => Given::Value(value.clone()),
    }
}

fn lines(work: &Work<'_>, row: &Row, field: FieldId) -> Result<Vec<Line>, Refusal> {
    let stored = work.rows_of(row, field)?;
    let line = |line: &Arc<Row>| Ok(Line { id: None, input: Input { basis: basis(work, line)?, ..Input::default() } });
    stored.iter().map(line).collect()
}

/// The options that can still be chosen; nothing where there were some and all are retired.
fn living(model: &Model, options: OptionsId, value: &Value) -> Option<Value> {
    let is_living =
        |item: &&Value| item.as_text().and_then(|name| model[options].find(name)).is_some_and(|option| !option.retired);
    match value {
        Value::List(items) => Some(Value::list(items.iter().filter(is_living).cloned())),
        Value::Nothing => Some(Value::Nothing),
        one => Some(one).filter(is_living).cloned(),
    }
}
