//! The canonical order of keys.

use crate::node::{Node, NodeValue};
use crate::read;
use crate::shape::common::OVERLAY;
use crate::shape::{Keys, Shape};
use crate::short;

/// Puts the keys of a document in order: its kind first, the others as the reference lists them.
pub(super) fn document(node: &mut Node) {
    let Some((index, keys)) = read::kind_of(node) else { return };
    let Some(entries) = node.entries_mut() else { return };
    if index > 0 {
        let first = entries.remove(index);
        entries.insert(0, first);
    }
    let kind = entries.first().map(|entry| entry.key.text.clone());
    map(node, keys);
    if let Some(entries) = node.entries_mut() {
        // What surrounds an overlay comes last, its kind stays first.
        entries.sort_by_key(|entry| {
            let around = keys.find(&entry.key.text).is_none() && OVERLAY.find(&entry.key.text).is_some();
            if Some(&entry.key.text) == kind.as_ref() { 0 } else { 1 + u8::from(around) }
        });
    }
}

fn map(node: &mut Node, keys: &Keys) {
    let Some(entries) = node.entries_mut() else { return };
    let rank = |name: &str| keys.iter().position(|key| key.name == name).unwrap_or(usize::MAX);
    // Stable: keys the table does not have keep their order behind the others.
    entries.sort_by_key(|entry| rank(&entry.key.text));
    for entry in entries {
        if let Some(shape) = keys.find(&entry.key.text).map(|key| &key.shape).or(keys.extra) {
            value(&mut entry.value, shape);
        }
    }
}

fn value(node: &mut Node, shape: &Shape) {
    match shape {
        Shape::Map(keys) => map(node, keys),
        Shape::NameMap(_, keys) => {
            for entry in node.entries_mut().into_iter().flatten() {
                map(&mut entry.value, keys);
            }
        }
        Shape::Entries(_, of) => {
            for entry in node.entries_mut().into_iter().flatten() {
                value(&mut entry.value, of);
            }
        }
        Shape::List(of) | Shape::OneOrMore(of) => match &mut node.value {
            NodeValue::List(items) => items.iter_mut().for_each(|item| value(item, of)),
            NodeValue::Map(_) | NodeValue::Scalar(_) => {}
        },
        Shape::OneOf(shapes) => {
            if let Some(shape) = short::choose(shapes, node) {
                value(node, shape);
            }
        }
        Shape::Name(_)
        | Shape::Text
        | Shape::Expression
        | Shape::Value
        | Shape::Boolean
        | Shape::Integer { .. }
        | Shape::Decimal
        | Shape::Word(_)
        | Shape::String
        | Shape::Duration
        | Shape::Date
        | Shape::Moment
        | Shape::Any => {}
    }
}
