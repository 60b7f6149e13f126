//! The page of the search.

use serde::Serialize;

use super::{Link, Page};

/// The page of the search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SearchPage {
    /// The surroundings.
    pub page: Page,
    /// What is looked for; empty before anything was asked.
    pub asked: String,
    /// In which entity, by its name; empty for all of them.
    pub entity: String,
    /// The entities one may look in.
    pub entities: Vec<SearchEntity>,
    /// What was asked cannot be looked for, and why.
    pub problem: Option<String>,
    /// What was found, the best first.
    pub hits: Vec<SearchHit>,
    /// The next page.
    pub next: Option<String>,
    /// Older records are still put into the index.
    pub is_incomplete: bool,
    /// The words are so common that not all records were looked at.
    pub is_bounded: bool,
}

/// An entity one may look in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SearchEntity {
    /// Its name.
    pub name: String,
    /// What several of its records are called.
    pub label: String,
}

/// A record that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SearchHit {
    /// Its page.
    pub href: String,
    /// Its title in pieces.
    pub title: Vec<Piece>,
    /// Its entity, with its list.
    pub entity: Link,
    /// The name of the entity's icon.
    pub icon: String,
    /// Where else the words stand in it.
    pub matches: Vec<SearchMatch>,
}

/// A text in which something was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SearchMatch {
    /// What the field is called.
    pub label: String,
    /// The text in pieces.
    pub text: Vec<Piece>,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// The piece.
    pub text: String,
    /// It was looked for.
    pub hit: bool,
}
