//! Script files: what they compute, what is found wrong with them when they are loaded, and how they are stopped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use fichero_model::Value;
use fichero_model::diagnostic::{Texts, render};
use fichero_model::place::Place;
use fichero_model::script::Scripts;
use fichero_model::value::{Currency, Money};
use rust_decimal::Decimal;

struct One(Arc<str>);

impl Texts for One {
    fn text(&self, _file: &str) -> Option<Arc<str>> {
        Some(Arc::clone(&self.0))
    }
}

fn load(text: &str) -> (Scripts, String) {
    let mut scripts = Scripts::default();
    let findings = scripts.add("s", text, &Place::start_of(&"s.rhai".into()));
    (scripts, findings.iter().map(|finding| render(finding, &One(text.into()))).collect())
}

fn run(body: &str, arguments: &[(&str, Value)]) -> Result<Value, String> {
    let names: Vec<&str> = arguments.iter().map(|(name, _)| *name).collect();
    let (scripts, findings) = load(&format!("fn f({}) {{\n{body}\n}}", names.join(", ")));
    assert!(findings.is_empty(), "{body}: {findings}");
    let values: Vec<Value> = arguments.iter().map(|(_, value)| value.clone()).collect();
    scripts.call("s", "f", &values).map_err(|fault| fault.message)
}

fn decimal(text: &str) -> Value {
    Value::Decimal(text.parse().unwrap())
}

fn euros(amount: i64) -> Value {
    let amount = Decimal::from(amount);
    Value::Money(Money { amount, currency: Currency::parse("EUR").unwrap(), base: amount })
}

#[test]
fn operators_mean_what_they_mean_in_expressions() {
    for (body, value) in [
        ("7 / 2", decimal("3.5")),
        ("0.1 + 0.2", decimal("0.3")),
        ("1 / 0", Value::Nothing),
        ("7 % 4", Value::Integer(3)),
        ("() + 1", Value::Nothing),
        ("() < 1", Value::Boolean(false)),
        ("() > 1", Value::Boolean(false)),
        ("() == ()", Value::Boolean(true)),
        ("1 == 1.0", Value::Boolean(true)),
        ("2 > 1.5", Value::Boolean(true)),
        ("\"Álvaro\" < \"beatriz\"", Value::Boolean(true)),
        ("\"a\" == \"A\"", Value::Boolean(false)),
        ("9000000000000000 + 1", Value::Nothing),
        ("let x = 7; x /= 2; x", decimal("3.5")),
        ("let x = 7; x += 2; x -= 1; x *= 3; x", Value::Integer(24)),
        ("!()", Value::Boolean(true)),
        ("-(2 + 3)", Value::Integer(-5)),
        ("\"a\" + \"b\"", Value::text("ab")),
        ("\"\"", Value::Nothing),
        ("let s = 0; for i in range(0, 5) { s += i; } s", Value::Integer(10)),
        ("let s = 0; for i in [1, 2.5] { s += i; } s", decimal("3.5")),
        ("`a ${1 + 1} b`", Value::text("a 2 b")),
        ("if 1 < 2 && true { \"y\" } else { \"n\" }", Value::text("y")),
        ("let x = 3; switch x { 1 => \"a\", 3 => \"b\", _ => \"c\" }", Value::text("b")),
        ("let m = #{a: 1}; m.a + m[\"a\"]", Value::Integer(2)),
    ] {
        assert_eq!(run(body, &[]), Ok(value), "{body}");
    }
}

#[test]
fn the_library_is_that_of_expressions() {
    for (body, value) in [
        ("round(2.345, 2)", decimal("2.35")),
        ("(2.345).round(2)", decimal("2.35")),
        ("upper(\"straße\")", Value::text("STRASSE")),
        ("\"Órbita\".contains(\"orb\")", Value::Boolean(true)),
        ("\"a\" in [\"a\", \"b\"]", Value::Boolean(true)),
        ("min(3, 1)", Value::Integer(1)),
        ("max([1, 2.5])", decimal("2.5")),
        ("sum([1, 2, 3])", Value::Integer(6)),
        ("avg([1, 2])", decimal("1.5")),
        ("[1, 2, 3].filter(|x| x > 1).len()", Value::Integer(2)),
        ("let k = 2; [1, 2, 3].map(|x| x * k)", Value::list([2, 4, 6].map(Value::Integer))),
        ("[1, 2, 3].reduce(|a, b| a + b, 0)", Value::Integer(6)),
        ("[1, 2, 3].any(|x| x > 2)", Value::Boolean(true)),
        ("[1, 2, 3].count(|x| x > 1)", Value::Integer(2)),
        ("let l = [3, 1, 2]; l.sort(); l", Value::list([1, 2, 3].map(Value::Integer))),
        ("let l = [1]; l.push(2); l += 3; l", Value::list([1, 2, 3].map(Value::Integer))),
        ("split(\"a,b\", \",\")", Value::list(["a", "b"].map(Value::text))),
        ("slice(\"niño\", 1, 2)", Value::text("iñ")),
        ("join([\"a\", \"b\"], \"-\")", Value::text("a-b")),
        ("is_empty(())", Value::Boolean(true)),
        ("year(date(\"2026-03-02\"))", Value::Integer(2026)),
        ("days_between(date(\"2026-03-02\"), date(\"2026-03-02\") + days(3))", Value::Integer(3)),
    ] {
        assert_eq!(run(body, &[]), Ok(value), "{body}");
    }
}

#[test]
fn values_of_every_type_go_in_and_come_out() {
    let now = "2026-03-02T09:00:00Z".parse().unwrap();
    for value in [
        Value::Nothing,
        Value::Boolean(true),
        Value::Integer(-3),
        decimal("1.25"),
        euros(5),
        Value::text("ñ"),
        Value::Date(jiff::civil::date(2026, 3, 2)),
        Value::Time(jiff::civil::time(9, 30, 0, 0)),
        Value::DateTime(now),
        Value::Duration(60),
        Value::list([Value::Integer(1), euros(2)]),
    ] {
        assert_eq!(run("x", &[("x", value.clone())]), Ok(value));
    }
    assert_eq!(run("x.a[1] + 1", &[("x", Value::Json(serde_json::json!({"a": [1, 2.5]}).into()))]), Ok(decimal("3.5")));
    let made = run("#{a: 1, b: [1.5, ()]}", &[]).unwrap();
    assert_eq!(made, Value::Json(serde_json::json!({"a": 1, "b": ["1.5"]}).into()));
    assert_eq!(run("x * 2 + x", &[("x", euros(5))]), Ok(euros(15)));
    assert_eq!(run("x > 4", &[("x", euros(5))]), Ok(Value::Boolean(true)));
    assert_eq!(run("x.amount + 1", &[("x", euros(5))]), Ok(decimal("6")));
    assert_eq!(run("sum([x, x])", &[("x", euros(5))]), Ok(euros(10)));
}

#[test]
fn functions_may_call_each_other() {
    let (scripts, findings) =
        load("fn double(x) { x * 2 }\nfn tier(quantity) { if quantity > 10 { double(5) } else { 0 } }\n");
    assert_eq!(findings, "");
    assert_eq!(scripts.parameters("s", "tier"), Some(1));
    assert_eq!(scripts.parameters("s", "none"), None);
    assert_eq!(scripts.parameters("t", "tier"), None);
    assert_eq!(scripts.call("s", "tier", &[Value::Integer(11)]), Ok(Value::Integer(10)));
    assert!(scripts.call("s", "none", &[]).is_err());
    assert!(scripts.call("s", "tier", &[]).is_err());
}

#[test]
fn what_runs_away_is_stopped_and_named() {
    let mut report = String::new();
    for body in [
        "loop { }",
        "while true { let x = 1; }",
        "g(1)",
        "let s = \"x\"; loop { s += s; } s",
        "let l = [1]; loop { l += l; } l",
        "let l = []; loop { l = [l, l]; } l",
        "let l = []; for i in range(0, 4000) { l.push(i); } loop { l == l }",
        "let l = []; for i in range(0, 4000) { l.push(i); } loop { let m = l; }",
        "let s = \"x\"; for i in range(0, 17) { s += s; } loop { let t = s + \"y\"; }",
        "let s = \"x\"; for i in range(0, 17) { s += s; } loop { let t = `${s}${1}`; }",
        "let m = #{}; let i = 0; loop { m[text(i)] = i; i += 1; }",
        "\"a\" + 1",
        "1 + true",
        "x.nothing",
        "throw \"no price for this\"",
        "#{a: 1}.b",
        "[1][5]",
        "lower(5)",
        "year(today)",
        "|x| x",
        "x += 1; x.foo",
        "!1",
        "![1]",
        "1 < \"x\"",
        "1 == \"a\"",
        "x != \"a\"",
        "true < false",
        "[1] < [2]",
        "let a = 1; if a { 2 } else { 3 }",
        "let a = \"a\"; if a { 2 }",
        "let a = 1.5; if a { 2 }",
        "if x { 2 }",
        "let a = (); if a { 2 }",
        "let a = [1]; while a { }",
        "let a = 1; a && true",
        "let a = \"a\"; false || a",
        "let a = #{}; true && a",
        "[1, 2].any(|n| n)",
        "[1, 2].count(|n| n + 1)",
        "let a = 5; for i in a { }",
    ] {
        let (scripts, findings) = load(&format!("fn g(x) {{ g(x) + 1 }}\nfn f(x, today) {{\n  {body}\n}}"));
        assert_eq!(findings, "", "{body}");
        let started = std::time::Instant::now();
        let moment = Value::DateTime("2026-03-02T09:00:00Z".parse().unwrap());
        let fault = scripts.call("s", "f", &[euros(5), moment]).expect_err(body);
        assert!(started.elapsed().as_secs() < 30, "{body} ran for {:?}", started.elapsed());
        writeln!(report, "{body}\n  {fault}").unwrap();
    }
    insta::assert_snapshot!("script_faults", report);
}

#[test]
fn slips_are_found_when_a_file_is_loaded() {
    let mut files: Vec<_> =
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts")).unwrap().collect();
    files.sort_by_key(|file| file.as_ref().unwrap().path());
    let mut report = String::new();
    for file in files {
        let path = file.unwrap().path();
        let (_, findings) = load(&std::fs::read_to_string(&path).unwrap());
        assert!(!findings.is_empty(), "{} is not refused", path.display());
        writeln!(report, "{}\n{findings}", path.file_name().unwrap().to_string_lossy()).unwrap();
    }
    insta::assert_snapshot!("script_slips", report);
}

#[test]
fn scripts_reach_nothing_outside() {
    for call in [
        "eval(\"1\")",
        "sleep(1)",
        "print(1)",
        "debug(1)",
        "timestamp()",
        "Fn(\"f\")",
        "today()",
        "now()",
        "rand()",
        "parse_json(\"1\")",
        "exit()",
    ] {
        let (_, findings) = load(&format!("fn f() {{ {call} }}"));
        assert!(findings.contains("error[F0311]"), "`{call}` is not refused: {findings}");
    }
    let (_, findings) = load("import \"x\" as y; fn f() { 1 }");
    assert!(findings.contains("error[F0311]"), "{findings}");
}
