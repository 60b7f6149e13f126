//! What definitions give the fields of a record (data rows, steps of scenarios, constants of mappings), as the input of a
//! command.
//!
//! Money is handed on without its worth in base, which the door works out by the rate of the day; names of records are
//! looked up where a field holds many, because only there they may stand beside expressions.

use std::sync::Arc;

use fichero_model::entity::Field;
use fichero_model::expr::{Expr, Setting};
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId};

use crate::input::{Given, Input, Line};
use crate::record::reference;
use crate::record::work::Work;
use crate::refusal::{FieldError, Refusal};

/// The values of `settings` for a record of `entity`. What cannot be found is in [`Input::errors`].
///
/// # Errors
/// When a definition fails or the database cannot be read.
pub fn input(
    work: &Work<'_>,
    entity: EntityId,
    settings: &[(FieldId, Setting)],
    locals: &[Value],
) -> Result<Input, Refusal> {
    let mut input = Input::default();
    for (id, setting) in settings {
        let field = &work.live.model[entity][*id];
        if let Some(given) = given(work, field, setting, locals, &mut input.errors)? {
            input.put(*id, given);
        }
    }
    Ok(input)
}

/// The value of an expression that no row is at hand for.
///
/// # Errors
/// When the definition fails.
pub fn eval(work: &Work<'_>, expr: &Expr, locals: &[Value], value: Option<&Value>) -> Result<Value, Refusal> {
    Ok(expr.eval(&work.context(None, None, None, locals, value))?)
}

fn given(
    work: &Work<'_>,
    field: &Field,
    setting: &Setting,
    locals: &[Value],
    errors: &mut Vec<FieldError>,
) -> Result<Option<Given>, Refusal> {
    Ok(match setting {
        Setting::Literal(value) => Some(literal(value)),
        Setting::Named(name) => Some(Given::Named(Arc::clone(name))),
        Setting::Expr(expr) => Some(Given::Value(work.taken_by(field, expr, eval(work, expr, locals, None)?)?)),
        Setting::List(items) => Some(Given::Value(list(work, field, items, locals, errors)?)),
        Setting::Rows(rows) => match field.kind {
            Kind::Lines { of, .. } => Some(Given::Lines(lines(work, of, rows, locals, field, errors)?)),
            _ => None,
        },
    })
}

fn literal(value: &Value) -> Given {
    match value {
        Value::Money(money) => Given::Money { amount: Some(Some(money.amount)), currency: Some(money.currency) },
        other => Given::Value(other.clone()),
    }
}

fn list(
    work: &Work<'_>,
    field: &Field,
    items: &[Setting],
    locals: &[Value],
    errors: &mut Vec<FieldError>,
) -> Result<Value, Refusal> {
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Setting::Literal(value) => values.push(value.clone()),
            Setting::Expr(expr) => {
                let value = work.taken_by(field, expr, eval(work, expr, locals, None)?)?;
                values.extend(value.items().iter().cloned());
            }
            Setting::Named(name) => match reference::named(work, field, name)? {
                Ok(found) => values.push(Value::Ref(found)),
                Err((code, message)) => errors.push(FieldError::new(field.name.to_string(), code, message)),
            },
            Setting::List(more) => values.extend(list(work, field, more, locals, errors)?.items().iter().cloned()),
            Setting::Rows(_) => {}
        }
    }
    Ok(Value::list(values))
}

fn lines(
    work: &Work<'_>,
    of: EntityId,
    rows: &[Vec<(FieldId, Setting)>],
    locals: &[Value],
    field: &Field,
    errors: &mut Vec<FieldError>,
) -> Result<Vec<Line>, Refusal> {
    let mut lines = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let mut line = input(work, of, row, locals)?;
        let place = format!("{}[{index}]", field.name);
        errors.extend(std::mem::take(&mut line.errors).into_iter().map(|error| error.inside(&place)));
        lines.push(Line { id: None, input: line });
    }
    Ok(lines)
}
