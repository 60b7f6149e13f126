//! Results as text, for people.

use std::fmt;

use super::{Expectation, Failure, Outcome};

impl fmt::Display for Outcome {
    /// One line for a test that passed; the whole story of one that failed. Without a line break at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            None => write!(f, "passed  {}", self.name),
            Some(failure) => write!(f, "FAILED  {}\n{failure}", self.name),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.step {
            Some(step) => write!(f, "  {}: step `{step}`", self.place)?,
            None => write!(f, "  {}", self.place)?,
        }
        for line in self.message.lines() {
            write!(f, "\n    {line}")?;
        }
        match &self.expectation {
            Some(expectation) => write!(f, "{expectation}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n    expect: {}", self.text)?;
        for part in &self.parts {
            if part.text != self.text {
                write!(f, "\n      not true: {}", part.text)?;
            }
            let width = part.values.iter().map(|(text, _)| text.chars().count()).max().unwrap_or(0);
            for (text, value) in &part.values {
                write!(f, "\n        {text:width$} is {value}")?;
            }
        }
        Ok(())
    }
}

/// The closing line: `12 passed, 1 failed`.
pub fn summary(outcomes: &[Outcome]) -> String {
    let failed = outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
    format!("{} passed, {failed} failed", outcomes.len() - failed)
}
