//! Moments as days and times of day, and days as moments, in the workspace's zone.
//!
//! SQLite calls the Rust that runs in memory. On PostgreSQL the offset is looked up in lists that the statement brings
//! along (`layout::offset`): a server's own knowledge of zones may be older or newer than the runtime's.

use std::sync::Arc;

use fichero_model::Value;
use fichero_model::expr::time::{DAY, day_of, start_of_day};
use fichero_model::expr::{Comparison, Node, truth};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::compare::null;
use super::moments::Moments;
use super::time::{FIRST, LAST};
use super::{Condition, Lowering, Operand, Repr, Scalar};
use crate::layout::{Offsets, PERIOD, ROUND};
use crate::{Cell, Dialect, Error};

impl<'a> Lowering<'a, '_> {
    /// The day of a moment; null where that is before the year 1.
    pub(super) fn day_of(&mut self, node: &Node, moment: &Scalar) -> Result<Scalar, Error> {
        let kept = Moments::of(Comparison::GreaterOrEqual, FIRST, self.zone()).ranges();
        let first = kept.first().and_then(|(first, _)| *first);
        let sql = match (self.dialect(), first) {
            (Dialect::Sqlite, _) => self.called(node, "fichero_day_of", &moment.sql)?,
            (Dialect::Postgres, None) => format!("{}::date", self.local(node, &moment.sql)?),
            (Dialect::Postgres, Some(first)) => {
                let first = self.written(&Operand::Constant(Value::DateTime(first)), Repr::DateTime)?;
                let local = self.local(node, &moment.sql)?;
                format!("(CASE WHEN {} >= {first} THEN {local}::date END)", moment.sql)
            }
        };
        Ok(Scalar::computed(sql, Repr::Date, moment.nullable || first.is_some()))
    }

    /// The time of day of a moment, to the second.
    pub(super) fn time_of(&mut self, node: &Node, moment: &Scalar) -> Result<Scalar, Error> {
        let sql = match self.dialect() {
            Dialect::Sqlite => self.called(node, "fichero_time_of", &moment.sql)?,
            Dialect::Postgres => format!("date_trunc('second', {})::time", self.local(node, &moment.sql)?),
        };
        Ok(Scalar::computed(sql, Repr::Time, moment.nullable))
    }

    /// The first moment of a day; null where that is not kept.
    pub(super) fn start_of(&mut self, node: &Node, day: &Scalar) -> Result<Scalar, Error> {
        if self.dialect() == Dialect::Sqlite {
            let sql = self.called(node, "fichero_start_of_day", &day.sql)?;
            return Ok(Scalar::computed(sql, Repr::DateTime, true));
        }
        let offsets = self.offsets(node)?;
        let day = &day.sql;
        let midnight = format!("(({day} - '1970-01-01'::date)::bigint * 86400)");
        let turn = match offsets.repeats {
            true => format!(
                "(CASE WHEN {midnight} < {ROUND} THEN {midnight} ELSE {ROUND} + ({midnight} - {ROUND}) % {PERIOD} END)"
            ),
            false => midnight,
        };
        let since = Cell::Integers(Arc::clone(&offsets.since_local));
        let offset = self.looked_up(offsets, &turn, since, "bigint");
        let moment = format!("(({day}::timestamp AT TIME ZONE 'UTC') - make_interval(secs => {offset}))");
        // The first and the last day that begin within what is kept.
        let kept = |day: Date, next: Option<Date>| {
            Some(day).filter(|day| start_of_day(*day, self.zone()).is_some()).or(next).unwrap_or(day)
        };
        let (first, last) = (kept(FIRST, FIRST.tomorrow().ok()), kept(LAST, LAST.yesterday().ok()));
        let first = self.written(&Operand::Constant(Value::Date(first)), Repr::Date)?;
        let last = self.written(&Operand::Constant(Value::Date(last)), Repr::Date)?;
        let sql = format!("(CASE WHEN {day} BETWEEN {first} AND {last} THEN {moment} END)");
        Ok(Scalar::computed(sql, Repr::DateTime, true))
    }

    /// When the day of a moment compares so with a day that is known, or does not: a comparison of the moment itself,
    /// so that an index serves it.
    pub(super) fn day_compared(
        &mut self,
        comparison: Comparison,
        moment: &Node,
        day: Date,
        wanted: bool,
    ) -> Result<Condition, Error> {
        let moment = match self.value(moment)? {
            Operand::Sql(moment) => moment,
            Operand::Constant(value) => {
                let own = match value {
                    Value::DateTime(moment) => day_of(moment, self.zone()).map_or(Value::Nothing, Value::Date),
                    _ => Value::Nothing,
                };
                return Ok(Condition::Always(truth::compare(comparison, &own, &Value::Date(day)) == wanted));
            }
        };
        // What is not equal is all that is not equal, `()` too; of any other comparison `()` is no part.
        let (comparison, wanted) = match comparison {
            Comparison::NotEqual => (Comparison::Equal, !wanted),
            other => (other, wanted),
        };
        let moments = Moments::of(comparison, day, self.zone());
        let moments = if wanted { moments } else { moments.others() };
        let mut all = Condition::Always(false);
        for (from, to) in moments.ranges() {
            let mut range = Condition::Always(true);
            for (sign, bound) in [(">=", from), ("<", to)] {
                let Some(bound) = bound else { continue };
                let bound = self.written(&Operand::Constant(Value::DateTime(bound)), Repr::DateTime)?;
                range = range.and(Condition::When(format!("{} {sign} {bound}", moment.sql)));
            }
            // Without a bound it is every moment there is, which null is not.
            all = all.or(match range {
                Condition::Always(_) => null(&moment.sql, false, moment.nullable),
                bounded @ Condition::When(_) => bounded,
            });
        }
        Ok(if wanted { all } else { all.or(null(&moment.sql, true, moment.nullable)) })
    }

    fn zone(&self) -> &'a TimeZone {
        &self.model.workspace.time_zone
    }

    /// A function of SQLite over a value and the zone, by its name.
    fn called(&mut self, node: &Node, function: &str, of: &str) -> Result<String, Error> {
        let Some(name) = self.zone().iana_name().map(Cell::text) else {
            return Err(self.unportable(node, "the zone of the workspace has no name"));
        };
        let zone = self.bind(name);
        Ok(format!("{function}({of}, {zone})"))
    }

    /// What clocks show at a moment, on PostgreSQL: a `timestamp`.
    fn local(&mut self, node: &Node, moment: &str) -> Result<String, Error> {
        let offsets = self.offsets(node)?;
        let turn = match (offsets.repeats, Timestamp::from_second(ROUND)) {
            (true, Ok(round)) => {
                let days = PERIOD / DAY;
                let rounds = format!("floor((EXTRACT(EPOCH FROM {moment}) - {ROUND}) / {PERIOD})::int");
                format!(
                    "(CASE WHEN {moment} < '{round}'::timestamptz THEN {moment} \
                     ELSE {moment} - make_interval(days => {days} * {rounds}) END)"
                )
            }
            _ => moment.to_owned(),
        };
        let since = Cell::DateTimes(Arc::clone(&offsets.since));
        let offset = self.looked_up(offsets, &turn, since, "timestamptz");
        Ok(format!("({moment} AT TIME ZONE make_interval(secs => {offset}))"))
    }

    fn offsets(&self, node: &Node) -> Result<&'a Offsets, Error> {
        let offsets = self.tables.offsets(self.model);
        offsets.ok_or_else(|| self.unportable(node, "the rules of the workspace's zone do not repeat"))
    }

    /// The offset at a time, by one of the lists.
    fn looked_up(&mut self, offsets: &Offsets, at: &str, since: Cell, ty: &str) -> String {
        if let [only] = *offsets.seconds {
            return only.to_string();
        }
        let since = self.bind(since);
        let seconds = self.bind(Cell::Integers(Arc::clone(&offsets.seconds)));
        format!("({seconds}::bigint[])[1 + width_bucket({at}, {since}::{ty}[])]")
    }
}
