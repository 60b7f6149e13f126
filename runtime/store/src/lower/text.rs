//! Texts that are cut and replaced: by characters as Unicode numbers them, and whole bytes, the same on both databases.

use std::sync::LazyLock;

use fichero_model::Value;
use fichero_model::expr::truth::LONGEST_TEXT;
use fichero_model::expr::{Function, Node};

use super::{Lowering, Operand, Repr, Scalar};
use crate::{Dialect, Error};

/// What `trim` takes away: white space as Unicode has it.
static BLANKS: LazyLock<Value> =
    LazyLock::new(|| Value::text(&('\u{1}'..=char::MAX).filter(|char| char.is_whitespace()).collect::<String>()));

/// Why a text that may grow has no SQL.
const GROWS: &str = "what is replaced and what takes its place must be known beforehand, the latter not longer in \
                     bytes: a text that grows is bounded in memory alone";

/// More characters than a text can have.
const MOST: i64 = 1 << 20;

impl Lowering<'_, '_> {
    /// `text(value)`: of values that both databases write as the API does.
    pub(super) fn written_as_text(&mut self, node: &Node, value: &Scalar) -> Result<Operand, Error> {
        let sql = &value.sql;
        let text = match (value.repr, self.dialect()) {
            (Repr::Text, _) | (Repr::Date, Dialect::Sqlite) => sql.clone(),
            (Repr::Date, Dialect::Postgres) => format!("to_char({sql}, 'YYYY-MM-DD')"),
            (Repr::Boolean, _) => format!("(CASE WHEN {sql} THEN 'true' ELSE 'false' END)"),
            (Repr::Number { scale: 0, .. }, Dialect::Sqlite) => format!("CAST({} AS TEXT)", self.whole(node, value)?),
            (Repr::Number { scale: 0, .. }, Dialect::Postgres) => format!("({})::text", self.whole(node, value)?),
            _ => return Err(self.unportable(node, "databases write such a value in other ways")),
        };
        Ok(Operand::Sql(Scalar::computed(text, Repr::Text, value.nullable)))
    }

    /// `trim`, `left`, `right` or `replace`. A text of which nothing is left is nothing.
    pub(super) fn changed_text(
        &mut self,
        node: &Node,
        function: Function,
        operands: &[Operand],
    ) -> Result<Operand, Error> {
        let dialect = self.dialect();
        let Some(text) = operands.first() else { return Err(self.unportable(node, "it takes a text")) };
        let text = self.text_of(text)?;
        let sql = match (function, operands) {
            (Function::Trim, _) => {
                let blanks = self.text_of(&Operand::Constant(BLANKS.clone()))?;
                match dialect {
                    Dialect::Sqlite => format!("trim({text}, {blanks})"),
                    Dialect::Postgres => format!("btrim({text}, {blanks})"),
                }
            }
            (Function::Left | Function::Right, [_, Operand::Constant(Value::Integer(count))]) => {
                if *count <= 0 {
                    return Ok(Operand::nothing());
                }
                let count = count.min(&MOST);
                match (dialect, function) {
                    (Dialect::Sqlite, Function::Left) => format!("substr({text}, 1, {count})"),
                    (Dialect::Sqlite, _) => format!("substr({text}, -{count})"),
                    (Dialect::Postgres, Function::Left) => format!("left({text}, {count})"),
                    (Dialect::Postgres, _) => format!("right({text}, {count})"),
                }
            }
            // Whoever asks could let a text grow without end, one call inside another.
            (Function::Replace, [_, Operand::Constant(old), Operand::Constant(new)]) if is_no_longer(new, old) => {
                let (old, new) = (self.typed(old, Repr::Text)?, self.typed(new, Repr::Text)?);
                format!("replace({text}, {old}, COALESCE({new}, ''))")
            }
            (Function::Replace, _) => return Err(self.unportable(node, GROWS)),
            _ => return Err(self.unportable(node, "a text is cut in SQL to a constant number of characters")),
        };
        Ok(Operand::Sql(Scalar::computed(format!("NULLIF({sql}, '')"), Repr::Text, true)))
    }

    /// One text behind another; null where that is longer than a text may be, which is a fault in memory.
    pub(super) fn joined(&self, left: &str, right: &str) -> String {
        match self.dialect() {
            Dialect::Sqlite => format!("fichero_concat({left}, {right})"),
            // A condition of an index can hold no subquery; nobody asks for one in a request.
            Dialect::Postgres if self.inline => format!("({left} || {right})"),
            // `OFFSET 0` keeps PostgreSQL from writing each side twice.
            Dialect::Postgres => format!(
                "(SELECT CASE WHEN octet_length(l) + octet_length(r) <= {LONGEST_TEXT} THEN l || r END \
                 FROM (SELECT {left} AS l, {right} AS r OFFSET 0) AS w)"
            ),
        }
    }

    /// A text, with its type where it is a parameter.
    pub(super) fn text_of(&mut self, text: &Operand) -> Result<String, Error> {
        match text {
            Operand::Constant(value) => self.typed(value, Repr::Text),
            sql @ Operand::Sql(_) => self.written(sql, Repr::Text),
        }
    }
}

/// Whether a text cannot grow when `new` takes the place of `old` in it.
fn is_no_longer(new: &Value, old: &Value) -> bool {
    let length = |value: &Value| value.as_text().map_or(0, str::len);
    length(new) <= length(old)
}
