//! One record as a page shows it: its values, what refers to it, what became of it.

use std::sync::Arc;

use fichero_model::entity::System;
use fichero_model::expr::{Expr, Row};
use fichero_model::page::Column;
use fichero_model::rule::SortKey;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Ref};
use fichero_store::query::{Filter, Query};
use jiff::Timestamp;

use super::list::{ListRow, rows};
use super::past::{self, Entry};
use super::{MOST_COUNTED, Seen, Titles, records_in, titles, values};
use crate::actor::Actor;
use crate::engine::Engine;
use crate::live::Live;
use crate::policy::{self, ReadPath};
use crate::record::work::Work;
use crate::refusal::Refusal;

/// The most lines of a record that its page shows.
const MOST_LINES: usize = 200;

/// What the page of a record shows.
#[derive(Clone, Debug)]
pub struct RecordQuestion {
    /// Which record, living or in the trash.
    pub record: Ref,
    /// Conditions over it, such as those of sections.
    pub conditions: Vec<Expr>,
    /// More values of it, along references.
    pub columns: Vec<Column>,
    /// Rows that refer to it.
    pub related: Vec<RelatedQuestion>,
    /// Where the page of its history before ended.
    pub history: Option<String>,
}

/// Rows that refer to a record.
#[derive(Clone, Debug)]
pub struct RelatedQuestion {
    /// Their entity.
    pub entity: EntityId,
    /// Their reference to the record.
    pub by: FieldId,
    /// The `lines` field of the record whose rows they are, in their own order.
    pub lines: Option<FieldId>,
    /// What is shown of each.
    pub columns: Vec<Column>,
    /// In which order.
    pub sort: Vec<SortKey>,
    /// How many.
    pub limit: usize,
}

/// A record, read for its page.
#[derive(Clone, Debug)]
pub struct RecordFacts {
    /// Its version.
    pub version: i64,
    /// Its values by field id; nothing for rows of other entities.
    pub values: Vec<Value>,
    /// Which fields are shown, by field id.
    pub visible: Vec<bool>,
    /// Which of the conditions hold.
    pub conditions: Vec<bool>,
    /// What was asked for along references.
    pub columns: Vec<Value>,
    /// Rows that refer to it, as asked for.
    pub related: Vec<Related>,
    /// What became of it, newest first.
    pub history: Vec<Entry>,
    /// The cursor of what became of it before.
    pub older: Option<String>,
    /// It lies in the trash.
    pub trashed: Option<Trashed>,
    /// The titles of all records that are named, its own among them.
    pub titles: Titles,
}

/// How a record came into the trash.
#[derive(Clone, Copy, Debug)]
pub struct Trashed {
    /// When.
    pub at: Timestamp,
    /// By whom; nothing for the system.
    pub by: Option<Ref>,
    /// The record that it was merged into.
    pub into: Option<Ref>,
}

/// Rows that refer to a record.
#[derive(Clone, Debug)]
pub struct Related {
    /// The first of them.
    pub rows: Vec<ListRow>,
    /// How many there are, as far as they were counted.
    pub count: u64,
    /// Counting stopped there: there are more.
    pub more: bool,
}

impl Engine {
    /// What the page of a record shows.
    ///
    /// # Errors
    /// When there is no such record, or it may not be read.
    pub async fn record_page(
        &self,
        live: &Arc<Live>,
        actor: &Actor,
        question: RecordQuestion,
    ) -> Result<Seen<RecordFacts>, Refusal> {
        let seal = self.seal().clone();
        self.look(live, actor, move |work| {
            policy::may_read(work.actor, ReadPath::Get)?;
            let record = question.record;
            let row = work.any(record)?.ok_or_else(Refusal::not_found)?;
            let values = work.gather(|| values(work, &row))?;
            let own = rows(work, std::slice::from_ref(&row), &question.columns)?;
            let columns = own.into_iter().next().map(|own| own.values).unwrap_or_default();
            let related =
                question.related.iter().map(|asked| related(work, &row, asked)).collect::<Result<Vec<_>, _>>()?;
            let (history, older) = past::entries(work, record, question.history.as_deref(), &seal)?;
            let mut named = records_in(values.iter().chain(&columns));
            named.extend(records_in(related.iter().flat_map(|related| &related.rows).flat_map(|row| &row.values)));
            named.extend(past::named(&history));
            named.push(record);
            let trashed = match *row.get(System::DeletedAt.field()) {
                Value::DateTime(at) => {
                    let by = row.get(System::UpdatedBy.field()).as_ref();
                    Some(Trashed { at, by, into: past::went_into(work, record)? })
                }
                _ => None,
            };
            named.extend(trashed.and_then(|trashed: Trashed| trashed.into));
            Ok(RecordFacts {
                version: row.version(),
                visible: visible(work, &row)?,
                conditions: hold(work, &row, &question.conditions)?,
                values,
                columns,
                related,
                history,
                older,
                trashed,
                titles: titles(work, &named)?,
            })
        })
        .await
    }
}

fn visible(work: &Work<'_>, row: &Arc<Row>) -> Result<Vec<bool>, Refusal> {
    let model = Arc::clone(&work.live.model);
    work.gather(|| {
        let fields = model[row.entity].fields.iter();
        fields
            .map(|field| match &field.visible_if {
                Some(condition) => work.eval_on(condition, row).map(|value| value.is_true()),
                None => Ok(true),
            })
            .collect()
    })
}

fn hold(work: &Work<'_>, row: &Arc<Row>, conditions: &[Expr]) -> Result<Vec<bool>, Refusal> {
    work.gather(|| {
        conditions.iter().map(|condition| work.eval_on(condition, row).map(|value| value.is_true())).collect()
    })
}

fn related(work: &Work<'_>, row: &Arc<Row>, asked: &RelatedQuestion) -> Result<Related, Refusal> {
    policy::may_read(work.actor, ReadPath::Related)?;
    if let Some(field) = asked.lines {
        // Lines have an order of their own, and belong to the record: they are read as a whole.
        let all = work.rows_of(row, field)?;
        let count = all.len() as u64;
        let shown = all.get(..all.len().min(MOST_LINES)).unwrap_or_default();
        return Ok(Related { rows: rows(work, shown, &asked.columns)?, count, more: false });
    }
    let Some(record) = row.reference() else { return Ok(Related { rows: Vec::new(), count: 0, more: false }) };
    let filter = Filter { equals: vec![(asked.by, Value::Ref(record))], ..Filter::all(asked.entity) };
    let query = Query { sort: &asked.sort, ..Query::new(filter, asked.limit) };
    let (found, count) = work.page(&query, Some(MOST_COUNTED))?;
    let counted = count.unwrap_or(0);
    Ok(Related {
        rows: rows(work, &found.rows, &asked.columns)?,
        count: counted.min(u64::from(MOST_COUNTED)),
        more: counted > u64::from(MOST_COUNTED),
    })
}
