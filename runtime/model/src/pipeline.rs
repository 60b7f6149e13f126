//! Pipelines: the stages a record passes, and which may follow which.

use std::sync::Arc;

use crate::expr::Expr;
use crate::id::{EntityId, FieldId, OptionsId};
use crate::label::Text;
use crate::place::Place;

/// How a record of an entity moves on.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Unique in the model.
    pub name: Arc<str>,
    /// What people call it.
    pub label: Text,
    /// What it is for.
    pub help: Option<Text>,
    /// Whose records move.
    pub entity: EntityId,
    /// The choice field that holds the stage; the pipeline makes it.
    pub field: FieldId,
    /// The stages as options; their attributes include `probability`, `outcome` and `closed` where given.
    pub options: OptionsId,
    /// It governs records for which this holds; several pipelines may share a field when exactly one holds.
    pub condition: Option<Expr>,
    /// The stages in order. The first is that of a new record.
    pub stages: Vec<Stage>,
    /// Where it is declared.
    pub place: Place,
}

/// A stage of a pipeline.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its name, the same as that of its option.
    pub name: Arc<str>,
    /// How it ended, for a stage where it ends.
    pub outcome: Option<Arc<str>>,
    /// The record is done with.
    pub closed: bool,
    /// Fields without which a transition into it is refused.
    pub require: Vec<FieldId>,
    /// The ways to the stages that may follow it; nothing when any may.
    pub next: Option<Vec<Transition>>,
}

/// A way from one stage to another.
#[derive(Clone, Debug)]
pub struct Transition {
    /// The stage it leads to, by its index.
    pub to: usize,
    /// What people call going this way; the label of the stage when nothing.
    pub label: Option<Text>,
    /// What it means to go this way.
    pub help: Option<Text>,
    /// Fields without which it is refused, besides those of the stage.
    pub require: Vec<FieldId>,
}

impl Pipeline {
    /// The stage of that name and its place in the order.
    pub fn stage(&self, name: &str) -> Option<(usize, &Stage)> {
        self.stages.iter().enumerate().find(|(_, stage)| &*stage.name == name)
    }

    /// Whether a record may move from one stage to another.
    pub fn may_move(&self, from: &str, to: &str) -> bool {
        match (self.stage(from), self.stage(to)) {
            (Some((_, stage)), Some(_)) => stage.next.is_none() || self.transition(from, to).is_some(),
            // A record whose stage is gone may move to any that lives.
            (None, Some(_)) => true,
            (_, None) => false,
        }
    }

    /// What is said of the way from one stage to another, where there is one.
    pub fn transition(&self, from: &str, to: &str) -> Option<&Transition> {
        let (to, _) = self.stage(to)?;
        self.stage(from)?.1.next.as_ref()?.iter().find(|transition| transition.to == to)
    }
}
