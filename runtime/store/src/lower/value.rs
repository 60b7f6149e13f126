//! Values: the text of an expression, and what it is ordered by.

use std::sync::Arc;

use fichero_model::Value;
use fichero_model::entity::System;
use fichero_model::expr::truth;
use fichero_model::expr::{Aggregate, Arithmetic, Function, Node, Op, Quantifier, RowName};
use fichero_model::kind::Type;

use super::number::{self, Bound};
use super::path::{Source, is_path};
use super::scalar::{repr_of_type, type_name};
use super::{Condition, Lowering, Operand, Repr, RowAt, Scalar};
use crate::layout::{Form, Stored};
use crate::{Dialect, Error};

/// Why a list is no value.
const LIST: &str = "a list becomes SQL only under `any`, `all`, `count`, `sum`, `min`, `max` or `in`";

/// Why a text has no key.
const KEYS: &str = "only the key of a `text` field is stored";

/// What a value is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// Itself: texts as they are, choices by name.
    Exact,
    /// Its order: of a text the folded key.
    Key,
    /// Of money the amount in its own currency.
    Amount,
    /// Of money its own currency.
    Currency,
}

impl Lowering<'_, '_> {
    /// The value of a node.
    pub(super) fn value(&mut self, node: &Node) -> Result<Operand, Error> {
        self.wanted(node, Want::Exact)
    }

    /// What a node is ordered by.
    pub(super) fn order(&mut self, node: &Node) -> Result<Operand, Error> {
        match &node.ty {
            Type::Choice(options) => self.rank(node, *options),
            Type::Text => self.wanted(node, Want::Key),
            _ => self.wanted(node, Want::Exact),
        }
    }

    /// The value of a node, or of a text its key.
    pub(super) fn wanted(&mut self, node: &Node, want: Want) -> Result<Operand, Error> {
        self.step(node)?;
        let operand = self.of_node(node, want)?;
        if let Operand::Sql(scalar) = &operand {
            self.check_length(node, &scalar.sql)?;
        }
        Ok(operand)
    }

    fn of_node(&mut self, node: &Node, want: Want) -> Result<Operand, Error> {
        if let Some(value) = self.known(node)? {
            return match (value, want) {
                (Value::Text(text), Want::Key) => self.known_key(&text),
                (value, Want::Exact | Want::Key) => Ok(Operand::Constant(value)),
                (money, Want::Amount | Want::Currency) => Ok(Operand::Constant(self.part_of_known(&money, want))),
            };
        }
        if matches!(want, Want::Amount | Want::Currency) {
            self.check_part(node)?;
        }
        match &node.op {
            Op::Field { of, fields } => {
                let mut parts = Vec::new();
                for source in self.sources(of, fields)? {
                    parts.push(self.read(node, source, want)?);
                }
                self.first_of(node, parts)
            }
            Op::Row(RowName::This | RowName::Record) => Ok(self.identity(&self.this.clone())),
            Op::Row(RowName::Item(depth)) => match self.items.get(*depth).cloned().flatten() {
                Some(item) if want == Want::Key && item.value.repr == Repr::Text => Err(self.unportable(node, KEYS)),
                Some(item) => Ok(Operand::Sql(item.value)),
                None => Err(self.unportable(node, "its list is not at hand")),
            },
            Op::Attribute { of, options, attribute } if node.ty != Type::Boolean => {
                self.attribute(of, *options, *attribute, want)
            }
            Op::Coalesce(..) if node.ty == Type::Boolean => self.as_value(node),
            Op::Coalesce(first, second) => {
                let parts = vec![self.wanted(first, want)?, self.wanted(second, want)?];
                self.first_of(node, parts)
            }
            Op::If { condition, then, otherwise } if node.ty != Type::Boolean => {
                let condition = self.condition(condition, true)?;
                let (then, otherwise) = (self.wanted(then, want)?, self.wanted(otherwise, want)?);
                self.either(node, condition, then, otherwise)
            }
            Op::Arithmetic(operator, a, b) if want == Want::Exact => self.arithmetic(node, *operator, a, b),
            Op::Negate(one) => self.negated(node, one),
            Op::Call { function: Function::Fold, arguments } => match arguments.as_slice() {
                // A key's key is itself; the key of nothing but marks is nothing, as an empty text is.
                [text] => match self.wanted(text, Want::Key)? {
                    Operand::Sql(key) => {
                        let repr = if want == Want::Key { Repr::Key } else { Repr::Text };
                        Ok(Operand::Sql(Scalar::computed(format!("NULLIF({}, '')", key.sql), repr, true)))
                    }
                    constant => Ok(constant),
                },
                _ => Err(self.unportable(node, "it takes one text")),
            },
            Op::Call { function: function @ (Function::Amount | Function::Currency), arguments } => {
                match arguments.as_slice() {
                    [money] => self.part_of_money(node, *function, money, want),
                    _ => Err(self.unportable(node, "it takes one amount of money")),
                }
            }
            Op::Call { .. } if want == Want::Key && node.ty == Type::Text => Err(self.unportable(node, KEYS)),
            Op::Call { function, arguments } if node.ty != Type::Boolean => self.call(node, *function, arguments),
            Op::Quantify { quantifier: Quantifier::Count, list, depth, body } => {
                self.counted(list, Some((*depth, body)))
            }
            Op::Aggregate { aggregate: Aggregate::Count, list } => self.counted(list, None),
            Op::Aggregate { aggregate, list } => self.aggregated(node, *aggregate, list),
            Op::Arithmetic(..) => Err(self.unportable(node, KEYS)),
            Op::Script { .. } => Err(self.unportable(node, "a script runs in memory only")),
            Op::Not(_)
            | Op::And(..)
            | Op::Or(..)
            | Op::Compare(..)
            | Op::In { .. }
            | Op::Matches { .. }
            | Op::Changed(_)
            | Op::HasRole(_)
            | Op::Under { .. }
            | Op::If { .. }
            | Op::Attribute { .. }
            | Op::Call { .. }
            | Op::Quantify { quantifier: Quantifier::Any | Quantifier::All, .. } => self.as_value(node),
            Op::Row(RowName::Old | RowName::Me | RowName::Settings(_)) | Op::Literal(_) | Op::Local(_) | Op::Value => {
                Err(self.unportable(node, "it should have been worked out beforehand"))
            }
            Op::Each { .. } | Op::List(_) | Op::Quantify { quantifier: Quantifier::Filter, .. } => {
                Err(self.unportable(node, LIST))
            }
        }
    }

    /// The key of a text that is known beforehand.
    pub(super) fn known_key(&mut self, text: &str) -> Result<Operand, Error> {
        let key = Value::Text(fichero_model::fold::key(text).into());
        let sql = self.written(&Operand::Constant(key), Repr::Text)?;
        Ok(Operand::Sql(Scalar::computed(sql, Repr::Key, false)))
    }

    /// A condition as a value, which is never null.
    fn as_value(&mut self, node: &Node) -> Result<Operand, Error> {
        Ok(match self.condition(node, true)? {
            Condition::Always(value) => Operand::Constant(Value::Boolean(value)),
            Condition::When(sql) => {
                let sql = format!("(CASE WHEN {sql} THEN TRUE ELSE FALSE END)");
                Operand::Sql(Scalar::computed(sql, Repr::Boolean, false))
            }
        })
    }

    /// The id of a row.
    pub(super) fn identity(&self, row: &RowAt) -> Operand {
        let id = row.column(self.tables.table(row.entity).system(System::Id));
        Operand::Sql(Scalar::column(id, Repr::Id, !row.certain))
    }

    /// The value of a field.
    pub(super) fn read(&mut self, node: &Node, source: Source<'_>, want: Want) -> Result<Operand, Error> {
        match source {
            Source::Stored { row, stored, .. } => self.column(node, &row, stored, want).map(Operand::Sql),
            Source::Worked { row, expr } => {
                let value = self.through(&row, expr, |lowering, root| lowering.wanted(root, want))?;
                if row.certain || is_path(&expr.root) {
                    return Ok(value);
                }
                let id = row.column(self.tables.table(row.entity).system(System::Id));
                let exists = Condition::When(format!("{id} IS NOT NULL"));
                self.either(node, exists, value, Operand::nothing())
            }
            Source::List { .. } => {
                Err(self.unportable(node, "a list becomes SQL only under `any`, `all`, `count`, `sum`, `min` or `max`"))
            }
        }
    }

    /// The column of a stored field that holds its value, or of a text its key.
    fn column(&self, node: &Node, row: &RowAt, stored: &Stored, want: Want) -> Result<Scalar, Error> {
        let nullable = stored.nullable || !row.certain;
        let column = |name: &str, repr| Ok(Scalar::column(row.column(name), repr, nullable));
        match (&stored.form, want) {
            (Form::Text { .. }, Want::Key) => match &stored.key {
                Some(key) => column(key, Repr::Key),
                None => Err(self.unportable(node, "only the key of a `text` field (not `longtext`) is stored")),
            },
            (Form::Text { .. } | Form::Choice, _) => column(&stored.value, Repr::Text),
            (Form::Ref(_) | Form::AnyRef, _) => column(&stored.value, Repr::Id),
            (Form::Integer | Form::Duration, _) => column(&stored.value, Repr::INTEGER),
            (Form::Decimal { scale }, _) => column(&stored.value, Repr::Number { scale: *scale, wide: false }),
            (Form::Money, want) => Ok(Self::money_column(stored, want, |name| row.column(name), nullable)),
            (Form::Date, _) => column(&stored.value, Repr::Date),
            (Form::Time, _) => column(&stored.value, Repr::Time),
            (Form::DateTime, _) => column(&stored.value, Repr::DateTime),
            (Form::Boolean, _) if nullable => {
                let sql = format!("COALESCE({}, FALSE)", row.column(&stored.value));
                Ok(Scalar::computed(sql, Repr::Boolean, false))
            }
            (Form::Boolean, _) => column(&stored.value, Repr::Boolean),
            // An id is written in small letters and digits: it is its own key.
            (Form::Id, want) => {
                let id = row.column(&stored.value);
                let sql = match self.dialect() {
                    Dialect::Sqlite => format!("fichero_id_text({id})"),
                    Dialect::Postgres => format!("{id}::text"),
                };
                Ok(match want {
                    Want::Exact | Want::Amount | Want::Currency => Scalar::computed(sql, Repr::Text, nullable),
                    Want::Key => self.tidy(sql, Repr::Key, nullable),
                })
            }
            (Form::Json, _) => Err(self.unportable(node, "expressions cannot look into structured data")),
            (Form::Many(_), _) => Err(self.unportable(node, LIST)),
        }
    }

    /// The first of several values that is there.
    fn first_of(&mut self, node: &Node, parts: Vec<Operand>) -> Result<Operand, Error> {
        let mut kept: Vec<Operand> = Vec::new();
        for part in parts {
            // Nothing behind what cannot be nothing is ever asked.
            if kept.last().is_some_and(|last| !last.nullable()) {
                break;
            }
            if !part.is_nothing() {
                kept.push(part);
            }
        }
        match kept.as_slice() {
            [] => Ok(Operand::nothing()),
            [_] => Ok(kept.remove(0)),
            several => {
                let repr = self.one_repr(node, several)?;
                let nullable = several.iter().all(Operand::nullable);
                let mut texts = Vec::with_capacity(several.len());
                for part in several {
                    texts.push(self.written(part, repr)?);
                }
                Ok(Operand::Sql(self.tidy(format!("COALESCE({})", texts.join(", ")), repr, nullable)))
            }
        }
    }

    /// One value or another.
    pub(super) fn either(
        &mut self,
        node: &Node,
        condition: Condition,
        then: Operand,
        otherwise: Operand,
    ) -> Result<Operand, Error> {
        let condition = match condition {
            Condition::Always(true) => return Ok(then),
            Condition::Always(false) => return Ok(otherwise),
            Condition::When(condition) => condition,
        };
        if then.is_nothing() && otherwise.is_nothing() {
            return Ok(Operand::nothing());
        }
        let repr = self.one_repr(node, &[then.clone(), otherwise.clone()])?;
        let nullable = then.nullable() || otherwise.nullable();
        let then = match (&then, &otherwise) {
            // Two parameters tell nobody of which type they are.
            (Operand::Constant(value), Operand::Constant(_)) => self.typed(value, repr)?,
            _ => self.written(&then, repr)?,
        };
        let otherwise = self.written(&otherwise, repr)?;
        let sql = format!("(CASE WHEN {condition} THEN {then} ELSE {otherwise} END)");
        Ok(Operand::Sql(self.tidy(sql, repr, nullable)))
    }

    /// One representation for values that stand in one place.
    pub(super) fn one_repr(&self, node: &Node, operands: &[Operand]) -> Result<Repr, Error> {
        let reprs: Vec<Repr> = operands.iter().filter_map(Operand::repr).collect();
        let has_key = reprs.contains(&Repr::Key);
        match reprs.first() {
            Some(Repr::Number { .. }) => Ok(number::common(reprs)),
            Some(_) if has_key => Ok(Repr::Key),
            Some(first) if reprs.iter().all(|other| other == first) => Ok(*first),
            Some(_) => Err(self.unportable(node, "its sides are represented differently")),
            None => repr_of_type(&node.ty).ok_or_else(|| self.unportable(node, "it has no form in SQL")),
        }
    }

    /// A worked-out value; keys say how they are compared, for a parameter alone would not.
    pub(super) fn tidy(&self, sql: String, repr: Repr, nullable: bool) -> Scalar {
        let sql = match (self.dialect(), repr) {
            (Dialect::Postgres, Repr::Key) => format!("({sql} COLLATE \"C\")"),
            _ => sql,
        };
        Scalar::computed(sql, repr, nullable)
    }

    fn arithmetic(&mut self, node: &Node, operator: Arithmetic, a: &Node, b: &Node) -> Result<Operand, Error> {
        let (left, right) = (self.value(a)?, self.value(b)?);
        if left.is_nothing() || right.is_nothing() {
            return Ok(Operand::nothing());
        }
        let both = [left.clone(), right.clone()];
        let pair = |mut nodes: Vec<Node>| match (nodes.pop(), nodes.pop()) {
            (Some(right), Some(left)) => Op::Arithmetic(operator, Box::new(left), Box::new(right)),
            _ => Op::List(nodes),
        };
        if let Some(known) = self.folded(node, &both, pair)? {
            return Ok(known);
        }
        let sign = match operator {
            Arithmetic::Add => '+',
            Arithmetic::Subtract => '-',
            Arithmetic::Multiply | Arithmetic::Divide | Arithmetic::Remainder => {
                return Err(self.unportable(node, "only comparing, `+` and `-` of numbers are exact on every database"));
            }
        };
        match (&a.ty, &b.ty) {
            (Type::Text | Type::Choice(_), _) => {
                let (left, right) = (self.text_of(&left)?, self.text_of(&right)?);
                Ok(Operand::Sql(Scalar::computed(self.joined(&left, &right), Repr::Text, true)))
            }
            (Type::Date | Type::DateTime | Type::Time, _) | (_, Type::Date | Type::DateTime) => {
                self.moved(node, sign, (a, left), (b, right))
            }
            _ => {
                let repr = number::common([left.repr(), right.repr()].into_iter().flatten());
                let Repr::Number { scale, .. } = repr else { return Err(self.unportable(node, "it is no number")) };
                let bound = if node.ty == Type::Duration { Bound::Duration } else { Bound::Number(scale) };
                let (left, right) = (self.written(&left, repr)?, self.written(&right, repr)?);
                let sql = number::sum(self.dialect(), sign, &left, &right, bound);
                Ok(Operand::Sql(Scalar::computed(sql, bound.repr(self.dialect()), true)))
            }
        }
    }

    fn negated(&mut self, node: &Node, one: &Node) -> Result<Operand, Error> {
        let scalar = match self.value(one)? {
            Operand::Sql(scalar) => scalar,
            Operand::Constant(value) => return Ok(Operand::Constant(truth::negate(&value))),
        };
        let Repr::Number { scale, .. } = scalar.repr else { return Err(self.unportable(node, "it is no number")) };
        let bound = if node.ty == Type::Duration { Bound::Duration } else { Bound::Number(scale) };
        let repr = scalar.repr;
        let zero = self.written(&Operand::Constant(Value::Integer(0)), repr)?;
        let sql = number::sum(self.dialect(), '-', &zero, &scalar.sql, bound);
        Ok(Operand::Sql(Scalar::computed(sql, bound.repr(self.dialect()), true)))
    }

    /// A parameter or literal of a representation, with its type where the place alone does not tell it.
    pub(super) fn typed(&mut self, value: &Value, repr: Repr) -> Result<String, Error> {
        let sql = self.written(&Operand::Constant(value.clone()), repr)?;
        Ok(match self.dialect() {
            Dialect::Sqlite => sql,
            Dialect::Postgres => format!("{sql}::{}", type_name(repr)),
        })
    }

    /// The text of the expression at hand, for a message about a part that is not a node.
    pub(super) fn whole_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }
}
