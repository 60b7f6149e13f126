//! What templates can do with a value: small, pure functions of text.

use minijinja::Environment;
use minijinja::value::Value;

use super::escape;

pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter("initials", initials);
    environment.add_filter("shade", shade);
    environment.add_filter("lower_first", lower_first);
    environment.add_filter("code_spans", code_spans);
    environment.add_filter("blank", blank);
    environment.add_filter("carets", carets);
    environment.add_test("web_href", is_web_href);
    environment.add_test("iso_date", is_iso_date);
    environment.add_test("iso_time", is_iso_time);
    environment.add_test("iso_datetime", is_iso_datetime);
}

/// The first letters of the first and the last word of a name: `AR` of `Ana Ruiz`.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// One of eight shades, always the same for the same text: tells people apart at a glance, means nothing else.
fn shade(text: &str) -> u32 {
    // FNV-1a, because it is short and spreads short names well.
    text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)) % 8
}

/// A label in the middle of a sentence: `Opportunity` becomes `opportunity`, `SLA` stays.
fn lower_first(label: &str) -> String {
    let mut letters = label.chars();
    match letters.next() {
        Some(first) if !letters.clone().next().is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => label.to_owned(),
    }
}

/// Shows the parts in backticks as code, everything escaped.
fn code_spans(text: &str) -> Value {
    let mut html = String::with_capacity(text.len() + 16);
    let mut pieces = text.split('`').enumerate().peekable();
    while let Some((place, piece)) = pieces.next() {
        let escaped = escape::text_of(piece);
        // A piece that no backtick closes is not code: the lone backtick is shown as it was.
        match (place % 2 == 1, pieces.peek().is_some()) {
            (true, true) => html.push_str(&format!("<code>{escaped}</code>")),
            (true, false) => html.push_str(&format!("`{escaped}")),
            (false, _) => html.push_str(&escaped),
        }
    }
    Value::from_safe_string(html)
}

/// White space as wide as a text in a fixed-width font, so that a caret stands under its character.
fn blank(text: &str) -> String {
    text.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect()
}

/// A row of carets under a text, at least one.
fn carets(text: &str) -> String {
    "^".repeat(text.chars().count().max(1))
}

/// A link that is safe to follow: a path of ours, or one of the schemes people reach each other by.
fn is_web_href(href: &str) -> bool {
    let scheme = href.split([':', '/', '?', '#']).next().unwrap_or("");
    let path = href.starts_with('/') && !href.starts_with("//");
    let known = ["http", "https", "mailto", "tel"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    path || (known && href.as_bytes().get(scheme.len()) == Some(&b':'))
}

/// A text that a date picker accepts.
fn is_iso_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// A text that a time picker accepts: hours and minutes, seconds if need be.
fn is_iso_time(text: &str) -> bool {
    matches!(text.len(), 5 | 8) && text.parse::<jiff::civil::Time>().is_ok()
}

/// A text that a picker of date and time accepts.
fn is_iso_datetime(text: &str) -> bool {
    text.split_once('T').is_some_and(|(date, time)| is_iso_date(date) && is_iso_time(time))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn names_have_initials() {
        let table = [
            ("Ana Ruiz", "AR"),
            ("ana maría ruiz lópez", "AL"),
            ("Анна Котова", "АК"),
            ("Fichero", "F"),
            ("(x) — ", "X"),
            ("", ""),
        ];
        for (name, wanted) in table {
            assert_eq!(initials(name), wanted, "{name}");
        }
    }

    #[test]
    fn labels_become_small_unless_they_are_abbreviations() {
        assert_eq!(lower_first("Opportunity"), "opportunity");
        assert_eq!(lower_first("Сделка"), "сделка");
        assert_eq!(lower_first("SLA policy"), "SLA policy");
        assert_eq!(lower_first(""), "");
    }

    #[test]
    fn backticks_become_code_and_everything_is_escaped() {
        let html = |text| code_spans(text).to_string();
        assert_eq!(html("unknown field `a<b`, not `c`"), "unknown field <code>a&lt;b</code>, not <code>c</code>");
        assert_eq!(html("a lone ` <"), "a lone ` &lt;");
    }

    #[test]
    fn carets_stand_under_what_they_mean() {
        assert_eq!(blank("\tñame: "), "\t      ");
        assert_eq!(carets("тип"), "^^^");
        assert_eq!(carets(""), "^");
    }

    #[test]
    fn only_links_one_may_follow_are_links() {
        for good in ["/account/1", "https://fichero.example", "mailto:a@b.c", "tel:+34600", "HTTP://x"] {
            assert!(is_web_href(good), "{good}");
        }
        for bad in ["javascript:alert(1)", "//evil.example", "data:text/html,x", " javascript:x", "https", "", "ftp:x"]
        {
            assert!(!is_web_href(bad), "{bad}");
        }
    }

    #[test]
    fn pickers_get_only_what_they_can_show() {
        assert!(is_iso_date("2026-02-28"));
        assert!(!is_iso_date("2026-02-30"));
        assert!(!is_iso_date("28/02/2026"));
        assert!(is_iso_time("14:05"));
        assert!(!is_iso_time("25:00"));
        assert!(is_iso_datetime("2026-02-28T14:05"));
        assert!(!is_iso_datetime("2026-02-28 14:05"));
    }
}
