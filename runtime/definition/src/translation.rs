//! Translations: texts of definitions in another locale, laid out as the definitions are, put where they belong.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::name;

use crate::catalog::Catalog;
use crate::node::{Entry, Key, Node, NodeValue, Style};
use crate::shape::{self, Keys, Shape};
use crate::short;

/// Puts the texts of all `translations` documents into the definitions they name, in order.
pub(crate) fn apply(catalog: &mut Catalog, found: &mut Vec<Diagnostic>) {
    let documents: Vec<(Node, bool)> =
        catalog.of_kind("translations").map(|document| (document.node.clone(), document.broken)).collect();
    for (node, broken) in documents {
        let locale = node.get("locale").and_then(Node::as_text);
        let (Some(locale), Some(texts), false) = (locale, node.get("texts"), broken) else { continue };
        for kind in texts.entries() {
            of_kind(catalog, locale, kind, found);
        }
    }
}

fn of_kind(catalog: &mut Catalog, locale: &Arc<str>, kind: &Entry, found: &mut Vec<Diagnostic>) {
    let Some(shape) = shape::kind(&kind.key.text) else {
        let near = name::did_you_mean(&kind.key.text, shape::kinds().iter().map(|shape| shape.kind));
        return found.push(nothing(&kind.key, &format!("there is no kind of document `{}`", kind.key.text), near));
    };
    for entry in kind.value.entries() {
        let name = &entry.key.text;
        match catalog.find_mut(shape.kind, name) {
            Some(document) if document.broken => {}
            Some(document) => {
                let mut walk = Walk { locale, found };
                walk.map(&mut document.node, shape.keys, &entry.value);
            }
            None => {
                let near = name::did_you_mean(name, catalog.names(shape.kind));
                found.push(nothing(&entry.key, &format!("there is no `{}: {name}` to translate", shape.kind), near));
            }
        }
    }
}

struct Walk<'a> {
    locale: &'a Arc<str>,
    found: &'a mut Vec<Diagnostic>,
}

impl Walk<'_> {
    /// Puts texts into a map with keys.
    fn map(&mut self, there: &mut Node, keys: &Keys, texts: &Node) {
        let NodeValue::Map(entries) = &texts.value else {
            // A bare text for a thing whose main key is a text, such as an option's label.
            match keys
                .short
                .and_then(|short| keys.find(short))
                .filter(|key| matches!(key.shape, Shape::Text) && texts.scalar().is_some())
            {
                Some(key) => self.text(
                    there,
                    &Key { text: key.name.into(), place: texts.place.clone(), style: Style::Plain },
                    texts,
                ),
                None => self.not_a_text(texts),
            }
            return;
        };
        for entry in entries {
            let key = &entry.key;
            match keys.find(&key.text).map(|key| &key.shape) {
                Some(Shape::Text) => self.text(there, key, &entry.value),
                Some(shape) => match there.get_mut(&key.text) {
                    Some(inside) => self.value(inside, shape, &entry.value),
                    None => self.found.push(nothing(key, &format!("the definition has no `{}`", key.text), None)),
                },
                None => {
                    let near = name::did_you_mean(&key.text, keys.iter().map(|key| key.name));
                    self.found.push(nothing(key, &format!("there is no text `{}` here", key.text), near));
                }
            }
        }
    }

    fn value(&mut self, there: &mut Node, shape: &Shape, texts: &Node) {
        match shape {
            Shape::Map(keys) => self.map(there, keys, texts),
            Shape::NameMap(_, keys) => self.entries(there, texts, |walk, there, texts| walk.map(there, keys, texts)),
            Shape::Entries(_, of) => self.entries(there, texts, |walk, there, texts| walk.value(there, of, texts)),
            Shape::OneOf(shapes) => {
                if let Some(shape) = short::choose(shapes, there) {
                    self.value(there, shape, texts);
                }
            }
            _ => self.not_a_text(texts),
        }
    }

    fn entries(&mut self, there: &mut Node, texts: &Node, each: impl Fn(&mut Self, &mut Node, &Node)) {
        for entry in texts.entries() {
            match there.get_mut(&entry.key.text) {
                Some(inside) => each(self, inside, &entry.value),
                None => {
                    let near =
                        name::did_you_mean(&entry.key.text, there.entries().iter().map(|entry| &*entry.key.text));
                    self.found.push(nothing(&entry.key, &format!("the definition has no `{}`", entry.key.text), near));
                }
            }
        }
    }

    /// Puts one text under its locale.
    fn text(&mut self, there: &mut Node, key: &Key, text: &Node) {
        if text.scalar().is_none() {
            return self.not_a_text(text);
        }
        let Some(entries) = there.entries_mut() else { return };
        let locale = Entry {
            key: Key { text: Arc::clone(self.locale), place: text.place.clone(), style: Style::Plain },
            value: text.clone(),
        };
        match entries.iter_mut().find(|entry| entry.key.text == key.text) {
            Some(known) => {
                if let Some(locales) = known.value.entries_mut() {
                    locales.retain(|entry| entry.key.text != *self.locale);
                    locales.push(locale);
                }
            }
            None => entries.push(Entry { key: key.clone(), value: Node::map(&text.place, vec![locale]) }),
        }
    }

    fn not_a_text(&mut self, node: &Node) {
        let diagnostic =
            Diagnostic::error(code::TRANSLATION, &node.place, "no text for people stands here in the definition")
                .help("translations name texts only: `label`, `plural`, `help`, `title`, `message` and the like");
        self.found.push(diagnostic);
    }
}

fn nothing(key: &Key, message: &str, near: Option<&str>) -> Diagnostic {
    let diagnostic = Diagnostic::error(code::TRANSLATION, &key.place, message);
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("texts are laid out as the definitions are: kind, name, then the same keys"),
    }
}
