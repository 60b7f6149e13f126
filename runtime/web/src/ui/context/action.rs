//! Things to press: links, buttons, and the hidden values that go with a form.

use serde::Serialize;

/// A place to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// What it is called.
    pub label: String,
    /// Path from the root.
    pub href: String,
}

/// A hidden value of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hidden {
    /// Posted name.
    pub name: String,
    /// Posted value.
    pub value: String,
}

/// A button of a record that comes from definitions, such as "Convert".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Action {
    /// What it is called.
    pub label: String,
    /// Name of its icon, if it has one.
    pub icon: Option<String>,
    /// What pressing it does.
    pub target: Target,
    /// Stands in the row beside "Edit"; the others wait in the "More" menu.
    pub prominent: bool,
    /// It takes something away.
    pub danger: bool,
}

/// What pressing an [`Action`] does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Target {
    /// Goes somewhere.
    Get {
        /// Path from the root.
        href: String,
    },
    /// Posts a form of hidden values (and `_csrf`).
    Post {
        /// Path from the root.
        href: String,
        /// What is posted.
        hidden: Vec<Hidden>,
    },
}
