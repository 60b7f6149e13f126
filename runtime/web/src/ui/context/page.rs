//! What surrounds every page: navigation, the signed-in person, notices.

use serde::Serialize;

use super::{Color, Hidden, Link, Tone};

/// The surroundings of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page {
    /// Path and query of this page, to come back to after a change of preferences.
    pub path: String,
    /// The workspace's title.
    pub workspace: String,
    /// The reader's choice of light or dark.
    pub theme: Theme,
    /// The token every posted form carries as `_csrf`.
    pub csrf: String,
    /// The signed-in person; nobody on the log-in page and on errors before it.
    pub user: Option<User>,
    /// The navigation. Ignored while nobody is signed in.
    pub nav: Nav,
    /// The way here from the home page, without this page itself.
    pub crumbs: Vec<Link>,
    /// What the last action has to say.
    pub notices: Vec<Notice>,
    /// Present while definitions are watched and this reader may see problems.
    pub watch: Option<Watch>,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the device is set.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// The signed-in person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// Their name.
    pub name: String,
    /// What they log in with.
    pub login: String,
    /// Their own page, where there is one.
    pub href: Option<String>,
}

/// The navigation, from the menu documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Nav {
    /// What its author calls it.
    pub label: Option<String>,
    /// The reader keeps it narrow (icons only) on a wide screen.
    pub collapsed: bool,
    /// In their order.
    pub groups: Vec<NavGroup>,
}

/// Menu entries under one heading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NavGroup {
    /// The heading; entries without one stand at the top.
    pub label: Option<String>,
    /// In their order.
    pub items: Vec<NavItem>,
}

/// One menu entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NavItem {
    /// What it is called.
    pub label: String,
    /// Name of its icon; unknown names become a dot.
    pub icon: String,
    /// The colour of its icon.
    pub color: Option<Color>,
    /// Path from the root, or an address elsewhere.
    pub href: String,
    /// Shown behind it: a number.
    pub note: Option<String>,
    /// This page belongs to it.
    pub current: bool,
}

/// What the last action has to say, once, at the top of the next page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// How it is to be taken.
    pub tone: Tone,
    /// One sentence.
    pub text: String,
    /// Where to look, if anywhere.
    pub link: Option<Link>,
    /// Takes the action back.
    pub undo: Option<Undo>,
}

/// A form with the one button "Undo".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undo {
    /// Where it is posted to.
    pub action: String,
    /// What is posted beside `_csrf` and `_next`.
    pub hidden: Vec<Hidden>,
}

/// Lets an open page notice that the definitions changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Watch {
    /// Asked every two seconds while the page is visible; answers JSON `{"revision": "…", "problems": 0}`.
    pub href: String,
    /// The revision this page was made with. When the answer differs, the page reloads itself, or offers to when
    /// something is typed.
    pub revision: String,
    /// Findings of the last refused save; shown in the navigation when not zero.
    pub problems: u64,
}

/// The entity a page is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntityHead {
    /// Singular label.
    pub label: String,
    /// Plural label.
    pub plural: String,
    /// Name of its icon.
    pub icon: String,
    /// Its list.
    pub href: String,
}
