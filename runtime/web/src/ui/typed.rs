//! What a person typed, read back: numbers in the way their language writes them.
//!
//! The counterpart of [`super::format`]: what that writes, this reads. It never guesses between two readings: a
//! separator that could group digits does; one that cannot is the decimal mark. Dates and times need no reading here,
//! for the browser's own pickers post ISO 8601.

use rust_decimal::Decimal;

use super::format::{MINUS, NARROW_SPACE, decimal_mark};
use super::locale::Locale;

/// Why a typed number cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// It is not a number.
    NotANumber,
    /// It is a number, but of more than 28 digits.
    TooLong,
    /// A whole number was wanted.
    NotWhole,
}

/// Reads a number as the language writes it: `1,234.50`, `1 234,50`, `1.234,50`, with or without groups.
pub fn decimal(locale: Locale, text: &str) -> Result<Decimal, Error> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix(['-', MINUS]) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = parts(locale, digits).ok_or(Error::NotANumber)?;
    if whole.len() + fraction.len() > 28 {
        return Err(Error::TooLong);
    }
    let number: Decimal = format!("{whole}.{fraction}0").parse().map_err(|_| Error::NotANumber)?;
    let number = number.round_dp(u32::try_from(fraction.len()).map_err(|_| Error::TooLong)?);
    Ok(if negative { -number } else { number })
}

/// Reads a whole number as the language writes it.
pub fn integer(locale: Locale, text: &str) -> Result<i64, Error> {
    let number = decimal(locale, text)?;
    if !number.fract().is_zero() {
        return Err(Error::NotWhole);
    }
    i64::try_from(number).map_err(|_| Error::TooLong)
}

/// A number as an input shows it for editing: the language's decimal mark, no groups, a plain hyphen.
pub fn editable(locale: Locale, value: Decimal) -> String {
    value.normalize().to_string().replace('.', &decimal_mark(locale).to_string())
}

/// The digits before and after the decimal mark, without groups; nothing when it is not a number.
fn parts(locale: Locale, text: &str) -> Option<(String, String)> {
    let groups: &[char] = match locale {
        Locale::En => &[',', ' ', '\u{a0}', NARROW_SPACE],
        Locale::Es => &['.', ' ', '\u{a0}', NARROW_SPACE],
        Locale::Ru => &[' ', '\u{a0}', NARROW_SPACE],
    };
    let mark = decimal_mark(locale);
    let (whole, fraction) = match text.split_once(mark) {
        Some((whole, fraction)) => (ungrouped(whole, groups)?, fraction),
        None => match ungrouped(text, groups) {
            Some(whole) => (whole, ""),
            // One mark of another language that cannot be a group, as in `1234.5` typed by a Spaniard.
            None => {
                let (whole, fraction) = text.split_once(['.', ','])?;
                (ungrouped(whole, &[])?, fraction)
            }
        },
    };
    let all_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let some_digit = !whole.is_empty() || !fraction.is_empty();
    (some_digit && all_digits(fraction)).then(|| (whole, fraction.to_owned()))
}

/// Digits with their groups of three taken out; nothing when a group has not three digits, or the marks are mixed.
fn ungrouped(text: &str, groups: &[char]) -> Option<String> {
    let mut marks = text.chars().filter(|c| !c.is_ascii_digit());
    let Some(mark) = marks.next() else { return Some(text.to_owned()) };
    if !groups.contains(&mark) || marks.any(|other| other != mark) {
        return None;
    }
    let mut pieces = text.split(mark);
    let first = pieces.next().filter(|piece| (1..=3).contains(&piece.len()))?;
    let mut digits = first.to_owned();
    for piece in pieces {
        if piece.len() != 3 {
            return None;
        }
        digits.push_str(piece);
    }
    Some(digits)
}

#[cfg(test)]
mod tests;
