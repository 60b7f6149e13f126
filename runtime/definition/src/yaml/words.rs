//! Says in plain words why the parser could not go on, and how to mend it.

use fichero_model::code::{self, Code};
use fichero_model::diagnostic::Diagnostic;
use fichero_model::place::Place;
use granit_parser::ErrorKind;

use super::mend;
use super::{Finding, Slice};

/// The finding for an error of the parser at a place.
pub(super) fn explain(slice: &Slice<'_>, kind: &ErrorKind, place: Place) -> Finding {
    match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => {
            return tab(slice, place);
        }
        ErrorKind::DirectiveDisallowed => {
            return finding(code::SYNTAX, &place, "a YAML directive, which definitions do not have", "remove the line");
        }
        ErrorKind::UnclosedQuotedScalar => {
            let mended = slice.line_text(place.line).and_then(mend::quote_closed);
            let diagnostic = Diagnostic::error(code::SYNTAX, &place, "the quote that opens here is never closed")
                .help("close it, or quote the whole text if the quote is part of it");
            return Finding::mended(diagnostic, place.line, mended);
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape => {
            let mended = slice.line_text(place.line).and_then(|line| mend::in_single_quotes(line, place.column));
            let diagnostic = Diagnostic::error(
                code::SYNTAX,
                &place,
                "a backslash in double quotes begins an escape that does not exist",
            )
            .help("write the text in single quotes, where a backslash is a backslash");
            return Finding::mended(diagnostic, place.line, mended);
        }
        ErrorKind::BlockSequenceEntryNotAllowed => {
            return finding(
                code::UNQUOTED_EXPRESSION,
                &place,
                "a value that begins with `- ` is read as an item of a list",
                "begin a list on the line beneath its key; quote an expression that begins with `-`",
            );
        }
        ErrorKind::RecursionLimitExceeded => {
            return finding(
                code::TOO_DEEP,
                &place,
                "nested too deeply",
                "check the brackets and the indentation above this place",
            );
        }
        _ => {}
    }
    if let Some(finding) = missing_space(slice, kind, &place).or_else(|| too_far_in(slice, kind, &place)) {
        return finding;
    }
    if let Some(finding) = sign_before_block(slice, kind, &place) {
        return finding;
    }
    if let Some(line) = slice.line_text(place.line)
        && let Some(mended) = mend::line(line)
    {
        let (code, message) = unquoted(kind, line, &place);
        let diagnostic = Diagnostic::error(code, &place, message)
            .help("quote the whole value, or let it stand on its own line behind `>-`");
        return Finding::mended(diagnostic, place.line, Some(mended));
    }
    let (message, help) = words(slice, kind, &place);
    finding(code::SYNTAX, &place, &message, &help)
}

/// `!(a > 1)`: what begins the value is a tag or an anchor, so that its `>` stands where a block of text may begin.
fn sign_before_block(slice: &Slice<'_>, kind: &ErrorKind, place: &Place) -> Option<Finding> {
    if *kind != ErrorKind::InvalidBlockScalarHeader {
        return None;
    }
    let line = slice.line_text(place.line)?;
    let (column, value) = mend::value(line)?;
    let word = value.split(' ').next()?;
    let (code, what) = match word.chars().next()? {
        '!' => (code::TAG, "tag"),
        '&' => (code::ANCHOR, "anchor"),
        _ => return None,
    };
    let here = line_place(place, slice, place.line, column, word.chars().count())?;
    let diagnostic = Diagnostic::error(code, &here, format!("`{word}` is read as a YAML {what}, so it would be lost"))
        .help(format!("quote an expression that begins with `{}`", &word[..1]));
    Some(Finding::mended(diagnostic, place.line, mend::line(line)))
}

/// What is said of a value that must be quoted.
fn unquoted(kind: &ErrorKind, line: &str, place: &Place) -> (Code, String) {
    let sign = line.chars().nth(place.column.saturating_sub(1) as usize).unwrap_or(' ');
    match kind {
        ErrorKind::MappingValueNotAllowed => {
            (code::KEY_LIKE_CODE, "a colon and a space inside a value begin a key".to_owned())
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => {
            (code::UNQUOTED_EXPRESSION, "the value begins with a quoted text but goes on behind it".to_owned())
        }
        ErrorKind::ExpectedFlowMappingSeparator if sign == ':' => {
            (code::KEY_LIKE_CODE, "a colon and a space inside a value begin a key".to_owned())
        }
        ErrorKind::InvalidBlockScalarHeader => {
            (code::UNQUOTED_EXPRESSION, format!("a value that begins with `{sign}` is read as a block of text"))
        }
        ErrorKind::ExpectedBlockMappingKey => {
            (code::UNQUOTED_EXPRESSION, "the value begins with a bracket but goes on behind it".to_owned())
        }
        _ if sign.is_whitespace() => (code::UNQUOTED_EXPRESSION, "the value cannot stand without quotes".to_owned()),
        _ => (code::UNQUOTED_EXPRESSION, format!("`{sign}` means something to YAML here, so the value breaks apart")),
    }
}

fn words(slice: &Slice<'_>, kind: &ErrorKind, place: &Place) -> (String, String) {
    let (message, help) = match kind {
        ErrorKind::UnclosedFlowCollection { open } => {
            let close = if *open == '{' { '}' } else { ']' };
            return (format!("the `{open}` that opens here is never closed"), format!("close it with `{close}`"));
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            return (
                format!("`{close}` does not close the `{open}` before it"),
                "braces `{}` hold keys and values, brackets `[]` hold lists".to_owned(),
            );
        }
        ErrorKind::MisplacedFlowCollectionEnd => ("a bracket that closes nothing", "remove it, or open it before"),
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => {
            ("something stands behind a closing quote", "quote the whole value or key")
        }
        ErrorKind::SimpleKeyExpected => ("a key without a colon", "write `key: value`; a list item begins with `- `"),
        ErrorKind::InvalidIndentation
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::ExpectedDocumentStart
        | ErrorKind::InvalidBlockScalarIndent
        | ErrorKind::InvalidQuotedScalarIndent => return indentation(slice, place),
        ErrorKind::BlockEntryInFlowCollection => {
            ("a list item cannot stand inside brackets", "write the list without `- `, with commas between")
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::MappingKeyNotAllowed => {
            ("a key cannot stand here", "put it on its own line, indented as its neighbours are, or quote the text")
        }
        ErrorKind::ExpectedFlowMappingSeparator if word_before(slice, place).is_some() => {
            let word = word_before(slice, place).unwrap_or_default();
            return (
                format!("the entry of the map does not end before `{word}:`"),
                format!("put a comma before `{word}`, or quote the text if the colon belongs to it"),
            );
        }
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::UnexpectedEofImplicitFlowMapping => (
            "the entry of the map does not end here",
            "put a comma between entries, and quote values that hold brackets, commas or `: `",
        ),
        ErrorKind::ExpectedFlowSequenceSeparator => (
            "the item of the list does not end here",
            "put a comma between items, and quote items that hold brackets or commas",
        ),
        ErrorKind::InvalidColonPlacement => {
            ("a colon where none can stand", "close the bracket opened before it, or quote the text")
        }
        ErrorKind::UnexpectedCharacter { character } => {
            return (format!("a value cannot begin with `{character}`"), "quote it".to_owned());
        }
        ErrorKind::BomInsideDocument => {
            ("an invisible byte-order mark inside the file", "remove it; it usually comes from joining files")
        }
        ErrorKind::CommentInterceptedScalar => {
            ("a comment in the middle of a text", "quote the text, or move the comment")
        }
        ErrorKind::CommentNotSeparated => ("a comment must have a space before its `#`", "write a space before `#`"),
        ErrorKind::InvalidSimpleKey => {
            ("a key is too long, or goes over several lines", "keys are short words; quote a value that holds `: `")
        }
        ErrorKind::DocumentIndicatorInQuotedScalar => {
            ("a document ends inside a quoted text", "close the quote before `---`")
        }
        ErrorKind::InvalidBlockScalarHeader => {
            ("the text behind `|` or `>` begins on the next line", "begin it on the next line, or quote the value")
        }
        _ => (
            "this cannot be read as YAML",
            "check colons, quotes, brackets and the indentation of this line and the one before",
        ),
    };
    (message.to_owned(), help.to_owned())
}

/// A line whose indentation fits none above it.
fn indentation(slice: &Slice<'_>, place: &Place) -> (String, String) {
    let width = |line: &str| line.chars().take_while(|letter| *letter == ' ').count();
    let here = slice.line_text(place.line).map_or(0, width);
    // The indentations above, from the nearest line outwards, each less than the one before.
    let mut above: Vec<(usize, u32)> = Vec::new();
    for number in (1..place.line).rev() {
        let Some(line) = slice.line_text(number) else { break };
        if !line.trim().is_empty() && above.last().is_none_or(|(least, _)| width(line) < *least) {
            above.push((width(line), number));
        }
    }
    let beside = |(width, line): &(usize, u32)| format!("by {width} as line {line} is");
    let (inner, outer) =
        (above.iter().rev().find(|(width, _)| *width > here), above.iter().find(|(width, _)| *width < here));
    match (inner, outer) {
        (Some(inner), Some(outer)) => (
            format!("the line is indented by {here} spaces, which fits no line above it"),
            format!("indent it {} or {}", beside(inner), beside(outer)),
        ),
        _ => (
            "the line does not fit what stands above it".to_owned(),
            "a map holds `key: value` lines indented alike, a list `- ` items indented alike".to_owned(),
        ),
    }
}

/// The word that a colon at a place stands behind, if one stands there.
fn word_before<'s>(slice: &'s Slice<'_>, place: &Place) -> Option<&'s str> {
    let line = slice.line_text(place.line)?;
    let at = line.char_indices().nth(place.column.checked_sub(1)? as usize)?.0;
    let before = line.get(..at).filter(|_| line.get(at..).is_some_and(|rest| rest.starts_with(':')))?;
    let start = before.rfind(|letter: char| !(letter.is_alphanumeric() || letter == '_')).map_or(0, |at| at + 1);
    before.get(start..).filter(|word| !word.is_empty() && before.get(..start).is_some_and(|rest| rest.ends_with(' ')))
}

fn tab(slice: &Slice<'_>, place: Place) -> Finding {
    // The parser stops behind the tab, or at the text that would go on behind it; the caret belongs under it.
    let lines = (place.line..).map_while(|number| Some((number, slice.line_text(number)?)));
    let found = lines
        .filter_map(|(number, line)| Some((number, line.chars().position(|letter| letter == '\t')?)))
        .next()
        .and_then(|(number, column)| line_place(&place, slice, number, column, 1));
    let place = found.unwrap_or(place);
    let mended = slice.line_text(place.line).map(|line| {
        let text = line.trim_start_matches([' ', '\t']);
        let indentation = line.get(..line.len() - text.len()).unwrap_or("");
        format!("{}{}", indentation.replace('\t', "  "), text.replace('\t', " "))
    });
    let diagnostic = Diagnostic::error(code::TAB, &place, "a tab stands where YAML wants spaces")
        .help("replace it by spaces; `fichero fmt` does it for you");
    Finding::mended(diagnostic, place.line, mended)
}

/// `name:text` on a line before another key: YAML reads on and stumbles over the next colon.
fn missing_space(slice: &Slice<'_>, kind: &ErrorKind, place: &Place) -> Option<Finding> {
    if !matches!(kind, ErrorKind::MappingValueNotAllowed | ErrorKind::SimpleKeyExpected) {
        return None;
    }
    [place.line, place.line.checked_sub(1)?].into_iter().find_map(|number| {
        let line = slice.line_text(number)?;
        let mended = mend::space_after_colon(line)?;
        let column = line.chars().take_while(|letter| *letter == ' ').count();
        let word = line.trim_start().split(':').next().unwrap_or("").chars().count();
        let place = line_place(place, slice, number, column + word, 1)?;
        let diagnostic = Diagnostic::error(code::SYNTAX, &place, "a space is missing behind the colon");
        Some(Finding::mended(diagnostic, number, Some(mended)))
    })
}

/// A line indented more than the one before it, which has a value already.
fn too_far_in(slice: &Slice<'_>, kind: &ErrorKind, place: &Place) -> Option<Finding> {
    if *kind != ErrorKind::MappingValueNotAllowed {
        return None;
    }
    let line = slice.line_text(place.line)?;
    let before_number = (1..place.line)
        .rev()
        .take(50)
        .find(|number| slice.line_text(*number).is_some_and(|line| !line.trim().is_empty()))?;
    let before = slice.line_text(before_number)?;
    let indentation = |line: &str| line.chars().take_while(|letter| *letter == ' ').count();
    let (has, wants) = (indentation(line), indentation(before));
    // Only when this colon is the first of its line does the line begin with the stray key.
    let first_colon = line.find(": ").or_else(|| line.strip_suffix(':').map(str::len))?;
    if has <= wants || line.get(..first_colon)?.chars().count() != place.column.saturating_sub(1) as usize {
        return None;
    }
    let mended = format!("{}{}", " ".repeat(wants), line.trim_start());
    let here = line_place(place, slice, place.line, has, line.trim_start().chars().count())?;
    let diagnostic = Diagnostic::error(
        code::SYNTAX,
        &here,
        format!("the line is indented by {has} spaces, the one before it by {wants}"),
    )
    .help("indent all keys of a map alike; only what belongs to a key without a value of its own stands further in");
    Some(Finding::mended(diagnostic, place.line, Some(mended)))
}

/// The place of some characters of a line.
fn line_place(near: &Place, slice: &Slice<'_>, number: u32, column: usize, length: usize) -> Option<Place> {
    let line = slice.line_text(number)?;
    let line_start = line.as_ptr() as usize - slice.text.as_ptr() as usize;
    let byte_of = |column: usize| line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    Some(Place {
        file: std::sync::Arc::clone(&near.file),
        line: number,
        column: column as u32 + 1,
        start: (slice.offset + line_start + byte_of(column)) as u32,
        end: (slice.offset + line_start + byte_of(column + length)) as u32,
    })
}

fn finding(code: Code, place: &Place, message: &str, help: &str) -> Finding {
    Finding::plain(Diagnostic::error(code, place, message).help(help))
}
