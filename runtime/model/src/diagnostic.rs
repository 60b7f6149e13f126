//! What an author is told about a definition: a code, a place, a story, and how to mend it.
//!
//! Owns the shape of a diagnostic and its rendering for people (`file:line:col: error[CODE]: message`, the source
//! line, a caret under the span) and for programs (JSON). Stages gather many of them; none stops at the first.
//! The catalogue of codes is in [`crate::code`].

use std::fmt::Write as _;
use std::sync::Arc;

use crate::code::Code;
use crate::place::Place;

/// How bad it is: an error keeps a model from being used, a warning does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The definitions cannot be used as they are.
    Error,
    /// The definitions can be used, but probably not with the meaning their author had in mind.
    Warning,
}

/// A second place that tells part of the story ("first declared here").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place meant.
    pub place: Place,
    /// What is to be seen there.
    pub message: String,
}

/// One finding about a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of finding; `fichero explain CODE` prints its page.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// One sentence without a full stop: what is wrong, with the names quoted in backticks.
    pub message: String,
    /// Where; none only for what concerns no file at all.
    pub place: Option<Place>,
    /// Other places of the story.
    pub labels: Vec<Label>,
    /// How to mend it, one sentence.
    pub help: Option<String>,
    /// The mended source line or lines, ready to paste, where it can be known.
    pub mended: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: Code, place: &Place, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            place: Some(place.clone()),
            labels: Vec::new(),
            help: None,
            mended: None,
        }
    }

    /// A warning at a place.
    pub fn warning(code: Code, place: &Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, place, message) }
    }

    /// Adds another place to the story.
    #[must_use]
    pub fn label(mut self, place: &Place, message: impl Into<String>) -> Self {
        self.labels.push(Label { place: place.clone(), message: message.into() });
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Gives the mended line, ready to paste.
    #[must_use]
    pub fn mended(mut self, line: impl Into<String>) -> Self {
        self.mended = Some(line.into());
        self
    }

    /// True for an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The finding as a JSON object with `code severity message file line column end help mended labels`.
    pub fn to_json(&self) -> serde_json::Value {
        let place = |place: &Place| serde_json::json!({"file": &*place.file, "line": place.line, "column": place.column, "start": place.start, "end": place.end});
        serde_json::json!({
            "code": self.code.name(),
            "severity": match self.severity { Severity::Error => "error", Severity::Warning => "warning" },
            "message": self.message,
            "place": self.place.as_ref().map(place),
            "labels": self.labels.iter().map(|label| serde_json::json!({"place": place(&label.place), "message": label.message})).collect::<Vec<_>>(),
            "help": self.help,
            "mended": self.mended,
        })
    }
}

/// Gives the text of a source file, for the rendering of its lines.
pub trait Texts {
    /// The whole text of `file`, or nothing when it is not at hand.
    fn text(&self, file: &str) -> Option<Arc<str>>;
}

/// Prints a finding for a person, ending with a new line.
pub fn render(diagnostic: &Diagnostic, texts: &dyn Texts) -> String {
    let mut out = String::new();
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    if let Some(place) = &diagnostic.place {
        let _ = write!(out, "{place}: ");
    }
    let _ = writeln!(out, "{severity}[{}]: {}", diagnostic.code.name(), diagnostic.message);
    if let Some(place) = &diagnostic.place {
        excerpt(&mut out, place, None, texts);
    }
    for label in &diagnostic.labels {
        if diagnostic.place.as_ref().is_none_or(|place| place.file != label.place.file) {
            let _ = writeln!(out, "  at {}", label.place);
        }
        excerpt(&mut out, &label.place, Some(&label.message), texts);
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "  = help: {help}");
    }
    if let Some(mended) = &diagnostic.mended {
        for line in mended.lines() {
            let _ = writeln!(out, "  + {line}");
        }
    }
    out
}

/// The longest part of a source line that is printed, in characters; longer lines are cut around the span.
const WIDEST: usize = 160;

fn excerpt(out: &mut String, place: &Place, message: Option<&str>, texts: &dyn Texts) {
    let Some(text) = texts.text(&place.file) else { return };
    let Some(line) = text.lines().nth(place.line.saturating_sub(1) as usize) else { return };
    let column = place.column.saturating_sub(1) as usize;
    let skipped = column.saturating_sub(WIDEST / 2);
    let shown: String = line.chars().skip(skipped).take(WIDEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let number = place.line.to_string();
    let bytes = (place.end.saturating_sub(place.start)) as usize;
    let width = text
        .get(place.start as usize..place.end as usize)
        .map_or(bytes, |span| span.lines().next().unwrap_or("").chars().count())
        .clamp(1, shown.chars().count().saturating_sub(column - skipped).max(1));
    let _ = writeln!(out, "{number:>5} | {shown}");
    let _ = write!(out, "      | {}{}", " ".repeat(column - skipped), "^".repeat(width));
    match message {
        Some(message) => {
            let _ = writeln!(out, " {message}");
        }
        None => out.push('\n'),
    }
}
