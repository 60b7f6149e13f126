//! Values in SQL, and how they are represented.

use fichero_model::kind::Type;
use fichero_model::{Ref, Value};
use rust_decimal::Decimal;

use super::Lowering;
use super::number::{self, scale_of};
use crate::{Cell, ColumnType, Dialect, Error};

/// A value: known beforehand, or worked out by the database.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    /// Known beforehand.
    Constant(Value),
    /// Worked out for each row.
    Sql(Scalar),
}

/// A value that the database works out.
#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    /// The text.
    pub(crate) sql: String,
    /// What it gives.
    pub(crate) repr: Repr,
    /// Whether it may be null.
    pub(crate) nullable: bool,
    /// It is the column of a row, which an index may serve.
    pub(crate) is_column: bool,
}

/// What a value is in SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repr {
    /// TRUE or FALSE, never null.
    Boolean,
    /// Text, equal by its bytes.
    Text,
    /// A folded key, ordered by its bytes.
    Key,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A moment.
    DateTime,
    /// An id.
    Id,
    /// A number times `10^scale`; also the rank of a choice, and seconds.
    Number {
        /// The power of ten.
        scale: u8,
        /// It may need more than 64 bits.
        wide: bool,
    },
}

impl Repr {
    /// A whole number of 64 bits.
    pub(crate) const INTEGER: Repr = Repr::Number { scale: 0, wide: false };

    /// A number that may need more than 64 bits.
    pub(super) fn is_wide(self) -> bool {
        matches!(self, Repr::Number { wide: true, .. })
    }

    /// The type of the column it is read as.
    pub(crate) fn column(self, dialect: Dialect) -> ColumnType {
        match self {
            Repr::Boolean => ColumnType::Boolean,
            Repr::Text | Repr::Key => ColumnType::Text,
            Repr::Date => ColumnType::Date,
            Repr::Time => ColumnType::Time,
            Repr::DateTime => ColumnType::DateTime,
            Repr::Id => ColumnType::Id,
            Repr::Number { wide: false, .. } => ColumnType::Integer,
            Repr::Number { wide: true, .. } => match dialect {
                Dialect::Sqlite => ColumnType::Bytes,
                Dialect::Postgres => ColumnType::Text,
            },
        }
    }
}

impl Scalar {
    /// A column of a row.
    pub(crate) fn column(sql: String, repr: Repr, nullable: bool) -> Self {
        Self { sql, repr, nullable, is_column: true }
    }

    /// Anything else.
    pub(crate) fn computed(sql: String, repr: Repr, nullable: bool) -> Self {
        Self { sql, repr, nullable, is_column: false }
    }

    /// The text as it is selected: what the driver cannot read is cast.
    pub(crate) fn selected(&self, dialect: Dialect) -> String {
        match (dialect, self.repr) {
            (Dialect::Postgres, Repr::Number { wide: true, .. }) => format!("({})::text", self.sql),
            (Dialect::Postgres, Repr::Number { wide: false, .. }) if !self.is_column => {
                format!("({})::bigint", self.sql)
            }
            _ => self.sql.clone(),
        }
    }
}

impl Operand {
    pub(crate) fn nothing() -> Self {
        Operand::Constant(Value::Nothing)
    }

    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self, Operand::Constant(Value::Nothing))
    }

    pub(crate) fn nullable(&self) -> bool {
        match self {
            Operand::Constant(value) => value.is_nothing(),
            Operand::Sql(scalar) => scalar.nullable,
        }
    }

    /// The representation it has, or for a constant the one it would best have.
    pub(super) fn repr(&self) -> Option<Repr> {
        match self {
            Operand::Sql(scalar) => Some(scalar.repr),
            Operand::Constant(value) => repr_of(value),
        }
    }
}

/// The representation of values of a type, if it has one.
pub(super) fn repr_of_type(ty: &Type) -> Option<Repr> {
    match ty {
        Type::Boolean => Some(Repr::Boolean),
        Type::Integer | Type::Duration => Some(Repr::INTEGER),
        Type::Decimal => Some(Repr::Number { scale: 0, wide: false }),
        Type::Money => Some(Repr::Number { scale: crate::layout::MONEY_SCALE, wide: false }),
        Type::Text | Type::Choice(_) => Some(Repr::Text),
        Type::Date => Some(Repr::Date),
        Type::Time => Some(Repr::Time),
        Type::DateTime => Some(Repr::DateTime),
        Type::Ref(_) => Some(Repr::Id),
        Type::Nothing | Type::Json | Type::Secret | Type::List(_) | Type::Any => None,
    }
}

fn repr_of(value: &Value) -> Option<Repr> {
    Some(match value {
        Value::Boolean(_) => Repr::Boolean,
        Value::Integer(_) | Value::Duration(_) => Repr::INTEGER,
        Value::Decimal(number) => Repr::Number { scale: scale_of(*number), wide: false },
        Value::Money(money) => Repr::Number { scale: scale_of(money.base), wide: false },
        Value::Text(_) => Repr::Text,
        Value::Date(_) => Repr::Date,
        Value::Time(_) => Repr::Time,
        Value::DateTime(_) => Repr::DateTime,
        Value::Ref(_) => Repr::Id,
        Value::Nothing | Value::List(_) | Value::Json(_) => return None,
    })
}

impl Lowering<'_, '_> {
    /// An operand in a representation, as text. Numbers are brought to its scale; a constant becomes a parameter.
    ///
    /// # Errors
    /// [`Error::Statement`] when the operand is of another sort: a defect of the compiler or of this module.
    pub(super) fn written(&mut self, operand: &Operand, repr: Repr) -> Result<String, Error> {
        match operand {
            Operand::Constant(value) => self.constant(value, repr),
            Operand::Sql(scalar) => match (scalar.repr, repr) {
                (Repr::Number { .. }, Repr::Number { .. }) => Ok(number::rescaled(self.dialect(), scalar, repr)),
                (found, wanted) if found == wanted => Ok(scalar.sql.clone()),
                (found, wanted) => Err(Error::Statement(format!("{found:?} stands where {wanted:?} is wanted"))),
            },
        }
    }

    fn constant(&mut self, value: &Value, repr: Repr) -> Result<String, Error> {
        let dialect = self.dialect();
        let cell = match (value, repr) {
            (Value::Nothing, repr) => return Ok(self.null(repr)),
            (Value::Boolean(value), Repr::Boolean) => return Ok(if *value { "TRUE" } else { "FALSE" }.to_owned()),
            (Value::Text(text), Repr::Text) => Cell::Text(std::sync::Arc::clone(text)),
            (Value::Text(text), Repr::Key) => Cell::text(&fichero_model::fold::key(text)),
            (Value::Date(date), Repr::Date) => Cell::Date(*date),
            (Value::Time(time), Repr::Time) => Cell::Time(*time),
            (Value::DateTime(moment), Repr::DateTime) => Cell::DateTime(*moment),
            (Value::Ref(Ref { id, .. }), Repr::Id) => Cell::Id(*id),
            (value, Repr::Number { scale, wide }) => match worth(value) {
                Some(number) => return Ok(self.number(number, scale, wide)),
                None => return Err(Error::Statement(format!("{value:?} stands where a number is wanted"))),
            },
            (value, repr) => return Err(Error::Statement(format!("{value:?} stands where {repr:?} is wanted"))),
        };
        Ok(if self.inline { literal(&cell, dialect) } else { self.bind(cell) })
    }

    /// A null of a representation.
    fn null(&mut self, repr: Repr) -> String {
        match self.dialect() {
            Dialect::Sqlite => "NULL".to_owned(),
            Dialect::Postgres => format!("NULL::{}", type_name(repr)),
        }
    }

    fn number(&mut self, number: Decimal, scale: u8, wide: bool) -> String {
        let scaled = number::times_power(number, scale);
        match (i64::try_from(scaled), wide, self.dialect()) {
            (Ok(small), false, _) | (Ok(small), true, Dialect::Postgres) if self.inline => small.to_string(),
            (Ok(small), false, _) | (Ok(small), true, Dialect::Postgres) => self.bind(Cell::Integer(small)),
            (_, _, Dialect::Sqlite) if self.inline => format!("x'{}'", hex(&number::sortable(scaled))),
            (_, _, Dialect::Sqlite) => self.bind(Cell::Bytes(number::sortable(scaled).as_slice().into())),
            (_, _, Dialect::Postgres) if self.inline => scaled.to_string(),
            (_, _, Dialect::Postgres) => {
                let sign = self.bind(Cell::text(&scaled.to_string()));
                format!("{sign}::numeric")
            }
        }
    }
}

/// The number that comparisons and sums use, of a duration its seconds.
pub(super) fn worth(value: &Value) -> Option<Decimal> {
    match value {
        Value::Duration(seconds) => Some(Decimal::from(*seconds)),
        value => value.as_number(),
    }
}

/// PostgreSQL's name for the type of a representation.
pub(super) fn type_name(repr: Repr) -> &'static str {
    match repr {
        Repr::Boolean => "boolean",
        Repr::Text | Repr::Key => "text",
        Repr::Date => "date",
        Repr::Time => "time",
        Repr::DateTime => "timestamptz",
        Repr::Id => "uuid",
        Repr::Number { wide: false, .. } => "bigint",
        Repr::Number { wide: true, .. } => "numeric",
    }
}

/// A cell as it stands in a statement that can have no parameters.
fn literal(cell: &Cell, dialect: Dialect) -> String {
    let typed = |name: &str, text: String| match dialect {
        Dialect::Sqlite => format!("'{text}'"),
        Dialect::Postgres => format!("'{text}'::{name}"),
    };
    match cell {
        Cell::Text(text) => quoted_text(text),
        Cell::Integer(number) => number.to_string(),
        Cell::Date(date) => typed("date", date.to_string()),
        Cell::Time(time) => typed("time", time.strftime("%H:%M:%S").to_string()),
        Cell::DateTime(moment) => match dialect {
            Dialect::Sqlite => moment.as_microsecond().to_string(),
            Dialect::Postgres => format!("'{moment}'::timestamptz"),
        },
        Cell::Id(id) => match dialect {
            Dialect::Sqlite => format!("x'{}'", hex(id.as_bytes())),
            Dialect::Postgres => format!("'{id}'::uuid"),
        },
        Cell::Boolean(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        Cell::Null(_)
        | Cell::Bytes(_)
        | Cell::Json(_)
        | Cell::Ids(_)
        | Cell::Integers(_)
        | Cell::DateTimes(_)
        | Cell::Column(..) => "NULL".to_owned(),
    }
}

/// A text as it stands in a statement: the name of an option, or a constant where there can be no parameters.
pub(super) fn quoted_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
