//! The page of one record.

use serde::Serialize;

use super::{Action, Cell, Count, EntityHead, History, Link, Page, Table, When};

/// The page of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordPage {
    /// The surroundings.
    pub page: Page,
    /// What it is.
    pub entity: EntityHead,
    /// Its title.
    pub title: String,
    /// The form to change it, where the reader may.
    pub edit: Option<String>,
    /// The form to create one like it, where the reader may.
    pub duplicate: Option<String>,
    /// The page that asks which other record it is to be merged with, where the reader may.
    pub merge: Option<String>,
    /// The page that asks before it is moved to the trash, where the reader may.
    pub delete: Option<String>,
    /// Buttons of definitions.
    pub actions: Vec<Action>,
    /// Where it stands in its pipeline, if it has one.
    pub path: Option<StagePath>,
    /// Three to six facts worth seeing first.
    pub facts: Vec<Fact>,
    /// Its fields, and the tables of what belongs to it.
    pub sections: Vec<Section>,
    /// What happened to it.
    pub history: History,
    /// Present when it lies in the trash; nothing else can be done to it then.
    pub trashed: Option<Trashed>,
}

/// A field's label and value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// The field's label.
    pub label: String,
    /// Its value.
    pub cell: Cell,
    /// It needs the whole width.
    pub wide: bool,
}

/// Fields and tables under one heading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Unique on the page; becomes an anchor.
    pub id: String,
    /// The heading.
    pub title: Option<String>,
    /// It is a tab of its own.
    pub tab: bool,
    /// In how many columns its facts stand, 1 to 4.
    pub columns: u8,
    /// In their order.
    pub parts: Vec<Part>,
}

/// What stands in a section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Part {
    /// Fields that follow one another.
    Facts {
        /// In their order.
        facts: Vec<Fact>,
    },
    /// Records that refer to this one.
    Table(Box<Related>),
}

/// Records that refer to this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Related {
    /// Unique on the page; becomes an anchor.
    pub id: String,
    /// What they are called.
    pub title: String,
    /// That is said by a heading of its own, not by the heading of its section.
    pub headed: bool,
    /// Name of the icon.
    pub icon: String,
    /// How many there are.
    pub count: Count,
    /// The first of them.
    pub table: Table,
    /// The form for one more, already referring to this record.
    pub create: Option<String>,
    /// The list of all of them, when not all are shown.
    pub all: Option<String>,
}

/// Where a record stands in its pipeline. Pressing a step posts `_version` and `to` (the step's value).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StagePath {
    /// The field's label.
    pub label: String,
    /// What the stages are about, shown when pointed at.
    pub help: Option<String>,
    /// Where a step is posted to.
    pub action: String,
    /// The record's version.
    pub version: String,
    /// In their order.
    pub steps: Vec<Step>,
}

/// A stage on the path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The stage's name, posted as `to`.
    pub value: String,
    /// The stage's label.
    pub label: String,
    /// What it means, shown when pointed at.
    pub help: Option<String>,
    /// The name of a drawing before it.
    pub icon: Option<String>,
    /// Where it lies as seen from the current stage.
    pub state: StepState,
    /// The record can be moved here now, by this reader.
    pub open: bool,
}

/// Where a stage lies as seen from the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// Before it.
    Done,
    /// The current stage, still under way.
    Current,
    /// The current stage, a good end.
    Won,
    /// The current stage, a bad end.
    Lost,
    /// After it.
    Ahead,
}

/// A record lying in the trash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trashed {
    /// When it was put there.
    pub at: When,
    /// By whom.
    pub by: String,
    /// The record that it was merged into.
    pub into: Option<Link>,
    /// Where its restoring is posted to, where the reader may.
    pub restore: Option<String>,
}
