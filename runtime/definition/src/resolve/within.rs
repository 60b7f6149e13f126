//! Whether a value that a definition gives (`default`, `fill`, a data row) is one that its field takes: what a bound, the
//! pattern or a check would refuse each time is found when loaded. A check that asks for more than the value is left to
//! the command.

use std::cmp::Ordering;

use fichero_model::code::Code;
use fichero_model::entity::{Check, Field};
use fichero_model::expr::{Context, NoFacts, Scope, condition};
use fichero_model::model::Model;
use fichero_model::{EntityId, Value};
use jiff::Timestamp;

use super::findings::Findings;
use crate::node::Node;

/// What a field asks of each of its values.
pub(super) struct Within<'m> {
    /// What its checks were compiled against.
    pub model: &'m Model,
    /// The field.
    pub field: &'m Field,
    /// The least and the greatest value; of a text, its least length.
    pub limits: (Option<&'m Value>, Option<&'m Value>),
    /// Its checks.
    pub checks: &'m [Check],
    /// The entity that it holds a condition over.
    pub over: Option<EntityId>,
}

impl<'m> Within<'m> {
    /// What a field of the finished model asks.
    pub fn of(model: &'m Model, field: &'m Field) -> Self {
        let limits = (field.min.as_ref(), field.max.as_ref());
        Self { over: field.over, ..Self::among(model, field, limits, &field.validate) }
    }

    /// What a field asks that is not finished.
    pub fn among(
        model: &'m Model,
        field: &'m Field,
        limits: (Option<&'m Value>, Option<&'m Value>),
        checks: &'m [Check],
    ) -> Self {
        Self { model, field, limits, checks, over: None }
    }

    /// Says where the field never takes the value.
    pub fn check(&self, value: &Value, (code, node): (Code, &Node), findings: &mut Findings<'_>) {
        if let Value::List(items) = value {
            items.iter().for_each(|item| self.check(item, (code, node), findings));
            return;
        }
        let kept = match value {
            Value::Text(text) => Value::text(&self.field.cleaned(text)),
            other => other.clone(),
        };
        if let Some(what) = self.bound(&kept).or_else(|| self.no_condition(&kept)).or_else(|| self.refused(&kept)) {
            let written = node.as_text().map_or_else(|| "this value".to_owned(), |text| format!("`{text}`"));
            findings.error(code, &node.place, format!("`{}` never takes {written}, which {what}", self.field.name));
        }
    }

    fn bound(&self, value: &Value) -> Option<String> {
        let (min, max) = self.limits;
        let is = |bound: Option<&Value>, order| bound.is_some_and(|bound| value.compare(bound) == Some(order));
        match value {
            Value::Text(text) => match (&self.field.pattern, min) {
                (Some(pattern), _) if !pattern.regex.is_match(text) => Some("does not match its `pattern`".to_owned()),
                (_, Some(Value::Integer(least))) if (text.chars().count() as i64) < *least => {
                    Some(format!("is shorter than its `min` of {least} characters"))
                }
                _ => None,
            },
            _ if is(min, Ordering::Less) => Some("is less than its `min`".to_owned()),
            _ if is(max, Ordering::Greater) => Some("is more than its `max`".to_owned()),
            _ => None,
        }
    }

    /// Why a text is no condition that a database could be asked.
    fn no_condition(&self, value: &Value) -> Option<String> {
        let (entity, text) = (self.over?, value.as_text()?);
        let scope = Scope::row(self.model, entity);
        let why = match condition(text, &self.field.place, &scope) {
            Ok(condition) => condition.unportable.map(|part| part.why)?,
            Err(diagnostics) => diagnostics.into_iter().next().map(|first| first.message)?,
        };
        Some(format!("is no condition over `{}`: {why}", self.model[entity].name))
    }

    /// The first check that says no of the value alone. One that fails while it is asked says so when it runs.
    fn refused(&self, value: &Value) -> Option<String> {
        let asked = Context { value: Some(value), ..Context::bare(self.model, &NoFacts, Timestamp::UNIX_EPOCH) };
        let says_no = |check: &&Check| {
            check.bad.reads(self.model).is_of_value_alone() && check.bad.holds(&asked).is_ok_and(|bad| bad)
        };
        self.checks.iter().find(says_no).map(|check| format!("its check `{}` refuses", check.name))
    }
}
