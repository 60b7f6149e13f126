//! Types of fields: the storage kinds, what `type` documents make of them, and those that no release stores yet.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::{Diagnostic, Texts};
use fichero_model::place::Place;

use super::findings::Findings;
use super::not_yet;
use crate::catalog::{Catalog, Document};
use crate::check::with_replaced;
use crate::node::{Entry, Node};

/// What a field's type comes down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Word {
    Text,
    LongText,
    Integer,
    Decimal,
    Money,
    Boolean,
    Date,
    Time,
    DateTime,
    Duration,
    Choice,
    Ref,
    File,
    Json,
    Secret,
    Lines,
    Children,
    Sequence,
}

impl Word {
    /// All of them.
    pub const ALL: [Word; 18] = [
        Word::Text,
        Word::LongText,
        Word::Integer,
        Word::Decimal,
        Word::Money,
        Word::Boolean,
        Word::Date,
        Word::Time,
        Word::DateTime,
        Word::Duration,
        Word::Choice,
        Word::Ref,
        Word::File,
        Word::Json,
        Word::Secret,
        Word::Lines,
        Word::Children,
        Word::Sequence,
    ];

    /// As authors write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Word::Text => "text",
            Word::LongText => "longtext",
            Word::Integer => "integer",
            Word::Decimal => "decimal",
            Word::Money => "money",
            Word::Boolean => "boolean",
            Word::Date => "date",
            Word::Time => "time",
            Word::DateTime => "datetime",
            Word::Duration => "duration",
            Word::Choice => "choice",
            Word::Ref => "ref",
            Word::File => "file",
            Word::Json => "json",
            Word::Secret => "secret",
            Word::Lines => "lines",
            Word::Children => "children",
            Word::Sequence => "sequence",
        }
    }

    /// The word, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.as_str() == text)
    }

    /// A text of one line or many.
    pub fn is_text(self) -> bool {
        matches!(self, Word::Text | Word::LongText)
    }

    /// Something that has a least and a greatest value.
    pub fn is_ordered(self) -> bool {
        matches!(
            self,
            Word::Integer | Word::Decimal | Word::Money | Word::Date | Word::Time | Word::DateTime | Word::Duration
        )
    }

    /// Its rows are records of another entity.
    pub fn is_rows(self) -> bool {
        matches!(self, Word::Lines | Word::Children)
    }
}

/// A `type` document and those it refines.
#[derive(Clone, Debug)]
pub(super) struct FieldType<'c> {
    /// The storage kind it comes down to.
    pub word: Word,
    /// The documents, the nearest first.
    pub documents: Vec<&'c Document>,
}

/// What other tools call the types, what they are here, and what goes with them.
const SYNONYMS: [(&str, Word, &str); 34] = [
    ("array", Word::Json, "several values of one type are `many: true`"),
    ("belongs_to", Word::Ref, "with `to:` and the name of an entity"),
    ("bigint", Word::Integer, ""),
    ("bool", Word::Boolean, ""),
    ("char", Word::Text, ""),
    ("checkbox", Word::Boolean, ""),
    ("currency", Word::Money, ""),
    ("date_time", Word::DateTime, ""),
    ("double", Word::Decimal, ""),
    ("dropdown", Word::Choice, "with `options:`"),
    ("enum", Word::Choice, "with `options:`"),
    ("float", Word::Decimal, ""),
    ("foreign_key", Word::Ref, "with `to:` and the name of an entity"),
    ("has_many", Word::Children, "with `of:` and the name of an entity"),
    ("int", Word::Integer, ""),
    ("link", Word::Ref, "with `to:` and the name of an entity"),
    ("long_text", Word::LongText, ""),
    ("lookup", Word::Ref, "with `to:` and the name of an entity"),
    ("memo", Word::LongText, ""),
    ("multiselect", Word::Choice, "with `options:` and `many: true`"),
    ("number", Word::Decimal, "`integer` for whole numbers"),
    ("numeric", Word::Decimal, ""),
    ("picklist", Word::Choice, "with `options:`"),
    ("reference", Word::Ref, "with `to:` and the name of an entity"),
    ("relation", Word::Ref, "with `to:` and the name of an entity"),
    ("select", Word::Choice, "with `options:`"),
    ("str", Word::Text, ""),
    ("string", Word::Text, ""),
    ("table", Word::Lines, "with `of:` and the name of an entity"),
    ("text_area", Word::LongText, ""),
    ("textarea", Word::LongText, ""),
    ("timestamp", Word::DateTime, ""),
    ("uuid", Word::Text, "every record has an `id` already"),
    ("varchar", Word::Text, ""),
];

/// All `type` documents.
#[derive(Debug, Default)]
pub(super) struct Types<'c> {
    by_name: HashMap<Arc<str>, Option<FieldType<'c>>>,
    /// The names of entities, which people write for the type of a reference.
    entities: HashSet<&'c str>,
}

impl<'c> Types<'c> {
    /// Follows every `type` document down to its storage kind.
    pub fn collect(catalog: &'c Catalog, findings: &mut Findings<'_>) -> Self {
        let entities = catalog.of_kind("entity").map(|document| &*document.name).collect();
        let mut types = Types { entities, ..Types::default() };
        for document in catalog.of_kind("type") {
            let resolved = follow(catalog, document, &types, findings);
            types.by_name.insert(Arc::clone(&document.name), resolved);
        }
        types
    }

    /// The type of a name: a storage kind or a `type` document. Nothing when it is neither or has an error of its own,
    /// which is told.
    pub fn find(&self, name: &str, place: &Place, findings: &mut Findings<'_>) -> Option<FieldType<'c>> {
        if let Some(resolved) = self.by_name.get(name) {
            return resolved.clone();
        }
        if let Some(word) = Word::parse(name) {
            return Some(FieldType { word, documents: Vec::new() });
        }
        if let Some(diagnostic) = not_yet::unstored_type(name, place) {
            let mended = self.entities.contains(name).then(|| reference_line(name, place, findings.files())).flatten();
            findings.push(match mended {
                Some(line) => diagnostic.mended(line),
                None => diagnostic,
            });
        } else if self.entities.contains(name) {
            findings.push(entity_as_type(name, place, findings.files()));
        } else {
            tell_unknown(name, place, self.by_name.keys().map(|name| &**name), findings);
        }
        None
    }
}

/// The name of an entity where a type should stand: a reference to it was meant.
fn entity_as_type(name: &str, place: &Place, texts: &dyn Texts) -> Diagnostic {
    let diagnostic = Diagnostic::error(code::UNKNOWN_TYPE, place, format!("`{name}` is an entity, and no type"))
        .help(format!("a reference to its records is `{{type: ref, to: {name}}}`"));
    match reference_line(name, place, texts) {
        Some(line) => diagnostic.mended(line),
        None => diagnostic,
    }
}

/// The line of a field's type with a reference to an entity in its place; nothing where that needs two lines.
fn reference_line(name: &str, place: &Place, texts: &dyn Texts) -> Option<String> {
    let text = texts.text(&place.file)?;
    let start = text.get(..place.start as usize)?.rfind('\n').map_or(0, |newline| newline + 1);
    let before = text.get(start..place.start as usize)?;
    let new = match before.trim_end().ends_with("type:") {
        true if before.contains('{') => format!("ref, to: {name}"),
        true => return None,
        false => format!("{{type: ref, to: {name}}}"),
    };
    with_replaced(texts, place, &new)
}

/// Follows `of:` to a storage kind.
fn follow<'c>(
    catalog: &'c Catalog,
    document: &'c Document,
    known: &Types<'c>,
    findings: &mut Findings<'_>,
) -> Option<FieldType<'c>> {
    let mut documents = vec![document];
    loop {
        let nearest = documents.last().copied()?;
        let of = nearest.node.get("of")?;
        let name = of.as_text()?;
        if let Some(next) = catalog.find("type", name) {
            if let Some(None) = known.by_name.get(name) {
                // What is wrong there was told there.
                return None;
            }
            if documents.iter().any(|seen| std::ptr::eq(*seen, next)) {
                let circle: Vec<String> =
                    documents.iter().chain([&next]).map(|document| format!("`{}`", document.name)).collect();
                let message = format!("types refine each other in a circle: {}", circle.join(" → "));
                findings.error_with_help(
                    code::CYCLE,
                    &of.place,
                    message,
                    "let one of them be `of:` a storage kind such as `text`",
                );
                return None;
            }
            documents.push(next);
            continue;
        }
        if crate::group::is_composite(catalog, document) {
            // Fields of the type were written out as those of its parts.
            return None;
        }
        let Some(word) = Word::parse(name) else {
            let names = catalog.of_kind("type").map(|document| &*document.name);
            tell_unknown(name, &of.place, names, findings);
            return None;
        };
        if word.is_rows() || word == Word::Sequence {
            let message = format!("a type cannot be of `{name}`, which belongs to a field of one entity");
            findings.error(code::UNKNOWN_TYPE, &of.place, message);
            return None;
        }
        return Some(FieldType { word, documents });
    }
}

fn tell_unknown<'n>(name: &str, place: &Place, documents: impl Iterator<Item = &'n str>, findings: &mut Findings<'_>) {
    if let Some(diagnostic) = not_yet::unstored_type(name, place) {
        findings.push(diagnostic);
        return;
    }
    if let Some((_, word, with)) = SYNONYMS.into_iter().find(|(synonym, ..)| *synonym == name) {
        let word = word.as_str();
        let with = if with.is_empty() { String::new() } else { format!(", {with}") };
        let diagnostic = Diagnostic::error(code::UNKNOWN_TYPE, place, format!("there is no type `{name}`"))
            .help(format!("write `{word}`{with}"));
        let mended = findings.mended(place, name, word);
        findings.push(match mended {
            Some(line) => diagnostic.mended(line),
            None => diagnostic,
        });
        return;
    }
    let words: Vec<&str> = Word::ALL.into_iter().map(Word::as_str).collect();
    let mut known: Vec<&str> = documents.collect();
    known.sort_unstable();
    known.extend(words.iter().copied());
    findings.unknown(code::UNKNOWN_TYPE, place, format!("there is no type `{name}`"), name, known);
}

/// What is written of a field: its own keys, then those of its type, then those of the type beneath.
#[derive(Clone, Debug)]
pub(super) struct Layers<'c> {
    nodes: Vec<&'c Node>,
    /// The first is a field's own.
    has_field: bool,
}

impl<'c> Layers<'c> {
    /// The keys of a field over those of its type.
    pub fn of(field: &'c Node, field_type: Option<&FieldType<'c>>) -> Self {
        let types =
            field_type.into_iter().flat_map(|field_type| field_type.documents.iter().map(|document| &document.node));
        Self { nodes: std::iter::once(field).chain(types).collect(), has_field: true }
    }

    /// The keys of a type alone.
    pub fn of_type(field_type: &FieldType<'c>) -> Self {
        Self { nodes: field_type.documents.iter().map(|document| &document.node).collect(), has_field: false }
    }

    /// The entry of the nearest layer that has the key.
    pub fn entry(&self, key: &str) -> Option<&'c Entry> {
        self.nodes.iter().find_map(|node| node.entry(key))
    }

    /// The value of the nearest layer that has the key.
    pub fn get(&self, key: &str) -> Option<&'c Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of the field itself.
    pub fn own(&self, key: &str) -> Option<&'c Entry> {
        self.nodes.first().filter(|_| self.has_field).and_then(|node| node.entry(key))
    }

    /// The entry of the nearest layer at which the key means single values: beneath the one that makes many of them,
    /// or any where there is one value.
    pub fn of_one(&self, key: &str) -> Option<&'c Entry> {
        self.beneath_many().iter().find_map(|node| node.entry(key))
    }

    /// The entry of the nearest layer at which the key means the list of values.
    pub fn of_list(&self, key: &str) -> Option<&'c Entry> {
        let of_list = self.nodes.len() - self.beneath_many().len();
        self.nodes.iter().take(of_list).find_map(|node| node.entry(key))
    }

    fn beneath_many(&self) -> &[&'c Node] {
        let says = self.nodes.iter().position(|node| node.entry("many").is_some()).filter(|_| self.is("many"));
        self.nodes.get(says.map_or(0, |at| at + 1)..).unwrap_or_default()
    }

    /// Whether they are those of a type alone.
    pub fn is_of_type(&self) -> bool {
        !self.has_field
    }

    /// Whether a boolean key is true in the nearest layer that has it.
    pub fn is(&self, key: &str) -> bool {
        self.get(key).and_then(Node::as_bool).unwrap_or(false)
    }
}

/// Says that a key has no meaning for a type.
pub(super) fn not_for(entry: &Entry, type_name: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        code::KEY_NOT_FOR_TYPE,
        &entry.key.place,
        format!("`{}` has no meaning for a field of type `{type_name}`", entry.key.text),
    )
    .help(why.to_owned())
}
