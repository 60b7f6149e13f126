//! Hierarchies: whether a record is another one or lies anywhere below it.

use fichero_model::entity::System;
use fichero_model::expr::Node;
use fichero_model::{EntityId, FieldId};

use super::{Condition, Lowering, Operand, Repr};
use crate::Error;

impl Lowering<'_, '_> {
    /// When a record is `top` or lies below it, or does not. From a top that is known beforehand all that lies below it is
    /// found once; else it is asked of each record what lies above it.
    pub(super) fn under(
        &mut self,
        record: &Node,
        top: &Node,
        (entity, parent): (EntityId, FieldId),
        wanted: bool,
    ) -> Result<Condition, Error> {
        let (below, above) = (self.value(record)?, self.value(top)?);
        if below.is_nothing() || above.is_nothing() {
            return Ok(Condition::Always(!wanted));
        }
        let (own, other) = (self.written(&below, Repr::Id)?, self.written(&above, Repr::Id)?);
        let table = self.tables.table(entity);
        let Some(parent) = table.field(parent) else {
            return Err(self.unportable(record, "the reference to the record above is not stored"));
        };
        let (table, id, parent) = (&table.quoted, table.system(System::Id), &*parent.value);
        let (way, step) = (self.alias(), self.alias());
        let (item, from, given, met) = match &above {
            Operand::Constant(_) => (&own, &other, id, parent),
            Operand::Sql(_) => (&other, &own, parent, id),
        };
        // `UNION` passes each record once, so that a circle of old ends too.
        let ways = format!(
            "WITH RECURSIVE {way}(id) AS (SELECT {from} UNION SELECT {step}.{given} FROM {table} AS {step} \
             JOIN {way} ON {step}.{met} = {way}.id WHERE {step}.{given} IS NOT NULL) SELECT id FROM {way}"
        );
        if wanted {
            return Ok(Condition::When(format!("{item} IN ({ways})")));
        }
        let missing = [(&below, &own), (&above, &other)].into_iter().filter(|(operand, _)| operand.nullable());
        let missing: String = missing.map(|(_, sql)| format!("{sql} IS NULL OR ")).collect();
        Ok(Condition::When(format!("({missing}{item} NOT IN ({ways}))")))
    }
}
