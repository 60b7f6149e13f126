//! Pipelines of records that were there before them, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::sync::Arc;

use fichero_engine::deploy;
use fichero_engine::deploy::fill::{Round, Standing, findings};
use fichero_model::clock::Clock as _;
use serde_json::{Value as Json, json};
use world::{World, codes, id, model, on_each};

const BEFORE: &str = r#"
entity: site
fields:
  name: text
  visits: {type: children, of: visit, by: site}
  open: {type: integer, rollup: count(visits), where: name != "x"}
---
entity: visit
fields:
  name: {type: text, required: true}
  site: {type: ref, to: site}
  report: text
  chance: {type: decimal, scale: 0, compute: 1 + 1}
"#;

const PIPELINE: &str = r#"
---
pipeline: visit_process
entity: visit
field: state
stages:
  planned: {probability: 10}
  done: {probability: 100, closed: true, require: [report]}
transitions: {planned: [done]}
"#;

fn after() -> String {
    let rest = BEFORE.replace("name != \"x\"", "not state.closed").replace("1 + 1", "state.probability");
    format!("{rest}{PIPELINE}")
}

async fn fill(world: &World) {
    let mut round = Round::new(&world.engine);
    while round.batch().await.unwrap() == Standing::More {}
    assert!(findings(&world.engine).await.unwrap().is_empty());
}

#[test]
fn old_records_enter_a_new_pipeline_at_its_first_stage() {
    on_each(BEFORE, async |world| {
        let site = world.create("site", json!({"name": "Roof"})).await;
        let visits = ["a", "b"].map(|name| json!({"name": name, "site": id(&site)}));
        let [first, second] =
            [world.create("visit", visits[0].clone()).await, world.create("visit", visits[1].clone()).await];
        let (db, new, now) = (world.engine.db().clone(), Arc::new(model(&after())), world.clock.now());
        let plan = tokio::task::spawn_blocking(move || deploy::plan(&db, &new, now).unwrap()).await.unwrap();
        let step = plan.steps.iter().find(|step| step.what == "fill `state` in the rows of `visit`");
        assert_eq!(step.expect("it is shown").rows, Some(2), "{:#?}", plan.steps);
        assert!(!plan.hazard().needs_consent());

        world.publish(model(&after())).await;
        // Who saves a record before it was filled puts it where it belongs.
        let saved = world.update("visit", id(&first), json!({"name": "A"})).await;
        assert_eq!((&saved["name"], &saved["state"], &saved["chance"]), (&json!("A"), &json!("planned"), &json!("10")));
        fill(world).await;
        let filled = world.get("visit", id(&second)).await;
        assert_eq!(
            (&filled["state"], &filled["chance"], &filled["version"]),
            (&json!("planned"), &json!("10"), &json!(2))
        );
        assert_eq!(world.get("visit", id(&first)).await["version"], 2, "what has a stage is left alone");
        assert_eq!(world.get("site", id(&site)).await["open"], 2);
        let history = world.history("visit", id(&second)).await;
        assert_eq!(history[0]["changes"]["state"], json!([Json::Null, "planned"]), "{}", history[0]);
        assert_eq!(moves(world, id(&second), "state").await, [(None, Some("planned".to_owned()))]);

        let moved = world.transition("visit", id(&second), "done", json!({"report": "fine"})).await.unwrap();
        assert_eq!(moved["state"], "done");
    });
}

#[test]
fn a_record_without_a_stage_is_saved_into_the_first() {
    on_each(BEFORE, async |world| {
        let visits = ["a", "b", "c"].map(|name| json!({"name": name}));
        let mut made = Vec::new();
        for visit in visits {
            made.push(world.create("visit", visit).await);
        }
        world.publish(model(&after())).await;
        assert_eq!(world.update("visit", id(&made[0]), json!({"name": "A"})).await["state"], "planned");
        // The writer's word goes first: any stage may be the one it begins in, none is no stage.
        let done = json!({"state": "done", "report": "fine"});
        assert_eq!(world.update("visit", id(&made[1]), done).await["state"], "done");
        assert_eq!(codes(world.try_update("visit", id(&made[2]), json!({"state": null})).await), ["state: required"]);
    });
}

/// The stages a record went through.
async fn moves(world: &World, id: &str, field: &'static str) -> Vec<(Option<String>, Option<String>)> {
    let id = id.parse().unwrap();
    let moves = world.engine.read(move |_, _, tx| Ok(fichero_store::system::stage::of(tx, id, field)?)).await.unwrap();
    let text = |stage: Option<Arc<str>>| stage.map(|stage| stage.to_string());
    moves.into_iter().map(|step| (text(step.from.clone()), text(step.to.clone()))).collect()
}

const SHARED: &str = r#"
entity: job
fields:
  name: text
  k: text
  forced: boolean
  chance: {type: decimal, scale: 0, compute: stage.probability}
rules:
  force: {on: save, if: forced, set: {k: z}}
---
pipeline: first
entity: job
for: k == "x"
stages: {a: {probability: 10}, b: {probability: 20}}
---
pipeline: second
entity: job
for: k == "y"
stages: {a: {probability: 10}, c: {probability: 30}}
---
pipeline: third
entity: job
for: k == "z"
stages: {d: {probability: 40}, c: {probability: 30}}
"#;

#[test]
fn a_record_is_in_a_stage_of_the_pipeline_that_holds() {
    on_each(SHARED, async |world| {
        let begun = |k: &'static str| async move { world.create("job", json!({"k": k})).await["stage"].clone() };
        assert_eq!([begun("x").await, begun("y").await, begun("z").await], [json!("a"), json!("a"), json!("d")]);
        assert_eq!(begun("").await, Json::Null, "no pipeline holds");
        for (k, stage) in [("x", "c"), ("y", "b"), ("z", "a"), ("", "a")] {
            let refused = world.try_create("job", json!({"k": k, "stage": stage})).await;
            assert_eq!(codes(refused), ["stage: not_option"], "{k}: {stage}");
        }
        assert_eq!(codes(world.try_create("job", json!({"k": "x", "stage": null})).await), ["stage: required"]);

        let job = world.create("job", json!({"k": "x", "stage": "b"})).await;
        assert_eq!(codes(world.try_update("job", id(&job), json!({"stage": "c"})).await), ["stage: transition"]);
        assert_eq!(codes(world.transition("job", id(&job), "c", json!({})).await), ["stage: transition"]);
        let seen = |job: &Json| json!([job["stage"], job["chance"]]);
        let moved = world.update("job", id(&job), json!({"k": "y"})).await;
        assert_eq!(seen(&moved), json!(["a", "10"]), "the other has no such stage");
        let moved = world.update("job", id(&job), json!({"k": "z", "stage": "c"})).await;
        assert_eq!(seen(&moved), json!(["c", "30"]), "the writer's word goes first");
        let moved = world.update("job", id(&job), json!({"k": "y"})).await;
        assert_eq!(seen(&moved), json!(["c", "30"]), "the other has the stage, too");
        let moved = world.update("job", id(&job), json!({"k": "y", "forced": true})).await;
        assert_eq!((&moved["k"], seen(&moved)), (&json!("z"), json!(["c", "30"])), "a rule may decide which holds");
        assert_eq!(
            codes(world.try_update("job", id(&job), json!({"k": "z", "stage": "b"})).await),
            ["stage: transition"]
        );
        let moved = world.update("job", id(&job), json!({"k": null, "forced": false})).await;
        assert_eq!(seen(&moved), json!([null, null]), "none holds");
        assert_eq!(codes(world.try_update("job", id(&job), json!({"stage": "c"})).await), ["stage: not_option"]);
        let moved = world.update("job", id(&job), json!({"forced": true})).await;
        assert_eq!(seen(&moved), json!(["d", "40"]));
        let stages: Vec<_> =
            moves(world, id(&job), "stage").await.into_iter().map(|(_, to)| to.unwrap_or_default()).collect();
        assert_eq!(stages, ["b", "a", "c", "", "d"]);
    });
}
