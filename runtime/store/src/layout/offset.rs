//! The offsets of a time zone, as lists that PostgreSQL searches.
//!
//! They are made of the rules that the runtime has, so that memory and both databases agree whatever a server knows of
//! zones. All changes until [`STEADY`] are listed. What follows are yearly rules, which repeat with the calendar every
//! 400 years: one such round is listed, and a later time is looked up in it. A zone for which that is not so has no
//! lists.

use std::sync::Arc;

use fichero_model::expr::time::DAY;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// When every zone has come to its yearly rules, in seconds since 1970: the beginning of 2100. What is known beforehand
/// of single years ends in 2087.
const STEADY: i64 = 4_102_444_800;
/// The beginning of the round that is listed: behind [`STEADY`] by more than any offset.
pub(crate) const ROUND: i64 = STEADY + 2 * DAY;
/// How long a round is: 400 years, which are whole weeks.
pub(crate) const PERIOD: i64 = 146_097 * DAY;
/// Before all that is kept, by more than any offset.
const BEGINNING: i64 = -62_135_596_800 - 2 * DAY;

/// The offsets of a zone, in seconds east of Greenwich.
#[derive(Debug, PartialEq)]
pub(crate) struct Offsets {
    /// When each but the first begins.
    pub(crate) since: Arc<[Timestamp]>,
    /// When each but the first begins to be what a local time is taken for, in seconds since 1970 on local clocks.
    /// A time that a change skips, and the first of two, belong to the offset before the change.
    pub(crate) since_local: Arc<[i64]>,
    /// The offsets: one more than there are changes.
    pub(crate) seconds: Arc<[i64]>,
    /// Whether there are changes for ever: later times are to be looked up in the round.
    pub(crate) repeats: bool,
}

impl Offsets {
    /// Those of a zone; nothing where the lists would not hold.
    pub(crate) fn of(zone: &TimeZone) -> Option<Self> {
        let first = offset(zone, BEGINNING)?;
        let mut changes: Vec<(i64, i64)> = Vec::new();
        for change in zone.following(Timestamp::from_second(BEGINNING).ok()?) {
            let (at, seconds) = (change.timestamp().as_second(), i64::from(change.offset().seconds()));
            if at >= STEADY + 2 * PERIOD {
                break;
            }
            if changes.last().map_or(first, |(_, before)| *before) != seconds {
                changes.push((at, seconds));
            }
        }
        let round = |begin: i64| changes.iter().filter(move |(at, _)| (begin..begin + PERIOD).contains(at));
        let again = round(STEADY + PERIOD).map(|(at, seconds)| (at - PERIOD, *seconds));
        if !round(STEADY).copied().eq(again) {
            return None;
        }
        changes.retain(|(at, _)| *at < ROUND + PERIOD + 2 * DAY);
        let seconds: Vec<i64> = std::iter::once(first).chain(changes.iter().map(|(_, seconds)| *seconds)).collect();
        let local = changes.iter().zip(seconds.windows(2));
        let since_local: Vec<i64> = local.map(|((at, _), both)| at + both.iter().copied().max().unwrap_or(0)).collect();
        let since = changes.iter().map(|(at, _)| Timestamp::from_second(*at)).collect::<Result<_, _>>().ok()?;
        let repeats = changes.iter().any(|(at, _)| *at >= STEADY);
        let is_sorted = since_local.is_sorted_by(|a, b| a < b);
        is_sorted.then(|| Self { since, since_local: since_local.into(), seconds: seconds.into(), repeats })
    }
}

fn offset(zone: &TimeZone, second: i64) -> Option<i64> {
    Some(zone.to_offset(Timestamp::from_second(second).ok()?).seconds().into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use fichero_model::expr::time::{days_between, start_of_day};
    use jiff::civil::date;

    use super::*;

    /// Every sort of zone: none at all, odd changes, days that are left out, rules for ever, changes known beforehand.
    const ZONES: [&str; 12] = [
        "UTC",
        "Asia/Kathmandu",
        "Europe/Madrid",
        "Europe/Dublin",
        "America/New_York",
        "America/St_Johns",
        "America/Sao_Paulo",
        "Pacific/Apia",
        "Pacific/Kwajalein",
        "Africa/Casablanca",
        "Australia/Lord_Howe",
        "America/Nuuk",
    ];

    /// The offset at a time by one of the lists, as the SQL looks it up.
    fn looked_up(offsets: &Offsets, since: impl Iterator<Item = i64>, second: i64) -> i64 {
        let turn = if offsets.repeats && second >= ROUND { ROUND + (second - ROUND) % PERIOD } else { second };
        offsets.seconds[since.take_while(|since| *since <= turn).count()]
    }

    #[test]
    fn the_lists_give_the_offsets_of_the_zone() {
        for name in ZONES {
            let zone = TimeZone::get(name).unwrap();
            let offsets = Offsets::of(&zone).unwrap();
            assert!(offsets.since.len() < 1_200, "{name} has {} changes", offsets.since.len());
            let changes = zone.following(Timestamp::from_second(BEGINNING).unwrap());
            let mut seconds: Vec<i64> = changes.map(|change| change.timestamp().as_second()).collect();
            seconds.extend([BEGINNING + DAY, STEADY, ROUND, ROUND + PERIOD, 253_402_207_200]);
            for second in seconds.iter().flat_map(|second| [second - 1, *second, second + 1]) {
                let Some(expected) = offset(&zone, second) else { continue };
                let since = offsets.since.iter().map(|since| since.as_second());
                assert_eq!(looked_up(&offsets, since, second), expected, "{name} at {second}");
            }
        }
    }

    #[test]
    fn the_lists_give_where_days_begin() {
        for name in ZONES {
            let zone = TimeZone::get(name).unwrap();
            let offsets = Offsets::of(&zone).unwrap();
            let near = zone.following(Timestamp::from_second(BEGINNING + 2 * DAY).unwrap());
            let days = near.flat_map(|change| {
                let day = change.timestamp().to_zoned(TimeZone::UTC).date();
                [day.yesterday().unwrap(), day, day.tomorrow().unwrap()]
            });
            for day in days.chain([date(1, 1, 2), date(2100, 1, 1), date(2500, 3, 1), date(9999, 12, 30)]) {
                let Some(begins) = start_of_day(day, &zone) else { continue };
                let midnight = days_between(date(1970, 1, 1), day) * DAY;
                let found = midnight - looked_up(&offsets, offsets.since_local.iter().copied(), midnight);
                assert_eq!(found, begins.as_second(), "{name} on {day}");
            }
        }
    }
}
