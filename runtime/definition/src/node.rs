//! A located, ordered tree: what a YAML document says, and where each part of it stands.
//!
//! What must hold: entries keep the author's order; no map holds a key twice; there is no null; every node and key
//! has the place of whoever wrote it, also after merging. Scalars keep their exact text, so no digit is lost; what
//! type a plain scalar has is asked of it ([`Node::as_bool`] …), by the rules of the YAML 1.2 core schema.

use std::sync::Arc;

use fichero_model::place::Place;

/// A part of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it stands. Of a quoted scalar, the quotes are part of the range.
    pub place: Place,
    /// What stands there.
    pub value: NodeValue,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeValue {
    /// A single value.
    Scalar(Scalar),
    /// Keys and values, in the author's order.
    Map(Vec<Entry>),
    /// Values in order.
    List(Vec<Node>),
}

/// A single value, as its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// Its text after unquoting.
    pub text: Arc<str>,
    /// How it was written.
    pub style: Style,
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Bare: only these can be numbers and booleans.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// After `|`: line by line.
    Literal,
    /// After `>`: folded to one line.
    Folded,
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Node,
}

/// A key of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Its text.
    pub text: Arc<str>,
    /// Where it stands.
    pub place: Place,
    /// How it was written.
    pub style: Style,
}

impl Node {
    /// An empty map.
    pub fn empty_map(place: &Place) -> Self {
        Self { place: place.clone(), value: NodeValue::Map(Vec::new()) }
    }

    /// A map.
    pub fn map(place: &Place, entries: Vec<Entry>) -> Self {
        Self { place: place.clone(), value: NodeValue::Map(entries) }
    }

    /// A bare word.
    pub fn word(place: &Place, text: impl Into<Arc<str>>) -> Self {
        Self { place: place.clone(), value: NodeValue::Scalar(Scalar { text: text.into(), style: Style::Plain }) }
    }

    /// The entries of a map; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            NodeValue::Map(entries) => entries,
            NodeValue::Scalar(_) | NodeValue::List(_) => &[],
        }
    }

    /// The entries of a map, to change them.
    pub fn entries_mut(&mut self) -> Option<&mut Vec<Entry>> {
        match &mut self.value {
            NodeValue::Map(entries) => Some(entries),
            NodeValue::Scalar(_) | NodeValue::List(_) => None,
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            NodeValue::List(items) => items,
            NodeValue::Scalar(_) | NodeValue::Map(_) => &[],
        }
    }

    /// The entry of a map by its key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| &*entry.key.text == key)
    }

    /// The value of a map by its key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value of a map by its key, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries_mut()?.iter_mut().find(|entry| &*entry.key.text == key).map(|entry| &mut entry.value)
    }

    /// The value at a path of keys.
    pub fn at<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Node> {
        path.into_iter().try_fold(self, |node, key| node.get(key))
    }

    /// The scalar, if it is one.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            NodeValue::Scalar(scalar) => Some(scalar),
            NodeValue::Map(_) | NodeValue::List(_) => None,
        }
    }

    /// The text of a scalar of any style.
    pub fn as_text(&self) -> Option<&Arc<str>> {
        self.scalar().map(|scalar| &scalar.text)
    }

    /// `true` or `false`, bare.
    pub fn as_bool(&self) -> Option<bool> {
        match self.plain()? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// A bare whole number in decimal digits.
    pub fn as_integer(&self) -> Option<i64> {
        let text = self.plain()?;
        is_integer(text).then(|| text.parse().ok()).flatten()
    }

    /// The exact text of a bare number, whole or with a fraction. Exponents, infinities and octals are words.
    pub fn as_decimal(&self) -> Option<&str> {
        let text = self.plain()?;
        (is_integer(text) || is_fraction(text)).then_some(text)
    }

    /// The expression behind `=`, where a value is an expression.
    pub fn as_formula(&self) -> Option<&str> {
        self.as_text()?.strip_prefix('=')
    }

    /// What it is, for messages: `a map`, `a list`, `a number` …
    pub fn what(&self) -> &'static str {
        match &self.value {
            NodeValue::Map(_) => "a map",
            NodeValue::List(_) => "a list",
            NodeValue::Scalar(_) if self.as_bool().is_some() => "a boolean",
            NodeValue::Scalar(_) if self.as_decimal().is_some() => "a number",
            NodeValue::Scalar(_) => "a text",
        }
    }

    /// How many nodes it is made of, itself included.
    pub fn count(&self) -> usize {
        1 + match &self.value {
            NodeValue::Scalar(_) => 0,
            NodeValue::Map(entries) => entries.iter().map(|entry| entry.value.count()).sum(),
            NodeValue::List(items) => items.iter().map(Node::count).sum(),
        }
    }

    /// True when both say the same, wherever and however it is written: the order of maps counts.
    pub fn same(&self, other: &Node) -> bool {
        match (&self.value, &other.value) {
            (NodeValue::Scalar(a), NodeValue::Scalar(b)) => {
                a.text == b.text && (a.style == Style::Plain) == (b.style == Style::Plain)
            }
            (NodeValue::List(a), NodeValue::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b)),
            (NodeValue::Map(a), NodeValue::Map(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.key.text == b.key.text && a.value.same(&b.value))
            }
            (NodeValue::Scalar(_) | NodeValue::Map(_) | NodeValue::List(_), _) => false,
        }
    }

    fn plain(&self) -> Option<&str> {
        self.scalar().filter(|scalar| scalar.style == Style::Plain).map(|scalar| &*scalar.text)
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_fraction(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let Some((whole, fraction)) = digits.split_once('.') else { return false };
    (!whole.is_empty() || !fraction.is_empty())
        && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
}
