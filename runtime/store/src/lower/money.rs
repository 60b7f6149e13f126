//! The amount and the currency of money, as a row holds them beside its worth.

use fichero_model::Value;
use fichero_model::expr::{Function, Node, Op};
use fichero_model::kind::Type;

use super::value::Want;
use super::{Lowering, Operand, Repr, Scalar};
use crate::layout::{MONEY_SCALE, Stored};
use crate::{Dialect, Error};

/// Why money has neither.
const WORTH_ALONE: &str = "of money that is worked out SQL knows the worth alone: compare `.base`";

impl Lowering<'_, '_> {
    /// `amount(money)` or `currency(money)`, which may be wanted as a key.
    pub(super) fn part_of_money(
        &mut self,
        node: &Node,
        function: Function,
        money: &Node,
        want: Want,
    ) -> Result<Operand, Error> {
        if function == Function::Amount {
            return self.wanted(money, Want::Amount);
        }
        match (self.wanted(money, Want::Currency)?, want) {
            // Three upper-case letters, whose key is the same in lower case.
            (Operand::Sql(code), Want::Key) => {
                let sql = match self.dialect() {
                    Dialect::Sqlite => format!("lower({})", code.sql),
                    Dialect::Postgres => format!("lower({} COLLATE \"C\")", code.sql),
                };
                Ok(Operand::Sql(self.tidy(sql, Repr::Key, code.nullable)))
            }
            (Operand::Constant(Value::Text(code)), Want::Key) => self.known_key(&code),
            (code, Want::Exact | Want::Key) => Ok(code),
            (_, Want::Amount | Want::Currency) => Err(self.unportable(node, WORTH_ALONE)),
        }
    }

    /// The part that is wanted of money that is known beforehand; a number is an amount in the workspace's currency.
    pub(super) fn part_of_known(&self, money: &Value, want: Want) -> Value {
        match (money, want) {
            (Value::Money(money), Want::Amount) => Value::Decimal(money.amount),
            (Value::Money(money), Want::Currency) => Value::text(money.currency.as_str()),
            (Value::Integer(_) | Value::Decimal(_), Want::Currency) => {
                Value::text(self.model.workspace.currency.as_str())
            }
            (other, _) => other.clone(),
        }
    }

    /// Refuses a node that gives money of which the row holds no such part.
    pub(super) fn check_part(&self, node: &Node) -> Result<(), Error> {
        match node.op {
            Op::Field { .. } if node.ty == Type::Money => Ok(()),
            Op::Coalesce(..) | Op::If { .. } => Ok(()),
            _ => Err(self.unportable(node, WORTH_ALONE)),
        }
    }

    /// The column of stored money that holds what is wanted.
    pub(super) fn money_column(stored: &Stored, want: Want, column: impl Fn(&str) -> String, nullable: bool) -> Scalar {
        let number = Repr::Number { scale: MONEY_SCALE, wide: false };
        let of = |name: &Option<std::sync::Arc<str>>, repr| {
            Scalar::column(column(name.as_deref().unwrap_or(&stored.value)), repr, nullable)
        };
        match want {
            Want::Exact | Want::Key => of(&stored.base, number),
            Want::Amount => Scalar::column(column(&stored.value), number, nullable),
            Want::Currency => of(&stored.currency, Repr::Text),
        }
    }
}
