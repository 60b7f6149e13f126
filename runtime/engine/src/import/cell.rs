//! One cell: from its text to what is given for the field.

use std::borrow::Cow;
use std::sync::Arc;

use fichero_model::Ref;
use fichero_model::entity::Field;
use fichero_model::kind::Kind;
use fichero_model::value::{Currency, Value};
use serde_json::Value as Json;

use super::header::{Column, Target};
use super::number;
use super::reference::{Look, Lookup};
use super::source::Sort;
use crate::input::Given;
use crate::message::Argument;
use crate::record::work::Work;
use crate::refusal::Refusal;
use crate::setting;
use crate::value::check::{self, MONEY_SCALE, MOST_VALUES, Problem, about};
use crate::value::text::{self, Notation};
use crate::value::{guard, strict, unit};

/// What a cell comes to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Nothing is said.
    Silent,
    /// This is given.
    Given(Given),
    /// Only the currency of an amount is given.
    Currency(Currency),
    /// It refers to records of the same entity that are not there yet, by these texts.
    Missing(Vec<String>, Problem),
    /// It cannot be read.
    Wrong(Problem),
}

impl From<Problem> for Outcome {
    fn from(problem: Problem) -> Self {
        Outcome::Wrong(problem)
    }
}

/// Reads a cell of a column, of which the format may say what it is; `row` holds the texts that expressions may name.
///
/// # Errors
/// When a definition fails or the database cannot be read or written.
pub(super) fn read(
    work: &Work<'_>,
    lookup: &mut Lookup<'_>,
    column: &Column,
    (text, sort): (&str, Sort),
    row: &[Value],
) -> Result<Outcome, Refusal> {
    let field = &work.live.model[lookup.entity][column.field()];
    if text.contains('\0') {
        return Ok(about(field, "nul", []).into());
    }
    if column.value.is_none() && (text.trim() == guard::NOTHING || sort == Sort::Nothing) {
        return Ok(nothing(column, field));
    }
    let (shown, text) = (text, aliased(column, guard::unguarded(text)));
    if sort == Sort::Failed && text == shown {
        return Ok(about(field, "cell_failed", [Argument::from(text)]).into());
    }
    let Some(expr) = &column.value else { return of_text(work, lookup, column, field, (text, sort)) };
    match setting::eval(work, expr, row, Some(&Value::text(text)))? {
        // What an expression makes nothing of would be lost, unless its author says that nothing may be meant.
        Value::Nothing if !text.is_empty() && !column.may_be_nothing => {
            Ok(about(field, "value_lost", [Argument::from(text)]).into())
        }
        Value::Nothing => Ok(empty(work, lookup, column, field)?),
        // What a reference is found by, or a choice is called, is looked up as a cell is.
        Value::Text(result) if !matches!(field.kind, Kind::Text { .. } | Kind::LongText { .. }) => {
            of_text(work, lookup, column, field, (&result, Sort::Plain))
        }
        result => Ok(Outcome::Given(Given::Value(work.taken_by(field, expr, result)?))),
    }
}

/// That nothing is meant, rather than what an empty cell means.
fn nothing(column: &Column, field: &Field) -> Outcome {
    match (column.target, &field.kind) {
        (Target::Currency(_), _) => Outcome::Silent,
        (Target::Field(_), Kind::Money { .. }) if !field.many => {
            Outcome::Given(Given::Money { amount: Some(None), currency: None })
        }
        (Target::Field(_), _) => Outcome::Given(Given::Value(Value::Nothing)),
    }
}

/// A text that stands for another; compared as written, else without regard to case, marks and white space.
fn aliased<'t>(column: &'t Column, text: &'t str) -> &'t str {
    let exact = column.alias.iter().find(|(from, _)| **from == *text);
    let folded = || {
        let key = fichero_model::fold::key(text);
        column.alias.iter().find(|(from, _)| fichero_model::fold::key(from) == key)
    };
    let found = if column.alias.is_empty() { None } else { exact.or_else(folded) };
    found.map_or(text, |(_, to)| to)
}

fn empty(work: &Work<'_>, lookup: &mut Lookup<'_>, column: &Column, field: &Field) -> Result<Outcome, Refusal> {
    match (&column.default, &field.kind) {
        (None, _) => Ok(Outcome::Silent),
        // Never empty, so this does not come back here.
        (Some(Value::Text(name)), Kind::Ref(_)) => of_text(work, lookup, column, field, (name, Sort::Plain)),
        (Some(value), _) => Ok(Outcome::Given(Given::Value(value.clone()))),
    }
}

fn of_text(
    work: &Work<'_>,
    lookup: &mut Lookup<'_>,
    column: &Column,
    field: &Field,
    (text, sort): (&str, Sort),
) -> Result<Outcome, Refusal> {
    if text.is_empty() {
        return empty(work, lookup, column, field);
    }
    if let Target::Currency(_) = column.target {
        return Ok(Currency::parse(&text.to_uppercase())
            .map_or_else(|| about(field, "not_currency", []).into(), Outcome::Currency));
    }
    match &field.kind {
        Kind::Ref(_) => of_names(work, lookup, column, field, text),
        // What is read of a secret leaves it as it is.
        Kind::Secret { .. } if text == "true" => Ok(Outcome::Silent),
        _ if field.many => Ok(several(work, column, field, text)),
        _ => Ok(match one(work, column, field, (text, sort)) {
            Ok(given) => Outcome::Given(given),
            Err(problem) => problem.into(),
        }),
    }
}

/// Several values in one cell.
fn several(work: &Work<'_>, column: &Column, field: &Field, text: &str) -> Outcome {
    let mut values = Vec::new();
    for part in parts(field, text) {
        match one(work, column, field, (&part, Sort::Plain)) {
            Ok(Given::Value(value)) => values.push(value),
            Ok(_) => return about(field, "not_list", []).into(),
            Err(problem) => return parted(field, &part, problem).into(),
        }
    }
    if values.len() > MOST_VALUES {
        return about(field, "too_many_values", [Argument::Plain(MOST_VALUES.to_string())]).into();
    }
    Outcome::Given(Given::Value(Value::list(values)))
}

/// Several values in one cell, parted by `;`, or as a JSON list where they could be parted wrongly.
fn parts<'t>(field: &Field, text: &'t str) -> Vec<Cow<'t, str>> {
    let listed = if text.starts_with('[') { strict::json(text.as_bytes()).ok() } else { None };
    let Some(Json::Array(items)) = listed else {
        return text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(Cow::Borrowed).collect();
    };
    let part = |item: Json| match item {
        Json::String(text) if !matches!(field.kind, Kind::Json) => text,
        item => item.to_string(),
    };
    items.into_iter().map(part).map(Cow::Owned).collect()
}

/// What is told of one of several values that is not there, where its text looks like several that another sign parts.
fn parted(field: &Field, text: &str, problem: Problem) -> Problem {
    let is_absent = matches!(problem.0, "not_option" | "reference_missing");
    match field.many && is_absent && text.contains([',', '|', '\n']) {
        true => (problem.0, about(field, "several_parted", [Argument::from(text)]).1),
        false => problem,
    }
}

fn one(work: &Work<'_>, column: &Column, field: &Field, (text, sort): (&str, Sort)) -> Result<Given, Problem> {
    let model = &work.live.model;
    match &field.kind {
        Kind::Money { .. } => {
            let (text, coded) = split_currency(text);
            let (plain, signed) = number(column, field, text, sort)?;
            let amount = text::amount(field, &plain, MONEY_SCALE, &column.notation)?;
            Ok(Given::Money { amount: Some(Some(amount)), currency: coded.or(signed) })
        }
        Kind::Decimal { scale } => {
            let (plain, _) = number(column, field, text, sort)?;
            text::amount(field, &plain, *scale, &column.notation).map(|number| Given::Value(Value::Decimal(number)))
        }
        Kind::Integer => {
            let (plain, _) = number(column, field, text, sort)?;
            text::value(model, field, &plain, &column.notation).map(Given::Value)
        }
        // White space around what a cell says is taken away before; what is there now is part of the text.
        Kind::Text { .. } | Kind::LongText { .. } | Kind::Secret { .. } => {
            check::kept(field, text).map(|text| Given::Value(Value::text(&text)))
        }
        Kind::Date | Kind::DateTime if sort == Sort::Moment => {
            let notation = Notation::plain(column.notation.zone.clone());
            text::value(model, field, text, &notation).map(Given::Value)
        }
        Kind::Date | Kind::DateTime if !column.notation.dates.is_empty() => {
            let told = |_| about(field, "not_in_form", [Argument::Plain(forms(&column.notation.dates))]);
            text::value(model, field, text, &column.notation).map(Given::Value).map_err(told)
        }
        _ => text::value(model, field, text, &column.notation).map(Given::Value),
    }
}

/// A number with a point and no groups, and the currency whose sign stood beside it.
fn number(column: &Column, field: &Field, text: &str, sort: Sort) -> Result<(String, Option<Currency>), Problem> {
    match &column.numbers[..] {
        _ if sort == Sort::Number => Ok((text.to_owned(), None)),
        [] => match number::plain(unit::bare(field, text)) {
            Some(plain) => Ok((plain, None)),
            None => Err(about(field, "number_unclear", [Argument::from(text)])),
        },
        numbers => match numbers.iter().find_map(|form| form.read(text)) {
            Some(read) => Ok((read.plain, read.currency)),
            None => {
                let samples: Vec<_> = numbers.iter().map(|form| form.sample.clone()).collect();
                Err(about(field, "not_in_form", [Argument::Plain(forms(&samples))]))
            }
        },
    }
}

/// The forms of a column, as its mapping has them.
fn forms(forms: &[Arc<str>]) -> String {
    forms.iter().map(|form| format!("`{form}`")).collect::<Vec<_>>().join(", ")
}

/// An amount with its currency before or behind it: `EUR 12.50`, `12.50 EUR`.
fn split_currency(text: &str) -> (&str, Option<Currency>) {
    let before = text.split_once(' ').and_then(|(code, rest)| Some((rest.trim(), Currency::parse(code)?)));
    let behind = || text.rsplit_once(' ').and_then(|(rest, code)| Some((rest.trim(), Currency::parse(code)?)));
    match before.or_else(behind) {
        Some((amount, currency)) => (amount, Some(currency)),
        None => (text, None),
    }
}

/// The names of records in a cell that is read as it is, as [`read`] looks them up.
pub(super) fn named(column: &Column, field: &Field, text: &str) -> Vec<String> {
    if text.contains('\0') || text.trim() == guard::NOTHING {
        return Vec::new();
    }
    match aliased(column, guard::unguarded(text)) {
        "" => Vec::new(),
        text if field.many => parts(field, text).into_iter().map(Cow::into_owned).collect(),
        text => vec![text.to_owned()],
    }
}

/// Names of records.
fn of_names(
    work: &Work<'_>,
    lookup: &mut Lookup<'_>,
    column: &Column,
    field: &Field,
    text: &str,
) -> Result<Outcome, Refusal> {
    let names = if field.many { parts(field, text) } else { vec![Cow::Borrowed(text)] };
    let mut found: Vec<Ref> = Vec::with_capacity(names.len());
    let mut missing: Option<(Vec<String>, Problem)> = None;
    for name in &names {
        match lookup.find(work, column, field, name)? {
            Look::Found(reference) => found.push(reference),
            Look::Wrong(problem) => return Ok(parted(field, name, problem).into()),
            Look::Missing(problem) => match &mut missing {
                Some((names, _)) => names.push(name.to_string()),
                None => missing = Some((vec![name.to_string()], parted(field, name, problem))),
            },
        }
    }
    Ok(match (missing, field.many) {
        (Some((names, problem)), _) => Outcome::Missing(names, problem),
        (None, true) => Outcome::Given(Given::Value(Value::list(found.into_iter().map(Value::Ref)))),
        (None, false) => {
            found.first().map_or(Outcome::Silent, |reference| Outcome::Given(Given::Value(Value::Ref(*reference))))
        }
    })
}

/// The value that a match compares with, as the field keeps it.
pub(super) fn key(field: &Field, given: &Given) -> Option<Value> {
    match given {
        Given::Value(value) => check::conform(field, value.clone()).ok().filter(|value| !value.is_nothing()),
        Given::Merge(_)
        | Given::Money { .. }
        | Given::Named(_)
        | Given::NamedList(_)
        | Given::Options(_)
        | Given::Lines(_) => None,
    }
}
