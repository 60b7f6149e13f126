//! One row through the door.

use std::collections::BTreeMap;
use std::sync::Arc;

use fichero_model::data::OnMatch;
use fichero_model::entity::Field;
use fichero_model::expr::{Row, Setting};
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::Tx;
use fichero_store::query::{Filter, Query};
use fichero_store::system::import::{self as stored, Progress};
use serde_json::{Map, Value as Json};

use super::Shown;
use super::ahead;
use super::batch::Hold;
use super::cell::{self, Outcome};
use super::header::Plan;
use super::reference::Lookup;
pub(super) use super::reference::{Known, Memory};
use super::reject;
use super::source::{self, Line};
use crate::actor::Actor;
use crate::command::{Command, Effect, Mode};
use crate::input::{Given, Input};
use crate::live::Live;
use crate::message::{Argument, Message};
use crate::read::history;
use crate::record;
use crate::record::remove::refer;
use crate::record::work::Work;
use crate::refusal::{FieldError, Kind as RefusalKind, Refusal};
use crate::setting;
use crate::slice::Task;
use crate::value::check::{Problem, about};
use crate::value::guard;

/// Takes the rows of a slice.
#[derive(Clone)]
pub(super) struct Import {
    pub plan: Arc<Plan>,
    pub actor: Actor,
    pub mode: Mode,
    /// Nothing in a dry run.
    pub hold: Option<Hold>,
    pub known: Arc<Known>,
    /// How far the import was before this slice.
    pub before: Progress,
    /// The rows come from the file, and are not those that waited.
    pub first: bool,
    /// In a dry run: what a row changes is to be shown.
    pub shows: bool,
}

/// What became of a row.
#[derive(Debug)]
pub(super) enum Done {
    /// It is in the database.
    Taken {
        /// Its record.
        record: Id,
        /// What became of it.
        effect: Effect,
        /// How many records were made because it names them.
        made: u64,
        /// What it changes, where that is to be shown.
        shown: Option<Shown>,
    },
    /// It refers to records of the same entity that are not there yet.
    Waits {
        /// The texts that name them.
        missing: Vec<String>,
        /// The texts by which others may name this one.
        offers: Vec<String>,
        /// Why it is rejected if they never come.
        because: Refusal,
    },
}

/// A row that waits for others.
#[derive(Debug)]
pub(super) struct Waiting {
    pub line: Line,
    pub missing: Vec<String>,
    pub offers: Vec<String>,
    pub because: Refusal,
}

impl Waiting {
    /// A row that an import which broke off left waiting: what it waits for is found out when it is looked at.
    pub(super) fn unknown(line: Line) -> Self {
        let because = Refusal::invalid(Vec::new());
        Self { line, missing: Vec::new(), offers: Vec::new(), because }
    }
}

/// What a row gives.
struct Cells {
    input: Input,
    /// References to records of the same entity that are not there yet: the field, the names, and why that is wrong.
    missing: Vec<(FieldId, Vec<String>, Problem)>,
    made: Vec<((usize, String), fichero_model::Ref)>,
}

impl Task for Import {
    type Item = Line;
    type Done = Done;
    type Memory = Memory;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn mode(&self) -> Mode {
        self.mode
    }

    fn entities(&self, live: &Live) -> Vec<EntityId> {
        let definition = &live.model[self.plan.entity];
        let made = self.plan.columns.iter().filter(|column| column.create);
        let targets = made.filter_map(|column| match &definition[column.field()].kind {
            Kind::Ref(reference) => Some(reference.targets.to_vec()),
            _ => None,
        });
        std::iter::once(self.plan.entity).chain(targets.flatten()).collect()
    }

    fn is_dry(&self) -> bool {
        self.hold.is_none()
    }

    fn ahead(&self, work: &Work<'_>, lines: &[Line], memory: &mut Memory) -> Result<(), Refusal> {
        memory.matched = ahead::matched(work, &self.plan, lines)?;
        ahead::names(work, &self.plan, lines, (&self.known, memory))
    }

    fn one(&self, work: &Work<'_>, line: &Line, memory: &mut Memory) -> Result<Done, Refusal> {
        let row = self.row(work, line, memory, !self.is_dry())?;
        // In a dry run the other rows are never there, so it is not known whether they would be.
        if !row.missing.is_empty() && !self.is_dry() {
            return Ok(self.waits(work, row));
        }
        let made = row.made.len() as u64;
        let (effect, record) = self.apply(work, row.input, memory)?;
        memory.keep(row.made);
        let shown = if self.is_dry() && self.shows { self.shown(work, line, effect, record)? } else { None };
        Ok(Done::Taken { record, effect, made, shown })
    }

    fn close(&self, tx: &mut Tx, lines: &[Line], results: &[Result<Done, Refusal>]) -> Result<(), Refusal> {
        let Some(hold) = self.hold else { return Ok(()) };
        let mut progress = self.before;
        progress.reached += if self.first { results.len() as i64 } else { 0 };
        let (mut kept, mut settled) = (Vec::new(), Vec::new());
        for (line, result) in lines.iter().zip(results) {
            let why = match result {
                Ok(Done::Taken { effect, made, .. }) => {
                    *match effect {
                        Effect::Created => &mut progress.created,
                        Effect::Unchanged => &mut progress.unchanged,
                        Effect::Updated | Effect::Deleted | Effect::Restored | Effect::Purged => &mut progress.updated,
                    } += 1;
                    progress.made += i64::try_from(*made).unwrap_or(i64::MAX);
                    if !self.first {
                        settled.push(line.row);
                    }
                    continue;
                }
                Ok(Done::Waits { .. }) if !self.first => continue,
                Ok(Done::Waits { .. }) => None,
                Err(refusal) => {
                    progress.rejected += 1;
                    Some(reject::why(line, refusal, &self.plan, self.actor.locale).into())
                }
            };
            kept.push(stored::Row { number: line.row, why });
        }
        hold.advance(tx, progress)?;
        stored::put_rows(tx, hold.batch, &kept)?;
        Ok(stored::drop_rows(tx, hold.batch, &settled)?)
    }
}

impl Import {
    /// Makes or changes the record of a row without the references that are not there yet.
    pub(super) fn part(&self, work: &Work<'_>, line: &Line, memory: &mut Memory) -> Result<Done, Refusal> {
        let row = self.row(work, line, memory, false)?;
        let made = row.made.len() as u64;
        let (effect, record) = self.apply(work, row.input, memory)?;
        Ok(Done::Taken { record, effect, made, shown: None })
    }

    /// What a row has changed, as the log of this transaction tells it.
    fn shown(&self, work: &Work<'_>, line: &Line, effect: Effect, id: Id) -> Result<Option<Shown>, Refusal> {
        if effect == Effect::Unchanged {
            return Ok(None);
        }
        let record = Ref { entity: self.plan.entity, id };
        let log = work.history(record, None, 1)?;
        let changes = history::told(work, record.entity, log.first().and_then(|change| change.body.as_deref()));
        let title = work.any(record)?.map(|row| record::titled(work, &row)).unwrap_or_default();
        let titles = self.titles(work, &changes)?;
        Ok(Some(Shown { line: line.number, is_new: effect == Effect::Created, title, changes, titles }))
    }

    /// What the records are called that changes name by their ids.
    fn titles(&self, work: &Work<'_>, changes: &Map<String, Json>) -> Result<BTreeMap<String, String>, Refusal> {
        let definition = &work.live.model[self.plan.entity];
        let mut titles = BTreeMap::new();
        for (name, pair) in changes {
            let targets = definition.field(name).map(|(_, field)| match &field.kind {
                Kind::Ref(reference) => &*reference.targets,
                _ => &[],
            });
            // One to several entities says of which entity it is.
            let Some([target]) = targets else { continue };
            for id in refer::named(Some(pair)) {
                let row = work.any(Ref { entity: *target, id })?;
                titles.extend(row.map(|row| (id.to_string(), record::titled(work, &row))));
            }
        }
        Ok(titles)
    }

    /// Gives a record the references that were not there when it was made.
    pub(super) fn rest(&self, work: &Work<'_>, line: &Line, id: Id, memory: &mut Memory) -> Result<(), Refusal> {
        let row = self.row(work, line, memory, false)?;
        if !row.missing.is_empty() {
            return Err(missing(work, self, &row.missing));
        }
        let command = Command::Update { entity: self.plan.entity, id, input: row.input, version: None };
        record::apply(work, command).map(drop)
    }

    fn waits(&self, work: &Work<'_>, row: Cells) -> Done {
        let because = missing(work, self, &row.missing);
        let definition = &work.live.model[self.plan.entity];
        let named_by = |id: FieldId| {
            let field = &definition[id];
            let by = self.plan.columns.iter().any(|column| column.by == Some(id));
            by || field.external || field.unique || id == definition.title
        };
        let offers = row.input.fields.iter().filter(|(id, _)| named_by(*id)).filter_map(|(_, given)| match given {
            Given::Value(value) => Some(crate::value::text::plain(value)),
            _ => None,
        });
        let offers = offers.collect();
        Done::Waits { missing: row.missing.into_iter().flat_map(|(_, names, _)| names).collect(), offers, because }
    }

    /// Reads the cells of a row. One that may have to wait for others makes no records in passing once that is known:
    /// what waits leaves nothing behind.
    fn row(&self, work: &Work<'_>, line: &Line, memory: &mut Memory, may_wait: bool) -> Result<Cells, Refusal> {
        let plan = &self.plan;
        if let Some((code, message)) = &line.flaw {
            return Err(Refusal::new(RefusalKind::Malformed, code, message.clone()));
        }
        if line.cells.len() != plan.width {
            let arguments = [line.cells.len().to_string(), plan.width.to_string()];
            return Err(Refusal::new(RefusalKind::Malformed, "ragged", Message::with("ragged", arguments)));
        }
        if let Some(at) = line.cells.iter().position(|cell| cell.len() > LONGEST_CELL) {
            let arguments = [plan.heading(at), (LONGEST_CELL >> 20).to_string()];
            return Err(Refusal::new(
                RefusalKind::Malformed,
                "cell_too_long",
                Message::with("cell_too_long", arguments),
            ));
        }
        let locals = locals(plan, line);
        let mut lookup = Lookup::new(plan.entity, &self.known, memory);
        let mut row = Cells { input: Input::default(), missing: Vec::new(), made: Vec::new() };
        for column in &plan.columns {
            if may_wait && column.create && !row.missing.is_empty() {
                continue;
            }
            let field = &work.live.model[plan.entity][column.field()];
            let bytes = line.cells.get(column.at).unwrap_or_default();
            let outcome = match std::str::from_utf8(bytes) {
                Err(_) => Outcome::Wrong(undecodable(plan, field, bytes)),
                Ok(text) => cell::read(work, &mut lookup, column, (text, line.sort(column.at)), &locals)?,
            };
            match outcome {
                Outcome::Silent => {}
                Outcome::Given(given) => give(&mut row.input, column.field(), given),
                Outcome::Currency(currency) => {
                    give(&mut row.input, column.field(), Given::Money { amount: None, currency: Some(currency) })
                }
                Outcome::Missing(names, problem) => row.missing.push((column.field(), names, problem)),
                Outcome::Wrong((code, message)) => {
                    row.input.errors.push(FieldError::new(field.name.to_string(), code, message))
                }
            }
        }
        self.constants(work, &mut row.input, &locals)?;
        row.made = lookup.made;
        Ok(row)
    }

    /// The values that every row has.
    fn constants(&self, work: &Work<'_>, input: &mut Input, locals: &[Value]) -> Result<(), Refusal> {
        for (id, setting) in &self.plan.set {
            let one =
                setting::input(work, self.plan.entity, std::slice::from_ref(&(*id, Setting::clone(setting))), locals)?;
            input.errors.extend(one.errors);
            for (id, given) in one.fields {
                // An expression that gives nothing says nothing, as an empty cell does.
                if given != Given::Value(Value::Nothing) {
                    give(input, id, given);
                }
            }
        }
        Ok(())
    }

    fn apply(&self, work: &Work<'_>, input: Input, memory: &mut Memory) -> Result<(Effect, Id), Refusal> {
        let entity = self.plan.entity;
        let failed: Vec<String> = input.errors.iter().map(|error| error.field.clone()).collect();
        let command = match self.existing(work, &input, memory)? {
            // What is wrong with its cells is told all the same.
            Some(id) if self.plan.on_match == OnMatch::Skip && input.errors.is_empty() => {
                return Ok((Effect::Unchanged, id));
            }
            Some(id) if self.plan.on_match == OnMatch::Reject => return Err(self.met(work, id)?),
            Some(id) => Command::Update { entity, id, input, version: None },
            None => Command::Create { entity, input },
        };
        match record::apply(work, command) {
            Ok(done) => {
                if let Some(matched) = &mut memory.matched
                    && let Some(row) = work.any(Ref { entity, id: done.id })?
                {
                    matched.note(&row, done.effect == Effect::Created);
                }
                Ok((done.effect, done.id))
            }
            Err(mut refusal) => {
                // A cell that cannot be read leaves its field empty; that it is then also missing need not be told.
                let mut told: Vec<String> = Vec::new();
                refusal.errors.retain(|error| {
                    let again = failed.contains(&error.field) && told.contains(&error.field);
                    told.push(error.field.clone());
                    !again
                });
                Err(refusal)
            }
        }
    }

    /// The record that a row changes, where rows are matched.
    fn existing(&self, work: &Work<'_>, input: &Input, memory: &Memory) -> Result<Option<Id>, Refusal> {
        let plan = &self.plan;
        if plan.matching.is_empty() {
            return Ok(None);
        }
        let definition = &work.live.model[plan.entity];
        let mut equals = Vec::with_capacity(plan.matching.len());
        let mut errors = Vec::new();
        for id in &plan.matching {
            let field = &definition[*id];
            match input.get(*id).and_then(|given| cell::key(field, given)) {
                Some(value) => equals.push((*id, value)),
                None if input.errors.iter().any(|error| error.field == *field.name) => {}
                None => {
                    let (code, message) = about(field, "match_empty", []);
                    errors.push(FieldError::new(field.name.to_string(), code, message));
                }
            }
        }
        if equals.len() < plan.matching.len() {
            return Err(Refusal::invalid(input.errors.iter().cloned().chain(errors).collect()));
        }
        if let (Some(matched), [(_, value)]) = (&memory.matched, equals.as_slice()) {
            match matched.with(value) {
                [] => return Ok(None),
                [one] => return Ok(Some(*one)),
                // To tell which.
                _ => {}
            }
        }
        let filter = Filter { equals, ..Filter::all(plan.entity) };
        let (found, _) = work.page(&Query::new(filter, MOST_NAMED + 1), None)?;
        match &found.rows[..] {
            [] => Ok(None),
            [one] => Ok(one.id()),
            several => {
                let names: Vec<&str> = plan.matching.iter().map(|id| &*definition[*id].name).collect();
                let called = several.iter().take(MOST_NAMED);
                let mut called: Vec<String> = called.map(|row| named(work, row)).collect();
                if several.len() > MOST_NAMED {
                    called.push("…".to_owned());
                }
                let arguments = [names.join(", "), called.join(", ")];
                let message = Message::with("match_ambiguous", arguments);
                Err(Refusal::new(RefusalKind::Conflict, "match_ambiguous", message))
            }
        }
    }

    /// A row that is to make a record, where there is one already.
    fn met(&self, work: &Work<'_>, id: Id) -> Result<Refusal, Refusal> {
        let row = work.any(Ref { entity: self.plan.entity, id })?;
        let called = row.map_or_else(|| id.to_string(), |row| named(work, &row));
        Ok(Refusal::new(RefusalKind::Conflict, "match_found", Message::with("match_found", [called])))
    }
}

/// The text of a cell; empty where there is none, or it is not in the encoding of the file.
pub(super) fn text(line: &Line, at: usize) -> &str {
    line.cells.get(at).and_then(|cell| std::str::from_utf8(cell).ok()).unwrap_or("")
}

/// The texts of a row that expressions may name.
pub(super) fn locals(plan: &Plan, line: &Line) -> Vec<Value> {
    plan.locals.iter().map(|at| Value::text(guard::unguarded(text(line, *at)))).collect()
}

/// The longest cell, in bytes.
const LONGEST_CELL: usize = 1 << 20;

/// What is told of a cell that is not in the encoding of the file.
fn undecodable(plan: &Plan, field: &Field, cell: &[u8]) -> Problem {
    let encoding = plan.reading.encoding.as_deref().unwrap_or("UTF-8");
    match source::best_encoding(cell).filter(|_| plan.reading.encoding.is_none()) {
        Some((fits, says)) => {
            let arguments = [Argument::from(fits.name().to_lowercase().as_str()), Argument::from(says.as_str())];
            ("not_utf8", about(field, "not_utf8_but", arguments).1)
        }
        None => about(field, "not_utf8", [Argument::from(encoding)]),
    }
}

/// How many of the records that a row fits are named.
const MOST_NAMED: usize = 5;

/// A record by what it is called and its id, for the same name may stand for several.
fn named(work: &Work<'_>, row: &Row) -> String {
    let id = row.id().map(|id| id.to_string()).unwrap_or_default();
    match record::titled(work, row) {
        title if title == id => id,
        title => format!("{title} ({id})"),
    }
}

/// Puts what a cell gives beside what another has given: an amount and its currency may stand in two columns.
fn give(input: &mut Input, id: FieldId, given: Given) {
    let given = match (input.get(id), given) {
        (Some(Given::Money { amount, currency }), Given::Money { amount: other_amount, currency: other_currency }) => {
            Given::Money { amount: other_amount.or(*amount), currency: other_currency.or(*currency) }
        }
        (_, given) => given,
    };
    input.put(id, given);
}

fn missing(work: &Work<'_>, import: &Import, missing: &[(FieldId, Vec<String>, Problem)]) -> Refusal {
    let definition = &work.live.model[import.plan.entity];
    let error = |(id, _, (code, message)): &(FieldId, Vec<String>, Problem)| {
        FieldError::new(definition[*id].name.to_string(), code, message.clone())
    };
    Refusal::invalid(missing.iter().map(error).collect())
}
