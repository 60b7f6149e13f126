//! Nothing an author writes makes the compiler or the evaluator panic, and nothing makes them run for long.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use fichero_model::expr::{Context, Scope, compile};
use fichero_model::fixture::{sample, sample_rows};
use fichero_model::kind::Type;
use fichero_model::place::Place;
use fichero_model::script::Scripts;
use fichero_model::{Model, Value};
use proptest::prelude::*;

fn place() -> Place {
    Place { file: "fuzz.yaml".into(), line: 1, column: 1, start: 0, end: 0 }
}

/// Compiles a text and evaluates what compiles; every range lies within the text.
fn survive(model: &Model, text: &str) {
    let (entity, _) = model.entity("opportunity").unwrap();
    let mut scope = Scope::row(model, entity);
    scope.old = true;
    scope.value = Some(Type::Text);
    scope.locals = vec![("tier".into(), Type::Integer), ("params.from".into(), Type::Date)];
    match compile(text, &place(), &scope) {
        Err(findings) => {
            assert!(!findings.is_empty());
            for finding in findings {
                let at = finding.place.unwrap();
                assert!(at.start <= at.end && at.end as usize <= text.len(), "{at:?} of `{text}`");
                assert!(text.get(at.start as usize..at.end as usize).is_some(), "{at:?} of `{text}`");
            }
        }
        Ok(expr) => {
            assert!(text.get(expr.root.at.clone()).is_some());
            let (facts, opportunity) = sample_rows(model);
            let row = facts.get(opportunity);
            let value = Value::text("x");
            let locals = [Value::Integer(2), Value::Nothing];
            let now = "2026-03-02T08:30:00Z".parse().unwrap();
            let context = Context {
                row: Some(row),
                old: Some(row),
                value: Some(&value),
                locals: &locals,
                ..Context::bare(model, &facts, now)
            };
            let _ = expr.eval(&context);
            let _ = expr.holds(&context);
            let _ = expr.reads(model);
        }
    }
}

/// Pieces that expressions are made of, well and badly put together.
const PIECES: &[&str] = &[
    "score",
    "amount",
    "hot",
    "name",
    "stage",
    "account",
    "owner",
    "lines",
    "contacts",
    "tags",
    "close_date",
    "due_at",
    "effort",
    "weight",
    "extra",
    "about",
    "net",
    "age",
    "me",
    "old",
    "record",
    "value",
    "tier",
    "params.from",
    "()",
    "1",
    "2.5",
    "0",
    "-1",
    "9000000000000000",
    "\"won\"",
    "\"\"",
    "\"a\"",
    "true",
    "false",
    "today()",
    "now()",
    "days(1)",
    "+",
    "-",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "and",
    "or",
    "not",
    "in",
    "not in",
    "&&",
    "||",
    "!",
    "??",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    "?.",
    "::",
    "|l|",
    "|x|",
    "if",
    "else",
    "any(",
    "all(",
    "count(",
    "sum(",
    "min(",
    "max(",
    "avg(",
    "filter(",
    "first(",
    "len(",
    "contains(",
    "round(",
    "text(",
    "date(",
    "changed(score)",
    ".name",
    ".subtotal",
    ".any(|l| ",
    ".probability",
    ".closed",
    "l",
    "l.quantity",
    "'",
    "`",
    "=",
    ";",
];

/// Expressions that mostly compile, of some depth.
fn sensible() -> impl Strategy<Value = String> {
    let number = prop::sample::select(vec![
        "score",
        "points",
        "weight",
        "1",
        "2.5",
        "0",
        "-3",
        "()",
        "9000000000000000",
        "tier",
        "net",
        "account.employees",
    ]);
    let numbers = number.prop_map(str::to_owned).prop_recursive(5, 40, 3, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(vec!["+", "-", "*", "/", "%", "??"]), inner.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (prop::sample::select(vec!["round", "floor", "ceil", "abs", "sign"]), inner.clone())
                .prop_map(|(f, a)| format!("{f}({a})")),
            (prop::sample::select(vec!["min", "max"]), inner.clone(), inner.clone())
                .prop_map(|(f, a, b)| format!("{f}({a}, {b})")),
            (prop::sample::select(vec!["sum", "min", "max", "avg", "count"]), inner.clone())
                .prop_map(|(f, a)| format!("{f}([{a}])")),
            inner.prop_map(|a| format!("if hot {{ {a} }} else {{ -{a} }}")),
        ]
    });
    (numbers.clone(), prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]), numbers, any::<bool>()).prop_map(
        |(a, op, b, not)| format!("{}{a} {op} {b} and lines.any(|l| l.quantity > {a})", if not { "not " } else { "" }),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,60}") {
        survive(&sample(), &text);
    }

    #[test]
    fn any_characters_of_expressions(text in "[a-c0-9 ()\\[\\]{}|&!=<>+*/.,:;\"'`?%\\\\_\n-]{0,60}") {
        survive(&sample(), &text);
    }

    #[test]
    fn pieces_in_any_order(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..16)) {
        let model = sample();
        survive(&model, &pieces.join(" "));
        survive(&model, &pieces.concat());
    }

    #[test]
    fn sensible_expressions(text in sensible()) {
        survive(&sample(), &text);
    }

    #[test]
    fn any_script(text in "(fn f\\(x\\) \\{ )?[a-f0-9 ()\\[\\]{}|&!=<>+*/.,:;\"'`?%#$_\n-]{0,60}\\}?") {
        let mut scripts = Scripts::default();
        let _ = scripts.add("s", &text, &place());
        let _ = scripts.call("s", "f", &[Value::Integer(1)]);
    }
}

/// The longest and deepest texts, on a thread with the smallest stack that any thread of the runtime has.
#[test]
fn extremes() {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(|| {
        let model = sample();
        let repeated = |piece: &str, times: usize| piece.repeat(times);
        let nested = |open: &str, middle: &str, close: &str, times: usize| {
            format!("{}{middle}{}", open.repeat(times), close.repeat(times))
        };
        let mut texts = vec![
            repeated("a.", 1_999) + "a",
            repeated("account.parent.", 260) + "name",
            repeated("score+", 600) + "1",
            repeated("hot and ", 490) + "hot",
            repeated("hot or not ", 300) + "hot",
            repeated("not ", 900) + "hot",
            repeated("!", 3_900) + "hot",
            repeated("- ", 1_900) + "1",
            repeated("-", 3_900) + "1",
            repeated("score ?? ", 400) + "1",
            repeated("1,", 1_900),
            format!("[{}1]", repeated("1,", 1_900)),
            repeated("\"a\"+", 900) + "\"a\"",
            repeated(".", 4_000),
            repeated("if hot {", 400),
            repeated("else ", 700),
            repeated("\"", 3_999),
            repeated("'", 3_999),
            repeated("\\", 3_999),
            repeated("|", 3_999),
            repeated("=", 3_999),
            "x".repeat(5_000),
            "ñ".repeat(1_990),
        ];
        for depth in [10, 40, 47, 48, 60, 400, 1_300] {
            texts.push(nested("(", "1", ")", depth));
            texts.push(nested("[", "1", "]", depth));
            texts.push(nested("{", "1", "}", depth));
            texts.push(nested("abs(", "1", ")", depth));
            texts.push(nested("not (", "hot", ")", depth));
            texts.push(nested("not (hot and ", "hot", ")", depth));
            texts.push(nested("if hot { 1 } else { ", "2", " }", depth));
            texts.push(nested("lines.any(|l| ", "hot", ")", depth));
            texts.push(
                (0..depth).map(|index| format!("lines.any(|l{index}| ")).collect::<String>()
                    + "hot"
                    + ")".repeat(depth).as_str(),
            );
            texts.push(nested("min(1, 2 + (", "1", "))", depth / 2));
            texts.push(nested("score + (1 * (", "1", "))", depth / 2));
        }
        for text in &texts {
            let start = Instant::now();
            survive(&model, text);
            assert!(
                start.elapsed() < Duration::from_secs(2),
                "{:?} for `{}…`",
                start.elapsed(),
                text.chars().take(40).collect::<String>()
            );
        }
        let mut scripts = Scripts::default();
        for body in [
            nested("(", "1", ")", 400),
            nested("[", "1", "]", 400),
            nested("{", "1", "}", 400),
            repeated("x + ", 900) + "1",
            nested("|x| ", "1", "", 400),
        ] {
            let _ = scripts.add("s", &format!("fn f(x) {{ {body} }}"), &place());
            let _ = scripts.call("s", "f", &[Value::Integer(1)]);
        }
        let deep = "fn f(x) { if x == 0 { 0 } else { 1 + (2 + (3 + (4 + f(x - 1)))) } }";
        assert!(scripts.add("s", deep, &place()).is_empty());
        assert!(scripts.call("s", "f", &[Value::Integer(1_000)]).is_err());
        assert_eq!(scripts.call("s", "f", &[Value::Integer(10)]), Ok(Value::Integer(100)));
    });
    thread.unwrap().join().unwrap();
}

/// Work that grows by nesting is stopped.
#[test]
fn too_much_work_is_a_fault() {
    let model = sample();
    let (entity, _) = model.entity("opportunity").unwrap();
    let items = (1..30).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let text = (0..5).map(|index| format!("[{items}].all(|n{index}| ")).collect::<String>()
        + "score > 0"
        + ")".repeat(5).as_str();
    let expr = compile(&text, &place(), &Scope::row(&model, entity)).unwrap();
    let (facts, opportunity) = sample_rows(&model);
    let now = "2026-03-02T08:30:00Z".parse().unwrap();
    let context = Context { row: Some(facts.get(opportunity)), ..Context::bare(&model, &facts, now) };
    let fault = expr.eval(&context).unwrap_err();
    assert!(fault.message.contains("more than 100000 steps"), "{fault}");
    assert!(fault.message.starts_with("fuzz.yaml:1:1: `[1,2,"), "{fault}");
}
