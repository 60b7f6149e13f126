//! Statement text that is known when Fichero is built.
//!
//! A text is written once, with `?1`, `?2` … for its parameters, and means the same on both databases; where they
//! differ, [`Sql::each`] holds both. `#1` instead of `?1` behind `IN` stands where a parameter is a list of ids.

use std::sync::OnceLock;

use crate::Dialect;

/// A statement.
#[derive(Debug)]
pub struct Sql {
    sqlite: &'static str,
    postgres: &'static str,
    made: [OnceLock<String>; 2],
}

impl Sql {
    /// A statement that both databases take. `?1` is the first parameter; `x IN #1` asks whether `x` is among the ids
    /// of the first parameter, a [`Cell::Ids`](crate::Cell::Ids).
    pub const fn new(text: &'static str) -> Self {
        Self::each(text, text)
    }

    /// A statement that each database takes in its own words, written with the same signs for parameters.
    pub const fn each(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite, postgres, made: [OnceLock::new(), OnceLock::new()] }
    }

    /// The text for a database.
    pub fn of(&self, dialect: Dialect) -> &str {
        let (text, made) = match dialect {
            Dialect::Sqlite => (self.sqlite, &self.made[0]),
            Dialect::Postgres => (self.postgres, &self.made[1]),
        };
        made.get_or_init(|| written_for(dialect, text))
    }
}

/// Writes the signs for parameters as `dialect` wants them. Text between quotes stays as it is.
pub(crate) fn written_for(dialect: Dialect, text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut quote: Option<char> = None;
    let mut chars = text.chars().peekable();
    while let Some(sign) = chars.next() {
        match (quote, sign) {
            (Some(open), _) => {
                quote = (sign != open).then_some(open);
                out.push(sign);
            }
            (None, '\'' | '"') => {
                quote = Some(sign);
                out.push(sign);
            }
            (None, '?' | '#') if chars.peek().is_some_and(char::is_ascii_digit) => {
                let mut number = String::new();
                while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                    number.push(digit);
                }
                parameter(&mut out, dialect, sign, &number);
            }
            (None, _) => out.push(sign),
        }
    }
    out
}

fn parameter(out: &mut String, dialect: Dialect, sign: char, number: &str) {
    match (dialect, sign) {
        (Dialect::Sqlite, '#') => out.push_str(&format!("rarray(?{number})")),
        (Dialect::Sqlite, _) => out.push_str(&format!("?{number}")),
        (Dialect::Postgres, '#') => {
            // PostgreSQL has no table-valued `IN`; `= ANY` is what an `IN` of a list becomes there anyway.
            let before_in = out.trim_end().strip_suffix("IN").map_or(out.len(), str::len);
            out.truncate(before_in);
            out.push_str(&format!("= ANY(${number})"));
        }
        (Dialect::Postgres, _) => out.push_str(&format!("${number}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_written_as_each_database_wants_them() {
        let sql = Sql::new("SELECT a FROM t WHERE b = ?1 AND c IN #2 AND d = 'who?1 ''#2' AND \"e?3\" > ?12");
        assert_eq!(
            sql.of(Dialect::Sqlite),
            "SELECT a FROM t WHERE b = ?1 AND c IN rarray(?2) AND d = 'who?1 ''#2' AND \"e?3\" > ?12"
        );
        assert_eq!(
            sql.of(Dialect::Postgres),
            "SELECT a FROM t WHERE b = $1 AND c = ANY($2) AND d = 'who?1 ''#2' AND \"e?3\" > $12"
        );
    }
}
