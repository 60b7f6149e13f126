//! Durations and moments as authors write them.

use fichero_model::expr::time::first_of;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// Why a text is no duration that can be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DurationFlaw {
    /// It does not read as one.
    Unreadable,
    /// It counts working time, which has no length without a calendar.
    Working,
}

/// The seconds of a duration of wall time, such as `25 minutes` or `1 hour 30 minutes`; a day has 86,400.
pub(super) fn duration(text: &str) -> Result<i64, DurationFlaw> {
    let mut words = text.split_whitespace().peekable();
    let mut total: i64 = 0;
    if words.peek().is_none() {
        return Err(DurationFlaw::Unreadable);
    }
    while let Some(number) = words.next() {
        let number: i64 = number.parse().map_err(|_| DurationFlaw::Unreadable)?;
        let unit = match words.next() {
            Some("working") => return Err(DurationFlaw::Working),
            Some(unit) => unit,
            None => return Err(DurationFlaw::Unreadable),
        };
        let seconds = match unit {
            "second" | "seconds" => 1,
            "minute" | "minutes" => 60,
            "hour" | "hours" => 3_600,
            "day" | "days" => 86_400,
            "week" | "weeks" => 7 * 86_400,
            _ => return Err(DurationFlaw::Unreadable),
        };
        total = number.checked_mul(seconds).and_then(|part| total.checked_add(part)).ok_or(DurationFlaw::Unreadable)?;
    }
    Ok(total)
}

/// A day such as `2026-03-02`.
pub(super) fn date(text: &str) -> Option<Date> {
    // Jiff also reads a date with a time behind it, and weeks; a definition says what it means.
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

/// A time of day such as `09:30` or `09:30:15`.
pub(super) fn time(text: &str) -> Option<Time> {
    matches!(text.len(), 5 | 8).then(|| text.parse().ok()).flatten()
}

/// A moment: `2026-03-02T09:00` in `zone`, or with a zone behind a space (`2026-03-02T09:00 Europe/Madrid`), or with
/// `Z` or an offset. A local time that a clock change skips or doubles means the first instant that fits.
pub(super) fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Some((local, name)) = text.trim().split_once(' ') {
        let zone = TimeZone::get(name.trim()).ok()?;
        return local_moment(local, &zone);
    }
    let behind_time = text.get(11..).unwrap_or("");
    if behind_time.contains(['Z', 'z', '+', '-']) {
        return text.parse().ok();
    }
    local_moment(text.trim(), zone)
}

fn local_moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let local: DateTime = match date(text) {
        Some(day) => day.to_datetime(Time::midnight()),
        None => text.contains('T').then(|| text.parse().ok()).flatten()?,
    };
    first_of(local, zone)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn durations_are_seconds_of_wall_time() {
        assert_eq!(duration("25 minutes"), Ok(1_500));
        assert_eq!(duration("1 hour 30 minutes"), Ok(5_400));
        assert_eq!(duration("2 days"), Ok(172_800));
        assert_eq!(duration("3 working hours"), Err(DurationFlaw::Working));
        assert_eq!(duration("3"), Err(DurationFlaw::Unreadable));
        assert_eq!(duration("three days"), Err(DurationFlaw::Unreadable));
        assert_eq!(duration(""), Err(DurationFlaw::Unreadable));
        assert_eq!(duration("9223372036854775807 weeks"), Err(DurationFlaw::Unreadable));
    }

    #[test]
    fn moments_have_a_zone() {
        let madrid = TimeZone::get("Europe/Madrid").unwrap();
        let of = |text| moment(text, &madrid).map(|moment| moment.to_string());
        assert_eq!(of("2026-03-02T09:00").as_deref(), Some("2026-03-02T08:00:00Z"));
        assert_eq!(of("2026-03-02T09:00 America/Bogota").as_deref(), Some("2026-03-02T14:00:00Z"));
        assert_eq!(of("2026-03-02T09:00:00Z").as_deref(), Some("2026-03-02T09:00:00Z"));
        assert_eq!(of("2026-03-02T09:00:00+02:00").as_deref(), Some("2026-03-02T07:00:00Z"));
        assert_eq!(of("2026-03-02").as_deref(), Some("2026-03-01T23:00:00Z"));
        // The hour that the clock change skips, and the one it doubles.
        assert_eq!(of("2026-03-29T02:30").as_deref(), Some("2026-03-29T01:00:00Z"));
        assert_eq!(of("2026-03-29T02:00").as_deref(), Some("2026-03-29T01:00:00Z"));
        assert_eq!(of("2026-03-29T03:00").as_deref(), Some("2026-03-29T01:00:00Z"));
        assert_eq!(of("2026-10-25T02:30").as_deref(), Some("2026-10-25T00:30:00Z"));
        for slip in ["soon", "2026-13-01", "2026-03-02T09:00 Madrid", "2026-03-02 09:00"] {
            assert_eq!(of(slip), None, "{slip}");
        }
    }
}
