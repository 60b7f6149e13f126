//! The stage of a record: which pipeline it goes through, where it begins, and which stage may follow which.
//!
//! Several pipelines may share a field; the conditions of them all are asked again once rules have run, for a rule may
//! have changed which of them holds.

use std::sync::Arc;

use fichero_model::expr::{Expr, Row};
use fichero_model::id::PipelineId;
use fichero_model::label::Text;
use fichero_model::pipeline::Pipeline;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Model};

use super::check::is_empty;
use super::draft::Draft;
use super::work::Work;
use crate::command::Mode;
use crate::message::Argument;
use crate::refusal::Refusal;
use crate::value::check::about;

/// The pipeline whose stages a draft may have in a field; nothing where none holds, or the field has none.
///
/// # Errors
/// When the definition fails.
pub fn governing<'m>(
    work: &Work<'_>,
    model: &'m Model,
    draft: &Draft,
    field: FieldId,
) -> Result<Option<&'m Pipeline>, Refusal> {
    let holding = holding(model, draft.entity, field, |expr| draft.holds(work, expr, &[], None))?;
    Ok(holding.map(|pipeline| &model[pipeline]))
}

/// The first pipeline of a field that holds.
fn holding(
    model: &Model,
    entity: EntityId,
    field: FieldId,
    holds: impl Fn(&Expr) -> Result<bool, Refusal>,
) -> Result<Option<PipelineId>, Refusal> {
    if model[entity][field].pipeline.is_none() {
        return Ok(None);
    }
    for (id, pipeline) in model.pipelines_of(entity).filter(|(_, pipeline)| pipeline.field == field) {
        if pipeline.condition.as_ref().map_or(Ok(true), &holds)? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Lets a draft enter its pipelines; tells whether that changed it.
///
/// # Errors
/// When a definition fails.
pub fn enter_all(work: &Work<'_>, draft: &mut Draft) -> Result<bool, Refusal> {
    let model = Arc::clone(&work.live.model);
    let mut changed = false;
    for (id, _) in model[draft.entity].all_fields().filter(|(_, field)| field.pipeline.is_some()) {
        changed |= enter(work, draft, id)?;
    }
    Ok(changed)
}

/// A record without a stage begins in the first one, and so does one that came to another pipeline, where that has not
/// the stage it is in; one that no pipeline is for any more has no stage. The writer's word goes before all of that, and
/// is checked later.
///
/// # Errors
/// When a definition fails.
pub fn enter(work: &Work<'_>, draft: &mut Draft, field: FieldId) -> Result<bool, Refusal> {
    let model = Arc::clone(&work.live.model);
    let now = holding(&model, draft.entity, field, |expr| draft.holds(work, expr, &[], None))?;
    let looked_at = draft.governed.iter().find(|(known, _)| *known == field).map(|(_, before)| *before);
    let before = match (looked_at, &draft.old) {
        (Some(before), _) => before,
        (None, Some(old)) => before(work, old, field)?,
        (None, None) => None,
    };
    draft.governed.retain(|(known, _)| *known != field);
    draft.governed.push((field, now));
    let held = draft.row.get(field);
    let is_said = draft.given.contains(&field) && (held.is_nothing() || draft.changes(field));
    let pipeline = now.map(|pipeline| &model[pipeline]);
    let begins = match (pipeline, held.as_text()) {
        _ if is_said => return Ok(false),
        (None, None) => return Ok(false),
        (Some(_), None) => true,
        (None, Some(_)) => before.is_some(),
        (Some(pipeline), Some(stage)) => before != now && pipeline.stage(stage).is_none(),
    };
    if begins {
        let first = pipeline.and_then(|pipeline| pipeline.stages.first());
        draft.set(field, first.map_or(Value::Nothing, |stage| Value::Text(Arc::clone(&stage.name))));
    }
    Ok(begins)
}

/// The pipeline that a record went through before the command.
fn before(work: &Work<'_>, old: &Arc<Row>, field: FieldId) -> Result<Option<PipelineId>, Refusal> {
    holding(&work.live.model, old.entity, field, |expr| Ok(work.eval_before(expr, old)?.is_true()))
}

/// A record is in a stage of the pipeline that holds. A stage may only follow one that allows it, and only with what it
/// requires; what is loaded is in its stage already.
///
/// # Errors
/// When a definition fails or the database cannot be read. What is wrong is in the draft's errors.
pub fn check(work: &Work<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    let model = Arc::clone(&work.live.model);
    for (id, field) in model[draft.entity].all_fields().filter(|(_, field)| field.pipeline.is_some()) {
        // Of one that was emptied it is said already that it is required.
        if !draft.changes(id) || draft.errors.iter().any(|error| error.field == *field.name) {
            continue;
        }
        let to = draft.row.get(id).as_text().unwrap_or_default().to_owned();
        let Some(pipeline) = governing(work, &model, draft, id)? else {
            if !to.is_empty() {
                draft.error(work, id, about(field, "not_option", [Argument::from(&*to)]));
            }
            continue;
        };
        let from = draft.old.as_ref().and_then(|old| old.get(id).as_text().map(str::to_owned));
        if let Some(from) = &from
            && work.mode == Mode::Live
            && !pipeline.may_move(from, &to)
        {
            let label = |stage: &str| Argument::from(&label(&model, pipeline, stage));
            draft.error(work, id, about(field, "transition", [label(from), label(&to)]));
        } else if pipeline.stage(&to).is_none() {
            draft.error(work, id, about(field, "not_option", [Argument::from(&*to)]));
        } else if work.mode == Mode::Live {
            check_required(work, draft, pipeline, from.as_deref(), &to)?;
        }
    }
    Ok(())
}

/// What a stage, and the way to it, ask for.
fn check_required(
    work: &Work<'_>,
    draft: &mut Draft,
    pipeline: &Pipeline,
    from: Option<&str>,
    to: &str,
) -> Result<(), Refusal> {
    let model = Arc::clone(&work.live.model);
    let of_stage = pipeline.stage(to).map(|(_, stage)| &stage.require);
    let of_way = from.and_then(|from| pipeline.transition(from, to)).map(|way| &way.require);
    let mut required: Vec<FieldId> = of_stage.into_iter().flatten().copied().collect();
    required
        .extend(of_way.into_iter().flatten().filter(|field| !required.contains(field)).copied().collect::<Vec<_>>());
    for missing in required {
        let wanted = &model[draft.entity][missing];
        if is_empty(work, draft, missing, wanted)? && draft.is_shown(work, wanted)? {
            let (_, message) = about(wanted, "stage_requires", [Argument::from(&label(&model, pipeline, to))]);
            draft.error(work, missing, ("required", message));
        }
    }
    Ok(())
}

fn label(model: &Model, pipeline: &Pipeline, stage: &str) -> Text {
    match model[pipeline.options].find(stage) {
        Some(option) => option.label.clone(),
        None => Text::from_name(stage),
    }
}
