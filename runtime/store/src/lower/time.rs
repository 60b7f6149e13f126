//! Days and moments in SQL, as `fichero_model::expr::time` has them.
//!
//! A result outside the years that are kept is null. PostgreSQL would fail there, so what would leave them is sorted
//! out before it is moved.

use fichero_model::Value;
use fichero_model::expr::number::LONGEST;
use fichero_model::expr::time::{DAY, add_months};
use fichero_model::expr::{Function, Node};
use fichero_model::kind::Type;
use jiff::civil::Date;
use jiff::{Span, Timestamp};

use super::{Lowering, Operand, Repr, Scalar};
use crate::{Dialect, Error};

/// The first day that is kept.
pub(super) const FIRST: Date = jiff::civil::date(1, 1, 1);
/// The last day that is kept.
pub(super) const LAST: Date = jiff::civil::date(9999, 12, 31);
/// The first microsecond that is kept, since 1970.
const FIRST_MOMENT: i64 = -62_135_596_800_000_000;
/// The last one: no greater one becomes a `Timestamp`.
const LAST_MOMENT: i64 = 253_402_207_200_000_000;

impl Lowering<'_, '_> {
    /// A function of days and times.
    pub(super) fn of_time(&mut self, node: &Node, function: Function, operands: &[Operand]) -> Result<Operand, Error> {
        match (function, operands) {
            (Function::AddMonths, [Operand::Sql(day), Operand::Constant(Value::Integer(months))]) => {
                return self.months_later(day, *months);
            }
            (Function::AddMonths, [day, Operand::Sql(months)]) => return self.so_many_months_later(node, day, months),
            _ => {}
        }
        if let (Function::DaysBetween, [from, to]) = (function, operands) {
            let nullable = from.nullable() || to.nullable();
            let (from, to) = (self.written(from, Repr::Date)?, self.written(to, Repr::Date)?);
            let sql = self.days_between(&from, &to);
            return Ok(Operand::Sql(Scalar::computed(sql, Repr::INTEGER, nullable)));
        }
        let [Operand::Sql(of)] = operands else {
            return Err(self.unportable(node, "databases would answer it differently"));
        };
        let of = &match (function, of.repr) {
            (Function::Date, Repr::DateTime) => return Ok(Operand::Sql(self.day_of(node, of)?)),
            (Function::Time, Repr::DateTime) => return Ok(Operand::Sql(self.time_of(node, of)?)),
            (Function::DateTime, Repr::Date) => return Ok(Operand::Sql(self.start_of(node, of)?)),
            (Function::Hour, Repr::DateTime) => self.time_of(node, of)?,
            (_, Repr::DateTime) => self.day_of(node, of)?,
            _ => of.clone(),
        };
        let day = &of.sql;
        let (name, postgres, repr) = match (function, of.repr) {
            (Function::Year, Repr::Date) => ("year", format!("EXTRACT(YEAR FROM {day})::bigint"), Repr::INTEGER),
            (Function::Month, Repr::Date) => ("month", format!("EXTRACT(MONTH FROM {day})::bigint"), Repr::INTEGER),
            (Function::Day, Repr::Date) => ("day", format!("EXTRACT(DAY FROM {day})::bigint"), Repr::INTEGER),
            (Function::Weekday, Repr::Date) => {
                ("weekday", format!("EXTRACT(ISODOW FROM {day})::bigint"), Repr::INTEGER)
            }
            (Function::Hour, Repr::Time) => ("hour", format!("EXTRACT(HOUR FROM {day})::bigint"), Repr::INTEGER),
            (Function::StartOfWeek, Repr::Date) => ("start_of_week", truncated("week", day), Repr::Date),
            (Function::StartOfMonth, Repr::Date) => ("start_of_month", truncated("month", day), Repr::Date),
            (Function::StartOfYear, Repr::Date) => ("start_of_year", truncated("year", day), Repr::Date),
            (Function::EndOfMonth, Repr::Date) => {
                let month = truncated("month", day);
                ("end_of_month", format!("({month} + interval '1 month' - interval '1 day')::date"), Repr::Date)
            }
            (Function::EndOfYear, Repr::Date) => {
                let year = truncated("year", day);
                ("end_of_year", format!("({year} + interval '1 year' - interval '1 day')::date"), Repr::Date)
            }
            _ => return Err(self.unportable(node, "databases read texts in other ways")),
        };
        let sql = match self.dialect() {
            Dialect::Sqlite => format!("fichero_{name}({day})"),
            Dialect::Postgres => postgres,
        };
        Ok(Operand::Sql(Scalar::computed(sql, repr, of.nullable)))
    }

    /// A day or moment moved by a duration, or the distance of two.
    pub(super) fn moved(
        &mut self,
        node: &Node,
        sign: char,
        (a, left): (&Node, Operand),
        (b, right): (&Node, Operand),
    ) -> Result<Operand, Error> {
        let nullable = left.nullable() || right.nullable();
        let distance = |sql: String| Ok(Operand::Sql(Scalar::computed(sql, Repr::INTEGER, nullable)));
        match (&a.ty, &b.ty, sign) {
            (Type::Date, Type::Date, '-') => {
                let (to, from) = (self.written(&left, Repr::Date)?, self.written(&right, Repr::Date)?);
                distance(format!("({} * {DAY})", self.days_between(&from, &to)))
            }
            (Type::DateTime, Type::DateTime, '-') => {
                let (to, from) = (self.written(&left, Repr::DateTime)?, self.written(&right, Repr::DateTime)?);
                distance(match self.dialect() {
                    Dialect::Sqlite => format!("(({to} - {from}) / 1000000)"),
                    Dialect::Postgres => format!("trunc(EXTRACT(EPOCH FROM ({to} - {from})))::bigint"),
                })
            }
            (Type::Date | Type::DateTime, Type::Duration, _) => self.moved_by(node, &left, &right, sign),
            (Type::Duration, Type::Date | Type::DateTime, '+') => self.moved_by(node, &right, &left, sign),
            _ => Err(self.unportable(node, "it has no form in SQL")),
        }
    }

    fn moved_by(&mut self, node: &Node, moved: &Operand, by: &Operand, sign: char) -> Result<Operand, Error> {
        if self.inline && moved.repr() == Some(Repr::DateTime) {
            // PostgreSQL takes it to depend on the zone of the session.
            return Err(self.unportable(node, "a moment that is moved cannot stand in an index"));
        }
        let (moved, seconds) = match (moved, by) {
            (Operand::Sql(moved), Operand::Constant(Value::Duration(seconds))) => (moved, seconds),
            (moved, Operand::Sql(by)) => return self.moved_by_row(moved, by, sign),
            _ => return Err(self.unportable(node, "it has no form in SQL")),
        };
        let Some(seconds) = (if sign == '-' { seconds.checked_neg() } else { Some(*seconds) }) else {
            return Ok(Operand::nothing());
        };
        match moved.repr {
            Repr::Date => self.days_later(moved, seconds.div_euclid(DAY)),
            _ => self.seconds_later(moved, seconds),
        }
    }

    /// A day or moment moved by a duration that each row has its own of.
    fn moved_by_row(&mut self, moved: &Operand, by: &Scalar, sign: char) -> Result<Operand, Error> {
        let repr = if moved.repr() == Some(Repr::Date) { Repr::Date } else { Repr::DateTime };
        let of = self.with_type(moved, repr)?;
        let seconds = &by.sql;
        let sql = match (self.dialect(), repr) {
            (Dialect::Sqlite, Repr::Date) => format!("fichero_move_day({of}, {seconds}, {sign}1)"),
            (Dialect::Sqlite, _) => format!("fichero_move_moment({of}, {seconds}, {sign}1)"),
            (Dialect::Postgres, Repr::Date) => {
                let days = format!("floor({sign}({seconds})::numeric / {DAY})");
                let (first, last) = (format!("'{FIRST}'::date - {of}"), format!("'{LAST}'::date - {of}"));
                format!("(CASE WHEN {days} BETWEEN {first} AND {last} THEN {of} + {days}::int END)")
            }
            (Dialect::Postgres, _) => {
                let seconds = format!("({sign}({seconds})::numeric)");
                let (first, last) = (FIRST_MOMENT / 1_000_000, LAST_MOMENT / 1_000_000);
                // Days and the rest apart: an interval made of seconds alone is not exact when it is long.
                let by = format!("days => div({seconds}, {DAY})::int, secs => mod({seconds}, {DAY})::int");
                format!(
                    "(CASE WHEN EXTRACT(EPOCH FROM {of}) + {seconds} BETWEEN {first} AND {last} \
                     THEN {of} + make_interval({by}) END)"
                )
            }
        };
        Ok(Operand::Sql(Scalar::computed(sql, repr, true)))
    }

    /// An operand with its type where it is a parameter.
    fn with_type(&mut self, operand: &Operand, repr: Repr) -> Result<String, Error> {
        match operand {
            Operand::Constant(value) => self.typed(value, repr),
            sql @ Operand::Sql(_) => self.written(sql, repr),
        }
    }

    /// So many minutes, hours, days or weeks of `unit` seconds; null where that is too long.
    pub(super) fn so_long(&self, node: &Node, count: &Scalar, unit: i64) -> Result<Operand, Error> {
        let limit = LONGEST / unit;
        let count = self.whole(node, count)?;
        let product = match self.dialect() {
            Dialect::Sqlite => format!("{count} * {unit}"),
            Dialect::Postgres => format!("({count} * {unit})::bigint"),
        };
        let sql = format!("(CASE WHEN {count} BETWEEN -{limit} AND {limit} THEN {product} END)");
        Ok(Operand::Sql(Scalar::computed(sql, Repr::INTEGER, true)))
    }

    fn days_later(&mut self, day: &Scalar, days: i64) -> Result<Operand, Error> {
        // The days that a move of so many leaves within the years that are kept.
        let limit = if days >= 0 { LAST } else { FIRST };
        let limit = days.checked_neg().and_then(|back| limit.checked_add(Span::new().try_days(back).ok()?).ok());
        let Some(limit) = limit.filter(|limit| (FIRST..=LAST).contains(limit)) else { return Ok(Operand::nothing()) };
        let count = Value::Integer(days);
        let later = match self.dialect() {
            Dialect::Sqlite => format!("fichero_add_days({}, {})", day.sql, self.typed(&count, Repr::INTEGER)?),
            Dialect::Postgres => format!("{} + {}::int", day.sql, self.typed(&count, Repr::INTEGER)?),
        };
        self.within(day, Value::Date(limit), days >= 0, &later)
    }

    fn months_later(&mut self, day: &Scalar, months: i64) -> Result<Operand, Error> {
        let limit = if months >= 0 { LAST } else { FIRST };
        let Some(limit) = months.checked_neg().and_then(|back| add_months(limit, back)) else {
            return Ok(Operand::nothing());
        };
        // Every day of a month finds a day in the month it is moved to.
        let limit = if months >= 0 { limit.last_of_month() } else { limit.first_of_month() };
        let count = self.typed(&Value::Integer(months), Repr::INTEGER)?;
        let later = match self.dialect() {
            Dialect::Sqlite => format!("fichero_add_months({}, {count})", day.sql),
            Dialect::Postgres => format!("({} + make_interval(months => {count}::int))::date", day.sql),
        };
        self.within(day, Value::Date(limit), months >= 0, &later)
    }

    /// A day moved by months that each row has its own number of.
    fn so_many_months_later(&mut self, node: &Node, day: &Operand, months: &Scalar) -> Result<Operand, Error> {
        let of = self.with_type(day, Repr::Date)?;
        let months = self.whole(node, months)?;
        let sql = match self.dialect() {
            Dialect::Sqlite => format!("fichero_add_months({of}, {months})"),
            Dialect::Postgres => {
                let month = format!("EXTRACT(YEAR FROM {of}) * 12 + EXTRACT(MONTH FROM {of}) - 1");
                let (first, last) = (12, 9_999 * 12 + 11);
                format!(
                    "(CASE WHEN {month} + {months} BETWEEN {first} AND {last} \
                     THEN ({of} + make_interval(months => ({months})::int))::date END)"
                )
            }
        };
        Ok(Operand::Sql(Scalar::computed(sql, Repr::Date, true)))
    }

    fn seconds_later(&mut self, moment: &Scalar, seconds: i64) -> Result<Operand, Error> {
        let limit = if seconds >= 0 { LAST_MOMENT } else { FIRST_MOMENT };
        let microseconds = seconds.checked_mul(1_000_000);
        let limit = microseconds.and_then(|by| limit.checked_sub(by));
        let limit = limit.filter(|limit| (FIRST_MOMENT..=LAST_MOMENT).contains(limit));
        let limit = limit.and_then(|limit| Timestamp::from_microsecond(limit).ok());
        let (Some(microseconds), Some(limit)) = (microseconds, limit) else { return Ok(Operand::nothing()) };
        let later = match self.dialect() {
            Dialect::Sqlite => {
                format!("{} + {}", moment.sql, self.typed(&Value::Integer(microseconds), Repr::INTEGER)?)
            }
            Dialect::Postgres => {
                // Days and the rest apart: an interval made of seconds alone is not exact when it is long.
                let days = self.typed(&Value::Integer(seconds / DAY), Repr::INTEGER)?;
                let rest = self.typed(&Value::Integer(seconds % DAY), Repr::INTEGER)?;
                format!("{} + make_interval(days => {days}::int, secs => {rest}::int)", moment.sql)
            }
        };
        self.within(moment, Value::DateTime(limit), seconds >= 0, &later)
    }

    /// `later` where `of` is not beyond `limit`, else null.
    fn within(&mut self, of: &Scalar, limit: Value, forward: bool, later: &str) -> Result<Operand, Error> {
        let limit = self.written(&Operand::Constant(limit), of.repr)?;
        let sign = if forward { "<=" } else { ">=" };
        let sql = format!("(CASE WHEN {} {sign} {limit} THEN {later} END)", of.sql);
        Ok(Operand::Sql(Scalar::computed(sql, of.repr, true)))
    }

    fn days_between(&self, from: &str, to: &str) -> String {
        match self.dialect() {
            Dialect::Sqlite => format!("fichero_days_between({from}, {to})"),
            Dialect::Postgres => format!("({to} - {from})::bigint"),
        }
    }
}

/// The first day of the week, month or year of a day, on PostgreSQL.
fn truncated(unit: &str, day: &str) -> String {
    format!("date_trunc('{unit}', {day}::timestamp)::date")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_moment_is_that_of_memory() {
        assert!(Timestamp::from_microsecond(LAST_MOMENT).is_ok());
        assert!(Timestamp::from_microsecond(LAST_MOMENT + 1).is_err());
    }
}
