//! What goes with a field that an overlay removed.
//!
//! Whoever removes a field of a pack cannot edit the pack's other files. So what has no meaning without the field goes
//! by itself, each with a note: the values that data gives it, its place in the order of views, the `children` that were
//! found by it, and the rollups over those. Behaviour that names the field stays, and is told where it is compiled.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::place::Place;

use super::Removed;
use crate::catalog::{Catalog, Document};
use crate::node::{Entry, Node, NodeValue};

/// A field that is gone.
#[derive(Clone)]
struct Gone {
    entity: Arc<str>,
    field: Arc<str>,
    /// Where an overlay took it, or what it followed, away.
    place: Place,
    /// It was not named by an overlay, but followed one that was.
    followed: bool,
}

/// Takes away what has no meaning without the fields that overlays removed.
pub(crate) fn drop_followers(catalog: &mut Catalog, found: &mut Vec<Diagnostic>) {
    let removed = catalog.removed.iter().filter_map(|removed| match &removed.path[..] {
        [fields, field] if removed.kind == "entity" && &**fields == "fields" => Some(Gone {
            entity: Arc::clone(&removed.name),
            field: Arc::clone(field),
            place: removed.place.clone(),
            followed: false,
        }),
        _ => None,
    });
    let mut gone: Vec<Gone> = removed.collect();
    // A later overlay may have declared the field anew.
    gone.retain(|gone| {
        let fields = catalog.find("entity", &gone.entity).and_then(|document| document.node.get("fields"));
        fields.is_some_and(|fields| fields.get(&gone.field).is_none())
    });
    let mut next = 0;
    while let Some(cause) = gone.get(next).cloned() {
        next += 1;
        for document in &mut catalog.documents {
            match document.kind {
                "entity" => gone.extend(drop_fields(document, &cause, found)),
                "data" => drop_values(document, &cause, found),
                "view" => drop_sort(document, &cause, found),
                _ => {}
            }
        }
    }
    catalog.removed.extend(gone.into_iter().filter(|gone| gone.followed).map(|gone| Removed {
        kind: "entity",
        name: gone.entity,
        path: vec!["fields".into(), gone.field],
        place: gone.place,
    }));
}

/// Takes the fields of an entity that follow `cause`.
fn drop_fields(document: &mut Document, cause: &Gone, found: &mut Vec<Diagnostic>) -> Vec<Gone> {
    let entity = Arc::clone(&document.name);
    let Some(fields) = document.node.get_mut("fields").and_then(Node::entries_mut) else { return Vec::new() };
    let follows = |field: &Entry| {
        let text = |key: &str| field.value.get(key).and_then(Node::as_text).map(|text| &**text);
        let rows = matches!(text("type"), Some("children" | "lines"))
            && text("of") == Some(&cause.entity)
            && text("by") == Some(&cause.field);
        let over = cause.followed && entity == cause.entity && text("rollup").and_then(rows_of) == Some(&cause.field);
        rows || over
    };
    let taken: Vec<Entry> = fields.extract_if(.., |field| follows(field)).collect();
    let gone = taken.into_iter().map(|field| {
        let message = format!(
            "`{}` of `{entity}` needs `{}` of `{}`, which was removed; it is left out too",
            field.key.text, cause.field, cause.entity
        );
        found.push(note(message, &field.key.place, &cause.place));
        Gone { entity: Arc::clone(&entity), field: field.key.text, place: cause.place.clone(), followed: true }
    });
    gone.collect()
}

/// Takes the values that rows of data give the field.
fn drop_values(document: &mut Document, cause: &Gone, found: &mut Vec<Diagnostic>) {
    if document.node.get("entity").and_then(Node::as_text) != Some(&cause.entity) {
        return;
    }
    let name = Arc::clone(&document.name);
    let mut taken = Vec::new();
    for row in document.node.get_mut("rows").and_then(Node::entries_mut).into_iter().flatten() {
        if let Some(values) = row.value.entries_mut() {
            taken.extend(values.extract_if(.., |value| value.key.text == cause.field));
        }
    }
    if let Some(first) = taken.first() {
        let message = format!("the data `{name}` gives `{}`, which was removed; it is left out", cause.field);
        found.push(note(message, &first.key.place, &cause.place));
    }
}

/// Takes the field out of what a view is sorted by.
fn drop_sort(document: &mut Document, cause: &Gone, found: &mut Vec<Diagnostic>) {
    if document.node.get("entity").and_then(Node::as_text) != Some(&cause.entity) {
        return;
    }
    let name = Arc::clone(&document.name);
    let Some(NodeValue::List(keys)) = document.node.get_mut("sort").map(|sort| &mut sort.value) else { return };
    let is_gone = |key: &Node| key.as_text().is_some_and(|key| key.trim_start_matches('-') == &*cause.field);
    for key in keys.extract_if(.., |key| is_gone(key)) {
        let message = format!("the view `{name}` is sorted by `{}`, which was removed; it is left out", cause.field);
        found.push(note(message, &key.place, &cause.place));
    }
}

/// The rows that a rollup such as `sum(lines.amount)` is kept over.
fn rows_of(rollup: &str) -> Option<&str> {
    let (_, inner) = rollup.split_once('(')?;
    inner.split(['.', ')']).next().map(str::trim)
}

fn note(message: String, place: &Place, removed: &Place) -> Diagnostic {
    Diagnostic::warning(code::REMOVED_IN_USE, place, message)
        .label(removed, "removed here")
        .help("nothing needs to be done")
}
