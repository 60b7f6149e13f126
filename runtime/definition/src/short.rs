//! Short forms written out: what is left is one form of everything, so that merging and reading need not know others.
//!
//! A list of names where named things are expected becomes a map of names to `{}`; a bare value for a thing with a
//! main key (a field's `type`, an option's `label`) becomes `{key: value}`; a bare text becomes a map of the layer's
//! locale; a single value where several may stand becomes a list of one. What stands for something keeps the place of
//! what was written. Whatever does not fit is left as it is, for [`crate::check`] to find.

use std::sync::Arc;

use crate::node::{Entry, Key, Node, NodeValue, Style};
use crate::shape::{Keys, Shape};

/// Writes out what stands at a place of this shape. Bare texts are in `locale`.
pub fn write_out(node: &mut Node, shape: &Shape, locale: &Arc<str>) {
    match shape {
        Shape::Text => {
            if node.scalar().is_some() {
                wrap(node, locale);
            }
        }
        Shape::Map(keys) => map(node, keys, locale),
        Shape::NameMap(_, keys) => {
            names(node);
            for entry in node.entries_mut().into_iter().flatten() {
                map(&mut entry.value, keys, locale);
            }
        }
        Shape::Entries(_, of) => {
            for entry in node.entries_mut().into_iter().flatten() {
                write_out(&mut entry.value, of, locale);
            }
        }
        Shape::OneOrMore(of) => {
            if !matches!(node.value, NodeValue::List(_)) {
                let place = node.place.clone();
                let one = std::mem::replace(node, Node { place, value: NodeValue::List(Vec::new()) });
                node.value = NodeValue::List(vec![one]);
            }
            list(node, of, locale);
        }
        Shape::List(of) => list(node, of, locale),
        Shape::OneOf(shapes) => {
            if let Some(shape) = choose(shapes, node) {
                write_out(node, shape, locale);
            }
        }
        Shape::Name(_)
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

/// Writes out the keys of a map, and the map itself where its main value stands alone.
pub fn map(node: &mut Node, keys: &Keys, locale: &Arc<str>) {
    if !matches!(node.value, NodeValue::Map(_))
        && let Some(short) = keys.short
    {
        wrap(node, &Arc::from(short));
    }
    for entry in node.entries_mut().into_iter().flatten() {
        if let Some(shape) = keys.find(&entry.key.text).map(|key| &key.shape).or(keys.extra) {
            write_out(&mut entry.value, shape, locale);
        }
    }
}

/// Which of several shapes is meant: the first whose form fits, and whose words do where it has a fixed set of them.
pub fn choose<'s>(shapes: &'s [Shape], node: &Node) -> Option<&'s Shape> {
    shapes.iter().find(|shape| fits(shape, node))
}

fn fits(shape: &Shape, node: &Node) -> bool {
    let scalar = node.scalar();
    match shape {
        Shape::Boolean => node.as_bool().is_some() || scalar.is_some_and(|scalar| is_other_boolean(&scalar.text)),
        Shape::Word(words) => scalar.is_some_and(|scalar| words.contains(&&*scalar.text)),
        Shape::Integer { .. } => node.as_integer().is_some(),
        Shape::Decimal => node.as_decimal().is_some(),
        Shape::Name(_) | Shape::Expression | Shape::String | Shape::Duration | Shape::Date | Shape::Moment => {
            scalar.is_some()
        }
        Shape::Text => !matches!(node.value, NodeValue::List(_)),
        Shape::Map(_) | Shape::Entries(..) => matches!(node.value, NodeValue::Map(_)),
        Shape::NameMap(..) => scalar.is_none(),
        Shape::List(_) => matches!(node.value, NodeValue::List(_)),
        Shape::OneOrMore(of) => matches!(node.value, NodeValue::List(_)) || fits(of, node),
        Shape::OneOf(shapes) => choose(shapes, node).is_some(),
        Shape::Value | Shape::Any => true,
    }
}

/// Words that other YAML readers take for booleans.
pub fn is_other_boolean(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "yes" | "no" | "on" | "off" | "true" | "false")
        && !matches!(text, "true" | "false")
}

/// A list of names as a map of names.
fn names(node: &mut Node) {
    let NodeValue::List(items) = &node.value else { return };
    let entries: Option<Vec<Entry>> = items
        .iter()
        .map(|item| {
            let scalar = item.scalar()?;
            let key = Key { text: Arc::clone(&scalar.text), place: item.place.clone(), style: scalar.style };
            Some(Entry { key, value: Node::empty_map(&item.place) })
        })
        .collect();
    // A name that stands twice is left for the check, which knows how to say it.
    if let Some(entries) = entries.filter(|entries| crate::check::repeated(entries).is_none()) {
        node.value = NodeValue::Map(entries);
    }
}

fn list(node: &mut Node, of: &Shape, locale: &Arc<str>) {
    if let NodeValue::List(items) = &mut node.value {
        for item in items {
            write_out(item, of, locale);
        }
    }
}

/// Puts a node into a map of one key.
fn wrap(node: &mut Node, key: &Arc<str>) {
    let place = node.place.clone();
    let key = Key { text: Arc::clone(key), place: place.clone(), style: Style::Plain };
    let value = std::mem::replace(node, Node::empty_map(&place));
    node.value = NodeValue::Map(vec![Entry { key, value }]);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;
    use crate::{shape, yaml};

    fn written_out(kind: &str, text: &str) -> String {
        let mut node = yaml::parse(&Arc::from("f.yaml"), text).documents.remove(0).node;
        map(&mut node, shape::kind(kind).unwrap().keys, &Arc::from("en"));
        crate::explain::flow(&node)
    }

    #[test]
    fn short_forms_are_written_out() {
        let cases = [
            ("entity", "label: Deal", "{label: {en: Deal}}"),
            ("entity", "label: {es: Trato}", "{label: {es: Trato}}"),
            ("entity", "fields: {a: text}", "{fields: {a: {type: text}}}"),
            (
                "entity",
                "fields: {a: {type: choice, options: [x, y]}}",
                "{fields: {a: {type: choice, options: {x: {}, y: {}}}}}",
            ),
            (
                "entity",
                "fields: {a: {type: choice, options: {x: One}}}",
                "{fields: {a: {type: choice, options: {x: {label: {en: One}}}}}}",
            ),
            (
                "entity",
                "fields: {a: {type: choice, options: countries}}",
                "{fields: {a: {type: choice, options: countries}}}",
            ),
            ("entity", "fields: {a: {type: ref, to: b}}", "{fields: {a: {type: ref, to: [b]}}}"),
            ("entity", "like: owned", "{like: [owned]}"),
            ("entity", "index: {by_stage: [stage, close_date]}", "{index: {by_stage: {fields: [stage, close_date]}}}"),
            ("entity", "rules: {r: {on: save, reject: No}}", "{rules: {r: {on: [save], reject: {message: {en: No}}}}}"),
            ("pipeline", "transitions: {a: [b, c]}", "{transitions: {a: {b: {}, c: {}}}}"),
            ("pipeline", "stages: [a, b]", "{stages: {a: {}, b: {}}}"),
            ("view", "columns: [name, account.city]", "{columns: {name: {}, account.city: {}}}"),
            ("form", "layout: {a: [x, y]}", "{layout: {a: {fields: {x: {}, y: {}}}}}"),
            ("workspace", "packs: {base: stock, c: {path: ../c}}", "{packs: {base: {from: stock}, c: {path: ../c}}}"),
            (
                "workflow",
                "steps: {a: {wait: 3 days}, b: {stop: true}, c: {stop: Done}}",
                "{steps: {a: {wait: {after: 3 days}}, b: {stop: true}, c: {stop: {en: Done}}}}",
            ),
        ];
        for (kind, given, wanted) in cases {
            assert_eq!(written_out(kind, given), wanted, "{given}");
        }
    }
}
