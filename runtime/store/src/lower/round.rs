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
        let cut = u32::from(*scale).saturating_sub(digits);
        // Of a number within bounds `floor` and `ceil` fit 64 bits, whatever it was made of.
        let repr = match function {
            Function::Floor | Function::Ceil => Repr::INTEGER,
            _ if cut == 0 => number.repr,
            _ => Repr::Number { scale: u8::try_from(digits).unwrap_or(*scale), wide: *wide },
        };
        if repr == number.repr {
            return Ok(Operand::Sql(number.clone()));
        }
        let name = function.name();
        let sql = match self.dialect() {
            Dialect::Sqlite => format!("fichero_{name}({}, {cut})", number.sql),
            Dialect::Postgres => {
                let rounded = if cut == 0 {
                    number.sql.clone()
                } else {
                    // Multiplied, for a quotient would have been rounded already.
                    let unit = format!("0.{:0>width$}", 1, width = cut as usize);
                    format!("{name}(({})::numeric * {unit})", number.sql)
                };
                if repr.is_wide() { rounded } else { format!("({rounded})::bigint") }
            }
        };
        Ok(Operand::Sql(Scalar::computed(sql, repr, number.nullable)))
    }

    /// A whole number where one of 64 bits is taken; PostgreSQL takes wider ones in the same places.
    ///
    /// # Errors
    /// [`Error::Unportable`] for another, which SQLite has as bytes.
    pub(super) fn whole<'s>(&self, node: &Node, number: &'s Scalar) -> Result<&'s str, Error> {
        match (number.repr, self.dialect()) {
            (Repr::INTEGER, _) | (Repr::Number { scale: 0, .. }, Dialect::Postgres) => Ok(&number.sql),
            _ => Err(self.unportable(node, "it takes a whole number, such as `floor` and `ceil` give")),
        }
    }
}
