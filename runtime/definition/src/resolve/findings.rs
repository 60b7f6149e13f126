//! What was found wrong so far, and what not to say because it only follows from that.
//!
//! What must hold: a slip is told once, where it was made. A definition with an error of its own is *broken*: it keeps
//! its name, so that nothing else fails for want of it, and what an expression that names it complains of is not told.

use std::collections::HashSet;
use std::sync::Arc;

use fichero_model::code::{self, Code};
use fichero_model::diagnostic::{Diagnostic, Texts as _};
use fichero_model::name;
use fichero_model::place::Place;

use super::files::Files;
use super::gaps::{Gaps, is_of_reading};

/// Findings in the order they were made.
pub(super) struct Findings<'s> {
    files: &'s Files<'s>,
    found: Vec<Diagnostic>,
    told: HashSet<(Code, Place)>,
    broken: HashSet<Arc<str>>,
    unreadable: HashSet<(Arc<str>, u32)>,
    gaps: Gaps,
}

/// How things stood at some time.
pub(super) struct Mark {
    found: usize,
    broken: HashSet<Arc<str>>,
}

impl<'s> Findings<'s> {
    /// None yet. `files` gives the source lines that mended lines are made from.
    pub fn new(files: &'s Files<'s>) -> Self {
        Self {
            files,
            found: Vec::new(),
            told: HashSet::new(),
            broken: HashSet::new(),
            unreadable: HashSet::new(),
            gaps: Gaps::default(),
        }
    }

    /// What was found before, by whoever read the files, and what that leaves unknown.
    pub fn begin(&mut self, diagnostics: Vec<Diagnostic>, gaps: Gaps) {
        self.gaps = gaps;
        for diagnostic in &diagnostics {
            if let Some(place) = diagnostic.place.as_ref().filter(|_| is_of_reading(diagnostic.code)) {
                self.unreadable.insert((Arc::clone(&place.file), place.line));
            }
        }
        for diagnostic in diagnostics {
            if is_of_reading(diagnostic.code) || !self.is_unreadable(&diagnostic) {
                self.add(diagnostic);
            }
        }
    }

    /// The source files.
    pub fn files(&self) -> &'s Files<'s> {
        self.files
    }

    /// Adds a finding, once per code and place: a mixin's slip is found again in every entity that is like it.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if !self.follows_from_gaps(&diagnostic) {
            self.add(diagnostic);
        }
    }

    /// Whether a finding may only follow from what could not be read.
    fn follows_from_gaps(&self, diagnostic: &Diagnostic) -> bool {
        let beside = || diagnostic.place.as_ref().is_some_and(|place| self.gaps.is_beside(place));
        if self.is_unreadable(diagnostic) || is_of_what_lacks(diagnostic.code) && beside() {
            return true;
        }
        if !is_missing_name(diagnostic.code) {
            return false;
        }
        let of_option = self.gaps.options && [code::UNKNOWN_OPTION, code::UNKNOWN_STAGE].contains(&diagnostic.code);
        let of_entity = || self.gaps.entities.iter().any(|entity| diagnostic.message.contains(&format!("`{entity}`")));
        self.gaps.documents || of_option || of_entity()
    }

    /// Whether a finding is on a line that could not be read.
    fn is_unreadable(&self, diagnostic: &Diagnostic) -> bool {
        let place = diagnostic.place.as_ref();
        place.is_some_and(|place| self.unreadable.contains(&(Arc::clone(&place.file), place.line)))
    }

    fn add(&mut self, diagnostic: Diagnostic) {
        let first = match &diagnostic.place {
            Some(place) => self.told.insert((diagnostic.code, place.clone())),
            None => true,
        };
        if first {
            self.found.push(diagnostic);
        }
    }

    /// Whether it was told already that what stands at a place does not belong to its field: what else is wrong with it
    /// follows from that.
    pub fn is_out_of_place(&self, place: &Place) -> bool {
        [code::KEY_NOT_FOR_TYPE, code::MANY].into_iter().any(|code| self.told.contains(&(code, place.clone())))
    }

    /// Adds an error.
    pub fn error(&mut self, code: Code, place: &Place, message: impl Into<String>) {
        self.push(Diagnostic::error(code, place, message));
    }

    /// Adds an error with how to mend it.
    pub fn error_with_help(&mut self, code: Code, place: &Place, message: impl Into<String>, help: impl Into<String>) {
        self.push(Diagnostic::error(code, place, message).help(help));
    }

    /// Says that nothing known bears `name`, which stands at `place`; helps with the nearest of the known names.
    pub fn unknown<'n>(
        &mut self,
        code: Code,
        place: &Place,
        message: impl Into<String>,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) {
        let mut diagnostic = Diagnostic::error(code, place, message);
        let known: Vec<&str> = known.into_iter().collect();
        if let Some(near) = name::did_you_mean(name, known.iter().copied()) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            if let Some(line) = self.mended(place, name, near) {
                diagnostic = diagnostic.mended(line);
            }
        } else if known.is_empty() {
            diagnostic = diagnostic.help("there is none yet");
        } else if known.len() <= 12 {
            diagnostic = diagnostic.help(format!("there {}", listed(&known)));
        }
        self.push(diagnostic);
    }

    /// The source line of `place` with `old` (the first in the range) replaced by `new`.
    pub fn mended(&self, place: &Place, old: &str, new: &str) -> Option<String> {
        let text = self.files.text(&place.file)?;
        let span = text.get(place.start as usize..place.end as usize)?;
        let at = place.start as usize + span.find(old)?;
        let line_start = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text.get(at..)?.find('\n').map_or(text.len(), |newline| at + newline);
        let before = text.get(line_start..at)?;
        let after = text.get(at + old.len()..line_end)?;
        Some(format!("{before}{new}{after}").trim_end().to_owned())
    }

    /// Takes back what was found since `mark`, and what became broken by it.
    pub fn take_back(&mut self, mark: Mark) {
        self.found.truncate(mark.found);
        self.broken = mark.broken;
    }

    /// How things stand, to come back to.
    pub fn mark(&self) -> Mark {
        Mark { found: self.found.len(), broken: self.broken.clone() }
    }

    /// What was found since `mark`.
    pub fn since(&self, mark: &Mark) -> &[Diagnostic] {
        self.found.get(mark.found..).unwrap_or_default()
    }

    /// Remembers that the definition of this name has an error of its own.
    pub fn set_broken(&mut self, name: &Arc<str>) {
        self.broken.insert(Arc::clone(name));
    }

    /// True when the definition of this name has an error of its own.
    pub fn is_broken(&self, name: &str) -> bool {
        self.broken.contains(name)
    }

    /// Adds what is wrong with an expression, unless it may only follow from something broken that it names.
    pub fn push_expression(&mut self, text: &str, diagnostics: Vec<Diagnostic>) {
        let names_broken = !self.broken.is_empty() && words(text).any(|word| self.broken.contains(word));
        for diagnostic in diagnostics {
            if !names_broken || is_own(diagnostic.code) {
                self.push(diagnostic);
            }
        }
    }

    /// True when an error was found.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(Diagnostic::is_error)
    }

    /// All of them.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.found
    }
}

/// A list of names for a sentence: `is only` one, or `are` several.
pub(super) fn listed(names: &[&str]) -> String {
    match names {
        [one] => format!("is only `{one}`"),
        several => format!("are {}", quoted(several)),
    }
}

/// Names in backticks, with commas and a last `and`.
pub(super) fn quoted(names: &[&str]) -> String {
    let all: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match all.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// The words of an expression that may be names.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).filter(|word| !word.is_empty())
}

/// Slips of an expression that nothing else can be the cause of.
fn is_own(code: Code) -> bool {
    [code::EXPRESSION_SYNTAX, code::UNKNOWN_FUNCTION, code::TEXT_QUOTES, code::ASSIGNMENT, code::NOT_ALLOWED_HERE]
        .contains(&code)
}

/// Slips that may be nothing but what is lost of their own document.
fn is_of_what_lacks(code: Code) -> bool {
    [
        code::MISSING_KEY,
        code::ATTRIBUTE,
        code::PIPELINE,
        code::UNIQUE_FIELDS,
        code::SEQUENCE_PATTERN,
        code::SCENARIO,
        code::DATA_ROW,
        code::MAPPING,
    ]
    .contains(&code)
}

/// Slips that a missing document may be the cause of.
fn is_missing_name(code: Code) -> bool {
    [
        code::UNKNOWN_REFERENCE,
        code::UNKNOWN_NAME,
        code::UNKNOWN_TYPE,
        code::UNKNOWN_OPTION,
        code::UNKNOWN_STAGE,
        code::LINES_PARENT,
        code::ROLLUP,
        code::DATA_ROW,
        code::TRANSLATION,
        code::SCRIPT,
    ]
    .contains(&code)
}
