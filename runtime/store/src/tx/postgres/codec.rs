//! Cells to and from PostgreSQL's binary format.
//!
//! The formats are those of PostgreSQL's `send` and `recv` functions (src/backend/utils/adt of its source): integers
//! big-endian, days and microseconds counted from 2000-01-01.

use std::sync::Arc;

use fichero_model::Id;
use jiff::civil::{Date, Time};
use jiff::{Span, Timestamp};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::types::{Json, Uuid};
use sqlx::{Arguments as _, Encode, Postgres, Type, ValueRef as _};

use crate::{Cell, ColumnType};

/// 2000-01-01T00:00:00Z in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;

/// The day that days are counted from.
const EPOCH_DAY: Date = jiff::civil::date(2000, 1, 1);

/// The identities of the types (src/include/catalog/pg_type.dat).
const fn oid(ty: ColumnType) -> Oid {
    Oid(match ty {
        ColumnType::Boolean => 16,
        ColumnType::Bytes => 17,
        ColumnType::Integer => 20,
        ColumnType::Text => 25,
        ColumnType::Date => 1082,
        ColumnType::Time => 1083,
        ColumnType::DateTime => 1184,
        ColumnType::Id => 2950,
        ColumnType::Json => 3802,
    })
}

/// Adds a parameter.
pub(super) fn encode(arguments: &mut PgArguments, cell: &Cell) -> Result<(), BoxDynError> {
    match cell {
        Cell::Null(ColumnType::Boolean) => arguments.add(None::<bool>),
        Cell::Null(ColumnType::Integer) => arguments.add(None::<i64>),
        Cell::Null(ColumnType::Text) => arguments.add(None::<&str>),
        Cell::Null(ColumnType::Bytes) => arguments.add(None::<&[u8]>),
        Cell::Null(ColumnType::Id) => arguments.add(None::<Uuid>),
        Cell::Null(ColumnType::Date) => arguments.add(None::<Days>),
        Cell::Null(ColumnType::Time) => arguments.add(None::<TimeOfDay>),
        Cell::Null(ColumnType::DateTime) => arguments.add(None::<Moment>),
        Cell::Null(ColumnType::Json) => arguments.add(None::<Json<()>>),
        Cell::Boolean(value) => arguments.add(*value),
        Cell::Integer(value) => arguments.add(*value),
        Cell::Text(value) => arguments.add(&**value),
        Cell::Bytes(value) => arguments.add(&**value),
        Cell::Id(value) => arguments.add(Uuid::from_bytes(*value.as_bytes())),
        Cell::Date(value) => arguments.add(Days(*value)),
        Cell::Time(value) => arguments.add(TimeOfDay(*value)),
        Cell::DateTime(value) => arguments.add(Moment(*value)),
        Cell::Json(value) => arguments.add(Json(&**value)),
        Cell::Ids(ids) => arguments.add(ids.iter().map(|id| Uuid::from_bytes(*id.as_bytes())).collect::<Vec<_>>()),
        Cell::Integers(numbers) => arguments.add(&**numbers),
        Cell::DateTimes(moments) => arguments.add(moments.iter().copied().map(Moment).collect::<Vec<_>>()),
        Cell::Column(ty, cells) => column(arguments, *ty, cells),
    }
}

/// Adds an array of cells that are all of a type.
fn column(arguments: &mut PgArguments, ty: ColumnType, cells: &[Cell]) -> Result<(), BoxDynError> {
    macro_rules! all {
        ($variant:ident($value:ident) => $encoded:expr) => {{
            let one = |cell| match cell {
                &Cell::Null(_) => Ok(None),
                Cell::$variant($value) => Ok(Some($encoded)),
                other => Err(format!("{other:?} is not of the type of its column")),
            };
            arguments.add(cells.iter().map(one).collect::<Result<Vec<_>, _>>()?)
        }};
    }
    match ty {
        ColumnType::Boolean => all!(Boolean(value) => *value),
        ColumnType::Integer => all!(Integer(value) => *value),
        ColumnType::Text => all!(Text(value) => &**value),
        ColumnType::Bytes => all!(Bytes(value) => &**value),
        ColumnType::Id => all!(Id(value) => Uuid::from_bytes(*value.as_bytes())),
        ColumnType::Date => all!(Date(value) => Days(*value)),
        ColumnType::Time => all!(Time(value) => TimeOfDay(*value)),
        ColumnType::DateTime => all!(DateTime(value) => Moment(*value)),
        ColumnType::Json => all!(Json(value) => Json(&**value)),
    }
}

macro_rules! own {
    ($($name:ident($inner:ty) as $ty:expr, array $array:literal, |$value:ident| $bytes:expr;)*) => {$(
        struct $name($inner);

        impl Type<Postgres> for $name {
            fn type_info() -> PgTypeInfo {
                PgTypeInfo::with_oid(oid($ty))
            }
        }

        impl PgHasArrayType for $name {
            fn array_type_info() -> PgTypeInfo {
                PgTypeInfo::with_oid(Oid($array))
            }
        }

        impl Encode<'_, Postgres> for $name {
            fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
                let $value = self.0;
                buffer.extend_from_slice(&$bytes);
                Ok(IsNull::No)
            }
        }
    )*};
}

own! {
    Days(Date) as ColumnType::Date, array 1182, |date| EPOCH_DAY.until(date)?.get_days().to_be_bytes();
    TimeOfDay(Time) as ColumnType::Time, array 1183, |time| {
        let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
        (seconds * 1_000_000).to_be_bytes()
    };
    Moment(Timestamp) as ColumnType::DateTime, array 1185, |moment| (moment.as_microsecond() - EPOCH).to_be_bytes();
}

/// Reads a value as its type wants it, or says what is there instead.
pub(super) fn decode(value: &PgValueRef<'_>, ty: ColumnType) -> Result<Cell, String> {
    if value.is_null() {
        return Ok(Cell::Null(ty));
    }
    let found = value.type_info();
    let bytes = value.as_bytes().ok().filter(|_| found.oid() == Some(oid(ty)));
    let cell = match (value.format(), ty) {
        (PgValueFormat::Binary, _) => bytes.and_then(|bytes| read(bytes, ty)),
        (PgValueFormat::Text, ColumnType::Integer) => {
            bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()?.parse().ok()).map(Cell::Integer)
        }
        (PgValueFormat::Text, _) => None,
    };
    cell.ok_or_else(|| format!("should hold {ty:?} and holds {found}"))
}

fn read(bytes: &[u8], ty: ColumnType) -> Option<Cell> {
    let long = || bytes.try_into().ok().map(i64::from_be_bytes);
    Some(match ty {
        ColumnType::Boolean => Cell::Boolean(bytes == [1]),
        ColumnType::Integer => Cell::Integer(long()?),
        ColumnType::Text => Cell::Text(std::str::from_utf8(bytes).ok()?.into()),
        ColumnType::Bytes => Cell::Bytes(bytes.into()),
        ColumnType::Id => Cell::Id(Id::from_bytes(bytes.try_into().ok()?)),
        ColumnType::Date => {
            let days = Span::new().try_days(i32::from_be_bytes(bytes.try_into().ok()?)).ok()?;
            Cell::Date(EPOCH_DAY.checked_add(days).ok()?)
        }
        ColumnType::Time => {
            let seconds = long()? / 1_000_000;
            let part = |value: i64| i8::try_from(value).ok();
            Cell::Time(Time::new(part(seconds / 3600)?, part(seconds / 60 % 60)?, part(seconds % 60)?, 0).ok()?)
        }
        ColumnType::DateTime => Cell::DateTime(Timestamp::from_microsecond(long()?.checked_add(EPOCH)?).ok()?),
        // The first byte is the version of the format, 1.
        ColumnType::Json => Cell::Json(Arc::new(serde_json::from_slice(bytes.strip_prefix(&[1])?).ok()?)),
    })
}
