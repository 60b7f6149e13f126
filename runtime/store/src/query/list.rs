//! Lists of records, page by page.

use fichero_model::expr::{Context, Expr};
use fichero_model::rule::SortKey;
use fichero_model::{FieldId, Model, Value};

use super::Filter;
use super::cursor::Cursor;
use super::keyset::Order;
use crate::layout::{Layout, Record, Tables};
use crate::lower::project::{Lowered, Projection};
use crate::lower::{Condition, Lowering};
use crate::sql::{beside, compacted};
use crate::{Cell, ColumnType, Error, Tx};

/// A question for records in an order.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// Which records.
    pub filter: Filter<'a>,
    /// In which order; the id comes last in any case.
    pub sort: &'a [SortKey],
    /// Where the page before ended.
    pub after: Option<&'a Cursor>,
    /// How many records at most.
    pub limit: usize,
    /// Which stored fields are read (of the others the row holds nothing); all when nothing.
    pub fields: Option<&'a [FieldId]>,
    /// Values to be worked out for each record: lookups, formulas, paths.
    pub values: Vec<&'a Expr>,
}

/// Some of the records that were asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The records in order.
    pub items: Vec<Found>,
    /// Where it ended, when there are more.
    pub next: Option<Cursor>,
}

/// A record that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The record, with the fields that were asked for.
    pub record: Record,
    /// What was worked out, in the order of [`Query::values`].
    pub values: Vec<Value>,
}

/// A question that is ready to be asked.
pub struct Prepared<'a> {
    layout: &'a Layout,
    entity: fichero_model::EntityId,
    fields: Vec<FieldId>,
    projections: Vec<Projection<'a>>,
    types: Vec<ColumnType>,
    keys: usize,
    limit: usize,
    /// Asked one after the other until the page is full.
    statements: Vec<(String, Vec<Cell>)>,
    /// What is counted, behind `SELECT`, and the parameters.
    count: (String, Vec<Cell>),
}

impl Query<'_> {
    /// A question for the first `limit` records of a filter, all their fields, oldest first.
    pub fn new(filter: Filter<'_>, limit: usize) -> Query<'_> {
        Query { filter, sort: &[], after: None, limit, fields: None, values: Vec::new() }
    }

    /// Makes it ready. `context` says what is known beforehand; what it has as row is not used.
    ///
    /// # Errors
    /// [`Error::Unportable`], [`Error::Fault`], [`Error::Cursor`].
    pub fn prepare<'l>(&self, layout: &'l Layout, context: &Context<'_>) -> Result<Prepared<'l>, Error> {
        let (model, tables): (&'l Model, &'l Tables) = (layout.model(), layout.tables());
        let entity = self.filter.entity;
        let mut lowering = Lowering::new(model, tables, context, entity);
        let filter = self.filter.lower(&mut lowering, model)?;
        let count = format!("FROM {} WHERE {}", lowering.from(), filter.clone().text());

        let mut order = Order::default();
        for key in self.sort {
            order.by(lowering.order_of(&key.by)?, key.descending);
        }
        // The id goes the way of the key before it, so that one index serves both directions.
        let descending = self.sort.last().is_some_and(|key| key.descending);
        order.by(lowering.base_identity(), descending);

        let fields: Vec<FieldId> = match self.fields {
            // Whatever is shown, what identifies and dates it goes with it.
            Some(fields) => {
                let system = fichero_model::entity::System::ALL.iter().map(|system| system.field());
                let mut all: Vec<FieldId> = system.chain(fields.iter().copied()).collect();
                all.sort_unstable();
                all.dedup();
                all
            }
            None => tables.table(entity).stored.clone(),
        };
        let prefix = format!("{}.", lowering.base().alias);
        let (columns, mut types) = layout.read_columns(entity, &fields, &prefix);
        let mut selected = vec![columns];
        let mut projections = Vec::with_capacity(self.values.len());
        for value in &self.values {
            let projection = lowering.project(value)?;
            for (column, ty) in projection.columns(layout.dialect()) {
                selected.push(column);
                types.push(ty);
            }
            projections.push(projection);
        }
        let dialect = layout.dialect();
        for key in order.keys() {
            selected.push(key.scalar.selected(dialect));
        }
        types.extend(order.types(dialect));

        let phases = match self.after {
            Some(cursor) => order.behind(&mut lowering, &cursor.cells(&order.types(dialect))?)?,
            None => vec![Condition::Always(true)],
        };
        let from = lowering.from();
        let (selected, order_text) = (selected.join(", "), order.text());
        let limit = lowering.limit(self.limit.saturating_add(1));
        let mut statements = Vec::with_capacity(phases.len());
        for phase in phases {
            let condition = match filter.clone().and(phase) {
                Condition::Always(false) => continue,
                Condition::Always(true) => String::new(),
                Condition::When(text) => format!(" WHERE {text}"),
            };
            statements.push(format!("SELECT {selected} FROM {from}{condition} ORDER BY {order_text} LIMIT {limit}"));
        }
        let cells = lowering.into_cells();
        let statements = statements.iter().map(|sql| compacted(dialect, sql, &cells)).collect();
        Ok(Prepared {
            layout,
            entity,
            fields,
            projections,
            types,
            keys: order.keys().len(),
            limit: self.limit,
            statements,
            count: compacted(dialect, &count, &cells),
        })
    }
}

impl Prepared<'_> {
    /// The statements that [`Prepared::page`] runs, with their parameters: for people who want to know.
    pub fn statements(&self) -> &[(String, Vec<Cell>)] {
        &self.statements
    }

    /// What is counted, behind `SELECT`.
    #[cfg(test)]
    pub(crate) fn counting(&self) -> &(String, Vec<Cell>) {
        &self.count
    }

    /// The records, with at most two statements.
    ///
    /// # Errors
    /// As the database says.
    pub fn page(&self, tx: &mut Tx) -> Result<Page, Error> {
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        for (sql, cells) in &self.statements {
            if rows.len() > self.limit {
                break;
            }
            rows.append(&mut tx.query(sql, cells, &self.types)?);
        }
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let keys_at = self.types.len() - self.keys;
        let next = rows.last().filter(|_| more).and_then(|row| row.get(keys_at..)).map(Cursor::of);
        let lowered = Lowered { model: self.layout.model(), tables: self.layout.tables() };
        let found = |row: Vec<Cell>| {
            let mut cells = row.into_iter();
            let record = self.layout.read_fields(self.entity, &self.fields, &mut cells)?;
            let values = self.projections.iter().map(|projection| projection.read(&lowered, &mut cells));
            Ok(Found { record, values: values.collect::<Result<_, Error>>()? })
        };
        Ok(Page { items: rows.into_iter().map(found).collect::<Result<_, Error>>()?, next })
    }

    /// How many records there are in all, counted up to `cap`: more than that gives `cap + 1`.
    ///
    /// # Errors
    /// As the database says.
    pub fn count(&self, tx: &mut Tx, cap: u32) -> Result<u64, Error> {
        let (count, cells) = &self.count;
        let sql = format!("SELECT COUNT(*) FROM (SELECT 1 {count} LIMIT {}) AS capped", u64::from(cap) + 1);
        match tx.query_one(&sql, cells, &[ColumnType::Integer])?.as_deref() {
            Some([Cell::Integer(count)]) => Ok(u64::try_from(*count).unwrap_or(0)),
            other => Err(Error::Corrupt(format!("a count gave {other:?}"))),
        }
    }
}

/// How many records each of several questions finds, counted up to `cap` (more gives `cap + 1`), in one statement.
///
/// # Errors
/// As the database says.
pub fn counts(tx: &mut Tx, questions: &[Prepared<'_>], cap: u32) -> Result<Vec<u64>, Error> {
    let Some(first) = questions.first() else { return Ok(Vec::new()) };
    let parts: Vec<_> = questions.iter().map(|question| question.count.clone()).collect();
    let (parts, cells) = beside(first.layout.dialect(), &parts);
    let limit = u64::from(cap) + 1;
    let counted = |part: &String| format!("(SELECT COUNT(*) FROM (SELECT 1 {part} LIMIT {limit}) AS capped)");
    let sql = format!("SELECT {}", parts.iter().map(counted).collect::<Vec<_>>().join(", "));
    let row = tx.query_one(&sql, &cells, &vec![ColumnType::Integer; questions.len()])?;
    let count = |cell: &Cell| match cell {
        Cell::Integer(count) => Ok(u64::try_from(*count).unwrap_or(0)),
        other => Err(Error::Corrupt(format!("a count gave {other:?}"))),
    };
    row.unwrap_or_default().iter().map(count).collect()
}

impl std::fmt::Debug for Prepared<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("statements", &self.statements).finish_non_exhaustive()
    }
}
