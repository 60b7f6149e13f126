//! The storage kinds: the small closed set of ways a value is stored, and the types expressions see.
//!
//! Everything else an author may write behind `type:` is a `type` document over one of these. A new kind is a new
//! variant here and a compile error wherever kinds are told apart.

use std::sync::Arc;

use crate::expr::Expr;
use crate::id::{EntityId, FieldId, OptionsId};
use crate::media::Accepted;
use crate::value::Currency;

/// How a field is stored, with what the kind needs to know.
#[derive(Clone, Debug)]
pub enum Kind {
    /// One line of text with a folded key beside it; at most `max` characters.
    Text { max: u32 },
    /// Many lines of text, neither sorted nor unique; at most `max` characters.
    LongText { max: u32 },
    /// A whole number of 64 bits.
    Integer,
    /// An exact number, stored as an integer scaled by `10^scale`.
    Decimal { scale: u8 },
    /// Amount, currency and worth in base, all scaled by 10^4.
    Money { currency: MoneyCurrency },
    /// True or false; not set reads false.
    Boolean,
    /// A day.
    Date,
    /// A time of day, to the second.
    Time,
    /// A moment in UTC, to the microsecond.
    DateTime,
    /// An elapsed time in seconds.
    Duration,
    /// One of a set of options, stored by its name.
    Choice { options: OptionsId },
    /// A reference to a record.
    Ref(Reference),
    /// Files, each by its id.
    File(Accepted),
    /// Structured data.
    Json,
    /// A text that is kept sealed: whoever reads learns only whether there is one. At most `max` characters. A row holds it
    /// as it is sealed; what is given is sealed before it is in any row.
    Secret { max: u32 },
    /// Owned child rows: the records of `of` whose reference `by` is this record, in their own order. No column.
    Lines { of: EntityId, by: FieldId },
    /// The records of `of` whose reference `by` is this record. No column.
    Children { of: EntityId, by: FieldId },
}

impl Kind {
    /// True of what nobody reads.
    pub fn is_secret(&self) -> bool {
        matches!(self, Kind::Secret { .. })
    }

    /// True of days.
    pub fn is_date(&self) -> bool {
        matches!(self, Kind::Date)
    }
}

/// Where the currency of a money field comes from.
#[derive(Clone, Debug)]
pub enum MoneyCurrency {
    /// Each value has its own; a write without one takes this (the workspace's).
    Own(Currency),
    /// It is that of another record or field: an expression that gives a `currency` text.
    Shared(Box<Expr>),
}

/// A reference to records of one entity or one of several.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The entities it may point to, at least one, sorted by id. With several the stored value names the entity too.
    pub targets: Arc<[EntityId]>,
    /// What happens to this record when its target is deleted.
    pub on_delete: OnDelete,
    /// Which records may be chosen: a condition over the target, with `record` for the record being edited.
    pub choose: Option<Box<Expr>>,
    /// The link entity that holds a many-to-many reference's own fields, where one was named.
    pub through: Option<Through>,
}

/// The link entity of a `many: true` reference that was given `through:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Through {
    /// The link entity.
    pub entity: EntityId,
    /// Its reference to this record.
    pub from: FieldId,
    /// Its reference to the other record.
    pub to: FieldId,
}

/// What happens to a record when what it points to is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelete {
    /// The target may not be deleted while this record lives.
    Restrict,
    /// This record is deleted in the same batch.
    Cascade,
    /// The reference becomes nothing.
    Clear,
}

/// The type of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Only `()`.
    Nothing,
    /// A condition.
    Boolean,
    /// A whole number.
    Integer,
    /// An exact number.
    Decimal,
    /// An amount of money.
    Money,
    /// Text.
    Text,
    /// One of a set of options; compares with text literals that name one.
    Choice(OptionsId),
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A moment.
    DateTime,
    /// An elapsed time.
    Duration,
    /// A record of one of these entities, sorted by id.
    Ref(Arc<[EntityId]>),
    /// Structured data.
    Json,
    /// A secret, of which may only be asked whether there is one.
    Secret,
    /// Several of a type.
    List(Arc<Type>),
    /// Whatever a script's function gives: known only when it is evaluated, and checked then. Never of a field.
    Any,
}

impl Kind {
    /// The type of a single value of this kind in expressions.
    pub fn value_type(&self) -> Type {
        match self {
            Kind::Text { .. } | Kind::LongText { .. } | Kind::File(_) => Type::Text,
            Kind::Integer => Type::Integer,
            Kind::Decimal { .. } => Type::Decimal,
            Kind::Money { .. } => Type::Money,
            Kind::Boolean => Type::Boolean,
            Kind::Date => Type::Date,
            Kind::Time => Type::Time,
            Kind::DateTime => Type::DateTime,
            Kind::Duration => Type::Duration,
            Kind::Choice { options } => Type::Choice(*options),
            Kind::Ref(reference) => Type::Ref(Arc::clone(&reference.targets)),
            Kind::Json => Type::Json,
            Kind::Secret { .. } => Type::Secret,
            Kind::Lines { of, .. } | Kind::Children { of, .. } => Type::List(Arc::new(Type::Ref(Arc::new([*of])))),
        }
    }

    /// The word an author writes for it.
    pub fn word(&self) -> &'static str {
        match self {
            Kind::Text { .. } => "text",
            Kind::LongText { .. } => "longtext",
            Kind::Integer => "integer",
            Kind::Decimal { .. } => "decimal",
            Kind::Money { .. } => "money",
            Kind::Boolean => "boolean",
            Kind::Date => "date",
            Kind::Time => "time",
            Kind::DateTime => "datetime",
            Kind::Duration => "duration",
            Kind::Choice { .. } => "choice",
            Kind::Ref(_) => "ref",
            Kind::File(_) => "file",
            Kind::Json => "json",
            Kind::Secret { .. } => "secret",
            Kind::Lines { .. } => "lines",
            Kind::Children { .. } => "children",
        }
    }

    /// True when rows of another entity make up the value, so that this record has no column for it.
    pub fn is_rows(&self) -> bool {
        matches!(self, Kind::Lines { .. } | Kind::Children { .. })
    }
}
