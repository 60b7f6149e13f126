//! The parameters of an address: `where sort limit cursor fields expand count trash` (each may be written with a leading
//! `_`), and any other pair as an equality filter. Each stands at most once, and one that means nothing is refused.

use fichero_engine::Refusal;
use fichero_engine::export::Format;
use fichero_engine::message::{Argument, Message};
use fichero_engine::read::find::{self, SearchRequest};
use fichero_engine::read::list::{ListRequest, MOST, ShapeRequest, Trash};
use fichero_engine::read::{aggregate, history};
use serde_json::Value as Json;

use crate::percent;

/// The pairs of a query, each name once. A leading `_` is kept.
///
/// # Errors
/// When it is not UTF-8 in percent signs, holds NUL, or names something twice.
pub fn pairs(query: Option<&str>) -> Result<Vec<(String, String)>, Refusal> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (name, value) in percent::pairs(query.unwrap_or_default()) {
        let (name, value) = (decoded(name)?, decoded(value)?);
        if pairs.iter().any(|(known, _)| bare(known) == bare(&name)) {
            return Err(repeated(bare(&name)));
        }
        pairs.push((name, value));
    }
    Ok(pairs)
}

/// That nothing is asked in the query.
///
/// # Errors
/// When something is.
pub fn none(query: Option<&str>) -> Result<(), Refusal> {
    match pairs(query)?.first() {
        Some((name, _)) => Err(unknown(name)),
        None => Ok(()),
    }
}

/// The parameters of a list.
///
/// # Errors
/// The first one that cannot be understood.
pub fn list(query: Option<&str>) -> Result<ListRequest, Refusal> {
    let mut request = ListRequest::default();
    for (name, value) in pairs(query)? {
        match bare(&name) {
            "where" => request.filter = Some(value),
            "sort" => request.sort = words(&value),
            "limit" => request.limit = Some(limit(&value)?),
            "cursor" => request.cursor = Some(value),
            "fields" => request.shape.fields = words(&value),
            "expand" => request.shape.expand = words(&value),
            "count" => request.count = truth("count", &value)?,
            "trash" => request.trash = only("trash", &value)?,
            _ => request.equals.push((name, Json::String(value))),
        }
    }
    Ok(request)
}

/// The parameters of an export: which records, how the file is written, which fields.
///
/// # Errors
/// The first one that cannot be understood.
pub fn export(query: Option<&str>) -> Result<(ListRequest, Format, Vec<String>), Refusal> {
    let (mut request, mut format, mut fields) = (ListRequest::default(), Format::CSV, Vec::new());
    for (name, value) in pairs(query)? {
        match bare(&name) {
            "where" => request.filter = Some(value),
            "sort" => request.sort = words(&value),
            "fields" => fields = words(&value),
            "trash" => request.trash = only("trash", &value)?,
            "format" => {
                format = Format::named(&value).ok_or_else(|| not_one_of("format", "csv, jsonl, xlsx", &value))?;
            }
            _ => request.equals.push((name, Json::String(value))),
        }
    }
    Ok((request, format, fields))
}

/// What is wanted of one record, and whether it may lie in the trash.
///
/// # Errors
/// The first parameter that means nothing here.
pub fn shape(query: Option<&str>) -> Result<(ShapeRequest, Trash), Refusal> {
    let (mut shape, mut trash) = (ShapeRequest::default(), Trash::Living);
    for (name, value) in pairs(query)? {
        match bare(&name) {
            "fields" => shape.fields = words(&value),
            "expand" => shape.expand = words(&value),
            "trash" => {
                trash = match value.as_str() {
                    "only" => Trash::Trashed,
                    "with" => Trash::Any,
                    _ => return Err(not_one_of("trash", "only, with", &value)),
                }
            }
            _ => return Err(unknown(&name)),
        }
    }
    Ok((shape, trash))
}

/// What is asked of groups.
///
/// # Errors
/// The first parameter that cannot be understood.
pub fn groups(query: Option<&str>) -> Result<aggregate::Request, Refusal> {
    let mut request = aggregate::Request::default();
    for (name, value) in pairs(query)? {
        match bare(&name) {
            "where" => request.filter = Some(value),
            "group" => request.group = split(&value),
            "cursor" => request.cursor = Some(value),
            "measures" => request.measures = split(&value),
            _ => request.equals.push((name, Json::String(value))),
        }
    }
    Ok(request)
}

/// What is asked of a history.
///
/// # Errors
/// The first parameter that means nothing here.
pub fn past(query: Option<&str>) -> Result<history::Request, Refusal> {
    let mut request = history::Request::default();
    for (name, value) in pairs(query)? {
        match bare(&name) {
            "limit" => request.limit = Some(limit(&value)?),
            "cursor" => request.cursor = Some(value),
            _ => return Err(unknown(&name)),
        }
    }
    Ok(request)
}

/// What is looked for.
///
/// # Errors
/// The first parameter that means nothing here.
pub fn search(query: Option<&str>) -> Result<SearchRequest, Refusal> {
    let mut request = SearchRequest::default();
    for (name, value) in pairs(query)? {
        match bare(&name) {
            "q" => request.q = value,
            "entity" => request.entity = Some(value),
            "limit" => request.limit = Some(number(&value, find::MOST)?),
            "cursor" => request.cursor = Some(value),
            _ => return Err(unknown(&name)),
        }
    }
    Ok(request)
}

/// Whether a deletion is for good.
///
/// # Errors
/// The first parameter that means nothing here.
pub fn purge(query: Option<&str>) -> Result<bool, Refusal> {
    let mut purge = false;
    for (name, value) in pairs(query)? {
        match bare(&name) {
            "purge" => purge = truth("purge", &value)?,
            _ => return Err(unknown(&name)),
        }
    }
    Ok(purge)
}

/// A list of words parted by commas; none where nothing is said. A blank between commas is a word that nothing bears, so
/// that whoever reads the words refuses it.
pub fn words(text: &str) -> Vec<String> {
    if text.is_empty() { Vec::new() } else { text.split(',').map(|word| word.trim().to_owned()).collect() }
}

/// How many records a page may hold.
///
/// # Errors
/// When it is no such number.
pub fn limit(text: &str) -> Result<u32, Refusal> {
    number(text, MOST)
}

/// A number from 1 to `most`.
///
/// # Errors
/// When it is none.
pub fn number(text: &str, most: u32) -> Result<u32, Refusal> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && (1..=most).contains(number));
    number.ok_or_else(|| Refusal::malformed(Message::with("bad_limit", [most.to_string(), shortened(text)])))
}

/// `only`: the one thing that may be asked of the trash in a list.
///
/// # Errors
/// When it is something else.
pub fn only(name: &str, text: &str) -> Result<bool, Refusal> {
    if text == "only" { Ok(true) } else { Err(not_one_of(name, "only", text)) }
}

/// A parameter that has no meaning where it stands.
pub fn unknown(name: &str) -> Refusal {
    Refusal::malformed(Message::with("bad_parameter", [shortened(name)]))
}

/// A parameter that stands twice.
pub fn repeated(name: &str) -> Refusal {
    Refusal::malformed(Message::with("repeated_parameter", [shortened(name)]))
}

/// A value that is none of those a parameter may have.
pub fn not_one_of(name: &str, known: &str, given: &str) -> Refusal {
    let arguments = [Argument::from(name), Argument::from(known), Argument::Plain(shortened(given))];
    Refusal::malformed(Message::with("bad_value", arguments))
}

/// `true` or `false`.
///
/// # Errors
/// When it is neither.
pub fn truth(name: &str, text: &str) -> Result<bool, Refusal> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(not_one_of(name, "true, false", text)),
    }
}

fn bare(name: &str) -> &str {
    name.strip_prefix('_').unwrap_or(name)
}

/// What was given, short enough to be told back.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A part of a query as text.
fn decoded(part: &str) -> Result<String, Refusal> {
    let wrong = |key| Refusal { code: "bad_address", ..Refusal::malformed(Message::key(key)) };
    let text = percent::decoded(part).ok_or_else(|| wrong("bad_address"))?;
    if text.contains('\0') { Err(wrong("nul_address")) } else { Ok(text) }
}

/// The same at commas that are not inside brackets or quotes: `count(),sum(round(a,2))`.
fn split(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let (mut depth, mut quoted, mut parts) = (0_i32, false, vec![String::new()]);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' if !quoted => depth += 1,
            ')' | ']' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn a_query_is_read_strictly() {
        let read = |query| pairs(Some(query)).map_err(|refusal| refusal.code);
        let one = |name: &str, value: &str| Ok(vec![(name.to_owned(), value.to_owned())]);
        assert_eq!(read("a=b+c%2B"), one("a", "b c+"));
        assert_eq!(read("a"), one("a", ""));
        assert_eq!(read("&&"), Ok(Vec::new()));
        for wrong in ["a=%", "a=%4", "a=%zz", "a=%ff", "a=%00", "%00=a"] {
            assert_eq!(read(wrong), Err("bad_address"), "{wrong}");
        }
        for twice in ["a=1&a=1", "where=a&_where=b"] {
            assert_eq!(read(twice), Err("malformed"), "{twice}");
        }
        assert!(limit("500").is_ok());
        for wrong in ["0", "501", "-1", "+1", "", "x", "99999999999"] {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
    }
}
