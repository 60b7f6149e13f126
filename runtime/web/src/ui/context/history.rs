//! What happened to a record.

use serde::Serialize;

use super::{Cell, Link, When};

/// The newest changes of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct History {
    /// Newest first.
    pub entries: Vec<HistoryEntry>,
    /// Where older ones are.
    pub more: Option<String>,
}

/// One command that changed the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HistoryEntry {
    /// Who did it; the workspace's own doings carry the name "Fichero" or that of a rule.
    pub who: String,
    /// When.
    pub at: When,
    /// What kind of deed.
    pub event: Event,
    /// The other record of a merge.
    pub with: Option<Link>,
    /// Through what, when not by hand on a page.
    pub via: Via,
    /// The fields that changed.
    pub changes: Vec<Change>,
}

/// What kind of deed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// The record was made.
    Created,
    /// Fields changed.
    Updated,
    /// It was moved to the trash.
    Deleted,
    /// It came back from the trash.
    Restored,
    /// It and another record are one.
    Merged,
}

/// Through what a change came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// A page, by hand.
    Page,
    /// The API.
    Api,
    /// An import.
    Import,
    /// A workflow, a deadline, a stage hook.
    Automation,
    /// A public form.
    Form,
    /// The command line.
    Cli,
}

/// A field that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The field's label.
    pub label: String,
    /// Before.
    pub old: Cell,
    /// After.
    pub new: Cell,
}
