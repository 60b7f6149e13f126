//! Values as inputs hold them: raw texts, which [`super::read`] reads back to the same value.

use fichero_model::entity::Field;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{Model, Ref, phone};
use jiff::tz::TimeZone;

use super::duration;
use crate::ui::locale::Locale;
use crate::ui::{format, typed};

/// How values are written for an input.
pub struct Raw<'a> {
    /// The definitions.
    pub model: &'a Model,
    /// The reader's way to write numbers.
    pub chrome: Locale,
    /// The zone of moments.
    pub zone: &'a TimeZone,
}

impl Raw<'_> {
    /// The text of a value; of money with its currency behind, of several values one on each line.
    pub fn of(&self, field: &Field, value: &Value) -> String {
        match value {
            Value::Nothing if matches!(field.kind, Kind::Boolean) && !field.many => "false".to_owned(),
            Value::Nothing => String::new(),
            Value::Boolean(truth) => truth.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Decimal(number) => typed::editable(self.chrome, *number),
            Value::Money(money) => format!("{} {}", typed::editable(self.chrome, money.amount), money.currency),
            // What is stored of a secret is in no page.
            Value::Text(_) if field.kind.is_secret() => String::new(),
            // With its country's code, so that it stays the same whatever becomes of the record's country.
            Value::Text(text) if field.is_phone() => phone::shown(text, None),
            Value::Text(text) => text.to_string(),
            Value::Date(date) => date.to_string(),
            Value::Time(time) => format::time(*time),
            Value::DateTime(at) => at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string(),
            Value::Duration(seconds) => duration::written(self.chrome, *seconds),
            Value::Ref(record) => self.record(field, *record),
            Value::List(items) => items.iter().map(|item| self.of(field, item)).collect::<Vec<_>>().join("\n"),
            Value::Json(json) => serde_json::to_string_pretty(&**json).unwrap_or_default(),
        }
    }

    /// How a reference posts a record.
    pub fn record(&self, field: &Field, record: Ref) -> String {
        match &field.kind {
            Kind::Ref(reference) if reference.targets.len() > 1 => {
                format!("{}:{}", self.model[record.entity].name, record.id)
            }
            _ => record.id.to_string(),
        }
    }
}
