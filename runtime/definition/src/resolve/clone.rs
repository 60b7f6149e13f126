//! What a copy of a record begins with: whatever may be given and may be the same in two records, unless its field says
//! otherwise.

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Entity, Field, Source};
use fichero_model::kind::Kind;
use fichero_model::{EntityId, FieldId};

use super::context::Context;
use super::findings::Findings;

/// The fields whose value a copy takes over.
pub(super) fn all(cx: &Context<'_>, findings: &mut Findings<'_>) -> Vec<(EntityId, FieldId)> {
    let mut all = Vec::new();
    for (entity, declaration) in cx.declared.all() {
        let definition = &cx.model[entity];
        for (id, field) in definition.all_fields() {
            let entry = declaration.fields.get(id.index()).and_then(|field| field.node()?.entry("clone"));
            let said = entry.and_then(|entry| entry.value.as_bool());
            let is_unique = is_unique(definition, id, field)
                || declaration.fields.get(id.index()).is_some_and(|field| {
                    let unique = field.node().and_then(|node| node.get("unique"));
                    unique.is_some_and(|unique| unique.as_bool() != Some(false))
                });
            if let (Some(entry), Some(true), true) = (entry, said, is_unique) {
                let message = format!("no two records share a `{}`, so that a copy cannot take it over", field.name);
                findings.push(
                    Diagnostic::error(code::CONFLICTING_KEYS, &entry.key.place, message)
                        .help("leave `clone` out: who makes the copy gives it a value of its own"),
                );
            }
            let usual = !is_unique && may_be_alike(field);
            if may_be_taken(field) && said.unwrap_or(usual) {
                all.push((entity, id));
            }
        }
    }
    all
}

/// Whether a copy can be given it at all.
fn may_be_taken(field: &Field) -> bool {
    field.is_input() && !field.readonly && !matches!(field.kind, Kind::File(_) | Kind::Secret { .. })
}

/// Whether two records have it in common where nothing is said: neither what happens once to each, nor what follows by
/// itself.
fn may_be_alike(field: &Field) -> bool {
    !field.once && field.pipeline.is_none() && !matches!(field.source, Source::Compute(_))
}

/// Whether a rule of its own holds it unique.
fn is_unique(definition: &Entity, id: FieldId, field: &Field) -> bool {
    let alone = definition
        .unique
        .iter()
        .any(|unique| unique.fields == [id] && unique.filter.is_none() && unique.overlap.is_none());
    field.unique || field.external || alone
}
