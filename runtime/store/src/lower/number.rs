//! Exact numbers in SQL.
//!
//! A number is an integer that stands for itself times `10^scale`. It is *narrow* while it surely fits into 64 bits:
//! what is stored, and on SQLite also results that the bounds of `fichero_model::expr::number` keep small. Otherwise it
//! is *wide*: `NUMERIC` on PostgreSQL; on SQLite 16 bytes whose order as bytes is the order of the numbers, which
//! `fichero_add` and its sisters (`crate::tx::sqlite::function`) read and make.

use fichero_model::expr::number::{LARGEST, LONGEST, SCALE};
use fichero_model::kind::Type;
use fichero_model::value::Money;
use fichero_model::{Model, Value};
use rust_decimal::Decimal;

use super::scalar::{Repr, Scalar};
use crate::Dialect;

/// How many digits behind the point a constant has.
pub(super) fn scale_of(number: Decimal) -> u8 {
    u8::try_from(number.normalize().scale()).unwrap_or(u8::MAX)
}

/// `number` times `10^scale`, what stands behind the point cut off.
pub(super) fn times_power(number: Decimal, scale: u8) -> i128 {
    let number = number.normalize();
    let (mantissa, own) = (number.mantissa(), number.scale());
    let wanted = u32::from(scale);
    if wanted >= own {
        // At most 29 digits and a scale of a few more: within 128 bits for every number within bounds.
        mantissa.saturating_mul(10_i128.saturating_pow(wanted - own))
    } else {
        mantissa / 10_i128.saturating_pow(own - wanted)
    }
}

/// Whether `number` has no more than `scale` digits behind the point.
pub(super) fn fits(number: Decimal, scale: u8) -> bool {
    scale_of(number) <= scale
}

/// A wide number as SQLite has it: big-endian, with the sign bit turned so that bytes sort as numbers do.
pub(crate) fn sortable(number: i128) -> [u8; 16] {
    (number ^ i128::MIN).to_be_bytes()
}

/// A wide number back from SQLite.
pub(crate) fn from_sortable(bytes: &[u8]) -> Option<i128> {
    Some(i128::from_be_bytes(bytes.try_into().ok()?) ^ i128::MIN)
}

/// A number brought to another scale, not a smaller one.
pub(super) fn rescaled(dialect: Dialect, scalar: &Scalar, wanted: Repr) -> String {
    let (Repr::Number { scale: from, wide: was }, Repr::Number { scale: to, wide }) = (scalar.repr, wanted) else {
        return scalar.sql.clone();
    };
    let digits = to.saturating_sub(from);
    match dialect {
        _ if digits == 0 && was == wide => scalar.sql.clone(),
        Dialect::Sqlite => format!("fichero_wide({}, {digits})", scalar.sql),
        Dialect::Postgres if digits == 0 => format!("({})::numeric", scalar.sql),
        Dialect::Postgres => format!("({})::numeric * 1{}", scalar.sql, "0".repeat(usize::from(digits))),
    }
}

/// One representation for several numbers, which all can be brought to.
pub(super) fn common(reprs: impl IntoIterator<Item = Repr>) -> Repr {
    let mut scales = Vec::new();
    let mut wide = false;
    for repr in reprs {
        if let Repr::Number { scale, wide: is_wide } = repr {
            scales.push(scale);
            wide |= is_wide;
        }
    }
    let scale = scales.iter().copied().max().unwrap_or(0);
    // Bringing a stored number to a greater scale may leave 64 bits.
    wide |= scales.iter().any(|other| *other != scale);
    Repr::Number { scale, wide }
}

/// What a result may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// A number of a scale, within the bounds of numbers.
    Number(u8),
    /// Seconds, within the bounds of durations.
    Duration,
    /// Whatever comes out.
    None,
}

impl Bound {
    /// The greatest integer that a result may be represented by.
    fn limit(self) -> i128 {
        match self {
            Bound::Number(scale) => i128::from(LARGEST) * 10_i128.pow(u32::from(scale).min(SCALE)),
            Bound::Duration => i128::from(LONGEST),
            Bound::None => i128::MAX,
        }
    }

    /// The representation of a result.
    pub(super) fn repr(self, dialect: Dialect) -> Repr {
        let scale = match self {
            Bound::Number(scale) => scale,
            Bound::Duration | Bound::None => 0,
        };
        let wide = match dialect {
            Dialect::Sqlite => i64::try_from(self.limit()).is_err(),
            Dialect::Postgres => true,
        };
        Repr::Number { scale, wide }
    }
}

/// `left + right` or `left - right`, both of one scale; null when out of bounds.
pub(super) fn sum(dialect: Dialect, sign: char, left: &str, right: &str, bound: Bound) -> String {
    match dialect {
        Dialect::Sqlite => {
            let name = if sign == '-' { "fichero_subtract" } else { "fichero_add" };
            format!("{name}({left}, {right}, {})", code(bound))
        }
        Dialect::Postgres => bounded(&format!("({left})::numeric {sign} ({right})::numeric"), bound),
    }
}

/// The sum over the rows of a subquery; of none it is 0.
pub(crate) fn total(dialect: Dialect, of: &str, bound: Bound) -> String {
    match dialect {
        Dialect::Sqlite => match bound.repr(dialect) {
            // The sum of no rows is a plain 0, for there was none to say what bounds it.
            Repr::Number { wide: true, .. } => format!("fichero_wide(fichero_sum({of}, {}), 0)", code(bound)),
            _ => format!("fichero_sum({of}, {})", code(bound)),
        },
        Dialect::Postgres => format!("COALESCE(SUM(({of})::numeric), 0)"),
    }
}

/// The mean of `count` numbers whose sum is `total`, rounded half away from zero to the most digits a number has, as in
/// memory; of none it is nothing.
pub(crate) fn mean(model: &Model, total: i128, count: i64, scale: u8, ty: &Type) -> Value {
    let count = i128::from(count);
    if count == 0 {
        return Value::Nothing;
    }
    if *ty == Type::Duration {
        return i64::try_from(total / count).map_or(Value::Nothing, Value::Duration);
    }
    let units = total.saturating_mul(10_i128.pow(SCALE.saturating_sub(u32::from(scale))));
    let (quotient, rest) = (units / count, units % count);
    let rounded = if rest.abs() * 2 >= count { quotient + units.signum() } else { quotient };
    let Ok(number) = Decimal::try_from_i128_with_scale(rounded, SCALE) else { return Value::Nothing };
    let number = number.normalize();
    match ty {
        Type::Money => Value::Money(Money { amount: number, currency: model.workspace.currency, base: number }),
        _ => Value::Decimal(number),
    }
}

/// On PostgreSQL, `value` or null when it is out of bounds. SQLite's functions see to it themselves.
///
/// `OFFSET 0` keeps PostgreSQL from writing `value` in each place where `v` stands: a sum of ten numbers would become a
/// plan of 3^10 of them.
pub(super) fn bounded(value: &str, bound: Bound) -> String {
    let limit = bound.limit();
    format!("(SELECT v FROM (SELECT {value} AS v OFFSET 0) AS w WHERE v BETWEEN -{limit} AND {limit})")
}

/// How the functions of SQLite are told a bound.
fn code(bound: Bound) -> i64 {
    match bound {
        Bound::Number(scale) => i64::from(scale),
        Bound::Duration => -1,
        Bound::None => -2,
    }
}

/// The bound that a function of SQLite was told.
pub(crate) fn bound_of(code: i64) -> (i128, bool) {
    let bound = match (u8::try_from(code), code) {
        (Ok(scale), _) => Bound::Number(scale),
        (Err(_), -1) => Bound::Duration,
        (Err(_), _) => Bound::None,
    };
    let wide = matches!(bound.repr(Dialect::Sqlite), Repr::Number { wide: true, .. });
    (bound.limit(), wide)
}
