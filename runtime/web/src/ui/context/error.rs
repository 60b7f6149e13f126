//! A request that cannot be answered.

use serde::Serialize;

use super::Page;

/// A request that cannot be answered. With nobody signed in it is shown without navigation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorPage {
    /// The surroundings.
    pub page: Page,
    /// The HTTP status. 403, 404, 409, 422 and 429 have their own words; other 4xx and 5xx share theirs.
    pub status: u16,
    /// It is about the form that was sent, not about what the reader may do.
    pub form: bool,
    /// What exactly was refused, where the reader may know.
    pub detail: Option<String>,
    /// What finds this request in the logs; for 5xx.
    pub reference: Option<String>,
}
