//! Data that ships with definitions, mappings from files, settings and scenario tests.

use std::sync::Arc;

use jiff::Timestamp;

use crate::expr::{Expr, Setting};
use crate::id::{EntityId, FieldId};
use crate::place::Place;
use crate::value::Value;

/// Records that ship with a pack.
#[derive(Clone, Debug)]
pub struct DataSet {
    /// Unique in the model.
    pub name: Arc<str>,
    /// Of which entity.
    pub entity: EntityId,
    /// Only for demonstrations.
    pub demo: bool,
    /// The rows in order.
    pub rows: Vec<DataRow>,
    /// Where it is declared.
    pub place: Place,
}

/// A record that ships with a pack. Its identity is made from the workspace and its name, so loading is idempotent.
#[derive(Clone, Debug)]
pub struct DataRow {
    /// How other rows refer to it: unique per entity.
    pub name: Arc<str>,
    /// Its values.
    pub set: Vec<(FieldId, Setting)>,
    /// Where it is declared.
    pub place: Place,
}

/// How the columns of a file fill the fields of an entity.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Unique in the model.
    pub name: Arc<str>,
    /// What is imported.
    pub entity: EntityId,
    /// The fields by which a row finds the record it updates; empty when each row is a new record.
    pub matching: Vec<FieldId>,
    /// What becomes of a row whose record is there.
    pub on_match: OnMatch,
    /// How the file is read.
    pub reading: Reading,
    /// The columns of the file.
    pub columns: Vec<MappedColumn>,
    /// Values for every row; `row` gives the columns by name as texts.
    pub set: Vec<(FieldId, Setting)>,
    /// Where it is declared.
    pub place: Place,
}

/// What becomes of a row whose record is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMatch {
    /// It updates the record.
    #[default]
    Update,
    /// It is passed over.
    Skip,
    /// It is rejected.
    Reject,
}

/// How a file is read, as far as that is said; the rest is told by the file itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The sign between cells.
    pub delimiter: Option<u8>,
    /// The sign around cells.
    pub quoting: Option<Quoting>,
    /// The encoding of a file that bears no mark of it, by a name that browsers know.
    pub encoding: Option<Arc<str>>,
    /// The sheet of a workbook.
    pub sheet: Option<Arc<str>>,
    /// The columns that may hold delimiters without quotes: surplus cells of a row are joined into them.
    pub join_into: Vec<Arc<str>>,
}

/// What stands around cells that hold delimiters or line breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// Double quotes.
    Double,
    /// Apostrophes.
    Single,
    /// Nothing: quotes are part of the text.
    None,
}

/// A column of a file.
#[derive(Clone, Debug)]
pub struct MappedColumn {
    /// Its header.
    pub header: Arc<str>,
    /// The field it fills; nothing when it is passed over.
    pub field: Option<FieldId>,
    /// The field of the referenced entity by which a reference is found; its external field or title when nothing.
    pub by: Option<FieldId>,
    /// Values that stand for others.
    pub alias: Vec<(Arc<str>, Arc<str>)>,
    /// How dates and times are written, in strftime letters (`%d/%m/%Y`); ISO 8601 when empty.
    pub format: Vec<Arc<str>>,
    /// How numbers are written; what is not clear by itself is refused when empty.
    pub numbers: Vec<crate::number::Form>,
    /// What an empty cell means.
    pub default: Option<Value>,
    /// A missing referenced record is made.
    pub create: bool,
    /// What the field gets instead of the cell: an expression with `row` and `value`.
    pub value: Option<Expr>,
}

/// A scenario test.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// A sentence, unique in the model.
    pub name: Arc<str>,
    /// When it begins.
    pub at: Timestamp,
    /// Who acts, by log-in; an administrator when nothing.
    pub actor: Option<Arc<str>>,
    /// What exists beforehand.
    pub given: Vec<Given>,
    /// What happens, in order.
    pub steps: Vec<ScenarioStep>,
    /// The pack or workspace it belongs to.
    pub pack: Option<Arc<str>>,
    /// Where it is declared.
    pub place: Place,
}

/// A record that exists before a scenario begins.
#[derive(Clone, Debug)]
pub struct Given {
    /// What expressions call it.
    pub name: Arc<str>,
    /// Of which entity.
    pub entity: EntityId,
    /// Its values.
    pub set: Vec<(FieldId, Setting)>,
    /// Where it is declared.
    pub place: Place,
}

/// A step of a scenario.
#[derive(Clone, Debug)]
pub struct ScenarioStep {
    /// Its name, which is also that of its result.
    pub name: Arc<str>,
    /// Who acts in this step, by log-in; as before when nothing.
    pub actor: Option<Arc<str>>,
    /// What is done.
    pub action: Action,
    /// Which local of later expressions its result is, if it has one: a record made, or what was found. The first
    /// locals of a scenario are its given records, in order.
    pub local: Option<usize>,
    /// Where it is declared.
    pub place: Place,
}

/// What a step of a scenario does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Makes a record.
    Create { entity: EntityId, set: Vec<(FieldId, Setting)> },
    /// Changes the record an expression names.
    Update { target: Expr, set: Vec<(FieldId, Setting)> },
    /// Puts it into the trash.
    Delete { target: Expr },
    /// Brings it back.
    Restore { target: Expr },
    /// Moves it to a stage.
    Transition { target: Expr, to: Arc<str>, set: Vec<(FieldId, Setting)> },
    /// Looks records up, at most `limit` of them; the result is the first when `first`, else the list.
    Find { from: EntityId, filter: Option<Expr>, sort: Vec<crate::rule::SortKey>, first: bool, limit: u32 },
    /// Moves the clock on by seconds of wall time, and lets everything happen that falls due.
    Advance { seconds: i64 },
    /// Moves the clock on to a moment.
    AdvanceTo { moment: Timestamp },
    /// Stops the runtime as a crash would and starts it again.
    Restart,
    /// This must hold.
    Expect(Expr),
    /// The action must be refused, with this code where one is given.
    Refused { action: Box<Action>, because: Option<Arc<str>> },
    /// So many mails must have been sent since the last such step, to these addresses when given.
    Mails { to: Option<Expr>, count: u32, subject: Option<Expr> },
    /// The page of this path must be shown and hold these texts.
    Page { path: Setting, shows: Vec<Setting>, hides: Vec<Setting> },
}

/// The codes by which the engine refuses to change a record, whatever the definitions say. A test may name them with
/// `because`, beside the rules and checks of its definitions.
pub const REFUSALS: &[&str] = &[
    "append_only",
    "bad_filter",
    "definition",
    "ends_before_start",
    "forbidden",
    "invalid",
    "malformed",
    "no_amount",
    "no_key",
    "no_pipeline",
    "no_rate",
    "not_boolean",
    "not_currency",
    "not_date",
    "not_datetime",
    "not_decimal",
    "not_duration",
    "not_found",
    "not_in_trash",
    "not_integer",
    "not_list",
    "not_object",
    "not_option",
    "not_phone",
    "not_reference",
    "not_text",
    "not_time",
    "once",
    "out_of_range",
    "overlap",
    "pattern",
    "readonly",
    "reference",
    "reference_ambiguous",
    "reference_choice",
    "reference_kind",
    "reference_missing",
    "reference_trashed",
    "required",
    "restrict",
    "retired_option",
    "rule",
    "stale",
    "too_few_values",
    "too_great",
    "too_large",
    "too_long",
    "too_many_values",
    "too_short",
    "too_small",
    "transition",
    "tree_circle",
    "tree_own",
    "unauthenticated",
    "unavailable",
    "unique",
    "unknown_field",
    "unknown_line",
    "unstorable",
    "validate",
];

/// A settings document: one record of it per workspace, team or user, the nearest wins.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Unique in the model.
    pub name: Arc<str>,
    /// The entity that holds its records.
    pub entity: EntityId,
    /// The reference of that entity to the team whose settings a record holds, if teams may have their own.
    pub team: Option<FieldId>,
    /// The same for a person. A record with neither holds those of the workspace.
    pub user: Option<FieldId>,
    /// Where it is declared.
    pub place: Place,
}
