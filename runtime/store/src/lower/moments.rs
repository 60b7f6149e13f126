//! The moments that fall on some days in a time zone.
//!
//! `date(moment) < day` becomes a comparison of the moment itself, which an index serves. Where clocks go back over
//! midnight a day comes twice, so the moments of later days are not always all moments from one on.

use std::collections::BTreeSet;

use fichero_model::expr::Comparison;
use fichero_model::expr::time::{DAY, days_between};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

/// The first moment that is kept, in seconds since 1970.
const FIRST: i64 = -62_135_596_800;
/// No offset is so long.
const LONGEST_OFFSET: i64 = 26 * 3_600;

/// Some of the moments that are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moments {
    /// Whether the first moment is among them.
    has_first: bool,
    /// From when on it is otherwise than before.
    changes: Vec<Timestamp>,
}

impl Moments {
    /// Those whose day compares so with a day. A moment that is before the first day there is has no day, and compares
    /// with none.
    pub(super) fn of(comparison: Comparison, day: Date, zone: &TimeZone) -> Self {
        let since = |day: Option<Date>| day.map_or_else(BTreeSet::new, |day| since(day, zone));
        let (first, own, next) = (since(Some(date(1, 1, 1))), since(Some(day)), since(day.tomorrow().ok()));
        match comparison {
            Comparison::Less => Self::between(&first, &own),
            Comparison::LessOrEqual => Self::between(&first, &next),
            Comparison::Greater => Self::between(&next, &BTreeSet::new()),
            Comparison::GreaterOrEqual => Self::between(&own, &BTreeSet::new()),
            Comparison::Equal => Self::between(&own, &next),
            Comparison::NotEqual => Self::between(&own, &next).others(),
        }
    }

    /// The moments of one set without those of another that lies within it; each is told by its changes.
    fn between(within: &BTreeSet<i64>, without: &BTreeSet<i64>) -> Self {
        let changes: Vec<i64> = within.symmetric_difference(without).copied().collect();
        let before = changes.iter().filter(|second| **second <= FIRST).count();
        Self {
            has_first: before % 2 == 1,
            // What is later than any moment can be never comes.
            changes: changes.into_iter().skip(before).map_while(|second| Timestamp::from_second(second).ok()).collect(),
        }
    }

    /// All others.
    pub(super) fn others(self) -> Self {
        Self { has_first: !self.has_first, ..self }
    }

    /// From when to when (which is no longer among them) they go; nothing where there is no bound.
    pub(super) fn ranges(&self) -> Vec<(Option<Timestamp>, Option<Timestamp>)> {
        let mut bounds: Vec<Option<Timestamp>> = self.changes.iter().copied().map(Some).collect();
        if self.has_first {
            bounds.insert(0, None);
        }
        bounds.chunks(2).map(|pair| (pair.first().copied().flatten(), pair.get(1).copied().flatten())).collect()
    }
}

/// Where the moments of a day and all later ones begin, end, and begin again, in seconds since 1970.
fn since(day: Date, zone: &TimeZone) -> BTreeSet<i64> {
    let midnight = days_between(date(1970, 1, 1), day) * DAY;
    let (begin, end) = (midnight - LONGEST_OFFSET, midnight + LONGEST_OFFSET);
    let Ok(first) = Timestamp::from_second(begin) else { return BTreeSet::new() };
    // The offsets around that midnight, each with when it begins.
    let mut offsets = vec![(begin, i64::from(zone.to_offset(first).seconds()))];
    for change in zone.following(first) {
        let at = change.timestamp().as_second();
        if at >= end {
            break;
        }
        offsets.push((at, i64::from(change.offset().seconds())));
    }
    let mut changes = BTreeSet::new();
    let mut inside = false;
    for (index, (from, offset)) in offsets.iter().enumerate() {
        let to = offsets.get(index + 1).map_or(end, |(next, _)| *next);
        let begins = midnight - offset;
        if inside != (begins <= *from) {
            inside = !inside;
            changes.insert(*from);
        }
        if !inside && begins < to {
            inside = true;
            changes.insert(begins);
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use fichero_model::Value;
    use fichero_model::expr::time::day_of;
    use fichero_model::expr::truth::compare;

    use super::*;

    const ALL: [Comparison; 6] = [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ];

    fn holds(moments: &Moments, moment: Timestamp) -> bool {
        let within = |(from, to): &(Option<Timestamp>, Option<Timestamp>)| {
            from.is_none_or(|from| from <= moment) && to.is_none_or(|to| moment < to)
        };
        moments.ranges().iter().any(within)
    }

    #[test]
    fn a_day_is_compared_as_in_memory() {
        for (name, around) in [
            ("UTC", "2026-03-15T00:00:00Z"),
            ("Europe/Madrid", "2026-03-29T01:00:00Z"),
            ("Asia/Kathmandu", "1985-12-31T18:30:00Z"),
            // Midnight is left out.
            ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),
            // It comes again.
            ("America/Sao_Paulo", "2018-02-18T02:00:00Z"),
            ("America/Havana", "2025-11-02T05:00:00Z"),
            // A minute of a day, an hour of the day before, and the rest of the day.
            ("America/St_Johns", "2006-10-29T02:31:00Z"),
            // A whole day is left out, and nearly a whole day comes again.
            ("Pacific/Apia", "2011-12-30T10:00:00Z"),
            ("Pacific/Kwajalein", "1969-09-30T13:00:00Z"),
            // The beginning and the end of what is kept.
            ("America/New_York", "0001-01-02T00:00:00Z"),
            ("Asia/Tokyo", "0001-01-02T00:00:00Z"),
            ("Pacific/Kiritimati", "9999-12-29T12:00:00Z"),
            ("America/New_York", "9999-12-29T12:00:00Z"),
        ] {
            let (zone, around) = (TimeZone::get(name).unwrap(), around.parse::<Timestamp>().unwrap().as_second());
            let middle = Timestamp::from_second(around).unwrap().to_zoned(zone.clone()).date();
            let days = (-3..=3).filter_map(|days| middle.checked_add(jiff::Span::new().days(days)).ok());
            for day in days.filter(|day| day.year() >= 1) {
                for comparison in ALL {
                    let moments = Moments::of(comparison, day, &zone);
                    let seconds = (around - 2 * DAY..around + 2 * DAY).step_by(600);
                    let near = (around - 7_200..around + 7_200).step_by(30);
                    let seconds = seconds.chain(near).flat_map(|at| [at, at + 1]).filter(|at| *at >= FIRST);
                    for moment in seconds.filter_map(|at| Timestamp::from_second(at).ok()) {
                        let own = day_of(moment, &zone).map_or(Value::Nothing, Value::Date);
                        assert_eq!(
                            holds(&moments, moment),
                            compare(comparison, &own, &Value::Date(day)),
                            "date({moment}) {comparison:?} {day} in {name}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn mostly_it_is_one_range() {
        let zone = TimeZone::get("Europe/Madrid").unwrap();
        let moment = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let day = date(2026, 3, 29);
        assert_eq!(
            Moments::of(Comparison::Equal, day, &zone).ranges(),
            [(moment("2026-03-28T23:00:00Z"), moment("2026-03-29T22:00:00Z"))]
        );
        assert_eq!(
            Moments::of(Comparison::GreaterOrEqual, day, &zone).ranges(),
            [(moment("2026-03-28T23:00:00Z"), None)]
        );
    }
}
