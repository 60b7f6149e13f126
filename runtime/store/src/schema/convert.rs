//! What a change of a stored field's kind or source means for the values it has.
//!
//! Nothing is guessed: a value goes over exactly, or the change is refused while there are values. Where the old and
//! the new kind cannot share columns, the field moves to new ones and its old ones are retired with all they hold. Two
//! scales of a number cannot: until a node has swapped it reads by the scale it knows, and what it reads must be right.

use super::columns::Shape;
use super::{Field, Origin};

/// How stored values go over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// They stay as they are.
    Same,
    /// Texts stay in their column; their keys are made anew.
    Keys,
    /// Texts stay in their column; each must be one of the options.
    Options,
    /// References stay in their columns; none may point into these tables any more.
    Without(Vec<String>),
    /// The field moves to new columns.
    Move(Copy),
    /// The field moves to new columns and begins with nothing; the old ones must hold nothing.
    Fresh,
    /// The field moves to new columns, which are filled by what it follows now; the old ones keep what people gave.
    Leave,
}

/// What the new columns of a moved field get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Copy {
    /// A number gets another count of digits behind the point: it is multiplied or divided by a power of ten.
    Rescale {
        /// How many digits it has.
        from: u8,
        /// How many it gets.
        to: u8,
    },
    /// A reference to records of one table becomes one to several: the table is written beside each.
    Widen(String),
    /// A reference to records of several tables becomes one to this table; no value may point into another.
    Narrow(String),
    /// A reference becomes a list of one: a link per value. The table they point into, where the old values do not say.
    Link(Option<String>),
    /// Links to records of one table become links to several.
    WidenLinks(String),
    /// A single value becomes a list of one.
    List(Shape),
    /// A number of this scale becomes an amount of the workspace's currency.
    Money(u8),
}

/// The way from a recorded field to a wanted shape and source.
pub(super) fn way(old: &Field, shape: &Shape, origin: &Origin) -> Way {
    if matches!(origin, Origin::Derived(_)) && !matches!(old.origin, Origin::Derived(_)) {
        return Way::Leave;
    }
    let way = between(&old.shape, shape);
    match (&old.origin, origin, &way) {
        // What is derived anew needs no copy, and nothing is lost with the old values.
        (Origin::Derived(_), Origin::Derived(_), Way::Same) => Way::Same,
        (Origin::Derived(_), Origin::Derived(_), _) => Way::Leave,
        (Origin::Given | Origin::Computed(_) | Origin::Derived(_), _, _) => way,
    }
}

fn between(old: &Shape, new: &Shape) -> Way {
    match (old, new) {
        (old, new) if old == new => Way::Same,
        (Shape::Text | Shape::Choice, Shape::LongText) => Way::Same,
        (Shape::LongText | Shape::Choice, Shape::Text) => Way::Keys,
        (Shape::Text | Shape::LongText, Shape::Choice) => Way::Options,
        (Shape::Integer | Shape::Decimal { .. }, Shape::Integer | Shape::Decimal { .. }) => {
            match (scale(old), scale(new)) {
                (from, to) if from == to => Way::Same,
                (from, to) => Way::Move(Copy::Rescale { from, to }),
            }
        }
        (Shape::Integer | Shape::Decimal { .. }, Shape::Money) => Way::Move(Copy::Money(scale(old))),
        (Shape::Ref { targets: old }, Shape::Ref { targets: new }) => references(old, new),
        (Shape::Ref { targets: old }, Shape::Links { targets: new }) if contains(new, old) => {
            Way::Move(Copy::Link(only(old)))
        }
        (Shape::Links { targets: old }, Shape::Links { targets: new }) if contains(new, old) => match only(old) {
            Some(table) => Way::Move(Copy::WidenLinks(table)),
            None => Way::Same,
        },
        (Shape::Many(old), Shape::Many(new)) if is_text(old) && is_text(new) => Way::Same,
        (old, Shape::Many(one)) if **one == *old && can_be_listed(old) => Way::Move(Copy::List(old.clone())),
        _ => Way::Fresh,
    }
}

fn references(old: &[String], new: &[String]) -> Way {
    match (only(old), only(new)) {
        (Some(table), None) if new.contains(&table) => Way::Move(Copy::Widen(table)),
        (None, Some(table)) if old.contains(&table) => Way::Move(Copy::Narrow(table)),
        (None, None) => {
            let gone: Vec<String> = old.iter().filter(|table| !new.contains(table)).cloned().collect();
            if gone.is_empty() { Way::Same } else { Way::Without(gone) }
        }
        _ => Way::Fresh,
    }
}

/// How many digits behind the point the stored number has.
fn scale(shape: &Shape) -> u8 {
    match shape {
        Shape::Decimal { scale } => *scale,
        _ => 0,
    }
}

fn is_text(shape: &Shape) -> bool {
    matches!(shape, Shape::Text | Shape::LongText | Shape::Choice)
}

/// Whether the databases themselves can turn a stored value into an item of a list.
fn can_be_listed(shape: &Shape) -> bool {
    match shape {
        Shape::Text | Shape::LongText | Shape::Choice => true,
        Shape::Integer | Shape::Decimal { .. } | Shape::Duration | Shape::Boolean => true,
        Shape::Date | Shape::Time | Shape::DateTime => true,
        Shape::Identity | Shape::Id | Shape::Money | Shape::Json | Shape::Secret => false,
        Shape::Ref { .. } | Shape::Links { .. } | Shape::Many(_) => false,
    }
}

fn contains(whole: &[String], part: &[String]) -> bool {
    part.iter().all(|table| whole.contains(table))
}

fn only(tables: &[String]) -> Option<String> {
    match tables {
        [table] => Some(table.clone()),
        _ => None,
    }
}
