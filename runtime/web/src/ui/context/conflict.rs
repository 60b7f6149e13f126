//! Two people changed one record.

use serde::Serialize;

use super::{Cell, EntityHead, Hidden, Link, Page, When};

/// The record was changed by someone else while it was open (HTTP 409 for a page).
///
/// Posts to [`ConflictPage::action`]: `hidden` (every typed field raw, `_version` now the newest), and for each
/// difference `_keep.FIELD` = `mine` or `theirs`. Taking theirs drops the typed value of that field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConflictPage {
    /// The surroundings.
    pub page: Page,
    /// What it is.
    pub entity: EntityHead,
    /// The record; also where "Discard my changes" goes.
    pub record: Link,
    /// Who changed it meanwhile.
    pub who: String,
    /// When.
    pub at: When,
    /// Where the answer is posted to.
    pub action: String,
    /// Everything that was typed.
    pub hidden: Vec<Hidden>,
    /// Fields on which the two disagree. Empty when the changes do not meet: then they can simply be saved together.
    pub differences: Vec<Difference>,
}

/// A field on which the two disagree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The field's name.
    pub name: String,
    /// The field's label.
    pub label: String,
    /// Before either changed it.
    pub base: Cell,
    /// What the reader typed.
    pub mine: Cell,
    /// What the other saved.
    pub theirs: Cell,
}
