//! The evaluator proper.

use std::cell::Cell;
use std::sync::Arc;

use super::list::Item;
use super::{Context, DEEPEST, Fault, MOST_STEPS};
use crate::entity::Source;
use crate::expr::function::{Function, Home, evaluate};
use crate::expr::row::Row;
use crate::expr::taken;
use crate::expr::tree::{Comparison, Node, Op, RowName};
use crate::expr::truth;
use crate::id::{EntityId, FieldId, OptionsId};
use crate::kind::Type;
use crate::value::{Ref, Value};

static FALSE: Value = Value::Boolean(false);
static NOTHING: Value = Value::Nothing;

/// One evaluation.
pub(super) struct Machine<'a> {
    pub(super) context: Context<'a>,
    /// How many steps are left; shared with the evaluations of formulas within.
    steps: &'a Cell<u32>,
    /// How many formulas deep.
    depth: u32,
}

/// The item of a list that a closure is asked about, and those of the closures around it.
pub(super) struct Frame<'f> {
    pub(super) item: &'f Item,
    pub(super) depth: usize,
    pub(super) outer: Option<&'f Frame<'f>>,
}

impl<'f> Frame<'f> {
    /// The item of the closure at a depth.
    fn at(frame: Option<&'f Frame<'f>>, depth: usize) -> Option<&'f Item> {
        let mut frame = frame;
        while let Some(one) = frame {
            if one.depth == depth {
                return Some(one.item);
            }
            frame = one.outer;
        }
        None
    }
}

impl<'a> Machine<'a> {
    pub(super) fn new(context: &Context<'a>, steps: &'a Cell<u32>) -> Self {
        Self { context: *context, steps, depth: 0 }
    }

    /// Counts a step.
    pub(super) fn step(&self) -> Result<(), Fault> {
        match self.steps.get().checked_sub(1) {
            Some(left) => {
                self.steps.set(left);
                Ok(())
            }
            None => Err(out_of_steps()),
        }
    }

    /// The value of a node that is at hand without working it out.
    fn peek<'v>(&'v self, node: &'v Node, frame: Option<&'v Frame<'v>>) -> Option<&'v Value> {
        let value = match &node.op {
            Op::Literal(value) => value,
            Op::Field { of, fields } => {
                let row = match &of.op {
                    Op::Row(RowName::This) => self.context.row?,
                    Op::Row(RowName::Record) => self.context.record.or(self.context.row)?,
                    Op::Row(RowName::Item(depth)) => match Frame::at(frame, *depth)? {
                        Item::Row(row) => row,
                        Item::Value(_) => return None,
                    },
                    _ => return None,
                };
                let (entity, field) = field_of(row, fields)?;
                if !self.context.model.field(entity, field).is_stored() {
                    return None;
                }
                row.get(field)
            }
            Op::Local(index) => self.context.locals.get(*index).unwrap_or(&NOTHING),
            Op::Value => self.context.value.unwrap_or(&NOTHING),
            _ => return None,
        };
        Some(if value.is_nothing() && node.ty == Type::Boolean { &FALSE } else { value })
    }

    /// The value of a node.
    pub(super) fn eval(&self, node: &Node, frame: Option<&Frame<'_>>) -> Result<Value, Fault> {
        self.step()?;
        if let Some(value) = self.peek(node, frame) {
            return Ok(value.clone());
        }
        let value = match &node.op {
            Op::Literal(value) => value.clone(),
            Op::Local(_) | Op::Value => Value::Nothing,
            Op::Row(row) => self.reference(*row, frame)?,
            Op::Field { of, fields } => self.field(node, of, fields, frame)?,
            Op::Attribute { of, options, attribute } => self.attribute(&self.eval(of, frame)?, *options, *attribute),
            Op::Not(_)
            | Op::And(..)
            | Op::Or(..)
            | Op::Compare(..)
            | Op::In { .. }
            | Op::Matches { .. }
            | Op::Changed(_)
            | Op::HasRole(_)
            | Op::Under { .. } => Value::Boolean(self.test_operator(node, frame)?),
            Op::Coalesce(first, second) => match self.eval(first, frame)? {
                Value::Nothing => self.eval(second, frame)?,
                found => found,
            },
            Op::Arithmetic(operator, a, b) => {
                let (a, b) = (self.eval(a, frame)?, self.eval(b, frame)?);
                truth::combine(*operator, &a, &b, self.context.model.workspace.currency)?
            }
            Op::Negate(of) => truth::negate(&self.eval(of, frame)?),
            Op::If { condition, then, otherwise } => {
                let branch = if self.test(condition, frame)? { then } else { otherwise };
                self.eval(branch, frame)?
            }
            Op::Call { function, arguments } => self.call(*function, arguments, frame)?,
            Op::List(_) | Op::Each { .. } | Op::Quantify { .. } | Op::Aggregate { .. } => {
                self.over_list(node, frame)?
            }
            Op::Script { file, function, arguments } => self.script(file, function, arguments, frame)?,
        };
        Ok(if value.is_nothing() && node.ty == Type::Boolean { Value::Boolean(false) } else { value })
    }

    /// Whether a condition holds.
    pub(super) fn test(&self, node: &Node, frame: Option<&Frame<'_>>) -> Result<bool, Fault> {
        match &node.op {
            Op::Not(_)
            | Op::And(..)
            | Op::Or(..)
            | Op::Compare(..)
            | Op::In { .. }
            | Op::Matches { .. }
            | Op::Changed(_)
            | Op::HasRole(_)
            | Op::Under { .. } => {
                self.step()?;
                self.test_operator(node, frame)
            }
            _ => match self.peek(node, frame) {
                Some(value) => Ok(value.is_true()),
                None => Ok(self.eval(node, frame)?.is_true()),
            },
        }
    }

    fn test_operator(&self, node: &Node, frame: Option<&Frame<'_>>) -> Result<bool, Fault> {
        Ok(match &node.op {
            Op::Not(condition) => !self.test(condition, frame)?,
            Op::And(a, b) => self.test(a, frame)? && self.test(b, frame)?,
            Op::Or(a, b) => self.test(a, frame)? || self.test(b, frame)?,
            Op::Compare(comparison, a, b) => self.compare(*comparison, a, b, frame)?,
            Op::In { value, list } => self.is_in(value, list, frame)?,
            Op::Matches { text, pattern } => {
                self.eval(text, frame)?.as_text().is_some_and(|text| pattern.regex.is_match(text))
            }
            Op::Changed(field) => self.changed(*field)?,
            Op::HasRole(role) => {
                self.eval(role, frame)?.as_text().is_some_and(|role| self.context.facts.has_role(role))
            }
            Op::Under { record, top, parent: (_, parent) } => match self.eval(top, frame)?.as_ref() {
                Some(top) => self.is_under(record, top, *parent, frame)?,
                None => false,
            },
            _ => self.eval(node, frame)?.is_true(),
        })
    }

    /// Whether the record that a node gives is another one or lies below it. Records that were made to lie below each other
    /// before they were a hierarchy are gone through once.
    fn is_under(&self, node: &Node, top: Ref, parent: FieldId, frame: Option<&Frame<'_>>) -> Result<bool, Fault> {
        let Some(mut at) = self.eval(node, frame)?.as_ref() else { return Ok(false) };
        let mut row = if at == top { None } else { self.row(node, frame)? };
        let mut passed = vec![at];
        while at != top {
            self.step()?;
            let above = row.and_then(|row| row.get(parent).as_ref());
            at = match above {
                Some(above) if !passed.contains(&above) => above,
                _ => return Ok(false),
            };
            passed.push(at);
            row = if at == top { None } else { self.context.facts.row(at)? };
        }
        Ok(true)
    }

    fn compare(&self, comparison: Comparison, a: &Node, b: &Node, frame: Option<&Frame<'_>>) -> Result<bool, Fault> {
        let ordering = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if ordering && let (Type::Choice(options), _) | (_, Type::Choice(options)) = (&a.ty, &b.ty) {
            let (a, b) = (self.eval(a, frame)?, self.eval(b, frame)?);
            return Ok(truth::compare(comparison, &self.rank(*options, &a), &self.rank(*options, &b)));
        }
        match (self.peek(a, frame), self.peek(b, frame)) {
            (Some(a), Some(b)) => Ok(truth::compare(comparison, a, b)),
            (Some(a), None) => Ok(truth::compare(comparison, a, &self.eval(b, frame)?)),
            (None, Some(b)) => Ok(truth::compare(comparison, &self.eval(a, frame)?, b)),
            (None, None) => Ok(truth::compare(comparison, &self.eval(a, frame)?, &self.eval(b, frame)?)),
        }
    }

    /// The place of an option in the order of its set; nothing for a name that is none.
    fn rank(&self, options: OptionsId, value: &Value) -> Value {
        let rank = value.as_text().and_then(|name| self.context.model[options].rank(name));
        rank.and_then(|rank| i64::try_from(rank).ok()).map_or(Value::Nothing, Value::Integer)
    }

    fn attribute(&self, value: &Value, options: OptionsId, attribute: usize) -> Value {
        let option = value.as_text().and_then(|name| self.context.model[options].find(name));
        option.and_then(|option| option.attributes.get(attribute)).cloned().unwrap_or_default()
    }

    /// Whether the command changes a field: compared exactly, so that money in another currency counts. A record that
    /// is being made changes every field that has a value.
    fn changed(&self, field: FieldId) -> Result<bool, Fault> {
        let Some(record) = self.context.record.or(self.context.row) else { return Ok(false) };
        let before = match self.context.old {
            Some(old) => self.read(old, old.entity, field)?,
            None => Value::Nothing,
        };
        Ok(self.read(record, record.entity, field)? != before)
    }

    /// The reference that a row at hand is known by, or the item of a list.
    fn reference(&self, row: RowName, frame: Option<&Frame<'_>>) -> Result<Value, Fault> {
        if row == RowName::Me {
            return Ok(self.context.me.map_or(Value::Nothing, Value::Ref));
        }
        if let RowName::Item(depth) = row {
            return Ok(Frame::at(frame, depth).map_or(Value::Nothing, Item::value));
        }
        Ok(self.named_row(row, frame)?.and_then(|row| row.reference()).map_or(Value::Nothing, Value::Ref))
    }

    /// A row at hand.
    fn named_row(&self, row: RowName, frame: Option<&Frame<'_>>) -> Result<Option<Arc<Row>>, Fault> {
        let context = &self.context;
        match row {
            RowName::This => Ok(context.row.cloned()),
            RowName::Record => Ok(context.record.or(context.row).cloned()),
            RowName::Old => Ok(context.old.cloned()),
            RowName::Me => context.me.map_or(Ok(None), |me| context.facts.row(me)),
            RowName::Settings(settings) => context.facts.settings(settings),
            RowName::Item(depth) => Frame::at(frame, depth).map_or(Ok(None), |item| self.item_row(item)),
        }
    }

    /// The row of an item of a list.
    pub(super) fn item_row(&self, item: &Item) -> Result<Option<Arc<Row>>, Fault> {
        match item {
            Item::Row(row) => Ok(Some(Arc::clone(row))),
            Item::Value(value) => value.as_ref().map_or(Ok(None), |reference| self.context.facts.row(reference)),
        }
    }

    /// The row that a node gives.
    pub(super) fn row(&self, node: &Node, frame: Option<&Frame<'_>>) -> Result<Option<Arc<Row>>, Fault> {
        match &node.op {
            Op::Row(row) => self.named_row(*row, frame),
            Op::Coalesce(first, second) => match self.row(first, frame)? {
                Some(row) => Ok(Some(row)),
                None => self.row(second, frame),
            },
            Op::If { condition, then, otherwise } => {
                let branch = if self.test(condition, frame)? { then } else { otherwise };
                self.row(branch, frame)
            }
            _ => self.eval(node, frame)?.as_ref().map_or(Ok(None), |reference| self.context.facts.row(reference)),
        }
    }

    fn field(
        &self,
        node: &Node,
        of: &Node,
        fields: &[(EntityId, FieldId)],
        frame: Option<&Frame<'_>>,
    ) -> Result<Value, Fault> {
        let Some(row) = self.row(of, frame)? else { return Ok(Value::Nothing) };
        let Some((entity, field)) = field_of(&row, fields) else { return Ok(Value::Nothing) };
        let declared = self.context.model.field(entity, field);
        if matches!(node.ty, Type::List(_)) && (declared.kind.is_rows() || declared.is_link()) {
            return Ok(Value::list(self.rows(&row, field)?.iter().map(Item::value)));
        }
        self.read(&row, entity, field)
    }

    /// The value of a field of a row: stored, or worked out where it is not.
    pub(super) fn read(&self, row: &Arc<Row>, entity: EntityId, field: FieldId) -> Result<Value, Fault> {
        let declared = self.context.model.field(entity, field);
        match &declared.source {
            Source::Lookup(expr) | Source::Formula { value: expr, stored: false } => {
                if self.depth >= DEEPEST {
                    return Err(Fault::new(format!(
                        "`{}` is read through more than {DEEPEST} formulas",
                        declared.name
                    )));
                }
                let context =
                    Context { row: Some(row), record: None, old: None, locals: &[], value: None, ..self.context };
                let value = Machine { context, steps: self.steps, depth: self.depth + 1 }.eval(&expr.root, None)?;
                if expr.is_open() { taken(self.context.model, declared, value) } else { Ok(value) }
            }
            _ => Ok(row.get(field).clone()),
        }
    }

    fn call(&self, function: Function, arguments: &[Node], frame: Option<&Frame<'_>>) -> Result<Value, Fault> {
        if let (Function::IsEmpty | Function::First | Function::Last, [list @ Node { ty: Type::List(_), .. }]) =
            (function, arguments)
        {
            let items = self.items(list, frame)?;
            return Ok(match function {
                Function::First => items.first().map_or(Value::Nothing, Item::value),
                Function::Last => items.last().map_or(Value::Nothing, Item::value),
                _ => Value::Boolean(items.is_empty()),
            });
        }
        // Most functions take at most three arguments, which then need no allocation.
        let mut few: [Value; 3] = Default::default();
        if let Some(few) = few.get_mut(..arguments.len()) {
            for (slot, argument) in few.iter_mut().zip(arguments) {
                *slot = self.eval(argument, frame)?;
            }
            return evaluate(function, few, Some(self.home()));
        }
        let many = arguments.iter().map(|argument| self.eval(argument, frame)).collect::<Result<Vec<_>, _>>()?;
        evaluate(function, &many, Some(self.home()))
    }

    fn home(&self) -> Home<'_> {
        let workspace = &self.context.model.workspace;
        Home { now: self.context.now, zone: &workspace.time_zone, currency: workspace.currency }
    }

    fn script(
        &self,
        file: &str,
        function: &str,
        arguments: &[Node],
        frame: Option<&Frame<'_>>,
    ) -> Result<Value, Fault> {
        let arguments = arguments.iter().map(|argument| self.eval(argument, frame)).collect::<Result<Vec<_>, _>>()?;
        self.context.model.scripts.call(file, function, &arguments)
    }
}

/// The field that a path names for the entity of a row.
pub(super) fn field_of(row: &Row, fields: &[(EntityId, FieldId)]) -> Option<(EntityId, FieldId)> {
    fields.iter().copied().find(|(entity, _)| *entity == row.entity)
}

#[cold]
fn out_of_steps() -> Fault {
    Fault::new(format!("more than {MOST_STEPS} steps"))
}
