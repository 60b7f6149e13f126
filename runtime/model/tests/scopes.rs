//! What expressions may name in each place, and what they see there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use fichero_model::expr::{Context, Facts, Fault, Row, Scope, compile, eval_node, is_constant};
use fichero_model::fixture::{Builder, integer, lines, reference, sample, sample_rows, text};
use fichero_model::id::SettingsId;
use fichero_model::kind::Type;
use fichero_model::place::Place;
use fichero_model::{FieldId, Model, Ref, Value};

fn place() -> Place {
    Place::start_of(&"test.yaml".into())
}

fn now() -> jiff::Timestamp {
    "2026-03-02T08:30:00Z".parse().unwrap()
}

fn eval(text: &str, scope: &Scope<'_>, context: &Context<'_>) -> Result<Value, String> {
    let expr = compile(text, &place(), scope).unwrap_or_else(|findings| panic!("`{text}`: {findings:#?}"));
    expr.eval(context).map_err(|fault| fault.message)
}

#[test]
fn locals_are_records_lists_and_values() {
    let model = sample();
    let (facts, opportunity) = sample_rows(&model);
    let row = facts.get(opportunity);
    let (account, _) = model.entity("account").unwrap();
    let accounts: Vec<Ref> = facts.all(account).filter_map(|row| row.reference()).collect();
    let one = Type::Ref(Arc::new([account]));
    let scope = Scope {
        locals: vec![
            ("found".into(), one.clone()),
            ("all_found".into(), Type::List(Arc::new(one))),
            ("params.from".into(), Type::Date),
            ("row.Deal name".into(), Type::Text),
            ("flag".into(), Type::Boolean),
        ],
        value: Some(Type::Integer),
        ..Scope::row(&model, row.entity)
    };
    let locals = [
        Value::Ref(accounts[1]),
        Value::list(accounts.iter().map(|account| Value::Ref(*account))),
        Value::Date(jiff::civil::date(2026, 1, 1)),
        Value::text("Big"),
        Value::Nothing,
    ];
    let value = Value::Integer(3);
    let context =
        Context { row: Some(row), locals: &locals, value: Some(&value), ..Context::bare(&model, &facts, now()) };
    for (text, wanted) in [
        ("found.name", Value::text("Órbita")),
        ("found == account", Value::Boolean(true)),
        ("found.parent.name", Value::text("Holding")),
        ("all_found.any(|a| a.employees > 8000)", Value::Boolean(true)),
        ("count(all_found)", Value::Integer(2)),
        ("sum(all_found.employees)", Value::Integer(9_120)),
        ("first(all_found).name", Value::text("Holding")),
        ("account in all_found", Value::Boolean(true)),
        ("params.from < close_date", Value::Boolean(true)),
        ("row[\"Deal name\"] + \"!\"", Value::text("Big!")),
        ("flag", Value::Boolean(false)),
        ("not flag", Value::Boolean(true)),
        ("value * 2", Value::Integer(6)),
        ("(found ?? account).name", Value::text("Órbita")),
        ("(if hot { found } else { account }).name", Value::text("Órbita")),
    ] {
        assert_eq!(eval(text, &scope, &context), Ok(wanted), "{text}");
    }
    // Too few locals are nothing, not a panic.
    let none = Context { locals: &[], value: None, row: None, ..context };
    assert_eq!(eval("found.name", &scope, &none), Ok(Value::Nothing));
    assert_eq!(eval("value", &scope, &none), Ok(Value::Nothing));
    assert_eq!(eval("score", &scope, &none), Ok(Value::Nothing));
    assert_eq!(eval("lines.any(|l| l.optional)", &scope, &none), Ok(Value::Boolean(false)));
}

#[test]
fn record_is_another_row_where_one_is_looked_for() {
    let model = sample();
    let (facts, opportunity) = sample_rows(&model);
    let record = facts.get(opportunity);
    let (account, _) = model.entity("account").unwrap();
    let rows: Vec<&Arc<Row>> = facts.all(account).collect();
    let scope = Scope { record: Some(record.entity), old: true, ..Scope::row(&model, account) };
    let context = Context { row: Some(rows[1]), record: Some(record), ..Context::bare(&model, &facts, now()) };
    for (text, wanted) in [
        ("name == record.account.name", true),
        ("employees > record.score", true),
        ("record.account.parent.name == name", false),
        ("old == ()", true),
        ("changed(score)", true),
        ("changed(weight)", false),
    ] {
        assert_eq!(eval(text, &scope, &context), Ok(Value::Boolean(wanted)), "{text}");
    }
    // What does not read the row that is looked for is worked out beforehand.
    let constant = compile("record.score * 2", &place(), &scope).unwrap();
    assert!(is_constant(&constant.root));
    assert_eq!(eval_node(&constant.root, &Context { row: None, ..context }), Ok(Value::Integer(14)));
}

#[test]
fn old_is_nothing_while_a_record_is_made() {
    let model = sample();
    let (facts, opportunity) = sample_rows(&model);
    let row = facts.get(opportunity);
    let scope = Scope { old: true, ..Scope::row(&model, row.entity) };
    let context = Context { row: Some(row), ..Context::bare(&model, &facts, now()) };
    for (text, wanted) in
        [("old == ()", true), ("old.score == ()", true), ("changed(score)", true), ("changed(points)", false)]
    {
        assert_eq!(eval(text, &scope, &context), Ok(Value::Boolean(wanted)), "{text}");
    }
    // The system acts: there is no `me`.
    assert_eq!(eval("me == ()", &scope, &context), Ok(Value::Boolean(true)));
    assert_eq!(eval("me.name", &scope, &context), Ok(Value::Nothing));
    assert_eq!(eval("owner == me", &scope, &context), Ok(Value::Boolean(false)));
}

#[test]
fn settings_are_the_nearest_record() {
    let model = Builder::new()
        .entity("sales_settings", [integer("limit_days")])
        .entity("deal", [integer("days_open")])
        .settings("sales", "sales_settings")
        .build();
    let mut facts = fichero_model::fixture::Memory::new(&model);
    let settings = facts.add("sales_settings", [("limit_days", Value::Integer(30))]);
    let (deal, _) = model.entity("deal").unwrap();
    let row = Arc::new(facts.row("deal", [("days_open", Value::Integer(31))]));
    let scope = Scope::row(&model, deal);
    let text = "days_open > settings.sales.limit_days";
    let without = facts.clone();
    let context = |facts| Context { row: Some(&row), ..Context::bare(&model, facts, now()) };
    assert_eq!(eval(text, &scope, &context(&without)), Ok(Value::Boolean(false)));
    facts.set_settings(SettingsId(0), settings);
    assert_eq!(eval(text, &scope, &context(&facts)), Ok(Value::Boolean(true)));
    assert_eq!(compile(text, &place(), &scope).unwrap().unportable, None);
}

#[test]
fn words_that_only_rhai_or_other_languages_have_are_names() {
    let words = [
        "as",
        "async",
        "await",
        "call",
        "case",
        "catch",
        "curry",
        "debug",
        "default",
        "do",
        "eval",
        "exit",
        "export",
        "global",
        "go",
        "goto",
        "import",
        "is",
        "is_def_fn",
        "is_def_var",
        "is_shared",
        "match",
        "module",
        "new",
        "nil",
        "none",
        "null",
        "package",
        "print",
        "private",
        "protected",
        "public",
        "shared",
        "spawn",
        "static",
        "super",
        "switch",
        "sync",
        "thread",
        "this",
        "type_of",
        "undefined",
        "until",
        "use",
        "var",
        "void",
        "with",
        "yield",
    ];
    let model = Builder::new().entity("deal", words.map(integer)).build();
    let (deal, _) = model.entity("deal").unwrap();
    let facts = fichero_model::fixture::Memory::new(&model);
    let row = Arc::new(facts.row("deal", words.map(|word| (word, Value::Integer(7)))));
    let with_locals =
        Scope { locals: vec![("all".into(), Type::List(Arc::new(Type::Integer)))], ..Scope::row(&model, deal) };
    let locals = [Value::list([Value::Integer(1), Value::Integer(2)])];
    let context = Context { row: Some(&row), locals: &locals, ..Context::bare(&model, &facts, now()) };
    for word in words {
        for (text, wanted) in [
            (format!("{word} + 1"), 8),
            (format!("{word} - 1"), 6),
            (format!("{word} -1"), 6),
            (format!("1 + {word}"), 8),
            (format!("10 - {word}"), 3),
            (format!("-{word}"), -7),
            (format!("{word} - -{word}"), 14),
            (format!("record.{word} - 1"), 6),
            (format!("{word} ?? 1"), 7),
            (format!("({word}) - 1"), 6),
            (format!("if {word} > 1 {{ {word} }} else {{ 0 }}"), 7),
            (format!("max({word}, 1) - {word}"), 0),
        ] {
            assert_eq!(eval(&text, &with_locals, &context), Ok(Value::Integer(wanted)), "{text}");
        }
        let text = format!("not {word} in all and {word} > 1 and not {word} < 2");
        assert_eq!(eval(&text, &with_locals, &context), Ok(Value::Boolean(true)), "{text}");
    }
    let items = Scope { locals: with_locals.locals, ..Scope::bare(&model) };
    for word in words {
        let text = format!("all.filter(|{word}| {word} - 1 > 0).count()");
        assert_eq!(eval(&text, &items, &context), Ok(Value::Integer(1)), "{text}");
    }
}

#[test]
fn scripts_are_called_with_values() {
    let model = Builder::new()
        .entity("order", [integer("quantity"), text("level")])
        .script("prices", "fn discount(quantity, level) {\n  if level == \"gold\" && quantity > 10 { 0.2 } else { () }\n}\nfn broken(x) {\n  x.nothing\n}")
        .build();
    let (order, _) = model.entity("order").unwrap();
    let facts = fichero_model::fixture::Memory::new(&model);
    let row = Arc::new(facts.row("order", [("quantity", Value::Integer(11)), ("level", Value::text("gold"))]));
    let scope = Scope::row(&model, order);
    let context = Context { row: Some(&row), ..Context::bare(&model, &facts, now()) };
    assert_eq!(eval("prices::discount(quantity, level) * 100 == 20", &scope, &context), Ok(Value::Boolean(true)));
    assert_eq!(eval("prices::discount(1, level) ?? 0", &scope, &context), Ok(Value::Integer(0)));
    let fault = eval("prices::broken(quantity) > 1", &scope, &context).unwrap_err();
    assert_eq!(
        fault,
        "test.yaml:1:1: `prices::broken(quantity) > 1`: prices.rhai:5:5: there is no `nothing` in this value"
    );
    let fault = eval("prices::discount(quantity, level) + level == ()", &scope, &context).unwrap_err();
    assert!(fault.ends_with("a number and a text do not combine"), "{fault}");
}

/// A draft with lines that nobody has stored: they have no identities to find them by.
struct Draft {
    lines: Vec<Arc<Row>>,
}

impl Facts for Draft {
    fn row(&self, _: Ref) -> Result<Option<Arc<Row>>, Fault> {
        Err(Fault::new("the database is away"))
    }

    fn rows(&self, _: &Row, _: FieldId) -> Result<Vec<Arc<Row>>, Fault> {
        Ok(self.lines.clone())
    }

    fn has_role(&self, _: &str) -> bool {
        false
    }

    fn settings(&self, _: SettingsId) -> Result<Option<Arc<Row>>, Fault> {
        Ok(None)
    }
}

fn drafted(model: &Model, count: i64) -> (Arc<Row>, Draft) {
    let (order, declared) = model.entity("order").unwrap();
    let (line, line_declared) = model.entity("order_line").unwrap();
    let (quantity, _) = line_declared.field("quantity").unwrap();
    let lines = (1..=count).map(|number| {
        let mut row = Row::empty(line, line_declared.fields.len());
        row.set(quantity, Value::Integer(number));
        Arc::new(row)
    });
    (Arc::new(Row::empty(order, declared.fields.len())), Draft { lines: lines.collect() })
}

#[test]
fn drafts_have_lines_without_identities() {
    let model = Builder::new()
        .entity("order", [lines("lines", "order_line", "order"), reference("parent", &["order"])])
        .entity("order_line", [reference("order", &["order"]), integer("quantity")])
        .build();
    let (row, facts) = drafted(&model, 3);
    let (order, _) = model.entity("order").unwrap();
    let scope = Scope::row(&model, order);
    let context = Context { row: Some(&row), ..Context::bare(&model, &facts, now()) };
    for (text, wanted) in [
        ("count(lines)", Value::Integer(3)),
        ("sum(lines.quantity)", Value::Integer(6)),
        ("lines.any(|l| l.quantity == 3)", Value::Boolean(true)),
        ("lines.filter(|l| l.quantity > 1).count()", Value::Integer(2)),
        ("is_empty(lines)", Value::Boolean(false)),
        ("parent.parent == ()", Value::Boolean(true)),
    ] {
        assert_eq!(eval(text, &scope, &context), Ok(wanted), "{text}");
    }
    // What cannot be read is a fault, and so is a list without end.
    let mut lost = Row::clone(&row);
    let (parent, _) = model[order].field("parent").unwrap();
    lost.set(parent, Value::Ref(Ref { entity: order, id: fichero_model::Id::from_bytes([1; 16]) }));
    let lost = Arc::new(lost);
    let fault = eval("parent.parent == ()", &scope, &Context { row: Some(&lost), ..context }).unwrap_err();
    assert_eq!(fault, "test.yaml:1:1: `parent.parent == ()`: the database is away");
    let (row, facts) = drafted(&model, 10_001);
    let fault =
        eval("count(lines)", &scope, &Context { row: Some(&row), ..Context::bare(&model, &facts, now()) }).unwrap_err();
    assert!(fault.ends_with("a list of more than 10000 items"), "{fault}");
}

#[test]
fn formulas_may_read_each_other_only_so_deep() {
    let mut fields = vec![integer("f0")];
    let names = ["f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10"];
    let texts = ["f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9"];
    let formulas = texts
        .map(|text| -> &'static str { Box::leak(format!("{text} + days_between(today(), today())").into_boxed_str()) });
    fields.extend(names.iter().zip(formulas).map(|(name, formula)| integer(name).formula(formula)));
    let model = Builder::new().entity("chain", fields).build();
    let (chain, _) = model.entity("chain").unwrap();
    let facts = fichero_model::fixture::Memory::new(&model);
    let row = Arc::new(facts.row("chain", [("f0", Value::Integer(7))]));
    let scope = Scope::row(&model, chain);
    let context = Context { row: Some(&row), ..Context::bare(&model, &facts, now()) };
    assert_eq!(eval("f8", &scope, &context), Ok(Value::Integer(7)));
    assert!(eval("f9", &scope, &context).unwrap_err().contains("`f1` is read through more than 8 formulas"));
}
