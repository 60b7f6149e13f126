//! Fields from which nothing is taken away (`append_only`): what would take it away by itself is refused here.

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::Field;
use fichero_model::kind::{Kind, OnDelete};

use super::context::Context;
use super::findings::Findings;
use crate::node::Node;

/// Checks all of them.
pub(super) fn check_all(cx: &Context<'_>, findings: &mut Findings<'_>) {
    for (entity, declaration) in cx.declared.all() {
        for (id, field) in cx.model[entity].all_fields().filter(|(_, field)| field.append_only) {
            if let Some(node) = declaration.fields.get(id.index()).and_then(|field| field.node())
                && !findings.is_broken(&field.name)
            {
                check(cx, field, node, findings);
            }
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
        let link = &cx.model[through.entity].name;
        refuse(
            format!("what `{}` refers to is kept by records of `{link}`", field.name),
            format!("write `append_only: true` in `entity: {link}`: its records can then be added, but not taken away"),
        );
    } else if reference.on_delete == OnDelete::Clear {
        refuse(
            format!("`{}` loses what it refers to when that is deleted, so that it is not kept", field.name),
            "write `on_delete: restrict`, which keeps a record that is referred to from being deleted".to_owned(),
        );
    }
}
