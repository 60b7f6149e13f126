#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use jiff::civil::{date as day, time as clock};

use super::*;

/// Shows no-break spaces as `_` (narrow) and `~`, so that expectations can be read.
fn shown(text: &str) -> String {
    text.replace(NARROW_SPACE, "_").replace(SPACE, "~")
}

fn in_each(write: impl Fn(Locale) -> String) -> [String; 3] {
    Locale::ALL.map(|locale| shown(&write(locale)))
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn whole_numbers_are_grouped() {
    assert_eq!(in_each(|l| integer(l, 0)), ["0", "0", "0"]);
    assert_eq!(in_each(|l| integer(l, 999)), ["999", "999", "999"]);
    assert_eq!(in_each(|l| integer(l, 1234)), ["1,234", "1234", "1_234"]);
    assert_eq!(in_each(|l| integer(l, -12_345)), ["−12,345", "−12_345", "−12_345"]);
    assert_eq!(in_each(|l| integer(l, i64::MIN)).first().unwrap(), "−9,223,372,036,854,775,808");
    assert_eq!(in_each(|l| count(l, u64::MAX)).last().unwrap(), "18_446_744_073_709_551_615");
}

#[test]
fn decimals_have_the_mark_of_the_language() {
    assert_eq!(in_each(|l| decimal(l, number("1234.5"), None)), ["1,234.5", "1234,5", "1_234,5"]);
    assert_eq!(in_each(|l| decimal(l, number("12345.6789"), Some(2))), ["12,345.68", "12_345,68", "12_345,68"]);
    assert_eq!(in_each(|l| decimal(l, number("-0.004"), Some(2))), ["0.00", "0,00", "0,00"]);
    assert_eq!(in_each(|l| decimal(l, number("2.50"), None)), ["2.5", "2,5", "2,5"]);
    assert_eq!(in_each(|l| decimal(l, number("-2.345"), Some(2))), ["−2.35", "−2,35", "−2,35"]);
    assert_eq!(in_each(|l| decimal(l, number("7"), Some(0))), ["7", "7", "7"]);
}

#[test]
fn percentages_stand_off_their_sign_where_the_language_does() {
    assert_eq!(in_each(|l| percent(l, number("12.5"), None)), ["12.5%", "12,5~%", "12,5~%"]);
}

#[test]
fn money_has_its_sign_where_the_language_puts_it() {
    assert_eq!(in_each(|l| money(l, number("1234.5"), "EUR", 2)), ["€1,234.50", "1234,50~€", "1_234,50~€"]);
    assert_eq!(
        in_each(|l| money(l, number("-98765.4321"), "USD", 2)),
        ["−$98,765.43", "−98_765,43~US$", "−98_765,43~$"]
    );
    assert_eq!(in_each(|l| money(l, number("5000"), "JPY", 0)), ["¥5,000", "5000~¥", "5_000~¥"]);
    assert_eq!(in_each(|l| money(l, number("10"), "CHF", 2)), ["CHF~10.00", "10,00~CHF", "10,00~CHF"]);
    assert_eq!(in_each(|l| money(l, number("-0.001"), "EUR", 2)), ["€0.00", "0,00~€", "0,00~€"]);
}

#[test]
fn dates_and_times_are_in_the_readers_order() {
    let november = day(2026, 11, 23);
    assert_eq!(in_each(|l| date(l, november)), ["23~Nov~2026", "23/11/2026", "23.11.2026"]);
    assert_eq!(in_each(|l| date(l, day(2026, 3, 4))), ["4~Mar~2026", "04/03/2026", "04.03.2026"]);
    assert_eq!(
        in_each(|l| date_in_words(l, november)),
        ["Monday, 23 November 2026", "lunes, 23 de noviembre de 2026", "понедельник, 23 ноября 2026~г."]
    );
    assert_eq!(time(clock(9, 5, 59, 0)), "09:05");
    assert_eq!(
        in_each(|l| datetime(l, november.at(14, 5, 0, 0))),
        ["23~Nov~2026, 14:05", "23/11/2026, 14:05", "23.11.2026, 14:05"]
    );
}

#[test]
fn durations_show_their_largest_two_units() {
    assert_eq!(in_each(|l| duration(l, 9_000)), ["2~h 30~min", "2~h 30~min", "2~ч 30~мин"]);
    assert_eq!(shown(&duration(Locale::En, 0)), "0~s");
    assert_eq!(shown(&duration(Locale::En, 86_400)), "1~d");
    assert_eq!(shown(&duration(Locale::En, 86_400 + 59)), "1~d");
    assert_eq!(shown(&duration(Locale::En, -90)), "−1~min 30~s");
}

#[test]
fn sizes_are_in_the_readers_units() {
    assert_eq!(in_each(|l| bytes(l, 1_250)), ["1.3~kB", "1,3~kB", "1,3~кБ"]);
    assert_eq!(in_each(|l| bytes(l, 25_000_000)), ["25~MB", "25~MB", "25~МБ"]);
}
