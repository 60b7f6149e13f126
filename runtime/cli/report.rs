//! What a command tells, and where.
//!
//! What was asked for goes to standard output, in words or as one JSON value a line. Everything else goes to standard
//! error: findings about definitions, news along the way, why something failed. A reader that went away (`| head`) is
//! no failure; an answer that a full disk cuts short is.

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use fichero_model::diagnostic::{self, Diagnostic, Texts};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value as Json, json};

use super::exit::Failure;

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// For programs: one JSON value a line.
    Json,
}

/// Tells what a command has to tell.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// How results are written.
    pub format: Format,
    /// No news along the way.
    pub quiet: bool,
}

impl Report {
    /// What was asked for: `human` as it is, or `json` on one line.
    pub fn answer(self, human: &str, json: impl FnOnce() -> Json) {
        match self.format {
            Format::Human if human.is_empty() => {}
            Format::Human => out(human.trim_end_matches('\n')),
            Format::Json => out(&json().to_string()),
        }
    }

    /// What was done, for people who did not ask to be left alone; programs get `json`.
    pub fn summary(self, human: &str, json: impl FnOnce() -> Json) {
        if self.format == Format::Json || !self.quiet {
            self.answer(human, json);
        }
    }

    /// News along the way.
    pub fn note(self, text: &str) {
        match (self.quiet, self.format) {
            (true, _) => {}
            (false, Format::Human) => err(text),
            (false, Format::Json) => err(&json!({"note": text}).to_string()),
        }
    }

    /// Findings about definitions.
    pub fn findings(self, findings: &[Diagnostic], texts: &dyn Texts) {
        for finding in findings {
            match self.format {
                Format::Human => err(&diagnostic::render(finding, texts)),
                Format::Json => err(&finding.to_json().to_string()),
            }
        }
    }

    /// Why the command was not done.
    pub fn failure(self, failure: &Failure) {
        let Some(what) = &failure.what else { return };
        match self.format {
            Format::Human => {
                err(&format!("error: {what}"));
                if let Some(help) = &failure.help {
                    err(&format!("  = help: {help}"));
                }
            }
            Format::Json => err(&json!({"error": what, "help": failure.help, "exit": failure.exit as u8}).to_string()),
        }
    }

    /// Shows that something goes on of which nobody knows how long it takes; nothing is shown where nobody watches.
    pub fn spinner(self, what: &'static str) -> ProgressBar {
        match self.is_watched() {
            true => ProgressBar::new_spinner().with_message(what),
            false => ProgressBar::hidden(),
        }
    }

    /// Shows how much of a file of `length` bytes was read; nothing is shown where nobody watches.
    pub fn bytes(self, length: u64, what: &'static str) -> ProgressBar {
        self.bar(length, what)
    }

    /// Shows how many of so many rows were dealt with, once it is known how many there are; nothing is shown where nobody
    /// watches.
    pub fn rows(self, what: &'static str) -> ProgressBar {
        self.bar(0, what)
    }

    fn bar(self, length: u64, what: &'static str) -> ProgressBar {
        if !self.is_watched() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(length).with_message(what);
        match ProgressStyle::with_template("{wide_bar} {percent:>3} %  {msg}  {eta} left") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    }

    /// Whether a person watches the news, so that a progress bar is of use.
    fn is_watched(self) -> bool {
        self.format == Format::Human && !self.quiet && std::io::stderr().is_terminal()
    }
}

/// Whether something that was to be read on standard output could not be written.
static CUT_SHORT: AtomicBool = AtomicBool::new(false);

/// True when an answer is not whole, although nobody who read it went away.
pub fn is_cut_short() -> bool {
    CUT_SHORT.load(Ordering::Relaxed)
}

/// A line on standard output. Who reads may go away at any time; a full disk is told.
fn out(text: &str) {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
        && !CUT_SHORT.swap(true, Ordering::Relaxed)
    {
        err(&format!("error: the answer cannot be written to standard output: {error}"));
    }
}

/// A line on standard error.
fn err(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// `1 error`, `2 errors`: a number with its noun, for English sentences.
pub fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ if noun.ends_with('y') => format!("{count} {}ies", noun.trim_end_matches('y')),
        _ => format!("{count} {noun}s"),
    }
}
