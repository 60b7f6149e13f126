//! Typed tree to value.
//!
//! Every value of type boolean is true or false: where there is nothing, it is false. Evaluation is bounded in steps,
//! in the length of lists and texts, and in how deep formulas read formulas; beyond a bound it is a [`Fault`].

mod aggregate;
mod list;
mod machine;

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::row::Row;
use super::tree::Expr;
use crate::id::{FieldId, SettingsId};
use crate::model::Model;
use crate::value::{Ref, Value};
pub(crate) use aggregate::aggregate;
use machine::Machine;

/// The most nodes one evaluation visits.
pub const MOST_STEPS: u32 = 100_000;
/// The longest list, in items.
pub const LONGEST_LIST: usize = 10_000;
/// How deep formulas and lookups may read each other.
pub const DEEPEST: u32 = 8;

/// Why an expression has no value: a script failed, a bound was exceeded, or a row could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// One sentence for the author.
    pub message: String,
}

impl Fault {
    /// A fault with a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

/// Where an expression gets the rows that it walks to.
pub trait Facts {
    /// The record a reference points to; nothing when there is none or it is in the trash and not to be seen.
    ///
    /// # Errors
    /// When it cannot be read.
    fn row(&self, reference: Ref) -> Result<Option<Arc<Row>>, Fault>;

    /// The rows of a lines, children or many-reference field of a record, in their order.
    ///
    /// # Errors
    /// When they cannot be read.
    fn rows(&self, of: &Row, field: FieldId) -> Result<Vec<Arc<Row>>, Fault>;

    /// Whether the person acting has a role.
    fn has_role(&self, role: &str) -> bool;

    /// The record of a settings document that is nearest to the person acting; nothing where there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    fn settings(&self, settings: SettingsId) -> Result<Option<Arc<Row>>, Fault>;
}

/// No rows but those of the context: for expressions over one record, or over none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFacts;

impl Facts for NoFacts {
    fn row(&self, _reference: Ref) -> Result<Option<Arc<Row>>, Fault> {
        Ok(None)
    }

    fn rows(&self, _of: &Row, _field: FieldId) -> Result<Vec<Arc<Row>>, Fault> {
        Ok(Vec::new())
    }

    fn has_role(&self, _role: &str) -> bool {
        false
    }

    fn settings(&self, _settings: SettingsId) -> Result<Option<Arc<Row>>, Fault> {
        Ok(None)
    }
}

/// What an expression is evaluated against.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The model that compiled it.
    pub model: &'a Model,
    /// Where other rows come from.
    pub facts: &'a dyn Facts,
    /// The row at hand.
    pub row: Option<&'a Arc<Row>>,
    /// The record being edited, where that is another one.
    pub record: Option<&'a Arc<Row>>,
    /// The record before the command.
    pub old: Option<&'a Arc<Row>>,
    /// Who acts.
    pub me: Option<Ref>,
    /// The moment of the command or request.
    pub now: Timestamp,
    /// The values of the locals, in the order of the scope.
    pub locals: &'a [Value],
    /// What `value` means.
    pub value: Option<&'a Value>,
}

impl<'a> Context<'a> {
    /// A context with nothing in it but the model and the time.
    pub fn bare(model: &'a Model, facts: &'a dyn Facts, now: Timestamp) -> Self {
        Self { model, facts, row: None, record: None, old: None, me: None, now, locals: &[], value: None }
    }
}

impl Expr {
    /// The value of the expression.
    ///
    /// # Errors
    /// See [`Fault`]; the message names the expression.
    pub fn eval(&self, context: &Context<'_>) -> Result<Value, Fault> {
        let steps = Cell::new(MOST_STEPS);
        Machine::new(context, &steps).eval(&self.root, None).map_err(|fault| self.named(&fault))
    }

    /// Whether the condition holds; nothing reads false.
    ///
    /// # Errors
    /// See [`Fault`]; the message names the expression.
    pub fn holds(&self, context: &Context<'_>) -> Result<bool, Fault> {
        let steps = Cell::new(MOST_STEPS);
        Machine::new(context, &steps).test(&self.root, None).map_err(|fault| self.named(&fault))
    }

    /// A fault that says in which expression it is, once.
    #[cold]
    pub fn named(&self, fault: &Fault) -> Fault {
        let here = format!("{}: `{}`: ", self.place, self.text);
        if fault.message.starts_with(&here) { fault.clone() } else { Fault::new(format!("{here}{fault}")) }
    }
}

/// The value of a single node that needs no items of a list around it: the store evaluates with it the parts of a
/// filter that do not read the row, which become parameters.
///
/// # Errors
/// See [`Fault`].
pub fn eval_node(node: &super::tree::Node, context: &Context<'_>) -> Result<Value, Fault> {
    let steps = Cell::new(MOST_STEPS);
    Machine::new(context, &steps).eval(node, None)
}
