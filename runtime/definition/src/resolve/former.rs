//! Former names: what is stored under a name moves with a `was`, so no two things may lay claim to one.

use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::place::Place;

use super::declare::{Declared, EntityDeclaration, one_or_more};
use super::findings::Findings;
use crate::catalog::Catalog;
use crate::node::Node;

/// Something that has a name among others of its sort.
pub(super) struct Named<'n> {
    /// What it is called now.
    pub name: &'n Arc<str>,
    /// Where that stands.
    pub place: &'n Place,
    /// What is written of it, where `was` may stand.
    pub node: Option<&'n Node>,
}

/// The former names of something.
pub(super) fn names(node: &Node) -> Vec<Arc<str>> {
    nodes(node).filter_map(|was| was.as_text().cloned()).collect()
}

/// Checks the former names of documents, each among those of its kind, and of the fields of every entity.
pub(super) fn check_all(catalog: &Catalog, declared: &Declared<'_>, findings: &mut Findings<'_>) {
    for kind in crate::shape::kinds() {
        let documents: Vec<Named<'_>> = catalog
            .of_kind(kind.kind)
            .map(|document| Named { name: &document.name, place: &document.name_place, node: Some(&document.node) })
            .collect();
        check(&documents, kind.kind, findings);
    }
    for entity in &declared.entities {
        check_fields(entity, findings);
    }
}

fn check_fields(entity: &EntityDeclaration<'_>, findings: &mut Findings<'_>) {
    let fields: Vec<Named<'_>> = entity
        .fields
        .iter()
        .map(|field| Named { name: &field.name, place: &field.place, node: field.node() })
        .collect();
    check(&fields, "field", findings);
}

/// Checks that no former name is borne by something that lives, and that each is claimed once. `what` one of them is
/// called is for messages.
pub(super) fn check(all: &[Named<'_>], what: &str, findings: &mut Findings<'_>) {
    let a = if what.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    let mut claimed: HashMap<&str, &Place> = HashMap::new();
    for (was, own) in all.iter().flat_map(|named| named.node.into_iter().flat_map(nodes).map(move |was| (was, named))) {
        let Some(name) = was.as_text() else { continue };
        let living = all.iter().find(|other| other.name == name);
        let diagnostic = if name == own.name {
            Diagnostic::error(
                code::FORMER_NAME,
                &was.place,
                format!("`{name}` says that it was called `{name}` before"),
            )
            .help("leave `was` out")
        } else if let Some(other) = living {
            Diagnostic::error(
                code::FORMER_NAME,
                &was.place,
                format!("`{}` was called `{name}` before, but there is {a} {what} `{name}` still", own.name),
            )
            .label(other.place, "this one")
            .help(format!(
                "what is stored as `{name}` can belong to one of them: remove that {what}, or leave `was` out"
            ))
        } else if let Some(first) = claimed.insert(name, &was.place) {
            Diagnostic::error(
                code::FORMER_NAME,
                &was.place,
                format!("{a} {what} that was called `{name}` before is told of already"),
            )
            .label(first, "the other one")
            .help(format!("what is stored as `{name}` can belong to one of them: leave one `was` out"))
        } else {
            continue;
        };
        findings.push(diagnostic);
    }
}

fn nodes(node: &Node) -> impl Iterator<Item = &Node> {
    node.get("was").into_iter().flat_map(one_or_more)
}
