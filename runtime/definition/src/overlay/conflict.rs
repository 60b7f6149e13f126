//! Who set which value, and where two overlays disagree that do not know each other.

use std::collections::HashMap;
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
    /// Both sides belong to one layer, so no later one settles it.
    within: bool,
    pub diagnostic: Diagnostic,
}

impl Conflict {
    /// True when the workspace has the last word on it.
    pub fn is_settled(&self, setters: &HashMap<String, Setter>, sources: &Sources) -> bool {
        !self.within && setters.get(&self.at).is_some_and(|setter| is_workspace(sources, setter.layer))
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
            let name = |layer: usize| {
                self.sources
                    .layers()
                    .get(layer)
                    .and_then(|layer| layer.pack.as_deref())
                    .unwrap_or("the workspace")
                    .to_owned()
            };
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
            self.conflicts.push(Conflict { at: at.clone(), within: setter.layer == layer, diagnostic });
        }
        self.setters.insert(at, Setter { layer, place: new.place.clone() });
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

fn is_workspace(sources: &Sources, layer: usize) -> bool {
    sources.layers().get(layer).is_some_and(|layer| layer.origin == Origin::Workspace)
}
