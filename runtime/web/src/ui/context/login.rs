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
    /// The password of somebody of a demo who was chosen; empty everywhere else.
    pub password: String,
    /// Where to go afterwards.
    pub next: String,
    /// Why the last try was refused.
    pub refusal: Option<LoginRefusal>,
    /// The same in words, where there is more to say: how long to wait.
    pub detail: Option<String>,
    /// The people of a demo workspace; nobody everywhere else.
    pub people: Vec<Person>,
    /// The password that they share.
    pub shared: Option<String>,
}

/// Somebody of a demo workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// What they log in with.
    pub login: String,
    /// Who this is.
    pub role: String,
    /// This page with their log-in filled in.
    pub href: String,
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
