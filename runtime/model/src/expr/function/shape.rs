//! What is published of a function: its forms, its meaning, its example.

use std::fmt;
use std::sync::Arc;

use super::Function;
use crate::expr::tree::{Aggregate, Quantifier};
use crate::kind::Type;

/// A name that authors may call.
#[derive(Debug)]
pub struct Published {
    /// The name.
    pub name: &'static str,
    /// The ways to call it; the first that fits is taken.
    pub forms: &'static [Form],
    /// What it gives, in one or two sentences.
    pub doc: &'static str,
    /// An expression and what it gives, both over constants; nothing for what means something only in a command.
    pub example: Option<(&'static str, &'static str)>,
    /// Whether it can become SQL over the fields of a row.
    pub portable: Portable,
}

/// A way to call a function.
#[derive(Debug)]
pub struct Form {
    /// What it takes, in order.
    pub takes: &'static [Takes],
    /// Whether the last may be given several times.
    pub repeats: bool,
    /// What it gives.
    pub gives: Gives,
    /// What the compiler makes of it.
    pub means: Means,
}

/// What a form becomes in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// A call of a pure function.
    Function(Function),
    /// One value made of a list.
    Aggregate(Aggregate),
    /// A question about the items of a list; the last argument is a closure.
    Quantifier(Quantifier),
    /// Whether a list holds a value.
    In,
    /// Whether a text matches a pattern.
    Matches,
    /// Whether the command at hand changes a field.
    Changed,
    /// Whether the person acting has a role.
    HasRole,
    /// Whether a record lies below another in a hierarchy.
    Under,
}

/// Whether a function over the fields of a row can become SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portable {
    /// Always.
    Yes,
    /// Under a condition, which this says.
    When(&'static str),
    /// Never, for this reason.
    No(&'static str),
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Anything.
    Any,
    /// A text, or an option or stage, which is its name.
    Text,
    /// A whole number.
    Integer,
    /// A whole or decimal number.
    Number,
    /// An amount of money.
    Money,
    /// A number, money or duration.
    Measure,
    /// A measure, date, time or datetime; all such arguments of one type.
    Ordered,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A moment.
    DateTime,
    /// A list of anything.
    List,
    /// A list of texts.
    Texts,
    /// A list of measures.
    Measures,
    /// A list of measures, dates, times or datetimes.
    Ordereds,
    /// An item that the list before it could hold.
    Item,
    /// A closure over the items of the list before it.
    Closure,
    /// A text that is written out in the expression.
    Pattern,
    /// The name of a field of the record.
    Field,
    /// The person acting: `me`.
    Me,
    /// A record.
    Record,
}

/// What a form gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// Always this type.
    Boolean,
    /// Always this type.
    Integer,
    /// Always this type.
    Decimal,
    /// Always this type.
    Text,
    /// Always this type.
    Date,
    /// Always this type.
    Time,
    /// Always this type.
    DateTime,
    /// Always this type.
    Duration,
    /// The type of the first argument.
    Same,
    /// The one type of all arguments.
    Unified,
    /// The type of the items of the first argument.
    Element,
    /// As an element, but a mean of integers is a decimal.
    Mean,
}

impl Published {
    /// The function of that name.
    pub fn find(name: &str) -> Option<&'static Published> {
        super::PUBLISHED.iter().find(|function| function.name == name)
    }

    /// Its forms for people: ``round(number, integer)``.
    pub fn signatures(&self) -> Vec<String> {
        self.forms.iter().map(|form| format!("{}{form}", self.name)).collect()
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, takes) in self.takes.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}", takes.word())?;
        }
        f.write_str(if self.repeats { ", …)" } else { ")" })
    }
}

impl Takes {
    /// How documentation and messages call it.
    pub fn word(self) -> &'static str {
        match self {
            Takes::Any => "any",
            Takes::Text => "text",
            Takes::Integer => "integer",
            Takes::Number => "number",
            Takes::Money => "money",
            Takes::Measure => "number or money or duration",
            Takes::Ordered => "number or money or date or time",
            Takes::Date => "date",
            Takes::Time => "time",
            Takes::DateTime => "datetime",
            Takes::List => "list",
            Takes::Texts => "list of text",
            Takes::Measures => "list of numbers",
            Takes::Ordereds => "list of numbers or dates",
            Takes::Item => "item",
            Takes::Closure => "|item| condition",
            Takes::Pattern => "\"pattern\"",
            Takes::Field => "field",
            Takes::Me => "me",
            Takes::Record => "record",
        }
    }

    /// Whether an argument of this type may stand here. `()` may stand anywhere. Closures, patterns, fields and items
    /// are more than a type and are checked by the compiler.
    pub fn fits(self, ty: &Type) -> bool {
        if *ty == Type::Nothing {
            return !matches!(self, Takes::Closure | Takes::Pattern | Takes::Field | Takes::Me);
        }
        match self {
            Takes::Any | Takes::Item => true,
            Takes::Text | Takes::Pattern => is_text(ty),
            Takes::Integer => *ty == Type::Integer,
            Takes::Number => is_number(ty),
            Takes::Money => *ty == Type::Money,
            Takes::Measure => is_measure(ty),
            Takes::Ordered => is_ordered(ty),
            Takes::Date => *ty == Type::Date,
            Takes::Time => *ty == Type::Time,
            Takes::DateTime => *ty == Type::DateTime,
            Takes::List => matches!(ty, Type::List(_)),
            Takes::Texts => items_are(ty, is_text),
            Takes::Measures => items_are(ty, is_measure),
            Takes::Ordereds => items_are(ty, is_ordered),
            Takes::Me | Takes::Record => matches!(ty, Type::Ref(_)),
            Takes::Closure | Takes::Field => false,
        }
    }
}

fn items_are(ty: &Type, is: fn(&Type) -> bool) -> bool {
    matches!(ty, Type::List(item) if **item == Type::Nothing || is(item))
}

fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::Text | Type::Choice(_))
}

fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Integer | Type::Decimal)
}

fn is_measure(ty: &Type) -> bool {
    is_number(ty) || matches!(ty, Type::Money | Type::Duration)
}

fn is_ordered(ty: &Type) -> bool {
    is_measure(ty) || matches!(ty, Type::Date | Type::Time | Type::DateTime)
}

impl Gives {
    /// The type of the value, given those of the arguments and the one type they were brought to.
    pub fn ty(self, arguments: &[Type], unified: Option<&Type>) -> Type {
        let element = || match arguments.first() {
            Some(Type::List(item)) => Type::clone(item),
            _ => Type::Nothing,
        };
        match self {
            Gives::Boolean => Type::Boolean,
            Gives::Integer => Type::Integer,
            Gives::Decimal => Type::Decimal,
            Gives::Text => Type::Text,
            Gives::Date => Type::Date,
            Gives::Time => Type::Time,
            Gives::DateTime => Type::DateTime,
            Gives::Duration => Type::Duration,
            Gives::Same => arguments.first().cloned().unwrap_or(Type::Nothing),
            Gives::Unified => unified.cloned().unwrap_or(Type::Nothing),
            Gives::Element => element(),
            Gives::Mean => match element() {
                Type::Integer => Type::Decimal,
                other => other,
            },
        }
    }
}

/// A list type of an item type.
pub(in crate::expr) fn list_of(item: Type) -> Type {
    Type::List(Arc::new(item))
}
