//! Single values from and to text: form inputs, cells of a file, values filled into messages.

use std::str::FromStr;
use std::sync::Arc;

use fichero_model::entity::Field;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{Model, OptionsId};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::check::{self, Problem, about};
use super::strict::{self, Unread};
use super::unit;
use crate::input::Given;
use crate::message::Argument;

/// How dates and numbers are written in a text.
#[derive(Clone, Debug)]
pub struct Notation {
    /// The zone of moments that do not name one.
    pub zone: TimeZone,
    /// Forms of dates and moments in strftime letters, tried in order; ISO 8601 always works.
    pub dates: Vec<Arc<str>>,
    /// The mark between whole and parts in numbers.
    pub decimal_mark: char,
}

impl Notation {
    /// ISO dates and a decimal point.
    pub fn plain(zone: TimeZone) -> Self {
        Self { zone, dates: Vec::new(), decimal_mark: '.' }
    }
}

/// Reads one value; the empty text is nothing. References, money and lists are their caller's to take apart.
///
/// # Errors
/// When the text is not a value of the field's type.
pub fn value(model: &Model, field: &Field, text: &str, notation: &Notation) -> Result<Value, Problem> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(Value::Nothing);
    }
    match &field.kind {
        Kind::File(_) => check::file(field, trimmed),
        Kind::Text { .. } | Kind::LongText { .. } | Kind::Secret { .. } => Ok(Value::text(&check::kept(field, text)?)),
        Kind::Integer => {
            let number = number(trimmed, notation)
                .filter(|number| number.fract().is_zero())
                .and_then(|number| i64::try_from(number).ok());
            check::integer(field, number.ok_or_else(|| about(field, "not_integer", []))?)
        }
        Kind::Decimal { scale } => amount(field, trimmed, *scale, notation).map(Value::Decimal),
        Kind::Boolean => boolean(trimmed).map(Value::Boolean).ok_or_else(|| about(field, "not_boolean", [])),
        Kind::Date => date(field, trimmed, &notation.dates),
        Kind::Time => time(field, trimmed),
        Kind::DateTime => moment(trimmed, notation).map(Value::DateTime).ok_or_else(|| no_moment(field, trimmed)),
        Kind::Duration => {
            let seconds = seconds(trimmed).or_else(|| unit::duration(trimmed));
            let seconds = seconds.ok_or_else(|| about(field, "not_duration", []))?;
            check::integer(field, seconds).map(|_| Value::Duration(seconds))
        }
        Kind::Choice { options } => option(model, field, *options, trimmed),
        Kind::Json => {
            let json = strict::json(text.as_bytes()).map_err(|unread| match unread {
                Unread::Malformed(why) => about(field, "not_json", [Argument::Plain(why)]),
                Unread::TooExact(number) => ("too_exact", Unread::too_exact(&number)),
            })?;
            check::structured(field, &json).map(|json| Value::Json(Arc::new(json)))
        }
        Kind::Money { .. } | Kind::Ref(_) | Kind::Lines { .. } | Kind::Children { .. } => {
            Err(about(field, "readonly", []))
        }
    }
}

/// Reads a decimal amount.
///
/// # Errors
/// When it is no number, or has more digits than are kept.
pub fn amount(field: &Field, text: &str, scale: u8, notation: &Notation) -> Result<Decimal, Problem> {
    let number =
        number(text, notation).ok_or_else(|| about(field, "not_decimal", [Argument::Plain(scale.to_string())]))?;
    check::decimal(field, number, scale)
}

/// A plain decimal number: digits with at most one point, an optional sign and exponent.
pub fn exact(text: &str) -> Option<Decimal> {
    if text.len() > 64
        || !text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'))
    {
        return None;
    }
    // One that is too small to be kept is no number here, rather than nothing.
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

/// A number as people write it: grouped by spaces, or by the mark that is not the decimal one.
fn number(text: &str, notation: &Notation) -> Option<Decimal> {
    let group = if notation.decimal_mark == ',' { '.' } else { ',' };
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != group && *c != '\u{202f}')
        .map(|c| match c {
            c if c == notation.decimal_mark => '.',
            '−' => '-',
            c => c,
        })
        .collect();
    exact(&plain)
}

fn boolean(text: &str) -> Option<bool> {
    match fichero_model::fold::key(text).as_str() {
        "true" | "yes" | "y" | "1" | "on" | "si" | "да" | "x" => Some(true),
        "false" | "no" | "n" | "0" | "off" | "нет" => Some(false),
        _ => None,
    }
}

/// Reads a day in ISO 8601 or one of the given forms.
///
/// # Errors
/// When it is none.
pub fn date(field: &Field, text: &str, forms: &[Arc<str>]) -> Result<Value, Problem> {
    let iso = || (text.len() == 10).then(|| Date::from_str(text).ok()).flatten();
    let formed = |form: &Arc<str>| Date::strptime(&**form, text).ok().filter(|date| has_whole_year(*date, text));
    let date = forms.iter().find_map(formed).or_else(iso);
    date.filter(|date| (1..=9999).contains(&date.year())).map(Value::Date).ok_or_else(|| about(field, "not_date", []))
}

/// Whether a text writes the year that was read from it with four digits: `%Y` would take fewer, and make the year 26 of
/// one that was meant for `%y`.
fn has_whole_year(date: Date, text: &str) -> bool {
    date.year() >= 1000 || text.contains(&format!("{:04}", date.year()))
}

/// Reads a time of day, `09:30` or `09:30:15`.
///
/// # Errors
/// When it is none.
pub fn time(field: &Field, text: &str) -> Result<Value, Problem> {
    let time = Time::strptime("%H:%M:%S", text).or_else(|_| Time::strptime("%H:%M", text));
    time.map(Value::Time).map_err(|_| about(field, "not_time", []))
}

fn moment(text: &str, notation: &Notation) -> Option<Timestamp> {
    let local = |civil: DateTime| fichero_model::expr::time::first_of(civil, &notation.zone);
    let formed = notation.dates.iter().find_map(|form| {
        DateTime::strptime(&**form, text)
            .or_else(|_| Date::strptime(&**form, text).map(|date| date.at(0, 0, 0, 0)))
            .ok()
            .filter(|civil| has_whole_year(civil.date(), text))
    });
    let moment = match formed {
        Some(civil) => local(civil),
        None => instant(text).or_else(|| DateTime::from_str(text).ok().and_then(local)),
    }?;
    Timestamp::from_microsecond(moment.as_microsecond()).ok()
}

/// A moment in RFC 3339, whose offset is less than a day.
pub fn instant(text: &str) -> Option<Timestamp> {
    const DAY: i32 = 24 * 60 * 60;
    let pieces = Pieces::parse(text).ok()?;
    let offset = pieces.to_numeric_offset().filter(|offset| offset.seconds().abs() < DAY);
    offset.and_then(|_| Timestamp::from_str(text).ok())
}

/// What is told of a text that is no moment, or one that is too far away to be kept.
pub fn no_moment(field: &Field, text: &str) -> Problem {
    let is_moment = |pieces: Pieces<'_>| {
        pieces.time().is_some() && pieces.to_numeric_offset().is_some() && pieces.date().year() > 0
    };
    if Pieces::parse(text).is_ok_and(is_moment) && Timestamp::from_str(text).is_err() {
        let last = Argument::Plain(Timestamp::MAX.strftime("%FT%TZ").to_string());
        return ("out_of_range", about(field, "late_moment", [last]).1);
    }
    about(field, "not_datetime", [])
}

/// Seconds, or hours, minutes and seconds parted by colons; behind a minus, as much less.
fn seconds(text: &str) -> Option<i64> {
    if let Some(length) = text.strip_prefix('-').filter(|length| !length.starts_with('-')) {
        return seconds(length).map(|seconds| -seconds);
    }
    let parts: Vec<i64> = text
        .split(':')
        .map(|part| part.parse().ok().filter(|n| *n >= 0 && *n <= check::GREATEST))
        .collect::<Option<_>>()?;
    match parts[..] {
        [seconds] => Some(seconds),
        [hours, minutes] if minutes < 60 => hours.checked_mul(3600)?.checked_add(minutes * 60),
        [hours, minutes, seconds] if minutes < 60 && seconds < 60 => {
            hours.checked_mul(3600)?.checked_add(minutes * 60 + seconds)
        }
        _ => None,
    }
}

/// Reads an option by its name, or by its label in any language.
///
/// # Errors
/// When there is none, with the nearest.
pub fn option(model: &Model, field: &Field, options: OptionsId, text: &str) -> Result<Value, Problem> {
    let all = &model[options].options;
    let folded = fichero_model::fold::key(text);
    let labelled = || {
        all.iter().find(|option| option.label.all().iter().any(|(_, label)| fichero_model::fold::key(label) == folded))
    };
    match all.iter().find(|option| *option.name == *text).or_else(labelled) {
        Some(option) => Ok(Value::Text(option.name.clone())),
        None if text.is_empty() => Ok(Value::Nothing),
        None => Err(match fichero_model::name::did_you_mean(text, all.iter().map(|option| &*option.name)) {
            Some(near) => (
                "not_option",
                crate::message::Message::with(
                    "not_option_near",
                    [Argument::from(&field.label), text.into(), near.into()],
                ),
            ),
            None => about(field, "not_option", [Argument::from(text)]),
        }),
    }
}

/// What is given by the names of options where there is a `problem` with one of them: if it is that the field has no
/// such option, the record may hold it all the same.
///
/// # Errors
/// Any other problem.
pub fn unless_held<'t>(
    field: &Field,
    names: impl Iterator<Item = Option<&'t str>>,
    problem: Problem,
) -> Result<Given, Problem> {
    let is_unknown = matches!(field.kind, Kind::Choice { .. }) && problem.0 == "not_option";
    let names = if is_unknown { names.map(|name| name.map(Arc::from)).collect() } else { None };
    names.map(Given::Options).ok_or(problem)
}

/// A value as plain text, the same in each language.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Nothing => String::new(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Integer(number) | Value::Duration(number) => number.to_string(),
        Value::Decimal(number) => number.normalize().to_string(),
        Value::Money(money) => format!("{} {}", money.amount.normalize(), money.currency),
        Value::Text(text) => text.to_string(),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.to_string(),
        Value::DateTime(moment) => moment.to_string(),
        Value::Ref(reference) => reference.id.to_string(),
        Value::List(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Json(json) => json.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn a_time_that_a_clock_change_skips_is_the_first_that_exists() {
        let notation = Notation {
            dates: vec![Arc::from("%d.%m.%Y %H:%M")],
            ..Notation::plain(TimeZone::get("Europe/Madrid").unwrap())
        };
        for (text, expected) in [
            ("2026-03-29T02:30", "2026-03-29T01:00:00Z"),
            ("29.03.2026 02:30", "2026-03-29T01:00:00Z"),
            ("2026-10-25T02:30", "2026-10-25T00:30:00Z"),
            ("2026-03-29T03:30", "2026-03-29T01:30:00Z"),
        ] {
            assert_eq!(moment(text, &notation), Some(expected.parse().unwrap()), "{text}");
        }
    }
}
