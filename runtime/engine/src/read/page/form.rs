//! A record being made or changed, as its form shows it: what it holds and would hold, what may be chosen.

use std::collections::BTreeSet;
use std::sync::Arc;

use fichero_model::entity::Field;
use fichero_model::expr::{Comparison, Expr, Op, Row};
use fichero_model::kind::Kind;
use fichero_model::value::{Currency, Value};
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::query::{Aggregation, Filter};

use super::picker::{self, Picks};
use super::{Seen, Titles, records_in, titles, values};
use crate::actor::Actor;
use crate::engine::Engine;
use crate::input::{Given, Input, Line};
use crate::live::Live;
use crate::policy::{self, Action, ReadPath};
use crate::read::derive::{self, State};
use crate::read::show;
use crate::record::draft::Draft;
use crate::record::work::Work;
use crate::refusal::{FieldError, Refusal};

/// The most currencies one can choose from.
const MOST_CURRENCIES: usize = 200;

/// What a form shows.
#[derive(Clone, Debug)]
pub struct FormQuestion {
    /// Of which entity.
    pub entity: EntityId,
    /// The record that is changed; nothing for a new one.
    pub id: Option<Id>,
    /// The record may lie in the trash: it was put there while somebody was at it.
    pub trashed: bool,
    /// What was typed so far, as far as it could be read.
    pub input: Input,
    /// Conditions over the draft, such as those of sections.
    pub conditions: Vec<Expr>,
    /// The references that are chosen from, of the entity and of its lines.
    pub pickers: Vec<(EntityId, FieldId)>,
    /// Whether currencies are chosen from.
    pub currencies: bool,
}

/// A draft, read for its form.
#[derive(Clone, Debug)]
pub struct FormFacts {
    /// The version of the stored record; 0 for a new one.
    pub version: i64,
    /// The values of the draft by field id, what follows from it included; nothing for rows of other entities.
    pub values: Vec<Value>,
    /// What follows for each field, by field id.
    pub states: Vec<State>,
    /// Which of the conditions hold.
    pub conditions: Vec<bool>,
    /// The lines of each `lines` field.
    pub lines: Vec<LineFacts>,
    /// What is wrong so far, apart from what is still missing.
    pub errors: Vec<FieldError>,
    /// What can be chosen, in the order that was asked for.
    pub picks: Vec<Picks>,
    /// The currencies that can be chosen, the workspace's own first.
    pub currencies: Vec<Currency>,
    /// The titles of all records that are named, the record's own among them.
    pub titles: Titles,
}

/// The lines of a draft.
#[derive(Clone, Debug)]
pub struct LineFacts {
    /// The `lines` field.
    pub field: FieldId,
    /// For each line, which stored one it is, and its values by field id. In the order of the input where it gave lines.
    pub rows: Vec<(Option<Id>, Vec<Value>)>,
    /// The values of a new line.
    pub blank: Vec<Value>,
}

impl Engine {
    /// What a form shows.
    ///
    /// # Errors
    /// When there is no such record, the reader may not make or change one, or a definition fails.
    pub async fn form_page(
        &self,
        live: &Arc<Live>,
        actor: &Actor,
        question: FormQuestion,
    ) -> Result<Seen<FormFacts>, Refusal> {
        self.look(live, actor, move |work| {
            policy::may_read(work.actor, ReadPath::Get)?;
            let FormQuestion { entity, id, trashed, input, .. } = question.clone();
            let action = if id.is_some() { Action::Update } else { Action::Create };
            policy::may(work.actor, &work.live.model, entity, action)?;
            let mut draft = match id {
                None => Draft::create(work, entity, input)?,
                Some(id) => {
                    let record = Ref { entity, id };
                    let old = if trashed { work.any(record)? } else { work.living(record)? };
                    Draft::update(work, old.ok_or_else(Refusal::not_found)?, input)?
                }
            };
            facts(work, &mut draft, &question)
        })
        .await
    }
}

fn facts(work: &Work<'_>, draft: &mut Draft, question: &FormQuestion) -> Result<FormFacts, Refusal> {
    let model = Arc::clone(&work.live.model);
    let definition = &model[draft.entity];
    work.pend(&draft.row);
    let mut lines = Vec::new();
    for (field, of, by) in definition.all_fields().filter_map(|(id, field)| owned(id, field)) {
        lines.push(line_facts(work, draft, field, (of, by))?);
    }
    // What is worked out from lines follows them before anything is saved.
    if !draft.lines.is_empty() {
        draft.compute(work)?;
        work.pend(&draft.row);
    }
    let draft = &*draft;
    let values = work.gather(|| of_draft(work, draft))?;
    let states = definition.all_fields().map(|(id, _)| derive::state(work, draft, id)).collect::<Result<_, _>>()?;
    let conditions = question.conditions.iter().map(|condition| draft.holds(work, condition, &[], None));
    let conditions = conditions.collect::<Result<_, _>>()?;
    let picks = picker::picks(work, draft, &question.pickers)?;
    let rows = lines.iter().flat_map(|lines| lines.rows.iter().map(|(_, values)| values).chain([&lines.blank]));
    let mut named = records_in(values.iter().chain(rows.flatten()));
    named.extend(picks.iter().flat_map(|picks| &picks.few));
    named.extend(draft.old.as_ref().and_then(|old| old.reference()));
    let currencies = if question.currencies { currencies(work)? } else { Vec::new() };
    Ok(FormFacts {
        version: draft.old.as_ref().map_or(0, |old| old.version()),
        titles: titles(work, &named)?,
        errors: draft.errors.clone(),
        values,
        states,
        conditions,
        lines,
        picks,
        currencies,
    })
}

fn owned(id: FieldId, field: &Field) -> Option<(FieldId, EntityId, FieldId)> {
    match field.kind {
        Kind::Lines { of, by } => Some((id, of, by)),
        _ => None,
    }
}

/// The values of a draft: its links as they would be.
fn of_draft(work: &Work<'_>, draft: &Draft) -> Result<Vec<Value>, Refusal> {
    let model = Arc::clone(&work.live.model);
    let fields = model[draft.entity].all_fields();
    fields
        .map(|(id, field)| {
            if field.is_link() {
                return derive::links(work, draft, id);
            }
            if field.kind.is_rows() {
                return Ok(Value::Nothing);
            }
            let value = show::value(work, &draft.row, id)?;
            work.meet_files(field, &value);
            Ok(value)
        })
        .collect()
}

fn line_facts(
    work: &Work<'_>,
    parent: &mut Draft,
    field: FieldId,
    (of, by): (EntityId, FieldId),
) -> Result<LineFacts, Refusal> {
    let stored = match &parent.old {
        Some(old) => work.rows_of(old, field)?,
        None => Vec::new(),
    };
    let blank = drafted(work, parent, (of, by), &[fresh(work, Line::default())], &[])?.pop();
    let blank = blank.map(|(_, values)| values).unwrap_or_default();
    let given = parent.lines.iter().find(|(known, _)| *known == field).map(|(_, lines)| lines.clone());
    let rows = match given {
        Some(lines) => {
            let fresh: Vec<Line> = lines.iter().map(|line| fresh(work, line.clone())).collect();
            let (drafts, values): (Vec<Draft>, Vec<_>) =
                drafted(work, parent, (of, by), &fresh, &stored)?.into_iter().unzip();
            let name = &work.live.model[parent.entity][field].name;
            let mut rows = Vec::with_capacity(drafts.len());
            for (index, draft) in drafts.into_iter().enumerate() {
                let place = format!("{name}[{index}]");
                parent.errors.extend(draft.errors.into_iter().map(|error| error.inside(&place)));
                rows.push(draft.row);
            }
            crate::record::rollup::in_memory(work, parent, field, &rows)?;
            work.pend_lines(&parent.row, field, rows);
            lines.iter().map(|line| line.id).zip(values).collect()
        }
        None => {
            let all = work.gather(|| stored.iter().map(|row| values(work, row)).collect::<Result<Vec<_>, _>>())?;
            stored.iter().map(|row| row.id()).zip(all).collect()
        }
    };
    Ok(LineFacts { field, rows, blank })
}

/// A line with an identity of its own, so that drafting it twice gives the same.
fn fresh(work: &Work<'_>, mut line: Line) -> Line {
    line.input.id = Some(work.ids.id(work.now));
    line
}

/// Lines as they would be, with their values.
fn drafted(
    work: &Work<'_>,
    parent: &Draft,
    (of, by): (EntityId, FieldId),
    lines: &[Line],
    stored: &[Arc<Row>],
) -> Result<Vec<(Draft, Vec<Value>)>, Refusal> {
    let reference = Ref { entity: parent.entity, id: parent.id() };
    work.gather(|| {
        let draft = |line: &Line| {
            let mut input = line.input.clone();
            match line.id.and_then(|id| stored.iter().find(|row| row.id() == Some(id))) {
                Some(row) => Draft::update(work, Arc::clone(row), Input { id: None, ..input }),
                None => {
                    input.put(by, Given::Value(Value::Ref(reference)));
                    Draft::create(work, of, input)
                }
            }
        };
        let whole = |draft: Draft| of_draft(work, &draft).map(|values| (draft, values));
        lines.iter().map(|line| whole(draft(line)?)).collect()
    })
}

/// The workspace's currency, and those that there are rates for.
fn currencies(work: &Work<'_>) -> Result<Vec<Currency>, Refusal> {
    let own = work.live.model.workspace.currency;
    let mut currencies = vec![own];
    let Some(rates) = &work.live.model.rates else { return Ok(currencies) };
    let Some(code) = code_of(&rates.applies) else { return Ok(currencies) };
    let aggregation = Aggregation {
        filter: Filter::all(rates.entity),
        group: vec![&code],
        measures: Vec::new(),
        after: None,
        limit: MOST_CURRENCIES,
    };
    let groups = work.aggregate(&aggregation)?.items;
    let codes = groups.iter().filter_map(|group| group.keys.first()?.as_text());
    let others: BTreeSet<Currency> = codes.filter_map(Currency::parse).filter(|code| *code != own).collect();
    currencies.extend(others);
    Ok(currencies)
}

/// What a rate's currency code is, from the condition that compares it with the code in `value`.
fn code_of(applies: &Expr) -> Option<Expr> {
    let mut nodes = vec![&applies.root];
    while let Some(node) = nodes.pop() {
        match &node.op {
            Op::And(one, other) => nodes.extend([&**one, &**other]),
            Op::Compare(Comparison::Equal, code, value) if matches!(value.op, Op::Value) => {
                return Some(Expr { root: (**code).clone(), ..applies.clone() });
            }
            _ => {}
        }
    }
    None
}
