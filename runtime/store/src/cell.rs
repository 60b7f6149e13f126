//! What one column of one row holds, and of which type it is in each database.
//!
//! A [`Cell`] always knows its type, also when it is null: PostgreSQL refuses an untyped null, and a value read back
//! that is not of the declared type is [`Error::Corrupt`](crate::Error::Corrupt), never a null.
//!
//! | type | SQLite | PostgreSQL |
//! |---|---|---|
//! | `Boolean` | `INTEGER` 0, 1 | `BOOLEAN` |
//! | `Integer` | `INTEGER` | `BIGINT` |
//! | `Text` | `TEXT` | `TEXT COLLATE "C"` |
//! | `Bytes` | `BLOB` | `BYTEA` |
//! | `Id` | `BLOB`, 16 bytes | `UUID` |
//! | `Date` | `TEXT`, `2026-11-23` | `DATE` |
//! | `Time` | `TEXT`, `09:30:00` | `TIME` |
//! | `DateTime` | `INTEGER`, microseconds since 1970 | `TIMESTAMPTZ` |
//! | `Json` | `TEXT` | `JSONB` |
//! | `Ids` | (a parameter only) | `UUID[]` |
//! | `Integers` | (never) | `BIGINT[]`, a parameter only |
//! | `DateTimes` | (never) | `TIMESTAMPTZ[]`, a parameter only |
//! | `Column` | (never) | an array of a type of above, a parameter only |

use std::sync::Arc;

use fichero_model::Id;
use jiff::Timestamp;
use jiff::civil::{Date, Time};

use crate::Dialect;

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// True or false.
    Boolean,
    /// A whole number of 64 bits; also decimals and money, scaled.
    Integer,
    /// Text, compared by its bytes.
    Text,
    /// Bytes.
    Bytes,
    /// An id.
    Id,
    /// A day.
    Date,
    /// A time of day, to the second.
    Time,
    /// A moment, to the microsecond.
    DateTime,
    /// Structured data.
    Json,
}

impl ColumnType {
    /// The type as it stands behind a column's name where a table is made.
    pub const fn sql(self, dialect: Dialect) -> &'static str {
        match (dialect, self) {
            (Dialect::Sqlite, ColumnType::Boolean | ColumnType::Integer | ColumnType::DateTime) => "INTEGER",
            (Dialect::Sqlite, ColumnType::Text | ColumnType::Date | ColumnType::Time | ColumnType::Json) => "TEXT",
            (Dialect::Sqlite, ColumnType::Bytes | ColumnType::Id) => "BLOB",
            (Dialect::Postgres, ColumnType::Boolean) => "BOOLEAN",
            (Dialect::Postgres, ColumnType::Integer) => "BIGINT",
            (Dialect::Postgres, ColumnType::Text) => "TEXT COLLATE \"C\"",
            (Dialect::Postgres, ColumnType::Bytes) => "BYTEA",
            (Dialect::Postgres, ColumnType::Id) => "UUID",
            (Dialect::Postgres, ColumnType::Date) => "DATE",
            (Dialect::Postgres, ColumnType::Time) => "TIME",
            (Dialect::Postgres, ColumnType::DateTime) => "TIMESTAMPTZ",
            (Dialect::Postgres, ColumnType::Json) => "JSONB",
        }
    }
}

/// What a column holds, or a parameter of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Null, of a type.
    Null(ColumnType),
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Text; never with a NUL character.
    Text(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// An id.
    Id(Id),
    /// A day, of a year from 1 to 9999.
    Date(Date),
    /// A time of day; what is finer than a second is cut off.
    Time(Time),
    /// A moment, of a year from 1 to 9999; what is finer than a microsecond is cut off.
    DateTime(Timestamp),
    /// Structured data.
    Json(Arc<serde_json::Value>),
    /// Several ids as one parameter, for `id IN #1` (see [`crate::sql`]); never read.
    Ids(Arc<[Id]>),
    /// Several whole numbers as one parameter, on PostgreSQL only; never read.
    Integers(Arc<[i64]>),
    /// Several moments as one parameter, on PostgreSQL only; never read.
    DateTimes(Arc<[Timestamp]>),
    /// One column of several rows as one parameter, on PostgreSQL only; never read.
    Column(ColumnType, Arc<[Cell]>),
}

impl Cell {
    /// A text.
    pub fn text(text: &str) -> Self {
        Cell::Text(text.into())
    }

    /// The cell, or a null of `ty`.
    pub fn or_null<T: Into<Cell>>(value: Option<T>, ty: ColumnType) -> Self {
        value.map_or(Cell::Null(ty), Into::into)
    }

    /// One column of several rows.
    ///
    /// # Errors
    /// [`Error::Statement`](crate::Error::Statement) when the cells are of different types, or lists.
    pub(crate) fn column(cells: Vec<Cell>) -> Result<Self, crate::Error> {
        let ty = cells.first().and_then(Cell::ty);
        match ty.filter(|_| cells.iter().all(|cell| cell.ty() == ty)) {
            Some(ty) => Ok(Cell::Column(ty, cells.into())),
            None => Err(crate::Error::Statement("a column is to hold values of one type".to_owned())),
        }
    }

    /// The type of a column that can hold it; nothing for lists.
    fn ty(&self) -> Option<ColumnType> {
        Some(match self {
            Cell::Null(ty) => *ty,
            Cell::Boolean(_) => ColumnType::Boolean,
            Cell::Integer(_) => ColumnType::Integer,
            Cell::Text(_) => ColumnType::Text,
            Cell::Bytes(_) => ColumnType::Bytes,
            Cell::Id(_) => ColumnType::Id,
            Cell::Date(_) => ColumnType::Date,
            Cell::Time(_) => ColumnType::Time,
            Cell::DateTime(_) => ColumnType::DateTime,
            Cell::Json(_) => ColumnType::Json,
            Cell::Ids(_) | Cell::Integers(_) | Cell::DateTimes(_) | Cell::Column(..) => return None,
        })
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Cell::Null(_))
    }
}

macro_rules! from {
    ($($from:ty => $variant:ident($($convert:tt)*);)*) => {$(
        impl From<$from> for Cell {
            fn from(value: $from) -> Self {
                let convert = $($convert)*;
                Cell::$variant(convert(value))
            }
        }
    )*};
}

from! {
    bool => Boolean(std::convert::identity);
    i64 => Integer(std::convert::identity);
    &str => Text(Arc::<str>::from);
    String => Text(Arc::<str>::from);
    Arc<str> => Text(std::convert::identity);
    &[u8] => Bytes(Arc::<[u8]>::from);
    Vec<u8> => Bytes(Arc::<[u8]>::from);
    Arc<[u8]> => Bytes(std::convert::identity);
    Id => Id(std::convert::identity);
    Date => Date(std::convert::identity);
    Time => Time(std::convert::identity);
    Timestamp => DateTime(std::convert::identity);
    serde_json::Value => Json(Arc::new);
    Arc<serde_json::Value> => Json(std::convert::identity);
    &[Id] => Ids(Arc::<[Id]>::from);
}

/// Takes the cells of one read row apart, in the order of its columns.
///
/// Each method gives the next column, as what it must be: a null where none may be, or another type, is
/// [`Error::Corrupt`](crate::Error::Corrupt).
#[derive(Debug)]
pub struct Cells(std::vec::IntoIter<Cell>);

impl Cells {
    /// The cells of a row that `Tx::query` gave.
    pub fn new(row: Vec<Cell>) -> Self {
        Self(row.into_iter())
    }
}

macro_rules! take {
    ($($(#[$doc:meta])* $name:ident, $optional:ident: $variant:ident => $ty:ty;)*) => {
        impl Cells {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// When it is null or of another type.
            pub fn $name(&mut self) -> Result<$ty, crate::Error> {
                match self.0.next() {
                    Some(Cell::$variant(value)) => Ok(value),
                    other => Err(unexpected(stringify!($variant), other)),
                }
            }

            $(#[$doc])*
            /// Nothing when it is null.
            ///
            /// # Errors
            /// When it is of another type.
            pub fn $optional(&mut self) -> Result<Option<$ty>, crate::Error> {
                match self.0.next() {
                    Some(Cell::$variant(value)) => Ok(Some(value)),
                    Some(Cell::Null(_)) => Ok(None),
                    other => Err(unexpected(stringify!($variant), other)),
                }
            }
        )*}
    };
}

take! {
    /// The next column, a boolean.
    boolean, opt_boolean: Boolean => bool;
    /// The next column, a whole number.
    integer, opt_integer: Integer => i64;
    /// The next column, a text.
    text, opt_text: Text => Arc<str>;
    /// The next column, bytes.
    bytes, opt_bytes: Bytes => Arc<[u8]>;
    /// The next column, an id.
    id, opt_id: Id => Id;
    /// The next column, a day.
    date, opt_date: Date => Date;
    /// The next column, a time of day.
    time, opt_time: Time => Time;
    /// The next column, a moment.
    datetime, opt_datetime: DateTime => Timestamp;
    /// The next column, structured data.
    json, opt_json: Json => Arc<serde_json::Value>;
}

fn unexpected(wanted: &str, found: Option<Cell>) -> crate::Error {
    let found = match found {
        None => "no further column".to_owned(),
        Some(cell) => format!("{cell:?}"),
    };
    crate::Error::Corrupt(format!("a column should hold {wanted} and holds {found}"))
}

/// What is said of a text that neither database keeps alike.
pub(crate) const NUL: &str = "a text may not hold a NUL character";

/// Whether a cell can be kept exactly by both databases.
pub(crate) fn check(cell: &Cell) -> Result<(), crate::Error> {
    let year = match cell {
        Cell::Text(text) if text.contains('\0') => {
            return Err(crate::Error::Unstorable(NUL.to_owned()));
        }
        Cell::Date(date) => date.year(),
        // Cheaper than taking the moment apart: the first and the last microsecond of the years that are kept.
        Cell::DateTime(moment) if !(FIRST..=LAST).contains(&moment.as_microsecond()) => 0,
        Cell::Column(_, cells) => return cells.iter().try_for_each(check),
        _ => return Ok(()),
    };
    if year < 1 {
        return Err(crate::Error::Unstorable("a year must be one from 1 to 9999".to_owned()));
    }
    Ok(())
}

/// 0001-01-01T00:00:00Z in microseconds since 1970.
const FIRST: i64 = -62_135_596_800_000_000;
/// 9999-12-31T00:00:00Z: a moment has at least this day in every zone.
const LAST: i64 = 253_402_214_400_000_000;
