//! What authors are told about wrong expressions: `tests/diagnostics.txt`, one expression a line, over the sample
//! opportunity inside a rule. Every line must be refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::sync::Arc;

use fichero_model::diagnostic::{Texts, render};
use fichero_model::expr::{Scope, compile, compile_for, condition, within};
use fichero_model::fixture::{Builder, Spec, sample};
use fichero_model::kind::Type;
use fichero_model::place::Place;

struct One(Arc<str>);

impl Texts for One {
    fn text(&self, _file: &str) -> Option<Arc<str>> {
        Some(Arc::clone(&self.0))
    }
}

/// The place of an expression that stands behind `if: ` in a file.
fn placed(text: &str) -> (Place, One) {
    let place = Place { file: "deal.yaml".into(), line: 1, column: 5, start: 4, end: 4 + text.len() as u32 };
    (place, One(format!("if: {text}").into()))
}

#[test]
fn wrong_expressions_are_explained() {
    let mut model = sample();
    let place = Place::start_of(&"prices.rhai".into());
    assert!(model.scripts.add("prices", "fn discount(quantity, level) { quantity }", &place).is_empty());
    let (entity, _) = model.entity("opportunity").unwrap();
    let mut scope = Scope::row(&model, entity);
    scope.old = true;
    scope.locals =
        vec![("tier".into(), Type::Integer), ("age".into(), Type::Integer), ("params.from".into(), Type::Date)];
    let mut report = String::new();
    let mut count = 0;
    for line in include_str!("diagnostics.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        count += 1;
        // What is written for the eye as `\n` is a line end.
        let text = line.replace("\\n", "\n");
        let (place, source) = placed(&text);
        let findings = condition(&text, &place, &scope).expect_err(line);
        for finding in findings {
            writeln!(report, "{}", render(&finding, &source)).unwrap();
        }
    }
    assert!(count >= 40, "only {count} expressions");
    insta::assert_snapshot!(report);
}

#[test]
fn names_that_mean_nothing_here() {
    let model = sample();
    let mut report = String::new();
    for text in [
        "record.name == \"x\"",
        "old.name == \"x\"",
        "changed(name)",
        "value > 1",
        "params.from == ()",
        "amount > 1",
        "settings.sales.x",
        "me.nam == \"\"",
    ] {
        let (place, source) = placed(text);
        for finding in compile(text, &place, &Scope::bare(&model)).expect_err(text) {
            writeln!(report, "{}", render(&finding, &source)).unwrap();
        }
    }
    insta::assert_snapshot!(report);
}

#[test]
fn a_value_must_fit_its_place() {
    let model = sample();
    let (entity, declared) = model.entity("opportunity").unwrap();
    let wanted = |field: &str| declared.field(field).unwrap().1.value_type();
    let scope = Scope::row(&model, entity);
    let mut report = String::new();
    for (field, text) in [
        ("stage", "\"wonn\""),
        ("score", "1.5"),
        ("close_date", "now()"),
        ("account", "owner"),
        ("hot", "score"),
        ("name", "amount"),
    ] {
        let (place, source) = placed(text);
        for finding in compile_for(&wanted(field), text, &place, &scope).expect_err(text) {
            writeln!(report, "{}", render(&finding, &source)).unwrap();
        }
    }
    for (field, text) in [
        ("stage", "\"won\""),
        ("weight", "score"),
        ("amount", "score * 2"),
        ("amount", "amount * 2"),
        ("account", "about"),
        ("tags", "\"red\""),
        ("tags", "[\"red\"]"),
        ("name", "stage"),
        ("close_date", "today() + days(3)"),
        ("extra", "score"),
    ] {
        assert!(compile_for(&wanted(field), text, &placed(text).0, &scope).is_ok(), "`{text}` fits `{field}`");
    }
    insta::assert_snapshot!(report);
}

#[test]
fn columns_count_characters_and_lines() {
    let text = "name == \"ñ\"\n  and amout > 1";
    let place = Place { file: "f".into(), line: 7, column: 9, start: 100, end: 200 };
    let model = sample();
    let (entity, _) = model.entity("opportunity").unwrap();
    let findings = compile(text, &place, &Scope::row(&model, entity)).unwrap_err();
    let found = findings[0].place.as_ref().unwrap();
    assert_eq!((found.line, found.column), (8, 7));
    assert_eq!(&text[found.start as usize - 100..found.end as usize - 100], "amout");
    let same_line = compile("\"ñandú\" == amout", &place, &Scope::row(&model, entity)).unwrap_err();
    assert_eq!(same_line[0].place.as_ref().unwrap().column, 9 + 11);
    assert_eq!(within("abc", &place, &(1..2)).column, 10);
}

/// Fields called like Rhai's reserved words are fields.
#[test]
fn reserved_words_are_given_back() {
    let words = [
        "case",
        "new",
        "call",
        "default",
        "thread",
        "match",
        "loop",
        "until",
        "switch",
        "do",
        "spawn",
        "go",
        "static",
        "public",
        "private",
        "import",
        "export",
        "module",
        "package",
        "is",
        "as",
        "with",
        "var",
        "this",
        "type_of",
        "print",
        "debug",
        "eval",
        "curry",
        "sync",
        "async",
        "await",
        "yield",
        "super",
        "goto",
        "exit",
        "void",
        "global",
        "shared",
        "is_shared",
        "Fn",
        "catch",
        "throw",
        "return",
        "try",
        "while",
        "for",
        "let",
        "const",
        "fn",
        "break",
        "continue",
        "use",
    ];
    let fields: Vec<Spec> = words.iter().map(|word| fichero_model::fixture::integer(word)).collect();
    let model = Builder::new().entity("thing", fields).build();
    let (entity, _) = model.entity("thing").unwrap();
    for word in words {
        for text in
            [format!("{word} > 1"), format!("record.{word} > 1 and not {word} == 2"), format!("({word}) + 1 < {word}")]
        {
            let (place, source) = placed(&text);
            if let Err(findings) = compile(&text, &place, &Scope::row(&model, entity)) {
                panic!("{}", findings.iter().map(|finding| render(finding, &source)).collect::<String>());
            }
        }
    }
}
