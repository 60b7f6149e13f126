//! Comparisons.
//!
//! A comparison with a constant keeps the column bare, so that an index serves it: the constant is brought to the
//! column's scale, never the column to the constant's.

use fichero_model::Value;
use fichero_model::expr::truth;
use fichero_model::expr::{Comparison, Function, Node, Op};
use fichero_model::kind::Type;
use rust_decimal::Decimal;

use super::number::{self, fits};
use super::path::Source;
use super::scalar::worth;
use super::value::Want;
use super::{Condition, Lowering, Operand, Repr, Scalar};
use crate::Error;

impl Lowering<'_, '_> {
    /// When a comparison holds, or with `wanted` false, when it does not.
    pub(super) fn compare(
        &mut self,
        comparison: Comparison,
        a: &Node,
        b: &Node,
        wanted: bool,
    ) -> Result<Condition, Error> {
        let (left, right) = (self.known(a)?, self.known(b)?);
        // The constant stands on the right; both cannot be known, or the whole would be.
        if left.is_some() {
            return self.compare(mirrored(comparison), b, a, wanted);
        }
        let equality = match comparison {
            Comparison::Equal => Some(wanted),
            Comparison::NotEqual => Some(!wanted),
            _ => None,
        };
        if let (Op::Attribute { of, options, attribute }, Some(constant)) = (&a.op, &right)
            && !matches!(a.ty, Type::Choice(_))
        {
            let attribute = *attribute;
            let is_boolean = a.ty == Type::Boolean;
            return self.choice_condition(of, *options, wanted, |option| {
                let value = option.and_then(|option| option.attributes.get(attribute)).cloned().unwrap_or_default();
                let value = if is_boolean { Value::Boolean(value.is_true()) } else { value };
                truth::compare(comparison, &value, constant)
            });
        }
        if let (Op::Call { function: Function::Date, arguments }, Some(Value::Date(day))) = (&a.op, &right)
            && let [moment @ Node { ty: Type::DateTime, .. }] = arguments.as_slice()
        {
            return self.day_compared(comparison, moment, *day, wanted);
        }
        match equality {
            Some(equal) => self.equality(a, b, right, equal),
            None => self.order_comparison(comparison, a, b, right, wanted),
        }
    }

    fn equality(&mut self, a: &Node, b: &Node, right: Option<Value>, equal: bool) -> Result<Condition, Error> {
        match &right {
            Some(Value::Nothing) => return self.is_nothing(a, equal),
            Some(Value::Boolean(value)) => return self.condition(a, *value == equal),
            _ => {}
        }
        if a.ty == Type::Boolean || b.ty == Type::Boolean {
            // Each side is asked once. Written out as `both OR neither`, PostgreSQL 15 was seen to leave out rows for
            // which one of the two clauses holds, where a side is an EXISTS over nothing but values of the outermost row.
            let sign = if equal { "=" } else { "<>" };
            return Ok(match (self.condition(a, true)?, self.condition(b, true)?) {
                (Condition::Always(truth), _) => self.condition(b, truth == equal)?,
                (_, Condition::Always(truth)) => self.condition(a, truth == equal)?,
                (Condition::When(a), Condition::When(b)) => {
                    Condition::When(format!("(({a}) IS TRUE) {sign} (({b}) IS TRUE)"))
                }
            });
        }
        for side in [a, b] {
            match side.ty {
                Type::Json => return Err(self.unportable(side, "structured data is only ever compared with `()`")),
                Type::Secret => {
                    return Err(self.unportable(side, "of a secret may only be asked whether there is one"));
                }
                Type::List(_) => return Err(self.unportable(side, "a list is only ever compared with `()`")),
                _ => {}
            }
        }
        let (left, right) = (self.value(a)?, self.value(b)?);
        let same = self.equal(&left, &right, equal)?;
        // An index is over the key of a text: ask for the key too.
        match (&left, &right) {
            (Operand::Sql(scalar), Operand::Constant(Value::Text(text)))
                if equal && scalar.is_column && scalar.repr == Repr::Text && a.ty == Type::Text =>
            {
                match self.wanted(a, Want::Key) {
                    Ok(key @ Operand::Sql(Scalar { is_column: true, .. })) => {
                        let right = self.known_key(text)?;
                        Ok(self.equal(&key, &right, true)?.and(same))
                    }
                    _ => Ok(same),
                }
            }
            _ => Ok(same),
        }
    }

    /// When two values are equal, or are not. `()` equals only itself.
    pub(super) fn equal(&mut self, a: &Operand, b: &Operand, equal: bool) -> Result<Condition, Error> {
        let (a, b) = if matches!(a, Operand::Constant(_)) { (b, a) } else { (a, b) };
        let (left, right) = match (a, b) {
            (Operand::Constant(a), Operand::Constant(b)) => {
                return Ok(Condition::Always(truth::compare(Comparison::Equal, a, b) == equal));
            }
            (Operand::Sql(a), Operand::Constant(Value::Nothing)) => return Ok(null(&a.sql, equal, a.nullable)),
            (Operand::Sql(scalar), Operand::Constant(value)) if !scalar.can_hold(value) => {
                return Ok(Condition::Always(!equal));
            }
            (Operand::Sql(scalar), Operand::Constant(_)) => (scalar.sql.clone(), self.written(b, scalar.repr)?),
            (Operand::Sql(one), _) => {
                let repr = self.common(one, b)?;
                (self.written(a, repr)?, self.written(b, repr)?)
            }
            (Operand::Constant(_), Operand::Sql(_)) => (String::new(), String::new()),
        };
        Ok(Condition::When(match (equal, a.nullable(), b.nullable()) {
            (true, true, true) => format!("({left} = {right} OR ({left} IS NULL AND {right} IS NULL))"),
            (true, _, _) => format!("{left} = {right}"),
            (false, false, false) => format!("{left} <> {right}"),
            (false, true, false) => format!("({left} <> {right} OR {left} IS NULL)"),
            (false, false, true) => format!("({left} <> {right} OR {right} IS NULL)"),
            (false, true, true) => format!("{left} IS DISTINCT FROM {right}"),
        }))
    }

    fn order_comparison(
        &mut self,
        comparison: Comparison,
        a: &Node,
        b: &Node,
        right: Option<Value>,
        wanted: bool,
    ) -> Result<Condition, Error> {
        if let Type::Choice(options) = a.ty
            && let Some(constant) = &right
        {
            let model = self.model;
            let rank = |name: &str| model[options].rank(name);
            let limit = constant.as_text().and_then(rank);
            return self.choice_condition(a, options, wanted, |option| {
                let own = option.and_then(|option| rank(&option.name));
                match (own, limit) {
                    (Some(own), Some(limit)) => holds(comparison, own.cmp(&limit)),
                    _ => false,
                }
            });
        }
        let (left, right) = match (&a.ty, &b.ty) {
            (Type::Choice(options), _) | (_, Type::Choice(options)) => {
                (self.rank(a, *options)?, self.rank(b, *options)?)
            }
            (Type::Text, _) | (_, Type::Text) => (self.wanted(a, Want::Key)?, self.wanted(b, Want::Key)?),
            _ => (self.value(a)?, self.value(b)?),
        };
        match (&left, &right) {
            (Operand::Sql(a), right) => self.ordered(comparison, a, right, wanted),
            (Operand::Constant(Value::Nothing), _) => Ok(Condition::Always(!wanted)),
            (Operand::Constant(_), Operand::Sql(b)) => self.ordered(mirrored(comparison), b, &left, wanted),
            (Operand::Constant(a), Operand::Constant(b)) => {
                Ok(Condition::Always(truth::compare(comparison, a, b) == wanted))
            }
        }
    }

    /// When one value is before or behind another, or is not. With `()` it never is.
    pub(super) fn ordered(
        &mut self,
        comparison: Comparison,
        a: &Scalar,
        b: &Operand,
        wanted: bool,
    ) -> Result<Condition, Error> {
        let mut comparison = comparison;
        let (left, right) = match (b, a.repr) {
            (Operand::Constant(Value::Nothing), _) => return Ok(Condition::Always(!wanted)),
            (Operand::Constant(value), Repr::Number { scale, wide }) => {
                let Some(number) = worth(value) else {
                    return Err(Error::Statement(format!("{value:?} is compared with a number")));
                };
                match limit(comparison, number, scale, wide) {
                    Limit::At(stricter, number) => {
                        comparison = stricter;
                        let number = Operand::Constant(Value::Decimal(number));
                        (a.sql.clone(), self.written(&number, a.repr)?)
                    }
                    // True, or false, of every number there may be: only `()` is left to be told apart.
                    Limit::Everything(true) => return Ok(null(&a.sql, !wanted, a.nullable)),
                    Limit::Everything(false) => return Ok(Condition::Always(!wanted)),
                }
            }
            (Operand::Constant(_), repr) => (a.sql.clone(), self.written(b, repr)?),
            (Operand::Sql(_), _) => {
                let repr = self.common(a, b)?;
                (self.written(&Operand::Sql(a.clone()), repr)?, self.written(b, repr)?)
            }
        };
        if wanted {
            return Ok(Condition::When(format!("{left} {} {right}", sign(comparison))));
        }
        let mut text = format!("{left} {} {right}", sign(opposite(comparison)));
        if a.nullable {
            text.push_str(&format!(" OR {left} IS NULL"));
        }
        if b.nullable() {
            text.push_str(&format!(" OR {right} IS NULL"));
        }
        Ok(Condition::When(if a.nullable || b.nullable() { format!("({text})") } else { text }))
    }

    /// When a node is nothing, or is something.
    pub(super) fn is_nothing(&mut self, node: &Node, wanted: bool) -> Result<Condition, Error> {
        match (&node.ty, &node.op) {
            // A condition is always true or false.
            (Type::Boolean, _) => Ok(Condition::Always(!wanted)),
            (Type::Json | Type::Secret, Op::Field { of, fields }) => {
                let mut all = Condition::Always(wanted);
                for source in self.sources(of, fields)? {
                    let one = match source {
                        Source::Stored { row, stored, .. } => {
                            null(&row.column(&stored.value), wanted, stored.nullable || !row.certain)
                        }
                        Source::Worked { row, expr } => {
                            self.through(&row, expr, |lowering, root| lowering.is_nothing(root, wanted))?
                        }
                        Source::List { .. } => return Err(self.unportable(node, "it is a list")),
                    };
                    all = if wanted { all.and(one) } else { all.or(one) };
                }
                Ok(all)
            }
            (Type::List(_), _) => self.exists(node, 0, None, !wanted),
            _ => match self.value(node)? {
                Operand::Constant(value) => Ok(Condition::Always(value.is_nothing() == wanted)),
                Operand::Sql(scalar) => Ok(null(&scalar.sql, wanted, scalar.nullable)),
            },
        }
    }

    fn common(&self, a: &Scalar, b: &Operand) -> Result<Repr, Error> {
        match (a.repr, b.repr()) {
            (Repr::Number { .. }, Some(other @ Repr::Number { .. })) => Ok(number::common([a.repr, other])),
            (own, Some(other)) if own == other => Ok(own),
            (own, other) => {
                Err(Error::Statement(format!("{own:?} is compared with {other:?} in `{}`", self.whole_text())))
            }
        }
    }
}

impl Scalar {
    /// False for a number that has more digits than this one can have, or is out of its range.
    pub(super) fn can_hold(&self, value: &Value) -> bool {
        match (self.repr, worth(value)) {
            (Repr::Number { scale, wide }, Some(number)) => exactly(number, scale, wide).is_some(),
            _ => true,
        }
    }
}

/// When something is null, or is not.
pub(super) fn null(sql: &str, wanted: bool, nullable: bool) -> Condition {
    match (nullable, wanted) {
        (false, wanted) => Condition::Always(!wanted),
        (true, true) => Condition::When(format!("{sql} IS NULL")),
        (true, false) => Condition::When(format!("{sql} IS NOT NULL")),
    }
}

/// A comparison of a number with a constant, as the integers that stand for them compare.
enum Limit {
    /// In this way, with this number, which has no more digits than the column.
    At(Comparison, Decimal),
    /// Every number there may be compares so, or none.
    Everything(bool),
}

fn limit(comparison: Comparison, constant: Decimal, scale: u8, wide: bool) -> Limit {
    let digits = u32::from(scale);
    // Between two neighbours of the column's scale, `<` and `<=` say the same: not above the lower one.
    let (comparison, number) = if fits(constant, scale) {
        (comparison, constant)
    } else if matches!(comparison, Comparison::Less | Comparison::LessOrEqual) {
        (Comparison::LessOrEqual, floor(constant, digits))
    } else {
        (Comparison::GreaterOrEqual, floor(constant, digits) + Decimal::new(1, digits))
    };
    match exactly(number, scale, wide) {
        Some(_) => Limit::At(comparison, number),
        None => {
            let below = matches!(comparison, Comparison::Less | Comparison::LessOrEqual);
            Limit::Everything(below == number.is_sign_positive())
        }
    }
}

fn floor(number: Decimal, digits: u32) -> Decimal {
    number.round_dp_with_strategy(digits, rust_decimal::RoundingStrategy::ToNegativeInfinity)
}

/// The integer that stands for a number in a column; nothing when it has more digits, or the column could never hold it.
fn exactly(number: Decimal, scale: u8, wide: bool) -> Option<i128> {
    let scaled = fits(number, scale).then(|| number::times_power(number, scale))?;
    (wide || i64::try_from(scaled).is_ok()).then_some(scaled)
}

fn holds(comparison: Comparison, ordering: std::cmp::Ordering) -> bool {
    match comparison {
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
        Comparison::Less => ordering.is_lt(),
        Comparison::LessOrEqual => ordering.is_le(),
        Comparison::Greater => ordering.is_gt(),
        Comparison::GreaterOrEqual => ordering.is_ge(),
    }
}

/// The comparison with its sides exchanged.
fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same @ (Comparison::Equal | Comparison::NotEqual) => same,
    }
}

/// The comparison that holds when this one does not, between two values that are there.
fn opposite(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
    }
}

pub(super) fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}
