//! Computed fields that read more than they follow.

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::Source;
use fichero_model::model::Model;

use super::findings::Findings;

/// Warns of every computed field that would not notice a change of what it reads.
pub(super) fn check_all(model: &Model, findings: &mut Findings<'_>) {
    for (_, entity) in model.all_entities() {
        for (_, field) in entity.all_fields() {
            let Source::Compute(expr) = &field.source else { continue };
            let Some((owner, lost)) = expr.reads(model).unfollowed(model) else { continue };
            let message = format!(
                "`{}` does not follow what it reads behind `{}.{}`: it is worked out when its own record is saved",
                field.name, model[owner].name, model[owner][lost].name
            );
            findings.push(Diagnostic::warning(code::NOT_FOLLOWED, &expr.place, message).help(
                "compute it in the record on the way, and read that here; or make it a `formula`, which is worked out when read",
            ));
        }
    }
}
