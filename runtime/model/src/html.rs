//! Rich text: what people may write of HTML, and the words of it.
//!
//! Only what is on the list is kept: the shapes of text and links to the outside. No style, no script, no picture that
//! would be fetched from elsewhere, no name that could clash with those of a page. A text without any mark-up becomes
//! paragraphs, so that one who knows no HTML writes what it will look like.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::Builder;
use regex::Regex;

/// The shapes of text.
const TAGS: [&str; 32] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "i",
    "ins",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "s",
    "small",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "u",
];

/// Those that stand in a line of text: what they hold is no word of its own.
const INLINE: [&str; 14] =
    ["a", "abbr", "b", "code", "del", "em", "i", "ins", "mark", "s", "small", "strong", "sub", "sup"];

/// How often a text is cleaned until it stays as it is; one or two are enough but for what nobody writes.
const MOST_ROUNDS: usize = 8;

/// Where a link may lead.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

static RULES: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut rules = Builder::empty();
    rules
        .tags(TAGS.into_iter().chain(["ul"]).collect())
        .clean_content_tags(HashSet::from(["script", "style", "title", "template", "noscript"]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("abbr", HashSet::from(["title"])),
            ("ol", HashSet::from(["start"])),
            ("td", HashSet::from(["colspan", "rowspan"])),
            ("th", HashSet::from(["colspan", "rowspan"])),
        ]))
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"));
    rules
});

/// A tag, a comment or a sign written by its name.
static MARK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"<[/!]?[A-Za-z-][^>]*>|&(?:[A-Za-z]{2,31}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});").ok());

/// Rich text with nothing in it but what is on the list; what was plain as paragraphs.
pub fn clean(text: &str) -> String {
    if text.trim().is_empty() {
        return text.to_owned();
    }
    let is_marked = |text: &str| MARK.as_ref().is_some_and(|mark| mark.is_match(text));
    let mut text = text.to_owned();
    // What stands where it may not is moved, and is moved again where it may not stand there either.
    for _ in 0..MOST_ROUNDS {
        let cleaned = match is_marked(&text) {
            true => RULES.clean(text.trim()).to_string().trim().to_owned(),
            false => paragraphs(&text),
        };
        if cleaned == text {
            break;
        }
        text = cleaned;
    }
    text
}

/// The words of rich text: each block on lines of its own, signs as they are read.
pub fn words(html: &str) -> String {
    let mut words = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        words.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('>') else { break };
        let tag = rest[open + 1..open + close].trim_start_matches('/');
        let name = tag.split(|sign: char| !sign.is_ascii_alphanumeric()).next().unwrap_or_default();
        if !INLINE.contains(&name) && !words.ends_with('\n') && !words.is_empty() {
            words.push('\n');
        }
        rest = &rest[open + close + 1..];
    }
    words.push_str(rest);
    let words = words.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    words.replace("&amp;", "&").trim().to_owned()
}

/// Plain text: an empty line parts paragraphs, a line break stays.
fn paragraphs(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let blocks = escaped.split("\n\n").map(|block| block.trim_matches('\n')).filter(|block| !block.trim().is_empty());
    blocks.map(|block| format!("<p>{}</p>", block.trim().replace('\n', "<br>"))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_unsafe_goes_and_what_shapes_text_stays() {
        for (text, kept) in [
            ("<p>Hi <b>you</b></p>", "<p>Hi <b>you</b></p>"),
            ("<p onclick=x style=color:red id=a class=b>Hi</p>", "<p>Hi</p>"),
            ("a<script>alert(1)</script>b", "<p>ab</p>"),
            ("<img src=x onerror=alert(1)><svg/onload=alert(1)>x", "<p>x</p>"),
            ("<iframe src=//evil></iframe><form action=/x><input name=a></form>ok", "<p>ok</p>"),
            ("<a href=\"javascript:alert(1)\">l</a>", "<a rel=\"noopener noreferrer nofollow\">l</a>"),
            ("<a href=\" jAvA&#9;script:x\">l</a>", "<a rel=\"noopener noreferrer nofollow\">l</a>"),
            ("<a href=/logout>l</a>", "<a rel=\"noopener noreferrer nofollow\">l</a>"),
            (
                "<a href=https://a.example/?x=1&amp;y target=_top>l</a>",
                "<a href=\"https://a.example/?x=1&amp;y\" rel=\"noopener noreferrer nofollow\">l</a>",
            ),
            ("<b>open", "<b>open</b>"),
            ("</div></main>x", "<p>x</p>"),
            (
                "<style>p{}</style><table><tr><td colspan=2>x",
                "<table><tbody><tr><td colspan=\"2\">x</td></tr></tbody></table>",
            ),
            ("<!-- c -->x<![CDATA[y]]>", "<p>x</p>"),
        ] {
            assert_eq!(clean(text), kept, "{text}");
        }
    }

    #[test]
    fn plain_text_becomes_paragraphs() {
        assert_eq!(clean("Dear Ann,\nhello\n\nA & B: 1 < 2"), "<p>Dear Ann,<br>hello</p><p>A &amp; B: 1 &lt; 2</p>");
        assert_eq!(clean(" "), " ");
    }

    #[test]
    fn words_are_what_one_reads() {
        let html =
            "<p>Un<b>believ</b>able &amp; <a href=\"https://a.example\">true</a></p><ul><li>one</li><li>two</li></ul>";
        assert_eq!(words(html), "Unbelievable & true\none\ntwo");
        assert_eq!(words("1 &lt; 2&nbsp;&amp;lt;"), "1 < 2 &lt;");
    }

    proptest! {
        #[test]
        fn what_was_cleaned_stays_as_it_is(
            pieces in proptest::collection::vec(
                proptest::sample::select(vec![
                    "<p>", "</p>", "<b", ">", "<script>", "</script>", "<a href='", "'", "\"", "javascript:", "<!--", "-->",
                    "<style>", "<math>", "<svg>", "<td>", "<table>", "&lt;", "&", "x", "\n\n", " onload=1 ", "<br/>",
                ]), 0..12),
        ) {
            let once = clean(&pieces.concat());
            prop_assert_eq!(clean(&once), once.clone());
            let lower = once.to_lowercase();
            for bad in ["<script", "<style", "<svg", "<math", "<!--", "<img"] {
                prop_assert!(!lower.contains(bad), "{}", once);
            }
        }
    }
}
