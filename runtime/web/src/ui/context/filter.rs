//! The search and filter bar above a list.

use serde::Serialize;

use super::{Field, Hidden};

/// The bar above a list. It is a GET form: what is chosen stands in the address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Filters {
    /// Where it goes: the list.
    pub action: String,
    /// What must survive: `view`, `sort`, and filters that have no input here.
    pub hidden: Vec<Hidden>,
    /// The quick search, as typed; absent for an entity without searchable fields. Its name is `q`.
    pub search: Option<String>,
    /// Up to three selects that apply as soon as they change. [`Input::Choice`](super::Input::Choice) only.
    pub quick: Vec<Field>,
    /// Further inputs, folded away behind "Filter".
    pub more: Vec<Field>,
    /// What is in force, without the quick ones, each with a way to drop it.
    pub chips: Vec<Chip>,
    /// In which order: for screens too narrow for headings that sort. [`Input::Choice`](super::Input::Choice) only.
    pub sort: Option<Field>,
    /// A filter could not be read: the further inputs are unfolded, and nothing is listed until it is mended.
    pub wrong: bool,
    /// The list without any filter or search; present when something is in force.
    pub clear: Option<String>,
}

/// A filter in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chip {
    /// The field's label.
    pub label: String,
    /// What is asked of it, in words; why it asks nothing, where it could not be read.
    pub text: String,
    /// It could not be read.
    pub wrong: bool,
    /// The list without it.
    pub href: String,
}
