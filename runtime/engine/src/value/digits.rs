//! Numbers of a JSON text that would lose digits. Numbers are kept as 64-bit integers or doubles, in structured data and
//! on the way to exact decimals; one that means another number there is refused and never quietly rounded.

use serde_json::Value as Json;

/// The digits that a double always keeps.
const KEPT: usize = 15;

/// The first number in a valid JSON text that another one would be kept for. What programs write for a double is no such
/// number, be it the shortest form or that of 17 digits.
pub fn lost(json: &str) -> Option<&str> {
    let bytes = json.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at += text(&bytes[at..]),
            b'-' | b'0'..=b'9' => {
                let length = bytes[at..].iter().take_while(|byte| is_of_number(**byte)).count();
                let number = &json[at..at + length];
                if length > KEPT && !is_kept(number) {
                    return Some(number);
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    None
}

/// Gives the numbers of structured data the form that PostgreSQL gives them: whole numbers that 64 bits hold are integers,
/// and zero has no sign.
pub fn settle(json: &mut Json) {
    match json {
        Json::Number(number) if number.is_f64() => {
            let double = number.as_f64().unwrap_or_default();
            // Smaller ones are written with a point, which is kept.
            if double.abs() >= 1e16 {
                let whole = format!("{double}");
                let settled = whole.parse::<i64>().map(Json::from).or_else(|_| whole.parse::<u64>().map(Json::from));
                if let Ok(settled) = settled {
                    *json = settled;
                }
            } else if double == 0.0 {
                *json = Json::from(0.0);
            }
        }
        Json::Array(items) => items.iter_mut().for_each(settle),
        Json::Object(members) => members.values_mut().for_each(settle),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// How long the text is that begins here, quotes included.
fn text(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        at += if *byte == b'\\' { 2 } else { 1 };
        if *byte == b'"' {
            break;
        }
    }
    at
}

fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
}

fn is_kept(number: &str) -> bool {
    let meant = Meant::of(number);
    if meant.digits.len() <= KEPT || number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        return true;
    }
    let Ok(double) = number.parse::<f64>() else { return true };
    [written(double), format!("{double:.16e}")].iter().any(|written| Meant::of(written) == meant)
}

/// A double as it is written back.
fn written(double: f64) -> String {
    Json::from(double).to_string()
}

/// A number as its digits without zeros around them, and the power of ten of the last one.
#[derive(PartialEq, Eq)]
struct Meant {
    is_negative: bool,
    digits: String,
    power: i64,
}

impl Meant {
    fn of(number: &str) -> Self {
        let (is_negative, number) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number),
        };
        let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{part}");
        let digits = all.trim_end_matches('0');
        // An exponent that does not fit is that of no double.
        let power = exponent.parse::<i64>().unwrap_or(i64::MAX / 2) - part.len() as i64;
        let power = power + (all.len() - digits.len()) as i64;
        Self { is_negative, digits: digits.trim_start_matches('0').to_owned(), power }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;

    #[test]
    fn a_number_that_would_lose_digits_is_found() {
        for (text, expected) in [
            ("12345678901234567.89", Some("12345678901234567.89")),
            (r#"{"a": [1, 0.12345678901234567890]}"#, Some("0.12345678901234567890")),
            ("-100000000000000000000001", Some("-100000000000000000000001")),
            ("1.00000000000000000001E5", Some("1.00000000000000000001E5")),
            ("18446744073709551615", None),
            ("-9223372036854775808", None),
            ("100000000000000000000000", None),
            ("1000000000000000000.00", None),
            ("0.00000000000000000012", None),
            ("0.10000000000000001", None),
            ("1.7976931348623157e308", None),
            // It lies half-way between this and …63.
            ("84871995158921.62", None),
            (r#"["12345678901234567.89", "\"12345678901234567.89", "\\"]"#, None),
            (r#"{"12345678901234567.89": 1.5}"#, None),
            ("\"", None),
        ] {
            assert_eq!(lost(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_settled_in_the_form_of_postgresql() {
        let mut json: Json =
            serde_json::from_str("[1e16, -1.5e17, 1.8e19, 1e20, -0.0, 1.0, 0.5, {\"a\": 2e16}]").unwrap();
        settle(&mut json);
        let settled =
            r#"[10000000000000000,-150000000000000000,18000000000000000000,1e+20,0.0,1.0,0.5,{"a":20000000000000000}]"#;
        assert_eq!(json.to_string(), settled);
    }

    proptest! {
        #[test]
        fn what_a_program_writes_for_a_double_is_kept(double in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
            for text in [serde_json::to_string(&double).unwrap(), format!("{double:.16e}")] {
                prop_assert_eq!(lost(&text), None);
            }
        }

        #[test]
        fn what_is_kept_comes_back(whole in 0..100_000_000_u64, part in 0..10_000_000_000_u64) {
            let text = format!("{whole}.{part:010}");
            let double: f64 = text.parse().unwrap();
            let meant = Decimal::from_str_exact(&text).unwrap();
            let read = |text: &str| Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).unwrap();
            let comes_back =
                [serde_json::to_string(&double).unwrap(), format!("{double:.16e}")].iter().any(|text| read(text) == meant);
            prop_assert_eq!(lost(&text).is_none(), comes_back);
        }
    }
}
