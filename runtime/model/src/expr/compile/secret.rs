//! Secrets in expressions: whether there is one may be asked, and nothing else, so that none finds its way into a formula,
//! a message, a filter or an order.

use super::slip::Slip;
use crate::code;
use crate::expr::function::Function;
use crate::expr::tree::{Comparison, Node, Op};
use crate::kind::Type;

/// The first place that does more with a secret than asking whether there is one. `within` is what the node is a part of.
pub(super) fn read(node: &Node, within: Option<&Node>) -> Option<Slip> {
    if is_secret(&node.ty) && !within.is_some_and(asks_whether) {
        let message = "a secret is written and never read: an expression may only ask whether there is one";
        return Some(
            Slip::new(code::SECRET, node.at.clone(), message)
                .help("compare it with `()`: `token == ()` where there is none, `token != ()` where there is one"),
        );
    }
    node.children().into_iter().find_map(|part| read(part, Some(node)))
}

fn is_secret(ty: &Type) -> bool {
    match ty {
        Type::Secret => true,
        Type::List(item) => is_secret(item),
        _ => false,
    }
}

fn asks_whether(node: &Node) -> bool {
    match &node.op {
        Op::Compare(Comparison::Equal | Comparison::NotEqual, a, b) => a.ty == Type::Nothing || b.ty == Type::Nothing,
        Op::Call { function: Function::IsEmpty, .. } => true,
        _ => false,
    }
}
