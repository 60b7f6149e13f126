//! The settings documents.

use serde::Serialize;

use super::{Link, Page};

/// The settings documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingsPage {
    /// The surroundings.
    pub page: Page,
    /// Each with the form of its values.
    pub documents: Vec<Link>,
}
