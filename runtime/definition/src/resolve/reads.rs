//! What the value of an expression depends on, as far as definitions are judged by it.

use std::collections::BTreeSet;

use fichero_model::expr::Expr;
use fichero_model::expr::reads::Root;
use fichero_model::model::Model;
use fichero_model::{EntityId, FieldId};

/// What the value of an expression depends on.
#[derive(Debug, Default)]
pub(super) struct Reads {
    /// Fields of the row at hand.
    pub own: BTreeSet<FieldId>,
    /// Fields of other rows, reached by references, lines or children.
    pub other: BTreeSet<(EntityId, FieldId)>,
    /// The time it is.
    pub time: bool,
    /// The rules of the workspace's zone.
    pub zone: bool,
    /// Who acts, with their roles and settings.
    pub actor: bool,
}

impl Reads {
    /// What an expression over a row depends on. Fields that the model knows as computed when read are looked through.
    pub fn of(expr: &Expr, model: &Model) -> Self {
        let found = expr.reads(model);
        let mut reads = Self { time: found.now, zone: found.zone, actor: found.me, ..Self::default() };
        reads.own.extend(&found.changed);
        for path in &found.paths {
            let fields = path.hops.iter().map(|hop| hop.fields.iter().copied());
            match path.root {
                Root::This | Root::Record | Root::Old => {
                    let mut hops = fields;
                    reads.own.extend(hops.next().into_iter().flatten().map(|(_, field)| field));
                    reads.other.extend(hops.flatten());
                }
                Root::Me | Root::Settings(_) => {
                    reads.actor = true;
                    reads.other.extend(fields.flatten());
                }
                Root::Local(_) => reads.other.extend(fields.flatten()),
            }
        }
        reads
    }
}
