//! Numbers as files write them. Nothing is guessed: `1,234` could be a thousand or one and a bit, so it is refused.

/// The number with a point and no groups, or nothing when the text could mean two things or is no number.
///
/// Both marks: the last one is the decimal mark, the other one groups. One mark several times: it groups. One comma: a
/// decimal mark, unless exactly three digits follow. One point is always a decimal mark. Spaces group.
pub(super) fn plain(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|sign| !matches!(sign, ' ' | '\u{a0}' | '\u{202f}' | '\'')).collect();
    let text = text.replace('−', "-");
    let (points, commas) = (text.matches('.').count(), text.matches(',').count());
    let mark = match (points, commas) {
        (_, 0) if points <= 1 => return Some(text),
        (0, 1) => {
            let behind = text.rsplit_once(',').map_or("", |(_, behind)| behind);
            (behind.len() != 3).then_some(',')
        }
        (_, 0) | (0, _) => None,
        _ if text.rfind(',') > text.rfind('.') => Some(','),
        _ => Some('.'),
    };
    let group = match (mark, points, commas) {
        (None, 0, 1) => return None,
        (None, 0, _) | (Some('.'), ..) => ',',
        _ => '.',
    };
    let (whole, part) = match mark {
        Some(mark) => text.split_once(mark)?,
        None => (text.as_str(), ""),
    };
    // A group mark behind the decimal mark, or groups that are not of three digits, are a slip.
    if part.contains([',', '.']) || !is_grouped(whole, group) {
        return None;
    }
    let whole = whole.replace(group, "");
    Some(if part.is_empty() { whole } else { format!("{whole}.{part}") })
}

fn is_grouped(whole: &str, group: char) -> bool {
    let digits = whole.trim_start_matches(['-', '+']);
    let mut groups = digits.split(group);
    let first = groups.next().unwrap_or("");
    !digits.contains(group) || ((1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn marks_are_told_apart_and_doubts_refused() {
        for (text, number) in [
            ("1234", Some("1234")),
            ("1234.5", Some("1234.5")),
            ("1.234", Some("1.234")),
            ("0,5", Some("0.5")),
            ("1234,56", Some("1234.56")),
            ("1,234", None),
            ("1,234.5", Some("1234.5")),
            ("1.234,5", Some("1234.5")),
            ("1,234,567", Some("1234567")),
            ("1.234.567", Some("1234567")),
            ("1.234.567,89", Some("1234567.89")),
            ("1 234 567,89", Some("1234567.89")),
            ("1'234.50", Some("1234.50")),
            ("-1,234.5", Some("-1234.5")),
            ("−7,25", Some("-7.25")),
            ("12,34,567", None),
            ("1.23.4", None),
            ("1,2.3,4", None),
        ] {
            assert_eq!(plain(text).as_deref(), number, "{text}");
        }
    }
}
