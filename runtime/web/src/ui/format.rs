//! How values are written for a reader: numbers, money, dates and times by language.
//!
//! Pure functions of a language and a value. Numbers follow Unicode CLDR 48 with two choices of our own: Spanish groups
//! with a narrow no-break space, as the Real Academia Española asks (and leaves four digits together, as CLDR does), and
//! a negative number carries a true minus sign (U+2212), which is as wide as a digit. English dates are day-first with
//! the month in letters, so no reader can take 03/04 for the wrong month. Does not parse: see [`super::typed`].

use jiff::civil::{Date, DateTime, Time, Weekday};
use rust_decimal::{Decimal, RoundingStrategy};

use super::locale::Locale;

/// Narrow no-break space, between groups of digits.
pub(super) const NARROW_SPACE: char = '\u{202f}';
/// No-break space, between a number and its unit.
const SPACE: char = '\u{a0}';
/// The true minus sign.
pub(super) const MINUS: char = '\u{2212}';

/// A whole number: `1,234,567`, `1 234 567`.
pub fn integer(locale: Locale, n: i64) -> String {
    signed(n < 0, &grouped(locale, &n.unsigned_abs().to_string()))
}

/// A count: a whole number that cannot be negative.
pub fn count(locale: Locale, n: u64) -> String {
    grouped(locale, &n.to_string())
}

/// A decimal with exactly `scale` digits after the point (half away from zero), or as many as it has when none is given.
pub fn decimal(locale: Locale, value: Decimal, scale: Option<u32>) -> String {
    let value = match scale {
        Some(scale) => value.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero),
        None => value.normalize(),
    };
    let text = match scale {
        Some(scale) => format!("{:.*}", scale as usize, value.abs()),
        None => value.abs().to_string(),
    };
    let negative = value.is_sign_negative() && !value.is_zero();
    signed(negative, &separated(locale, &text))
}

/// A percentage, given in percent (`12.5` is twelve and a half): `12.5%`, `12,5 %`.
pub fn percent(locale: Locale, value: Decimal, scale: Option<u32>) -> String {
    let number = decimal(locale, value, scale);
    match locale {
        Locale::En => format!("{number}%"),
        Locale::Es | Locale::Ru => format!("{number}{SPACE}%"),
    }
}

/// A sum of money with `digits` digits of minor unit (ISO 4217): `€1,234.50`, `1234,50 €`, `1 234,50 ₽`.
pub fn money(locale: Locale, amount: Decimal, currency: &str, digits: u32) -> String {
    let number = decimal(locale, amount.abs(), Some(digits));
    let zero = amount.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero).is_zero();
    let negative = amount.is_sign_negative() && !zero;
    let symbol = symbol(locale, currency);
    let text = match (locale, symbol.chars().last().is_some_and(char::is_alphabetic)) {
        (Locale::En, true) => format!("{symbol}{SPACE}{number}"),
        (Locale::En, false) => format!("{symbol}{number}"),
        (Locale::Es | Locale::Ru, _) => format!("{number}{SPACE}{symbol}"),
    };
    signed(negative, &text)
}

/// A date as a table shows it: `23 Nov 2026`, `23/11/2026`, `23.11.2026`.
pub fn date(locale: Locale, date: Date) -> String {
    let (day, month, year) = (date.day(), date.month(), date.year());
    match locale {
        Locale::En => format!("{day}{SPACE}{}{SPACE}{year}", short_month(month)),
        Locale::Es => format!("{day:02}/{month:02}/{year}"),
        Locale::Ru => format!("{day:02}.{month:02}.{year}"),
    }
}

/// A date in words: `Monday, 23 November 2026`, `lunes, 23 de noviembre de 2026`, `понедельник, 23 ноября 2026 г.`.
pub fn date_in_words(locale: Locale, date: Date) -> String {
    let (day, month, year) = (date.day(), month(locale, date.month()), date.year());
    let weekday = weekday(locale, date.weekday());
    match locale {
        Locale::En => format!("{weekday}, {day} {month} {year}"),
        Locale::Es => format!("{weekday}, {day} de {month} de {year}"),
        Locale::Ru => format!("{weekday}, {day} {month} {year}{SPACE}г."),
    }
}

/// A time of day to the minute, on a 24-hour clock in every language: `14:05`.
pub fn time(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// A date with its time of day, in whatever zone the caller has put it: `23 Nov 2026, 14:05`.
pub fn datetime(locale: Locale, at: DateTime) -> String {
    format!("{}, {}", date(locale, at.date()), time(at.time()))
}

/// A duration in seconds, in its largest two units: `2 h 30 min`, `3 d 4 h`, `45 s`. A day is 24 hours.
pub fn duration(locale: Locale, seconds: i64) -> String {
    let [day, hour, minute, second] = match locale {
        Locale::En | Locale::Es => ["d", "h", "min", "s"],
        Locale::Ru => ["д", "ч", "мин", "с"],
    };
    let whole = seconds.unsigned_abs();
    let units = [(whole / 86_400, day), (whole / 3_600 % 24, hour), (whole / 60 % 60, minute), (whole % 60, second)];
    let first = units.iter().position(|(n, _)| *n > 0).unwrap_or(units.len() - 1);
    let shown: Vec<String> = units
        .iter()
        .skip(first)
        .take(2)
        .enumerate()
        .filter(|(place, (n, _))| *place == 0 || *n > 0)
        .map(|(_, (n, unit))| format!("{}{SPACE}{unit}", count(locale, *n)))
        .collect();
    signed(seconds < 0, &shown.join(" "))
}

/// A size in bytes, in the greatest unit of thousands that it holds: `1.3 kB`, `1,3 кБ`.
pub fn bytes(locale: Locale, size: u64) -> String {
    let text = fichero_model::size::text(size);
    let (number, unit) = text.split_once(' ').unwrap_or((&text, ""));
    let unit = match (locale, unit) {
        (Locale::Ru, "B") => "Б",
        (Locale::Ru, "kB") => "кБ",
        (Locale::Ru, "MB") => "МБ",
        (Locale::Ru, "GB") => "ГБ",
        (_, unit) => unit,
    };
    format!("{}{SPACE}{unit}", separated(locale, number))
}

/// The mark between whole and fraction.
pub(super) fn decimal_mark(locale: Locale) -> char {
    match locale {
        Locale::En => '.',
        Locale::Es | Locale::Ru => ',',
    }
}

fn signed(negative: bool, text: &str) -> String {
    if negative { format!("{MINUS}{text}") } else { text.to_owned() }
}

/// Groups the whole part of plain digits and puts the language's mark before the fraction.
fn separated(locale: Locale, plain: &str) -> String {
    match plain.split_once('.') {
        Some((whole, fraction)) => format!("{}{}{fraction}", grouped(locale, whole), decimal_mark(locale)),
        None => grouped(locale, plain),
    }
}

fn grouped(locale: Locale, digits: &str) -> String {
    let (mark, shortest) = match locale {
        Locale::En => (',', 4),
        Locale::Es => (NARROW_SPACE, 5),
        Locale::Ru => (NARROW_SPACE, 4),
    };
    if digits.len() < shortest {
        return digits.to_owned();
    }
    let mut out = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

/// The sign of a currency, or its ISO 4217 code where no sign is unmistakable.
fn symbol(locale: Locale, currency: &str) -> &str {
    match (currency, locale) {
        ("EUR", _) => "€",
        ("GBP", _) => "£",
        ("JPY", _) => "¥",
        ("INR", _) => "₹",
        ("RUB", _) => "₽",
        ("UAH", _) => "₴",
        ("KZT", _) => "₸",
        ("TRY", _) => "₺",
        ("USD", Locale::Es) => "US$",
        ("USD", Locale::En | Locale::Ru) => "$",
        _ => currency,
    }
}

fn short_month(month: i8) -> &'static str {
    named(&["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], month)
}

/// The name of a month as it stands after a day (in Russian the genitive).
fn month(locale: Locale, month: i8) -> &'static str {
    let names: [&'static str; 12] = match locale {
        Locale::En => [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        Locale::Es => [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ],
        Locale::Ru => [
            "января",
            "февраля",
            "марта",
            "апреля",
            "мая",
            "июня",
            "июля",
            "августа",
            "сентября",
            "октября",
            "ноября",
            "декабря",
        ],
    };
    named(&names, month)
}

fn weekday(locale: Locale, day: Weekday) -> &'static str {
    let names: [&'static str; 7] = match locale {
        Locale::En => ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        Locale::Es => ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
        Locale::Ru => ["понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"],
    };
    named(&names, day.to_monday_one_offset())
}

/// The name at a place counted from one; nothing for a place that is not there.
fn named(names: &[&'static str], place: i8) -> &'static str {
    usize::try_from(place).ok().and_then(|place| names.get(place.checked_sub(1)?)).copied().unwrap_or("")
}

#[cfg(test)]
mod tests;
