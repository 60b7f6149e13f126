//! What nothing is taken away from (`append_only`): what would take it away by itself is refused here.

use fichero_model::EntityId;
use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::Field;
use fichero_model::kind::{Kind, OnDelete, Reference};
use fichero_model::place::Place;

use super::context::Context;
use super::declare::{EntityDeclaration, FieldDeclaration};
use super::findings::Findings;
use crate::node::Node;

/// What keeps a reference as it is.
const RESTRICT: &str = "write `on_delete: restrict`, which keeps a record that is referred to from being deleted";

/// Checks all of it.
pub(super) fn check_all(cx: &Context<'_>, findings: &mut Findings<'_>) {
    for (entity, declaration) in cx.declared.all() {
        for (id, field) in cx.model[entity].all_fields().filter(|(_, field)| field.append_only) {
            if let Some(node) = declaration.fields.get(id.index()).and_then(|field| field.node())
                && !findings.is_broken(&field.name)
            {
                check(cx, field, node, findings);
            }
        }
        if let Some(since) = cx.model.append_only_since(entity) {
            check_records(cx, entity, declaration, since, findings);
        }
    }
}

fn check(cx: &Context<'_>, field: &Field, node: &Node, findings: &mut Findings<'_>) {
    let Some(entry) = node.entry("append_only") else { return };
    let mut refuse = |message: String, help: String| {
        findings.push(Diagnostic::error(code::CONFLICTING_KEYS, &entry.key.place, message).help(help));
    };
    for source in ["compute", "copy"] {
        if node.entry(source).is_some() {
            refuse(
                format!("`{}` follows its `{source}`, so what it holds cannot be kept from changing", field.name),
                format!("leave out `append_only`, or write `default: =…` in place of `{source}`"),
            );
        }
    }
    if field.once {
        refuse(
            format!("`{}` is given once and never changed, so that `append_only` adds nothing", field.name),
            "leave one of them out".to_owned(),
        );
    }
    let Kind::Ref(reference) = &field.kind else { return };
    if let Some(through) = reference.through {
        let (message, help) = kept_by_links(&field.name, &cx.model[through.entity].name);
        refuse(message, help);
    } else if reference.on_delete == OnDelete::Clear {
        refuse(cleared(&field.name), RESTRICT.to_owned());
    }
}

/// The references of records that are only added. What a line belongs to takes the line along.
fn check_records(
    cx: &Context<'_>,
    entity: EntityId,
    declaration: &EntityDeclaration<'_>,
    since: &Place,
    findings: &mut Findings<'_>,
) {
    let definition = &cx.model[entity];
    for (id, field) in definition.all_fields() {
        let is_parent = definition.line_of.is_some_and(|line| line.by == id);
        let node = declaration.fields.get(id.index()).and_then(FieldDeclaration::node);
        let (Kind::Ref(reference), Some(node), false) = (&field.kind, node, is_parent) else { continue };
        let Some((message, help)) = loss(cx, &definition.name, field, reference) else { continue };
        if findings.is_broken(&field.name) {
            continue;
        }
        let place = node.entry("on_delete").map_or(&field.place, |entry| &entry.key.place);
        findings.push(
            Diagnostic::error(code::CONFLICTING_KEYS, place, message)
                .label(since, format!("`append_only` here keeps records of `{}` as they are", definition.name))
                .help(help),
        );
    }
}

/// How a record that is only added would be changed or deleted with what one of its references leads to, and what to
/// write instead. What a field with an `append_only` of its own loses was told there.
fn loss(cx: &Context<'_>, entity: &str, field: &Field, reference: &Reference) -> Option<(String, String)> {
    match (reference.through, reference.on_delete) {
        (Some(through), _) if !field.append_only && !cx.model.is_append_only(through.entity) => {
            Some(kept_by_links(&field.name, &cx.model[through.entity].name))
        }
        (None, OnDelete::Cascade) => {
            let message = format!("a record of `{entity}` is deleted with what its `{}` refers to", field.name);
            Some((message, RESTRICT.to_owned()))
        }
        (None, OnDelete::Clear) if !field.append_only => Some((cleared(&field.name), RESTRICT.to_owned())),
        (Some(_), _) | (None, OnDelete::Clear | OnDelete::Restrict) => None,
    }
}

fn cleared(field: &str) -> String {
    format!("`{field}` loses what it refers to when that is deleted, so that it is not kept")
}

fn kept_by_links(field: &str, link: &str) -> (String, String) {
    (
        format!("what `{field}` refers to is kept by records of `{link}`"),
        format!("write `append_only: true` in `entity: {link}`: its records can then be added, but not taken away"),
    )
}
