//! Days and moments: reading them from text, and the arithmetic on them.
//!
//! Stored logic lives in the workspace's zone. A moment is kept to the microsecond, a duration to the second.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan as _};

use super::number;

/// The seconds of a day of 24 hours.
pub const DAY: i64 = 86_400;

/// The zone of a name, with the rules it had when it was first asked for. What the system knows of zones may be brought
/// up to date while the process runs; memory and SQL agree because they go on with the same rules.
pub fn zone(name: &str) -> Option<TimeZone> {
    static ZONES: LazyLock<Mutex<HashMap<String, TimeZone>>> = LazyLock::new(Mutex::default);
    let mut zones = ZONES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(zone) = zones.get(name) {
        return Some(zone.clone());
    }
    let zone = TimeZone::get(name).ok()?;
    // By the name that it has itself, for capitals do not matter.
    let own = zone.iana_name().unwrap_or(name).to_owned();
    Some(zones.entry(own).or_insert(zone).clone())
}

/// The day an ISO 8601 text writes: `2026-03-02`, nothing else.
pub fn parse_date(text: &str) -> Option<Date> {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    number::date(shaped.then(|| text.parse().ok())??)
}

/// The time of day an ISO 8601 text writes: `09:30` or `09:30:15`.
pub fn parse_time(text: &str) -> Option<Time> {
    let shaped = matches!(text.len(), 5 | 8)
        && text.bytes().enumerate().all(|(index, byte)| match index {
            2 | 5 => byte == b':',
            _ => byte.is_ascii_digit(),
        });
    shaped.then(|| text.parse().ok())?
}

/// The moment an ISO 8601 text writes: `2026-03-02T09:00`, with seconds and a fraction if need be, in `zone` unless it
/// ends with `Z`, an offset, or a space and the name of a zone. A time that a clock change skips begins at the first
/// moment that exists, an ambiguous one is the first of its two.
pub fn parse_moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Some((civil, name)) = text.split_once(' ') {
        return parse_moment(civil, &TimeZone::get(name).ok()?).filter(|_| !has_offset(civil));
    }
    let moment = if has_offset(text) {
        text.parse::<Timestamp>().ok()?
    } else {
        parse_date(text.get(..10)?)?;
        let civil = text.parse::<DateTime>().ok()?;
        first_of(civil, zone)?
    };
    number::moment(Timestamp::from_microsecond(moment.as_microsecond()).ok()?)
}

/// The moment at which clocks in a zone show a time. One that a clock change skips begins at the first moment that
/// exists, which is that of the change; an ambiguous one is the first of its two.
pub fn first_of(civil: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let found = zone.to_ambiguous_timestamp(civil);
    match found.offset() {
        // By the offset behind the gap, the time would be before it.
        AmbiguousOffset::Gap { .. } => Some(zone.following(found.earlier().ok()?).next()?.timestamp()),
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => found.earlier().ok(),
    }
}

fn has_offset(text: &str) -> bool {
    let time = text.get(10..).unwrap_or_default();
    time.ends_with(['Z', 'z']) || time.contains(['+', '-'])
}

/// The first moment of a day in a zone.
pub fn start_of_day(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let moment = zone.to_ambiguous_timestamp(day.at(0, 0, 0, 0)).compatible().ok()?;
    number::moment(moment)
}

/// The day that a moment is in a zone; nothing outside the years that are kept.
pub fn day_of(moment: Timestamp, zone: &TimeZone) -> Option<Date> {
    number::date(zone.to_datetime(moment).date())
}

/// The time of day that a moment is in a zone, to the second, as times of day are kept.
pub fn time_of_day(moment: Timestamp, zone: &TimeZone) -> Time {
    let time = zone.to_datetime(moment).time();
    Time::new(time.hour(), time.minute(), time.second(), 0).unwrap_or(time)
}

/// A day moved by a duration: by its whole days, rounded down.
pub fn move_day(day: Date, seconds: i64) -> Option<Date> {
    number::date(day.checked_add(seconds.div_euclid(DAY).days()).ok()?)
}

/// A moment moved by a duration.
pub fn move_moment(moment: Timestamp, seconds: i64) -> Option<Timestamp> {
    let microseconds = moment.as_microsecond().checked_add(seconds.checked_mul(1_000_000)?)?;
    number::moment(Timestamp::from_microsecond(microseconds).ok()?)
}

/// How many days `to` is after `from`.
pub fn days_between(from: Date, to: Date) -> i64 {
    // The days of two dates never leave 32 bits.
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// The whole seconds from one moment to another, towards zero.
pub fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_microsecond().saturating_sub(from.as_microsecond()) / 1_000_000
}

/// The same day so many months later, or that month's last day where there is no such day.
pub fn add_months(day: Date, months: i64) -> Option<Date> {
    let first = i64::from(day.year()) * 12 + i64::from(day.month()) - 1;
    let moved = first.checked_add(months)?;
    let year = i16::try_from(moved.div_euclid(12)).ok()?;
    let month = i8::try_from(moved.rem_euclid(12) + 1).ok()?;
    let begin = Date::new(year, month, 1).ok()?;
    number::date(Date::new(year, month, day.day().min(begin.days_in_month())).ok()?)
}

/// The Monday on or before a day.
pub fn start_of_week(day: Date) -> Option<Date> {
    let since = i64::from(day.weekday().to_monday_zero_offset());
    number::date(day.checked_sub(since.days()).ok()?)
}
