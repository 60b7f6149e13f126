//! Mixins: what several entities share stands in each of them, before its own.
//!
//! An entity's own entry of the same name wins: one that declares (a field with a `type`) stands in its place, one that
//! does not changes it key by key. Places are those of whoever wrote what is there.

use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::name;
use fichero_model::place::Place;

use crate::catalog::{Catalog, Document};
use crate::node::{Entry, Node, NodeValue};
use crate::overlay::Overlay;
use crate::shape::field::FIELD;
use crate::source::Sources;

/// What a mixin shares.
const SHARED: &[&str] = &["fields", "unique", "index", "duplicates", "rules"];

/// Gives every entity what the mixins have that it is like. Which those are, an overlay may have the last word on.
pub(crate) fn merge(catalog: &mut Catalog, overlays: &[Overlay], sources: &Sources, found: &mut Vec<Diagnostic>) {
    let last_word: HashMap<Arc<str>, Node> = overlays
        .iter()
        .filter(|overlay| overlay.kind == "entity")
        .filter_map(|overlay| Some((Arc::clone(&overlay.name), overlay.node.get("like")?.clone())))
        .collect();
    let mut mixins =
        Mixins { catalog, complete: sources.is_complete(), whole: HashMap::new(), open: Vec::new(), found };
    let entities: Vec<usize> = mixins
        .catalog
        .documents
        .iter()
        .enumerate()
        .filter(|(_, document)| document.kind == "entity")
        .map(|(index, _)| index)
        .collect();
    // Also those that no entity is like: their slips would wait for the first that is.
    for document in mixins.catalog.of_kind("mixin") {
        mixins.whole(&document.name, &document.name_place);
    }
    let mut merged = Vec::new();
    for index in entities {
        let Some(document) = mixins.catalog.documents.get(index) else { continue };
        let like = last_word.get(&document.name).or_else(|| document.node.get("like")).cloned();
        if let Some(like) = like {
            let shared = mixins.all(&like, &document.node);
            merged.push((index, shared));
        }
    }
    for (index, shared) in merged {
        if let Some(document) = catalog.documents.get_mut(index) {
            give(document, shared);
        }
    }
}

struct Mixins<'a> {
    catalog: &'a Catalog,
    complete: bool,
    /// Mixins with what they take over themselves.
    whole: HashMap<Arc<str>, Arc<Node>>,
    /// Mixins that are being made whole, to find circles.
    open: Vec<Arc<str>>,
    found: &'a mut Vec<Diagnostic>,
}

impl Mixins<'_> {
    /// All that the named mixins share, one after the other.
    fn all(&mut self, like: &Node, own: &Node) -> Node {
        let mut shared = Node::empty_map(&like.place);
        for item in like.items() {
            let Some(name) = item.as_text() else { continue };
            if let Some(mixin) = self.whole(name, &item.place) {
                self.twice(&shared, &mixin, own, &item.place);
                lay_over(&mut shared, &mixin);
            }
        }
        shared
    }

    fn whole(&mut self, name: &Arc<str>, place: &Place) -> Option<Arc<Node>> {
        if let Some(whole) = self.whole.get(name) {
            return Some(Arc::clone(whole));
        }
        let catalog = self.catalog;
        let Some(document) = catalog.find("mixin", name) else {
            self.unknown(name, place);
            return None;
        };
        if let Some(from) = self.open.iter().position(|open| open == name) {
            let circle: Vec<&str> = self.open.iter().skip(from).chain([name]).map(|name| &**name).collect();
            let diagnostic = Diagnostic::error(
                code::CYCLE,
                place,
                format!("mixins are like each other in a circle: {}", circle.join(" → ")),
            )
            .help("break it at one place");
            self.found.push(diagnostic);
            return None;
        }
        self.open.push(Arc::clone(name));
        let mut whole = match document.node.get("like") {
            Some(like) => self.all(like, &document.node),
            None => Node::empty_map(&document.node.place),
        };
        self.open.pop();
        lay_over(&mut whole, &document.node);
        let whole = Arc::new(whole);
        self.whole.insert(Arc::clone(name), Arc::clone(&whole));
        Some(whole)
    }

    fn unknown(&mut self, name: &Arc<str>, place: &Place) {
        if !self.complete {
            return;
        }
        let diagnostic = if self.catalog.find("entity", name).is_some() {
            Diagnostic::error(code::WRONG_TARGET, place, format!("`{name}` is an entity, not a mixin"))
                .help("move what both share into a `mixin`")
        } else {
            let diagnostic = Diagnostic::error(code::UNKNOWN_REFERENCE, place, format!("there is no mixin `{name}`"));
            match name::did_you_mean(name, self.catalog.names("mixin")) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic
                    .help(format!("declare it with `mixin: {name}`, or list the pack that does in the workspace")),
            }
        };
        self.found.push(diagnostic);
    }

    /// Tells when two mixins bring different things of one name, and the entity does not say which.
    fn twice(&mut self, shared: &Node, mixin: &Node, own: &Node, place: &Place) {
        for key in SHARED {
            let (Some(before), Some(now)) = (shared.get(key), mixin.get(key)) else { continue };
            for entry in now.entries() {
                let Some(first) = before.entry(&entry.key.text) else { continue };
                if first.value.same(&entry.value) || own.at([*key, &*entry.key.text]).is_some() {
                    continue;
                }
                let diagnostic = Diagnostic::error(
                    code::DUPLICATE_NAME,
                    place,
                    format!("two mixins bring different `{key}.{}`", entry.key.text),
                )
                .label(&first.key.place, "the first one")
                .label(&entry.key.place, "the second one")
                .help(format!(
                    "declare `{}` in the entity itself, which wins, or leave out one of the mixins",
                    entry.key.text
                ));
                self.found.push(diagnostic);
            }
        }
    }
}

/// Puts what is shared before a document's own.
fn give(document: &mut Document, mut shared: Node) {
    lay_over(&mut shared, &document.node);
    let Some(entries) = document.node.entries_mut() else { return };
    for new in shared.entries_mut().map(std::mem::take).unwrap_or_default() {
        match entries.iter_mut().find(|entry| entry.key.text == new.key.text) {
            Some(entry) => entry.value = new.value,
            None => entries.push(new),
        }
    }
}

/// Lays what is shared of a document over what was shared before it.
fn lay_over(shared: &mut Node, own: &Node) {
    for entry in own.entries().iter().filter(|entry| SHARED.contains(&&*entry.key.text)) {
        match shared.get_mut(&entry.key.text) {
            Some(there) => lay_entries_over(there, entry.value.entries(), &*entry.key.text == "fields"),
            None => {
                if let Some(entries) = shared.entries_mut() {
                    entries.push(entry.clone());
                }
            }
        }
    }
}

fn lay_entries_over(there: &mut Node, own: &[Entry], fields: bool) {
    let Some(entries) = there.entries_mut() else { return };
    for entry in own {
        let declares = fields && FIELD.defining.iter().any(|key| entry.value.get(key).is_some());
        match entries.iter_mut().find(|known| known.key.text == entry.key.text) {
            Some(known) if declares => *known = entry.clone(),
            Some(known) => overlay_node(&mut known.value, &entry.value),
            None => entries.push(entry.clone()),
        }
    }
}

/// Lays one node over another: maps key by key, values and lists whole.
pub(crate) fn overlay_node(base: &mut Node, over: &Node) {
    let (NodeValue::Map(entries), NodeValue::Map(more)) = (&mut base.value, &over.value) else {
        base.clone_from(over);
        return;
    };
    for entry in more {
        match entries.iter_mut().find(|known| known.key.text == entry.key.text) {
            Some(known) => overlay_node(&mut known.value, &entry.value),
            None => entries.push(entry.clone()),
        }
    }
}
