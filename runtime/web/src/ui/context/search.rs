//! The page that says where one can search.

use serde::Serialize;

use super::{Link, Page};

/// The page that says where one can search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SearchPage {
    /// The surroundings.
    pub page: Page,
    /// What is looked for.
    pub asked: String,
    /// The lists that can be searched, each with what is looked for.
    pub lists: Vec<Link>,
}
