//! Parts of an expression that no row is needed for.

use std::sync::Arc;

use fichero_model::Value;
use fichero_model::expr::{Node, Op, RowName, eval_node};
use fichero_model::kind::Type;

use super::{Lowering, Operand};
use crate::Error;

impl Lowering<'_, '_> {
    /// The value of a part that needs no row; nothing for one that does.
    ///
    /// # Errors
    /// [`Error::Fault`] when it cannot be worked out.
    pub(super) fn known(&self, node: &Node) -> Result<Option<Value>, Error> {
        if let Op::Literal(value) = &node.op {
            return Ok(Some(value.clone()));
        }
        if self.needs_row(node, &mut Vec::new()) {
            return Ok(None);
        }
        eval_node(node, &self.context).map(Some).map_err(|fault| Error::Fault(fault.message))
    }

    /// The value of an operation whose operands turned out to be known. `make` puts them in their place.
    ///
    /// # Errors
    /// [`Error::Fault`] when it cannot be worked out.
    pub(super) fn folded(
        &self,
        node: &Node,
        operands: &[Operand],
        make: impl FnOnce(Vec<Node>) -> Op,
    ) -> Result<Option<Operand>, Error> {
        let literal = |operand: &Operand| match operand {
            Operand::Constant(value) => {
                Some(Node { op: Op::Literal(value.clone()), ty: Type::Any, at: node.at.clone() })
            }
            Operand::Sql(_) => None,
        };
        let Some(literals) = operands.iter().map(literal).collect::<Option<Vec<_>>>() else { return Ok(None) };
        let node = Node { op: make(literals), ty: node.ty.clone(), at: node.at.clone() };
        let value = eval_node(&node, &self.context).map_err(|fault| Error::Fault(fault.message))?;
        Ok(Some(Operand::Constant(value)))
    }

    /// Whether a part reads the row at hand or an item of a quantifier around it. `bound` are the depths of the
    /// quantifiers inside the part.
    fn needs_row(&self, node: &Node, bound: &mut Vec<usize>) -> bool {
        let any = |nodes: &[&Node], bound: &mut Vec<usize>| nodes.iter().any(|node| self.needs_row(node, bound));
        match &node.op {
            Op::Literal(_) | Op::Local(_) | Op::Value => false,
            Op::Row(RowName::This) => true,
            // Without another record being edited, it is the row itself.
            Op::Row(RowName::Record) => self.context.record.is_none(),
            Op::Row(RowName::Item(depth)) => !bound.contains(depth),
            Op::Row(RowName::Old | RowName::Me | RowName::Settings(_)) => false,
            // It compares the record being edited, or the row at hand, with what it was.
            Op::Changed(_) => self.context.record.is_none(),
            Op::Field { of, .. } | Op::Each { of, .. } | Op::Attribute { of, .. } => any(&[of], bound),
            Op::Not(one) | Op::Negate(one) | Op::HasRole(one) => any(&[one], bound),
            Op::Matches { text, .. } => any(&[text], bound),
            Op::And(a, b)
            | Op::Or(a, b)
            | Op::Coalesce(a, b)
            | Op::Compare(_, a, b)
            | Op::Arithmetic(_, a, b)
            | Op::Under { record: a, top: b, .. } => any(&[a, b], bound),
            Op::In { value, list } => any(&[value, list], bound),
            Op::If { condition, then, otherwise } => any(&[condition, then, otherwise], bound),
            Op::List(items) => items.iter().any(|item| self.needs_row(item, bound)),
            Op::Call { arguments, .. } | Op::Script { arguments, .. } => {
                arguments.iter().any(|argument| self.needs_row(argument, bound))
            }
            Op::Aggregate { list, .. } => any(&[list], bound),
            Op::Quantify { list, depth, body, .. } => {
                if any(&[list], bound) {
                    return true;
                }
                bound.push(*depth);
                let needs = self.needs_row(body, bound);
                bound.pop();
                needs
            }
        }
    }
}

/// `node` with what stands for the item of depth `depth` replaced by `item`.
pub(super) fn with_item(node: &Node, depth: usize, item: &Node) -> Node {
    let replaced = |node: &Node| with_item(node, depth, item);
    let boxed = |node: &Node| Box::new(with_item(node, depth, item));
    let all = |nodes: &[Node]| nodes.iter().map(replaced).collect::<Vec<_>>();
    let op = match &node.op {
        Op::Row(RowName::Item(own)) if *own == depth => return Node { at: node.at.clone(), ..item.clone() },
        Op::Literal(_) | Op::Row(_) | Op::Local(_) | Op::Value | Op::Changed(_) => return node.clone(),
        Op::Field { of, fields } => Op::Field { of: boxed(of), fields: Arc::clone(fields) },
        Op::Each { of, fields } => Op::Each { of: boxed(of), fields: Arc::clone(fields) },
        Op::Attribute { of, options, attribute } => {
            Op::Attribute { of: boxed(of), options: *options, attribute: *attribute }
        }
        Op::Not(one) => Op::Not(boxed(one)),
        Op::Negate(one) => Op::Negate(boxed(one)),
        Op::HasRole(one) => Op::HasRole(boxed(one)),
        Op::Under { record, top, parent } => Op::Under { record: boxed(record), top: boxed(top), parent: *parent },
        Op::Matches { text, pattern } => Op::Matches { text: boxed(text), pattern: pattern.clone() },
        Op::And(a, b) => Op::And(boxed(a), boxed(b)),
        Op::Or(a, b) => Op::Or(boxed(a), boxed(b)),
        Op::Coalesce(a, b) => Op::Coalesce(boxed(a), boxed(b)),
        Op::Compare(comparison, a, b) => Op::Compare(*comparison, boxed(a), boxed(b)),
        Op::Arithmetic(operator, a, b) => Op::Arithmetic(*operator, boxed(a), boxed(b)),
        Op::In { value, list } => Op::In { value: boxed(value), list: boxed(list) },
        Op::If { condition, then, otherwise } => {
            Op::If { condition: boxed(condition), then: boxed(then), otherwise: boxed(otherwise) }
        }
        Op::List(items) => Op::List(all(items)),
        Op::Call { function, arguments } => Op::Call { function: *function, arguments: all(arguments) },
        Op::Script { file, function, arguments } => {
            Op::Script { file: Arc::clone(file), function: Arc::clone(function), arguments: all(arguments) }
        }
        Op::Quantify { quantifier, list, depth, body } => {
            Op::Quantify { quantifier: *quantifier, list: boxed(list), depth: *depth, body: boxed(body) }
        }
        Op::Aggregate { aggregate, list } => Op::Aggregate { aggregate: *aggregate, list: boxed(list) },
    };
    Node { op, ty: node.ty.clone(), at: node.at.clone() }
}
