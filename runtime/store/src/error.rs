//! What can go wrong between the runtime and its database.
//!
//! An [`Error`] has two readers. [`Display`](fmt::Display) is fit for users: it never shows SQL, values or names of
//! tables. [`Error::detail`] is for the operator's log and says everything the database said.

use std::fmt;

/// A failure of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The URL of the database is no URL that Fichero knows; says what is wrong and what one looks like.
    Url(String),
    /// The database cannot be reached or opened.
    Unavailable(String),
    /// The database was lost before it answered, and whether the command was done is not known.
    Unsure(String),
    /// Another transaction was in the way, again and again; the command may be tried later.
    Conflict(String),
    /// A uniqueness rule of the database was broken.
    Unique(Constraint),
    /// A reference points to a record that does not exist, or a record that others refer to was to go.
    Reference(Constraint),
    /// What is stored does not have the form that the definitions give it. Never answered by a silent nothing.
    Corrupt(String),
    /// A value that neither database can keep exactly: a NUL character, a year outside 1–9999, a number out of range.
    Unstorable(String),
    /// An expression that has no form in SQL was met where SQL is needed; the message names the part and why.
    Unportable(String),
    /// A part of an expression that was worked out beforehand failed; the message is for the author.
    Fault(String),
    /// A cursor that does not belong to this query.
    Cursor(String),
    /// It took too long: to get a turn, or to run.
    Timeout(String),
    /// The database was closed.
    Closed,
    /// A command panicked; the transaction was rolled back and the database goes on.
    Panicked(String),
    /// The database refused a statement: a defect of Fichero, or tables that were changed from outside.
    Statement(String),
}

/// Which rule of the database was broken, as far as it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraint {
    /// The physical table.
    pub table: Option<String>,
    /// The physical name of the constraint or index. SQLite names it only where an expression is indexed.
    pub name: Option<String>,
    /// The physical columns, where the database names them (SQLite does, PostgreSQL does not).
    pub columns: Vec<String>,
    /// What the database said.
    pub detail: String,
}

impl Error {
    /// Everything that is known, for the operator's log.
    pub fn detail(&self) -> String {
        match self {
            Error::Unavailable(detail)
            | Error::Unsure(detail)
            | Error::Conflict(detail)
            | Error::Corrupt(detail)
            | Error::Timeout(detail)
            | Error::Panicked(detail)
            | Error::Statement(detail) => format!("{self}: {detail}"),
            Error::Unique(constraint) | Error::Reference(constraint) => format!("{self}: {}", constraint.detail),
            // What these say to their reader is all that is known.
            Error::Url(_)
            | Error::Unstorable(_)
            | Error::Unportable(_)
            | Error::Fault(_)
            | Error::Cursor(_)
            | Error::Closed => self.to_string(),
        }
    }

    /// Whether the same command may succeed when it is tried again.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Error::Unavailable(_) | Error::Conflict(_) | Error::Timeout(_))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // These are told in full: they are about what the reader wrote, not about what is stored.
            Error::Url(what) | Error::Unstorable(what) | Error::Unportable(what) | Error::Fault(what) => {
                f.write_str(what)
            }
            Error::Cursor(what) => write!(f, "the cursor does not belong to this query: {what}"),
            Error::Unavailable(_) => f.write_str("the database cannot be reached"),
            Error::Unsure(_) => {
                f.write_str("the database was lost before it answered; whether it was done is not known")
            }
            Error::Conflict(_) => f.write_str("others were changing the same data; try again"),
            Error::Unique(_) => f.write_str("a record with the same values exists"),
            Error::Reference(_) => f.write_str("a record refers to one that does not exist, or others refer to it"),
            Error::Corrupt(_) => f.write_str("what is stored does not have the form that the definitions give it"),
            Error::Timeout(_) => f.write_str("the database took too long"),
            Error::Closed => f.write_str("the database was closed"),
            Error::Panicked(_) | Error::Statement(_) => f.write_str("the database could not do what was asked"),
        }
    }
}

impl std::error::Error for Error {}
