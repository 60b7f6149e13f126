//! Trash, restore and purge on both databases: what goes along, what holds back, what comes back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use fichero_engine::read::list::ListRequest;
use serde_json::{Value as Json, json};
use world::{World, codes, id, on_each};

const OFFICE: &str = r#"
entity: account
title: name
fields:
  name: {type: text, required: true, unique: true}
  deals: {type: children, of: deal, by: account}
  owned: {type: integer, rollup: count(deals), where: has_owner}
---
entity: deal
title: name
fields:
  name: {type: text, required: true}
  account: {type: ref, to: account}
  owner: {type: ref, to: person, on_delete: clear}
  has_owner: {type: boolean, formula: owner != ()}
  owner_name: {type: text, compute: owner.name}
  tags: {type: ref, to: tag, many: true}
  tag_count: {type: integer, compute: count(tags)}
  lines: {type: lines, of: deal_line}
  total: {type: integer, rollup: sum(lines.price)}
---
entity: deal_line
title: name
fields:
  name: {type: text}
  price: {type: integer}
  deal: {type: ref, to: deal, required: true}
---
entity: memo
title: name
fields:
  name: {type: text}
  locked: {type: boolean}
  account: {type: ref, to: account, on_delete: cascade, required: true}
rules:
  no_delete:
    on: delete
    if: locked
    reject: {field: locked, message: "It is locked"}
---
entity: person
title: name
fields:
  name: {type: text}
---
entity: tag
title: name
fields:
  name: {type: text}
"#;

async fn trashed(world: &World, entity: &str) -> Vec<String> {
    let sort = vec!["name".to_owned()];
    world.names(entity, ListRequest { trash: true, sort, ..ListRequest::default() }).await
}

async fn living(world: &World, entity: &str) -> Vec<String> {
    world.names(entity, ListRequest { sort: vec!["name".to_owned()], ..ListRequest::default() }).await
}

#[test]
fn purging_what_lies_in_the_trash_takes_its_batch_along() {
    on_each(OFFICE, async |world| {
        let deal = world.create("deal", json!({"name": "d", "lines": [{"name": "a"}, {"name": "b"}]})).await;
        world.delete("deal", id(&deal)).await.unwrap();
        assert_eq!(trashed(world, "deal_line").await, ["a", "b"]);
        world.purge("deal", id(&deal)).await.unwrap();
        assert!(trashed(world, "deal_line").await.is_empty(), "no line is left without its deal");
    });
}

#[test]
fn what_lies_in_the_trash_holds_a_record_back_from_being_purged() {
    on_each(OFFICE, async |world| {
        let account = world.create("account", json!({"name": "A"})).await;
        let deal = world.create("deal", json!({"name": "d", "account": id(&account)})).await;
        world.delete("deal", id(&deal)).await.unwrap();
        let refused = world.purge("account", id(&account)).await;
        let told = refused.as_ref().unwrap_err().to_text(fichero_model::label::Locale::EN);
        assert!(told.contains("Deals (1) in the trash"), "{told}");
        assert_eq!(codes(refused), ["restrict_trashed"]);
        world.delete("account", id(&account)).await.unwrap();
        assert_eq!(codes(world.purge("account", id(&account)).await), ["restrict_trashed"]);
        world.restore("account", id(&account)).await.unwrap();
        world.restore("deal", id(&deal)).await.unwrap();
        assert_eq!(world.get("deal", id(&deal)).await["account"], account["id"]);
        assert_eq!(codes(world.purge("account", id(&account)).await), ["restrict"]);
        world.purge("deal", id(&deal)).await.unwrap();
        world.purge("account", id(&account)).await.unwrap();
    });
}

#[test]
fn nothing_is_restored_that_would_point_into_the_trash() {
    on_each(OFFICE, async |world| {
        let account = world.create("account", json!({"name": "Acme"})).await;
        let person = world.create("person", json!({"name": "Ann"})).await;
        let deal = json!({"name": "d", "account": id(&account), "owner": id(&person), "lines": [{"name": "a"}]});
        let deal = world.create("deal", deal).await;
        world.delete("deal", id(&deal)).await.unwrap();
        world.delete("account", id(&account)).await.unwrap();
        world.delete("person", id(&person)).await.unwrap();
        let refused = world.restore("deal", id(&deal)).await;
        let told = refused.as_ref().unwrap_err().to_text(fichero_model::label::Locale::EN);
        assert!(told.contains("“Acme”") && told.contains("“Ann”"), "{told}");
        assert_eq!(codes(refused), ["reference_trashed"]);
        world.restore("account", id(&account)).await.unwrap();
        world.restore("person", id(&person)).await.unwrap();
        world.restore("deal", id(&deal)).await.unwrap();
        assert_eq!(living(world, "deal_line").await, ["a"]);
    });
}

#[test]
fn whichever_of_a_batch_is_restored_brings_all_of_it_back() {
    on_each(OFFICE, async |world| {
        let account = world.create("account", json!({"name": "A"})).await;
        let one = world.create("memo", json!({"name": "one", "account": id(&account)})).await;
        world.create("memo", json!({"name": "two", "account": id(&account)})).await;
        world.delete("account", id(&account)).await.unwrap();
        world.restore("memo", id(&one)).await.unwrap();
        assert_eq!(living(world, "account").await, ["A"]);
        assert_eq!(living(world, "memo").await, ["one", "two"]);

        // What was deleted before stays where it is, and a unique rule that broke meanwhile refuses all of them.
        world.delete("memo", id(&one)).await.unwrap();
        world.delete("account", id(&account)).await.unwrap();
        world.create("account", json!({"name": "a"})).await;
        assert_eq!(codes(world.restore("account", id(&account)).await), ["name: unique"]);
        assert_eq!(trashed(world, "memo").await, ["one", "two"]);
        assert_eq!(codes(world.restore("memo", id(&one)).await), ["reference_trashed"]);
    });
}

#[test]
fn a_cascade_asks_the_rules_of_all_that_it_takes_along() {
    on_each(OFFICE, async |world| {
        let account = world.create("account", json!({"name": "A"})).await;
        let memo = world.create("memo", json!({"name": "m", "locked": true, "account": id(&account)})).await;
        assert_eq!(codes(world.delete("memo", id(&memo)).await), ["locked: rule"]);
        assert_eq!(codes(world.delete("account", id(&account)).await), ["memo.locked: rule"]);
        assert_eq!(codes(world.purge("account", id(&account)).await), ["memo.locked: rule"]);
        world.update("memo", id(&memo), json!({"locked": false})).await;
        world.delete("account", id(&account)).await.unwrap();
    });
}

#[test]
fn a_cleared_reference_is_a_change_and_comes_back_with_its_target() {
    on_each(OFFICE, async |world| {
        let account = world.create("account", json!({"name": "A"})).await;
        let person = world.create("person", json!({"name": "Ann"})).await;
        let (one, two) =
            (world.create("tag", json!({"name": "1"})).await, world.create("tag", json!({"name": "2"})).await);
        let deal = json!({"name": "d", "account": id(&account), "owner": id(&person), "tags": [id(&one), id(&two)]});
        let deal = world.create("deal", deal).await;
        let seen = async || {
            let deal = world.get("deal", id(&deal)).await;
            let account = world.get("account", id(&account)).await;
            json!([
                deal["owner"],
                deal["has_owner"],
                deal["owner_name"],
                deal["tag_count"],
                account["owned"],
                deal["version"]
            ])
        };
        assert_eq!(seen().await, json!([person["id"], true, "Ann", 2, 1, 1]));
        world.delete("person", id(&person)).await.unwrap();
        assert_eq!(seen().await, json!([null, false, null, 2, 0, 2]));
        world.delete("tag", id(&one)).await.unwrap();
        assert_eq!(seen().await, json!([null, false, null, 1, 0, 3]));
        let changes: Vec<Json> =
            world.history("deal", id(&deal)).await.iter().map(|entry| entry["changes"].clone()).take(2).collect();
        let (first, second) = (id(&one), id(&two));
        assert_eq!(changes[0]["tags"], json!([[first, second], [second]]));
        assert_eq!(changes[1]["owner"], json!([person["id"], null]));

        world.restore("person", id(&person)).await.unwrap();
        world.restore("tag", id(&one)).await.unwrap();
        assert_eq!(seen().await, json!([person["id"], true, "Ann", 2, 1, 5]));
        assert_eq!(world.get("deal", id(&deal)).await["tags"], json!([second, first]));

        // Whoever has been given to it meanwhile stays.
        let other = world.create("person", json!({"name": "Bob"})).await;
        world.delete("person", id(&person)).await.unwrap();
        world.update("deal", id(&deal), json!({"owner": id(&other)})).await;
        world.restore("person", id(&person)).await.unwrap();
        assert_eq!(seen().await, json!([other["id"], true, "Bob", 2, 1, 7]));

        // What lies in the trash loses its reference too when the target is gone for good.
        world.delete("deal", id(&deal)).await.unwrap();
        world.purge("person", id(&other)).await.unwrap();
        world.restore("deal", id(&deal)).await.unwrap();
        let told = seen().await;
        assert_eq!((&told[0], &told[1], &told[2]), (&json!(null), &json!(false), &json!(null)));
    });
}

#[test]
fn what_a_record_sums_up_is_right_when_it_comes_back() {
    on_each(OFFICE, async |world| {
        let deal = world
            .create("deal", json!({"name": "d", "lines": [{"name": "a", "price": 3}, {"name": "b", "price": 4}]}))
            .await;
        let line = world.get_expanded("deal", id(&deal), &["lines"]).await["lines"][0].clone();
        world.delete("deal", id(&deal)).await.unwrap();
        world.purge("deal_line", id(&line)).await.unwrap();
        world.restore("deal", id(&deal)).await.unwrap();
        assert_eq!(world.get("deal", id(&deal)).await["total"], 4);
    });
}

#[test]
fn history_tells_what_a_reference_to_many_held_before() {
    on_each(OFFICE, async |world| {
        let mut tags = Vec::new();
        for name in ["1", "2", "3"] {
            tags.push(id(&world.create("tag", json!({"name": name})).await).to_owned());
        }
        let deal = world.create("deal", json!({"name": "d", "tags": [tags[0], tags[1]]})).await;
        let changed = world.update("deal", id(&deal), json!({"tags": [tags[1], tags[2]]})).await;
        assert_eq!(changed["version"], 2);
        let same = world.update("deal", id(&deal), json!({"tags": [tags[1], tags[2]]})).await;
        assert_eq!(same["version"], 2, "nothing has changed");
        let history = world.history("deal", id(&deal)).await;
        assert_eq!(history.len(), 2);
        assert_eq!(history[0]["changes"], json!({"tags": [[tags[0], tags[1]], [tags[1], tags[2]]]}));
        assert_eq!(history[1]["changes"]["tags"], json!([null, [tags[0], tags[1]]]));
    });
}
