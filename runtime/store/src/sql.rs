//! Statement text that is known when Fichero is built.
//!
//! A text is written once, with `?1`, `?2` … for its parameters, and means the same on both databases; where they
//! differ, [`Sql::each`] holds both. `#1` instead of `?1` behind `IN` stands where a parameter is a list of ids.

use std::sync::OnceLock;

use crate::{Cell, Dialect};

/// A statement.
#[derive(Debug)]
pub struct Sql {
    sqlite: &'static str,
    postgres: &'static str,
    made: [OnceLock<String>; 2],
}

impl Sql {
    /// A statement that both databases take. `?1` is the first parameter; `x IN #1` asks whether `x` is among the ids
    /// of the first parameter, a [`Cell::Ids`].
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

/// A statement with the parameters that it names, numbered anew. What was lowered and then found not to matter has left
/// parameters behind; PostgreSQL keeps prepared statements by their text and would take them to be of the types that
/// the first such statement had.
pub(crate) fn compacted(dialect: Dialect, text: &str, cells: &[Cell]) -> (String, Vec<Cell>) {
    let mut numbers: Vec<Option<usize>> = vec![None; cells.len()];
    let mut named = Vec::new();
    let text = renumbered(dialect, text, |number| {
        let (slot, cell) = number.checked_sub(1).and_then(|at| numbers.get_mut(at).zip(cells.get(at)))?;
        Some(*slot.get_or_insert_with(|| {
            named.push(cell.clone());
            named.len()
        }))
    });
    (text, named)
}

/// Several statements' texts and parameters as parts of one: each part's parameters are numbered behind those before.
pub(crate) fn beside(dialect: Dialect, parts: &[(String, Vec<Cell>)]) -> (Vec<String>, Vec<Cell>) {
    let mut cells: Vec<Cell> = Vec::new();
    let mut texts = Vec::with_capacity(parts.len());
    for (text, own) in parts {
        let before = cells.len();
        texts.push(renumbered(dialect, text, |number| Some(before + number)));
        cells.extend(own.iter().cloned());
    }
    (texts, cells)
}

/// A text whose parameters get other numbers; one that gets none loses its number. Text between quotes stays as it is.
pub(crate) fn renumbered(dialect: Dialect, text: &str, mut number_of: impl FnMut(usize) -> Option<usize>) -> String {
    let sign = match dialect {
        Dialect::Sqlite => '?',
        Dialect::Postgres => '$',
    };
    let mut out = String::with_capacity(text.len());
    let mut quote: Option<char> = None;
    let mut chars = text.chars().peekable();
    while let Some(next) = chars.next() {
        out.push(next);
        match quote {
            Some(open) if next == open => quote = None,
            Some(_) => {}
            None if matches!(next, '\'' | '"') => quote = Some(next),
            None if next == sign => {
                let mut number = 0;
                while let Some(digit) = chars.peek().and_then(|digit| digit.to_digit(10)) {
                    number = number * 10 + digit as usize;
                    chars.next();
                }
                out.extend(number_of(number).map(|number| number.to_string()));
            }
            None => {}
        }
    }
    out
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

    #[test]
    fn parameters_that_are_not_named_are_left_out() {
        let cells: Vec<Cell> = (1..=12).map(Cell::Integer).collect();
        let (text, named) =
            compacted(Dialect::Postgres, "a = $12 OR b = '$3' OR \"c$4\" = $2::text OR d = $12", &cells);
        assert_eq!(text, "a = $1 OR b = '$3' OR \"c$4\" = $2::text OR d = $1");
        assert_eq!(named, [Cell::Integer(12), Cell::Integer(2)]);
    }
}
