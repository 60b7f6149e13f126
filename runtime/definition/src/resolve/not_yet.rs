//! What belongs to the language but not to this release: keys and types that nothing would act on are refused, each
//! with what is missing, so that a definition never does silently nothing.
//!
//! The tables of [`crate::shape`] mark kinds and some keys as not yet; the rest, which the model has no place for, are
//! listed here. In documents of kinds that do not run yet, names are checked all the same.

use std::collections::BTreeSet;

use fichero_model::EntityId;
use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::model::Model;
use fichero_model::place::Place;

use super::declare::Declared;
use super::findings::Findings;
use super::scenario;
use super::value::unknown_field;
use crate::catalog::{Catalog, Document};
use crate::node::{Entry, Node};
use crate::shape::{self, Keys, NameOf, Shape, Status};

/// What the runtime at hand can do beyond the language's core. A part of the runtime that learns something says so,
/// and definitions that need it are accepted.
#[derive(Clone, Debug, Default)]
pub struct Capabilities {
    also: BTreeSet<&'static str>,
}

impl Capabilities {
    /// What this release can do.
    pub fn of_this_release() -> Self {
        Self::default()
    }

    /// Adds a key that the runtime acts on, by its path (`entity.tree`, `pipeline.was`), or a type it stores.
    #[must_use]
    pub fn with(mut self, what: &'static str) -> Self {
        self.also.insert(what);
        self
    }

    /// Whether a key or type was added.
    pub fn has(&self, what: &str) -> bool {
        self.also.contains(what)
    }
}

/// Types that values of several parts need.
const TYPES: [(&str, &str); 2] = [("calendar", "calendars are not kept yet"), ("properties", "write fields for now")];

/// Keys that nothing acts on, by their path without the names between, and what is missing. Those with `true` do no
/// harm, and are warned of.
const KEYS: [(&str, &str, bool); 5] = [
    ("workspace.locales", "the choice of a language", false),
    ("entity.document", "documents that are submitted and amended", false),
    ("fields.after_submit", "documents that are submitted and amended", false),
    ("pipeline.was", "renamed pipelines; rename the field with `was` in its entity", false),
    ("view.columns.width", "columns of a given width", false),
];

/// The same for entries of menus, which nest.
const MENU: [(&str, &str); 1] = [("visible_if", "entries with a condition")];

/// A type that no release stores yet.
pub(super) fn unstored_type(name: &str, place: &Place) -> Option<Diagnostic> {
    let (_, instead) = TYPES.into_iter().find(|(known, _)| *known == name)?;
    Some(
        Diagnostic::error(code::NOT_YET_TYPE, place, format!("the type `{name}` is not stored by this release yet"))
            .help(instead),
    )
}

/// Something a key says that nothing acts on; `what` is what is missing.
pub(super) fn key(key: &str, what: &str, place: &Place) -> Diagnostic {
    Diagnostic::error(code::NOT_YET_KEY, place, format!("`{key}` needs {what}, which this release does not have yet"))
        .help("leave it out for now; nothing would happen by it")
}

/// Tells of every key that nothing acts on.
pub(super) fn check_keys(catalog: &Catalog, capabilities: &Capabilities, findings: &mut Findings<'_>) {
    for document in &catalog.documents {
        let Some(shape) = shape::kind(document.kind).filter(|shape| shape.status == Status::Now) else { continue };
        // What a mixin says stands in the entities that are like it.
        if matches!(document.kind, "mixin" | "test" | "translations" | "data") {
            continue;
        }
        let mut walk = Walk {
            visit: &mut |path: &[&str], entry: &Entry| tell(path, entry, capabilities, findings),
            path: vec![shape.kind],
        };
        walk.map(&document.node, shape.keys);
    }
}

fn tell(path: &[&str], entry: &Entry, capabilities: &Capabilities, findings: &mut Findings<'_>) {
    let whole = path.join(".");
    if capabilities.has(&whole) {
        return;
    }
    match missing(path) {
        Some((what, false)) => findings.push(key(&entry.key.text, what, &entry.key.place)),
        Some((what, true)) => findings.push(
            Diagnostic::warning(
                code::NOT_YET_KEY,
                &entry.key.place,
                format!("`{}` does nothing yet: this release does not have {what}", entry.key.text),
            )
            .help("leave it: it takes effect with a release that has"),
        ),
        None => {}
    }
}

/// What is missing for a key, by its path from the kind on; and whether that is only warned of.
pub(crate) fn missing(path: &[&str]) -> Option<(&'static str, bool)> {
    if let ["menu", "entries", .., key] = path
        && let Some((_, what)) = MENU.into_iter().find(|(known, _)| known == key)
    {
        return Some((what, false));
    }
    if let ["test", "steps", key] = path
        && let Some(what) = scenario::later(key)
    {
        return Some((what, false));
    }
    let found = KEYS.into_iter().find(|(known, ..)| leads_to(known, path));
    found.map(|(_, what, harmless)| (what, harmless))
}

/// Whether a path of the list is this one; a list's path that begins with `fields` is meant behind any kind.
fn leads_to(known: &str, path: &[&str]) -> bool {
    let path = if known.starts_with("fields.") { path.get(1..).unwrap_or_default() } else { path };
    // From the end, where most paths differ.
    known.rsplit('.').eq(path.iter().rev().copied())
}

/// Walks the keys of a document along the tables of its shape.
struct Walk<'w> {
    visit: &'w mut dyn FnMut(&[&str], &Entry),
    path: Vec<&'static str>,
}

impl Walk<'_> {
    fn map(&mut self, node: &Node, keys: &'static Keys) {
        for entry in node.entries() {
            let Some(key) = keys.find(&entry.key.text) else { continue };
            self.path.push(key.name);
            (self.visit)(&self.path, entry);
            self.shape(&entry.value, &key.shape);
            self.path.pop();
        }
    }

    fn shape(&mut self, node: &Node, shape: &'static Shape) {
        match shape {
            Shape::Map(keys) => self.map(node, keys),
            Shape::NameMap(_, keys) => node.entries().iter().for_each(|entry| self.map(&entry.value, keys)),
            Shape::Entries(_, of) => node.entries().iter().for_each(|entry| self.shape(&entry.value, of)),
            Shape::List(of) | Shape::OneOrMore(of) => node.items().iter().for_each(|item| self.shape(item, of)),
            Shape::OneOf(shapes) => {
                if let Some(shape) = crate::short::choose(shapes, node) {
                    self.shape(node, shape);
                }
            }
            _ => {}
        }
    }
}

/// Checks the names in documents of kinds that do not run yet.
pub(super) fn check_names(catalog: &Catalog, declared: &Declared<'_>, model: &Model, findings: &mut Findings<'_>) {
    for document in catalog.documents.iter().filter(|document| !document.broken) {
        let Some(shape) = shape::kind(document.kind).filter(|shape| shape.status == Status::NotYet) else { continue };
        let own = document.node.get("entity").and_then(Node::as_text).unwrap_or(&document.name);
        let mut names = Names { catalog, declared, model, document, entity: declared.find(own), findings };
        names.map(&document.node, shape.keys);
    }
}

struct Names<'n, 'c, 'f> {
    catalog: &'n Catalog,
    declared: &'n Declared<'c>,
    model: &'n Model,
    document: &'n Document,
    /// The entity at hand, whose fields are named.
    entity: Option<EntityId>,
    findings: &'n mut Findings<'f>,
}

impl Names<'_, '_, '_> {
    fn map(&mut self, node: &Node, keys: &'static Keys) {
        for entry in node.entries() {
            let Some(key) = keys.find(&entry.key.text) else { continue };
            // The steps of an inline workflow name fields of records that only the steps before them know.
            let steps = matches!(key.name, "steps" | "do" | "ask" | "params" | "fields")
                && matches!(
                    self.document.kind,
                    "workflow" | "message" | "report" | "dashboard" | "deadline" | "webhook" | "inbox"
                );
            let outer = self.entity;
            if steps {
                self.entity = None;
            }
            self.shape(&entry.value, &key.shape);
            self.entity = outer;
        }
    }

    fn shape(&mut self, node: &Node, shape: &'static Shape) {
        match shape {
            Shape::Name(of) => {
                if let Some(name) = node.as_text() {
                    self.name(name, &node.place, *of);
                }
            }
            Shape::Map(keys) => self.map(node, keys),
            Shape::NameMap(of, keys) => {
                for entry in node.entries() {
                    self.name(&entry.key.text, &entry.key.place, *of);
                    let outer = self.entity;
                    if matches!(of, NameOf::Kind(_)) {
                        self.entity = self.declared.find(&entry.key.text);
                    }
                    self.map(&entry.value, keys);
                    self.entity = outer;
                }
            }
            Shape::Entries(of, inner) => {
                for entry in node.entries() {
                    self.name(&entry.key.text, &entry.key.place, *of);
                    self.shape(&entry.value, inner);
                }
            }
            Shape::List(of) | Shape::OneOrMore(of) => node.items().iter().for_each(|item| self.shape(item, of)),
            Shape::OneOf(shapes) => {
                if let Some(shape) = crate::short::choose(shapes, node) {
                    self.shape(node, shape);
                }
            }
            _ => {}
        }
    }

    fn name(&mut self, name: &str, place: &Place, of: NameOf) {
        if name.starts_with('=') {
            return;
        }
        match of {
            NameOf::Kind(kinds) => self.of_kind(name, place, kinds),
            NameOf::Part(kinds) => {
                let (whole, part) = name.split_once('.').unwrap_or((name, ""));
                self.of_kind(whole, place, kinds);
                if kinds.contains(&"entity")
                    && let Some(entity) = self.declared.find(whole)
                {
                    self.field(entity, part, place);
                }
                if kinds.contains(&"pipeline")
                    && let Some(pipeline) = self.model.pipelines.iter().find(|pipeline| &*pipeline.name == whole)
                    && pipeline.stage(part).is_none()
                {
                    let message = format!("the pipeline `{whole}` has no stage `{part}`");
                    self.findings.unknown(
                        code::UNKNOWN_STAGE,
                        place,
                        message,
                        part,
                        pipeline.stages.iter().map(|stage| &*stage.name),
                    );
                }
            }
            NameOf::Field | NameOf::Path | NameOf::Sort => {
                let first = name.trim_start_matches('-').split('.').next().unwrap_or(name);
                if let Some(entity) = self.entity {
                    self.field(entity, first, place);
                }
            }
            _ => {}
        }
    }

    fn field(&mut self, entity: EntityId, name: &str, place: &Place) {
        if self.model[entity].field(name).is_none() {
            unknown_field(&self.model[entity], name, place, self.findings);
        }
    }

    fn of_kind(&mut self, name: &str, place: &Place, kinds: &[&str]) {
        if kinds.iter().any(|kind| self.catalog.find(kind, name).is_some()) {
            return;
        }
        let known = self
            .catalog
            .documents
            .iter()
            .filter(|document| kinds.contains(&document.kind))
            .map(|document| &*document.name);
        let message = format!("there is no {} `{name}`", kinds.join(" or "));
        self.findings.unknown(code::UNKNOWN_REFERENCE, place, message, name, known);
    }
}
