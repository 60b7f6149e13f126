//! What a user is told when a command or query is not done: a status, a code, and what is wrong with which field.
//!
//! A refusal never holds SQL, paths or anything else of the machine; what an operator needs is logged where the
//! refusal is made. One place per border converts the errors of a lower floor into it.

use std::sync::Arc;

use fichero_model::Id;
use fichero_model::expr::Fault;
use fichero_model::label::Locale;

use crate::message::Message;

/// A command or query that was not done. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of refusal.
    pub kind: Kind,
    /// A word for programs, such as `unique` or `stale`.
    pub code: &'static str,
    /// One sentence for people.
    pub detail: Message,
    /// What is wrong with which field.
    pub errors: Vec<FieldError>,
    /// The records it clashes with, as far as the reader may see them.
    pub records: Box<[Named]>,
    /// After how many seconds the same may be tried again, where that is known.
    pub retry_after: Option<u32>,
}

/// A record as it is named to a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name of its entity.
    pub entity: Arc<str>,
    /// Which it is.
    pub id: Id,
    /// What stands for it.
    pub title: String,
}

/// Kinds of refusals; the web turns each into one HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 400: the request cannot be read.
    Malformed,
    /// 401: nobody is signed in.
    Unauthenticated,
    /// 403: the person may not do this.
    Forbidden,
    /// 404: there is no such thing, or not for this person.
    NotFound,
    /// 409: it clashes with other records.
    Conflict,
    /// 412: the record was changed since it was read.
    Stale,
    /// 413: more than is taken at once.
    TooLarge,
    /// 422: the values are not acceptable.
    Invalid,
    /// 429: too many requests.
    TooMany,
    /// 503: the database is busy or away; trying again may help.
    Unavailable,
    /// 500: a fault of the runtime or of a definition.
    Internal,
}

/// Something wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field, `lines[2].quantity` for one of a line.
    pub field: String,
    /// A word for programs.
    pub code: &'static str,
    /// One sentence for people.
    pub message: Message,
    /// The rule or check of a definition that found it, by the name its author gave it.
    pub rule: Option<Arc<str>>,
}

impl FieldError {
    /// An error of a field.
    pub fn new(field: impl Into<String>, code: &'static str, message: Message) -> Self {
        Self { field: field.into(), code, message, rule: None }
    }

    /// The same error, found by a rule or check of a definition.
    #[must_use]
    pub fn found_by(self, rule: &Arc<str>) -> Self {
        Self { rule: Some(Arc::clone(rule)), ..self }
    }

    /// The same error, of a field inside `outer`.
    #[must_use]
    pub fn inside(mut self, outer: &str) -> Self {
        self.field = if self.field.is_empty() { outer.to_owned() } else { format!("{outer}.{}", self.field) };
        self
    }
}

impl Refusal {
    /// A refusal without field errors.
    pub fn new(kind: Kind, code: &'static str, detail: Message) -> Self {
        Self { kind, code, detail, errors: Vec::new(), records: Box::default(), retry_after: None }
    }

    /// Values that are not acceptable.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(Kind::Invalid, "invalid", Message::key("invalid")) }
    }

    /// The request cannot be read.
    pub fn malformed(detail: Message) -> Self {
        Self::new(Kind::Malformed, "malformed", detail)
    }

    /// There is no such record, or not for this person.
    pub fn not_found() -> Self {
        Self::new(Kind::NotFound, "not_found", Message::key("not_found"))
    }

    /// There is no entity of that name. A word of the interface itself is not called one: this release has nothing there.
    pub fn unknown_entity(name: &str) -> Self {
        if fichero_model::name::is_reserved_entity(name) {
            return Self::new(Kind::NotFound, "not_found", Message::key("nothing_here"));
        }
        Self::new(Kind::NotFound, "unknown_entity", Message::with("unknown_entity", [name]))
    }

    /// The person may not do this.
    pub fn forbidden() -> Self {
        Self::new(Kind::Forbidden, "forbidden", Message::key("forbidden"))
    }

    /// It cannot be done just now; the same may be tried again.
    pub fn unavailable() -> Self {
        Self { retry_after: Some(1), ..Self::new(Kind::Unavailable, "unavailable", Message::key("unavailable")) }
    }

    /// Whether it was done is not known, so that it must not simply be tried again.
    pub fn unsure() -> Self {
        Self::new(Kind::Unavailable, "unsure", Message::key("unsure"))
    }

    /// Whether it may have been done.
    pub fn is_unsure(&self) -> bool {
        self.code == "unsure"
    }

    /// A fault of the runtime; what happened goes to the operator's log only.
    pub fn internal(context: &str, cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(context, %cause, "internal fault");
        Self::new(Kind::Internal, "internal", Message::key("internal"))
    }

    /// The detail and each field's message in one language, for logs, tests and the command line.
    pub fn to_text(&self, locale: Locale) -> String {
        let mut text = self.detail.text(locale);
        for error in &self.errors {
            text.push_str(&format!("\n  {}: {}", error.field, error.message.text(locale)));
        }
        text
    }
}

impl From<Fault> for Refusal {
    /// An expression of a definition that has no value is the definition's fault, and the author needs to know which.
    fn from(fault: Fault) -> Self {
        tracing::error!(%fault, "expression failed");
        Self::new(Kind::Internal, "definition", Message::with("definition", [fault.message]))
    }
}
