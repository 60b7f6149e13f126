//! What was deleted and can come back.

use serde::Serialize;

use super::{EntityHead, Page, Pager, When};

/// The trash of one entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrashPage {
    /// The surroundings.
    pub page: Page,
    /// What lies in it.
    pub entity: EntityHead,
    /// Newest first.
    pub rows: Vec<TrashRow>,
    /// Back and forth.
    pub pager: Pager,
}

/// A deleted record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrashRow {
    /// Its title.
    pub title: String,
    /// Its page, still readable.
    pub href: String,
    /// When it was deleted.
    pub at: When,
    /// By whom.
    pub by: String,
    /// How many other records were deleted with it and come back with it.
    pub with: u64,
    /// Where its restoring is posted to, where the reader may.
    pub restore: Option<String>,
    /// The page that asks before it is removed for good, where the reader may.
    pub purge: Option<String>,
}
