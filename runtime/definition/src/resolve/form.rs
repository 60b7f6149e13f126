//! Forms: the sections of a record's page and what stands in them.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::expr::Scope;
use fichero_model::page::{Form, Placed, Section};
use fichero_model::{EntityId, FieldId};

use super::context::Context;
use super::findings::Findings;
use super::value::unknown_field;
use super::view::left_out;
use super::{expression, text};
use crate::catalog::Document;
use crate::node::{Entry, Node};

/// Compiles all forms.
pub(super) fn all(cx: &Context<'_>, findings: &mut Findings<'_>) -> Vec<Form> {
    cx.catalog.of_kind("form").filter_map(|document| form(cx, document, findings)).collect()
}

fn form(cx: &Context<'_>, document: &Document, findings: &mut Findings<'_>) -> Option<Form> {
    // Forms for the public are told as not yet possible; their sections follow other rules.
    if ["public", "record"].iter().any(|key| document.node.get(key).is_some()) {
        return None;
    }
    let entity = match document.node.get("entity") {
        Some(node) => cx.declared.entity_of(node, findings)?,
        None => match cx.declared.find(&document.name) {
            Some(entity) => entity,
            None => {
                let known = cx.model.entities.iter().map(|entity| &*entity.name);
                let message = format!("the form `{}` is named after no entity, and says none", document.name);
                findings.unknown(code::FORM, &document.name_place, message, &document.name, known);
                return None;
            }
        },
    };
    let mut placed: Vec<(FieldId, &Entry)> = Vec::new();
    let sections = document.node.get("layout").map(Node::entries).unwrap_or_default();
    let sections = sections.iter().map(|entry| section(cx, document, entity, entry, &mut placed, findings)).collect();
    Some(Form {
        name: Arc::clone(&document.name),
        entity,
        label: text::optional(document.node.get("label"), findings),
        help: text::optional(document.node.get("help"), findings),
        sections,
        place: document.name_place.clone(),
    })
}

fn section<'e>(
    cx: &Context<'_>,
    document: &Document,
    entity: EntityId,
    entry: &'e Entry,
    placed: &mut Vec<(FieldId, &'e Entry)>,
    findings: &mut Findings<'_>,
) -> Section {
    let node = &entry.value;
    let scope = Scope::row(cx.model, entity);
    let mut fields = Vec::new();
    for named in node.get("fields").map(Node::entries).unwrap_or_default() {
        let name = &*named.key.text;
        let Some(id) = cx.model[entity].field_at(name) else {
            match cx.removed(entity, name) {
                Some(removed) => {
                    findings.push(left_out(name, &named.key.place, removed, &format!("the form `{}`", document.name)))
                }
                None => unknown_field(&cx.model[entity], name, &named.key.place, findings),
            }
            continue;
        };
        match placed.iter().find(|(other, _)| *other == id) {
            Some((_, other)) => findings.push(
                Diagnostic::error(
                    code::FORM,
                    &named.key.place,
                    format!("the form `{}` shows `{name}` twice", document.name),
                )
                .label(&other.key.place, "shown here already")
                .help("leave it out of one section"),
            ),
            None => {
                placed.push((id, named));
                let said = &named.value;
                let flag = |key: &str| said.get(key).and_then(Node::as_bool).unwrap_or(false);
                fields.push(Placed {
                    field: id,
                    label: text::optional(said.get("label"), findings),
                    help: text::optional(said.get("help"), findings),
                    readonly: flag("readonly"),
                    wide: flag("wide"),
                    widget: said.get("widget").and_then(Node::as_text).cloned(),
                    visible_if: said
                        .get("visible_if")
                        .and_then(|condition| expression::condition(condition, &scope, findings)),
                });
            }
        }
    }
    let columns = node.get("columns").and_then(Node::as_integer).and_then(|columns| u8::try_from(columns).ok());
    Section {
        name: Arc::clone(&entry.key.text),
        title: text::optional(node.get("title"), findings),
        help: text::optional(node.get("help"), findings),
        columns: columns.unwrap_or(1),
        tab: node.get("tab").and_then(Node::as_bool).unwrap_or(false),
        fields,
        visible_if: node.get("visible_if").and_then(|condition| expression::condition(condition, &scope, findings)),
    }
}
