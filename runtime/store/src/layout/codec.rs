//! Values to and from cells.

use std::sync::Arc;

use fichero_model::fold;
use fichero_model::id::Id;
use fichero_model::value::{Currency, Money};
use fichero_model::{Ref, Value};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::json;

use super::field::{Form, MONEY_SCALE, Stored};
use super::tables::Tables;
use crate::{Cell, ColumnType, Error};

/// Adds the cells of a field's value in the order of [`Stored::written`].
pub(super) fn encode(
    tables: &Tables,
    stored: &Stored,
    value: &Value,
    overridden: bool,
    cells: &mut Vec<Cell>,
) -> Result<(), Error> {
    let value = if let Value::Text(text) = value
        && text.is_empty()
    {
        &Value::Nothing
    } else {
        value
    };
    cells.push(cell(&stored.form, value)?);
    if stored.key.is_some() {
        let key = value.as_text().map(|text| Cell::text(&fold::key(text)));
        cells.push(key.unwrap_or(Cell::Null(ColumnType::Text)));
    }
    if stored.form == Form::Money {
        match value {
            Value::Money(money) => {
                cells.push(Cell::text(money.currency.as_str()));
                cells.push(Cell::Integer(scaled(money.base, MONEY_SCALE)?));
            }
            _ => cells.extend([Cell::Null(ColumnType::Text), Cell::Null(ColumnType::Integer)]),
        }
    }
    if stored.kind.is_some() {
        let table = value.as_ref().map(|reference| Cell::Text(Arc::clone(&tables.table(reference.entity).name)));
        cells.push(table.unwrap_or(Cell::Null(ColumnType::Text)));
    }
    if stored.overridden.is_some() {
        cells.push(Cell::Boolean(overridden));
    }
    Ok(())
}

/// The cell of a value in the column of its own; of money the amount.
pub(crate) fn cell(form: &Form, value: &Value) -> Result<Cell, Error> {
    Ok(match (form, value) {
        (_, Value::Nothing) => Cell::Null(form.column()),
        (Form::Ref(_) | Form::AnyRef, Value::Ref(reference)) => Cell::Id(reference.id),
        (Form::Id, Value::Text(text)) => Cell::Id(id(text)?),
        (Form::Text { .. } | Form::Choice, Value::Text(text)) => Cell::Text(Arc::clone(text)),
        (Form::Integer, Value::Integer(number)) | (Form::Duration, Value::Duration(number)) => Cell::Integer(*number),
        (Form::Decimal { scale }, Value::Decimal(number)) => Cell::Integer(scaled(*number, *scale)?),
        (Form::Decimal { scale }, Value::Integer(number)) => Cell::Integer(scaled(Decimal::from(*number), *scale)?),
        (Form::Money, Value::Money(money)) => Cell::Integer(scaled(money.amount, MONEY_SCALE)?),
        (Form::Boolean, Value::Boolean(value)) => Cell::Boolean(*value),
        (Form::Date, Value::Date(date)) => Cell::Date(*date),
        (Form::Time, Value::Time(time)) => Cell::Time(*time),
        (Form::DateTime, Value::DateTime(moment)) => Cell::DateTime(*moment),
        (Form::Json, Value::Json(value)) => Cell::Json(Arc::clone(value)),
        (Form::Many(one), value) => {
            let items = value.items().iter().map(|item| to_json(one, item)).collect::<Result<_, _>>()?;
            Cell::Json(Arc::new(serde_json::Value::Array(items)))
        }
        (form, value) => return Err(Error::Statement(format!("a column of {form:?} was given {value:?}"))),
    })
}

/// A number as the integer that stands for it.
///
/// # Errors
/// [`Error::Unstorable`] when it has more digits behind the point than `scale`, or is out of range.
pub(crate) fn scaled(number: Decimal, scale: u8) -> Result<i64, Error> {
    let mut exact = number.normalize();
    if exact.scale() > u32::from(scale) {
        return Err(Error::Unstorable(format!("{number} has more than {scale} digits behind the point")));
    }
    exact.rescale(u32::from(scale));
    let fits = exact.scale() == u32::from(scale);
    let mantissa = i64::try_from(exact.mantissa()).ok().filter(|_| fits);
    mantissa.ok_or_else(|| Error::Unstorable(format!("{number} is out of range for {scale} digits behind the point")))
}

/// Reads the cells of a field in the order of [`Stored::read`], and whether the value was overridden.
pub(crate) fn decode(
    tables: &Tables,
    stored: &Stored,
    cells: &mut impl Iterator<Item = Cell>,
) -> Result<(Value, bool), Error> {
    let mut next = || cells.next().unwrap_or(Cell::Null(ColumnType::Text));
    let first = next();
    let value = match (&stored.form, first) {
        (Form::Money, amount) => money(amount, next(), next())?,
        (Form::AnyRef, id) => match (id, next()) {
            (Cell::Null(_), Cell::Null(_)) => Value::Nothing,
            (Cell::Id(id), Cell::Text(table)) => Value::Ref(Ref { entity: tables.entity_of(&table)?, id }),
            (id, table) => return Err(Error::Corrupt(format!("a reference is {id:?} in {table:?}"))),
        },
        (form, cell) => value(form, cell)?,
    };
    let overridden = stored.overridden.is_some() && next() == Cell::Boolean(true);
    Ok((value, overridden))
}

/// The value of a cell in a column of its own; not of money or a reference to several entities.
pub(crate) fn value(form: &Form, cell: Cell) -> Result<Value, Error> {
    Ok(match (form, cell) {
        (_, Cell::Null(_)) => Value::Nothing,
        (Form::Ref(entity), Cell::Id(id)) => Value::Ref(Ref { entity: *entity, id }),
        (Form::Id, Cell::Id(id)) => Value::text(&id.to_string()),
        (Form::Text { .. } | Form::Choice, Cell::Text(text)) if text.is_empty() => Value::Nothing,
        (Form::Text { .. } | Form::Choice, Cell::Text(text)) => Value::Text(text),
        (Form::Integer, Cell::Integer(number)) => Value::Integer(number),
        (Form::Duration, Cell::Integer(number)) => Value::Duration(number),
        (Form::Decimal { scale }, Cell::Integer(number)) => Value::Decimal(Decimal::new(number, u32::from(*scale))),
        (Form::Boolean, Cell::Boolean(value)) => Value::Boolean(value),
        (Form::Date, Cell::Date(date)) => Value::Date(date),
        (Form::Time, Cell::Time(time)) => Value::Time(time),
        (Form::DateTime, Cell::DateTime(moment)) => Value::DateTime(moment),
        (Form::Json, Cell::Json(value)) => Value::Json(value),
        (Form::Many(one), Cell::Json(list)) => {
            let serde_json::Value::Array(items) = &*list else {
                return Err(Error::Corrupt(format!("a list of {one:?} is {list}")));
            };
            Value::list(items.iter().map(|item| from_json(one, item)).collect::<Result<Vec<_>, _>>()?)
        }
        (form, cell) => return Err(Error::Corrupt(format!("a column of {form:?} holds {cell:?}"))),
    })
}

fn money(amount: Cell, currency: Cell, base: Cell) -> Result<Value, Error> {
    let number = |scaled: i64| Decimal::new(scaled, u32::from(MONEY_SCALE));
    match (amount, currency, base) {
        (Cell::Null(_), _, _) => Ok(Value::Nothing),
        (Cell::Integer(amount), Cell::Text(currency), Cell::Integer(base)) if Currency::parse(&currency).is_some() => {
            let currency =
                Currency::parse(&currency).ok_or_else(|| Error::Corrupt(format!("currency {currency:?}")))?;
            Ok(Value::Money(Money { amount: number(amount), currency, base: number(base) }))
        }
        (amount, currency, base) => {
            Err(Error::Corrupt(format!("an amount of money is {amount:?} in {currency:?}, worth {base:?}")))
        }
    }
}

/// An item of a list as it stands in JSON: numbers and moments as the integers that columns hold, so that SQL can
/// compare them.
pub(crate) fn to_json(form: &Form, value: &Value) -> Result<serde_json::Value, Error> {
    let cell = cell(form, value)?;
    crate::cell::check(&cell)?;
    Ok(match cell {
        Cell::Boolean(value) => json!(value),
        Cell::Integer(amount) => match value {
            Value::Money(money) => json!({
                "amount": amount,
                "currency": money.currency.as_str(),
                "base": scaled(money.base, MONEY_SCALE)?,
            }),
            _ => json!(amount),
        },
        Cell::Text(text) => json!(&*text),
        Cell::Id(id) => json!(id.to_string()),
        Cell::Date(date) => json!(date.to_string()),
        Cell::Time(time) => json!(time.strftime("%H:%M:%S").to_string()),
        Cell::DateTime(moment) => json!(moment.as_microsecond()),
        Cell::Json(value) => (*value).clone(),
        Cell::Null(_) | Cell::Bytes(_) | Cell::Ids(_) | Cell::Integers(_) | Cell::DateTimes(_) | Cell::Column(..) => {
            return Err(Error::Statement(format!("a list of {form:?} was given {value:?}")));
        }
    })
}

fn from_json(form: &Form, item: &serde_json::Value) -> Result<Value, Error> {
    let wrong = || Error::Corrupt(format!("a list of {form:?} holds {item}"));
    let text = || item.as_str().ok_or_else(wrong);
    let number = || item.as_i64().ok_or_else(wrong);
    let cell = match form {
        Form::Boolean => Cell::Boolean(item.as_bool().ok_or_else(wrong)?),
        Form::Money => {
            let part = |name: &str| item.get(name).ok_or_else(wrong);
            let number = |name: &str| Ok::<_, Error>(Cell::Integer(part(name)?.as_i64().ok_or_else(wrong)?));
            let currency = Cell::text(part("currency")?.as_str().ok_or_else(wrong)?);
            return money(number("amount")?, currency, number("base")?);
        }
        Form::Integer | Form::Duration | Form::Decimal { .. } => Cell::Integer(number()?),
        Form::DateTime => Cell::DateTime(Timestamp::from_microsecond(number()?).map_err(|_| wrong())?),
        Form::Text { .. } | Form::Choice => Cell::text(text()?),
        Form::Date => Cell::Date(text()?.parse().map_err(|_| wrong())?),
        Form::Time => Cell::Time(text()?.parse().map_err(|_| wrong())?),
        Form::Id | Form::Ref(_) => Cell::Id(text()?.parse().map_err(|_| wrong())?),
        Form::Json => Cell::Json(Arc::new(item.clone())),
        Form::AnyRef | Form::Many(_) => return Err(wrong()),
    };
    value(form, cell)
}

fn id(text: &str) -> Result<Id, Error> {
    text.parse().map_err(|_| Error::Unstorable(format!("`{text}` is no id")))
}
