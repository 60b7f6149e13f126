//! The catalog: every document of a workspace and its packs, in long form, with overlays merged.
//!
//! What must hold: no document is an overlay or holds translations; the fields and rules of mixins stand in the
//! entities that are like them; every text is a map of locales; every list of names is a map; kinds and names are
//! unique; a leaf has the place of whoever wrote it last. It does not know whether a name inside a document refers to
//! anything. A document that could not be read whole is there under its name, marked as broken, so that nothing else
//! is told that the name is unknown.

use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::place::Place;

use crate::group::Group;
use crate::node::Node;
use crate::overlay::{self, Removed};
use crate::prefix;
use crate::read;
use crate::source::{Origin, Sources};
use crate::{mixin, translation};

/// The documents of a workspace.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// In order: packs as they are loaded, then the workspace's own; by path within each.
    pub documents: Vec<Document>,
    by_name: Names,
    renames: Vec<Renames>,
    pub(crate) removed: Vec<Removed>,
    /// The layers that change documents of others.
    overlaying: Vec<usize>,
    /// True when a whole document or overlay could not be read, of which not even the name is known.
    pub(crate) lost: bool,
}

/// Documents by kind and name.
type Names = HashMap<&'static str, HashMap<Arc<str>, usize>>;

/// What names have become by a prefix, by kind and the name their author wrote.
pub type Renames = HashMap<(&'static str, Arc<str>), Arc<str>>;

/// One definition.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it is: one of [`crate::shape::kinds`].
    pub kind: &'static str,
    /// Its name, with the prefix of its pack.
    pub name: Arc<str>,
    /// Its name as its author wrote it, which people read where it has no label.
    pub written: Arc<str>,
    /// Where its name stands.
    pub name_place: Place,
    /// Its keys without the first.
    pub node: Node,
    /// The layer that declares it: an index into [`Sources::layers`].
    pub layer: usize,
    /// True when it could not be read whole: what it lacks may well be written.
    pub broken: bool,
    /// Its fields of several parts; known only of a catalog that was written out for a model.
    pub groups: Vec<Group>,
}

impl Catalog {
    /// The document of that kind and name.
    pub fn find(&self, kind: &str, name: &str) -> Option<&Document> {
        self.documents.get(*self.by_name.get(kind)?.get(name)?)
    }

    /// All documents of a kind, in order.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Document> {
        self.documents.iter().filter(move |document| document.kind == kind)
    }

    /// What the names that a layer declares have become by its prefix. Names in keys are changed already; those inside
    /// expressions and scripts are for whoever compiles them.
    pub fn renames(&self, layer: usize) -> Option<&Renames> {
        self.renames.get(layer)
    }

    /// Whether what a layer says may not fit any more, because a later one changes documents of others. Whoever wrote it
    /// did not know, and who changes them cannot edit it.
    pub fn is_overlaid(&self, layer: usize, sources: &Sources) -> bool {
        let is_own = sources.layers().get(layer).is_none_or(|layer| layer.origin == Origin::Workspace);
        !is_own && self.overlaying.iter().any(|other| *other > layer)
    }

    /// Where an overlay removed an entry of a document, such as `["fields", "competitor"]`.
    pub fn removed(&self, kind: &str, name: &str, path: &[&str]) -> Option<&Place> {
        let found = self.removed.iter().find(|removed| {
            removed.kind == kind
                && &*removed.name == name
                && removed.path.iter().map(|key| &**key).eq(path.iter().copied())
        });
        found.map(|removed| &removed.place)
    }
}

/// Reads all definition files into a catalog.
pub(crate) fn build(sources: &Sources) -> (Catalog, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut read = read::read(sources, &mut found);
    let renames = prefix::apply(sources, &mut read);
    read.unique(&mut found);
    let overlaying = read.overlays.iter().map(|overlay| overlay.layer).collect();
    let mut catalog = Catalog {
        documents: read.documents,
        by_name: Names::new(),
        renames,
        removed: Vec::new(),
        overlaying,
        lost: read.lost,
    };
    for (index, document) in catalog.documents.iter().enumerate() {
        catalog.by_name.entry(document.kind).or_default().insert(Arc::clone(&document.name), index);
    }
    // Overlays of mixins come first, for entities take over what mixins have become.
    let (of_mixins, others) = read.overlays.into_iter().partition(|overlay: &overlay::Overlay| overlay.kind == "mixin");
    catalog.overlay(of_mixins, sources, &mut found);
    mixin::merge(&mut catalog, &others, sources, &mut found);
    catalog.overlay(others, sources, &mut found);
    overlay::drop_followers(&mut catalog, &mut found);
    translation::apply(&mut catalog, &mut found);
    in_order(sources, &mut found);
    (catalog, found)
}

/// Findings in the order of files and lines, as a person reads them.
fn in_order(sources: &Sources, found: &mut [Diagnostic]) {
    let order: HashMap<&str, usize> =
        sources.files().iter().enumerate().map(|(index, file)| (&*file.path, index)).collect();
    found.sort_by_key(|diagnostic| {
        diagnostic.place.as_ref().map(|place| (order.get(&*place.file).copied(), place.start))
    });
}

impl Catalog {
    fn overlay(&mut self, overlays: Vec<overlay::Overlay>, sources: &Sources, found: &mut Vec<Diagnostic>) {
        let removed = overlay::apply(self, overlays, sources, found);
        self.removed.extend(removed);
    }

    /// The document of that kind and name, to change it.
    pub(crate) fn find_mut(&mut self, kind: &str, name: &str) -> Option<&mut Document> {
        self.documents.get_mut(*self.by_name.get(kind)?.get(name)?)
    }

    /// Adds a document that another one asks for.
    pub(crate) fn add(&mut self, document: Document, found: &mut Vec<Diagnostic>) {
        let names = self.by_name.entry(document.kind).or_default();
        if let Some(other) = names.get(&document.name).and_then(|at| self.documents.get(*at)) {
            let message =
                format!("the rows of this field are records of `{}`, and there is one already", document.name);
            found.push(
                Diagnostic::error(code::DUPLICATE_NAME, &document.name_place, message)
                    .label(&other.name_place, "this one")
                    .help("give the field another name"),
            );
            return;
        }
        names.insert(Arc::clone(&document.name), self.documents.len());
        self.documents.push(document);
    }

    /// The names of a kind.
    pub(crate) fn names(&self, kind: &str) -> impl Iterator<Item = &str> {
        self.by_name.get(kind).into_iter().flat_map(|names| names.keys().map(|name| &**name))
    }
}
