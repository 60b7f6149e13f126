//! The log-in page.

use serde::Serialize;

use super::Page;

/// The log-in page. Posts `login`, `password`, `_next` and `_csrf` to `/login`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoginPage {
    /// The surroundings; nobody is signed in.
    pub page: Page,
    /// What was typed as the name.
    pub login: String,
    /// Where to go afterwards.
    pub next: String,
    /// Why the last try was refused.
    pub refusal: Option<LoginRefusal>,
    /// Log-ins of the demo workspace; empty everywhere else.
    pub demo: Vec<DemoLogin>,
}

/// Why a log-in was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LoginRefusal {
    /// Name and password do not belong together.
    Wrong,
    /// Too many tries.
    Slow,
    /// The session has ended.
    Expired,
}

/// A log-in of the demo workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DemoLogin {
    /// The name.
    pub login: String,
    /// The password.
    pub password: String,
    /// Who this is.
    pub role: String,
}
