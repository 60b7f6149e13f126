//! What is wrong with the definitions as they were last saved, for the problems page.
//!
//! Whoever watches the folder reports here; pages read. A report is a value: it is replaced as a whole, never changed.
//! It holds no rendering and no language; a diagnostic is the author's own text.

use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::diagnostic::{Diagnostic, Texts};
use jiff::Timestamp;

/// What came of the definitions as they were last saved.
#[derive(Clone, Debug, Default)]
pub struct Problems {
    /// When they were last compiled; nothing where nobody watches.
    pub checked: Option<Timestamp>,
    /// What became of them.
    pub outcome: Outcome,
    /// What was found, errors first, then by file and line.
    pub findings: Vec<Diagnostic>,
    /// The rows of data documents that could not be loaded, which keeps nothing from being in force.
    pub unloaded: Vec<Diagnostic>,
    /// The files that findings point into.
    pub excerpts: Excerpts,
}

/// What became of the definitions as they were last saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// They are in force.
    #[default]
    InForce,
    /// They have errors; those before them stay in force.
    Refused,
    /// The change to the database needs consent; those before them stay in force.
    Waiting(Waiting),
    /// They could not be put in force for another reason, which this sentence names.
    Held(String),
}

/// A plan that waits for consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What `fichero apply --consent` takes.
    pub consent: String,
    /// The steps in order.
    pub steps: Vec<WaitingStep>,
}

/// A step of a plan that waits for consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingStep {
    /// What it does.
    pub summary: String,
    /// Which definition asks for it, in words.
    pub cause: String,
    /// Where that definition stands, as `file:line:column`; nothing where it is gone.
    pub place: Option<String>,
    /// What it may do to others and to data, in a word or two: `safe`, `loses data`.
    pub hazard: String,
    /// How many rows it concerns, where that matters.
    pub rows: Option<u64>,
    /// What a reader should consider.
    pub note: Option<String>,
}

/// The texts of the files that findings point into.
#[derive(Clone, Debug, Default)]
pub struct Excerpts {
    texts: HashMap<Arc<str>, Arc<str>>,
}

impl Problems {
    /// A report. Findings are put in order, and the files they point into are kept with it.
    pub fn new(checked: Timestamp, outcome: Outcome, mut findings: Vec<Diagnostic>, texts: &dyn Texts) -> Self {
        findings.sort_by(|a, b| (a.severity, &a.place).cmp(&(b.severity, &b.place)));
        let excerpts = Excerpts::of(&findings, texts);
        Self { checked: Some(checked), outcome, findings, unloaded: Vec::new(), excerpts }
    }

    /// The same with the rows that could not be loaded, and the files they stand in.
    #[must_use]
    pub fn with_unloaded(mut self, unloaded: Vec<Diagnostic>, texts: &dyn Texts) -> Self {
        self.excerpts.texts.extend(Excerpts::of(&unloaded, texts).texts);
        self.unloaded = unloaded;
        self
    }

    /// All that was found.
    pub fn all(&self) -> impl Iterator<Item = &Diagnostic> {
        self.findings.iter().chain(&self.unloaded)
    }

    /// Whether there is anything for the author to do.
    pub fn is_empty(&self) -> bool {
        self.all().next().is_none() && self.outcome == Outcome::InForce
    }
}

impl Excerpts {
    /// The files that `findings` point into.
    fn of(findings: &[Diagnostic], texts: &dyn Texts) -> Self {
        let places = findings.iter().flat_map(|finding| {
            finding.place.iter().chain(finding.labels.iter().map(|label| &label.place)).map(|place| &place.file)
        });
        let mut kept = HashMap::new();
        for file in places {
            if !kept.contains_key(file)
                && let Some(text) = texts.text(file)
            {
                kept.insert(Arc::clone(file), text);
            }
        }
        Self { texts: kept }
    }
}

impl Texts for Excerpts {
    fn text(&self, file: &str) -> Option<Arc<str>> {
        self.texts.get(file).cloned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use fichero_model::code;
    use fichero_model::place::Place;

    use super::*;

    struct All;

    impl Texts for All {
        fn text(&self, file: &str) -> Option<Arc<str>> {
            Some(format!("text of {file}").into())
        }
    }

    #[test]
    fn errors_come_first_and_only_named_files_are_kept() {
        let place = |file: &str| Place::start_of(&file.into());
        let findings = vec![
            Diagnostic::warning(code::SIMILAR_NAME, &place("a.yaml"), "similar"),
            Diagnostic::error(code::UNKNOWN_KEY, &place("b.yaml"), "unknown").label(&place("c.yaml"), "here"),
        ];
        let problems = Problems::new(Timestamp::UNIX_EPOCH, Outcome::Refused, findings, &All);
        assert!(problems.findings[0].is_error());
        assert_eq!(problems.excerpts.text("c.yaml").as_deref(), Some("text of c.yaml"));
        assert_eq!(problems.excerpts.text("d.yaml"), None);
        assert!(!problems.is_empty());
        assert!(Problems::default().is_empty());
        let unloaded = vec![Diagnostic::error(code::DATA_ROW, &place("d.yaml"), "a row")];
        let problems = problems.with_unloaded(unloaded, &All);
        assert_eq!((problems.all().count(), problems.excerpts.text("c.yaml").is_some()), (3, true));
        assert_eq!(problems.excerpts.text("d.yaml").as_deref(), Some("text of d.yaml"));
    }
}
