//! What is wrong with an expression, by its characters; and how it becomes a diagnostic in a file.

use std::ops::Range;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::place::Place;

/// Something wrong in an expression.
#[derive(Clone, Debug)]
pub(super) struct Slip {
    code: Code,
    /// Which bytes of the text.
    at: Range<usize>,
    message: String,
    help: Option<String>,
    mended: Option<String>,
}

impl Slip {
    pub(super) fn new(code: Code, at: Range<usize>, message: impl Into<String>) -> Self {
        Self { code, at, message: message.into(), help: None, mended: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds help when there is some.
    pub(super) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = self.help.or(help);
        self
    }

    /// Gives the whole expression with the bytes of the slip, or others, replaced.
    pub(super) fn mend(mut self, text: &str, at: Range<usize>, with: &str) -> Self {
        if let (Some(before), Some(after)) = (text.get(..at.start), text.get(at.end..)) {
            self.mended = Some(format!("{before}{with}{after}"));
        }
        self
    }

    /// The finding in the file: `place` is that of the text's first character.
    pub(super) fn diagnostic(self, text: &str, place: &Place) -> Diagnostic {
        let mut finding = Diagnostic::error(self.code, &within(text, place, &self.at), self.message);
        finding.help = self.help;
        finding.mended = self.mended;
        finding
    }
}

/// The place of some bytes of an expression. Exact within the first line; in a block of several lines the column is
/// that within the text, for the block's indentation is not known here.
pub fn within(text: &str, place: &Place, at: &Range<usize>) -> Place {
    let before = text.get(..at.start).unwrap_or(text);
    let lines = before.matches('\n').count();
    let column = match before.rfind('\n') {
        Some(newline) => before[newline + 1..].chars().count() + 1,
        None => place.column as usize + before.chars().count(),
    };
    let offset = |bytes: usize| place.start.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
    Place {
        file: place.file.clone(),
        line: place.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX)),
        column: u32::try_from(column).unwrap_or(u32::MAX),
        start: offset(at.start),
        end: offset(at.end.max(at.start)),
    }
}
