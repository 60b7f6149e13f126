//! Rounding, half away from zero, up or down: exact on both databases.

use fichero_model::Value;
use fichero_model::expr::number::SCALE;
use fichero_model::expr::{Function, Node};

use super::{Lowering, Operand, Repr, Scalar};
use crate::{Dialect, Error};

impl Lowering<'_, '_> {
    /// `round`, `floor` or `ceil` of a number.
    pub(super) fn rounded(&mut self, node: &Node, function: Function, operands: &[Operand]) -> Result<Operand, Error> {
        let digits = match operands.get(1) {
            None => 0,
            Some(Operand::Constant(Value::Integer(digits))) => u32::try_from(*digits).unwrap_or(0).min(SCALE),
            Some(_) => return Err(self.unportable(node, "a number is rounded in SQL to a constant number of digits")),
        };
        let Some(Operand::Sql(number @ Scalar { repr: Repr::Number { scale, wide }, .. })) = operands.first() else {
            return Err(self.unportable(node, "it is no number"));
        };
        let Some(cut) = u32::from(*scale).checked_sub(digits).filter(|cut| *cut > 0) else {
            return Ok(Operand::Sql(number.clone()));
        };
        let name = function.name();
        let sql = match self.dialect() {
            Dialect::Sqlite => format!("fichero_{name}({}, {cut})", number.sql),
            Dialect::Postgres => {
                // Multiplied, for a quotient would have been rounded already.
                let unit = format!("0.{:0>width$}", 1, width = cut as usize);
                let rounded = format!("{name}(({})::numeric * {unit})", number.sql);
                if *wide { rounded } else { format!("{rounded}::bigint") }
            }
        };
        let scale = u8::try_from(digits).unwrap_or(*scale);
        Ok(Operand::Sql(Scalar::computed(sql, Repr::Number { scale, wide: *wide }, number.nullable)))
    }
}
