//! Bringing records in from a file: choosing it, saying what fills what, looking how far it is.

use serde::Serialize;

use super::{EntityHead, Link, Page, When};

/// Choosing a file, and the imports there were. The form posts `file` as a part of its own behind `_csrf`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportStartPage {
    /// The surroundings.
    pub page: Page,
    /// Into what.
    pub entity: EntityHead,
    /// Where the file is posted to.
    pub action: String,
    /// Why the file could not be taken.
    pub problem: Option<String>,
    /// The imports there were, the newest first.
    pub past: Vec<PastImport>,
}

/// An import there was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PastImport {
    /// The name of its file, and its page.
    pub file: Link,
    /// How far it is, in a word.
    pub state: String,
    /// When it began.
    pub at: When,
    /// What came of its rows.
    pub counts: ImportCounts,
}

/// What came of the rows of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportCounts {
    /// Rows dealt with.
    pub rows: i64,
    /// Rows that became records.
    pub created: i64,
    /// Rows that changed a record.
    pub updated: i64,
    /// Rows that said what was there.
    pub unchanged: i64,
    /// Rows that were rejected.
    pub rejected: i64,
}

/// What each column fills. It posts what stands in it; a GET of the same address with how the file is read looks at it anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportColumnsPage {
    /// The surroundings.
    pub page: Page,
    /// Into what.
    pub entity: EntityHead,
    /// Where the form is posted to, and where the file is looked at anew.
    pub action: String,
    /// Which file, posted as `file`.
    pub file: String,
    /// What it is called.
    pub name: String,
    /// What is in the way.
    pub problems: Vec<String>,
    /// It is a text, so that it has a sign between cells, quotes and an encoding.
    pub is_text: bool,
    /// It is a workbook.
    pub is_book: bool,
    /// The sign between cells.
    pub delimiter: String,
    /// The quotes around cells.
    pub quotes: String,
    /// The encoding that was said.
    pub encoding: String,
    /// The sheet that was said.
    pub sheet: String,
    /// The columns of the file.
    pub columns: Vec<ImportColumn>,
    /// The fields that a column may fill.
    pub fields: Vec<ImportField>,
    /// What becomes of a row whose record is there.
    pub on_match: String,
    /// It happens now, and is no history.
    pub live: bool,
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportColumn {
    /// Its heading, posted as `h` with its place.
    pub header: String,
    /// Some of its cells.
    pub samples: Vec<String>,
    /// The field it fills, posted as `f`.
    pub field: String,
    /// How sure that is, where it was guessed, in percent.
    pub sure: Option<u8>,
    /// How its dates or numbers are written, posted as `d`.
    pub format: String,
    /// Texts that mean nothing, as JSON, posted as `n`.
    pub nothing: String,
    /// Rows find their record by it, posted as `m`.
    pub matches: bool,
}

/// A field that a column may fill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportField {
    /// Its name.
    pub value: String,
    /// What people call it.
    pub label: String,
    /// It must have a value.
    pub required: bool,
}

/// How far an import is, or what came of it. It posts `_do`: `cancel`, `undo`, or `import` after a dry run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportPage {
    /// The surroundings.
    pub page: Page,
    /// Into what.
    pub entity: EntityHead,
    /// Its own address.
    pub action: String,
    /// The page where a file is chosen.
    pub start: String,
    /// What its file is called.
    pub file: String,
    /// How far it is, in a word.
    pub state: String,
    /// It goes on by itself; the page comes again.
    pub open: bool,
    /// Nothing is changed by it.
    pub dry: bool,
    /// It is a dry run that is done, so that it can be done in earnest.
    pub ready: bool,
    /// It can be taken back.
    pub undoable: bool,
    /// How much of the file was read, in percent.
    pub percent: Option<u8>,
    /// How many rows are done in a second.
    pub rate: Option<u64>,
    /// In how much time it ends.
    pub left: Option<String>,
    /// What came of its rows.
    pub counts: ImportCounts,
    /// Why it broke off.
    pub error: Option<String>,
    /// What rows would do, in a dry run.
    pub shown: Vec<ImportRow>,
    /// Why the first rows were rejected.
    pub reasons: Vec<String>,
    /// Columns that fill nothing.
    pub passed_over: Vec<String>,
    /// The rejected rows as a file.
    pub rejects: Option<String>,
    /// Its mapping as a document.
    pub document: Option<String>,
    /// How it was taken back.
    pub undo: Option<ImportUndo>,
}

/// What a row of a dry run would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportRow {
    /// The line of the file.
    pub line: u64,
    /// Its record would be made.
    pub is_new: bool,
    /// What the record is called.
    pub title: String,
    /// What would change.
    pub changes: Vec<ImportChange>,
}

/// A field that would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportChange {
    /// What people call it.
    pub label: String,
    /// What it holds.
    pub old: String,
    /// What it would hold.
    pub new: String,
}

/// How an import was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportUndo {
    /// It goes on by itself.
    pub open: bool,
    /// Records that are as they were.
    pub reversed: i64,
    /// Records that stay because they were edited since.
    pub kept: i64,
    /// Records that stay because something is in the way.
    pub blocked: i64,
    /// Why it broke off.
    pub error: Option<String>,
    /// The first that stay.
    pub stayed: Vec<ImportStayed>,
}

/// A record that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportStayed {
    /// The record.
    pub record: Link,
    /// What is in the way; nothing where it was edited since.
    pub because: Option<String>,
}
