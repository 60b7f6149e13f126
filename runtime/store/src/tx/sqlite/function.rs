//! Functions that SQLite lacks, made of the same Rust that runs in memory.
//!
//! All are deterministic, and null when an argument is null. Numbers are integers that stand for themselves times a
//! power of ten; one that may leave 64 bits is 16 bytes (`crate::lower::number`). A result that leaves the bounds of
//! `fichero_model::expr::number` is null.

use std::sync::Arc;

use fichero_model::Id;
use fichero_model::expr::time;
use fichero_model::expr::truth::LONGEST_TEXT;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, Error, Result};

use crate::lower::number::{bound_of, from_sortable, sortable};

/// Adds them to a connection.
pub(super) fn register(connection: &Connection) -> Result<()> {
    numbers(connection)?;
    days(connection)?;
    moments(connection)?;
    // As in memory, where a longer text is a fault: bounded at each step, so that a request cannot make it grow.
    scalar(connection, "fichero_concat", 2, |context| {
        let texts = text(context, 0)?.zip(text(context, 1)?).filter(|(a, b)| a.len() + b.len() <= LONGEST_TEXT);
        Ok(texts.map(|(a, b)| Value::Text([a, b].concat())))
    })?;
    scalar(connection, "fichero_id_text", 1, |context| match context.get_raw(0) {
        ValueRef::Null => Ok(None),
        ValueRef::Blob(bytes) => {
            let bytes = bytes.try_into().map_err(|_| wrong("an id has 16 bytes"))?;
            Ok(Some(Value::Text(Id::from_bytes(bytes).to_string())))
        }
        _ => Err(wrong("an id is 16 bytes")),
    })
}

fn numbers(connection: &Connection) -> Result<()> {
    scalar(connection, "fichero_wide", 2, |context| {
        let digits: u32 = context.get(1)?;
        let scaled = number(context.get_raw(0))?.map(|number| number.checked_mul(10_i128.pow(digits.min(30))));
        Ok(scaled.flatten().map(wide))
    })?;
    scalar(connection, "fichero_add", 3, |context| sum(context, i128::checked_add))?;
    scalar(connection, "fichero_subtract", 3, |context| sum(context, i128::checked_sub))?;
    scalar(connection, "fichero_abs", 1, |context| match context.get_raw(0) {
        ValueRef::Integer(number) => Ok(number.checked_abs().map(Value::Integer)),
        other => Ok(number(other)?.map(|number| wide(number.abs()))),
    })?;
    scalar(connection, "fichero_sign", 1, |context| {
        let sign = number(context.get_raw(0))?.map(i128::signum);
        Ok(sign.and_then(|sign| i64::try_from(sign).ok()).map(Value::Integer))
    })?;
    scalar(connection, "fichero_round", 2, |context| {
        let narrow = matches!(context.get_raw(0), ValueRef::Integer(_));
        let rounded = number_and_unit(context)?.map(|(number, unit)| {
            let (whole, rest) = (number / unit, number % unit);
            if rest.abs() * 2 >= unit { whole + number.signum() } else { whole }
        });
        Ok(rounded.map(|number| match i64::try_from(number) {
            Ok(small) if narrow => Value::Integer(small),
            _ => wide(number),
        }))
    })?;
    scalar(connection, "fichero_floor", 2, |context| {
        let whole = number_and_unit(context)?.map(|(number, unit)| number.div_euclid(unit));
        Ok(whole.and_then(|number| i64::try_from(number).ok()).map(Value::Integer))
    })?;
    scalar(connection, "fichero_ceil", 2, |context| {
        let whole = number_and_unit(context)?.map(|(number, unit)| -(-number).div_euclid(unit));
        Ok(whole.and_then(|number| i64::try_from(number).ok()).map(Value::Integer))
    })?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_aggregate_function("fichero_sum", 2, flags, Sum)
}

fn days(connection: &Connection) -> Result<()> {
    let of_day = |name: &'static str, of: fn(Date) -> Option<Value>| {
        scalar(connection, name, 1, move |context| Ok(day(context, 0)?.and_then(of)))
    };
    let number = |number: i64| Some(Value::Integer(number));
    of_day("fichero_year", |day| Some(Value::Integer(day.year().into())))?;
    of_day("fichero_month", |day| Some(Value::Integer(day.month().into())))?;
    of_day("fichero_day", |day| Some(Value::Integer(day.day().into())))?;
    of_day("fichero_weekday", |day| Some(Value::Integer(day.weekday().to_monday_one_offset().into())))?;
    of_day("fichero_start_of_week", |day| time::start_of_week(day).map(written))?;
    of_day("fichero_start_of_month", |day| Some(written(day.first_of_month())))?;
    of_day("fichero_end_of_month", |day| Some(written(day.last_of_month())))?;
    of_day("fichero_start_of_year", |day| Some(written(day.first_of_year())))?;
    of_day("fichero_end_of_year", |day| Some(written(day.last_of_year())))?;
    scalar(connection, "fichero_add_months", 2, |context| {
        let (day, months): (_, Option<i64>) = (day(context, 0)?, context.get(1)?);
        Ok(day.zip(months).and_then(|(day, months)| time::add_months(day, months)).map(written))
    })?;
    scalar(connection, "fichero_add_days", 2, |context| {
        let (day, days): (_, Option<i64>) = (day(context, 0)?, context.get(1)?);
        let later = day.zip(days).and_then(|(day, days)| day.checked_add(Span::new().try_days(days).ok()?).ok());
        Ok(later.filter(|day| day.year() >= 1).map(written))
    })?;
    scalar(connection, "fichero_days_between", 2, move |context| {
        let days = day(context, 0)?.zip(day(context, 1)?);
        Ok(days.and_then(|(from, to)| number(time::days_between(from, to))))
    })?;
    scalar(connection, "fichero_hour", 1, |context| {
        let time = text(context, 0)?.map(|text| text.parse::<Time>().map_err(|_| wrong("a time is written 09:30:00")));
        Ok(time.transpose()?.map(|time| Value::Integer(time.hour().into())))
    })
}

/// Moments, some of them in a zone that the last argument names; and what is moved by a duration, forward or (-1) back.
fn moments(connection: &Connection) -> Result<()> {
    scalar(connection, "fichero_day_of", 2, |context| {
        let zone = zone(context, 1)?;
        Ok(moment(context, 0)?.and_then(|moment| time::day_of(moment, &zone)).map(written))
    })?;
    scalar(connection, "fichero_time_of", 2, |context| {
        let zone = zone(context, 1)?;
        let time = moment(context, 0)?.map(|moment| time::time_of_day(moment, &zone));
        Ok(time.map(|time| Value::Text(time.to_string())))
    })?;
    scalar(connection, "fichero_start_of_day", 2, |context| {
        let zone = zone(context, 1)?;
        let moment = day(context, 0)?.and_then(|day| time::start_of_day(day, &zone));
        Ok(moment.map(|moment| Value::Integer(moment.as_microsecond())))
    })?;
    scalar(connection, "fichero_move_day", 3, |context| {
        let moved = day(context, 0)?.zip(duration(context)?).and_then(|(day, by)| time::move_day(day, by));
        Ok(moved.map(written))
    })?;
    scalar(connection, "fichero_move_moment", 3, |context| {
        let moved = moment(context, 0)?.zip(duration(context)?);
        let moved = moved.and_then(|(moment, by)| time::move_moment(moment, by));
        Ok(moved.map(|moment| Value::Integer(moment.as_microsecond())))
    })
}

fn scalar<F>(connection: &Connection, name: &str, arguments: i32, of: F) -> Result<()>
where
    F: Fn(&Context<'_>) -> Result<Option<Value>> + Send + std::panic::UnwindSafe + 'static,
{
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function(name, arguments, flags, move |context| {
        Ok(ToSqlOutput::Owned(of(context)?.unwrap_or(Value::Null)))
    })
}

/// Two numbers of one scale combined; the third argument says what bounds the result.
fn sum(context: &Context<'_>, combine: fn(i128, i128) -> Option<i128>) -> Result<Option<Value>> {
    let (a, b) = (number(context.get_raw(0))?, number(context.get_raw(1))?);
    let combined = a.zip(b).and_then(|(a, b)| combine(a, b));
    Ok(combined.and_then(|number| within(number, context.get(2).unwrap_or_default())))
}

/// A result, null when it is out of bounds.
fn within(number: i128, bound: i64) -> Option<Value> {
    let (limit, is_wide) = bound_of(bound);
    let number = (-limit..=limit).contains(&number).then_some(number)?;
    match i64::try_from(number) {
        Ok(small) if !is_wide => Some(Value::Integer(small)),
        _ => Some(wide(number)),
    }
}

/// `fichero_sum(number, bound)`: exact whatever the order of the rows; of none it is 0.
struct Sum;

#[derive(Default)]
struct Running {
    total: i128,
    bound: i64,
}

impl std::panic::UnwindSafe for Running {}
impl std::panic::RefUnwindSafe for Running {}

impl Aggregate<Running, ToSqlOutput<'static>> for Sum {
    fn init(&self, _: &mut Context<'_>) -> Result<Running> {
        Ok(Running::default())
    }

    fn step(&self, context: &mut Context<'_>, running: &mut Running) -> Result<()> {
        running.bound = context.get(1)?;
        // Numbers of 96 bits and fewer than 2^31 rows: the sum cannot leave 128 bits.
        running.total = running.total.saturating_add(number(context.get_raw(0))?.unwrap_or(0));
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, running: Option<Running>) -> Result<ToSqlOutput<'static>> {
        let value = running.map_or(Some(Value::Integer(0)), |running| within(running.total, running.bound));
        Ok(ToSqlOutput::Owned(value.unwrap_or(Value::Null)))
    }
}

/// A number, narrow or wide.
fn number(value: ValueRef<'_>) -> Result<Option<i128>> {
    match value {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(number) => Ok(Some(number.into())),
        ValueRef::Blob(bytes) => from_sortable(bytes).map(Some).ok_or_else(|| wrong("a wide number has 16 bytes")),
        ValueRef::Real(_) | ValueRef::Text(_) => Err(wrong("a number is an integer")),
    }
}

/// The first argument, and ten to the power of the second, by which it is divided.
fn number_and_unit(context: &Context<'_>) -> Result<Option<(i128, i128)>> {
    let unit = 10_i128.pow(context.get::<u32>(1)?.min(30));
    Ok(number(context.get_raw(0))?.map(|number| (number, unit)))
}

fn wide(number: i128) -> Value {
    Value::Blob(sortable(number).to_vec())
}

fn text<'c>(context: &'c Context<'_>, at: usize) -> Result<Option<&'c str>> {
    match context.get_raw(at) {
        ValueRef::Null => Ok(None),
        value => value.as_str().map(Some).map_err(|error| Error::UserFunctionError(error.into())),
    }
}

fn day(context: &Context<'_>, at: usize) -> Result<Option<Date>> {
    let day = text(context, at)?.map(|text| text.parse().map_err(|_| wrong("a day is written 2026-11-23")));
    day.transpose()
}

fn moment(context: &Context<'_>, at: usize) -> Result<Option<Timestamp>> {
    let microseconds: Option<i64> = context.get(at)?;
    microseconds.map(|at| Timestamp::from_microsecond(at).map_err(|_| wrong("a moment is out of range"))).transpose()
}

/// The second argument in seconds, times the third.
fn duration(context: &Context<'_>) -> Result<Option<i64>> {
    let (seconds, sign): (Option<i64>, i64) = (context.get(1)?, context.get(2)?);
    Ok(seconds.and_then(|seconds| seconds.checked_mul(sign)))
}

/// The zone that an argument names, looked up once for each statement.
fn zone(context: &Context<'_>, at: i32) -> Result<Arc<TimeZone>> {
    context.get_or_create_aux(at, |name| -> std::result::Result<_, Box<dyn std::error::Error + Send + Sync>> {
        time::zone(name.as_str()?).ok_or_else(|| "there is no such time zone".into())
    })
}

fn written(day: Date) -> Value {
    Value::Text(day.to_string())
}

fn wrong(what: &str) -> Error {
    Error::UserFunctionError(what.into())
}
