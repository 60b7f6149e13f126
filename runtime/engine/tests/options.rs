//! Options and stages that have left the definitions, and those that are retired: a record that holds one keeps it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use serde_json::json;
use world::{codes, id, model, on_each};

const BEFORE: &str = r#"
entity: thing
fields:
  name: text
  one: {type: choice, options: [a, b, z]}
  many: {type: choice, many: true, options: [a, b, z]}
  past: {type: choice, many: true, options: [a, b, z]}
---
pipeline: way
entity: thing
field: stage
stages: {first: {}, middle: {}, last: {}}
transitions: {first: [middle], middle: [last]}
"#;

const AFTER: &str = r#"
entity: thing
fields:
  name: text
  one: {type: choice, options: [a, b]}
  many: {type: choice, many: true, options: [a, b]}
  past: {type: choice, many: true, options: {a: {}, b: {}, z: {retired: true}}}
---
pipeline: way
entity: thing
field: stage
stages: {first: {}, last: {}}
transitions: {first: [last]}
"#;

#[test]
fn a_record_keeps_an_option_that_is_gone_until_it_gets_another() {
    on_each(BEFORE, async |world| {
        let thing = world.create("thing", json!({"one": "z", "many": ["a", "z"], "past": ["a", "z"]})).await;
        world.publish(model(AFTER)).await;

        let same = json!({"name": "x", "one": "z", "many": ["a", "z"], "past": ["a", "z"]});
        let kept = world.update("thing", id(&thing), same).await;
        assert_eq!((&kept["one"], &kept["many"]), (&json!("z"), &json!(["a", "z"])));
        let history = world.history("thing", id(&thing)).await;
        assert!(!history[0].to_string().contains("many"), "nothing of it was changed: {}", history[0]);
        assert_eq!(world.update("thing", id(&thing), json!({"name": "y"})).await["one"], "z");

        // Others come and go beside it.
        let more = world.update("thing", id(&thing), json!({"many": ["z", "b", "a"], "past": ["z", "b"]})).await;
        assert_eq!((&more["many"], &more["past"]), (&json!(["z", "b", "a"]), &json!(["z", "b"])));

        // Once it is gone from the record, it is gone.
        let less = world.update("thing", id(&thing), json!({"one": "a", "many": ["b"], "past": ["b"]})).await;
        assert_eq!((&less["one"], &less["many"], &less["past"]), (&json!("a"), &json!(["b"]), &json!(["b"])));
        let refused =
            world.try_update("thing", id(&thing), json!({"one": "z", "many": ["b", "z"], "past": ["z"]})).await;
        assert_eq!(codes(refused), ["one: not_option", "many: not_option", "past: retired_option"]);
        let refused = world.try_create("thing", json!({"one": "z", "many": ["z"]})).await;
        assert_eq!(codes(refused), ["one: not_option", "many: not_option"]);
    });
}

#[test]
fn a_record_keeps_a_stage_that_is_gone_until_it_moves_on() {
    on_each(BEFORE, async |world| {
        let thing = world.create("thing", json!({"stage": "middle"})).await;
        world.publish(model(AFTER)).await;
        let kept = world.update("thing", id(&thing), json!({"name": "x", "stage": "middle"})).await;
        assert_eq!((&kept["name"], &kept["stage"]), (&json!("x"), &json!("middle")));
        assert_eq!(world.transition("thing", id(&thing), "last", json!({})).await.unwrap()["stage"], "last");
        let refused = world.try_update("thing", id(&thing), json!({"stage": "middle"})).await;
        assert_eq!(codes(refused), ["stage: not_option"]);
    });
}
