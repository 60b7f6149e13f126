//! Two records that are to be one.

use serde::Serialize;

use super::{Affected, Cell, EntityHead, Fact, Field, FormProblem, Hidden, Link, Page};

/// Two records side by side, before one is merged into the other.
///
/// Posts to [`MergePage::action`]: `hidden`, for each choice `_keep.FIELD` = the id of the record whose value is kept,
/// and `_do` = `merge`, or `swap` for the same page with the two in each other's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MergePage {
    /// The surroundings.
    pub page: Page,
    /// What they are.
    pub entity: EntityHead,
    /// The record that stays.
    pub stays: Link,
    /// The record that goes; also where "Cancel" goes.
    pub gone: Link,
    /// Where the choices are posted to.
    pub action: String,
    /// What goes with them.
    pub hidden: Vec<Hidden>,
    /// One of the two was changed by somebody else meanwhile, so that nothing was done.
    pub stale: bool,
    /// Choices were made that are not saved yet.
    pub changed: bool,
    /// Why it was refused.
    pub problems: Vec<FormProblem>,
    /// What differs and cannot be chosen: when the two were made, and lists that are joined.
    pub rows: Vec<MergeRow>,
    /// The fields in which the two differ.
    pub choices: Vec<MergeChoice>,
    /// The fields in which they do not.
    pub same: Vec<Fact>,
    /// What refers to the record that goes, and will refer to the one that stays.
    pub turned: Vec<Affected>,
}

/// What differs and cannot be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MergeRow {
    /// The field's label.
    pub label: String,
    /// What the record that stays holds.
    pub stays: Cell,
    /// What the record that goes holds.
    pub gone: Cell,
    /// The one that stays will hold both.
    pub both: bool,
}

/// A field in which two records differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MergeChoice {
    /// DOM id, unique on the page.
    pub id: String,
    /// The field's name.
    pub name: String,
    /// The field's label.
    pub label: String,
    /// The value of the record that stays.
    pub stays: MergeSide,
    /// The value of the record that goes.
    pub gone: MergeSide,
}

/// One of two values to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MergeSide {
    /// Posted.
    pub value: String,
    /// Shown.
    pub cell: Cell,
    /// It is chosen.
    pub checked: bool,
}

/// Asks which record another is to be merged with. Sends `into` and `into.text` in the address to
/// [`MergeAskPage::action`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MergeAskPage {
    /// The surroundings.
    pub page: Page,
    /// What it is.
    pub entity: EntityHead,
    /// The record; also where "Cancel" goes.
    pub record: Link,
    /// Where the answer is sent to.
    pub action: String,
    /// Records that are likely the same, each with the address of the page that compares.
    pub alike: Vec<Link>,
    /// The input that finds any other.
    pub field: Field,
}
