//! What is said of slips that show in the events of the parser: tags, split expressions, missing values, comments that
//! were text.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::place::Place;
use granit_parser::{ErrorKind, ScanError, Span};

use super::Finding;
use super::events::{Builder, Collection, Frame, KeySlot};
use super::mend;
use super::words;
use crate::node::{Entry, Key, Style};

impl Builder<'_> {
    /// Looks at the key that was just read.
    pub(super) fn check_key(&mut self) {
        let Some(Frame { collection: Collection::Map { key: KeySlot::Value(key), .. }, flow, .. }) = self.stack.last()
        else {
            return;
        };
        if key.style != Style::Plain {
            return;
        }
        let (text, place, flow) = (Arc::clone(&key.text), key.place.clone(), *flow);
        if &*text == "<<" {
            let diagnostic =
                Diagnostic::error(code::ANCHOR, &place, "`<<` is a YAML merge key, which definitions do not have")
                    .help(self.instead_of_anchor());
            self.findings.push(Finding::plain(diagnostic));
        } else if let Some(odd) = text.chars().find(|letter| is_odd_space(*letter)) {
            let fix = self.slice.line_text(place.line).map(|line| line.replace(odd, " "));
            let diagnostic = Diagnostic::error(
                code::SYNTAX,
                &place,
                format!("an invisible character (U+{:04X}) that looks like a space stands in the key", odd as u32),
            )
            .help("replace it by a common space; it usually comes from a web page or a word processor");
            self.findings.push(Finding::mended(diagnostic, place.line, fix));
        } else if looks_like_code(&text) && !(flow && is_unbalanced(&text)) {
            let diagnostic = Diagnostic::error(
                code::KEY_LIKE_CODE,
                &place,
                format!("the key `{text}` looks like part of an expression"),
            )
            .help("quote the whole expression, or the key itself if it really is one");
            self.findings.push(Finding::plain(diagnostic));
        }
    }

    /// A map or list stands where a key should.
    pub(super) fn odd_key(&mut self, place: &Place) {
        let template = place.start.checked_sub(1).is_some_and(|before| self.slice_text(before, place.start) == "{")
            && self.slice_text(place.start, place.start + 1) == "{";
        if template {
            let diagnostic = Diagnostic::error(
                code::UNQUOTED_EXPRESSION,
                place,
                "`{{` begins a YAML map, so the text is not read as a template",
            )
            .help("quote a text that begins with `{{`");
            self.note(diagnostic, place.line);
        } else {
            let diagnostic = Diagnostic::error(code::SYNTAX, place, "a key must be a word, not a map or a list")
                .help("check the brackets before the colon");
            self.note(diagnostic, place.line);
        }
    }

    /// Keys of a map that have no value.
    pub(super) fn nulls(&mut self, map: &Place, flow: bool, entries: &[Entry], nulls: &[Key]) {
        // A template `{{ name }}` is a map in place of a key, and told as such.
        let is_key =
            matches!(self.stack.last(), Some(Frame { collection: Collection::Map { key: KeySlot::Key, .. }, .. }));
        if flow && is_key {
            return;
        }
        if flow && let Some(finding) = self.split_expression(entries, nulls) {
            self.findings.push(finding);
            return;
        }
        if flow && nulls.len() > 1 && entries.is_empty() {
            let names: Vec<&str> = nulls.iter().map(|key| &*key.text).collect();
            let list = format!("[{}]", names.join(", "));
            let fix = (self.slice.line_text(map.line).filter(|_| nulls.iter().all(|key| key.place.line == map.line)))
                .and_then(|line| mend::replaced(line, map, &self.text_of(map), &list));
            let diagnostic = Diagnostic::error(code::NULL, map, "a list of names stands in braces")
                .help("braces hold keys and values; a list of names stands in brackets");
            self.findings.push(Finding::mended(diagnostic, map.line, fix));
            return;
        }
        for key in nulls {
            let fix = self
                .slice
                .line_text(key.place.line)
                .and_then(mend::space_after_colon)
                .filter(|_| key.text.contains(':'));
            let diagnostic = if fix.is_some() {
                Diagnostic::error(
                    code::SYNTAX,
                    &key.place,
                    format!("a space is missing behind the colon of `{}`", key.text),
                )
            } else {
                Diagnostic::error(code::NULL, &key.place, format!("the key `{}` has no value", key.text))
                    .help("give it a value or remove it; an empty map is `{}`, an empty text is `\"\"`")
            };
            self.findings.push(Finding::mended(diagnostic, key.place.line, fix));
        }
    }

    /// A flow map whose entry was cut at a comma of an expression: `{if: min(a, b) > 3, …}`.
    fn split_expression(&self, entries: &[Entry], nulls: &[Key]) -> Option<Finding> {
        let first_null = nulls.first()?;
        let cut = entries.iter().rev().find(|entry| entry.value.place.start < first_null.place.start)?;
        let scalar = cut.value.scalar().filter(|scalar| scalar.style == Style::Plain && is_unbalanced(&scalar.text))?;
        let mut place = cut.value.place.clone();
        // The expression goes on until its brackets and quotes are closed.
        let mut text = scalar.text.to_string();
        for key in nulls.iter().filter(|key| key.place.start > place.start) {
            place.end = key.place.end;
            text = self.text_of(&place);
            if !is_unbalanced(&text) {
                break;
            }
        }
        let diagnostic = Diagnostic::error(
            code::UNQUOTED_EXPRESSION,
            &place,
            format!("the comma splits `{text}` into several keys"),
        )
        .help("quote an expression that holds a comma inside a one-line map, or let it stand on its own line");
        let fix = self.slice.line_text(place.line).and_then(mend::line);
        Some(Finding::mended(diagnostic, place.line, fix))
    }

    /// A tag before a value.
    pub(super) fn tag(&mut self, span: &Span) {
        let tag = span.tag_span().unwrap_or(*span);
        let place = self.place(&tag);
        let text = self.text_of(&place);
        if text.starts_with("!!") {
            let diagnostic =
                Diagnostic::error(code::TAG, &place, format!("`{text}` is a YAML tag, which definitions do not have"))
                    .help("remove it; the key says by itself what it takes");
            let fix =
                self.slice.line_text(place.line).and_then(|line| mend::replaced(line, &place, &format!("{text} "), ""));
            return self.findings.push(Finding::mended(diagnostic, place.line, fix));
        }
        let diagnostic =
            Diagnostic::error(code::TAG, &place, format!("`{text}` is read as a YAML tag, so it would be lost"))
                .help("quote an expression that begins with `!`, or write `not` instead");
        self.note(diagnostic, place.line);
    }

    /// A comment behind a value, which may have been meant as part of it.
    pub(super) fn comment(&mut self, text: &str, span: &Span) {
        let Some(scalar) = self.last_scalar.take() else { return };
        let place = self.place(span);
        let value = self.text_of(&scalar);
        let same_line = place.line == scalar.line + value.matches('\n').count() as u32;
        let glued = text.starts_with(|letter: char| letter.is_alphanumeric() || letter == '{');
        let line = self.slice.line_text(place.line).unwrap_or("");
        let before: String = line.chars().take(place.column.saturating_sub(1) as usize).collect();
        if !same_line || !(glued && may_go_on(before.trim_end(), &value) || is_unbalanced(&value)) {
            return;
        }
        let diagnostic = Diagnostic::error(
            code::COMMENT_IN_TEXT,
            &place,
            format!("` #{text}` begins a comment, so it is not part of `{value}`"),
        )
        .help("quote the text if the `#` belongs to it; write a space behind `#` if it is a comment");
        // A number is part of the text; with a word both may be meant, so the line is offered and nothing is done by itself.
        let is_word = text.starts_with(char::is_alphabetic) && !is_unbalanced(&value);
        match (is_word, self.slice.line_text(place.line).and_then(mend::line)) {
            (true, Some(offered)) => self.findings.push(Finding::plain(diagnostic.mended(offered))),
            (_, _) => self.note(diagnostic, place.line),
        }
    }

    /// The file holds more values than are read.
    pub(super) fn too_many(&mut self, span: &Span) {
        let diagnostic = Diagnostic::error(
            code::TOO_MANY_NODES,
            &self.place(span),
            format!("the file holds more than {} values", super::MOST),
        )
        .help("split it by topic: any number of files may make up a pack");
        self.findings.push(Finding::plain(diagnostic));
    }

    /// The parser could not go on.
    pub(super) fn stopped(&mut self, error: &ScanError) {
        let marker = error.marker();
        let offset = marker.byte_offset().unwrap_or(self.slice.text.len()).min(self.slice.text.len());
        let place = self.slice.place(offset..offset + 1, marker.line(), marker.col());
        // What was found on the same line, or a comment that swallowed a bracket, is the cause.
        let known = self.findings.iter().any(|finding| {
            finding.diagnostic.code == code::COMMENT_IN_TEXT
                || finding.diagnostic.place.as_ref().is_some_and(|found| found.line == place.line)
        });
        if !known {
            let finding =
                self.left_open(error, &place).unwrap_or_else(|| words::explain(self.slice, error.kind(), place));
            self.findings.push(finding);
        }
    }

    /// A bracket left open on an earlier line is the cause of what went wrong here.
    fn left_open(&self, error: &ScanError, place: &Place) -> Option<Finding> {
        let open = self.stack.iter().rev().find(|frame| frame.flow)?;
        let at_end = matches!(error.kind(), ErrorKind::UnclosedFlowCollection { .. });
        let first = self.slice.line_text(open.place.line)?;
        if !at_end && (open.place.line >= place.line || !is_unbalanced(first)) {
            return None;
        }
        let sign = self.slice_text(open.place.start, open.place.start + 1);
        let mut place = open.place.clone();
        place.end = place.start + 1;
        let diagnostic =
            Diagnostic::error(code::SYNTAX, &place, format!("the `{sign}` that opens here is never closed"))
                .help(if sign == "{" { "close it with `}`" } else { "close it with `]`" });
        Some(Finding::mended(diagnostic, place.line, mend::closed(first)))
    }

    /// Notes a finding that quoting on its line mends.
    pub(super) fn note(&mut self, diagnostic: Diagnostic, line: u32) {
        let fix = self.slice.line_text(line).and_then(mend::line);
        self.findings.push(Finding::mended(diagnostic, line, fix));
    }

    /// What to do where an anchor was meant to save writing.
    pub(super) fn instead_of_anchor(&self) -> &'static str {
        "write it out; fields that several entities share belong into a `mixin`, options into an `options` document"
    }
}

/// Whether a text may go on with a `#` behind it: not behind brackets, quotes, a number or a truth.
fn may_go_on(before: &str, value: &str) -> bool {
    let ends = before.ends_with(['}', ']', '"', '\'']);
    !ends && value.parse::<f64>().is_err() && !matches!(value, "true" | "false")
}

/// Characters that look like a space and are none.
fn is_odd_space(letter: char) -> bool {
    letter != ' ' && letter.is_whitespace() || matches!(letter, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

/// Operators no name holds.
fn looks_like_code(key: &str) -> bool {
    ["==", "!=", "<=", ">=", "&&", "||", " < ", " > ", " and ", " or ", "\""].iter().any(|sign| key.contains(sign))
        || is_unbalanced(key)
}

/// True when a bracket or a double quote is left open or closed too often.
pub(super) fn is_unbalanced(text: &str) -> bool {
    let mut open = Vec::new();
    let mut quoted = false;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if quoted => {
                letters.next();
            }
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => open.push(letter),
            ')' | ']' | '}' if !quoted => {
                let expected = match letter {
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                if open.pop() != Some(expected) {
                    return true;
                }
            }
            _ => {}
        }
    }
    quoted || !open.is_empty()
}
