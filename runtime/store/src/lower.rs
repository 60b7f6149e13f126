//! Expressions as SQL.
//!
//! [`Lowering`] turns typed trees into text for one statement, and every other reader of an expression is
//! `fichero_model::expr::eval`: the two must agree on every row, on both databases. A property test holds them to it.
//!
//! # What comes out
//! - A *condition* is text that is TRUE exactly when the expression holds; otherwise it may be FALSE or NULL. Negation
//!   is pushed to the leaves, where it is known whether a side may be nothing: `a > 5` stays plain, so an index serves
//!   it; `not (a > 5)` becomes `(a <= 5 OR a IS NULL)`, and without the second half where `a` cannot be null.
//! - A *value* is text with a representation ([`scalar::Repr`]) that says how it compares and how it is read back.
//!   Booleans are never null. Text is ordered by its folded key, a choice by the rank of its option.
//!
//! # What is decided here
//! - Parts that no row is needed for are evaluated first and bound as parameters. Whether such a part is nothing decides
//!   what the statement looks like: `x == ()` is `x IS NULL`.
//! - A reference path is a LEFT JOIN, made once per statement for each prefix. A reference to a record in the trash
//!   still reads it, as it does in memory: what is deleted is not forgotten by what points to it.
//! - A list is a subquery over living rows only: a record in the trash is nobody's child and nobody's link.
//! - Numbers are integers scaled by a power of ten. Those that may leave 64 bits are *wide*: `NUMERIC` on PostgreSQL,
//!   16 sortable bytes from our own functions on SQLite. Nothing ever becomes a floating-point number. What leaves the
//!   bounds of `fichero_model::expr::number` is null.
//! - Lookups and formulas that are computed when read are lowered where they stand, over the row they belong to.
//! - What clocks show in the workspace's zone follows the rules the runtime has, not those of a server: [`zone`].
//!
//! What cannot be said in SQL is [`Error::Unportable`], with the part and the reason; the compiler of definitions says
//! the same earlier, with a place.

mod choice;
mod compare;
mod condition;
mod constant;
mod frame;
mod function;
mod index;
mod list;
mod moments;
mod money;
pub(crate) mod number;
mod path;
pub(crate) mod project;
mod quantify;
mod round;
mod scalar;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod tree;
mod value;
mod zone;

use std::sync::Arc;

use fichero_model::expr::{Context, Expr, Node};
use fichero_model::{EntityId, FieldId, Model};

pub(crate) use condition::Condition;
pub(crate) use frame::RowAt;
pub(crate) use index::index_condition;
pub(crate) use scalar::{Operand, Repr, Scalar};

use crate::layout::Tables;
use crate::{Cell, Dialect, Error};
use frame::Frame;
use list::Item;

/// How many nodes one statement may be made of, lookups and expanded lists included.
const MOST_STEPS: usize = 20_000;

/// How long the text of one node may be, in bytes.
const LONGEST_TEXT: usize = 1 << 20;

/// How deep lookups and formulas may stand inside each other, as in memory.
const DEEPEST: usize = fichero_model::expr::eval::DEEPEST as usize;

/// A statement in the making: its parameters, its joins, and where expressions find their rows.
pub(crate) struct Lowering<'a, 'c> {
    pub(super) model: &'a Model,
    pub(super) tables: &'a Tables,
    /// What is known beforehand; it has no row of its own.
    pub(super) context: Context<'c>,
    /// The parameters so far.
    cells: Vec<Cell>,
    /// `FROM` clauses, the statement's own first, then those of the subqueries around the place at hand.
    frames: Vec<Frame>,
    /// The row whose fields are bare names.
    this: RowAt,
    /// The items of the quantifiers around, by depth.
    items: Vec<Option<Item>>,
    /// The text of the expression at hand, for messages.
    text: Arc<str>,
    aliases: usize,
    steps: usize,
    depth: usize,
    /// Constants stand in the text instead of parameters: where a statement can have none.
    inline: bool,
}

impl<'a, 'c> Lowering<'a, 'c> {
    /// A statement over the rows of an entity. `context` says what is known beforehand; it has no row of its own.
    pub(crate) fn new(model: &'a Model, tables: &'a Tables, context: &Context<'c>, entity: EntityId) -> Self {
        let this = RowAt { entity, alias: "t0".into(), frame: 0, certain: true };
        Self {
            model,
            tables,
            context: Context { row: None, ..*context },
            cells: Vec::new(),
            frames: vec![Frame::new(&tables.table(entity).quoted, "t0")],
            this,
            items: Vec::new(),
            text: "".into(),
            aliases: 1,
            steps: 0,
            depth: 0,
            inline: false,
        }
    }

    /// The row of the statement's own `FROM`.
    pub(crate) fn base(&self) -> &RowAt {
        &self.this
    }

    /// The condition that an expression holds.
    ///
    /// # Errors
    /// [`Error::Unportable`], [`Error::Fault`].
    pub(crate) fn condition_of(&mut self, expr: &Expr) -> Result<Condition, Error> {
        self.text = Arc::clone(&expr.text);
        self.condition(&expr.root, true)
    }

    /// The condition that a node without a text of its own holds.
    ///
    /// # Errors
    /// [`Error::Unportable`], [`Error::Fault`].
    pub(crate) fn condition_node(&mut self, node: &Node) -> Result<Condition, Error> {
        self.text = "".into();
        self.condition(node, true)
    }

    /// The condition that a stored field of the statement's own row is nothing, or is not.
    pub(crate) fn base_is_null(&self, field: FieldId, wanted: bool) -> Condition {
        match self.tables.table(self.this.entity).field(field) {
            Some(stored) => compare::null(&self.this.column(&stored.value), wanted, stored.nullable),
            None => Condition::Always(wanted),
        }
    }

    /// The id of the statement's own row.
    pub(crate) fn base_identity(&self) -> Operand {
        self.identity(&self.this)
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// [`Error::Unportable`], [`Error::Fault`].
    pub(crate) fn value_of(&mut self, expr: &Expr) -> Result<Operand, Error> {
        self.text = Arc::clone(&expr.text);
        self.value(&expr.root)
    }

    /// What an expression is ordered by: of a text its key, of a choice its rank.
    ///
    /// # Errors
    /// [`Error::Unportable`], [`Error::Fault`].
    pub(crate) fn order_of(&mut self, expr: &Expr) -> Result<Operand, Error> {
        self.text = Arc::clone(&expr.text);
        self.order(&expr.root)
    }

    /// The `FROM` clause with all joins so far.
    pub(crate) fn from(&self) -> String {
        self.frames.first().map(Frame::text).unwrap_or_default()
    }

    /// A limit as it stands in a statement. The usual ones are numbers in the text: PostgreSQL takes a parameter here for
    /// a tenth of the table, and would plan anew each time. Any others are parameters, so that texts remain few.
    pub(crate) fn limit(&mut self, rows: usize) -> String {
        const USUAL: [usize; 8] = [1, 2, 11, 21, 51, 101, 201, 501];
        match USUAL.contains(&rows) {
            true => rows.to_string(),
            false => self.bind(Cell::Integer(i64::try_from(rows).unwrap_or(i64::MAX))),
        }
    }

    /// The sign for a parameter. The same value is the same parameter, so that an expression that is written twice is
    /// the same text: that is how the databases know a group by.
    pub(crate) fn bind(&mut self, cell: Cell) -> String {
        let number = match self.cells.iter().position(|known| *known == cell) {
            Some(at) => at + 1,
            None => {
                self.cells.push(cell);
                self.cells.len()
            }
        };
        match self.dialect() {
            Dialect::Sqlite => format!("?{number}"),
            Dialect::Postgres => format!("${number}"),
        }
    }

    /// The parameters.
    pub(crate) fn into_cells(self) -> Vec<Cell> {
        self.cells
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.tables.dialect()
    }

    /// Counts a node, and refuses a statement that grows without end.
    fn step(&mut self, node: &Node) -> Result<(), Error> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err(self.unportable(node, "it becomes too long"));
        }
        Ok(())
    }

    /// Refuses a text that grows without end: one operand may stand in it several times, and again in what is made of
    /// it.
    fn check_length(&self, node: &Node, sql: &str) -> Result<(), Error> {
        if sql.len() > LONGEST_TEXT {
            return Err(self.unportable(node, "it becomes too long"));
        }
        Ok(())
    }

    fn unportable(&self, node: &Node, why: &str) -> Error {
        let part = self.text.get(node.at.clone()).filter(|part| !part.is_empty()).unwrap_or(&self.text);
        Error::Unportable(format!("`{part}` cannot become SQL: {why}"))
    }
}
