//! Writes a line as its author must have meant it: quotes where YAML would take an expression apart.
//!
//! It works on one line, and gives an answer only when the new line alone reads as sound YAML; where two readings are
//! possible it gives none.

use fichero_model::place::Place;
use granit_parser::{Event, Parser};

use super::slips::is_unbalanced;

/// The line with every value quoted that must be; nothing when that does not mend it, or when nothing is to be done.
pub fn line(line: &str) -> Option<String> {
    let (lead, rest) = lead(line);
    let (key, value) = key_and_value(rest).unwrap_or(("", rest));
    let (value, comment) = without_comment(value);
    // A line that is neither an entry nor an item goes on from the one before; a colon in it is hardly text.
    let goes_on = key.is_empty() && !lead.trim_end().ends_with('-');
    if value.is_empty() || goes_on && (value.contains(": ") || value.ends_with(':')) {
        return None;
    }
    let mended = fixed(value, Context::Block)?;
    if mended == value {
        return None;
    }
    let sound = Context::Block.reads(&mended);
    sound.then(|| format!("{lead}{key}{mended}{comment}"))
}

/// The value of a line behind its key, and its column (from 0).
pub fn value(line: &str) -> Option<(usize, &str)> {
    let (lead, rest) = lead(line);
    let (key, value) = key_and_value(rest)?;
    Some((lead.chars().count() + key.chars().count(), value))
}

/// The line with a space behind the colon of a key, where one is missing: `name:text`, `{type:text, …}`.
pub fn space_after_colon(line: &str) -> Option<String> {
    let (lead, rest) = lead(line);
    let mended = match rest.strip_prefix('{') {
        Some(inner) => {
            let inner = inner.trim_end().strip_suffix('}')?;
            let parts: Vec<String> = split(inner)?
                .into_iter()
                .map(|part| spaced(part.trim()).unwrap_or_else(|| part.trim().to_owned()))
                .collect();
            format!("{{{}}}", parts.join(", "))
        }
        None => match key_and_value(rest) {
            // The key is sound, so the slip is in a map behind it.
            Some((key, value)) if value.starts_with('{') => format!("{key}{}", space_after_colon(value)?),
            Some(_) => return None,
            None => spaced(rest)?,
        },
    };
    (mended != rest && Context::Block.reads_entry(&mended)).then(|| format!("{lead}{mended}"))
}

/// The line with the brackets closed that it leaves open.
pub fn closed(line: &str) -> Option<String> {
    let text = line.trim_end();
    let mut open = Vec::new();
    let mut quoted = false;
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            '{' if !quoted => open.push('}'),
            '[' if !quoted => open.push(']'),
            '}' | ']' if !quoted && open.pop() != Some(letter) => return None,
            _ => {}
        }
    }
    let text = text.trim_end_matches(',');
    let closed = format!("{text}{}", open.iter().rev().collect::<String>());
    let (_, rest) = lead(&closed);
    (!quoted && !open.is_empty() && Context::Block.reads_entry(rest)).then_some(closed)
}

/// The line with its text in double quotes closed at the end.
pub fn quote_closed(line: &str) -> Option<String> {
    let closed = format!("{}\"", line.trim_end());
    let (_, rest) = lead(&closed);
    let (_, value) = key_and_value(rest)?;
    (value.starts_with('"') && value.len() > 2 && Context::Block.reads_entry(rest)).then_some(closed)
}

/// The line with the double-quoted text that begins at a column (from 1) in single quotes, where a backslash is one.
pub fn in_single_quotes(line: &str, column: u32) -> Option<String> {
    let start = line.char_indices().nth(column.checked_sub(1)? as usize)?.0;
    let behind = line.get(start..)?.strip_prefix('"')?;
    let inner = behind.get(..behind.find('"')?)?;
    let rest = behind.get(inner.len() + 1..)?;
    let mended = format!("{}{}{rest}", line.get(..start)?, quoted(inner));
    let (_, entry) = lead(&mended);
    Context::Block.reads_entry(entry).then_some(mended)
}

/// The line with the text at a place replaced by another.
pub fn replaced(line: &str, place: &Place, old: &str, new: &str) -> Option<String> {
    let start = line.char_indices().nth(place.column.checked_sub(1)? as usize)?.0;
    let rest = line.get(start..)?.strip_prefix(old)?;
    Some(format!("{}{new}{rest}", line.get(..start)?))
}

/// A text in quotes: single ones, which leave everything as it is, unless only double ones spare doubling.
pub fn quoted(text: &str) -> String {
    if text.contains('\'') && !text.contains(['"', '\\']) {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Context {
    /// Behind a key on its own line.
    Block,
    /// Inside a one-line map or list.
    Flow,
}

/// The value as it must be written; nothing when that cannot be known.
fn fixed(value: &str, context: Context) -> Option<String> {
    if context.reads(value) {
        return Some(value.to_owned());
    }
    if let Some(inner) = value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
        && key_and_value(inner.trim_start()).is_some()
    {
        let parts: Option<Vec<String>> = split(inner)?.into_iter().map(|part| fixed_entry(part.trim())).collect();
        return Some(format!("{{{}}}", parts?.join(", ")));
    }
    if let Some(inner) =
        value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|inner| !is_unbalanced(inner))
    {
        let parts: Option<Vec<String>> =
            items(inner).into_iter().map(|item| fixed(item.trim(), Context::Flow)).collect();
        return Some(format!("[{}]", parts?.join(", ")));
    }
    // Inside a map, a word with a colon is more likely an entry whose comma is missing.
    if context == Context::Flow && holds_entry(value) {
        return None;
    }
    let quoted = quoted(apostrophe(value).unwrap_or(value));
    context.reads(&quoted).then_some(quoted)
}

/// The text in single quotes that an apostrophe inside it closes too early: `'it's'`.
fn apostrophe(value: &str) -> Option<&str> {
    let inner = value.strip_prefix('\'')?.strip_suffix('\'')?;
    let letters: Vec<char> = inner.chars().collect();
    let is_letter = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|letter| letter.is_alphabetic());
    let mut quotes = letters.iter().enumerate().filter(|(_, letter)| **letter == '\'');
    quotes.all(|(at, _)| is_letter(at.checked_sub(1)) && is_letter(at.checked_add(1))).then_some(inner)
}

fn fixed_entry(part: &str) -> Option<String> {
    let (key, value) = key_and_value(part)?;
    if value.is_empty() { None } else { Some(format!("{key}{}", fixed(value, Context::Flow)?)) }
}

impl Context {
    /// True when a value alone is sound YAML in this context: one value, without tag, anchor, comment or null.
    fn reads(self, value: &str) -> bool {
        let text = match self {
            Context::Block => format!("k: {value}\n"),
            Context::Flow => format!("k: {{k: {value}, z: z}}\n"),
        };
        // In a flow map the entry behind must still be an entry, and the depth must end where it began.
        let (depth, keys) = match self {
            Context::Block => (1, 1),
            Context::Flow => (2, 2),
        };
        is_sound(&text, depth, keys)
    }

    /// The same of a whole `key: value`.
    fn reads_entry(self, entry: &str) -> bool {
        is_sound(&format!("{entry}\n"), 1, 1) || entry.starts_with('{') && is_sound(&format!("k: {entry}\n"), 1, 1)
    }
}

/// True when a text reads without any slip, and the map at `depth` has `keys` entries.
fn is_sound(text: &str, depth: usize, keys: usize) -> bool {
    let options =
        granit_parser::options! { emit_unresolved_aliases: true, emit_anchor_events: true, emit_comments: true };
    let (mut now, mut nodes_there) = (0, 0);
    for event in Parser::new_from_str_with_options(text, options) {
        let Ok((event, span)) = event else { return false };
        if event.tag().is_some() {
            return false;
        }
        if event.is_node() && now == depth {
            nodes_there += 1;
        }
        match event {
            Event::Scalar(text, style, _, _) => {
                let plain = style == granit_parser::ScalarStyle::Plain;
                let null =
                    plain && (span.byte_range().is_none_or(|range| range.is_empty()) || text.is_empty() || text == "~");
                if null || plain && text.contains('"') && is_unbalanced(&text) {
                    return false;
                }
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => now += 1,
            Event::MappingEnd | Event::SequenceEnd => now -= 1,
            Event::Alias(_) | Event::UnresolvedAlias(_) | Event::Anchor(..) | Event::Comment(..) => return false,
            _ => {}
        }
    }
    nodes_there == keys * 2
}

/// Indentation and list dashes, and what stands behind them.
fn lead(line: &str) -> (&str, &str) {
    let mut rest = line.trim_start_matches(' ');
    while let Some(behind) = rest.strip_prefix("- ") {
        rest = behind.trim_start_matches(' ');
    }
    (line.get(..line.len() - rest.len()).unwrap_or(""), rest)
}

/// `key: ` with its space, and the value behind it. A key is a word, or stands in quotes.
fn key_and_value(text: &str) -> Option<(&str, &str)> {
    let key_end = match text.chars().next()? {
        quote @ ('"' | '\'') => text.get(1..)?.find(quote)? + 2,
        _ => text.find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | ' ')))?,
    };
    let behind = text.get(key_end..)?.strip_prefix(':')?;
    if key_end == 0 || !(behind.is_empty() || behind.starts_with(' ')) {
        return None;
    }
    let value = behind.trim();
    let value_start = text.len() - behind.trim_start().len();
    Some((text.get(..value_start)?, value))
}

/// `name:text` as `name: text`; not for addresses such as `https://…`.
fn spaced(text: &str) -> Option<String> {
    let (key, value) = text.split_once(':')?;
    let word = !key.is_empty() && key.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    (word && value.starts_with(|letter: char| letter != ' ' && letter != '/' && letter != ':'))
        .then(|| format!("{key}: {value}"))
}

/// A value and the comment behind it. A comment has a space behind its `#`; other `#` are taken as text.
fn without_comment(value: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, letter) in value.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '#' if !quoted
                && at > 0
                && value.get(at + 1..).is_none_or(|rest| rest.is_empty() || rest.starts_with([' ', '#'])) =>
            {
                let before = value.get(..at).unwrap_or("");
                if before.ends_with(' ') {
                    let kept = before.trim_end();
                    return (kept, value.get(kept.len()..).unwrap_or(""));
                }
            }
            _ => {}
        }
    }
    (value.trim_end(), "")
}

/// Splits the inside of a flow map at the commas before which an entry ends: those outside brackets and quotes that
/// are followed by a key. Nothing when brackets or quotes do not close.
fn split(inner: &str) -> Option<Vec<&str>> {
    cut(inner, |behind| behind.trim().is_empty() || starts_with_key(behind.trim_start()))
        .map(|parts| parts.into_iter().filter(|part| !part.trim().is_empty()).collect())
}

/// Splits the inside of a flow list at its commas.
fn items(inner: &str) -> Vec<&str> {
    cut(inner, |_| true).unwrap_or_else(|| vec![inner])
}

fn cut(inner: &str, at_comma: impl Fn(&str) -> bool) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quote) = (0, 0_i32, None);
    let mut value_begins = true;
    for (at, letter) in inner.char_indices() {
        if let Some(open) = quote {
            if letter == open {
                quote = None;
            }
            continue;
        }
        match letter {
            '"' => quote = Some('"'),
            // A single quote is one only at the head of a value; elsewhere it is an apostrophe.
            '\'' if value_begins => quote = Some('\''),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 && at_comma(inner.get(at + 1..)?) => {
                parts.push(inner.get(start..at)?);
                start = at + 1;
            }
            _ => {}
        }
        if depth < 0 {
            return None;
        }
        if letter != ' ' {
            value_begins = matches!(letter, ':' | ',' | '[' | '{');
        }
    }
    if depth != 0 || quote.is_some() {
        return None;
    }
    parts.push(inner.get(start..)?);
    Some(parts)
}

fn starts_with_key(text: &str) -> bool {
    let word = text.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(text.len());
    word > 0 && text.get(word..).is_some_and(|rest| rest.starts_with(':'))
}

/// True when a word with a colon and a space stands inside a value, outside quotes.
fn holds_entry(value: &str) -> bool {
    let mut quoted = false;
    value.char_indices().any(|(at, letter)| {
        if letter == '"' {
            quoted = !quoted;
        }
        !quoted && letter == ' ' && value.get(at + 1..).is_some_and(|rest| starts_with_key(rest) && rest.contains(": "))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn lines_are_mended_where_it_is_certain() {
        let cases = [
            ("  if: !closed", Some("  if: '!closed'")),
            ("  if: !closed and amount > 3  # why", Some("  if: '!closed and amount > 3'  # why")),
            ("r: {if: min(a, b) > 3, reject: x}", Some("r: {if: 'min(a, b) > 3', reject: x}")),
            ("r: {if: tags in [a, b], on: save}", Some("r: {if: 'tags in [a, b]', on: save}")),
            ("r: {if: a == \"x, y\", on: save}", Some("r: {if: 'a == \"x, y\"', on: save}")),
            ("r: {set: {a: min(b, c), d: 1}}", Some("r: {set: {a: 'min(b, c)', d: 1}}")),
            ("if: [a, b].contains(x)", Some("if: '[a, b].contains(x)'")),
            ("if: \"abc\" + name", Some("if: '\"abc\" + name'")),
            ("if: a == \"x: y\"", Some("if: 'a == \"x: y\"'")),
            ("to: @anna", Some("to: '@anna'")),
            ("guard: |q| q.open", Some("guard: '|q| q.open'")),
            ("packs: {fichero: >=0.3, base: stock}", Some("packs: {fichero: '>=0.3', base: stock}")),
            ("label: {{ name }}", Some("label: '{{ name }}'")),
            ("n: {pattern: OPP-{YYYY}-{#####}, per: year}", Some("n: {pattern: 'OPP-{YYYY}-{#####}', per: year}")),
            ("label: Invoice #5", Some("label: 'Invoice #5'")),
            ("label: 'it's'", Some("label: \"it's\"")),
            ("if: 'a' == b", Some("if: \"'a' == b\"")),
            ("- !closed", Some("- '!closed'")),
            ("sort: [!a, b]", Some("sort: ['!a', b]")),
            ("name: text", None),
            ("r: {if: x > 3 on: save}", None),
            ("r: {if: (x > 3, on: save}", None),
        ];
        for (given, wanted) in cases {
            assert_eq!(line(given).as_deref(), wanted, "{given}");
        }
    }

    #[test]
    fn a_missing_space_is_given() {
        assert_eq!(space_after_colon("  name:text").as_deref(), Some("  name: text"));
        assert_eq!(
            space_after_colon("a: {type:text, required: true}").as_deref(),
            Some("a: {type: text, required: true}")
        );
        assert_eq!(space_after_colon("https://example.com"), None);
        assert_eq!(space_after_colon("name: text"), None);
    }
}
