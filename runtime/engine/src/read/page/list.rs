//! A list as a page shows it: the cells of each row, how many rows there are, sums beneath.

use std::sync::Arc;

use fichero_model::expr::{Aggregate, Expr, Row};
use fichero_model::page::Column;
use fichero_model::rule::SortKey;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Ref};
use fichero_store::query::{Aggregation, Filter, Measure, Query};

use super::{MOST_COUNTED, Seen, Titles, records_in, titles, value};
use crate::actor::Actor;
use crate::engine::Engine;
use crate::live::Live;
use crate::policy::{self, ReadPath};
use crate::read::cursor;
use crate::record::work::Work;
use crate::refusal::Refusal;

/// The most people one can choose from above a list.
const MOST_PEOPLE: usize = 50;

/// What a list shows.
#[derive(Clone, Debug)]
pub struct ListQuestion {
    /// Of which entity.
    pub entity: EntityId,
    /// Conditions that must all hold, portable.
    pub conditions: Vec<Arc<Expr>>,
    /// Fields with the value they must have.
    pub equals: Vec<(FieldId, Value)>,
    /// In which order.
    pub sort: Vec<SortKey>,
    /// What is shown of each record.
    pub columns: Vec<Column>,
    /// Figures over all of them.
    pub totals: Vec<(Aggregate, Option<Expr>)>,
    /// How many rows.
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// What the cursor is bound to: everything that decides which rows there are, and their order.
    pub fingerprint: String,
    /// Whether people to choose from are wanted too.
    pub people: bool,
}

/// A page of a list.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// The rows in order.
    pub rows: Vec<ListRow>,
    /// The cursor of the next page; nothing on the last.
    pub next: Option<String>,
    /// How many there are in all, as far as they were counted.
    pub count: u64,
    /// Counting stopped there: there are more.
    pub more: bool,
    /// What was asked over all of them.
    pub totals: Vec<Value>,
    /// People to choose from, by name.
    pub people: Vec<Ref>,
    /// The titles of all records that are named.
    pub titles: Titles,
}

/// A record of a list.
#[derive(Clone, Debug)]
pub struct ListRow {
    /// Which.
    pub record: Ref,
    /// One value for each column.
    pub values: Vec<Value>,
}

impl Engine {
    /// A page of a list.
    ///
    /// # Errors
    /// When it may not be read, the cursor does not fit, or the database cannot be read.
    pub async fn list_page(
        &self,
        live: &Arc<Live>,
        actor: &Actor,
        question: ListQuestion,
    ) -> Result<Seen<List>, Refusal> {
        let seal = self.seal().clone();
        self.look(live, actor, move |work| {
            policy::may_read(work.actor, ReadPath::List)?;
            let cursor = question.cursor.as_deref();
            let after = cursor.map(|text| cursor::open(&seal, &question.fingerprint, text)).transpose()?;
            let query =
                Query { sort: &question.sort, after: after.as_ref(), ..Query::new(question.filter(), question.limit) };
            let (found, count) = work.page(&query, Some(MOST_COUNTED))?;
            let rows = rows(work, &found.rows, &question.columns)?;
            let people = if question.people { people(work)? } else { Vec::new() };
            let named = records_in(rows.iter().flat_map(|row| &row.values));
            let titles = titles(work, &named.into_iter().chain(people.iter().copied()).collect::<Vec<_>>())?;
            let counted = count.unwrap_or(0);
            Ok(List {
                rows,
                next: found.next.map(|next| cursor::close(&seal, &question.fingerprint, &next)),
                count: counted.min(u64::from(MOST_COUNTED)),
                more: counted > u64::from(MOST_COUNTED),
                totals: totals(work, &question)?,
                people,
                titles,
            })
        })
        .await
    }
}

impl ListQuestion {
    fn filter(&self) -> Filter<'_> {
        Filter {
            conditions: self.conditions.iter().map(|condition| &**condition).collect(),
            equals: self.equals.clone(),
            ..Filter::all(self.entity)
        }
    }
}

/// The cells of records; what they walk to is read in one statement per entity.
pub(super) fn rows(work: &Work<'_>, rows: &[Arc<Row>], columns: &[Column]) -> Result<Vec<ListRow>, Refusal> {
    work.gather(|| {
        let cells = |row: &Arc<Row>| columns.iter().map(|column| cell(work, row, column)).collect::<Result<_, _>>();
        rows.iter()
            .filter_map(|row| row.reference().map(|record| (record, row)))
            .map(|(record, row)| Ok(ListRow { record, values: cells(row)? }))
            .collect()
    })
}

fn cell(work: &Work<'_>, row: &Arc<Row>, column: &Column) -> Result<Value, Refusal> {
    match column.path[..] {
        [(_, field)] => value(work, row, field),
        ref path => {
            let value = work.eval_on(&column.value, row)?;
            if let Some((entity, field)) = path.last() {
                work.meet_files(&work.live.model[*entity][*field], &value);
            }
            Ok(value)
        }
    }
}

fn totals(work: &Work<'_>, question: &ListQuestion) -> Result<Vec<Value>, Refusal> {
    if question.totals.is_empty() {
        return Ok(Vec::new());
    }
    let aggregation = Aggregation {
        filter: question.filter(),
        group: Vec::new(),
        measures: question
            .totals
            .iter()
            .map(|(aggregate, of)| Measure { aggregate: *aggregate, of: of.as_ref(), filter: None })
            .collect(),
        after: None,
        limit: 1,
    };
    Ok(work.aggregate(&aggregation)?.items.into_iter().next().map(|group| group.measures).unwrap_or_default())
}

/// The people who are active, by name.
fn people(work: &Work<'_>) -> Result<Vec<Ref>, Refusal> {
    let user = work.live.model.user;
    let definition = &work.live.model[user];
    let active = definition.field("active").map(|(field, _)| (field, Value::Boolean(true)));
    let filter = Filter { equals: active.into_iter().collect(), ..Filter::all(user) };
    let by_name = [SortKey { by: work.live.field_expr(user, definition.title), descending: false }];
    let query = Query { sort: &by_name, ..Query::new(filter, MOST_PEOPLE) };
    Ok(work.page(&query, None)?.0.rows.iter().filter_map(|row| row.reference()).collect())
}
