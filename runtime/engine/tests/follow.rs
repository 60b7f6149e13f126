//! What is computed from other records follows them, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use fichero_engine::worker;
use fichero_model::clock::Clock;
use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use world::{World, id, on_each};

const GROUP: &str = r#"
entity: group
fields:
  name: text
  level: {type: integer, default: 1}
---
entity: account
fields:
  name: text
  group: {type: ref, to: group, on_delete: clear}
  vip: boolean
  deals: {type: children, of: deal, by: account}
  vips: {type: integer, rollup: count(deals), where: vip}
  names: {type: integer, compute: count(deals.filter(|d| d.name != ()))}
---
entity: deal
fields:
  name: text
  account: {type: ref, to: account}
  tags: {type: ref, to: tag, many: true}
  vip: {type: boolean, compute: account.vip}
  level: {type: integer, compute: account.group.level}
  hot: {type: boolean, compute: 'tags.any(|t| t.weight > 5)'}
  score: {type: integer, formula: level * 10}
---
entity: tag
fields:
  name: text
  weight: integer
"#;

async fn follow(world: &World) {
    worker::run_due(&world.engine).await.unwrap();
}

fn later(world: &World) {
    world.clock.advance_to(world.clock.now().checked_add(SignedDuration::from_mins(2)).unwrap());
}

async fn seen(world: &World, entity: &str, record: &Json, fields: &[&str]) -> Json {
    let record = world.get(entity, id(record)).await;
    fields.iter().map(|field| record[*field].clone()).collect()
}

#[test]
fn what_is_computed_through_references_follows_and_so_do_rollups_over_it() {
    on_each(GROUP, async |world| {
        let group = world.create("group", json!({"name": "G"})).await;
        let account = world.create("account", json!({"name": "A", "vip": true, "group": id(&group)})).await;
        let tag = world.create("tag", json!({"name": "t", "weight": 1})).await;
        let deal = json!({"name": "d", "account": id(&account), "tags": [id(&tag)]});
        let deal = world.create("deal", deal).await;
        let own = json!({"name": "own", "account": id(&account), "vip": true});
        let own = world.create("deal", own).await;
        let fields = ["vip", "level", "score", "hot", "version"];
        assert_eq!(seen(world, "deal", &deal, &fields).await, json!([true, 1, 10, false, 1]));
        assert_eq!(seen(world, "account", &account, &["vips"]).await, json!([2]));

        world.update("account", id(&account), json!({"vip": false})).await;
        world.update("group", id(&group), json!({"level": 3})).await;
        world.update("tag", id(&tag), json!({"weight": 9})).await;
        follow(world).await;
        assert_eq!(seen(world, "deal", &deal, &fields).await, json!([false, 3, 30, true, 1]));
        assert_eq!(seen(world, "deal", &own, &["vip", "level"]).await, json!([true, 3]), "what is overridden stays");
        assert_eq!(seen(world, "account", &account, &["vips"]).await, json!([1]));
        assert_eq!(world.history("deal", id(&deal)).await.len(), 1, "what is derived writes no history");

        world.delete("group", id(&group)).await.unwrap();
        follow(world).await;
        assert_eq!(seen(world, "deal", &deal, &fields).await, json!([false, null, null, true, 1]));

        // The second time, which a database of many writers needs, finds nothing more to do and orders nothing.
        later(world);
        follow(world).await;
        later(world);
        assert_eq!(worker::run_due(&world.engine).await.unwrap(), 0);
    });
}

#[test]
fn what_is_computed_over_rows_follows_at_once() {
    on_each(GROUP, async |world| {
        let account = world.create("account", json!({"name": "A"})).await;
        assert_eq!(seen(world, "account", &account, &["names"]).await, json!([0]));
        let deal = world.create("deal", json!({"name": "d", "account": id(&account)})).await;
        assert_eq!(seen(world, "account", &account, &["names"]).await, json!([1]));
        world.update("deal", id(&deal), json!({"name": null})).await;
        assert_eq!(seen(world, "account", &account, &["names"]).await, json!([0]));
        world.update("deal", id(&deal), json!({"name": "again"})).await;
        world.delete("deal", id(&deal)).await.unwrap();
        assert_eq!(seen(world, "account", &account, &["names"]).await, json!([0]));
    });
}

#[test]
fn many_followers_are_refreshed_batch_by_batch() {
    on_each(GROUP, async |world| {
        let account = world.create("account", json!({"name": "A", "vip": true})).await;
        for number in 0..250 {
            world.create("deal", json!({"name": format!("{number}"), "account": id(&account)})).await;
        }
        world.update("account", id(&account), json!({"vip": false})).await;
        assert_eq!(seen(world, "account", &account, &["vips"]).await, json!([250]));
        assert_eq!(worker::run_due(&world.engine).await.unwrap(), 2);
        assert_eq!(seen(world, "account", &account, &["vips"]).await, json!([0]));
    });
}
