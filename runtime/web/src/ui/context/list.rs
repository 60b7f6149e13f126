//! The list of an entity.

use serde::Serialize;

use super::{EntityHead, Filters, Page, Table};

/// The list of an entity, through one of its views.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListPage {
    /// The surroundings.
    pub page: Page,
    /// What is listed.
    pub entity: EntityHead,
    /// The form for a new one, where the reader may create.
    pub create: Option<String>,
    /// The trash of this entity, where the reader may see it.
    pub trash: Option<String>,
    /// The list as a file, in each format.
    pub exports: Vec<Export>,
    /// Where records are brought in from a file, where the reader may do that.
    pub import: Option<String>,
    /// Where likely duplicates are shown, of an entity that says what they are.
    pub duplicates: Option<String>,
    /// The views as tabs; none or one shows no tabs.
    pub tabs: Vec<Tab>,
    /// Search and filters.
    pub filters: Filters,
    /// What the view is for.
    pub help: Option<String>,
    /// The list of all there are, where the view that is shown leaves some out.
    pub all: Option<String>,
    /// The rows.
    pub table: Table,
    /// How many there are, where that was counted.
    pub count: Option<Count>,
    /// Back and forth.
    pub pager: Pager,
}

/// The list as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Export {
    /// What people call the format.
    pub label: String,
    /// Where the file is.
    pub href: String,
}

/// A view of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tab {
    /// The view's label.
    pub label: String,
    /// The name of a drawing before it.
    pub icon: Option<String>,
    /// The list through it.
    pub href: String,
    /// It is the one shown.
    pub current: bool,
}

/// A capped count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// How many were counted.
    pub n: u64,
    /// Counting stopped there: there are more.
    pub more: bool,
}

/// Paging by key: there are neighbours, but no page numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pager {
    /// The page before.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
}
