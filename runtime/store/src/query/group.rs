//! Groups of records, and what is measured of each.

use fichero_model::Value;
use fichero_model::expr::{Aggregate, Context, Expr};
use fichero_model::kind::Type;

use super::Filter;
use super::cursor::Cursor;
use super::keyset::Order;
use crate::layout::{Layout, Tables};
use crate::lower::number::{Bound, mean, total};
use crate::lower::project::{Lowered, Projection, integer, number, scalar_value};
use crate::lower::{Condition, Lowering, Operand, Repr};
use crate::sql::compacted;
use crate::{Cell, ColumnType, Error, Tx};

/// A question for groups of records.
#[derive(Clone, Debug)]
pub struct Aggregation<'a> {
    /// Which records.
    pub filter: Filter<'a>,
    /// What the records of a group have in common; without any there is one group of all.
    pub group: Vec<&'a Expr>,
    /// What is measured of each group.
    pub measures: Vec<Measure<'a>>,
    /// Where the page before ended.
    pub after: Option<&'a Cursor>,
    /// How many groups at most.
    pub limit: usize,
}

/// What is measured of the records of a group.
#[derive(Clone, Copy, Debug)]
pub struct Measure<'a> {
    /// How.
    pub aggregate: Aggregate,
    /// Of what; a count of something counts the records that have it (of a condition: for which it holds).
    pub of: Option<&'a Expr>,
    /// Only these records.
    pub filter: Option<&'a Expr>,
}

/// Some of the groups, in the order of what they have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Groups {
    /// The groups.
    pub items: Vec<Group>,
    /// Where it ended, when there are more.
    pub next: Option<Cursor>,
}

/// A group of records.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What they have in common, in the order of [`Aggregation::group`].
    pub keys: Vec<Value>,
    /// What was measured, in the order of [`Aggregation::measures`].
    pub measures: Vec<Value>,
}

/// A measure as it is selected.
enum Measured {
    Count,
    Constant(Value),
    Sum { scale: u8, ty: Type },
    Mean { scale: u8, ty: Type },
    Extreme { repr: Repr, ty: Type },
}

impl Aggregation<'_> {
    /// Asks, with one statement. `context` says what is known beforehand.
    ///
    /// # Errors
    /// [`Error::Unportable`], [`Error::Fault`], [`Error::Cursor`], and as the database says.
    pub fn run(&self, layout: &Layout, context: &Context<'_>, tx: &mut Tx) -> Result<Groups, Error> {
        self.prepare(layout, context)?.run(tx)
    }

    /// Makes it ready.
    ///
    /// # Errors
    /// [`Error::Unportable`], [`Error::Fault`], [`Error::Cursor`].
    pub fn prepare<'l>(&self, layout: &'l Layout, context: &Context<'_>) -> Result<Ready<'l>, Error> {
        let (model, tables): (&'l fichero_model::Model, &'l Tables) = (layout.model(), layout.tables());
        let dialect = layout.dialect();
        let mut lowering = Lowering::new(model, tables, context, self.filter.entity);
        let filter = self.filter.lower(&mut lowering, model)?;

        let mut selected = Vec::new();
        let mut types = Vec::new();
        let mut grouped = Vec::new();
        let mut projections = Vec::new();
        let mut order = Order::default();
        for key in &self.group {
            let projection = lowering.project_worth(key)?;
            for (column, ty) in projection.columns(dialect) {
                selected.push(column);
                types.push(ty);
            }
            let value = lowering.value_of(key)?;
            // A text that has no key is ordered by its bytes.
            let by = match lowering.order_of(key) {
                Err(Error::Unportable(_)) => value.clone(),
                by => by?,
            };
            grouped.extend(projection.grouped());
            if let Operand::Sql(scalar) = &by {
                grouped.push(scalar.sql.clone());
            }
            order.by(by, false);
            order.by(value, false);
            projections.push(projection);
        }
        grouped.dedup();
        let mut measured = Vec::new();
        for measure in &self.measures {
            let (columns, how) = measure.lower(&mut lowering, dialect)?;
            for (column, ty) in columns {
                selected.push(column);
                types.push(ty);
            }
            measured.push(how);
        }
        let keys_at = types.len();
        for key in order.keys() {
            selected.push(key.scalar.selected(dialect));
        }
        types.extend(order.types(dialect));

        let behind = match self.after {
            // Keys are worked out from single records, so what lies behind is told before grouping.
            Some(cursor) => {
                let phases = order.behind(&mut lowering, &cursor.cells(&order.types(dialect))?)?;
                Condition::When(format!(
                    "({})",
                    phases.into_iter().fold(Condition::Always(false), |all, one| all.or(grouped_condition(one))).text()
                ))
            }
            None => Condition::Always(true),
        };
        let from = lowering.from();
        let condition = filter.and(behind).text();
        let mut sql = format!("SELECT {} FROM {from} WHERE {condition}", selected.join(", "));
        if !grouped.is_empty() {
            sql.push_str(&format!(" GROUP BY {}", grouped.join(", ")));
        }
        if !order.keys().is_empty() {
            sql.push_str(&format!(" ORDER BY {}", order.text()));
        }
        let limit = lowering.limit(self.limit.saturating_add(1));
        sql.push_str(&format!(" LIMIT {limit}"));
        let (sql, cells) = compacted(dialect, &sql, &lowering.into_cells());
        Ok(Ready { layout, sql, cells, types, keys_at, projections, measured, limit: self.limit })
    }
}

fn grouped_condition(condition: Condition) -> Condition {
    match condition {
        Condition::When(text) => Condition::When(format!("({text})")),
        constant @ Condition::Always(_) => constant,
    }
}

impl Measure<'_> {
    fn lower(
        &self,
        lowering: &mut Lowering<'_, '_>,
        dialect: crate::Dialect,
    ) -> Result<(Vec<(String, ColumnType)>, Measured), Error> {
        let when = match self.filter {
            Some(filter) => lowering.condition_of(filter)?,
            None => Condition::Always(true),
        };
        let of = match (self.aggregate, self.of) {
            (Aggregate::Count, Some(of)) => {
                let there = lowering.is_there(of)?;
                return Ok(counted(when.and(there)));
            }
            (Aggregate::Count, None) => return Ok(counted(when)),
            (_, None) => return Err(Error::Unportable("a measure other than a count is of something".to_owned())),
            (_, Some(of)) => of,
        };
        let ty = of.ty().clone();
        let scalar = match lowering.value_of(of)? {
            Operand::Sql(scalar) => scalar,
            Operand::Constant(Value::Nothing) if self.aggregate == Aggregate::Sum => {
                return Ok((Vec::new(), Measured::Constant(Value::Integer(0))));
            }
            Operand::Constant(Value::Nothing) => return Ok((Vec::new(), Measured::Constant(Value::Nothing))),
            Operand::Constant(_) => {
                return Err(Error::Unportable(format!("`{}` is the same for every record", of.text)));
            }
        };
        let sql = match when {
            Condition::Always(true) => scalar.sql.clone(),
            other => format!("CASE WHEN {} THEN {} END", other.text(), scalar.sql),
        };
        let repr = scalar.repr;
        let wide = |scale| Repr::Number { scale, wide: true };
        let column = |sql: String, repr: Repr| {
            let selected = crate::lower::Scalar::computed(sql, repr, true);
            (selected.selected(dialect), repr.column(dialect))
        };
        Ok(match (self.aggregate, repr) {
            (Aggregate::Sum, Repr::Number { scale, .. }) => {
                let bound = Bound::None;
                (vec![column(total(dialect, &sql, bound), wide(scale))], Measured::Sum { scale, ty })
            }
            (Aggregate::Avg, Repr::Number { scale, .. }) => {
                let sum = column(total(dialect, &sql, Bound::None), wide(scale));
                let count = (format!("COUNT({sql})"), ColumnType::Integer);
                (vec![sum, count], Measured::Mean { scale, ty })
            }
            (Aggregate::Sum | Aggregate::Avg, _) => {
                return Err(Error::Unportable(format!("`{}` is no number", of.text)));
            }
            (_, Repr::Text | Repr::Key | Repr::Boolean | Repr::Id) => {
                return Err(Error::Unportable(format!("`{}` has neither a least nor a greatest value", of.text)));
            }
            (Aggregate::Min, repr) => (vec![column(format!("MIN({sql})"), repr)], Measured::Extreme { repr, ty }),
            (_, repr) => (vec![column(format!("MAX({sql})"), repr)], Measured::Extreme { repr, ty }),
        })
    }
}

fn counted(when: Condition) -> (Vec<(String, ColumnType)>, Measured) {
    let sql = match when {
        Condition::Always(true) => "COUNT(*)".to_owned(),
        other => format!("COUNT(CASE WHEN {} THEN 1 END)", other.text()),
    };
    (vec![(sql, ColumnType::Integer)], Measured::Count)
}

/// A question for groups that is ready to be asked.
pub struct Ready<'a> {
    layout: &'a Layout,
    sql: String,
    cells: Vec<Cell>,
    types: Vec<ColumnType>,
    keys_at: usize,
    projections: Vec<Projection<'a>>,
    measured: Vec<Measured>,
    limit: usize,
}

impl Ready<'_> {
    /// The statement and its parameters, for people who want to know.
    pub fn statement(&self) -> (&str, &[Cell]) {
        (&self.sql, &self.cells)
    }

    /// The groups, with one statement.
    ///
    /// # Errors
    /// As the database says.
    pub fn run(&self, tx: &mut Tx) -> Result<Groups, Error> {
        let mut rows = tx.query(&self.sql, &self.cells, &self.types)?;
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next = rows.last().filter(|_| more).and_then(|row| row.get(self.keys_at..)).map(Cursor::of);
        let lowered = Lowered { model: self.layout.model(), tables: self.layout.tables() };
        let group = |row: Vec<Cell>| {
            let mut cells = row.into_iter();
            let keys = self.projections.iter().map(|projection| projection.read(&lowered, &mut cells));
            let keys = keys.collect::<Result<_, Error>>()?;
            let measures = self.measured.iter().map(|measure| measure.read(&lowered, &mut cells));
            Ok(Group { keys, measures: measures.collect::<Result<_, Error>>()? })
        };
        Ok(Groups { items: rows.into_iter().map(group).collect::<Result<_, Error>>()?, next })
    }
}

impl std::fmt::Debug for Ready<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready").field("sql", &self.sql).finish_non_exhaustive()
    }
}

impl Measured {
    fn read(&self, lowered: &Lowered<'_>, cells: &mut impl Iterator<Item = Cell>) -> Result<Value, Error> {
        let mut next = || cells.next().unwrap_or(Cell::Null(ColumnType::Integer));
        let sum = |cell: Cell| integer(&cell).ok_or_else(|| Error::Corrupt(format!("a sum gave {cell:?}")));
        Ok(match self {
            Measured::Constant(value) => value.clone(),
            Measured::Count => match next() {
                Cell::Integer(count) => Value::Integer(count),
                other => return Err(Error::Corrupt(format!("a count gave {other:?}"))),
            },
            Measured::Sum { scale, ty } => number(lowered, sum(next())?, *scale, ty).unwrap_or_default(),
            Measured::Mean { scale, ty } => {
                let total = sum(next())?;
                match next() {
                    Cell::Integer(count) => mean(lowered.model, total, count, *scale, ty),
                    other => return Err(Error::Corrupt(format!("a count gave {other:?}"))),
                }
            }
            Measured::Extreme { repr, ty } => scalar_value(lowered, *repr, ty, next())?,
        })
    }
}
