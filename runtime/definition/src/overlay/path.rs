//! `place`, `remove` and `replace`: what changes order or takes away, by the path of an entry.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::name;
use fichero_model::place::Place;

use super::{Merging, Overlay, Removed};
use crate::catalog::Document;
use crate::node::{Entry, Node};

impl Merging<'_> {
    /// Puts the overlay's content in place of what was merged so far.
    pub(super) fn replace(&mut self, document: &mut Document, overlay: &mut Overlay) {
        let paths: Vec<(Arc<str>, Place)> = overlay
            .paths("replace")
            .filter_map(|node| Some((Arc::clone(node.as_text()?), node.place.clone())))
            .collect();
        for (path, place) in paths {
            let Some((keys, there)) = find_mut(&mut document.node, &path) else {
                self.nowhere(&document.node, &path, &place, "replace");
                continue;
            };
            let Some(new) = take(&mut overlay.node, &keys) else {
                let message =
                    format!("`replace` names `{path}`, but this document puts nothing there, so it is taken away");
                self.found.push(
                    Diagnostic::warning(code::OVERLAY_PATH, &place, message)
                        .help("if that is meant, name it under `remove`"),
                );
                take(&mut document.node, &keys);
                self.removed.push(Removed { kind: overlay.kind, name: Arc::clone(&overlay.name), path: keys, place });
                continue;
            };
            self.work.path.clone_from(&keys);
            self.set_replaced();
            self.set_all(&new.value);
            self.work.path.clear();
            *there = new;
        }
    }

    /// Takes entries away.
    pub(super) fn remove(&mut self, document: &mut Document, overlay: &Overlay) {
        for node in overlay.paths("remove") {
            let Some(path) = node.as_text() else { continue };
            let keys = find_mut(&mut document.node, path).map(|(keys, _)| keys);
            match keys.filter(|keys| take(&mut document.node, keys).is_some()) {
                Some(keys) => self.removed.push(Removed {
                    kind: overlay.kind,
                    name: Arc::clone(&overlay.name),
                    path: keys,
                    place: node.place.clone(),
                }),
                None => self.nowhere(&document.node, path, &node.place, "remove"),
            }
        }
    }

    /// Puts entries where they shall stand among their neighbours.
    pub(super) fn place(&mut self, document: &mut Document, overlay: &Overlay) {
        for entry in overlay.around.get("place").map(Node::entries).unwrap_or_default() {
            let (path, Some(where_to)) = (&entry.key.text, entry.value.as_text()) else { continue };
            let Some((keys, _)) = find_mut(&mut document.node, path) else {
                self.nowhere(&document.node, path, &entry.key.place, "place");
                continue;
            };
            let Some((last, above)) = keys.split_last() else { continue };
            let Some(siblings) = descend(&mut document.node, above).and_then(Node::entries_mut) else { continue };
            if let Err(diagnostic) = move_entry(siblings, last, where_to, &entry.value.place) {
                self.found.push(*diagnostic);
            }
        }
    }

    fn nowhere(&mut self, root: &Node, path: &str, place: &Place, verb: &str) {
        let message = format!("`{verb}` names `{path}`, which is not there");
        let diagnostic = Diagnostic::error(code::OVERLAY_PATH, place, message);
        let help = match nearest(root, path) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                "a path is made of the keys down to the entry, such as `fields.competitor` or `rules.discount_limit`"
                    .to_owned()
            }
        };
        self.found.push(diagnostic.help(help));
    }
}

fn move_entry(siblings: &mut Vec<Entry>, name: &str, where_to: &str, place: &Place) -> Result<(), Box<Diagnostic>> {
    let bad = |message: String| Diagnostic::error(code::OVERLAY_PATH, place, message);
    let neighbour = match where_to.split_once(' ') {
        Some(("before" | "after", neighbour)) => Some(neighbour.trim()),
        None if matches!(where_to, "first" | "last") => None,
        _ => {
            let help = "write `first`, `last`, `before NAME` or `after NAME`";
            return Err(Box::new(bad(format!("`{where_to}` says no place")).help(help)));
        }
    };
    if let Some(neighbour) = neighbour
        && (neighbour == name || !siblings.iter().any(|entry| &*entry.key.text == neighbour))
    {
        let near =
            name::did_you_mean(neighbour, siblings.iter().map(|entry| &*entry.key.text).filter(|known| *known != name));
        let diagnostic = bad(format!("there is no `{neighbour}` beside `{name}`"));
        return Err(Box::new(match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help("name an entry of the same map"),
        }));
    }
    let Some(from) = siblings.iter().position(|entry| &*entry.key.text == name) else { return Ok(()) };
    let entry = siblings.remove(from);
    let beside = |siblings: &[Entry]| siblings.iter().position(|entry| Some(&*entry.key.text) == neighbour);
    let to = match (where_to, beside(siblings)) {
        ("first", _) => 0,
        (_, Some(at)) if where_to.starts_with("before") => at,
        (_, Some(at)) => at + 1,
        (_, None) => siblings.len(),
    };
    siblings.insert(to, entry);
    Ok(())
}

/// The entry at a path, and the keys down to it. A key may itself hold points; the longest that fits is taken.
fn find_mut<'n>(root: &'n mut Node, path: &str) -> Option<(Vec<Arc<str>>, &'n mut Entry)> {
    let keys = keys_of(root, path)?;
    let (last, above) = keys.split_last()?;
    let entry = descend(root, above)?.entries_mut()?.iter_mut().find(|entry| entry.key.text == *last)?;
    Some((keys, entry))
}

fn keys_of(root: &Node, path: &str) -> Option<Vec<Arc<str>>> {
    let mut candidates: Vec<&Entry> = root
        .entries()
        .iter()
        .filter(|entry| {
            path.strip_prefix(&*entry.key.text).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
        .collect();
    candidates.sort_by_key(|entry| std::cmp::Reverse(entry.key.text.len()));
    candidates.into_iter().find_map(|entry| {
        let rest = path.get(entry.key.text.len()..)?;
        let mut keys = vec![Arc::clone(&entry.key.text)];
        match rest.strip_prefix('.') {
            None => Some(keys),
            Some(rest) => {
                keys.extend(keys_of(&entry.value, rest)?);
                Some(keys)
            }
        }
    })
}

fn descend<'n>(root: &'n mut Node, keys: &[Arc<str>]) -> Option<&'n mut Node> {
    keys.iter().try_fold(root, |node, key| node.get_mut(key))
}

/// Takes the entry at a path out.
fn take(root: &mut Node, keys: &[Arc<str>]) -> Option<Entry> {
    let (last, above) = keys.split_last()?;
    let entries = descend(root, above)?.entries_mut()?;
    let at = entries.iter().position(|entry| entry.key.text == *last)?;
    Some(entries.remove(at))
}

/// The path that was probably meant: the same but for its last key, or with `fields.` before it.
fn nearest(root: &Node, path: &str) -> Option<String> {
    match path.rsplit_once('.') {
        Some((above, last)) => {
            let keys = keys_of(root, above)?;
            let node = root.at(keys.iter().map(|key| &**key))?;
            name::did_you_mean(last, node.entries().iter().map(|entry| &*entry.key.text))
                .map(|near| format!("{above}.{near}"))
        }
        None => {
            let inside = root.entries().iter().find(|entry| entry.value.get(path).is_some());
            inside.map(|entry| format!("{}.{path}", entry.key.text)).or_else(|| {
                name::did_you_mean(path, root.entries().iter().map(|entry| &*entry.key.text)).map(str::to_owned)
            })
        }
    }
}
