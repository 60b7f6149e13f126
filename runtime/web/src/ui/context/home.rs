//! The first page after the log-in.

use serde::Serialize;

use super::{Count, Page, When};

/// The first page after the log-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HomePage {
    /// The surroundings; somebody is signed in.
    pub page: Page,
    /// Chooses the greeting.
    pub part: DayPart,
    /// Today, in words.
    pub today: String,
    /// What the reader made or changed last, newest first.
    pub recent: Vec<RecentRecord>,
    /// The first lists of each heading of the menu.
    pub groups: Vec<HomeGroup>,
}

/// Part of the reader's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DayPart {
    /// Until noon.
    Morning,
    /// Until six in the evening.
    Afternoon,
    /// After that.
    Evening,
}

impl DayPart {
    /// The part of the day at an hour from 0 to 23.
    pub fn of_hour(hour: i8) -> Self {
        match hour {
            ..=11 => Self::Morning,
            12..=17 => Self::Afternoon,
            18.. => Self::Evening,
        }
    }
}

/// Lists under one heading of the menu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HomeGroup {
    /// The heading; those without one stand in front.
    pub label: Option<String>,
    /// In their order.
    pub lists: Vec<HomeList>,
}

/// A list one can go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HomeList {
    /// What the menu calls it.
    pub label: String,
    /// Name of the icon.
    pub icon: String,
    /// The list.
    pub href: String,
    /// How many records it has.
    pub count: Count,
    /// The form for a new one, where the reader may create.
    pub create: Option<String>,
}

/// A record the reader had in hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecentRecord {
    /// Its title.
    pub title: String,
    /// Label of its entity.
    pub entity: String,
    /// Name of the icon of its entity.
    pub icon: String,
    /// Its page.
    pub href: String,
    /// When.
    pub at: When,
}
