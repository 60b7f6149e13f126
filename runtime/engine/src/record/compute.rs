//! Computed fields of a draft: formulas that are stored, computes that nobody has overridden, shared currencies.

use std::sync::Arc;

use fichero_model::FieldId;
use fichero_model::entity::Source;
use fichero_model::kind::{Kind, MoneyCurrency};
use fichero_model::value::Value;

use super::draft::Draft;
use super::work::Work;
use crate::refusal::Refusal;

/// Refreshes them, each after what it reads. A value that cannot be kept is the writer's to see.
///
/// # Errors
/// When a definition fails.
pub fn refresh(work: &Work<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    each(work, draft, &mut |_, refusal| Err(refusal))
}

/// The same for an old record: a definition that fails leaves its field as it was, and the others are refreshed all the
/// same. Gives what failed.
///
/// # Errors
/// When the database cannot be read.
pub fn refresh_what_can_be(work: &Work<'_>, draft: &mut Draft) -> Result<Vec<(FieldId, Refusal)>, Refusal> {
    let mut faults = Vec::new();
    each(work, draft, &mut |field, refusal| {
        faults.push((field, refusal));
        Ok(())
    })?;
    Ok(faults)
}

fn each(
    work: &Work<'_>,
    draft: &mut Draft,
    failed: &mut dyn FnMut(FieldId, Refusal) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let model = Arc::clone(&work.live.model);
    let definition = &model[draft.entity];
    share_currencies(work, draft)?;
    for id in &definition.compute_order {
        let field = &definition[*id];
        let expr = match &field.source {
            Source::Compute(expr) if !draft.row.overridden.contains(id) => expr,
            Source::Formula { value, stored: true } => value,
            _ => continue,
        };
        let value = match draft.work_out(work, field, expr, &[]) {
            Ok(value) => value,
            Err(refusal) => {
                failed(*id, refusal)?;
                continue;
            }
        };
        match draft.kept(work, *id, value)? {
            Ok(value) => draft.set(*id, value),
            Err(problem) => draft.error(work, *id, problem),
        }
    }
    Ok(())
}

/// Money whose currency is that of another field follows it: the amount stays, its worth in base is worked out anew.
fn share_currencies(work: &Work<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    let model = Arc::clone(&work.live.model);
    for (id, field) in model[draft.entity].all_fields() {
        if let (Kind::Money { currency: MoneyCurrency::Shared(_) }, Value::Money(money)) =
            (&field.kind, draft.row.get(id).clone())
        {
            let currency = super::money::default_currency(work, draft, id)?;
            if currency != money.currency {
                match super::money::given(work, draft, id, Some(Some(money.amount)), Some(currency))? {
                    Ok(value) => draft.set(id, value),
                    Err(problem) => draft.error(work, id, problem),
                }
            }
        }
    }
    Ok(())
}
