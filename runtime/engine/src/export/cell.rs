//! Values as texts of cells, in the form that an import reads back.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::entity::{Field, System};
use fichero_model::kind::{Kind, Reference};
use fichero_model::value::Value;
use fichero_model::{Model, Ref};
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::column::{Column, Part};
use crate::value::guard::{self, Cell};
use crate::value::write::{Fixed, MONEY_DIGITS};

/// What cells are written with.
pub(super) struct Cells<'w> {
    /// The definitions.
    pub model: &'w Model,
    /// The texts that stand for records.
    pub names: &'w HashMap<Ref, Arc<str>>,
}

impl Cells<'_> {
    /// The text of a cell of a file that knows no types.
    pub(super) fn text(&self, column: &Column, value: &Value) -> String {
        let field = column.declared(self.model);
        let text = match (value, column.part) {
            (Value::Nothing, _) if column.has_default(self.model) && !is_boolean(field) => guard::NOTHING.to_owned(),
            _ => self.plain(column, value),
        };
        match is_words(field, column) && !value.is_nothing() {
            true => guard::guarded(&text, Cell::Untyped).into_owned(),
            false => text,
        }
    }

    /// The text of a cell that is known to be text.
    pub(super) fn words(&self, column: &Column, value: &Value) -> String {
        guard::guarded(&self.plain(column, value), Cell::Text).into_owned()
    }

    /// The text of a value, without a mark.
    pub(super) fn plain(&self, column: &Column, value: &Value) -> String {
        let field = column.declared(self.model);
        match (value, column.part) {
            (Value::Nothing, Part::Value) if is_boolean(field) => false.to_string(),
            (Value::Nothing, _) => String::new(),
            (Value::Money(money), Part::Currency) => money.currency.to_string(),
            (Value::Money(money), Part::Base) => amount(money.base),
            (Value::List(items), _) => self.joined(field, items),
            (value, _) => self.one(field, value).into_owned(),
        }
    }

    /// Several values, parted by `;`; as a JSON list where that could be read otherwise.
    fn joined(&self, field: &Field, items: &[Value]) -> String {
        let is_json = matches!(field.kind, Kind::Json);
        let texts: Vec<Cow<'_, str>> = items.iter().map(|item| self.one(field, item)).collect();
        let is_clear = |text: &Cow<'_, str>| !text.contains(';') && !text.is_empty() && text.trim() == text;
        let looks_like_a_list = texts.first().is_some_and(|text| text.starts_with('['));
        if !is_json && !looks_like_a_list && texts.iter().all(is_clear) {
            return texts.join(";");
        }
        let item = |(item, text): (&Value, Cow<'_, str>)| match item {
            Value::Json(json) => Json::clone(json),
            _ => Json::String(text.into_owned()),
        };
        Json::Array(items.iter().zip(texts).map(item).collect()).to_string()
    }

    fn one<'v>(&self, field: &Field, value: &'v Value) -> Cow<'v, str> {
        Cow::Owned(match value {
            Value::Text(text) => return Cow::Borrowed(text),
            Value::Ref(reference) => self.name(field, *reference),
            Value::Decimal(number) => match field.kind {
                Kind::Decimal { scale } => Fixed(*number, scale).to_string(),
                _ => number.normalize().to_string(),
            },
            Value::Money(money) => amount(money.amount),
            Value::Time(time) => time.strftime("%H:%M:%S").to_string(),
            Value::Json(json) => {
                let mut json = Json::clone(json);
                json.sort_all_objects();
                json.to_string()
            }
            Value::Nothing
            | Value::Boolean(_)
            | Value::Integer(_)
            | Value::Duration(_)
            | Value::Date(_)
            | Value::DateTime(_)
            | Value::List(_) => crate::value::text::plain(value),
        })
    }

    /// What stands for a record; where it may be of several entities, behind the name of its own.
    fn name(&self, field: &Field, reference: Ref) -> String {
        // What identifies a record is its id, by whatever name others know it.
        if field.system && *field.name == *System::Id.name() {
            return reference.id.to_string();
        }
        let name = self.names.get(&reference).map_or_else(|| reference.id.to_string(), |name| name.to_string());
        match &field.kind {
            Kind::Ref(Reference { targets, .. }) if targets.len() > 1 => {
                format!("{}:{name}", self.model[reference.entity].name)
            }
            _ => name,
        }
    }
}

fn amount(number: Decimal) -> String {
    Fixed(number, MONEY_DIGITS).to_string()
}

fn is_boolean(field: &Field) -> bool {
    matches!(field.kind, Kind::Boolean) && !field.many
}

/// Whether the values of a column are written by people, so that they may hold anything.
fn is_words(field: &Field, column: &Column) -> bool {
    let is_typed = match field.kind {
        Kind::Integer
        | Kind::Decimal { .. }
        | Kind::Money { .. }
        | Kind::Boolean
        | Kind::Date
        | Kind::Time
        | Kind::DateTime
        | Kind::Duration
        | Kind::Lines { .. }
        | Kind::Children { .. } => true,
        Kind::Text { .. } | Kind::LongText { .. } | Kind::Choice { .. } | Kind::Ref(_) | Kind::File(_) | Kind::Json => {
            false
        }
        // Sensitive, so that it is in no export.
        Kind::Secret { .. } => true,
    };
    !is_typed && column.part == Part::Value || field.many
}
