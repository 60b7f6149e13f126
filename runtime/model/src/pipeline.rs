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
    /// The stages that may follow it, by their index; nothing when any may.
    pub next: Option<Vec<usize>>,
}

impl Pipeline {
    /// The stage of that name and its place in the order.
    pub fn stage(&self, name: &str) -> Option<(usize, &Stage)> {
        self.stages.iter().enumerate().find(|(_, stage)| &*stage.name == name)
    }

    /// Whether a record may move from one stage to another.
    pub fn may_move(&self, from: &str, to: &str) -> bool {
        match (self.stage(from), self.stage(to)) {
            (Some((_, from)), Some((to, _))) => from.next.as_ref().is_none_or(|next| next.contains(&to)),
            // A record whose stage is gone may move to any that lives.
            (None, Some(_)) => true,
            (_, None) => false,
        }
    }
}
