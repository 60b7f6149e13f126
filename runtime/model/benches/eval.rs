//! What an expression costs: `cargo bench -p fichero-model`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use divan::{Bencher, black_box};
use fichero_model::Model;
use fichero_model::expr::{Context, Expr, Scope, compile};
use fichero_model::fixture::{sample, sample_rows};
use fichero_model::place::Place;

fn main() {
    divan::main();
}

const EXPRESSIONS: &[&str] = &[
    "hot",
    "score > 5",
    "amount > 10000 && stage == \"won\"",
    "stage == \"proposal\" and not hot",
    "stage.probability > 20 and not stage.closed",
    "round(amount * discount / 100, 2)",
    "close_date < today() + days(30)",
    "name < \"b\"",
    "account.parent.name",
    "net > 3",
    "lines.any(|l| l.quantity > 1)",
    "sum(lines.subtotal)",
];

fn compiled(model: &Model, text: &str) -> Expr {
    let (entity, _) = model.entity("opportunity").unwrap();
    compile(text, &Place::start_of(&"bench.yaml".into()), &Scope::row(model, entity)).unwrap()
}

#[divan::bench(args = EXPRESSIONS)]
fn eval(bencher: Bencher<'_, '_>, text: &str) {
    let model = sample();
    let (facts, opportunity) = sample_rows(&model);
    let expr = compiled(&model, text);
    let now = "2026-03-02T08:30:00Z".parse().unwrap();
    let context = Context { row: Some(facts.get(opportunity)), ..Context::bare(&model, &facts, now) };
    bencher.bench_local(|| black_box(&expr).eval(black_box(&context)));
}

#[divan::bench(args = EXPRESSIONS)]
fn compile_text(bencher: Bencher<'_, '_>, text: &str) {
    let model = sample();
    bencher.bench_local(|| compiled(black_box(&model), black_box(text)));
}

#[divan::bench]
fn call_script(bencher: Bencher<'_, '_>) {
    let mut scripts = fichero_model::script::Scripts::default();
    let place = Place::start_of(&"s.rhai".into());
    assert!(scripts.add("s", "fn tier(quantity) { if quantity > 10 { 0.9 } else { 1.0 } }", &place).is_empty());
    bencher.bench_local(|| scripts.call("s", "tier", &[fichero_model::Value::Integer(black_box(11))]));
}
