//! SQL is born in `runtime/store` only, and never asks the database for the time or for chance.
//!
//! One place knows both databases, so a statement that means two things is mended once. `AssertSqlSafe`, which tells
//! sqlx that a text made at run time is no injection, stands in one file, where every such text can be read.

use crate::rust::Code;
use crate::tree::{self, File, Finding};

const HOME: &str = "runtime/store";

/// Pairs of words by which a statement is known wherever they stand in a literal, in capitals.
const STATEMENTS: [(&str, &str); 17] = [
    ("SELECT", "FROM"),
    ("INSERT", "INTO"),
    ("UPDATE", "SET"),
    ("DELETE", "FROM"),
    ("CREATE", "TABLE"),
    ("CREATE", "INDEX"),
    ("CREATE", "UNIQUE"),
    ("CREATE", "DATABASE"),
    ("CREATE", "VIEW"),
    ("CREATE", "TRIGGER"),
    ("ALTER", "TABLE"),
    ("ALTER", "INDEX"),
    ("DROP", "TABLE"),
    ("DROP", "INDEX"),
    ("DROP", "DATABASE"),
    ("BEGIN", "IMMEDIATE"),
    ("ON", "CONFLICT"),
];

/// What would make a database answer differently each time; lower case, as the text is compared.
const CHANCE: [&str; 10] = [
    "now()",
    "current_timestamp",
    "current_date",
    "current_time",
    "clock_timestamp(",
    "statement_timestamp(",
    "random()",
    "gen_random_uuid",
    "'now'",
    "unixepoch()",
];

/// Whether a literal holds a statement: anywhere in capitals, or from its start in small letters, where it is no prose.
fn is_statement(literal: &str) -> bool {
    let words: Vec<&str> =
        literal.split(|sign: char| !sign.is_alphanumeric() && sign != '_').filter(|word| !word.is_empty()).collect();
    let one_of = |first: &str, second: &str| {
        let start = words.iter().position(|word| *word == first);
        start.is_some_and(|start| words[start + 1..].contains(&second))
    };
    STATEMENTS.iter().any(|(first, second)| {
        let (small_first, small_second) = (first.to_lowercase(), second.to_lowercase());
        one_of(first, second) || (words.first() == Some(&small_first.as_str()) && one_of(&small_first, &small_second))
    })
}

fn statements(file: &File, code: &Code) -> Vec<Finding> {
    if file.is_under(HOME) {
        return Vec::new();
    }
    let found = code.literals.iter().filter(|literal| is_statement(&literal.text));
    found.map(|literal| file.finding(literal.line, format!("SQL outside {HOME}: {:?}", literal.text))).collect()
}

fn chances(file: &File, code: &Code) -> Vec<Finding> {
    if !file.is_under(HOME) {
        return Vec::new();
    }
    let asks = |text: &str| CHANCE.into_iter().find(|chance| text.to_lowercase().contains(chance));
    let found = code.literals.iter().filter_map(|literal| Some((literal.line, asks(&literal.text)?)));
    found.map(|(line, chance)| file.finding(line, format!("SQL that asks the database for `{chance}`"))).collect()
}

/// Each use of `AssertSqlSafe` outside the store, and inside it each use in a second file.
fn assertions(code: &[(&File, Code)]) -> Vec<Finding> {
    let mut keeper: Option<&str> = None;
    let mut findings = Vec::new();
    for (file, code) in code {
        for path in code.paths.iter().filter(|path| path.text.split("::").any(|name| name == "AssertSqlSafe")) {
            if !file.is_under(HOME) || *keeper.get_or_insert(&file.path) != file.path {
                findings.push(file.finding(path.line, "another place vouches for a text with `AssertSqlSafe`"));
            }
        }
    }
    findings
}

#[test]
fn sql_is_born_in_the_store_only() {
    let findings: Vec<_> = tree::product_code().iter().flat_map(|(file, code)| statements(file, code)).collect();
    tree::assert_none(
        &findings,
        "Put the statement behind a function of `store` that says in the product's words what is read or written. \
         A message for people that merely looks like SQL is better said in other words.",
    );
}

#[test]
fn sql_takes_time_and_chance_as_bound_values() {
    let findings: Vec<_> = tree::product_code().iter().flat_map(|(file, code)| chances(file, code)).collect();
    tree::assert_none(&findings, "Bind the command's `now`, or what `model::clock::Ids` gave, as a value.");
}

#[test]
fn one_file_vouches_for_sql_made_at_run_time() {
    tree::assert_none(
        &assertions(&tree::product_code()),
        "Hand the statement to the one file of runtime/store that already uses `AssertSqlSafe`.",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_from_prose() {
        for sql in [
            "SELECT id FROM x",
            " INSERT INTO x",
            "UPDATE x SET y = 1",
            "CREATE TABLE x",
            "select a from b",
            "DELETE\nFROM x",
        ] {
            assert!(is_statement(sql), "{sql}");
        }
        for prose in [
            "Select a row from the list",
            "the table was created",
            "SELECT",
            "not set by an update",
            "from",
            "please select one from these",
        ] {
            assert!(!is_statement(prose), "{prose}");
        }
    }

    #[test]
    fn each_breach_is_found_where_it_counts() {
        let file =
            |path: &str| File::new(path, "fn f() {\n  run(\"SELECT now() FROM x\");\n  sqlx::AssertSqlSafe(sql) }");
        let tree = [
            file("runtime/store/src/a.rs"),
            file("runtime/store/src/b.rs"),
            file("runtime/web/src/c.rs"),
            file("tests/d.rs"),
        ];
        let code = tree::outside_tests(&tree);
        let places = |findings: Vec<Finding>| {
            findings.into_iter().map(|one| format!("{}:{}", one.path, one.line)).collect::<Vec<_>>()
        };
        let each = |check: fn(&File, &Code) -> Vec<Finding>| {
            places(code.iter().flat_map(|(file, code)| check(file, code)).collect())
        };
        assert_eq!(each(statements), ["runtime/web/src/c.rs:2"]);
        assert_eq!(each(chances), ["runtime/store/src/a.rs:2", "runtime/store/src/b.rs:2"]);
        assert_eq!(places(assertions(&code)), ["runtime/store/src/b.rs:3", "runtime/web/src/c.rs:3"]);
    }
}
