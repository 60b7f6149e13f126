//! Functions over the values of a row.

use fichero_model::Value;
use fichero_model::expr::function::{Portable, Published};
use fichero_model::expr::time::DAY;
use fichero_model::expr::{Function, Node, Op};

use super::compare::null;
use super::value::Want;
use super::{Condition, Lowering, Operand, Repr, Scalar};
use crate::{Dialect, Error};

impl Lowering<'_, '_> {
    /// When a function that tests something holds, or does not. Of `()` it never does, but for `is_empty`.
    pub(super) fn test(
        &mut self,
        node: &Node,
        function: Function,
        arguments: &[Node],
        wanted: bool,
    ) -> Result<Condition, Error> {
        match (function, arguments) {
            (Function::IsEmpty, [one]) => self.is_nothing(one, wanted),
            (Function::Contains | Function::StartsWith | Function::EndsWith, [text, part]) => {
                self.search(node, function, text, part, wanted)
            }
            _ => Err(self.unportable(node, refusal(function))),
        }
    }

    /// Whether one folded key holds another.
    fn search(
        &mut self,
        node: &Node,
        function: Function,
        text: &Node,
        part: &Node,
        wanted: bool,
    ) -> Result<Condition, Error> {
        let part = match self.known(part)? {
            Some(Value::Nothing) => return Ok(Condition::Always(!wanted)),
            Some(Value::Text(part)) => fichero_model::fold::key(&part),
            _ => return Err(self.unportable(node, "what is looked for must be known beforehand")),
        };
        let Operand::Sql(key) = self.wanted(text, Want::Key)? else { return Ok(Condition::Always(!wanted)) };
        // Every text holds an empty one.
        if part.is_empty() {
            return Ok(null(&key.sql, !wanted, key.nullable));
        }
        let dialect = self.dialect();
        let text = &key.sql;
        let (holds, fails) = match function {
            Function::StartsWith => {
                let first = self.key(&part)?;
                // A range of keys, so that an index serves it.
                match after(&part) {
                    Some(after) => {
                        let after = self.key(&after)?;
                        (
                            format!("({text} >= {first} AND {text} < {after})"),
                            format!("{text} < {first} OR {text} >= {after}"),
                        )
                    }
                    None => (format!("{text} >= {first}"), format!("{text} < {first}")),
                }
            }
            Function::EndsWith => {
                let last = self.key(&part)?;
                let length = part.chars().count();
                let end = match dialect {
                    Dialect::Sqlite => format!("substr({text}, -{length})"),
                    Dialect::Postgres => format!("right({text}, {length})"),
                };
                (format!("{end} = {last}"), format!("{end} <> {last}"))
            }
            _ => {
                let part = self.key(&part)?;
                let place = match dialect {
                    Dialect::Sqlite => format!("instr({text}, {part})"),
                    Dialect::Postgres => format!("strpos({text}, {part})"),
                };
                (format!("{place} > 0"), format!("{place} = 0"))
            }
        };
        Ok(Condition::When(match (wanted, key.nullable) {
            (true, _) => holds,
            (false, true) => format!("({fails} OR {text} IS NULL)"),
            (false, false) => format!("({fails})"),
        }))
    }

    /// A key that is known, as a parameter.
    fn key(&mut self, key: &str) -> Result<String, Error> {
        self.written(&Operand::Constant(Value::Text(key.into())), Repr::Text)
    }

    /// The value of a function that gives one.
    pub(super) fn call(&mut self, node: &Node, function: Function, arguments: &[Node]) -> Result<Operand, Error> {
        if !is_known(function) {
            return Err(self.unportable(node, refusal(function)));
        }
        let mut operands = Vec::with_capacity(arguments.len());
        for argument in arguments {
            operands.push(self.value(argument)?);
        }
        // What takes the place of a text may be nothing: the empty text.
        let needed = if function == Function::Replace { 2 } else { operands.len() };
        if operands.iter().take(needed).any(Operand::is_nothing) {
            return Ok(Operand::nothing());
        }
        if let Some(known) = self.folded(node, &operands, |arguments| Op::Call { function, arguments })? {
            return Ok(known);
        }
        let nullable = operands.iter().any(Operand::nullable);
        let dialect = self.dialect();
        match (function, operands.as_slice()) {
            (Function::Base, [Operand::Sql(money)]) => Ok(Operand::Sql(money.clone())),
            (Function::Len, [Operand::Sql(text)]) if text.repr == Repr::Text => {
                let name = match dialect {
                    Dialect::Sqlite => "length",
                    Dialect::Postgres => "char_length",
                };
                let sql = format!("{name}({})", text.sql);
                Ok(Operand::Sql(Scalar::computed(sql, Repr::INTEGER, nullable)))
            }
            (Function::Abs, [Operand::Sql(number)]) => {
                let sql = match dialect {
                    Dialect::Sqlite => format!("fichero_abs({})", number.sql),
                    Dialect::Postgres => format!("abs({})", number.sql),
                };
                Ok(Operand::Sql(Scalar::computed(sql, number.repr, nullable)))
            }
            (Function::Sign, [Operand::Sql(number)]) => {
                let sql = match dialect {
                    Dialect::Sqlite => format!("fichero_sign({})", number.sql),
                    Dialect::Postgres => format!("sign({})::bigint", number.sql),
                };
                Ok(Operand::Sql(Scalar::computed(sql, Repr::INTEGER, nullable)))
            }
            (Function::Least | Function::Greatest, operands) => self.extreme(node, function, operands),
            (Function::Round | Function::Floor | Function::Ceil, operands) => self.rounded(node, function, operands),
            (Function::Trim | Function::Left | Function::Right | Function::Replace, operands) => {
                self.changed_text(node, function, operands)
            }
            (Function::Text, [Operand::Sql(value)]) => self.written_as_text(node, value),
            (Function::Minutes, [Operand::Sql(count)]) => self.so_long(node, count, 60),
            (Function::Hours, [Operand::Sql(count)]) => self.so_long(node, count, 3_600),
            (Function::Days, [Operand::Sql(count)]) => self.so_long(node, count, DAY),
            (Function::Weeks, [Operand::Sql(count)]) => self.so_long(node, count, 7 * DAY),
            (
                Function::Date
                | Function::Time
                | Function::DateTime
                | Function::Year
                | Function::Month
                | Function::Day
                | Function::Weekday
                | Function::Hour
                | Function::StartOfWeek
                | Function::StartOfMonth
                | Function::EndOfMonth
                | Function::StartOfYear
                | Function::EndOfYear
                | Function::AddMonths
                | Function::DaysBetween,
                operands,
            ) => self.of_time(node, function, operands),
            _ => Err(self.unportable(node, "it is called in a way that has no SQL")),
        }
    }

    /// The least or greatest of several values that are all there.
    fn extreme(&mut self, node: &Node, function: Function, operands: &[Operand]) -> Result<Operand, Error> {
        let repr = self.one_repr(node, operands)?;
        let nullable = operands.iter().any(Operand::nullable);
        let mut texts = Vec::with_capacity(operands.len());
        for operand in operands {
            texts.push(self.written(operand, repr)?);
        }
        let least = function == Function::Least;
        let sql = match self.dialect() {
            // Null as soon as one is, as the language has it.
            Dialect::Sqlite => format!("{}({})", if least { "min" } else { "max" }, texts.join(", ")),
            Dialect::Postgres => {
                let name = if least { "LEAST" } else { "GREATEST" };
                let all = format!("{name}({})", texts.join(", "));
                let tests = operands.iter().zip(&texts).filter(|(operand, _)| operand.nullable());
                let tests: Vec<String> = tests.map(|(_, text)| format!("{text} IS NOT NULL")).collect();
                if tests.is_empty() { all } else { format!("(CASE WHEN {} THEN {all} END)", tests.join(" AND ")) }
            }
        };
        Ok(Operand::Sql(Scalar::computed(sql, repr, nullable)))
    }
}

/// Whether a function of a row's values can be told to both databases with one meaning.
fn is_known(function: Function) -> bool {
    match function {
        Function::Minutes
        | Function::Hours
        | Function::Days
        | Function::Weeks
        | Function::Date
        | Function::Time
        | Function::DateTime
        | Function::Year
        | Function::Month
        | Function::Day
        | Function::Weekday
        | Function::Hour
        | Function::StartOfWeek
        | Function::StartOfMonth
        | Function::EndOfMonth
        | Function::StartOfYear
        | Function::EndOfYear
        | Function::AddMonths
        | Function::DaysBetween
        | Function::Text
        | Function::Trim
        | Function::Len
        | Function::Replace
        | Function::Left
        | Function::Right
        | Function::Contains
        | Function::StartsWith
        | Function::EndsWith
        | Function::Fold
        | Function::IsEmpty
        | Function::Round
        | Function::Floor
        | Function::Ceil
        | Function::Abs
        | Function::Sign
        | Function::Least
        | Function::Greatest
        | Function::Amount
        | Function::Currency
        | Function::Base => true,
        Function::Today
        | Function::Now
        | Function::Lower
        | Function::Upper
        | Function::Number
        | Function::IsEmail
        | Function::IsUrl
        | Function::Join
        | Function::First
        | Function::Last => false,
    }
}

/// Why a function has no SQL, in the words of the published list.
fn refusal(function: Function) -> &'static str {
    match Published::find(function.name()).map(|published| published.portable) {
        Some(Portable::No(why) | Portable::When(why)) => why,
        Some(Portable::Yes) | None => "it is called in a way that has no SQL",
    }
}

/// The least text that is behind all texts which begin with `prefix`; nothing when there is none.
fn after(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        // The range of `char` leaves out the surrogates, as UTF-8 does.
        if let Some(next) = (last..=char::MAX).nth(1) {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn what_is_behind_a_prefix() {
        for (prefix, expected) in [
            ("a", Some("b")),
            ("az", Some("a{")),
            ("\u{d7ff}", Some("\u{e000}")),
            ("a\u{10ffff}", Some("b")),
            ("\u{10ffff}", None),
        ] {
            assert_eq!(after(prefix).as_deref(), expected, "{prefix:?}");
        }
    }
}
