//! What a script gives is known only when it is there: what a field does not take is refused as a script that fails is,
//! wherever a definition works the field out, and on both databases alike.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use fichero_engine::read::list::ListRequest;
use fichero_engine::refusal::Kind;
use fichero_model::label::Locale;
use serde_json::json;
use world::{codes, id, nothing, on_each, on_each_with};

const CALC: &str = r#"
fn same(x) { x }
fn map(x) { #{a: x} }
fn nul(x) { x + "\x00" + x }
fn nested(x) { [[x], [x]] }
"#;

/// Fields by their kind, with the results that they take.
const FIELDS: &[(&str, &str, &[&str])] = &[
    ("text", "text", &["text", "option", "stage"]),
    ("longtext", "longtext", &["text", "option", "stage"]),
    ("integer", "integer", &["integer", "whole"]),
    ("decimal", "{type: decimal, scale: 2}", &["integer", "whole", "decimal"]),
    ("amount", "money", &["integer", "whole", "decimal", "money"]),
    ("boolean", "boolean", &["boolean"]),
    ("date", "date", &["date"]),
    ("time", "time", &["time"]),
    ("datetime", "datetime", &["datetime"]),
    ("duration", "duration", &["duration"]),
    ("choice", "{type: choice, options: [low, high]}", &["option"]),
    ("stage", "", &["stage"]),
    ("ref", "{type: ref, to: friend}", &["ref"]),
    ("texts", "{type: text, many: true}", &["text", "option", "stage", "texts"]),
    ("numbers", "{type: integer, many: true}", &["integer", "whole"]),
    ("refs", "{type: ref, to: friend, many: true}", &["ref", "friends"]),
    (
        "json",
        "json",
        &[
            "text", "option", "stage", "integer", "whole", "decimal", "money", "boolean", "date", "time", "datetime",
            "duration", "ref", "other", "texts", "friends", "map", "nested",
        ],
    ),
];

/// What the script is handed, by a name for it.
const RESULTS: &[(&str, &str)] = &[
    ("text", r#"calc::same("word")"#),
    ("option", r#"calc::same("low")"#),
    ("stage", r#"calc::same("second")"#),
    ("integer", "calc::same(5)"),
    ("whole", "calc::same(2.0)"),
    ("decimal", "calc::same(1.25)"),
    ("money", "calc::same(cost)"),
    ("boolean", "calc::same(1 == 1)"),
    ("date", "calc::same(today())"),
    ("time", "calc::same(time(now()))"),
    ("datetime", "calc::same(now())"),
    ("duration", "calc::same(days(1))"),
    ("ref", "calc::same(mate)"),
    ("other", "calc::same(foe)"),
    ("texts", r#"calc::same(["a", "b"])"#),
    ("friends", "calc::same(mates)"),
    ("map", "calc::map(1)"),
    ("nested", "calc::nested(1)"),
    ("nothing", "calc::same(())"),
];

fn kinds() -> String {
    let mut yaml = String::from(
        "entity: friend\nfields: {name: text}\n---\nentity: enemy\nfields: {name: text}\n---\n\
         pipeline: way\nentity: thing\nfield: stage\nstages: {first: {}, second: {}}\n---\n\
         entity: thing\ntitle: case\nfields:\n  case: text\n  cost: money\n  mate: {type: ref, to: friend}\n  \
         mates: {type: ref, to: friend, many: true}\n  foe: {type: ref, to: enemy}\n",
    );
    for (name, ty, _) in FIELDS.iter().filter(|(_, ty, _)| !ty.is_empty()) {
        yaml.push_str(&format!("  x_{name}: {ty}\n"));
    }
    yaml.push_str("rules:\n");
    for (field, ty, _) in FIELDS {
        let target = if ty.is_empty() { (*field).to_owned() } else { format!("x_{field}") };
        for (result, expression) in RESULTS {
            yaml.push_str(&format!(
                "  {field}_{result}:\n    on: save\n    if: case == \"{field} {result}\"\n    set: {{{target}: '={expression}'}}\n"
            ));
        }
    }
    yaml
}

#[test]
fn a_field_takes_what_is_of_its_kind_and_refuses_the_rest() {
    on_each_with(&kinds(), &[("calc.rhai", CALC)], async |world| {
        let friend = world.create("friend", json!({"name": "Ann"})).await;
        let enemy = world.create("enemy", json!({"name": "Bob"})).await;
        for (field, ty, takes) in FIELDS {
            // A stage is never empty.
            for (result, _) in RESULTS.iter().filter(|(result, _)| (*field, *result) != ("stage", "nothing")) {
                let case = format!("{field} {result}");
                let body = json!({
                    "case": case, "cost": "3.50", "mate": id(&friend), "mates": [id(&friend)], "foe": id(&enemy),
                });
                let made = world.try_create("thing", body).await;
                // What a text names is looked up where options are checked, and is the writer's to see.
                let named = ["choice", "stage"].contains(field) && ["text", "option", "stage"].contains(result);
                if takes.contains(result) || *result == "nothing" {
                    let made = made.unwrap_or_else(|refusal| panic!("{case}: {}", refusal.to_text(Locale::EN)));
                    let stored = world.get("thing", id(&made)).await;
                    let name = if ty.is_empty() { (*field).to_owned() } else { format!("x_{field}") };
                    assert_eq!(made[&name], stored[&name], "{case}");
                    let empty = json!([null, [], false]);
                    let is_empty = empty.as_array().unwrap().contains(&stored[&name]);
                    assert_eq!(is_empty, *result == "nothing", "{case}: {}", stored[&name]);
                } else if named {
                    assert_eq!(codes(made).len(), 1, "{case}");
                } else {
                    let refusal = made.expect_err(&case);
                    assert_eq!((refusal.kind, refusal.code), (Kind::Internal, "definition"), "{case}");
                    let told = refusal.to_text(Locale::EN);
                    assert!(told.contains("definitions.yaml:") && told.contains(" takes "), "{case}: {told}");
                    assert!(told.ends_with("[a new thing]"), "{case}: {told}");
                    assert_eq!(told.matches("definitions.yaml:").count(), 1, "the place is told once: {told}");
                }
            }
        }
    });
}

const PLACES: &str = r#"
entity: source
fields: {name: text}
---
entity: thing
fields:
  name: text
  what: text
  source: {type: ref, to: source}
  first: {type: integer, default: '=calc::same(what)'}
---
entity: computed
fields: {name: text, number: {type: integer, compute: calc::same(name)}}
---
entity: copied
fields:
  name: text
  source: {type: ref, to: source}
  number: {type: integer, copy: calc::same(source.name)}
---
entity: kept
fields: {name: text, number: {type: integer, formula: calc::same(name)}}
---
entity: shown
fields:
  name: text
  source: {type: ref, to: source}
  number: {type: integer, formula: calc::same(source.name)}
---
entity: lines_of
fields:
  name: text
  lines: {type: lines, of: line, default: [{amount: '=calc::same(name)'}]}
---
entity: line
fields:
  parent: {type: ref, to: lines_of, required: true, on_delete: cascade}
  amount: integer
---
entity: several
fields: {name: text, values: {type: integer, many: true}}
rules:
  one:
    on: create
    set: {values: [1, '=calc::same(name)']}
"#;

#[test]
fn wherever_a_field_is_worked_out() {
    on_each_with(PLACES, &[("calc.rhai", CALC)], async |world| {
        let source = world.create("source", json!({"name": "words"})).await;
        for (entity, body, place) in [
            (
                "thing",
                json!({"what": "words"}),
                "definitions.yaml:10:37: `calc::same(what)`: `first` takes a whole number, and gets a text",
            ),
            (
                "computed",
                json!({"name": "words"}),
                "definitions.yaml:13:55: `calc::same(name)`: `number` takes a whole number, and gets a text",
            ),
            ("copied", json!({"source": id(&source)}), "`number` takes a whole number, and gets a text"),
            ("kept", json!({"name": "words"}), "`number` takes a whole number, and gets a text"),
            ("shown", json!({"source": id(&source)}), "`number` takes a whole number, and gets a text"),
            ("lines_of", json!({"name": "words"}), "`amount` takes a whole number, and gets a text"),
            ("several", json!({"name": "words"}), "`values` takes a list (a whole number each), and gets a text"),
        ] {
            let refusal = world.try_create(entity, body).await.expect_err(entity);
            assert_eq!((refusal.kind, refusal.code), (Kind::Internal, "definition"), "{entity}");
            let told = refusal.to_text(Locale::EN);
            assert!(told.contains(place), "{entity}: {told}");
            assert!(world.names(entity, ListRequest::default()).await.is_empty(), "{entity}: nothing is half done");
        }
        assert_eq!(world.create("computed", nothing()).await["number"], json!(null));
    });
}

const TEXTS: &str = r#"
entity: thing
fields:
  name: text
  one: {type: text, compute: calc::nul(name)}
---
entity: list
fields:
  name: text
  many: {type: text, many: true, compute: calc::nul(name)}
---
entity: data
fields:
  name: text
  data: {type: json, compute: calc::map(calc::nul(name))}
---
entity: plain
fields:
  name: text
  one: text
rules:
  both:
    on: save
    set: {one: '="a\x00b"'}
"#;

#[test]
fn a_nul_is_refused_at_its_field() {
    on_each_with(TEXTS, &[("calc.rhai", CALC)], async |world| {
        for (entity, field) in [("thing", "one"), ("list", "many"), ("data", "data"), ("plain", "one")] {
            let refused = world.try_create(entity, json!({"name": "a"})).await;
            assert_eq!(codes(refused), [format!("{field}: nul")], "{entity}");
        }
    });
}

const ABOUT: &str = r#"
entity: cat
fields: {name: text}
---
entity: dog
fields: {name: text}
---
entity: visit
fields:
  name: text
  about: {type: ref, to: [cat, dog]}
  cat: {type: ref, to: cat, compute: about}
"#;

#[test]
fn a_record_of_another_entity_is_refused() {
    on_each(ABOUT, async |world| {
        let (cat, dog) = (world.create("cat", nothing()).await, world.create("dog", nothing()).await);
        let visit = world.create("visit", json!({"about": format!("cat:{}", id(&cat))})).await;
        assert_eq!(visit["cat"], cat["id"]);
        let refusal = world.try_create("visit", json!({"about": format!("dog:{}", id(&dog))})).await.unwrap_err();
        let told = refusal.to_text(Locale::EN);
        assert!(told.contains("`cat` takes a record of cat, and gets a record of dog"), "{told}");
    });
}
