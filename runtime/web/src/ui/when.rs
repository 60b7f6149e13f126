//! A moment as a page shows it: how long ago, with the exact time at hand.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::catalogue::{Catalogue, Error, Fill};
use super::context::When;
use super::format;

/// Describes `at` as seen at `now` by a reader in `zone`: "just now", "5 minutes ago", "3 hours ago", "2 days ago", and
/// the plain date once a week has passed. A moment still to come is always written as its date and time.
pub fn ago(catalogue: &Catalogue, at: Timestamp, now: Timestamp, zone: &TimeZone) -> Result<When, Error> {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    const WEEK: u64 = 7 * DAY;

    let local = at.to_zoned(zone.clone()).datetime();
    let full = format::datetime(catalogue.locale(), local);
    let counted = |key: &str, n: u64| catalogue.text(key, &[("n", Fill::Count(n))]);
    let text = match u64::try_from(now.as_second() - at.as_second()) {
        Err(_) => full.clone(),
        Ok(seconds) if seconds < MINUTE => catalogue.text("when.now", &[])?,
        Ok(seconds) if seconds < HOUR => counted("when.minutes", seconds / MINUTE)?,
        Ok(seconds) if seconds < DAY => counted("when.hours", seconds / HOUR)?,
        Ok(seconds) if seconds < WEEK => counted("when.days", seconds / DAY)?,
        Ok(_) => format::date(catalogue.locale(), local.date()),
    };
    Ok(When { text, full, iso: at.to_string() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::super::locale::Locale;
    use super::*;

    #[test]
    fn moments_are_told_by_their_distance() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let zone = TimeZone::get("Europe/Madrid").unwrap();
        let told = |locale, at: &str| {
            ago(&Catalogue::load(locale).unwrap(), at.parse().unwrap(), now, &zone).unwrap().text.replace('\u{a0}', " ")
        };
        assert_eq!(told(Locale::En, "2026-11-23T11:59:30Z"), "just now");
        assert_eq!(told(Locale::En, "2026-11-23T11:58:59Z"), "1 minute ago");
        assert_eq!(told(Locale::Es, "2026-11-23T09:00:00Z"), "hace 3 horas");
        assert_eq!(told(Locale::Ru, "2026-11-21T09:00:00Z"), "2 дня назад");
        assert_eq!(told(Locale::En, "2026-11-16T11:00:00Z"), "16 Nov 2026");
        assert_eq!(told(Locale::En, "2026-11-24T08:00:00Z"), "24 Nov 2026, 09:00");
    }

    #[test]
    fn the_exact_time_is_in_the_readers_zone() {
        let at: Timestamp = "2026-07-01T22:30:00Z".parse().unwrap();
        let zone = TimeZone::get("Europe/Madrid").unwrap();
        let when = ago(&Catalogue::load(Locale::Es).unwrap(), at, at, &zone).unwrap();
        assert_eq!(when.full, "02/07/2026, 00:30");
        assert_eq!(when.iso, "2026-07-01T22:30:00Z");
    }
}
