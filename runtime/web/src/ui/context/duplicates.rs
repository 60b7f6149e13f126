//! Records of an entity that are likely the same.

use serde::Serialize;

use super::{EntityHead, Link, Page, Pager, When};

/// What the last search for duplicates found. It posts to [`DuplicatesPage::search`] with `_do`: `search`, or `dismiss`
/// with `one` and `other`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DuplicatesPage {
    /// The surroundings.
    pub page: Page,
    /// Of what.
    pub entity: EntityHead,
    /// Where decisions are posted to, where the reader may decide.
    pub search: Option<String>,
    /// A search is under way.
    pub wanted: bool,
    /// When the last one ended.
    pub at: Option<When>,
    /// How many records it looked at.
    pub records: u64,
    /// How many groups there are in all.
    pub all: usize,
    /// Those of this page.
    pub groups: Vec<DuplicateGroup>,
    /// What too many records share for them to be compared.
    pub large: Vec<LargeKey>,
    /// Back and forth.
    pub pager: Pager,
}

/// Records that are likely the same, each by one pair at least.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DuplicateGroup {
    /// How many records.
    pub n: usize,
    /// The pairs.
    pub pairs: Vec<DuplicatePair>,
}

/// Two records that are likely the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DuplicatePair {
    /// The older.
    pub one: Link,
    /// The younger.
    pub other: Link,
    /// Posted as `one`.
    pub one_id: String,
    /// Posted as `other`.
    pub other_id: String,
    /// The page that merges the younger into the older, where the reader may.
    pub merge: Option<String>,
}

/// What too many records share for them to be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LargeKey {
    /// How many.
    pub n: usize,
    /// One of them.
    pub record: Link,
}
