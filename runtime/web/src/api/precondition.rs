//! Entity tags and the conditions that name them (RFC 9110, section 13).
//!
//! A tag is `"VERSION-HASH"`: the version of the record, and a hash of what was answered. A change is made only at the
//! version that was read, so `If-Match` looks at the version alone: nobody else's change is overwritten, and what a
//! definition works out anew is no conflict. `If-None-Match` looks at the whole, for what was answered may have become
//! untrue without a new version: a lookup, another choice of fields.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fichero_engine::Refusal;
use fichero_engine::message::Message;
use fichero_engine::value::write::Written;
use sha2::{Digest as _, Sha256};

/// What `If-Match` asks of a record that is to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing.
    Anything,
    /// That it is there: `*`.
    Existing,
    /// That it is at one of these versions; none when no tag of the list can be a record's.
    Versions(Vec<i64>),
}

/// A tag of a list.
#[derive(Debug, PartialEq, Eq)]
struct Tag<'h> {
    is_weak: bool,
    text: &'h str,
}

/// What `If-Match` asks. It compares strongly, so that a weak tag is never the record's.
///
/// # Errors
/// When it is no list of tags.
pub fn if_match(headers: &HeaderMap) -> Result<Expected, Refusal> {
    Ok(match tags(headers, "if-match")? {
        None => Expected::Anything,
        Some(tags) if tags.is_empty() => Expected::Existing,
        Some(tags) => {
            let strong = tags.iter().filter(|tag| !tag.is_weak);
            Expected::Versions(strong.filter_map(|tag| version(tag.text)).collect())
        }
    })
}

/// Whether a record is to be made only where there is none yet: `If-None-Match: *`.
///
/// # Errors
/// When it is no list of tags, or names some: of what is to be changed `If-Match` says which it is.
pub fn if_absent(headers: &HeaderMap) -> Result<bool, Refusal> {
    match tags(headers, "if-none-match")? {
        None => Ok(false),
        Some(tags) if tags.is_empty() => Ok(true),
        Some(_) => Err(Refusal::malformed(Message::key("only_absent"))),
    }
}

/// A record as an answer, or word that the asker has it already.
///
/// # Errors
/// When `If-None-Match` is no list of tags.
pub fn unless_known(headers: &HeaderMap, version: i64, body: Written) -> Result<Response, Refusal> {
    let known = tags(headers, "if-none-match")?;
    let mut response = tagged(StatusCode::OK, version, body);
    let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    // It compares weakly. The list of `*` is empty, and any record is in it.
    let is_known =
        known.is_some_and(|tags| tags.is_empty() || tags.iter().any(|known| known.text == tag.trim_matches('"')));
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(header::CONTENT_TYPE);
        *response.body_mut() = Body::empty();
    }
    Ok(response)
}

/// A record as an answer, with its tag.
pub fn tagged(status: StatusCode, version: i64, body: Written) -> Response {
    let digest = Sha256::digest(body.text());
    let hash = URL_SAFE_NO_PAD.encode(digest.get(..9).unwrap_or_default());
    let mut response = Response::new(Body::from(body.into_text()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}-{hash}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The version in a tag; also of one that is the version alone.
fn version(tag: &str) -> Option<i64> {
    tag.split_once('-').map_or(tag, |(version, _)| version).parse().ok().filter(|version| *version > 0)
}

/// The tags of a header, which may stand several times; an empty list for `*`, nothing where it does not stand.
fn tags<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<Option<Vec<Tag<'h>>>, Refusal> {
    let wrong = || Refusal::malformed(Message::with("bad_tags", [name]));
    let mut values = headers.get_all(name).iter().peekable();
    if values.peek().is_none() {
        return Ok(None);
    }
    let mut tags = Vec::new();
    let mut any = false;
    for value in values {
        let mut rest = value.to_str().map_err(|_| wrong())?.trim_matches([' ', '\t', ',']);
        if rest == "*" {
            any = true;
            continue;
        }
        while !rest.is_empty() {
            let (tag, more) = first(rest).ok_or_else(wrong)?;
            tags.push(tag);
            rest = more;
        }
    }
    match (any, tags.is_empty()) {
        (true, true) => Ok(Some(tags)),
        (false, false) => Ok(Some(tags)),
        _ => Err(wrong()),
    }
}

/// The first tag of a list, and the rest of it. A tag of ours is understood without its quotation marks too: some
/// programs drop them.
fn first(list: &str) -> Option<(Tag<'_>, &str)> {
    let (is_weak, quoted) = match list.strip_prefix("W/") {
        Some(quoted) => (true, quoted),
        None => (false, list),
    };
    let (text, rest) = match quoted.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None if is_weak => return None,
        None => {
            let (bare, rest) = quoted.split_at(quoted.find([',', ' ', '\t']).unwrap_or(quoted.len()));
            (Some(bare).filter(|bare| is_ours(bare))?, rest)
        }
    };
    let rest = rest.trim_start_matches([' ', '\t']);
    match rest.strip_prefix(',') {
        Some(rest) => Some((Tag { is_weak, text }, rest.trim_start_matches([' ', '\t', ',']))),
        None if rest.is_empty() => Some((Tag { is_weak, text }, rest)),
        None => None,
    }
}

/// Whether a text has the form of our tags.
fn is_ours(text: &str) -> bool {
    let (version, hash) = text.split_once('-').unwrap_or((text, ""));
    let is_hash = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()) && hash.bytes().all(is_hash)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    fn expected(values: &[&str]) -> Option<Expected> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("if-match", HeaderValue::from_str(value).unwrap());
        }
        if_match(&headers).ok()
    }

    #[test]
    fn lists_of_tags_are_read_as_they_are_written() {
        let versions = |versions: &[i64]| Some(Expected::Versions(versions.to_vec()));
        assert_eq!(expected(&[]), Some(Expected::Anything));
        assert_eq!(expected(&["*"]), Some(Expected::Existing));
        assert_eq!(expected(&["\"3-abc\""]), versions(&[3]));
        assert_eq!(expected(&["\"3\""]), versions(&[3]));
        assert_eq!(expected(&["\"3-a\" , \"4-b,\",W/\"5-c\""]), versions(&[3, 4]));
        assert_eq!(expected(&["\"3-a\"", "\"4-b\""]), versions(&[3, 4]));
        assert_eq!(expected(&["W/\"3-a\""]), versions(&[]), "a weak tag is never equal strongly");
        assert_eq!(expected(&["3-a, 4"]), versions(&[3, 4]), "as some programs send them");
        assert_eq!(expected(&["\"of another server\""]), versions(&[]));
        for wrong in ["x", "W/3", "3 4", "\"3", "\"3\" \"4\"", "", "*, \"3\"", "w/\"3\""] {
            assert_eq!(expected(&[wrong]), None, "{wrong}");
        }
    }
}
