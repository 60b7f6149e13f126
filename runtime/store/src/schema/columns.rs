//! How the values of a field lie in columns.
//!
//! | kind | columns |
//! |---|---|
//! | text | the text, and `__key`: its folded key, which order, search and uniqueness compare |
//! | longtext | the text |
//! | integer, duration | the number (seconds) |
//! | decimal | the number times `10^scale` |
//! | money | the amount times 10^4, `_currency`, and `_base`: its worth in the workspace's currency times 10^4 |
//! | boolean, date, time, datetime | the value |
//! | choice | the option's name |
//! | ref to one entity | the id, with a foreign key |
//! | ref to one of several | the id, and `_kind`: the physical table it points into |
//! | ref to many | none; a table of links |
//! | file | the id |
//! | json | the value |
//! | secret | the sealed text |
//! | many of any other kind | the values as one JSON list |
//! | lines, children | none; the other entity's table refers back |
//!
//! A field with `compute` has `__set` besides: true where somebody has overridden the computed value.

use fichero_model::entity::{self, System};
use fichero_model::kind::Kind;
use serde::{Deserialize, Serialize};

use crate::ColumnType;

/// How the values of a field are kept, without what no stored value depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// The identity of the record itself.
    Identity,
    /// One line of text with its key.
    Text,
    /// Many lines of text.
    LongText,
    /// A whole number.
    Integer,
    /// A number times `10^scale`.
    Decimal {
        /// How many digits behind the point.
        scale: u8,
    },
    /// Amount, currency and worth.
    Money,
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A moment.
    DateTime,
    /// Seconds.
    Duration,
    /// The name of an option.
    Choice,
    /// A reference to a record in one of these physical tables.
    Ref {
        /// The tables, sorted.
        targets: Vec<String>,
    },
    /// References to records in these physical tables, in a table of links.
    Links {
        /// The tables, sorted.
        targets: Vec<String>,
    },
    /// An id of something that is no record of an entity of the model's choosing: a file, a person who acted, a batch.
    Id,
    /// Structured data.
    Json,
    /// A sealed text.
    Secret,
    /// A JSON list of values of a shape.
    Many(Box<Shape>),
}

/// A physical column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The part it plays for its field.
    pub role: Role,
    /// What it holds.
    #[serde(rename = "type", with = "StoredType")]
    pub ty: ColumnType,
    /// The physical table whose ids it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<String>,
}

/// The part a column plays for its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The value itself; of money the amount.
    Value,
    /// The folded key of a text.
    Key,
    /// The currency of money.
    Currency,
    /// The worth of money in the workspace's currency.
    Base,
    /// The physical table that a reference points into.
    Kind,
    /// Whether a computed value was overridden.
    Override,
}

impl Role {
    /// What its column is called behind the field's own physical name.
    pub const fn suffix(self) -> &'static str {
        match self {
            Role::Value => "",
            Role::Key => "__key",
            Role::Currency => "_currency",
            Role::Base => "_base",
            Role::Kind => "_kind",
            Role::Override => "__set",
        }
    }
}

/// A column that a field needs, before it has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The part it plays.
    pub role: Role,
    /// What it holds.
    pub ty: ColumnType,
    /// The physical table whose ids it holds.
    pub references: Option<String>,
}

impl Shape {
    /// The shape of a field; nothing for one that its record's table does not keep. `table` gives the physical name of
    /// an entity's table.
    pub fn of(field: &entity::Field, table: &dyn Fn(fichero_model::EntityId) -> String) -> Option<Shape> {
        if let Some(shape) = link(field, table) {
            return Some(shape);
        }
        if !field.is_stored() {
            return None;
        }
        let one = match &field.kind {
            Kind::Text { .. } => Shape::Text,
            Kind::LongText { .. } => Shape::LongText,
            Kind::Integer => Shape::Integer,
            Kind::Decimal { scale } => Shape::Decimal { scale: *scale },
            Kind::Money { .. } => Shape::Money,
            Kind::Boolean => Shape::Boolean,
            Kind::Date => Shape::Date,
            Kind::Time => Shape::Time,
            Kind::DateTime => Shape::DateTime,
            Kind::Duration => Shape::Duration,
            Kind::Choice { .. } => Shape::Choice,
            Kind::Ref(reference) => Shape::Ref { targets: targets(&reference.targets, table) },
            Kind::File(_) => Shape::Id,
            Kind::Json => Shape::Json,
            Kind::Secret { .. } => Shape::Secret,
            Kind::Lines { .. } | Kind::Children { .. } => return None,
        };
        Some(if field.many { Shape::Many(Box::new(one)) } else { one })
    }

    /// The shape of a field that every entity has.
    pub const fn of_system(field: System) -> Shape {
        match field {
            System::Id => Shape::Identity,
            System::Version => Shape::Integer,
            System::CreatedAt | System::UpdatedAt | System::DeletedAt => Shape::DateTime,
            // People who acted are no foreign keys: the check would lock their row with every write.
            System::CreatedBy | System::UpdatedBy | System::DeletedBatch => Shape::Id,
        }
    }

    /// The columns in the entity's own table.
    pub fn needs(&self) -> Vec<Need> {
        let need = |role, ty| Need { role, ty, references: None };
        let value = |ty| vec![need(Role::Value, ty)];
        match self {
            Shape::Identity | Shape::Id => value(ColumnType::Id),
            Shape::Text => vec![need(Role::Value, ColumnType::Text), need(Role::Key, ColumnType::Text)],
            Shape::LongText | Shape::Choice | Shape::Secret => value(ColumnType::Text),
            Shape::Integer | Shape::Decimal { .. } | Shape::Duration => value(ColumnType::Integer),
            Shape::Money => vec![
                need(Role::Value, ColumnType::Integer),
                need(Role::Currency, ColumnType::Text),
                need(Role::Base, ColumnType::Integer),
            ],
            Shape::Boolean => value(ColumnType::Boolean),
            Shape::Date => value(ColumnType::Date),
            Shape::Time => value(ColumnType::Time),
            Shape::DateTime => value(ColumnType::DateTime),
            Shape::Ref { targets } => match targets.as_slice() {
                [only] => vec![Need { role: Role::Value, ty: ColumnType::Id, references: Some(only.clone()) }],
                _ => vec![need(Role::Value, ColumnType::Id), need(Role::Kind, ColumnType::Text)],
            },
            Shape::Links { .. } => Vec::new(),
            Shape::Json | Shape::Many(_) => value(ColumnType::Json),
        }
    }

    /// What people call it.
    pub fn word(&self) -> String {
        match self {
            Shape::Identity | Shape::Id => "id".to_owned(),
            Shape::Text => "text".to_owned(),
            Shape::LongText => "longtext".to_owned(),
            Shape::Integer => "integer".to_owned(),
            Shape::Decimal { scale } => format!("decimal of scale {scale}"),
            Shape::Money => "money".to_owned(),
            Shape::Boolean => "boolean".to_owned(),
            Shape::Date => "date".to_owned(),
            Shape::Time => "time".to_owned(),
            Shape::DateTime => "datetime".to_owned(),
            Shape::Duration => "duration".to_owned(),
            Shape::Choice => "choice".to_owned(),
            Shape::Ref { targets } => format!("ref to {}", targets.join(" or ")),
            Shape::Links { targets } => format!("many refs to {}", targets.join(" or ")),
            Shape::Json => "json".to_owned(),
            Shape::Secret => "secret".to_owned(),
            Shape::Many(one) => format!("many {}", one.word()),
        }
    }
}

/// The shape of a reference to many that is kept in a table of links of its own (not `through` an entity).
fn link(field: &entity::Field, table: &dyn Fn(fichero_model::EntityId) -> String) -> Option<Shape> {
    match &field.kind {
        Kind::Ref(reference) if field.is_link() && reference.through.is_none() => {
            Some(Shape::Links { targets: targets(&reference.targets, table) })
        }
        _ => None,
    }
}

fn targets(entities: &[fichero_model::EntityId], table: &dyn Fn(fichero_model::EntityId) -> String) -> Vec<String> {
    let mut targets: Vec<String> = entities.iter().map(|entity| table(*entity)).collect();
    targets.sort();
    targets
}

/// Words for [`ColumnType`], which stand in recorded schemas.
#[derive(Serialize, Deserialize)]
#[serde(remote = "ColumnType", rename_all = "snake_case")]
pub(crate) enum StoredType {
    Boolean,
    Integer,
    Text,
    Bytes,
    Id,
    Date,
    Time,
    DateTime,
    Json,
}
