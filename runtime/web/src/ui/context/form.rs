//! The form that creates or changes a record.

use serde::Serialize;

use super::{EntityHead, Field, Hidden, Link, Page, When};

/// The form that creates or changes a record.
///
/// It posts to [`FormPage::action`]. The pressed button posts `_do`: `save`, `save_and_new`, `add:FIELD` (another line, or
/// another value of a many-reference; shown again, nothing saved), `remove:FIELD:INDEX` (that line; likewise), `restore`
/// and `copy` (of a record that is gone; see [`Gone`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FormPage {
    /// The surroundings.
    pub page: Page,
    /// What is created or changed.
    pub entity: EntityHead,
    /// The title of the record that is changed; none when one is created.
    pub title: Option<String>,
    /// Where the form is posted to.
    pub action: String,
    /// Where "Cancel" goes.
    pub cancel: String,
    /// Hidden values, such as `_version`.
    pub hidden: Vec<Hidden>,
    /// What the form is for.
    pub help: Option<String>,
    /// The inputs.
    pub sections: Vec<FormSection>,
    /// The id of the section whose tab is open, where there are tabs.
    pub open: Option<String>,
    /// It holds what is not saved yet: a refused post, or one shown again by `add:` or `remove:`. Leaving it is asked about.
    pub changed: bool,
    /// Files may come with it: it is posted in parts.
    pub files: bool,
    /// What was refused: in the summary at the top. Those of a field stand at the field too ([`Field::errors`]).
    pub problems: Vec<FormProblem>,
    /// Saving may go on with another new record.
    pub again: bool,
    /// The record was deleted while somebody was at it.
    pub gone: Option<Gone>,
    /// The record is likely a duplicate.
    pub duplicates: Option<Duplicates>,
}

/// Records that a new one is likely the same as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Duplicates {
    /// The likeliest first.
    pub records: Vec<Link>,
    /// Posted as `_known` by who saves all the same (`save_known`); none where that is refused.
    pub known: Option<String>,
    /// It can be saved all the same to be merged with one of them (`save_merge`).
    pub merge: bool,
}

/// A record was deleted while somebody was at it, and what can be done with what was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gone {
    /// Who deleted it.
    pub who: String,
    /// When.
    pub at: When,
    /// The record that it was merged into.
    pub into: Option<Link>,
    /// It can be taken out of the trash and saved.
    pub restore: bool,
    /// What was typed can be a new record.
    pub copy: bool,
}

/// Inputs under one heading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FormSection {
    /// Unique on the page.
    pub id: String,
    /// The heading.
    pub title: Option<String>,
    /// A sentence under it.
    pub help: Option<String>,
    /// It is a tab of its own.
    pub tab: bool,
    /// 1 to 4. Wide inputs (long texts, lines) take all.
    pub columns: u8,
    /// In their order.
    pub fields: Vec<Field>,
}

/// One reason why the form was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FormProblem {
    /// Id of the input to mend, without `#`; none for what concerns the record as a whole.
    pub id: Option<String>,
    /// The sentence, which names the field.
    pub message: String,
}
