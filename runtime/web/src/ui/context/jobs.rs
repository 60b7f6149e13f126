//! The jobs that failed for the last time.

use serde::Serialize;

use super::{Link, Page, When};

/// The jobs that failed for the last time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobsPage {
    /// The surroundings.
    pub page: Page,
    /// How many are dead; not all of very many are shown.
    pub dead: u64,
    /// How many others there are.
    pub waiting: u64,
    /// Those that died last first.
    pub jobs: Vec<DeadJob>,
}

/// A job that failed for the last time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeadJob {
    /// What was to be done, by the runtime's own name for it.
    pub kind: String,
    /// The record or the records it is about.
    pub about: Option<Link>,
    /// How often it was tried.
    pub attempts: u64,
    /// When it failed for the last time.
    pub at: When,
    /// Why, in English, as it stands in the log.
    pub error: Option<String>,
    /// Where it is posted to be tried again.
    pub retry: String,
}
