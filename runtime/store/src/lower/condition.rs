//! Conditions: text that is TRUE exactly when an expression holds, or exactly when it does not.

use fichero_model::Value;
use fichero_model::entity::System;
use fichero_model::expr::{Node, Op, Quantifier};

use super::path::Source;
use super::{Lowering, Operand, Repr};
use crate::Error;

/// When something holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// For every row, or for none.
    Always(bool),
    /// For the rows for which this text is TRUE.
    When(String),
}

impl Condition {
    pub(crate) fn and(self, other: Condition) -> Condition {
        match (self, other) {
            (Condition::Always(false), _) | (_, Condition::Always(false)) => Condition::Always(false),
            (Condition::Always(true), other) | (other, Condition::Always(true)) => other,
            (Condition::When(a), Condition::When(b)) => Condition::When(format!("{a} AND {b}")),
        }
    }

    pub(crate) fn or(self, other: Condition) -> Condition {
        match (self, other) {
            (Condition::Always(true), _) | (_, Condition::Always(true)) => Condition::Always(true),
            (Condition::Always(false), other) | (other, Condition::Always(false)) => other,
            (Condition::When(a), Condition::When(b)) => Condition::When(format!("({a} OR {b})")),
        }
    }

    /// As it stands behind `WHERE`.
    pub(crate) fn text(self) -> String {
        match self {
            Condition::Always(true) => "TRUE".to_owned(),
            Condition::Always(false) => "FALSE".to_owned(),
            Condition::When(text) => text,
        }
    }
}

impl Lowering<'_, '_> {
    /// When `node` holds, or with `wanted` false, when it does not.
    pub(super) fn condition(&mut self, node: &Node, wanted: bool) -> Result<Condition, Error> {
        self.step(node)?;
        let condition = self.when(node, wanted)?;
        if let Condition::When(sql) = &condition {
            self.check_length(node, sql)?;
        }
        Ok(condition)
    }

    fn choice_of_two(
        &mut self,
        condition: &Node,
        then: &Node,
        otherwise: &Node,
        wanted: bool,
    ) -> Result<Condition, Error> {
        let when = self.condition(condition, true)?;
        // A subquery is asked once. Written out as `when and then or not when and else`, PostgreSQL 15 was seen to find
        // rows for which neither clause holds, where it is an EXISTS over values of the outermost row.
        if let Condition::When(when) = &when
            && when.contains("(SELECT")
        {
            let (then, otherwise) = (self.condition(then, wanted)?, self.condition(otherwise, wanted)?);
            let (then, otherwise) = (then.text(), otherwise.text());
            return Ok(Condition::When(format!("(CASE WHEN {when} THEN {then} ELSE {otherwise} END)")));
        }
        let when = when.and(self.condition(then, wanted)?);
        let else_when = self.condition(condition, false)?.and(self.condition(otherwise, wanted)?);
        Ok(when.or(else_when))
    }

    fn when(&mut self, node: &Node, wanted: bool) -> Result<Condition, Error> {
        if let Some(value) = self.known(node)? {
            return Ok(Condition::Always(value.is_true() == wanted));
        }
        match &node.op {
            Op::Not(one) => self.condition(one, !wanted),
            Op::And(a, b) | Op::Or(a, b) => {
                let is_and = matches!(node.op, Op::And(..)) == wanted;
                let (a, b) = (self.condition(a, wanted)?, self.condition(b, wanted)?);
                Ok(if is_and { a.and(b) } else { a.or(b) })
            }
            Op::Compare(comparison, a, b) => self.compare(*comparison, a, b, wanted),
            Op::In { value, list } => self.is_in(value, list, wanted),
            Op::If { condition, then, otherwise } => self.choice_of_two(condition, then, otherwise, wanted),
            Op::Coalesce(first, second) => match self.known(first)? {
                Some(Value::Nothing) => self.condition(second, wanted),
                Some(value) => Ok(Condition::Always(value.is_true() == wanted)),
                // A condition is never nothing, so the second side is never asked.
                None => self.condition(first, wanted),
            },
            Op::Field { of, fields } => {
                let mut all = Condition::Always(!wanted);
                for source in self.sources(of, fields)? {
                    let one = self.of_source(node, source, wanted)?;
                    all = if wanted { all.or(one) } else { all.and(one) };
                }
                Ok(all)
            }
            Op::Attribute { of, options, attribute } => self.choice_condition(of, *options, wanted, |option| {
                option.and_then(|option| option.attributes.get(*attribute)).is_some_and(Value::is_true)
            }),
            Op::Call { function, arguments } => self.test(node, *function, arguments, wanted),
            Op::Quantify { quantifier: Quantifier::Any, list, depth, body } => {
                self.exists(list, *depth, Some((body, true)), wanted)
            }
            Op::Quantify { quantifier: Quantifier::All, list, depth, body } => {
                self.exists(list, *depth, Some((body, false)), !wanted)
            }
            Op::Row(_) => match self.value(node)? {
                Operand::Sql(scalar) if scalar.repr == Repr::Boolean => {
                    Ok(boolean(&scalar.sql, wanted, scalar.nullable))
                }
                _ => Err(self.unportable(node, "it is no condition")),
            },
            Op::Matches { .. } => Err(self.unportable(node, "databases have other regular expressions")),
            Op::Changed(_) => Err(self.unportable(node, "it compares with the record as it was")),
            Op::HasRole(_) => Err(self.unportable(node, "the role must be known beforehand")),
            Op::Under { record, top, parent } => self.under(record, top, *parent, wanted),
            Op::Script { .. } => Err(self.unportable(node, "a script runs in memory only")),
            Op::Literal(_)
            | Op::Local(_)
            | Op::Value
            | Op::Each { .. }
            | Op::Arithmetic(..)
            | Op::Negate(_)
            | Op::List(_)
            | Op::Quantify { quantifier: Quantifier::Count | Quantifier::Filter, .. }
            | Op::Aggregate { .. } => Err(self.unportable(node, "it is no condition")),
        }
    }

    /// When a boolean field is true, or is not.
    fn of_source(&mut self, node: &Node, source: Source<'_>, wanted: bool) -> Result<Condition, Error> {
        match source {
            Source::Stored { row, stored, .. } => {
                let nullable = stored.nullable || !row.certain;
                Ok(boolean(&row.column(&stored.value), wanted, nullable))
            }
            Source::Worked { row, expr } => {
                let inner = self.through(&row, expr, |lowering, root| lowering.condition(root, wanted))?;
                if row.certain {
                    return Ok(inner);
                }
                let id = row.column(self.tables.table(row.entity).system(System::Id));
                Ok(if wanted {
                    Condition::When(format!("{id} IS NOT NULL")).and(inner)
                } else {
                    Condition::When(format!("{id} IS NULL")).or(inner)
                })
            }
            Source::List { .. } => Err(self.unportable(node, "a list is no condition")),
        }
    }
}

/// When a boolean column is true, or is not.
pub(super) fn boolean(sql: &str, wanted: bool, nullable: bool) -> Condition {
    Condition::When(match (wanted, nullable) {
        (true, _) => format!("{sql} = TRUE"),
        (false, false) => format!("{sql} = FALSE"),
        (false, true) => format!("({sql} = FALSE OR {sql} IS NULL)"),
    })
}
