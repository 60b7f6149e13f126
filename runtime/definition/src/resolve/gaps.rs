//! What could not be read, so that a name which nothing bears may well be borne there.

use std::ops::Range;
use std::sync::Arc;

use fichero_model::code::{self, Code};
use fichero_model::place::Place;

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
    /// Where documents stand that could not be read whole: in a file, from a byte to another.
    broken: Vec<(Arc<str>, Range<u32>)>,
}

impl Gaps {
    /// What the files leave unknown.
    pub fn of(sources: &Sources, catalog: &Catalog) -> Self {
        let mut gaps = Gaps { documents: !sources.is_complete() || catalog.lost, ..Gaps::default() };
        for document in catalog.documents.iter().filter(|document| document.broken) {
            let file = &document.name_place.file;
            let behind = catalog.documents.iter().filter(|other| other.name_place.file == *file);
            let behind = behind.map(|other| other.node.place.start).filter(|start| *start > document.node.place.start);
            gaps.broken.push((Arc::clone(file), document.node.place.start..behind.min().unwrap_or(u32::MAX)));
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

    /// True when a place is in a document of which a part could not be read.
    pub fn is_beside(&self, place: &Place) -> bool {
        self.broken.iter().any(|(file, range)| *file == place.file && range.contains(&place.start))
    }
}

/// Slips in the text of a file, by which more may be lost than is told.
pub(super) fn is_of_reading(code: Code) -> bool {
    code.name().starts_with("F00") || code == code::UNKNOWN_KIND
}
