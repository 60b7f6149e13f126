//! Options of choices, and the attributes that their extra keys become.

use std::sync::Arc;

use fichero_model::Value;
use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Attribute, Choice, Options};
use fichero_model::kind::Type;
use fichero_model::name;
use rust_decimal::Decimal;

use super::findings::{Findings, quoted};
use super::former::{self, Named};
use super::text;
use super::time;
use crate::catalog::Catalog;
use crate::check::is_map_of_locales;
use crate::node::{Entry, Node};
use crate::shape::Keys;
use crate::shape::field::OPTION;

/// Decodes every `options` document; the place in the list is its id.
pub(super) fn documents(catalog: &Catalog, findings: &mut Findings<'_>) -> Vec<Options> {
    catalog
        .of_kind("options")
        .map(|document| {
            let values: Vec<&Entry> = document.node.get("values").into_iter().flat_map(Node::entries).collect();
            set(
                Arc::clone(&document.name),
                &values,
                &Vocabulary { keys: &OPTION, fixed: &[], what: "option" },
                findings,
            )
        })
        .collect()
}

/// What the keys of an option mean.
pub(super) struct Vocabulary<'v> {
    /// Keys that are no attributes.
    pub keys: &'v Keys,
    /// Attributes that are always there, given or not.
    pub fixed: &'v [Attribute],
    /// What one of them is called.
    pub what: &'static str,
}

/// Decodes named options.
pub(super) fn set(
    name: Arc<str>,
    entries: &[&Entry],
    vocabulary: &Vocabulary<'_>,
    findings: &mut Findings<'_>,
) -> Options {
    let attributes: Vec<Attribute> =
        vocabulary.fixed.iter().cloned().chain(attributes(entries, vocabulary, findings)).collect();
    let named: Vec<Named<'_>> = entries
        .iter()
        .map(|entry| Named { name: &entry.key.text, place: &entry.key.place, node: Some(&entry.value) })
        .collect();
    former::check(&named, vocabulary.what, findings);
    let mut options = Vec::new();
    for entry in entries {
        let values = attributes.iter().map(|attribute| {
            let given = entry.value.get(&attribute.name).and_then(|node| value(node, &attribute.ty));
            given.unwrap_or(if attribute.ty == Type::Boolean { Value::Boolean(false) } else { Value::Nothing })
        });
        options.push(Choice {
            name: Arc::clone(&entry.key.text),
            was: former::names(&entry.value),
            label: text::label(entry.value.get("label"), &entry.key.text, findings),
            help: text::optional(entry.value.get("help"), findings),
            icon: entry.value.get("icon").and_then(Node::as_text).cloned(),
            color: entry.value.get("color").and_then(Node::as_text).cloned(),
            retired: is_retired(&entry.value),
            attributes: values.collect(),
        });
    }
    Options { name, options, attributes }
}

fn is_retired(node: &Node) -> bool {
    node.get("retired").and_then(Node::as_bool).unwrap_or(false)
}

/// The extra keys that every living option gives, of one type. Any other is taken for a slip.
fn attributes(entries: &[&Entry], vocabulary: &Vocabulary<'_>, findings: &mut Findings<'_>) -> Vec<Attribute> {
    let is_fixed = |name: &str| vocabulary.fixed.iter().any(|attribute| &*attribute.name == name);
    let mut names: Vec<&Arc<str>> = Vec::new();
    // A bare map of locales was told to be no map of keys.
    let maps = entries.iter().map(|entry| &entry.value).filter(|value| !is_map_of_locales(value));
    for key in maps.flat_map(Node::entries).map(|entry| &entry.key) {
        if vocabulary.keys.find(&key.text).is_none() && !is_fixed(&key.text) && !names.contains(&&key.text) {
            names.push(&key.text);
        }
    }
    names.into_iter().filter_map(|name| attribute(name, entries, vocabulary, findings)).collect()
}

fn attribute(
    attribute: &Arc<str>,
    entries: &[&Entry],
    vocabulary: &Vocabulary<'_>,
    findings: &mut Findings<'_>,
) -> Option<Attribute> {
    let living: Vec<&Entry> = entries.iter().copied().filter(|entry| !is_retired(&entry.value)).collect();
    let given: Vec<&Entry> = living.iter().filter_map(|option| option.value.entry(attribute)).collect();
    let missing: Vec<&str> =
        living.iter().filter(|option| option.value.get(attribute).is_none()).map(|option| &*option.key.text).collect();
    let first = entries.iter().find_map(|option| option.value.entry(attribute))?;
    if !missing.is_empty() {
        let diagnostic = not_given_everywhere(first, &missing, living.len(), vocabulary, findings);
        findings.push(diagnostic);
        return None;
    }
    let mut ty: Option<Type> = None;
    for entry in &given {
        let Some(own) = type_of(&entry.value) else {
            findings.error_with_help(
                code::ATTRIBUTE,
                &entry.value.place,
                format!("the attribute `{attribute}` is {}, but attributes are single values", entry.value.what()),
                "give a text, a number, `true` or `false`, or a date",
            );
            return None;
        };
        ty = match (ty, own) {
            (None, own) => Some(own),
            (Some(Type::Integer | Type::Decimal), Type::Decimal) | (Some(Type::Decimal), Type::Integer) => {
                Some(Type::Decimal)
            }
            (Some(before), own) if before == own => Some(own),
            (Some(_), _) => {
                findings.push(
                    Diagnostic::error(
                        code::ATTRIBUTE,
                        &entry.value.place,
                        format!(
                            "the attribute `{attribute}` is {} here and {} elsewhere",
                            entry.value.what(),
                            first.value.what()
                        ),
                    )
                    .label(&first.value.place, "first given here")
                    .help("an attribute has one type for all options; quote numbers that are meant as texts"),
                );
                return None;
            }
        };
    }
    ty.map(|ty| Attribute { name: Arc::clone(attribute), ty })
}

fn not_given_everywhere(
    first: &Entry,
    missing: &[&str],
    living: usize,
    vocabulary: &Vocabulary<'_>,
    findings: &Findings<'_>,
) -> Diagnostic {
    let (name, what) = (&*first.key.text, vocabulary.what);
    let known =
        vocabulary.keys.iter().map(|key| key.name).chain(vocabulary.fixed.iter().map(|attribute| &*attribute.name));
    if let Some(near) = name::did_you_mean(name, known) {
        let diagnostic = Diagnostic::error(code::ATTRIBUTE, &first.key.place, format!("no {what} has a key `{name}`"))
            .help(format!(
                "did you mean `{near}`? A key of your own becomes an attribute when every living {what} gives it"
            ));
        return match findings.mended(&first.key.place, name, near) {
            Some(line) => diagnostic.mended(line),
            None => diagnostic,
        };
    }
    let shown = &missing[..missing.len().min(5)];
    let more =
        if missing.len() > shown.len() { format!(" and {} more", missing.len() - shown.len()) } else { String::new() };
    Diagnostic::error(
        code::ATTRIBUTE,
        &first.key.place,
        format!(
            "`{name}` is given by {} of {living} {what}s, so it is neither a key nor an attribute",
            living - missing.len()
        ),
    )
    .help(format!("give it to {}{more} too, or correct the key", quoted(shown)))
}

/// The type of a literal that stands for itself.
fn type_of(node: &Node) -> Option<Type> {
    let text = node.as_text()?;
    Some(if node.as_bool().is_some() {
        Type::Boolean
    } else if node.as_integer().is_some() {
        Type::Integer
    } else if node.as_decimal().is_some() {
        Type::Decimal
    } else if time::date(text).is_some() {
        Type::Date
    } else {
        Type::Text
    })
}

/// A literal as a value of an attribute's type.
fn value(node: &Node, ty: &Type) -> Option<Value> {
    match ty {
        Type::Boolean => node.as_bool().map(Value::Boolean),
        Type::Integer => node.as_integer().map(Value::Integer),
        Type::Decimal => node.as_decimal().and_then(|text| text.parse::<Decimal>().ok()).map(Value::Decimal),
        Type::Date => node.as_text().and_then(|text| time::date(text)).map(Value::Date),
        _ => node.as_text().map(|text| Value::text(text)),
    }
}
