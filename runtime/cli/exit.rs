//! How a command ends: its exit code, and what is said when it could not do what was asked.

use std::process::ExitCode;

/// The exit codes of the program, which scripts rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It was done.
    Done = 0,
    /// It was refused, or failed; stderr says why.
    Failed = 1,
    /// `plan` found that the database needs changes.
    Changes = 2,
    /// The change needs a consent that was not given.
    Consent = 3,
    /// Some rows were rejected; the others went in.
    Rejected = 4,
    /// The command line cannot be understood.
    Usage = 64,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why a command was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the program ends with.
    pub exit: Exit,
    /// One sentence: what is wrong. Nothing when it was said already.
    pub what: Option<String>,
    /// One sentence: how to mend it.
    pub help: Option<String>,
}

/// What a command gives.
pub type Outcome = Result<Exit, Failure>;

impl Failure {
    /// Something failed.
    pub fn new(what: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, what: Some(what.into()), help: None }
    }

    /// The command line cannot be understood.
    pub fn usage(what: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new(what) }
    }

    /// What is wrong was said already, as diagnostics.
    pub fn told() -> Self {
        Self { exit: Exit::Failed, what: None, help: None }
    }

    /// Says how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Something failed while a file or folder was read or written.
    pub fn file(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(format!("cannot {doing} {}: {error}", path.display()))
    }
}
