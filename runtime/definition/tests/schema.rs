//! The JSON Schemas accept what the compiler accepts, and say what they promise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use fichero_definition::schema;
use jsonschema::Validator;
use serde::Deserialize as _;
use serde_json::{Value, json};
use support::{definitions, files_under};

/// All documents of a file, read by a YAML library that is not ours.
fn documents(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    serde_yaml::Deserializer::from_str(&text)
        .map(|document| Value::deserialize(document).unwrap())
        .filter(|document| !document.is_null())
        .collect()
}

fn any() -> Validator {
    jsonschema::draft202012::new(&schema::of_any()).unwrap()
}

fn errors(validator: &Validator, document: &Value) -> String {
    validator.iter_errors(document).map(|error| format!("{}: {error}\n", error.instance_path())).collect()
}

#[test]
fn every_schema_is_one() {
    for schema in schema::all() {
        assert!(jsonschema::draft202012::meta::is_valid(&schema.json), "{}", schema.file);
    }
}

#[test]
fn every_stock_document_is_valid() {
    let validator = any();
    let mut count = 0;
    for path in
        files_under(&definitions()).iter().filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
    {
        for document in documents(path) {
            assert!(validator.is_valid(&document), "{}:\n{}", path.display(), errors(&validator, &document));
            count += 1;
        }
    }
    assert!(count > 50, "only {count} documents were found");
}

#[test]
fn a_document_is_valid_by_the_schema_of_its_own_kind_too() {
    let validators: HashMap<String, Validator> = schema::all()
        .into_iter()
        .map(|schema| (schema.file, jsonschema::draft202012::new(&schema.json).unwrap()))
        .collect();
    for path in
        files_under(&definitions()).iter().filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
    {
        for document in documents(path) {
            let kind = document.as_object().unwrap().keys().next().unwrap();
            let validator = &validators[&format!("{kind}.schema.json")];
            assert!(validator.is_valid(&document), "{}:\n{}", path.display(), errors(validator, &document));
        }
    }
}

#[test]
fn sound_cases_and_snippets_are_valid() {
    let validator = any();
    for folder in ["passing", "language"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
        for path in files_under(&root).iter().filter(|path| path.extension().is_some_and(|ending| ending == "yaml")) {
            for document in documents(path) {
                assert!(
                    validator.is_valid(&document),
                    "{}:\n{}\n{document}",
                    path.display(),
                    errors(&validator, &document)
                );
            }
        }
    }
}

#[test]
fn slips_of_shape_are_not_valid() {
    let validator = any();
    let slips = [
        json!({"entity": "deal", "feilds": {}}),
        json!({"entity": "Deal"}),
        json!({"entity": "deal", "fields": {"name": {"type": "text", "requird": true}}}),
        json!({"entity": "deal", "fields": {"name": {"type": "text", "required": "yes"}}}),
        json!({"entity": "deal", "label": {"english": "Deal"}}),
        json!({"view": "deals"}),
        json!({"view": "deals", "entity": "deal", "type": "table"}),
        json!({"entity": "deal", "fields": {"a": {"type": "ref", "on_delete": "nothing"}}}),
        json!({"extend": "deal"}),
        json!({"extend": "entity deal", "remove": {"a": "b"}}),
        json!({"fields": {}}),
        json!({}),
    ];
    for slip in slips {
        assert!(!validator.is_valid(&slip), "{slip}");
    }
}

#[test]
fn an_overlay_needs_nothing_that_a_whole_document_does() {
    let validator = any();
    let overlay = json!({"extend": "view my_deals", "columns": ["name"], "place": {"columns.name": "first"}});
    assert!(validator.is_valid(&overlay), "{}", errors(&validator, &overlay));
}

#[test]
fn keys_say_what_they_take() {
    let entity = schema::of_kind(fichero_definition::shape::kind("entity").unwrap());
    let takes = |key: &str| entity["properties"][key]["x-takes"].clone();
    assert_eq!(takes("label"), "text");
    assert_eq!(takes("tree"), "name");
    assert_eq!(entity["properties"]["properties"]["x-status"], "not yet");
    assert!(entity["properties"]["label"]["description"].as_str().unwrap().ends_with('.'));
}
