//! What could not be read, so that a name which nothing bears may well be borne there.

use std::sync::Arc;

use fichero_model::code::{self, Code};
use fichero_model::diagnostic::Diagnostic;

use super::declare;
use crate::catalog::Catalog;
use crate::node::Node;
use crate::source::Sources;

/// What could not be read, so that a name which nothing bears may well be borne there.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    /// Whole documents, of which not even the name is known.
    pub documents: bool,
    /// Parts of these entities, such as some of their fields.
    pub entities: Vec<Arc<str>>,
    /// Some options or stages.
    pub options: bool,
}

impl Gaps {
    /// What the files leave unknown; `found` is what was wrong with them.
    pub fn of(sources: &Sources, catalog: &Catalog, found: &[Diagnostic]) -> Self {
        // A slip in a file of which no document is marked: a document or an overlay was lost altogether.
        let lost = |diagnostic: &Diagnostic| {
            let place = diagnostic.place.as_ref().filter(|_| diagnostic.is_error() && is_of_reading(diagnostic.code));
            place.is_some_and(|place| {
                !catalog.documents.iter().any(|document| document.broken && document.name_place.file == place.file)
            })
        };
        let mut gaps = Gaps { documents: !sources.is_complete() || found.iter().any(lost), ..Gaps::default() };
        for document in catalog.documents.iter().filter(|document| document.broken) {
            match document.kind {
                "entity" => gaps.entities.push(Arc::clone(&document.name)),
                "settings" => gaps.entities.push(declare::settings_entity(&document.name)),
                "mixin" => {
                    let like = catalog
                        .of_kind("entity")
                        .filter(|entity| declare::mixins(catalog, &entity.node).contains(&document.name));
                    gaps.entities.extend(like.map(|entity| Arc::clone(&entity.name)));
                }
                "pipeline" => {
                    // The name of the field it makes may be lost with the rest.
                    gaps.entities.extend(document.node.get("entity").and_then(Node::as_text).cloned());
                    gaps.options = true;
                }
                "options" => gaps.options = true,
                _ => {}
            }
        }
        gaps
    }
}

/// Slips in the text of a file, by which more may be lost than is told.
pub(super) fn is_of_reading(code: Code) -> bool {
    code.name().starts_with("F00") || code == code::UNKNOWN_KIND
}
