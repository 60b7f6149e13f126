//! How an entity comes by its fields: those written, then those that pipelines and references make of it.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::place::Place;
use fichero_model::{EntityId, FieldId};

use super::super::findings::Findings;
use super::{EntityDeclaration, FieldDeclaration, Origin};
use crate::catalog::Document;
use crate::node::Node;

impl<'c> EntityDeclaration<'c> {
    pub(super) fn push(&mut self, field: FieldDeclaration<'c>) {
        self.by_name.insert(Arc::clone(&field.name), FieldId(self.fields.len() as u16));
        self.fields.push(field);
    }

    /// Adds a field unless its name is taken; reserved ones were told.
    pub(super) fn push_new(&mut self, field: FieldDeclaration<'c>, findings: &mut Findings<'_>) {
        match self.by_name.get(&field.name).map(|id| &self.fields[id.index()]) {
            None => self.push(field),
            Some(FieldDeclaration { origin: Origin::Holder(_), .. }) => {
                let message = format!("`{}` already says whose settings a record holds", field.name);
                findings.error_with_help(code::RESERVED_NAME, &field.place, message, "choose another name");
            }
            Some(_) => {}
        }
    }

    pub(super) fn stage(
        &mut self,
        document: &'c Document,
        name: &Arc<str>,
        place: &Place,
        findings: &mut Findings<'_>,
    ) {
        let Some(id) = self.by_name.get(name).copied() else {
            let origin = Origin::Stage { pipelines: vec![document], node: None };
            self.push(FieldDeclaration::made(Arc::clone(name), place, origin));
            return;
        };
        let field = &mut self.fields[id.index()];
        match &mut field.origin {
            Origin::Stage { pipelines, .. } => pipelines.push(document),
            Origin::Written(node) if node.get("type").is_none() && node.get("lookup").is_none() => {
                field.origin = Origin::Stage { pipelines: vec![document], node: Some(node) };
            }
            Origin::System(_) => {
                let message =
                    format!("the field of a pipeline cannot be called `{name}`, which every record has already");
                findings.error_with_help(
                    code::RESERVED_NAME,
                    place,
                    message,
                    "choose another name, such as `stage` or `status`",
                );
            }
            Origin::Written(_) | Origin::Inverse { .. } | Origin::Holder(_) => {
                let message = format!(
                    "the pipeline `{}` makes the field `{name}`, but `{}` has one already",
                    document.name, self.name
                );
                findings
                    .push(Diagnostic::error(code::PIPELINE, place, message).label(&field.place, "declared here").help(
                    format!(
                        "name another field, or leave out its `type:` to let the pipeline make `{name}` in this place"
                    ),
                ));
            }
        }
    }

    pub(super) fn inverse(
        &mut self,
        of: EntityId,
        by: FieldId,
        name: &Arc<str>,
        place: &Place,
        from: (&str, &str),
        findings: &mut Findings<'_>,
    ) {
        let Some(id) = self.by_name.get(name) else {
            let origin = Origin::Inverse { of, by };
            self.push(FieldDeclaration::made(Arc::clone(name), place, origin));
            return;
        };
        let field = &self.fields[id.index()];
        let same = field.node().is_some_and(|node| {
            node.get("of").and_then(Node::as_text).is_some_and(|text| &**text == from.0)
                && node.get("by").and_then(Node::as_text).is_none_or(|text| &**text == from.1)
        });
        if !same {
            let message = format!("`inverse` makes the field `{name}` of `{}`, which has one already", self.name);
            findings
                .push(Diagnostic::error(code::DUPLICATE_NAME, place, message).label(&field.place, "declared here").help(
                format!(
                    "choose another name, or leave `inverse` out and write `{{type: children, of: {}, by: {}}}` there",
                    from.0, from.1
                ),
            ));
        }
    }
}
