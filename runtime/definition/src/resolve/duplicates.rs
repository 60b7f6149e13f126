//! Rules by which two records are likely the same.

use std::sync::Arc;

use fichero_model::EntityId;
use fichero_model::code;
use fichero_model::duplicate::{By, Duplicates, Match, OnCreate, SIMILAR};
use fichero_model::entity::Field;
use fichero_model::kind::Kind;
use fichero_model::likeness::Aside;

use super::context::Context;
use super::findings::Findings;
use super::keys;
use crate::node::{Entry, Node};

/// At most so many are shown where nothing is said.
const LIMIT: usize = 5;

/// The rules of an entity.
pub(super) fn all(cx: &Context<'_>, entity: EntityId, findings: &mut Findings<'_>) -> Vec<Duplicates> {
    let document = cx.declared.entities[entity.index()].document;
    let entries = document.node.get("duplicates").map(Node::entries).unwrap_or_default();
    entries.iter().filter_map(|entry| one(cx, entity, entry, findings)).collect()
}

fn one(cx: &Context<'_>, entity: EntityId, entry: &Entry, findings: &mut Findings<'_>) -> Option<Duplicates> {
    let (node, what) = (&entry.value, format!("the search for duplicates `{}`", entry.key.text));
    let given = node.get("match").map(Node::entries).unwrap_or_default();
    let mut matches = Vec::with_capacity(given.len());
    for field in given {
        matches.extend(compared(cx, entity, field, &what, findings));
    }
    let filter = keys::filter(cx, entity, node.get("where"), &what, findings);
    if given.is_empty() {
        findings.error_with_help(
            code::UNIQUE_FIELDS,
            &entry.key.place,
            format!("{what} compares no fields"),
            "write `match:` and one field or more, each with `equal`, `similar`, `phone` or `mail_domain`",
        );
    }
    (!matches.is_empty() && matches.len() == given.len()).then(|| Duplicates {
        name: Arc::clone(&entry.key.text),
        matches,
        filter,
        on_create: match node.get("on_create").and_then(Node::as_text).map(|word| &**word) {
            Some("refuse") => OnCreate::Refuse,
            _ => OnCreate::Warn,
        },
        limit: node
            .get("limit")
            .and_then(Node::as_integer)
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(LIMIT),
        place: entry.key.place.clone(),
    })
}

fn compared(
    cx: &Context<'_>,
    entity: EntityId,
    entry: &Entry,
    what: &str,
    findings: &mut Findings<'_>,
) -> Option<Match> {
    let id = cx.field_named(entity, &entry.key.text, &entry.key.place, findings)?;
    if !keys::check_stored(cx, entity, id, &entry.key.place, what, findings) {
        return None;
    }
    let (field, node) = (&cx.model[entity][id], &entry.value);
    let word = node.get("by").and_then(Node::as_text)?;
    let by = match &**word {
        "equal" => By::Equal,
        _ if !is_text(field) => {
            findings.error_with_help(
                code::UNIQUE_FIELDS,
                &entry.key.place,
                format!("{what} compares `{}` by `{word}`, but it is no text", field.name),
                "compare it by `equal`, or name a text",
            );
            return None;
        }
        "similar" => {
            let percent = node.get("at_least").and_then(Node::as_integer).and_then(|given| u8::try_from(given).ok());
            By::Similar { percent: percent.unwrap_or(SIMILAR), aside: aside(cx, node, findings) }
        }
        "phone" => By::Phone,
        "mail_domain" => By::MailDomain { aside: aside(cx, node, findings) },
        // Another word was told of by the shape.
        _ => return None,
    };
    let takes: &[&str] = match by {
        By::Equal | By::Phone => &[],
        By::Similar { .. } => &["at_least", "except"],
        By::MailDomain { .. } => &["except"],
    };
    for other in ["at_least", "except"].iter().filter(|key| !takes.contains(key)).filter_map(|key| node.entry(key)) {
        findings.error_with_help(
            code::CONFLICTING_KEYS,
            &other.key.place,
            format!("`{}` means nothing to what is compared by `{word}`", other.key.text),
            "leave it out",
        );
    }
    Some(Match { field: id, by })
}

fn is_text(field: &Field) -> bool {
    matches!(field.kind, Kind::Text { .. })
}

/// The texts of options in all of their languages.
fn aside(cx: &Context<'_>, node: &Node, findings: &mut Findings<'_>) -> Aside {
    let Some((named, name)) = node.get("except").and_then(|named| Some((named, named.as_text()?))) else {
        return Aside::default();
    };
    let documents: Vec<&str> = cx.catalog.of_kind("options").map(|document| &*document.name).collect();
    let Some(at) = documents.iter().position(|known| *known == &**name) else {
        let message = format!("there is no document `options: {name}`");
        findings.unknown(code::UNKNOWN_REFERENCE, &named.place, message, name, documents);
        return Aside::default();
    };
    let options = cx.model.options.get(at).map(|set| &set.options[..]).unwrap_or_default();
    Aside::of(options.iter().flat_map(|option| option.label.all()).map(|(_, text)| &**text))
}
