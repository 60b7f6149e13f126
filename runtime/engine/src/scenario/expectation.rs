//! Why an expression does not hold: the parts that made it false, with the values on both sides.

use std::ops::Range;

use fichero_model::expr::eval::eval_node;
use fichero_model::expr::{Context, Expr, Node, Op};
use fichero_model::value::Value;

use super::{Expectation, Part};
use crate::read::show;
use crate::record::work::Work;
use crate::refusal::Refusal;
use crate::value::text;

/// The longest value that is shown, in characters.
const LONGEST: usize = 300;

/// Nothing when the expression holds, else what made it false.
///
/// # Errors
/// When the expression has no value.
pub(super) fn failed(work: &Work<'_>, expr: &Expr, locals: &[Value]) -> Result<Option<Expectation>, Refusal> {
    let context = work.context(None, None, None, locals, None);
    if expr.holds(&context)? {
        return Ok(None);
    }
    let mut parts = Vec::new();
    gather(work, expr, &context, &expr.root, &mut parts);
    Ok(Some(Expectation { text: expr.text.to_string(), parts }))
}

/// Both halves of an `and` are asked apart; of an `or` both are false. The rest is shown as it stands.
fn gather(work: &Work<'_>, expr: &Expr, context: &Context<'_>, node: &Node, parts: &mut Vec<Part>) {
    match &node.op {
        Op::And(a, b) | Op::Or(a, b) => {
            for half in [a, b] {
                if !eval_node(half, context).is_ok_and(|value| value.is_true()) {
                    gather(work, expr, context, half, parts);
                }
            }
        }
        Op::Compare(_, a, b) => parts.push(part(work, expr, context, node, &[a, b])),
        Op::In { value, list } => parts.push(part(work, expr, context, node, &[value, list])),
        Op::Not(inner) => match &inner.op {
            Op::Compare(_, a, b) => parts.push(part(work, expr, context, node, &[a, b])),
            _ => parts.push(part(work, expr, context, node, &[inner])),
        },
        Op::Quantify { list, .. } => parts.push(part(work, expr, context, node, &[list])),
        _ => parts.push(part(work, expr, context, node, &[node])),
    }
}

fn part(work: &Work<'_>, expr: &Expr, context: &Context<'_>, node: &Node, sides: &[&Node]) -> Part {
    let values = sides.iter().filter(|side| !is_constant(side)).map(|side| {
        let value =
            eval_node(side, context).map_or_else(|fault| format!("(no value: {fault})"), |value| shown(work, &value));
        (piece(&expr.text, &side.at), value)
    });
    Part { text: piece(&expr.text, &node.at), values: values.collect() }
}

/// What stands there already need not be shown again. A moment is written as clocks show it somewhere, and is shown as
/// the other side is.
fn is_constant(node: &Node) -> bool {
    match &node.op {
        Op::Literal(value) => !matches!(value, Value::DateTime(_)),
        Op::List(items) => items.iter().all(is_constant),
        _ => false,
    }
}

/// The characters of a text that a node came from.
fn piece(text: &str, at: &Range<usize>) -> String {
    text.get(at.clone()).map_or_else(|| text.to_owned(), |piece| piece.trim().to_owned())
}

/// A value as the author of a test would write or recognize it: texts in quotes, records by entity and title.
pub(super) fn shown(work: &Work<'_>, value: &Value) -> String {
    let text = match value {
        Value::Nothing => "()".to_owned(),
        Value::Text(text) => format!("{text:?}"),
        Value::Duration(seconds) => format!("{seconds} seconds"),
        Value::List(items) => {
            format!("[{}]", items.iter().map(|item| shown(work, item)).collect::<Vec<_>>().join(", "))
        }
        Value::Ref(reference) => {
            let definition = &work.live.model[reference.entity];
            let title =
                work.any(*reference).ok().flatten().and_then(|row| show::value(work, &row, definition.title).ok());
            match title {
                Some(title) => format!("{} {}", definition.name, shown(work, &title)),
                None => format!("{} {}", definition.name, reference.id),
            }
        }
        other => text::plain(other),
    };
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or("")),
        None => text,
    }
}
