//! The truth tables of the language: `tests/expressions/*.txt`.
//!
//! `EXPRESSION => EXPRESSION` compares the values of two expressions over the sample opportunity; `with FIELD: EXPRESSION`
//! sets a field of it for the lines behind; `---` takes the row as it was; `#` begins a comment; `EXPRESSION !! PART`
//! expects a fault whose message holds PART.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use fichero_model::expr::{Context, Row, Scope, compile};
use fichero_model::fixture::{sample, sample_rows};
use fichero_model::place::Place;
use fichero_model::{Model, Value};

#[test]
fn truth_tables() {
    let model = sample();
    let mut failures = String::new();
    let mut lines = 0;
    let mut files: Vec<_> =
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expressions")).unwrap().collect();
    files.sort_by_key(|file| file.as_ref().unwrap().path());
    for file in files {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        lines += check_file(&model, &path.file_name().unwrap().to_string_lossy(), &text, &mut failures);
    }
    assert!(lines > 100, "only {lines} lines were checked");
    assert!(failures.is_empty(), "{failures}");
}

fn check_file(model: &Model, file: &str, text: &str, failures: &mut String) -> usize {
    let (mut facts, opportunity) = sample_rows(model);
    facts.grant("sales_manager");
    let original = Arc::clone(facts.get(opportunity));
    let me = facts.all(model.user).next().and_then(|row| row.reference());
    let mut row = Arc::clone(&original);
    let mut checked = 0;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let place = Place { file: file.into(), line: index as u32 + 1, column: 1, start: 0, end: 0 };
        let eval = |text: &str, row: &Arc<Row>| {
            let mut scope = Scope::row(model, original.entity);
            scope.old = true;
            let expr = compile(text.trim(), &place, &scope).map_err(|findings| findings[0].message.clone())?;
            let now = "2026-03-02T08:30:00Z".parse().unwrap();
            let context = Context { row: Some(row), old: Some(&original), me, ..Context::bare(model, &facts, now) };
            expr.eval(&context).map_err(|fault| fault.message)
        };
        if line.is_empty() || line.starts_with('#') {
        } else if line == "---" {
            row = Arc::clone(&original);
        } else if let Some(rest) = line.strip_prefix("with ") {
            let (name, value) = rest.split_once(':').unwrap();
            let (field, _) = model[row.entity].field(name.trim()).unwrap_or_else(|| panic!("{place}: no field {name}"));
            let value = eval(value, &row).unwrap_or_else(|message| panic!("{place}: {message}"));
            Arc::make_mut(&mut row).set(field, value);
        } else if let Some((left, part)) = line.split_once(" !! ") {
            checked += 1;
            match eval(left, &row) {
                Err(message) if message.contains(part) => {}
                other => writeln!(failures, "{place}: `{left}` gives {other:?}, not a fault with `{part}`").unwrap(),
            }
        } else {
            checked += 1;
            let (left, right) = line.split_once(" => ").unwrap_or_else(|| panic!("{place}: no ` => ` in `{line}`"));
            let (found, wanted) = (eval(left, &row), eval(right, &row));
            if !matches!((&found, &wanted), (Ok(found), Ok(wanted)) if alike(found, wanted)) {
                writeln!(failures, "{place}: `{left}` gives {found:?}, not {wanted:?}").unwrap();
            }
        }
    }
    checked
}

/// Equal, and of the same kind: `2` and `2.0` are told apart.
fn alike(a: &Value, b: &Value) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b) && a.same(b)
}
