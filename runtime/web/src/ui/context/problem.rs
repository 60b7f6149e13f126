//! What is wrong with the definitions, for their author.

use serde::Serialize;

use super::{Page, When};

/// The findings of the last compilation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProblemsPage {
    /// The surroundings.
    pub page: Page,
    /// The last save was refused: the model before it is still the one served.
    pub refused: bool,
    /// When the definitions were last compiled.
    pub checked: When,
    /// The number of the deployment that is served.
    pub deployment: i64,
    /// Its revision, shortened.
    pub revision: String,
    /// Why definitions without errors could not be put in force.
    pub held: Option<String>,
    /// The change to the database that waits for consent.
    pub waiting: Option<WaitingPlan>,
    /// Errors first, then warnings, each by file and line.
    pub findings: Vec<Finding>,
}

/// A change to the database that waits for consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingPlan {
    /// What `fichero apply --consent` takes.
    pub consent: String,
    /// In their order.
    pub steps: Vec<WaitingStep>,
}

/// A step of a change to the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingStep {
    /// What it does.
    pub summary: String,
    /// Which definition asks for it, in words.
    pub cause: String,
    /// Where that definition stands, as `file:line:column`.
    pub place: Option<String>,
    /// What it may do to data, in a word or two.
    pub hazard: String,
    /// How many rows it concerns, where that matters.
    pub rows: Option<u64>,
    /// What a reader should consider.
    pub note: Option<String>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The definitions cannot be used.
    Error,
    /// They can, but probably not as meant.
    Warning,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Its code, such as `F0403`.
    pub code: String,
    /// What is wrong. Parts in backticks are shown as code.
    pub message: String,
    /// Where, as `file:line:column`; none for what concerns no file.
    pub place: Option<String>,
    /// The lines that tell the story, the one at fault first.
    pub excerpts: Vec<Excerpt>,
    /// How to mend it. Parts in backticks are shown as code.
    pub help: Option<String>,
    /// The mended lines, ready to paste.
    pub mended: Option<String>,
}

/// A source line with the part that matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// `file:line:column`, when it is another file than the finding's.
    pub place: Option<String>,
    /// Counted from one.
    pub line: u32,
    /// The text before the part that matters.
    pub before: String,
    /// The part that matters; may be empty for a place between characters.
    pub marked: String,
    /// The text after it.
    pub after: String,
    /// What is to be seen there.
    pub note: Option<String>,
}
