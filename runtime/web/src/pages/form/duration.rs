//! Durations as people type them: `2 h 30 min`, `3 d 4 h`, `45 s`, in each language of the pages.

use crate::ui::format;
use crate::ui::locale::Locale;

/// A duration for an input: as it is shown, but in plain digits, for `1,500 h` is not the same in each language.
pub fn written(locale: Locale, seconds: i64) -> String {
    format::duration(locale, seconds).replace([',', '\u{202f}'], "").replace('\u{a0}', " ")
}

/// The seconds of a duration with units; nothing for a text that is none. The counterpart of [`written`].
pub fn parse(text: &str) -> Option<i64> {
    let plain = text.trim().to_lowercase();
    let (negative, mut rest) = match plain.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, plain.as_str()),
    };
    let mut total: i64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && !is_space(c)).filter(|end| *end > 0)?;
        let (number, behind) = rest.split_at(digits);
        let number: i64 = number.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok()?;
        let unit = behind.find(|c: char| c.is_ascii_digit() || is_space(c)).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit);
        total = total.checked_add(number.checked_mul(seconds(unit)?)?)?;
        rest = behind.trim_start_matches(is_space);
    }
    Some(if negative { -total } else { total })
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{a0}' | '\u{202f}')
}

fn seconds(unit: &str) -> Option<i64> {
    Some(match unit.trim_end_matches('.') {
        "d" | "day" | "days" | "día" | "días" | "д" | "дн" | "день" | "дня" | "дней" => 86_400,
        "h" | "hr" | "hour" | "hours" | "hora" | "horas" | "ч" | "час" | "часа" | "часов" => 3_600,
        "m" | "min" | "minute" | "minutes" | "minuto" | "minutos" | "м" | "мин" | "минута" | "минуты" | "минут" => {
            60
        }
        "s" | "sec" | "second" | "seconds" | "seg" | "segundo" | "segundos" | "с" | "сек" | "секунд" => 1,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, wanted) in [
            ("2 h 30 min", Some(9_000)),
            ("2h30m", Some(9_000)),
            ("3 d", Some(259_200)),
            ("45 s", Some(45)),
            ("1 ч 5 мин", Some(3_900)),
            ("1 000 h", Some(3_600_000)),
            ("-5 min", Some(-300)),
            ("", None),
            ("90", None),
            ("h", None),
            ("2 lightyears", None),
            ("2,500 h", None),
            ("99999999999999999999 h", None),
        ] {
            assert_eq!(parse(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for locale in Locale::ALL {
            for seconds in [0, 59, 60, 3_600, 5_400, 86_400, 90_000_000, -7_200] {
                assert_eq!(parse(&written(locale, seconds)), Some(seconds), "{locale:?} {seconds}");
            }
        }
    }
}
