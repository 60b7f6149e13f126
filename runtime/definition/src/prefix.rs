//! Puts a pack's prefix before every name it declares, and before the names by which it refers to them.
//!
//! The tables of [`crate::shape`] say where a name refers to a definition. Names inside expressions and scripts are
//! left: [`crate::catalog::Catalog::renames`] tells whoever compiles them.

use std::collections::HashSet;
use std::sync::Arc;

use crate::catalog::{Document, Renames};
use crate::node::{Node, NodeValue};
use crate::read::Read;
use crate::shape::{self, Keys, NameOf, Naming, Shape};
use crate::short;
use crate::source::Sources;

/// Renames what prefixed layers declare, and gives for each layer what became of its names.
pub(crate) fn apply(sources: &Sources, read: &mut Read) -> Vec<Renames> {
    let mut renames: Vec<Renames> = vec![Renames::new(); sources.layers().len()];
    if sources.layers().iter().all(|layer| layer.prefix.is_empty()) {
        return renames;
    }
    let declared: HashSet<(usize, &'static str, Arc<str>)> =
        read.documents.iter().map(|document| (document.layer, document.kind, Arc::clone(&document.name))).collect();
    for document in &mut read.documents {
        let Some(layer) = sources.layers().get(document.layer).filter(|layer| !layer.prefix.is_empty()) else {
            continue;
        };
        let named = shape::kind(document.kind).is_some_and(|shape| shape.name != Naming::Sentence);
        let declares = |kind, name: &Arc<str>| declared.contains(&(document.layer, kind, Arc::clone(name)));
        if !named || document.kind == "pack" || is_given(document, declares) {
            continue;
        }
        let new: Arc<str> = Arc::from(format!("{}{}", layer.prefix, document.name));
        if let Some(renames) = renames.get_mut(document.layer) {
            renames.insert((document.kind, Arc::clone(&document.name)), Arc::clone(&new));
        }
        document.name = new;
        if let Some(was) = document.node.get_mut("was") {
            former(was, &layer.prefix);
        }
    }
    for document in &mut read.documents {
        match renames.get(document.layer) {
            Some(renames) if document.kind == "translations" => translation(renames, &mut document.node),
            renames => rename_layer(renames, document.kind, &mut document.node),
        }
    }
    for overlay in &mut read.overlays {
        let Some(renames) = renames.get(overlay.layer) else { continue };
        if let Some(new) = renames.get(&(overlay.kind, Arc::clone(&overlay.name))) {
            overlay.name = Arc::clone(new);
        }
        rename_layer(Some(renames), overlay.kind, &mut overlay.node);
    }
    renames
}

/// True for a name that is not the pack's to make: the one menu of the application, and what is named after an entity of
/// another pack.
fn is_given(document: &Document, declares: impl Fn(&'static str, &Arc<str>) -> bool) -> bool {
    let of_other = |kind: &'static str| document.node.get(kind).is_none() && !declares(kind, &document.name);
    match shape::kind(document.kind).map(|shape| shape.name) {
        Some(Naming::SnakeOr(kind)) => of_other(kind),
        _ => document.kind == "menu" && &*document.name == "main",
    }
}

/// What the pack's author called a document before bore the prefix too.
fn former(was: &mut Node, prefix: &str) {
    match &mut was.value {
        NodeValue::Scalar(scalar) => scalar.text = Arc::from(format!("{prefix}{}", scalar.text)),
        NodeValue::List(items) => items.iter_mut().for_each(|item| former(item, prefix)),
        NodeValue::Map(_) => {}
    }
}

fn rename_layer(renames: Option<&Renames>, kind: &str, node: &mut Node) {
    if let (Some(renames), Some(shape)) = (renames.filter(|renames| !renames.is_empty()), shape::kind(kind)) {
        map(renames, node, shape.keys);
    }
}

fn value(renames: &Renames, node: &mut Node, shape: &Shape) {
    match shape {
        Shape::Name(names) => {
            if let NodeValue::Scalar(scalar) = &mut node.value
                && let Some(new) = renamed(renames, *names, &scalar.text)
            {
                scalar.text = new;
            }
        }
        Shape::Map(keys) => map(renames, node, keys),
        Shape::NameMap(names, keys) => {
            for entry in node.entries_mut().into_iter().flatten() {
                if let Some(new) = renamed(renames, *names, &entry.key.text) {
                    entry.key.text = new;
                }
                map(renames, &mut entry.value, keys);
            }
        }
        Shape::Entries(names, of) => {
            for entry in node.entries_mut().into_iter().flatten() {
                if let Some(new) = renamed(renames, *names, &entry.key.text) {
                    entry.key.text = new;
                }
                value(renames, &mut entry.value, of);
            }
        }
        Shape::List(of) | Shape::OneOrMore(of) => {
            if let NodeValue::List(items) = &mut node.value {
                for item in items {
                    value(renames, item, of);
                }
            }
        }
        Shape::OneOf(shapes) => {
            if let Some(shape) = short::choose(shapes, node) {
                value(renames, node, shape);
            }
        }
        Shape::Text
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

fn map(renames: &Renames, node: &mut Node, keys: &Keys) {
    for entry in node.entries_mut().into_iter().flatten() {
        if let Some(shape) = keys.find(&entry.key.text).map(|key| &key.shape).or(keys.extra) {
            value(renames, &mut entry.value, shape);
        }
    }
}

fn renamed(renames: &Renames, names: NameOf, text: &Arc<str>) -> Option<Arc<str>> {
    let find = |kinds: &[&'static str], name: &str| {
        kinds.iter().find_map(|kind| renames.get(&(*kind, Arc::from(name)))).cloned()
    };
    match names {
        NameOf::Kind(kinds) => find(kinds, text),
        NameOf::Type => find(&["type"], text),
        NameOf::Part(kinds) => {
            let (whole, part) = text.split_once('.')?;
            Some(Arc::from(format!("{}.{part}", find(kinds, whole)?)))
        }
        NameOf::New
        | NameOf::Field
        | NameOf::Path
        | NameOf::Sort
        | NameOf::Stage
        | NameOf::Locale
        | NameOf::Zone
        | NameOf::Country
        | NameOf::Currency
        | NameOf::Secret
        | NameOf::File
        | NameOf::Function
        | NameOf::Other => None,
    }
}

/// Translations name definitions by their keys: kind, then name.
fn translation(renames: &Renames, node: &mut Node) {
    let Some(texts) = node.get_mut("texts") else { return };
    for kind_entry in texts.entries_mut().into_iter().flatten() {
        let Some(shape) = shape::kind(&kind_entry.key.text) else { continue };
        for entry in kind_entry.value.entries_mut().into_iter().flatten() {
            if let Some(new) = renames.get(&(shape.kind, Arc::clone(&entry.key.text))) {
                entry.key.text = Arc::clone(new);
            }
        }
    }
}
