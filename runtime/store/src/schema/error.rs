//! Why a schema cannot be changed, or a command not run.

use std::fmt;

use fichero_model::diagnostic::Diagnostic;

use super::Plan;

/// Why a schema cannot be changed, or a command not run.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// What is stored cannot become what the model wants; for the author.
    Refused(Vec<Diagnostic>),
    /// The plan holds a step that needs consent, and its hash was not given.
    Consent(Box<Plan>),
    /// Another deployment was published since the one that this was based on; plan again.
    LostRace {
        /// The newest deployment.
        newest: i64,
    },
    /// Writers did not pause within five seconds; try again.
    Busy,
    /// The command was made with a model from before the last barrier; run it again with the newest.
    Superseded {
        /// The deployment of the last barrier.
        barrier: i64,
    },
    /// The database failed.
    Store(crate::Error),
}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        Error::Store(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Refused(diagnostics) => {
                let messages: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
                f.write_str(&messages.join("; "))
            }
            Error::Consent(plan) => {
                write!(f, "the plan {} would lose or reinterpret data and needs consent", plan.hash())
            }
            Error::LostRace { newest } => write!(f, "deployment {newest} was published in the meantime"),
            Error::Busy => f.write_str("writers did not pause in time; try again"),
            Error::Superseded { barrier } => write!(f, "the definitions have changed since (deployment {barrier})"),
            Error::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}
