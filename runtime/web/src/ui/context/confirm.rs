//! The page that asks before something is taken away.

use serde::Serialize;

use super::{EntityHead, Hidden, Link, Page};

/// Asks before a record is moved to the trash, or removed for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConfirmPage {
    /// The surroundings.
    pub page: Page,
    /// What it is.
    pub entity: EntityHead,
    /// The record; also where "Cancel" goes.
    pub record: Link,
    /// What will be done.
    pub deed: Deed,
    /// Where the answer is posted to.
    pub action: String,
    /// Hidden values, such as `_version`.
    pub hidden: Vec<Hidden>,
    /// What goes with it.
    pub cascades: Vec<Affected>,
    /// What holds it back: with any of these there is no button.
    pub blockers: Vec<Affected>,
}

/// What will be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Deed {
    /// Moved to the trash.
    Delete,
    /// Removed for good.
    Purge,
}

/// Other records that a deletion meets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Affected {
    /// Plural label of their entity.
    pub label: String,
    /// How many.
    pub n: u64,
    /// Their list.
    pub href: Option<String>,
}
