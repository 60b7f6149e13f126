//! Overlays: documents that change others, merged in the order of packs, the workspace's last.
//!
//! One rule: maps merge key by key, values and lists replace, and what wins keeps its own place. `replace`, `remove`
//! and `place` come, in this order, around it: what is replaced is dropped first, what is removed goes before anything
//! is added, and order is settled last. A field or step with its defining key declares, without it changes; whatever
//! does not fit what is there is told with both places. Two packs that set one key differently must know each other,
//! or the workspace must settle it.

mod conflict;
mod followers;
mod path;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::name;
use fichero_model::place::Place;

use crate::catalog::{Catalog, Document};
use crate::check::{self, Extent};
use crate::node::{Entry, Node, NodeValue};
use crate::shape::common::OVERLAY;
use crate::shape::{Keys, KindShape, NameOf, Shape};
use crate::short;
use crate::source::Sources;
use conflict::{Conflict, Setter};
pub(crate) use followers::drop_followers;

/// An overlay, as it was written.
#[derive(Clone, Debug)]
pub(crate) struct Overlay {
    /// The kind of what it extends.
    pub kind: &'static str,
    /// Its name.
    pub name: Arc<str>,
    /// The layer it belongs to.
    pub layer: usize,
    /// What it adds and changes.
    pub node: Node,
    keys: &'static Keys,
    name_place: Place,
    /// `place`, `remove` and `replace`.
    around: Node,
}

/// Something an overlay took away.
#[derive(Clone, Debug)]
pub(crate) struct Removed {
    /// Of which kind of document.
    pub kind: &'static str,
    /// Of which document.
    pub name: Arc<str>,
    /// The keys down to it.
    pub path: Vec<Arc<str>>,
    /// Where that is written.
    pub place: Place,
}

impl Overlay {
    /// Takes an overlay apart and writes out its short forms.
    pub fn new(
        shape: &'static KindShape,
        name: Arc<str>,
        name_place: Place,
        layer: usize,
        node: &mut Node,
        locale: &Arc<str>,
    ) -> Self {
        let entries = node.entries_mut().map(std::mem::take).unwrap_or_default();
        let (around, entries) = entries.into_iter().partition(|entry: &Entry| {
            OVERLAY.find(&entry.key.text).is_some() && shape.keys.find(&entry.key.text).is_none()
        });
        let mut around = Node::map(&node.place, around);
        let mut node = Node::map(&node.place, entries);
        short::map(&mut node, shape.keys, locale);
        short::map(&mut around, &OVERLAY, locale);
        Self { kind: shape.kind, name, layer, node, keys: shape.keys, name_place, around }
    }

    /// Checks its shape.
    pub fn check(&self, sources: &Sources, found: &mut Vec<Diagnostic>) {
        found.extend(check::check("the overlay", &self.node, self.keys, Extent::Part, sources));
        found.extend(check::check("the overlay", &self.around, &OVERLAY, Extent::Whole, sources));
    }

    fn paths(&self, key: &str) -> impl Iterator<Item = &Node> {
        self.around.get(key).map(Node::items).unwrap_or_default().iter()
    }
}

/// Merges overlays into what they extend, in order. Returns what was removed.
pub(crate) fn apply(
    catalog: &mut Catalog,
    overlays: Vec<Overlay>,
    sources: &Sources,
    found: &mut Vec<Diagnostic>,
) -> Vec<Removed> {
    let mut merging = Merging {
        sources,
        setters: HashMap::new(),
        replaced: HashSet::new(),
        conflicts: Vec::new(),
        removed: Vec::new(),
        found,
        work: Work::default(),
    };
    let mut touched: Vec<(&'static str, Arc<str>)> = Vec::new();
    for overlay in overlays {
        let Some(document) = catalog.find_mut(overlay.kind, &overlay.name) else {
            merging.nothing_there(catalog, &overlay);
            continue;
        };
        if document.broken {
            continue;
        }
        let key = (overlay.kind, Arc::clone(&overlay.name));
        if !touched.contains(&key) {
            touched.push(key);
        }
        merging.overlay(document, overlay);
    }
    let Merging { conflicts, setters, replaced, removed, found, .. } = merging;
    let open = conflicts.into_iter().filter(|conflict| !conflict.is_settled(&setters, &replaced, sources));
    found.extend(open.map(|conflict| conflict.diagnostic));
    for (kind, name) in touched {
        if let (Some(document), Some(shape)) = (catalog.find(kind, &name), crate::shape::kind(kind)) {
            let missing = check::missing(&format!("the {kind} `{name}`"), &document.node, shape.keys, sources);
            let new: Vec<Diagnostic> = missing.into_iter().filter(|diagnostic| !found.contains(diagnostic)).collect();
            found.extend(new);
        }
    }
    removed
}

struct Merging<'a> {
    sources: &'a Sources,
    /// Which overlay set a value last.
    setters: HashMap<String, Setter>,
    /// What the workspace has put something of its own in the place of.
    replaced: HashSet<String>,
    conflicts: Vec<Conflict>,
    removed: Vec<Removed>,
    found: &'a mut Vec<Diagnostic>,
    work: Work,
}

/// Where the merging stands.
#[derive(Default)]
struct Work {
    layer: usize,
    kind: &'static str,
    name: Arc<str>,
    path: Vec<Arc<str>>,
}

/// What the entries of a map are.
#[derive(Clone, Copy)]
enum Form {
    /// Keys of a table.
    Keys(&'static Keys),
    /// Named things with the keys of a table.
    Named(NameOf, &'static Keys),
    /// Names with values of one shape.
    Entries(&'static Shape),
    /// Anything, such as the locales of a text.
    Free,
}

impl Form {
    /// The form of the value behind a key, if it is a map that merges.
    fn behind(self, key: &str, value: &Node) -> Option<Form> {
        match self {
            Form::Keys(keys) => {
                keys.find(key).map(|key| &key.shape).or(keys.extra).and_then(|shape| Form::of(shape, value))
            }
            Form::Named(_, keys) => Some(Form::Keys(keys)),
            Form::Entries(shape) => Form::of(shape, value),
            Form::Free => Some(Form::Free),
        }
    }

    fn of(shape: &'static Shape, value: &Node) -> Option<Form> {
        match shape {
            Shape::Map(keys) => Some(Form::Keys(keys)),
            Shape::NameMap(names, keys) => Some(Form::Named(*names, keys)),
            Shape::Entries(_, of) => Some(Form::Entries(of)),
            Shape::Text | Shape::Any => Some(Form::Free),
            Shape::OneOf(shapes) => short::choose(shapes, value).and_then(|shape| Form::of(shape, value)),
            // A literal map is a value: it replaces.
            Shape::Value
            | Shape::Name(_)
            | Shape::Expression
            | Shape::Boolean
            | Shape::Integer { .. }
            | Shape::Decimal
            | Shape::Word(_)
            | Shape::String
            | Shape::Duration
            | Shape::Date
            | Shape::Moment
            | Shape::List(_)
            | Shape::OneOrMore(_) => None,
        }
    }
}

impl Merging<'_> {
    fn overlay(&mut self, document: &mut Document, mut overlay: Overlay) {
        self.work =
            Work { layer: overlay.layer, kind: overlay.kind, name: Arc::clone(&overlay.name), path: Vec::new() };
        self.replace(document, &mut overlay);
        self.remove(document, &overlay);
        let entries = overlay.node.entries_mut().map(std::mem::take).unwrap_or_default();
        self.merge(&mut document.node, entries, Form::Keys(overlay.keys));
        self.place(document, &overlay);
    }

    fn merge(&mut self, base: &mut Node, entries: Vec<Entry>, form: Form) {
        for entry in entries {
            self.work.path.push(Arc::clone(&entry.key.text));
            self.entry(base, entry, form);
            self.work.path.pop();
        }
    }

    fn entry(&mut self, base: &mut Node, entry: Entry, form: Form) {
        let Some(entries) = base.entries_mut() else { return };
        let Some(there) = entries.iter().position(|known| known.key.text == entry.key.text) else {
            if self.may_add(entries, &entry, form) {
                self.set_all(&entry.value);
                entries.push(entry);
            }
            return;
        };
        let Some(known) = entries.get_mut(there) else { return };
        if declares(&entry, form) {
            if self.declared_by_both(&entry.key.place) {
                return;
            }
            let message = format!("`{}` is there already, and this declares it again", entry.key.text);
            let diagnostic = Diagnostic::error(code::OVERLAY_DECLARES, &entry.key.place, message)
                .label(&known.key.place, "it is declared here")
                .help(format!(
                    "to change it, leave out {}; to put this in its place, name it under `replace`",
                    defining(form)
                ));
            return self.found.push(diagnostic);
        }
        let merges = form
            .behind(&entry.key.text, &known.value)
            .filter(|_| matches!((&known.value.value, &entry.value.value), (NodeValue::Map(_), NodeValue::Map(_))));
        match (merges, entry.value.value) {
            (Some(form), NodeValue::Map(entries)) => self.merge(&mut known.value, entries, form),
            (_, value) => {
                let value = Node { place: entry.value.place, value };
                self.set(&known.value, &value);
                known.value = value;
            }
        }
    }

    /// Whether an entry that is not there may be added.
    fn may_add(&mut self, siblings: &[Entry], entry: &Entry, form: Form) -> bool {
        let Form::Named(names, keys) = form else { return true };
        let adds = keys.defining.is_empty()
            || declares(entry, form)
            || keys.either.iter().any(|key| entry.value.get(key).is_some());
        if adds {
            let near =
                siblings.iter().map(|entry| &*entry.key.text).find(|known| name::is_slip(&entry.key.text, known));
            if let Some(near) = near.filter(|_| names == NameOf::New) {
                let diagnostic = Diagnostic::warning(
                    code::SIMILAR_NAME,
                    &entry.key.place,
                    format!("this adds `{}`, whose name is nearly that of `{near}`", entry.key.text),
                );
                let known = siblings.iter().find(|sibling| &*sibling.key.text == near);
                let diagnostic = known.map_or(diagnostic.clone(), |known| {
                    diagnostic.label(&known.key.place, format!("`{near}` is declared here"))
                });
                self.found.push(diagnostic.help(format!("if it was meant to change that one, write `{near}`")));
            }
            return true;
        }
        let diagnostic = Diagnostic::error(
            code::OVERLAY_CHANGES,
            &entry.key.place,
            format!("this changes `{}`, which is not there", entry.key.text),
        );
        let removed = self.removed.iter().find(|removed| {
            removed.kind == self.work.kind && removed.name == self.work.name && removed.path == self.work.path
        });
        let diagnostic = match removed {
            Some(removed) => diagnostic.label(&removed.place, "an overlay removed it here"),
            None => diagnostic,
        };
        let help = match name::did_you_mean(&entry.key.text, siblings.iter().map(|entry| &*entry.key.text)) {
            Some(near) => format!("did you mean `{near}`? To declare a new one, give it {}", defining(form)),
            None => format!("to declare a new one, give it {}", defining(form)),
        };
        self.found.push(diagnostic.help(help));
        false
    }

    fn nothing_there(&mut self, catalog: &Catalog, overlay: &Overlay) {
        // A pack that is missing was told already; what it declares is not unknown.
        if !self.sources.is_complete() {
            return;
        }
        let message = format!("there is no `{}: {}` to extend", overlay.kind, overlay.name);
        let diagnostic = Diagnostic::error(code::OVERLAY_TARGET, &overlay.name_place, message);
        let near = name::did_you_mean(&overlay.name, catalog.names(overlay.kind));
        let other_kind = crate::shape::kinds().iter().find(|shape| catalog.find(shape.kind, &overlay.name).is_some());
        let help = match (near, other_kind) {
            (Some(near), _) => format!("did you mean `extend: {} {near}`?", overlay.kind),
            (None, Some(shape)) => format!(
                "`{}` is of the kind `{}`: write `extend: {} {}`",
                overlay.name, shape.kind, shape.kind, overlay.name
            ),
            (None, None) => format!(
                "to declare it, write `{}: {}`; if a pack declares it, list the pack in the workspace",
                overlay.kind, overlay.name
            ),
        };
        self.found.push(diagnostic.help(help));
    }
}

/// True when an entry has a key that declares it.
fn declares(entry: &Entry, form: Form) -> bool {
    match form {
        Form::Named(_, keys) => keys.defining.iter().any(|key| entry.value.get(key).is_some()),
        Form::Keys(_) | Form::Entries(_) | Form::Free => false,
    }
}

/// The keys that declare, for messages.
fn defining(form: Form) -> String {
    match form {
        Form::Named(_, keys) => match keys.defining {
            ["type", ..] => "its `type`".to_owned(),
            _ => "its verb".to_owned(),
        },
        Form::Keys(_) | Form::Entries(_) | Form::Free => String::new(),
    }
}
