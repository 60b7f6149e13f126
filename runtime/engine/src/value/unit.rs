//! Numbers and durations as people write them with their unit: `12.5 %`, `80 kg`, `2 h 30 min`, in each language of the
//! pages.

use fichero_model::entity::Field;

/// A number without the unit that its field shows behind it: a percent sign, or that of the field in any language.
pub fn bare<'t>(field: &Field, text: &'t str) -> &'t str {
    let text = text.trim();
    let percent = field.widget.as_deref().filter(|widget| *widget == "percent").map(|_| "%");
    let units = field.unit.iter().flat_map(|unit| unit.all()).map(|(_, unit)| &**unit);
    let bare = percent.into_iter().chain(units).find_map(|unit| text.strip_suffix(unit));
    bare.map_or(text, |bare| bare.trim_end_matches(is_space))
}

/// The seconds of a duration with units; nothing for a text that is none.
pub fn duration(text: &str) -> Option<i64> {
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
            assert_eq!(duration(text), wanted, "{text}");
        }
    }
}
