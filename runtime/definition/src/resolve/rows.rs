//! Rows of other entities: which reference of `lines` and `children` leads back to their parent.

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::kind::Kind;
use fichero_model::model::Model;
use fichero_model::{EntityId, FieldId};

use super::declare::FieldDeclaration;
use super::findings::{Findings, quoted};
use super::kind::Kinds;
use super::types::Word;
use crate::node::Entry;

/// The kind of a `lines` or `children` field, from the references of the rows.
pub(super) fn kind(
    kinds: &Kinds<'_, '_>,
    model: &Model,
    entity: EntityId,
    field: &FieldDeclaration<'_>,
    word: Word,
    findings: &mut Findings<'_>,
) -> Option<Kind> {
    let node = field.node()?;
    let declared = kinds.declared;
    let parent = &declared.entities[entity.index()].name;
    let Some(of_entry) = node.entry("of") else {
        let message = format!("`{}` does not say whose records its rows are", field.name);
        findings.error_with_help(code::MISSING_KEY, &field.place, message, "write `of:` and the name of an entity");
        return None;
    };
    let of = declared.entity_of(&of_entry.value, findings)?;
    let child = &model[of];
    let points_here = |id: FieldId| match &child[id].kind {
        Kind::Ref(reference) => reference.targets.contains(&entity) && !child[id].system && !child[id].many,
        _ => false,
    };
    let by = match node.entry("by") {
        Some(by_entry) => by(of, parent, by_entry, kinds, model, &points_here, findings)?,
        None => {
            let candidates: Vec<FieldId> = child.all_fields().map(|(id, _)| id).filter(|id| points_here(*id)).collect();
            match *candidates {
                [only] => only,
                [] => {
                    if child.fields.iter().any(|field| findings.is_broken(&field.name)) {
                        return None;
                    }
                    findings.push(no_way_back(kinds, of, parent, of_entry, word));
                    return None;
                }
                _ => {
                    let names: Vec<&str> = candidates.iter().map(|id| &*child[*id].name).collect();
                    let message = format!(
                        "`{}` refers to `{parent}` by {}, so `{}` has to say by which",
                        child.name,
                        quoted(&names),
                        field.name
                    );
                    findings.error_with_help(
                        code::LINES_PARENT,
                        &of_entry.value.place,
                        message,
                        format!("write `by: {}` or another of them", names[0]),
                    );
                    return None;
                }
            }
        }
    };
    Some(match word {
        Word::Lines => {
            let Kind::Ref(reference) = &child[by].kind else { return None };
            if reference.targets.len() > 1 {
                let message = format!(
                    "lines belong to one parent, but `{}` of `{}` may refer to several entities",
                    child[by].name, child.name
                );
                findings.error_with_help(
                    code::LINES_PARENT,
                    &of_entry.value.place,
                    message,
                    "use `children`, or give the rows a reference to this entity alone",
                );
                return None;
            }
            Kind::Lines { of, by }
        }
        _ => Kind::Children { of, by },
    })
}

/// The reference that `by` names.
fn by(
    of: EntityId,
    parent: &str,
    entry: &Entry,
    kinds: &Kinds<'_, '_>,
    model: &Model,
    points_here: &dyn Fn(FieldId) -> bool,
    findings: &mut Findings<'_>,
) -> Option<FieldId> {
    let name = entry.value.as_text()?;
    let child = &model[of];
    match kinds.declared.entities[of.index()].field(name) {
        Some(id) if points_here(id) => Some(id),
        Some(_) if findings.is_broken(name) => None,
        Some(id) => {
            let target = Diagnostic::error(
                code::LINES_PARENT,
                &entry.value.place,
                format!("`{name}` of `{}` is no single reference to `{parent}`", child.name),
            )
            .label(&child[id].place, "declared here");
            findings.push(target.help(format!("name a field of `{}` of `type: ref` and `to: {parent}`", child.name)));
            None
        }
        None => {
            let known: Vec<&str> =
                child.all_fields().filter(|(id, _)| points_here(*id)).map(|(_, field)| &*field.name).collect();
            let message = format!("`{}` has no field `{name}` that refers to `{parent}`", child.name);
            findings.unknown(code::LINES_PARENT, &entry.value.place, message, name, known);
            None
        }
    }
}

/// Rows without any reference to their parent, and the line that mends it.
fn no_way_back(kinds: &Kinds<'_, '_>, of: EntityId, parent: &str, of_entry: &Entry, word: Word) -> Diagnostic {
    let child = &kinds.declared.entities[of.index()];
    let rest = if word == Word::Lines { ", required: true, on_delete: cascade" } else { "" };
    Diagnostic::error(
        code::LINES_PARENT,
        &of_entry.value.place,
        format!("`{}` has no reference to `{parent}`, so its records cannot be found from there", child.name),
    )
    .label(&child.document.name_place, format!("`{}` is declared here", child.name))
    .help(format!("add it to the fields of `{}`", child.name))
    .mended(format!("  {parent}: {{type: ref, to: {parent}{rest}}}"))
}
