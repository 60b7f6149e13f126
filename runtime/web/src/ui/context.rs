//! What a page shows, as plain serialisable facts: the contract between handlers and templates.
//!
//! A handler fills one of the page types ([`ListPage`], [`RecordPage`], [`FormPage`] …) and gives it to
//! [`Renderer::page`](super::render::Renderer::page). Rules of the contract:
//!
//! - **Words.** Chrome words never stand in a context; templates take them from the catalogues. Words of definitions
//!   (labels, titles, options) and of people do, already in the reader's language, as plain text: templates escape.
//! - **Values** are already written for the reader (by [`format`](super::format)); templates do no arithmetic.
//! - **Links** are paths from the root with their query encoded. Links made of people's data (`mailto:`, `https:`) stand
//!   only in [`Cell::Contact`], whose scheme the template checks again.
//! - **Nothing typed is lost.** After a refused post the handler builds the same form again with the raw text of every
//!   input in [`Field::input`], however wrong it is.
//! - **Posts.** Every form posts `_csrf` ([`Page::csrf`]) beside its own fields. Names that begin with `_` are the
//!   chrome's: `_version` (optimistic lock), `_do` (which button: see [`FormPage`]), `_next` (where to go back to;
//!   a handler follows it only when it begins with one `/`).
//!
//! Addresses the templates know by themselves: `/` (home), `/login`, `/logout` (POST), `/preferences` (POST `locale`,
//! `theme` or `nav`, with `_next`), `/admin/problems`, and `/assets/…`.

mod action;
mod cell;
mod confirm;
mod conflict;
mod duplicates;
mod error;
mod field;
mod filter;
mod form;
mod history;
mod home;
mod import;
mod jobs;
mod list;
mod login;
mod merge;
mod page;
mod problem;
mod record;
mod search;
mod settings;
mod table;
mod trash;

use serde::Serialize;

pub use action::{Action, Hidden, Link, Target};
pub use cell::{Cell, Color, Drawing, FileFace, Pill, Tone, When};
pub use confirm::{Affected, ConfirmPage, Deed};
pub use conflict::{ConflictPage, Difference};
pub use duplicates::{DuplicateGroup, DuplicatePair, DuplicatesPage, LargeKey};
pub use error::ErrorPage;
pub use field::{
    Choice, ChoiceGroup, ChoiceStyle, Field, FileItem, Input, LineColumn, LineRow, Lines, Picker, TextKind,
};
pub use filter::{Chip, Filters};
pub use form::{Duplicates, FormPage, FormProblem, FormSection, Gone};
pub use history::{Change, Event, History, HistoryEntry, Via};
pub use home::{DayPart, HomeGroup, HomeList, HomePage, RecentRecord};
pub use import::{
    ImportChange, ImportColumn, ImportColumnsPage, ImportCounts, ImportField, ImportPage, ImportRow, ImportStartPage,
    ImportStayed, ImportUndo, PastImport,
};
pub use jobs::{DeadJob, JobsPage};
pub use list::{Count, Export, ListPage, Pager, Tab};
pub use login::{DemoLogin, LoginPage, LoginRefusal, Person};
pub use merge::{MergeAskPage, MergeChoice, MergePage, MergeRow, MergeSide};
pub use page::{EntityHead, Nav, NavGroup, NavItem, Notice, Page, Theme, Undo, User, Watch};
pub use problem::{Excerpt, Finding, ProblemsPage, Severity, WaitingPlan, WaitingStep};
pub use record::{Fact, Part, RecordPage, Related, Section, StagePath, Step, StepState, Trashed};
pub use search::{Piece, SearchEntity, SearchHit, SearchMatch, SearchPage};
pub use settings::SettingsPage;
pub use table::{Align, Column, Direction, Row, Sort, Table};
pub use trash::{TrashPage, TrashRow};

/// A page: its facts, and the template that shows them.
pub trait Template: Serialize {
    /// The template's name in `templates/`.
    const NAME: &'static str;
}

macro_rules! templates {
    ($($page:ty => $name:literal,)*) => {
        $(impl Template for $page { const NAME: &'static str = $name; })*
    };
}

templates! {
    ConfirmPage => "confirm.html",
    ConflictPage => "conflict.html",
    ErrorPage => "error.html",
    FormPage => "form.html",
    HomePage => "home.html",
    ImportColumnsPage => "import_columns.html",
    ImportPage => "import_batch.html",
    ImportStartPage => "import.html",
    JobsPage => "jobs.html",
    ListPage => "list.html",
    LoginPage => "login.html",
    MergeAskPage => "merge_ask.html",
    MergePage => "merge.html",
    ProblemsPage => "problems.html",
    RecordPage => "record.html",
    SearchPage => "search.html",
    SettingsPage => "settings.html",
    TrashPage => "trash.html",
    DuplicatesPage => "duplicates.html",
}
