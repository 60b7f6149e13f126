//! The tables that a model wants, what the database has of them, and the way from one to the other.
//!
//! [`Schema`] says which tables and columns there are and which entity and field each belongs to. It names no database
//! and is what a deployment records; a plan compares what the model wants with what was recorded, never with guesses
//! from looking ([`drift`] looks, and only tells). What always holds:
//!
//! - Tables and columns keep the physical name they were born with. `was` changes what they stand for, nothing else.
//! - What leaves the model is retired: it stays, nullable and without rules, until [`prune`] is asked to drop it, and it
//!   comes back with its data when the model wants it again.
//! - The database enforces identity, references and uniqueness; the model enforces the rest, so user columns are
//!   nullable and most edits of definitions change no table.
//! - A step is frozen data: SQL and names. It never reads live definitions.
//!
//! What this module does not do: it computes no formula and no rollup. It records which columns must be filled anew
//! ([`fill`]) and lets the engine do it, batch by batch.

mod apply;
pub mod columns;
mod continuity;
mod convert;
pub(crate) mod ddl;
pub mod deployment;
mod desired;
pub mod drift;
mod error;
pub mod facts;
pub mod fill;
mod fingerprint;
pub mod index;
mod moment;
mod name;
pub(crate) mod overlap;
pub mod plan;
pub mod prune;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use columns::{Column, Role, Shape};
pub use ddl::link;
pub(crate) use ddl::{literal, quoted};
pub use error::Error;
pub use facts::Facts;
pub use index::Index;
pub use plan::{Hazard, Plan, Step, plan};

/// All tables of records, in the order they were born.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// The workspace's currency, in which the worth of money is kept; empty before the first deployment.
    pub currency: String,
    /// The tables, those of retired entities among them.
    pub tables: Vec<Table>,
}

/// The table of an entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The physical name, for ever.
    pub name: String,
    /// The entity it belongs to now, or belonged to last.
    pub entity: String,
    /// Since when no entity wants it.
    #[serde(with = "moment", default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<Timestamp>,
    /// The column that orders records among their siblings, in the table of an entity that is (or was) lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// The stored fields: living ones in the model's order, then retired ones.
    pub fields: Vec<Field>,
    /// The indexes besides the primary key.
    pub indexes: Vec<Index>,
    /// The references to many of the entity that are records of another one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub through: Vec<Through>,
}

/// A reference to many that has no links of its own: each is a record of another entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Through {
    /// What the model calls the field.
    pub field: String,
    /// The physical table of the records.
    pub table: String,
}

/// A stored field of an entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The physical name it was born with, unique in its table: that of its first column, where it has one.
    pub column: String,
    /// What the model calls it now, or called it last.
    pub name: String,
    /// Since when no field wants it.
    #[serde(with = "moment", default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<Timestamp>,
    /// How its values are kept.
    pub shape: Shape,
    /// Where its values come from.
    pub origin: Origin,
    /// A save without it is refused. Kept to see it turn true, for then old rows may have to be filled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Its values are numbers that the runtime gives out. Kept to see it turn true, for then counting has to go on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub numbered: bool,
    /// Whose currency its money takes, as the definition says it; nothing where each value has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares: Option<String>,
    /// The columns in the entity's own table, also those that the field needed once and does not use now.
    pub columns: Vec<Column>,
    /// The table of its links, for a reference to many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links: Option<Links>,
    /// The options that rows may hold: those of the model, and those that left it without a successor.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Those of them that have left it, as a plan has told already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<String>,
}

/// Where the values of a field come from, as far as stored values depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// From people and programs, or given out once.
    Given,
    /// It follows an expression until somebody overrides it. The text stands for the expression and all that it reads.
    Computed(String),
    /// It always follows a formula or rollup. The text stands for its definition and all that it reads.
    Derived(String),
}

/// A table of links, with the columns that [`link`] names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// Its physical name.
    pub table: String,
    /// The index that finds links from their target.
    pub index: String,
}

impl Schema {
    /// The table of a living entity.
    pub fn table_of(&self, entity: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.retired.is_none() && table.entity == entity)
    }

    /// The table of that physical name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

impl Table {
    /// The living field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.retired.is_none() && field.name == name)
    }

    /// The field that was born with that physical name.
    pub fn born(&self, column: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.column == column)
    }
}

impl Field {
    /// The physical name of the column that plays a part.
    pub fn column(&self, role: Role) -> Option<&str> {
        self.columns.iter().find(|column| column.role == role).map(|column| column.name.as_str())
    }

    /// True for references whose values say which table they point into.
    pub fn points_to_several(&self) -> bool {
        match &self.shape {
            Shape::Ref { targets } | Shape::Links { targets } => targets.len() != 1,
            _ => false,
        }
    }
}
