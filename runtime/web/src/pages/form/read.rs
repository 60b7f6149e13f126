//! What a form posted, read in the reader's way of writing: values, and what is wrong with those that are none.
//!
//! Only what was touched becomes input: a value that follows others keeps following them when its input was left as it
//! was shown (`_was.NAME` says how that was).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fichero_engine::input::{Given, Input, Line};
use fichero_engine::message::{Argument, Message};
use fichero_engine::read::page::{Ask, Pick, Reader, Seen, Titles};
use fichero_engine::value::check::{self, MONEY_SCALE, Problem, about};
use fichero_engine::value::text::Notation;
use fichero_engine::value::{json, text, unit};
use fichero_engine::{FieldError, Refusal};
use fichero_model::entity::Field;
use fichero_model::kind::{Kind, MoneyCurrency};
use fichero_model::value::{Currency, Value};
use fichero_model::{EntityId, FieldId, Id, Model, Ref};

use super::{files, names};
use crate::pages::post::Posted;
use crate::pages::visitor::Visitor;
use crate::pages::words::Words;
use crate::ui::locale::Locale;
use crate::ui::typed::{self, Error};

/// The index of the line that new ones are made from; it is no line itself.
pub const BLANK: &str = "~~";

/// What a form posted, read.
#[derive(Default)]
pub struct Typed {
    /// What it gives, with what could not be read.
    pub input: Input,
    /// For each `lines` field the rows that were posted, in their order.
    pub rows: HashMap<FieldId, Vec<PostedRow>>,
    /// Records that resemble what was typed into a reference, by the name of its input.
    pub offered: HashMap<String, Vec<Ref>>,
    /// The titles of all these records.
    pub titles: Titles,
}

/// A row of lines as it was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostedRow {
    /// Its index in the names of its inputs.
    pub index: String,
    /// Its place among the lines of the input; nothing for a new row that was left as it was.
    pub at: Option<usize>,
}

/// Reads what a form posted for records of `entity`.
///
/// # Errors
/// When the database cannot be read. What is wrong with single values is in [`Input::errors`].
pub async fn read(visitor: &Visitor, entity: EntityId, posted: &Posted) -> Result<Typed, Refusal> {
    let model = visitor.model();
    let names = references(model, entity, posted);
    let asks = names.iter().map(|(_, ask)| ask.clone()).collect();
    let titled = Words::titled(visitor);
    let asked = (asks, files::ids(model, entity, posted));
    let Seen { reader, page: (picks, titles), .. } =
        visitor.app.engine.resolve(&visitor.live, &visitor.actor, asked, titled).await?;
    let mut typed = Typed { titles, ..Typed::default() };
    for ((name, _), pick) in names.iter().zip(&picks) {
        if let Pick::Unknown(found) | Pick::Ambiguous(found) = pick {
            typed.offered.insert(name.clone(), found.clone());
        }
    }
    let picks = names.into_iter().map(|(name, _)| name).zip(picks).collect();
    let reading = Reading { model, posted, picks, notation: notation(visitor, &reader), chrome: visitor.voice.chrome };
    reading.record(entity, &mut typed);
    typed.input.errors.extend(names::wrong(model, entity, posted));
    Ok(typed)
}

/// The zone of the reader, and how their language writes days.
fn notation(visitor: &Visitor, reader: &Reader) -> Notation {
    let zone = reader.time_zone.clone().unwrap_or_else(|| visitor.model().workspace.time_zone.clone());
    let forms: &[&str] = match visitor.voice.chrome {
        Locale::En => &["%d %b %Y", "%d %B %Y"],
        Locale::Es => &["%d/%m/%Y", "%d-%m-%Y"],
        Locale::Ru => &["%d.%m.%Y"],
    };
    Notation { dates: forms.iter().map(|form| Arc::from(*form)).collect(), ..Notation::plain(zone) }
}

/// The references that were typed, by the name of their input.
fn references(model: &Model, entity: EntityId, posted: &Posted) -> Vec<(String, Ask)> {
    let mut asks = Vec::new();
    let mut ask = |entity: EntityId, id: FieldId, field: &Field, name: String| {
        let Some(text) = posted.last(&format!("{name}.text")) else { return };
        let chosen =
            if field.many { None } else { posted.last(&name).and_then(|value| record(model, field, value).ok()) };
        asks.push((name, Ask { field: (entity, id), id: chosen, text: text.to_owned() }));
    };
    for (id, field) in model[entity].all_fields().filter(|(_, field)| field.is_input()) {
        match field.kind {
            Kind::Ref(_) => ask(entity, id, field, field.name.to_string()),
            Kind::Lines { of, .. } => {
                for index in indexes(posted, &field.name) {
                    for (id, line) in model[of].all_fields().filter(|(_, line)| matches!(line.kind, Kind::Ref(_))) {
                        ask(of, id, line, format!("{}.{index}.{}", field.name, line.name));
                    }
                }
            }
            _ => {}
        }
    }
    asks
}

/// The indexes of posted rows, in their order.
fn indexes(posted: &Posted, lines: &str) -> Vec<String> {
    let mut indexes: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    for (name, _) in posted.pairs() {
        let index =
            name.strip_prefix(lines).and_then(|rest| rest.strip_prefix('.')).and_then(|rest| rest.split('.').next());
        if let Some(index) = index.filter(|index| *index != BLANK)
            && seen.insert(index)
        {
            indexes.push(index.to_owned());
        }
    }
    indexes
}

struct Reading<'a> {
    model: &'a Model,
    posted: &'a Posted,
    picks: HashMap<String, Pick>,
    notation: Notation,
    chrome: Locale,
}

impl Reading<'_> {
    fn record(&self, entity: EntityId, typed: &mut Typed) {
        for (id, field) in self.model[entity].all_fields().filter(|(_, field)| field.is_input()) {
            if let Kind::Lines { of, by } = field.kind {
                if self.posted.all("_lines").any(|lines| lines == &*field.name)
                    || !indexes(self.posted, &field.name).is_empty()
                {
                    self.lines(id, field, of, by, typed);
                }
                continue;
            }
            put(&mut typed.input, id, field, self.given(field, &field.name));
            typed.input.errors.extend(files::refused(self.posted, field, &field.name));
        }
    }

    fn lines(&self, id: FieldId, field: &Field, of: EntityId, by: FieldId, typed: &mut Typed) {
        let (mut rows, mut lines) = (Vec::new(), Vec::new());
        let mut indexes = indexes(self.posted, &field.name);
        if indexes.len() > json::MOST_LINES {
            let (code, message) = about(field, "too_many_values", [Argument::Plain(json::MOST_LINES.to_string())]);
            typed.input.errors.push(FieldError::new(field.name.to_string(), code, message));
            indexes.truncate(json::MOST_LINES);
        }
        for index in indexes {
            let stored = self.posted.last(&format!("{}.{index}.id", field.name)).and_then(|id| id.parse::<Id>().ok());
            let mut input = Input::default();
            let mut touched = stored.is_some();
            for (line_id, line) in self.model[of].all_fields().filter(|(id, line)| *id != by && line.is_input()) {
                let name = format!("{}.{index}.{}", field.name, line.name);
                // Where nothing was shown, an empty input was left as it was.
                touched |= self::touched(self.posted, line, &name)
                    .is_some_and(|raw| was(self.posted, &name).is_some() || !matches!(raw.as_str(), "" | "false"));
                put(&mut input, line_id, line, self.given(line, &name));
                let refused = files::refused(self.posted, line, &name);
                touched |= !refused.is_empty();
                input.errors.extend(refused);
            }
            let at = touched.then_some(lines.len());
            if touched {
                let place = format!("{}[{}]", field.name, lines.len());
                let errors = std::mem::take(&mut input.errors);
                typed.input.errors.extend(errors.into_iter().map(|error| error.inside(&place)));
                lines.push(Line { id: stored, input });
            }
            rows.push(PostedRow { index, at });
        }
        typed.input.put(id, Given::Lines(lines));
        typed.rows.insert(id, rows);
    }

    /// What an input gives; nothing when it was not posted, or left as it was shown.
    fn given(&self, field: &Field, name: &str) -> Option<Result<Given, Problem>> {
        // An input that stays empty leaves the secret; the box beside it removes it.
        if field.kind.is_secret() {
            let removes = self.posted.last(&format!("{name}.remove")).is_some_and(|checked| checked == "true");
            return match self.posted.last(name).filter(|typed| !typed.is_empty()) {
                Some(typed) => Some(self.value(field, typed).map(Given::Value)),
                None => removes.then_some(Ok(Given::Value(Value::Nothing))),
            };
        }
        let raw = touched(self.posted, field, name)?;
        Some(
            match &field.kind {
                Kind::Ref(_) if field.many => {
                    self.records(field, name).map(|records| Given::Value(Value::list(records)))
                }
                Kind::Ref(_) => self.reference(field, name).map(Given::Value),
                Kind::Money { currency } => self.money(field, name, currency),
                _ if field.many => {
                    let values: Result<Vec<Value>, Problem> = raw
                        .lines()
                        .map(str::trim)
                        .filter(|line| !line.is_empty())
                        .map(|line| self.value(field, line))
                        .collect();
                    values.map(|values| Given::Value(Value::list(values)))
                }
                _ => self.value(field, &raw).map(Given::Value),
            }
            .or_else(|problem| {
                let names = raw.lines().map(str::trim).filter(|line| !line.is_empty());
                text::unless_held(field, names.map(Some), problem)
            }),
        )
    }

    fn value(&self, field: &Field, raw: &str) -> Result<Value, Problem> {
        let trimmed = raw.trim();
        match &field.kind {
            Kind::Boolean => match trimmed {
                "true" | "on" => Ok(Value::Boolean(true)),
                "false" | "" => Ok(Value::Boolean(false)),
                _ => Err(about(field, "not_boolean", [])),
            },
            _ if trimmed.is_empty() => Ok(Value::Nothing),
            Kind::Integer => match typed::integer(self.chrome, unit::bare(field, trimmed)) {
                Ok(number) => check::integer(field, number),
                Err(Error::TooLong) => Err(about(field, "out_of_range", [])),
                Err(Error::NotANumber | Error::NotWhole) => Err(about(field, "not_integer", [])),
            },
            Kind::Decimal { scale } => self.number(field, unit::bare(field, trimmed), *scale).map(Value::Decimal),
            Kind::Date => text::date(field, trimmed, &self.notation.dates),
            _ => text::value(self.model, field, raw, &self.notation),
        }
    }

    fn number(&self, field: &Field, text: &str, scale: u8) -> Result<rust_decimal::Decimal, Problem> {
        match typed::decimal(self.chrome, text) {
            Ok(number) => check::decimal(field, number, scale),
            Err(Error::TooLong) => Err(about(field, "out_of_range", [])),
            Err(Error::NotANumber | Error::NotWhole) => {
                Err(about(field, "not_decimal", [Argument::Plain(scale.to_string())]))
            }
        }
    }

    fn money(&self, field: &Field, name: &str, currency: &MoneyCurrency) -> Result<Given, Problem> {
        let amount = self.posted.last(name).unwrap_or_default().trim();
        if amount.is_empty() {
            return Ok(Given::Money { amount: Some(None), currency: None });
        }
        let amount = self.number(field, amount, MONEY_SCALE)?;
        let code = match currency {
            MoneyCurrency::Own(_) => self.posted.last(&format!("{name}_currency")).filter(|code| !code.is_empty()),
            // It is that of another field, whatever stands beside the amount.
            MoneyCurrency::Shared(_) => None,
        };
        let currency = match code {
            Some(code) => Some(Currency::parse(code).ok_or_else(|| about(field, "not_currency", []))?),
            None => None,
        };
        Ok(Given::Money { amount: Some(Some(amount)), currency })
    }

    fn reference(&self, field: &Field, name: &str) -> Result<Value, Problem> {
        match self.picks.get(name) {
            Some(pick) => self.picked(field, name, pick).map(|record| record.map_or(Value::Nothing, Value::Ref)),
            None => match self.posted.last(name).unwrap_or_default().trim() {
                "" => Ok(Value::Nothing),
                value => record(self.model, field, value).map(Value::Ref),
            },
        }
    }

    fn records(&self, field: &Field, name: &str) -> Result<Vec<Value>, Problem> {
        let chosen = self.posted.all(name).map(|value| record(self.model, field, value));
        let mut records = chosen.collect::<Result<Vec<Ref>, Problem>>()?;
        if let Some(pick) = self.picks.get(name) {
            records.extend(self.picked(field, name, pick)?);
        }
        Ok(records.into_iter().map(Value::Ref).collect())
    }

    fn picked(&self, field: &Field, name: &str, pick: &Pick) -> Result<Option<Ref>, Problem> {
        let typed = || self.posted.last(&format!("{name}.text")).unwrap_or_default().trim().to_owned();
        let wrong = |key| (key, Message::with(key, [Argument::from(&field.label), Argument::Plain(typed())]));
        match pick {
            Pick::Nothing => Ok(None),
            Pick::One(record) => Ok(Some(*record)),
            Pick::Unknown(_) => Err(wrong("reference_named")),
            Pick::Ambiguous(_) => Err(wrong("reference_ambiguous")),
        }
    }
}

fn record(model: &Model, field: &Field, value: &str) -> Result<Ref, Problem> {
    let value = json::value(model, field, &serde_json::Value::String(value.to_owned()))?;
    value.as_ref().ok_or_else(|| about(field, "not_reference", []))
}

fn put(input: &mut Input, id: FieldId, field: &Field, given: Option<Result<Given, Problem>>) {
    match given {
        None => {}
        Some(Ok(given)) => input.put(id, given),
        Some(Err((code, message))) => input.errors.push(FieldError::new(field.name.to_string(), code, message)),
    }
}

/// What stands in an input, in one text; nothing when it was not posted, or left as it was shown.
pub fn touched(posted: &Posted, field: &Field, name: &str) -> Option<String> {
    // Browsers send line breaks in a way of their own.
    let plain = |text: &str| text.replace("\r\n", "\n");
    let raw = raw(posted, field, name)?;
    let same = was(posted, name).is_some_and(|was| was == raw || plain(was) == plain(&raw));
    (!same).then_some(raw)
}

/// How an input was shown, where that was noted; a new line was made from the blank one.
pub fn was<'p>(posted: &'p Posted, name: &str) -> Option<&'p str> {
    posted.last(&format!("_was.{name}")).or_else(|| {
        let mut parts = name.splitn(3, '.');
        let (lines, index, field) = (parts.next()?, parts.next()?, parts.next()?);
        let is_new = posted.last(&format!("{lines}.{index}.id")).is_none_or(str::is_empty);
        is_new.then(|| posted.last(&format!("_was.{lines}.{BLANK}.{field}"))).flatten()
    })
}

/// What stands in an input, in one text; nothing when it was not posted.
fn raw(posted: &Posted, field: &Field, name: &str) -> Option<String> {
    let last = |name: &str| posted.last(name).map(str::to_owned);
    let all = || posted.all(name).collect::<Vec<_>>().join("\n");
    match &field.kind {
        Kind::Ref(_) if field.many => posted.has(name).then(|| {
            let further = posted.last(&format!("{name}.text")).unwrap_or_default().trim();
            all() + further
        }),
        Kind::Ref(_) => last(&format!("{name}.text")).or_else(|| last(name)),
        Kind::Choice { .. } | Kind::File(_) if field.many => posted.has(name).then(all),
        Kind::Money { .. } => last(name).map(|amount| match posted.last(&format!("{name}_currency")) {
            Some(currency) if !amount.trim().is_empty() => format!("{} {currency}", amount.trim()),
            _ => amount.trim().to_owned(),
        }),
        _ => last(name),
    }
}
