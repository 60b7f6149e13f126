//! Whether an expression can become SQL with one meaning on both databases, and which part cannot.
//!
//! A part that does not read the row at hand, nor an item of a list of it, is a constant of the request: it is
//! evaluated in memory beforehand and becomes a parameter, whatever it is made of. The rest is portable when it is:
//! * a stored field, reached through at most four stored references; one that is computed when read, when its
//!   expression is portable from there (the store writes it out);
//! * an attribute of an option;
//! * `not and or`, `==`, `!=`, `??`, `if`; `<` and the like over numbers, money, dates, times, durations and options
//!   (by their place), and over texts that have a folded key (`text` fields) or are constants;
//! * `+` and `-` of numbers, money and durations, `+` of texts, a date or moment moved by a duration, the distance of
//!   two dates or moments;
//! * the amount and the currency of money that a row holds, also picked with `if` or `??`; of money that is worked out
//!   its worth alone;
//! * a function of the published list that says so;
//! * `any all count sum min max` and `in` over rows (`lines`, `children`, links), a field of each, a `filter` of them, or
//!   the plain values of a field that holds many;
//! * `in` a list that is written out.
//!
//! What leaves the bounds of [`super::number`] on the way is `()` in SQL too.

use std::ops::Range;

use super::compile::references;
use super::eval::DEEPEST;
use super::function::{Function, Portable, Published};
use super::tree::{Aggregate, Arithmetic, Comparison, Expr, Node, Op, Quantifier, RowName, Unportable};
use crate::entity::{Field, Source};
use crate::id::{EntityId, FieldId};
use crate::kind::{Kind, Type};
use crate::model::Model;
use crate::value::Value;

/// The most references on the way to a field, those within lookups included.
const LONGEST_PATH: usize = 4;

impl Expr {
    /// The first part that cannot become SQL, as the model has its fields now. [`Expr::unportable`] holds what it was
    /// when the expression was compiled; where fields it reads got their own expressions later, ask again.
    pub fn find_unportable(&self, model: &Model) -> Option<Unportable> {
        Checker { model, walked: 0, depth: 0 }.node(&self.root).err()
    }
}

/// Whether a node is evaluated beforehand: it reads neither the row at hand nor an item of a list around it.
pub fn is_constant(node: &Node) -> bool {
    match &node.op {
        Op::Row(RowName::This | RowName::Item(_)) => false,
        Op::Literal(_) | Op::Row(_) | Op::Local(_) | Op::Value | Op::Changed(_) => true,
        Op::Field { of, .. }
        | Op::Each { of, .. }
        | Op::Attribute { of, .. }
        | Op::Not(of)
        | Op::Negate(of)
        | Op::Matches { text: of, .. }
        | Op::Aggregate { list: of, .. }
        | Op::HasRole(of) => is_constant(of),
        Op::And(a, b)
        | Op::Or(a, b)
        | Op::Coalesce(a, b)
        | Op::Compare(_, a, b)
        | Op::Arithmetic(_, a, b)
        | Op::In { value: a, list: b }
        | Op::Under { record: a, top: b, .. } => is_constant(a) && is_constant(b),
        Op::If { condition, then, otherwise } => is_constant(condition) && is_constant(then) && is_constant(otherwise),
        Op::List(nodes) | Op::Call { arguments: nodes, .. } | Op::Script { arguments: nodes, .. } => {
            nodes.iter().all(is_constant)
        }
        // The items of a constant list are constants too, but the body names them as items.
        Op::Quantify { list, depth, body, .. } => is_constant(list) && reads_only_own_item(body, *depth),
    }
}

/// Whether a closure's body reads no row but the item of this closure, or of closures within.
fn reads_only_own_item(node: &Node, depth: usize) -> bool {
    let is_other = match &node.op {
        Op::Row(RowName::Item(item)) => *item < depth,
        op => matches!(op, Op::Row(RowName::This)),
    };
    !is_other && node.children().into_iter().all(|node| reads_only_own_item(node, depth))
}

type Checked = Result<(), Unportable>;

fn no(at: &Range<usize>, why: impl Into<String>) -> Checked {
    Err(Unportable { at: at.clone(), why: why.into() })
}

struct Checker<'m> {
    model: &'m Model,
    /// How many references led to the row at hand.
    walked: usize,
    /// How many computed fields deep.
    depth: u32,
}

impl Checker<'_> {
    fn node(&self, node: &Node) -> Checked {
        if is_constant(node) {
            return Ok(());
        }
        match &node.op {
            Op::Literal(_) | Op::Row(_) | Op::Local(_) | Op::Value | Op::Changed(_) => Ok(()),
            Op::Field { of, fields } => self.field(node, of, fields),
            Op::Attribute { of, .. } | Op::Not(of) | Op::Negate(of) => self.node(of),
            Op::And(a, b) | Op::Or(a, b) | Op::Under { record: a, top: b, .. } => {
                self.node(a).and_then(|()| self.node(b))
            }
            Op::Coalesce(a, b) => self.scalar(node).and_then(|()| self.node(a)).and_then(|()| self.node(b)),
            Op::If { condition, then, otherwise } => {
                self.scalar(node)?;
                self.node(condition)?;
                self.node(then)?;
                self.node(otherwise)
            }
            Op::Compare(comparison, a, b) => self.compare(*comparison, a, b),
            Op::In { value, list } => {
                self.node(value)?;
                match &list.op {
                    Op::List(items) => items.iter().try_for_each(|item| self.node(item)),
                    _ => self.list(list),
                }
            }
            Op::Arithmetic(operator, a, b) => self.arithmetic(*operator, a, b, node),
            Op::Call { function, arguments } => self.call(*function, arguments, node),
            Op::Quantify { quantifier: Quantifier::Filter, .. } | Op::Each { .. } | Op::List(_) => {
                no(&node.at, "a list becomes SQL only under `any`, `all`, `count`, `sum`, `min`, `max` or `in`")
            }
            Op::Quantify { list, body, .. } => self.list(list).and_then(|()| self.node(body)),
            Op::Aggregate { aggregate: Aggregate::Avg, .. } => no(
                &node.at,
                "a mean divides, and only comparing, `+` and `-` of numbers are exact on every database; keep it in a rollup",
            ),
            Op::Aggregate { list, .. } => self.list(list),
            Op::Matches { .. } => no(
                &node.at,
                "databases have other regular expressions; ask with `contains` or `starts_with`, or keep the answer in a `formula`",
            ),
            Op::HasRole(_) => no(&node.at, "the name of a role cannot come from the row"),
            Op::Script { .. } => no(&node.at, "scripts run in memory"),
        }
    }

    /// A value that is one, not several and not structured.
    fn scalar(&self, node: &Node) -> Checked {
        match node.ty {
            Type::List(_) => {
                no(&node.at, "a list becomes SQL only under `any`, `all`, `count`, `sum`, `min`, `max` or `in`")
            }
            Type::Json => no(&node.at, "structured data is only ever compared with `()`"),
            Type::Secret => no(&node.at, "of a secret may only be asked whether there is one"),
            _ => Ok(()),
        }
    }

    fn field(&self, node: &Node, of: &Node, fields: &[(EntityId, FieldId)]) -> Checked {
        self.scalar(node)?;
        self.path(of)?;
        self.reached(node, references(node), fields)
    }

    /// The rows on the way: each a stored reference.
    fn path(&self, node: &Node) -> Checked {
        match &node.op {
            Op::Row(_) => Ok(()),
            Op::Field { of, fields } => {
                let computed = fields.iter().find(|(entity, field)| !self.model.field(*entity, *field).is_stored());
                match computed {
                    Some((entity, field)) if !is_constant(node) => {
                        let name = &self.model.field(*entity, *field).name;
                        no(
                            &node.at,
                            format!("`{name}` is computed when read, and a path goes through stored references"),
                        )
                    }
                    _ => self.path(of),
                }
            }
            _ if is_constant(node) => Ok(()),
            _ => no(&node.at, "a path goes through stored references"),
        }
    }

    /// The field at the end of a path of so many references.
    fn reached(&self, node: &Node, references: usize, fields: &[(EntityId, FieldId)]) -> Checked {
        let walked = self.walked + references.saturating_sub(1);
        if walked > LONGEST_PATH {
            return no(
                &node.at,
                format!(
                    "it follows {walked} references, those within computed fields included, and may follow {LONGEST_PATH}"
                ),
            );
        }
        fields.iter().try_for_each(|(entity, field)| {
            let declared = self.model.field(*entity, *field);
            let (Source::Lookup(expr) | Source::Formula { value: expr, stored: false }) = &declared.source else {
                return Ok(());
            };
            if self.depth >= DEEPEST {
                return no(&node.at, format!("`{}` is computed through more than {DEEPEST} fields", declared.name));
            }
            let inner = Checker { model: self.model, walked, depth: self.depth + 1 };
            inner.node(&expr.root).map_err(|inner| Unportable {
                at: node.at.clone(),
                why: format!("`{}` is computed when read: {}", declared.name, inner.why),
            })
        })
    }

    /// A list of rows, or of a field of each.
    fn list(&self, node: &Node) -> Checked {
        match &node.op {
            Op::Field { of, fields } => {
                let asked = fields.iter().all(|(entity, field)| is_asked(self.model.field(*entity, *field)));
                if !asked {
                    return no(&node.at, "values of this kind that are kept together cannot be asked for in SQL");
                }
                self.path(of)
            }
            Op::Each { of, fields } => {
                self.list(of)?;
                if fields.len() > 1 {
                    return no(&node.at, "a field of each of records of several entities");
                }
                let several = fields
                    .iter()
                    .any(|(entity, field)| matches!(self.model.field(*entity, *field).value_type(), Type::List(_)));
                if several {
                    return no(&node.at, "a list of lists");
                }
                self.reached(node, references(node), fields)
            }
            Op::Quantify { quantifier: Quantifier::Filter, list, body, .. } => {
                self.list(list).and_then(|()| self.node(body))
            }
            _ => no(&node.at, "only rows of another entity can be asked for in SQL"),
        }
    }

    fn compare(&self, comparison: Comparison, a: &Node, b: &Node) -> Checked {
        // Whether there is anything can be asked of every single field.
        for (this, other) in [(a, b), (b, a)] {
            if other.ty == Type::Nothing && matches!(this.ty, Type::Json | Type::Secret) {
                return match &this.op {
                    Op::Field { of, fields } => {
                        self.path(of).and_then(|()| self.reached(this, references(this), fields))
                    }
                    _ => self.scalar(this),
                };
            }
        }
        self.scalar(a)?;
        self.scalar(b)?;
        let ordering = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        for side in [a, b] {
            match side.ty {
                Type::Text if ordering && !self.has_key(side) => {
                    return no(
                        &side.at,
                        "only `text` fields and constants are ordered: the stored folded key is compared",
                    );
                }
                _ => self.node(side)?,
            }
        }
        Ok(())
    }

    fn arithmetic(&self, operator: Arithmetic, a: &Node, b: &Node, node: &Node) -> Checked {
        match operator {
            Arithmetic::Add | Arithmetic::Subtract => self.node(a).and_then(|()| self.node(b)),
            Arithmetic::Multiply | Arithmetic::Divide | Arithmetic::Remainder => no(
                &node.at,
                "only comparing, `+` and `-` of numbers are exact on every database; keep the result in a formula",
            ),
        }
    }

    fn call(&self, function: Function, arguments: &[Node], node: &Node) -> Checked {
        let refuse = || {
            let why = match Published::find(function.name()).map(|published| published.portable) {
                Some(Portable::No(why)) => format!("`{}`: {why}", function.name()),
                Some(Portable::When(when)) => format!("`{}` becomes SQL only {when}", function.name()),
                Some(Portable::Yes) | None => format!("`{}` is called in a way that has no SQL", function.name()),
            };
            no(&node.at, why)
        };
        let all = || arguments.iter().try_for_each(|argument| self.node(argument));
        match (function, arguments) {
            (Function::Date | Function::Time, [of]) if of.ty == Type::DateTime => all(),
            (Function::DateTime, [of]) if of.ty == Type::Date => all(),
            (Function::Amount | Function::Currency, [money]) if self.has_amount(money) => all(),
            (Function::Left | Function::Right, [text, count]) if is_constant(count) => self.node(text),
            (Function::Replace, [text, old, new]) if is_no_longer(new, old) => self.node(text),
            (Function::Text, [value]) if has_text(&value.ty) => all(),
            (Function::Round, [_]) => all(),
            (Function::Round, [number, digits]) if is_constant(digits) => self.node(number),
            (
                Function::Minutes
                | Function::Hours
                | Function::Days
                | Function::Weeks
                | Function::Year
                | Function::Month
                | Function::Day
                | Function::Weekday
                | Function::Hour
                | Function::StartOfWeek
                | Function::StartOfMonth
                | Function::EndOfMonth
                | Function::StartOfYear
                | Function::EndOfYear
                | Function::AddMonths
                | Function::DaysBetween
                | Function::Trim
                | Function::Len
                | Function::Floor
                | Function::Ceil
                | Function::Abs
                | Function::Sign
                | Function::Least
                | Function::Greatest
                | Function::Base,
                _,
            ) => all(),
            (Function::Contains | Function::StartsWith | Function::EndsWith, [text, part])
                if self.has_key(text) && is_constant(part) =>
            {
                Ok(())
            }
            (Function::Fold, [text]) if self.has_key(text) => Ok(()),
            (Function::IsEmpty, [Node { op: Op::Field { of, fields }, ty: Type::Json | Type::Secret, .. }]) => {
                self.path(of).and_then(|()| self.reached(&arguments[0], references(&arguments[0]), fields))
            }
            (Function::IsEmpty, [list @ Node { ty: Type::List(_), .. }]) => self.list(list),
            (Function::IsEmpty, _) => all(),
            _ => refuse(),
        }
    }

    /// Whether a text has a folded key in SQL: it is a constant, a `text` field reached by a path, or a currency.
    fn has_key(&self, node: &Node) -> bool {
        if is_constant(node) {
            return true;
        }
        match &node.op {
            Op::Call { function: Function::Currency, .. } => self.node(node).is_ok(),
            Op::Field { of, fields } => {
                self.field(node, of, fields).is_ok()
                    && fields.iter().all(|(entity, field)| {
                        let declared = self.model.field(*entity, *field);
                        match &declared.source {
                            Source::Lookup(expr) | Source::Formula { value: expr, stored: false } => {
                                self.has_key(&expr.root)
                            }
                            _ => matches!(declared.kind, Kind::Text { .. }),
                        }
                    })
            }
            _ => false,
        }
    }

    /// Whether money has its amount and currency beside its worth in SQL: a constant, a field, or one of several.
    fn has_amount(&self, node: &Node) -> bool {
        if is_constant(node) {
            return true;
        }
        match &node.op {
            Op::Field { of, fields } if node.ty == Type::Money => {
                self.field(node, of, fields).is_ok()
                    && fields.iter().all(|(entity, field)| match &self.model.field(*entity, *field).source {
                        Source::Lookup(expr) | Source::Formula { value: expr, stored: false } => {
                            self.has_amount(&expr.root)
                        }
                        _ => true,
                    })
            }
            Op::Coalesce(a, b) | Op::If { then: a, otherwise: b, .. } => self.has_amount(a) && self.has_amount(b),
            _ => false,
        }
    }
}

/// Whether what takes the place of a text and that text are written out, and the text it stands in cannot grow.
fn is_no_longer(new: &Node, old: &Node) -> bool {
    let (Op::Literal(new), Op::Literal(old)) = (&new.op, &old.op) else { return false };
    let length = |value: &Value| value.as_text().map_or(0, str::len);
    old.is_nothing() || length(new) <= length(old)
}

/// Whether both databases write values of a type as the API does.
fn has_text(ty: &Type) -> bool {
    matches!(ty, Type::Text | Type::Choice(_) | Type::Integer | Type::Duration | Type::Boolean | Type::Date)
}

/// Whether the values of a field can be asked for in SQL: rows of another entity, or values kept together in a column,
/// of a kind that reads the same from it on every database.
fn is_asked(field: &Field) -> bool {
    let kept = match field.kind {
        Kind::Text { .. }
        | Kind::LongText { .. }
        | Kind::Integer
        | Kind::Decimal { .. }
        | Kind::Boolean
        | Kind::Date
        | Kind::Time
        | Kind::Duration
        | Kind::Choice { .. } => true,
        Kind::Money { .. }
        | Kind::DateTime
        | Kind::Ref(_)
        | Kind::File(_)
        | Kind::Json
        | Kind::Secret { .. }
        | Kind::Lines { .. }
        | Kind::Children { .. } => false,
    };
    field.kind.is_rows() || field.is_link() || (field.many && field.is_stored() && kept)
}
