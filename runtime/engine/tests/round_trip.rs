//! What was exported and imported is what it was: random records of random entities, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::sync::Arc;

use fichero_engine::export::{Format, Question};
use fichero_engine::import::{self, Request};
use fichero_engine::read::list::ListRequest;
use fichero_engine::value::write::Written;
use fichero_engine::{Actor, Mode, Via};
use fichero_model::Model;
use fichero_test_support::databases;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value as Json, json};
use world::{World, id};

/// The formats that an import reads.
const FORMATS: [Format; 3] = [Format::CSV, Format::Csv { delimiter: b';', bom: true }, Format::Xlsx];

/// Fields that a thing may have, one a line: the name begins with what says which values it takes.
const FIELDS: [&str; 25] = [
    "text: text",
    "text_trimmed: {type: text, clean: [trim]}",
    "text_given: {type: text, default: usual}",
    "texts: {type: text, many: true}",
    "long: longtext",
    "integer: integer",
    "integers: {type: integer, many: true}",
    "decimal: {type: decimal, scale: 3}",
    "decimal_given: {type: decimal, scale: 3, default: 1.5}",
    "money: money",
    "money_given: {type: money, default: 7}",
    "boolean: boolean",
    "boolean_given: {type: boolean, default: true}",
    "date: date",
    "time: time",
    "datetime: datetime",
    "duration: duration",
    "choice: {type: choice, options: {small: Small, large: \"-1\"}}",
    "choice_given: {type: choice, options: [small, large], default: small}",
    "choices: {type: choice, many: true, options: [small, large]}",
    "ref: {type: ref, to: firm}",
    "ref_any: {type: ref, to: [firm, person]}",
    "refs: {type: ref, to: firm, many: true}",
    "json: json",
    "integer_worked: {type: integer, compute: 1 + 1}",
];

const OTHERS: &str = r#"
entity: firm
fields:
  name: {type: text, required: true, unique: true}
  code: {type: text, external: true}
---
entity: person
fields: {name: {type: text, required: true}}
---
entity: thing
title: name
fields:
  name: {type: text, required: true, external: true}
  parent: {type: ref, to: thing}
"#;

fn definitions(fields: &[&str]) -> String {
    fields.iter().fold(OTHERS.to_owned(), |text, field| format!("{text}  {field}\n"))
}

fn text() -> BoxedStrategy<String> {
    let nasty = select(vec![
        "=1+1",
        "+34 600 123 456",
        "-5",
        "-5-5",
        "@home",
        "()",
        "'",
        "''",
        "'=x",
        "' '",
        " a",
        "a ",
        "\u{a0}é",
        "a;b",
        "[\"a\"]",
        "say \"no\"",
        "a,b",
        "true",
        "ñandú",
        "Ж",
        "漢字",
        "0123",
        "1e5",
        "2026-03-02",
        "null",
        "{}",
        "#1",
    ]);
    prop_oneof![nasty.prop_map(str::to_owned), "[ -~éß]{1,12}", "[=+@' ;\\-\"]{1,5}"].boxed()
}

/// Where people write several lines.
fn long() -> BoxedStrategy<String> {
    prop_oneof![text(), "[a=+' \\n\\t\\r]{1,8}", Just("one\ntwo\r\nthree".to_owned())].boxed()
}

fn scaled(scale: u32) -> BoxedStrategy<Json> {
    let number = prop_oneof![-100_000_i64..100_000, -8_000_000_000_000_i64..8_000_000_000_000];
    number.prop_map(move |number| json!(written(number, scale))).boxed()
}

fn written(number: i64, scale: u32) -> String {
    let (sign, number) = (if number < 0 { "-" } else { "" }, number.unsigned_abs());
    let unit = 10_u64.pow(scale);
    format!("{sign}{}.{:0width$}", number / unit, number % unit, width = scale as usize)
}

fn structured() -> BoxedStrategy<Json> {
    let leaf = prop_oneof![Just(json!(true)), any::<i32>().prop_map(Json::from), text().prop_map(Json::from)];
    let nested = leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
            prop::collection::btree_map("[a-z]{1,3}", inner, 0..3).prop_map(|members| json!(members)),
        ]
    });
    nested.boxed()
}

/// A value of a field by what its name begins with; of references the number of a record.
fn value(field: &str) -> BoxedStrategy<Json> {
    let several = |one: BoxedStrategy<Json>| prop::collection::vec(one, 0..4).prop_map(Json::from).boxed();
    let number = || (0_u64..4).prop_map(Json::from).boxed();
    match field.split([':', '_']).next().unwrap() {
        "text" => text().prop_map(Json::from).boxed(),
        "texts" => several(text().prop_map(Json::from).boxed()),
        "long" => long().prop_map(Json::from).boxed(),
        "integer" => any::<i32>().prop_map(Json::from).boxed(),
        "integers" => several(any::<i32>().prop_map(Json::from).boxed()),
        "decimal" => scaled(3),
        "money" => scaled(4),
        "boolean" => any::<bool>().prop_map(Json::from).boxed(),
        "date" => (1_i32..=9999, 1..=12, 1..=28).prop_map(|(y, m, d)| json!(format!("{y:04}-{m:02}-{d:02}"))).boxed(),
        "time" => (0..24, 0..60, 0..60).prop_map(|(h, m, s)| json!(format!("{h:02}:{m:02}:{s:02}"))).boxed(),
        "datetime" => (0..250_000_000_000_i64, 0..1_000_000_i64)
            .prop_map(|(seconds, micros)| {
                let moment = jiff::Timestamp::from_microsecond((seconds - 10_000_000_000) * 1_000_000 + micros);
                json!(moment.unwrap().to_string())
            })
            .boxed(),
        "duration" => any::<i32>().prop_map(Json::from).boxed(),
        "choice" => select(vec!["small", "large"]).prop_map(Json::from).boxed(),
        "choices" => subsequence(vec!["small", "large"], 0..=2).prop_map(|options| json!(options)).boxed(),
        "ref" => number(),
        "refs" => subsequence(vec![0, 1, 2, 3], 0..=3).prop_map(|numbers| json!(numbers)).boxed(),
        "json" => structured(),
        other => panic!("no values for {other}"),
    }
}

/// Fields, and records with some of them: a value, nothing, or not given at all.
fn case() -> impl Strategy<Value = (Vec<&'static str>, Vec<Map<String, Json>>)> {
    subsequence(FIELDS.to_vec(), 4..=12).prop_flat_map(|fields| {
        let of = |field: &&'static str| {
            let name = field.split(':').next().unwrap().to_owned();
            let given = prop_oneof![4 => value(field).prop_map(Some), 1 => Just(Some(Json::Null)), 1 => Just(None)];
            given.prop_map(move |value| value.map(|value| (name.clone(), value)))
        };
        let record: Vec<_> = fields.iter().map(of).collect();
        let record = record.prop_map(|members| members.into_iter().flatten().collect::<Map<_, _>>());
        (Just(fields), prop::collection::vec(record, 1..8))
    })
}

async fn exported(world: &World, entity: &str, format: Format) -> Vec<u8> {
    let entity = world.entity(entity);
    let request = ListRequest { sort: vec!["name".to_owned()], ..ListRequest::default() };
    let question = Question::read(&world.engine.live().model, entity, &request, Vec::new()).unwrap();
    let mut export = world.engine.export(&world.actor, entity, question, format).unwrap();
    let mut file = Vec::new();
    while let Some(piece) = export.next().await.unwrap() {
        file.extend(piece);
    }
    file
}

async fn import(world: &World, entity: &str, file: &[u8]) {
    let request = Request {
        actor: Actor { via: Via::Command, ..world.actor.clone() },
        entity: world.entity(entity),
        file: "round trip".to_owned(),
        hash: None,
        anew: false,
        reading: fichero_model::data::Reading::default(),
        mapping: None,
        // Not every record has a key that it could be matched by, and there are none yet.
        matching: Some(Vec::new()),
        on_match: None,
        batch: None,
        mode: Mode::Load,
        dry_run: false,
    };
    let mut rejects = Vec::new();
    let report = import::run(&world.engine, request, file, &mut rejects, |_| {}).await.unwrap();
    let rejects = String::from_utf8_lossy(&rejects).into_owned();
    assert_eq!(report.rejected, 0, "{rejects}\n{}", String::from_utf8_lossy(file));
}

/// All records without what differs in another database: ids, and references, which are compared as they are exported.
async fn records(world: &World, entity: &str) -> Vec<Json> {
    let request = ListRequest { sort: vec!["name".to_owned()], limit: Some(500), ..ListRequest::default() };
    let page = world.engine.list(&world.actor, world.entity(entity), &request).await.unwrap();
    let shown = |item: &Written| {
        let mut item = item.json();
        let members = item.as_object_mut().unwrap();
        members.retain(|name, _| name != "id" && name != "parent" && name != "version" && !name.starts_with("ref"));
        item
    };
    page.items.iter().map(shown).collect()
}

async fn fill(world: &World, things: Vec<Map<String, Json>>) {
    let mut firms = Vec::new();
    for (name, code) in
        [("Acme", Json::Null), ("=Firm; Ltd", json!("F-1")), ("'Quoted'", Json::Null), ("+1", json!(" 2"))]
    {
        firms.push(world.create("firm", json!({"name": name, "code": code})).await);
    }
    let anna = world.create("person", json!({"name": "Anna: the person"})).await;
    let firm = |number: &Json| json!(id(&firms[usize::try_from(number.as_u64().unwrap()).unwrap()]));
    let mut before: Option<String> = None;
    for (at, mut thing) in things.into_iter().enumerate() {
        for (name, value) in thing.iter_mut().filter(|(name, value)| name.starts_with("ref") && !value.is_null()) {
            *value = match (name.as_str(), &*value) {
                ("ref", number) => firm(number),
                ("refs", Json::Array(numbers)) => numbers.iter().map(firm).collect(),
                (_, number) if number == &json!(3) => json!(format!("person:{}", id(&anna))),
                (_, number) => json!(format!("firm:{}", firm(number).as_str().unwrap())),
            };
        }
        thing.insert("name".to_owned(), json!(format!("thing {at}")));
        thing.insert("parent".to_owned(), json!(before));
        before = Some(id(&world.create("thing", Json::Object(thing)).await).to_owned());
    }
}

fn check(model: &Arc<Model>, things: &[Map<String, Json>]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for (here, there) in databases().into_iter().zip(databases()) {
        let (here, there) = (World::new(here, Arc::clone(model)), World::new(there, Arc::clone(model)));
        runtime.block_on(async {
            fill(&here, things.to_vec()).await;
            let format = FORMATS[things.len() % FORMATS.len()];
            for entity in ["firm", "person", "thing"] {
                let file = exported(&here, entity, format).await;
                import(&there, entity, &file).await;
                assert_eq!(records(&there, entity).await, records(&here, entity).await);
                let again = exported(&there, entity, format).await;
                // A workbook tells when it was made.
                if let Ok(file) = String::from_utf8(file) {
                    assert_eq!(String::from_utf8(again).unwrap(), file);
                }
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_import_gives_back_what_was_exported((fields, things) in case()) {
        check(&Arc::new(world::model(&definitions(&fields))), &things);
    }
}
