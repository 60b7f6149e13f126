//! One filter of a list: what was typed, and what it asks.

use std::sync::Arc;

use fichero_engine::Refusal;
use fichero_engine::live::field_expr;
use fichero_engine::message::Message;
use fichero_engine::read::search;
use fichero_engine::value::text::Notation;
use fichero_engine::value::{json, text};
use fichero_model::entity::Field;
use fichero_model::expr::{Comparison, Expr, Node, Op};
use fichero_model::kind::{Kind, Type};
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Model, phone};
use jiff::civil::Date;

use crate::ui::locale::Locale;
use crate::ui::typed;

/// How a filter compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// `NAME`: it is the value.
    Is,
    /// `NAME.from`: it is the value or more.
    From,
    /// `NAME.to`: it is the value or less.
    To,
    /// `NAME.text`: the text, or the title of what it refers to, holds the words.
    Has,
}

/// One filter of a list.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Its name in the address.
    pub name: String,
    /// As typed.
    pub text: String,
    /// The field.
    pub field: FieldId,
    /// How it compares.
    pub test: Test,
    /// What it compares with, as far as that could be read.
    pub value: Value,
    /// What the field must be.
    pub equal: Option<Value>,
    /// What must hold.
    pub condition: Option<Arc<Expr>>,
    /// Why what was typed asks nothing.
    pub error: Option<Message>,
}

impl Filter {
    /// Reads a pair of the address.
    ///
    /// # Errors
    /// When there is no such field, or the value of an exact filter, which nobody types, is none.
    pub fn read(model: &Model, entity: EntityId, chrome: Locale, name: &str, text: &str) -> Result<Self, Refusal> {
        let (stem, test) = match name.rsplit_once('.') {
            Some((stem, "from")) => (stem, Test::From),
            Some((stem, "to")) => (stem, Test::To),
            Some((stem, "text")) => (stem, Test::Has),
            _ => (name, Test::Is),
        };
        let Some((id, field)) = model[entity].field(stem) else { return Err(unknown(model, entity, name)) };
        let mut filter = Self {
            name: name.to_owned(),
            text: text.to_owned(),
            field: id,
            test,
            value: Value::Nothing,
            equal: None,
            condition: None,
            error: None,
        };
        let wrong = || Refusal::malformed(Message::with("bad_parameter", [name]));
        match test {
            Test::Is => {
                filter.value = exact(model, field, text).ok_or_else(wrong)?;
                filter.equal = Some(filter.value.clone());
            }
            Test::From | Test::To => match bound(field, text, chrome) {
                Ok(value) => {
                    filter.condition = Some(Arc::new(compared(model, entity, id, test, &value).ok_or_else(wrong)?));
                    filter.value = value;
                }
                Err(message) => filter.error = Some(message),
            },
            Test::Has => {
                filter.condition =
                    Some(Arc::new(search::part(model, &text_path(model, entity, id), text).ok_or_else(wrong)?));
                filter.value = Value::text(text);
            }
        }
        Ok(filter)
    }
}

/// The fields that lead to the text of a field: itself, or the title of what it refers to.
pub fn text_path(model: &Model, entity: EntityId, id: FieldId) -> Vec<(EntityId, FieldId)> {
    search::text_at(model, &[(entity, id)]).unwrap_or_default()
}

fn unknown(model: &Model, entity: EntityId, name: &str) -> Refusal {
    let names = model[entity].fields.iter().map(|field| &*field.name);
    Refusal::malformed(match fichero_model::name::did_you_mean(name, names) {
        Some(near) => Message::with("unknown_field_near", [name, near]),
        None => Message::with("bad_parameter", [name]),
    })
}

fn exact(model: &Model, field: &Field, given: &str) -> Option<Value> {
    match &field.kind {
        Kind::Ref(_) => json::value(model, field, &serde_json::Value::String(given.to_owned())).ok(),
        // A list of values that lies in one field cannot be asked for by one of them.
        _ if field.many => None,
        Kind::Money { .. } => text::exact(given).map(Value::Decimal),
        Kind::Lines { .. } | Kind::Children { .. } | Kind::Json | Kind::Secret { .. } | Kind::LongText { .. } => None,
        _ if field.is_phone() => {
            Some(Value::text(&phone::read(given, model.workspace.country).unwrap_or(given.to_owned())))
        }
        _ => text::value(model, field, given, &Notation::plain(model.workspace.time_zone.clone())).ok(),
    }
}

/// A bound as one types it: numbers in the reader's writing, days as pickers post them.
fn bound(field: &Field, text: &str, chrome: Locale) -> Result<Value, Message> {
    let wrong = |_| Message::with("not_number", [&field.label]);
    let number = || typed::decimal(chrome, text).map_err(wrong);
    match field.kind {
        Kind::Integer | Kind::Decimal { .. } | Kind::Money { .. } => number().map(Value::Decimal),
        Kind::Date | Kind::DateTime => {
            text.parse::<Date>().map(Value::Date).map_err(|_| Message::with("not_date", [&field.label]))
        }
        _ => Err(Message::with("bad_parameter", [&*field.name])),
    }
}

/// The comparison as an expression; a moment lies within the days, as the workspace counts them.
fn compared(model: &Model, entity: EntityId, id: FieldId, test: Test, bound: &Value) -> Option<Expr> {
    let this = field_expr(model, entity, id);
    let zone = &model.workspace.time_zone;
    let (value, ty) = match (&model[entity][id].kind, bound) {
        (Kind::DateTime, Value::Date(day)) => {
            let day = if test == Test::To { day.tomorrow().ok()? } else { *day };
            (Value::DateTime(day.to_zoned(zone.clone()).ok()?.timestamp()), Type::DateTime)
        }
        (_, Value::Date(_)) => (bound.clone(), Type::Date),
        _ => (bound.clone(), Type::Decimal),
    };
    let comparison = match (test, &ty) {
        (Test::To, Type::DateTime) => Comparison::Less,
        (Test::To, _) => Comparison::LessOrEqual,
        _ => Comparison::GreaterOrEqual,
    };
    let literal = Node { op: Op::Literal(value), ty, at: 0..0 };
    let op = Op::Compare(comparison, Box::new(this.root.clone()), Box::new(literal));
    let expr = Expr { root: Node { op, ty: Type::Boolean, at: 0..0 }, ..this };
    expr.find_unportable(model).is_none().then_some(expr)
}

/// What holds for no record.
pub fn never(model: &Model, entity: EntityId) -> Expr {
    let root = Node { op: Op::Literal(Value::Boolean(false)), ty: Type::Boolean, at: 0..0 };
    Expr { text: "false".into(), place: model[entity].place.clone(), root, unportable: None }
}
