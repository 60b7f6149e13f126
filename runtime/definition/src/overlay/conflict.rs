//! Who set which value, and where two overlays disagree that do not know each other.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::place::Place;

use super::Merging;
use crate::node::{Node, NodeValue};
use crate::source::{Origin, Sources};

/// Who set a value last.
pub(super) struct Setter {
    layer: usize,
    place: Place,
}

/// Two overlays that do not know each other, and what each wants.
pub(super) struct Conflict {
    at: String,
    settled_by: SettledBy,
    pub diagnostic: Diagnostic,
}

/// What gives the last word on a conflict to the workspace.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SettledBy {
    /// It sets the value.
    Setting,
    /// It puts something of its own in the place of both.
    Replacing,
    /// Nothing: both sides belong to one layer, so no later one settles it.
    Nothing,
}

impl Conflict {
    /// True when the workspace has the last word on it.
    pub fn is_settled(&self, setters: &HashMap<String, Setter>, replaced: &HashSet<String>, sources: &Sources) -> bool {
        match self.settled_by {
            SettledBy::Setting => setters.get(&self.at).is_some_and(|setter| is_workspace(sources, setter.layer)),
            SettledBy::Replacing => replaced.contains(&self.at),
            SettledBy::Nothing => false,
        }
    }
}

impl Merging<'_> {
    /// Notes that a value is set, and whether another pack wanted it otherwise.
    pub(super) fn set(&mut self, old: &Node, new: &Node) {
        let at = self.at();
        let layer = self.work.layer;
        if let Some(setter) = self.setters.get(&at)
            && !old.same(new)
            && !self.sources.requires(layer, setter.layer)
        {
            let key = self.work.path.join(".");
            let name = |layer| pack(self.sources, layer);
            let (message, help) = if setter.layer == layer {
                (
                    format!("`{key}` of `{}` is set twice, to different values", self.work.name),
                    "keep one of the two".to_owned(),
                )
            } else {
                let (first, second) = (name(setter.layer), name(layer));
                let message = format!(
                    "the packs `{first}` and `{second}` set `{key}` of `{}` to different values",
                    self.work.name
                );
                (
                    message,
                    format!(
                        "settle it in the workspace with `extend: {} {}`, or let one of the packs require the other",
                        self.work.kind, self.work.name
                    ),
                )
            };
            let diagnostic = Diagnostic::error(code::OVERLAY_CONFLICT, &new.place, message)
                .label(&setter.place, "set here first")
                .help(help);
            let settled_by = if setter.layer == layer { SettledBy::Nothing } else { SettledBy::Setting };
            self.conflicts.push(Conflict { at: at.clone(), settled_by, diagnostic });
        }
        self.setters.insert(at, Setter { layer, place: new.place.clone() });
    }

    /// Notes that something is declared that another pack declared, which does not know this one. False where it is to be
    /// told at once: it may be changed or replaced, or both belong to one layer.
    pub(super) fn declared_by_both(&mut self, new: &Place) -> bool {
        let (at, layer) = (self.at(), self.work.layer);
        let inside = format!("{at}\n");
        let of_entry = self.setters.iter().filter(|(known, _)| known.starts_with(&inside)).map(|(_, setter)| setter);
        let other = of_entry.min_by_key(|setter| (setter.layer, setter.place.start));
        let Some(setter) = other.filter(|setter| {
            setter.layer != layer && !is_workspace(self.sources, layer) && !self.sources.requires(layer, setter.layer)
        }) else {
            return false;
        };
        let key = self.work.path.join(".");
        let (first, second) = (pack(self.sources, setter.layer), pack(self.sources, layer));
        let message = format!("the packs `{first}` and `{second}` both declare `{key}` of `{}`", self.work.name);
        let diagnostic = Diagnostic::error(code::OVERLAY_CONFLICT, new, message)
            .label(&setter.place, "declared here first")
            .help(format!(
                "settle it in the workspace with `extend: {} {}` and `replace: [{key}]`, or let one of the packs require the other",
                self.work.kind, self.work.name
            ));
        self.conflicts.push(Conflict { at, settled_by: SettledBy::Replacing, diagnostic });
        true
    }

    /// Notes that something of the workspace stands in the place of what was there.
    pub(super) fn set_replaced(&mut self) {
        if is_workspace(self.sources, self.work.layer) {
            self.replaced.insert(self.at());
        }
    }

    /// Notes that every value of a new entry is set.
    pub(super) fn set_all(&mut self, node: &Node) {
        match &node.value {
            NodeValue::Map(entries) => {
                for entry in entries {
                    self.work.path.push(Arc::clone(&entry.key.text));
                    self.set_all(&entry.value);
                    self.work.path.pop();
                }
            }
            NodeValue::Scalar(_) | NodeValue::List(_) => {
                let setter = Setter { layer: self.work.layer, place: node.place.clone() };
                self.setters.insert(self.at(), setter);
            }
        }
    }

    fn at(&self) -> String {
        let mut at = format!("{} {}", self.work.kind, self.work.name);
        for key in &self.work.path {
            at.push('\n');
            at.push_str(key);
        }
        at
    }
}

/// The pack of a layer, as messages name it.
fn pack(sources: &Sources, layer: usize) -> String {
    sources.layers().get(layer).and_then(|layer| layer.pack.as_deref()).unwrap_or("the workspace").to_owned()
}

fn is_workspace(sources: &Sources, layer: usize) -> bool {
    sources.layers().get(layer).is_some_and(|layer| layer.origin == Origin::Workspace)
}
