//! Where a record stands in its pipeline.

use fichero_engine::read::page::RecordFacts;
use fichero_model::expr::Expr;
use fichero_model::label::Text;
use fichero_model::pipeline::{Pipeline, Stage};
use fichero_model::{EntityId, Model, Ref};

use crate::pages::words::Words;
use crate::ui::context::{Pill, StagePath, Step, StepState};

/// The conditions under which pipelines govern a record, in their order.
pub fn conditions(model: &Model, entity: EntityId) -> impl Iterator<Item = Expr> {
    model.pipelines_of(entity).filter_map(|(_, pipeline)| pipeline.condition.clone())
}

/// The stages of the pipeline that governs a record; nothing when none does. `conditions` are those of [`conditions`].
pub fn path(
    words: &Words<'_>,
    record: Ref,
    facts: &RecordFacts,
    mut conditions: impl Iterator<Item = bool>,
    may_move: bool,
) -> Option<StagePath> {
    let governs = |pipeline: &Pipeline, conditions: &mut dyn Iterator<Item = bool>| {
        pipeline.condition.is_none() || conditions.next().unwrap_or(false)
    };
    let mut pipelines = words.model.pipelines_of(record.entity).map(|(_, pipeline)| pipeline);
    let pipeline = pipelines.find(|pipeline| governs(pipeline, &mut conditions))?;
    let field = &words.model[record.entity][pipeline.field];
    let current = facts.values.get(pipeline.field.index()).and_then(|value| value.as_text()).unwrap_or_default();
    let at = pipeline.stage(current).map(|(at, _)| at);
    let step = |(index, stage): (usize, &Stage)| {
        let Pill { text, help, icon, .. } = words.option(pipeline.options, &stage.name);
        let way = pipeline.transition(current, &stage.name);
        let said = |text: Option<&Text>| text.map(|text| words.label(text).to_owned());
        // Going there may be called otherwise than being there.
        let label = said(way.and_then(|way| way.label.as_ref())).unwrap_or(text);
        let help = said(way.and_then(|way| way.help.as_ref())).or(help);
        let open = may_move && at != Some(index) && pipeline.may_move(current, &stage.name);
        Step { value: stage.name.to_string(), label, help, icon, state: state(at, index, stage), open }
    };
    Some(StagePath {
        label: words.label(&field.label).to_owned(),
        help: pipeline.help.as_ref().map(|help| words.label(help).to_owned()),
        action: format!("{}/transition?field={}", words.href(record), field.name),
        version: facts.version.to_string(),
        steps: pipeline.stages.iter().enumerate().map(step).collect(),
    })
}

/// An end that was not reached lies ahead, wherever in the order it stands.
fn state(current: Option<usize>, index: usize, stage: &Stage) -> StepState {
    let is_end = stage.closed || stage.outcome.is_some();
    match current {
        Some(at) if at == index && stage.outcome.as_deref() == Some("lost") => StepState::Lost,
        Some(at) if at == index && is_end => StepState::Won,
        Some(at) if at == index => StepState::Current,
        Some(at) if index < at && !is_end => StepState::Done,
        _ => StepState::Ahead,
    }
}
