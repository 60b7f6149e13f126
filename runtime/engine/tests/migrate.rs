//! What a change of definitions does to records that are there, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::sync::Arc;

use fichero_engine::deploy;
use fichero_engine::deploy::fill::{Round, Standing};
use fichero_engine::deploy::node::{self, Membership};
use fichero_model::clock::Clock as _;
use fichero_store::schema::{Hazard, Plan};
use fichero_store::system;
use serde_json::json;
use world::{World, id, model, on_each};

/// What other definitions would need, without doing it.
async fn plan(world: &World, yaml: &str) -> Plan {
    let (db, model, at) = (world.engine.db().clone(), Arc::new(model(yaml)), world.clock.now());
    tokio::task::spawn_blocking(move || deploy::plan(&db, &model, at).unwrap()).await.unwrap()
}

#[test]
fn money_that_begins_to_share_a_currency_needs_consent_where_it_is_in_another_one() {
    let with = |own: &str, behind: &str| {
        format!(
            "entity: d\nfields:\n  code: text\n  p: text\n  o: {{type: ref, to: o}}\n  c: {own}\n---\n\
             entity: o\nfields:\n  name: text\n  p: text\n---\n\
             entity: l\nfields:\n  name: text\n  d: {{type: ref, to: d}}\n  c: {behind}\n"
        )
    };
    on_each(&with("money", "money"), async |world| {
        let o = world.create("o", json!({"name": "o", "p": "USD"})).await;
        // Without a currency an amount is in the workspace's: in euros.
        let mut last = json!(null);
        for p in ["EUR", "USD"] {
            last = world.create("d", json!({"code": p, "p": p, "o": id(&o), "c": 5})).await;
        }
        world.create("d", json!({"code": "nothing", "c": 5})).await;
        world.create("d", json!({"code": "no money", "p": "USD"})).await;
        world.create("l", json!({"name": "l", "d": id(&last), "c": 5})).await;

        let after = with("{type: money, currency: p}", "{type: money, currency: d.o.p}");
        let planned = plan(world, &after).await;
        let steps: Vec<_> = planned.steps.iter().map(|step| (&*step.what, step.rows, step.hazard)).collect();
        let expected = [
            ("let `c` of `d` take its currency from `p`", Some(1), Hazard::Reinterprets),
            ("let `c` of `l` take its currency from `d.o.p`", Some(1), Hazard::Reinterprets),
        ];
        assert_eq!(steps, expected);
        world.publish(model(&after)).await;
        assert!(plan(world, &after).await.is_empty(), "it is agreed upon once");
        assert!(plan(world, &with("money", "money")).await.is_empty(), "each keeps the currency it has");
    });
}

#[test]
fn money_that_begins_to_share_the_currency_it_has_needs_nothing() {
    let with = |own: &str| format!("entity: d\nfields:\n  code: text\n  c: {own}\n");
    on_each(&with("money"), async |world| {
        world.create("d", json!({"code": "a", "c": 5})).await;
        let fresh = with("{type: money, currency: p}\n  p: text");
        assert_eq!(plan(world, &fresh).await.hazard(), Hazard::Safe, "without a currency it is the workspace's");
        let filled = with("{type: money, currency: p}\n  p: {type: text, required: true, fill: =\"USD\"}");
        assert_eq!(plan(world, &filled).await.hazard(), Hazard::Reinterprets);
    });
}

#[test]
fn a_node_that_has_left_says_nothing_more() {
    on_each("entity: d\nfields:\n  code: text\n", async |world| {
        let engine = world.engine.clone();
        let heard = move || {
            let membership = Membership::new(&engine);
            let follower = membership.clone();
            let living = || {
                let after = node::alive_since(engine.clock().now());
                engine.db().read_blocking(move |tx| system::node::live(tx, after)).unwrap().len()
            };
            follower.beat(&engine, true).unwrap();
            let before = living();
            membership.leave(&engine).unwrap();
            // The follower was about to say that it lives when it was told to end.
            follower.beat(&engine, true).unwrap();
            (before, living())
        };
        assert_eq!(tokio::task::spawn_blocking(heard).await.unwrap(), (1, 0));
    });
}

#[test]
fn a_text_that_becomes_a_sequence_counts_on_behind_the_numbers_that_are_there() {
    let with = |number: &str| format!("entity: d\nfields:\n  name: text\n  number: {number}\n");
    on_each(&with("text"), async |world| {
        for (name, number) in [("none", json!(null)), ("a", json!("N001")), ("b", json!("N007")), ("c", json!("X9"))] {
            world.create("d", json!({"name": name, "number": number})).await;
        }
        let after = with("{type: sequence, pattern: \"N{###}\"}");
        let steps = plan(world, &after).await.steps;
        let steps: Vec<_> = steps.iter().map(|step| (&*step.what, step.rows, step.hazard)).collect();
        let expected = [
            ("let `number` of `d` count on behind the greatest that is there", Some(3), Hazard::Barrier),
            ("give the rows of `d` a `number`, the oldest first", Some(4), Hazard::Backfill),
        ];
        assert_eq!(steps, expected);
        world.publish(model(&after)).await;
        let new = world.create("d", json!({"name": "new"})).await;
        assert_eq!(new["number"], "N008", "also before the old rows are filled");
        let mut round = Round::new(&world.engine);
        while round.batch().await.unwrap() == Standing::More {}
        assert_eq!(world.filtered("d", "number == \"N009\"").await, ["none"]);
        assert!(plan(world, &after).await.is_empty());

        // By hand for a while, and back.
        world.publish(model(&with("text"))).await;
        world.create("d", json!({"name": "e", "number": "N020"})).await;
        world.publish(model(&after)).await;
        assert_eq!(world.create("d", json!({"name": "f"})).await["number"], "N021");
    });
}
