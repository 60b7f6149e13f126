//! Checks that a document has the shape its kind asks for: known keys, values of the right form, names made as names.
//!
//! It reads the tables of [`crate::shape`] and documents whose short forms are written out. Whether a name refers to
//! anything is not its business, nor is what an expression says.

mod key;
mod value;

use std::collections::HashSet;
use std::sync::Arc;

use fichero_model::code::{self, Code};
use fichero_model::diagnostic::{Diagnostic, Texts};
use fichero_model::place::Place;

use crate::node::{Entry, Node, NodeValue};
use crate::shape::{Keys, NameOf, Shape, Status};
use crate::short;

use key::is_locale;
pub(crate) use key::{Reserved, name_flaw};

/// What is asked of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it: also that nothing is missing.
    Whole,
    /// An overlay: what stands there must be right, what does not stands elsewhere.
    Part,
    /// A document with values that could not be read: what stands there must be right, what does not may be lost.
    Rest,
}

/// Checks the keys of a document against the table of its kind. `what` it is, is for messages: ``the view `deals` ``.
pub fn check(what: &str, node: &Node, keys: &'static Keys, extent: Extent, texts: &dyn Texts) -> Vec<Diagnostic> {
    let mut check = Check { what, texts, extent, found: Vec::new(), path: Vec::new() };
    check.map(node, keys);
    check.found
}

/// Looks only for what is missing, in a document that was merged from several.
pub fn missing(what: &str, node: &Node, keys: &'static Keys, texts: &dyn Texts) -> Vec<Diagnostic> {
    let whole = check(what, node, keys, Extent::Whole, texts);
    whole.into_iter().filter(|diagnostic| diagnostic.code == code::MISSING_KEY).collect()
}

/// The first entry whose key stands before it already.
pub fn repeated(entries: &[Entry]) -> Option<(&Entry, &Entry)> {
    let mut seen: HashSet<&str> = HashSet::with_capacity(entries.len());
    let again = entries.iter().find(|entry| !seen.insert(&entry.key.text))?;
    Some((entries.iter().find(|entry| entry.key.text == again.key.text)?, again))
}

struct Check<'a> {
    what: &'a str,
    texts: &'a dyn Texts,
    extent: Extent,
    found: Vec<Diagnostic>,
    /// The keys above, the innermost last.
    path: Vec<Arc<str>>,
}

impl Check<'_> {
    fn value(&mut self, node: &Node, shape: &'static Shape) {
        match shape {
            Shape::Map(keys) => self.map(node, keys),
            Shape::NameMap(names, keys) => self.names(node, *names, keys),
            Shape::Entries(names, of) => self.entries(node, *names, of),
            Shape::List(of) => self.list(node, of),
            Shape::OneOrMore(of) => self.list(node, of),
            Shape::OneOf(shapes) => {
                if let Some(shape) = short::choose(shapes, node).or_else(|| shapes.first()) {
                    self.value(node, shape);
                }
            }
            Shape::Text => self.text(node),
            Shape::Any => {}
            Shape::Name(_)
            | Shape::Expression
            | Shape::Value
            | Shape::Boolean
            | Shape::Integer { .. }
            | Shape::Decimal
            | Shape::Word(_)
            | Shape::String
            | Shape::Duration
            | Shape::Date
            | Shape::Moment => self.scalar(node, shape),
        }
    }

    fn map(&mut self, node: &Node, keys: &'static Keys) {
        let NodeValue::Map(entries) = &node.value else {
            return self.wrong_form(node, &self.a_map(keys));
        };
        if takes_text_short(keys) && is_map_of_locales(node) {
            return self.bare_locales(node, keys);
        }
        for entry in entries {
            match keys.find(&entry.key.text) {
                Some(key) => {
                    if key.status == Status::NotYet {
                        let diagnostic = Diagnostic::error(
                            code::NOT_YET_KEY,
                            &entry.key.place,
                            format!("this release does not act on `{}` here yet", key.name),
                        )
                        .help("remove it for now; nothing would happen by it");
                        self.found.push(diagnostic);
                    }
                    self.inside(&entry.key.text, |check| check.value(&entry.value, &key.shape));
                }
                None if self.begins_document(entry) => {
                    self.found.push(forgotten_dashes(entry));
                    // What stands behind it belongs to the other document.
                    return;
                }
                None => match keys.extra {
                    Some(shape) => self.inside(&entry.key.text, |check| check.attribute(entry, shape)),
                    None => self.unknown_key(entry, keys),
                },
            }
        }
        if self.extent == Extent::Whole {
            for key in keys.iter().filter(|key| key.required && node.get(key.name).is_none()) {
                let what = self.path.last().map_or_else(|| self.what.to_owned(), |name| format!("`{name}`"));
                let diagnostic =
                    Diagnostic::error(code::MISSING_KEY, &node.place, format!("{what} has no `{}`", key.name))
                        .help(format!("`{}`: {}", key.name, key.doc));
                self.found.push(diagnostic);
            }
        }
    }

    /// Whether a key at the left margin is the first of another document, before which `---` was forgotten.
    fn begins_document(&self, entry: &Entry) -> bool {
        let key = &*entry.key.text;
        self.path.is_empty() && entry.value.scalar().is_some() && (key == "extend" || crate::shape::kind(key).is_some())
    }

    /// A map of locales for a thing of which the text is but one key.
    fn bare_locales(&mut self, node: &Node, keys: &Keys) {
        let short = keys.short.unwrap_or("label");
        let raw = self
            .texts
            .text(&node.place.file)
            .and_then(|text| Some(text.get(node.place.start as usize..node.place.end as usize)?.to_owned()));
        let key = self.path.last().map_or(self.what, |key| key).to_owned();
        let message = format!("`{key}` takes a map of keys, and a map of locales stands here");
        let new = raw.filter(|raw| raw.starts_with('{')).map(|raw| format!("{{{short}: {raw}}}"));
        let diagnostic = match new {
            Some(new) => self.instead(code::BAD_TEXT, &node.place, message, &new),
            None => Diagnostic::error(code::BAD_TEXT, &node.place, message),
        };
        self.found.push(diagnostic.help(format!("put the locales beneath `{short}`")));
    }

    fn names(&mut self, node: &Node, names: NameOf, keys: &'static Keys) {
        match &node.value {
            NodeValue::Map(entries) => {
                for entry in entries {
                    self.entry_name(entry, names);
                    self.inside(&entry.key.text, |check| check.map(&entry.value, keys));
                }
            }
            NodeValue::List(items) => self.names_in_list(items),
            NodeValue::Scalar(scalar) => self.in_brackets(node, &scalar.text, "a map of names"),
        }
    }

    fn entries(&mut self, node: &Node, names: NameOf, of: &'static Shape) {
        let NodeValue::Map(entries) = &node.value else {
            return self.wrong_form(node, "a map");
        };
        for entry in entries {
            self.entry_name(entry, names);
            self.inside(&entry.key.text, |check| check.value(&entry.value, of));
        }
    }

    fn list(&mut self, node: &Node, of: &'static Shape) {
        let items = match &node.value {
            NodeValue::List(items) => items,
            NodeValue::Scalar(scalar) => return self.in_brackets(node, &scalar.text, "a list"),
            NodeValue::Map(_) => return self.wrong_form(node, "a list"),
        };
        for item in items {
            self.value(item, of);
        }
    }

    /// A list where named things are expected that could not be made a map.
    fn names_in_list(&mut self, items: &[Node]) {
        let mut seen: HashSet<&str> = HashSet::new();
        for item in items {
            match item.as_text() {
                Some(name) if !seen.insert(name) => {
                    let diagnostic = Diagnostic::error(
                        code::DUPLICATE_KEY,
                        &item.place,
                        format!("`{name}` stands twice in one list of names"),
                    )
                    .help("remove one of them");
                    self.found.push(diagnostic);
                }
                Some(_) => {}
                None => {
                    let key = self.path.last().map_or("it", |key| key);
                    let help = match item.entries() {
                        [only] => format!("write `{}:` as a key beneath `{key}`, without `- `", only.key.text),
                        [first, ..]
                            if matches!(&*first.key.text, "name" | "id" | "key" | "field" | "column")
                                && first.value.as_text().is_some() =>
                        {
                            format!(
                                "write `{}:` as a key beneath `{key}`, with the other keys beneath it",
                                first.value.as_text().map_or("", |name| name)
                            )
                        }
                        _ => "every named thing is a map entry: `name: {…}`; a list holds names alone".to_owned(),
                    };
                    let diagnostic = Diagnostic::error(
                        code::WRONG_SHAPE,
                        &item.place,
                        format!("`{key}` is a map of names, and {} stands in a list here", item.what()),
                    )
                    .help(help);
                    self.found.push(diagnostic);
                    return;
                }
            }
        }
    }

    fn inside(&mut self, key: &Arc<str>, work: impl FnOnce(&mut Self)) {
        self.path.push(Arc::clone(key));
        work(self);
        self.path.pop();
    }

    /// Something else stands here than the form that is expected.
    fn wrong_form(&mut self, node: &Node, expected: &str) {
        let key = self.path.last().map_or(self.what, |key| key).to_owned();
        let mut diagnostic = Diagnostic::error(
            code::WRONG_SHAPE,
            &node.place,
            format!("`{key}` takes {expected}, and {} stands here", node.what()),
        );
        if let Some(help) = node.as_text().and_then(|text| missing_space(text, &key, expected)) {
            diagnostic = diagnostic.help(help);
        }
        self.found.push(diagnostic);
    }

    /// A single text where several may stand: in brackets it is a list.
    fn in_brackets(&mut self, node: &Node, text: &str, expected: &str) {
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let is_name = |part: &&str| {
            fichero_model::name::check(part.trim_start_matches('-').split('.').next().unwrap_or("")).is_ok()
        };
        if !parts.iter().all(is_name) {
            return self.wrong_form(node, expected);
        }
        let list = format!("[{}]", parts.join(", "));
        let key = self.path.last().map_or(self.what, |key| key).to_owned();
        let message = format!("`{key}` takes {expected}, and {} stands here", node.what());
        let diagnostic = self.instead(code::WRONG_SHAPE, &node.place, message, &list);
        self.found.push(diagnostic.help(format!("write `{list}`")));
    }

    fn a_map(&self, keys: &Keys) -> String {
        let some: Vec<String> = keys.iter().take(3).map(|key| format!("`{}`", key.name)).collect();
        format!("a map with keys such as {}", some.join(", "))
    }

    /// The finding for a text that another should stand for, with the mended line.
    fn instead(&self, code: Code, place: &Place, message: String, new: &str) -> Diagnostic {
        let diagnostic = Diagnostic::error(code, place, message);
        match with_replaced(self.texts, place, new) {
            Some(line) => diagnostic.mended(line),
            None => diagnostic,
        }
    }
}

/// The finding for the first key of a document in the middle of another.
fn forgotten_dashes(entry: &Entry) -> Diagnostic {
    let key = &entry.key.text;
    Diagnostic::error(code::UNKNOWN_KEY, &entry.key.place, format!("`{key}` begins a document of its own"))
        .help(format!("write `---` on a line before `{key}`"))
}

/// True for things whose main key is a text, such as the label of an option.
fn takes_text_short(keys: &Keys) -> bool {
    keys.short.and_then(|short| keys.find(short)).is_some_and(|key| matches!(key.shape, Shape::Text))
}

/// True for `{en: Deal, es: Negocio}`: every key is the form of a locale and every value a text.
pub(crate) fn is_map_of_locales(node: &Node) -> bool {
    let is_text = |value: &Node| value.scalar().is_some() && value.as_bool().is_none() && value.as_decimal().is_none();
    let entries = node.entries();
    !entries.is_empty() && entries.iter().all(|entry| is_locale(&entry.key.text) && is_text(&entry.value))
}

/// `name:text`, where a map was expected.
fn missing_space(text: &str, key: &str, expected: &str) -> Option<String> {
    let (word, value) = text.split_once(':')?;
    let is_word = !word.is_empty()
        && word.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        && !value.starts_with('/');
    (is_word && expected.contains("map"))
        .then(|| format!("a space is missing behind the colon: write `{word}: {}` beneath `{key}`", value.trim()))
}

/// The source line of a place with its text replaced.
pub(crate) fn with_replaced(texts: &dyn Texts, place: &Place, new: &str) -> Option<String> {
    let text = texts.text(&place.file)?;
    let start = text.get(..place.start as usize)?.rfind('\n').map_or(0, |at| at + 1);
    let end = text.get(place.end as usize..)?.find('\n').map_or(text.len(), |at| place.end as usize + at);
    let old = text.get(place.start as usize..place.end as usize)?;
    if old.contains('\n') {
        return None;
    }
    Some(format!(
        "{}{new}{}",
        text.get(start..place.start as usize)?,
        text.get(place.end as usize..end)?.trim_end_matches('\r')
    ))
}
