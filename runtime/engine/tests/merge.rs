//! Two records that are one, on both databases: what is taken over, what refers where, and all of it back again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use fichero_engine::command::Command;
use fichero_engine::record::merge::chosen;
use fichero_engine::{Mode, Refusal};
use fichero_model::Ref;
use serde_json::{Value as Json, json};
use world::{World, codes, id, on_each};

const OFFICE: &str = r#"
entity: account
title: name
fields:
  name: {type: text, required: true}
  code: {type: text, unique: true, readonly: true}
  phone: text
  worth: money
  parent: {type: ref, to: account}
  tags: {type: ref, to: tag, many: true}
  deals: {type: children, of: deal, by: account}
  total: {type: integer, rollup: sum(deals.price)}
  people: {type: ref, to: person, many: true, through: role}
rules:
  calm:
    on: update
    if: phone == "0"
    reject: {field: phone, message: "No such phone"}
  stays:
    on: delete
    if: count(deals) > 0
    reject: {field: deals, message: "It has deals"}
---
entity: deal
title: name
fields:
  name: {type: text, required: true}
  price: {type: integer}
  account: {type: ref, to: account, required: true}
  partners: {type: ref, to: account, many: true}
  about: {type: ref, to: [account, person]}
  account_name: {type: text, compute: account.name}
---
entity: person
title: name
fields:
  name: {type: text, required: true}
---
entity: role
title: what
fields:
  account: {type: ref, to: account, required: true, on_delete: cascade}
  person: {type: ref, to: person, required: true, on_delete: cascade}
  what: text
---
entity: tag
title: name
fields:
  name: {type: text}
"#;

async fn merge(world: &World, gone: &Json, into: &Json, take: Option<&[&str]>) -> Result<Json, Refusal> {
    let (Ref { entity, id: gone }, into) =
        (world.reference("account", id(gone)), world.reference("account", id(into)).id);
    let names = take.map(|names| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let take = names.map(|names| chosen(&world.engine.live().model, entity, &names)).transpose()?;
    let command = Command::Merge { entity, id: gone, into, take, versions: [None, None] };
    Ok(world.run(command).await?.body.unwrap().json())
}

fn members(record: &Json, names: &[&str]) -> Vec<Json> {
    names.iter().map(|name| record[*name].clone()).collect()
}

struct Pair {
    gone: Json,
    stays: Json,
    deal: Json,
    both: Json,
}

async fn pair(world: &World) -> Pair {
    let tag = async |name: &str| world.create("tag", json!({"name": name})).await["id"].clone();
    let (red, blue) = (tag("red").await, tag("blue").await);
    let stays = world.create("account", json!({"name": "Acme", "tags": [red]})).await;
    let gone = json!({"name": "ACME Ltd", "phone": "12", "worth": "7.00", "tags": [blue, red], "parent": stays["id"]});
    let gone = world.create("account", gone).await;
    let deal = json!({"name": "d", "price": 5, "account": gone["id"], "about": format!("account:{}", id(&gone))});
    let deal = world.create("deal", deal).await;
    let other = json!({"name": "e", "price": 2, "account": stays["id"], "partners": [gone["id"], stays["id"]]});
    let both = world.create("deal", other).await;
    Pair { gone, stays, deal, both }
}

#[test]
fn what_refers_to_one_refers_to_the_other_and_empty_fields_are_filled() {
    on_each(OFFICE, async |world| {
        let Pair { gone, stays, deal, both } = pair(world).await;
        let merged = merge(world, &gone, &stays, None).await.unwrap();
        assert_eq!(
            members(&merged, &["name", "phone", "worth", "parent"]),
            [json!("Acme"), json!("12"), json!("7.00"), Json::Null]
        );
        assert_eq!(merged["tags"].as_array().unwrap().len(), 2);
        let account = world.get("account", id(&stays)).await;
        assert_eq!(account["total"], json!(7));
        let deal = world.get("deal", id(&deal)).await;
        assert_eq!(members(&deal, &["account", "account_name"]), [stays["id"].clone(), json!("Acme")]);
        assert!(deal["about"].to_string().contains(id(&stays)), "{deal}");
        assert_eq!(world.get("deal", id(&both)).await["partners"], json!([stays["id"]]));
        let history = world.history("account", id(&stays)).await;
        assert_eq!((&history[0]["action"], &history[0]["with"]), (&json!("merge"), &gone["id"]));
        assert_eq!(history[0]["changes"]["phone"], json!([null, "12"]));
    });
}

#[test]
fn restoring_the_one_that_went_takes_the_merge_back() {
    on_each(OFFICE, async |world| {
        let Pair { gone, stays, deal, both } = pair(world).await;
        merge(world, &gone, &stays, Some(&["name", "worth"])).await.unwrap();
        assert_eq!(world.get("account", id(&stays)).await["name"], json!("ACME Ltd"));
        world.update("account", id(&stays), json!({"worth": "9.00"})).await;
        world.restore("account", id(&gone)).await.unwrap();

        let account = world.get("account", id(&stays)).await;
        assert_eq!(
            members(&account, &["name", "phone", "worth", "total"]),
            [json!("Acme"), Json::Null, json!("9.00"), json!(2)]
        );
        assert_eq!(account["tags"], stays["tags"]);
        let back = world.get("account", id(&gone)).await;
        assert_eq!(
            members(&back, &["name", "worth", "total", "parent"]),
            [json!("ACME Ltd"), json!("7.00"), json!(5), stays["id"].clone()]
        );
        let deal = world.get("deal", id(&deal)).await;
        assert_eq!(members(&deal, &["account", "account_name"]), [gone["id"].clone(), json!("ACME Ltd")]);
        assert!(deal["about"].to_string().contains(id(&gone)), "{deal}");
        let partners = world.get("deal", id(&both)).await["partners"].clone();
        let partners: Vec<&Json> = partners.as_array().unwrap().iter().collect();
        assert!(
            partners.len() == 2 && partners.contains(&&gone["id"]) && partners.contains(&&stays["id"]),
            "{partners:?}"
        );
    });
}

#[test]
fn what_is_there_only_once_moves_and_comes_back() {
    on_each(OFFICE, async |world| {
        let stays = world.create("account", json!({"name": "Acme"})).await;
        let gone = json!({"name": "B", "code": "x1"});
        let Ref { entity, .. } = world.reference("account", id(&stays));
        let input = fichero_engine::value::json::input(&world.engine.live().model, entity, &gone).unwrap();
        let made =
            world.engine.command(&world.actor, Command::Create { entity, input }, Mode::Load, None).await.unwrap();
        let gone = world.get("account", &made.done.id.to_string()).await;
        let merged = merge(world, &gone, &stays, None).await.unwrap();
        assert_eq!(merged["code"], json!("x1"), "nobody typed it, so that it may be read-only");
        world.restore("account", id(&gone)).await.unwrap();
        assert_eq!(world.get("account", id(&stays)).await["code"], Json::Null);
        assert_eq!(world.get("account", id(&gone)).await["code"], json!("x1"));
    });
}

#[test]
fn links_that_would_stand_twice_go_along() {
    on_each(OFFICE, async |world| {
        let person = async |name: &str| world.create("person", json!({"name": name})).await;
        let (ann, bob) = (person("Ann").await, person("Bob").await);
        let stays = world.create("account", json!({"name": "Acme", "people": [ann["id"]]})).await;
        let gone = world.create("account", json!({"name": "B", "people": [ann["id"], bob["id"]]})).await;
        merge(world, &gone, &stays, None).await.unwrap();
        let people = async |account: &Json| world.get("account", id(account)).await["people"].clone();
        assert_eq!(people(&stays).await.as_array().unwrap().len(), 2);
        world.restore("account", id(&gone)).await.unwrap();
        assert_eq!(people(&stays).await.as_array().unwrap().len(), 1);
        assert_eq!(people(&gone).await.as_array().unwrap().len(), 2);
    });
}

#[test]
fn nothing_is_half_merged() {
    on_each(OFFICE, async |world| {
        let Pair { gone, stays, deal, .. } = pair(world).await;
        assert_eq!(codes(merge(world, &gone, &gone, None).await), ["merge_self"]);
        assert_eq!(codes(merge(world, &gone, &stays, Some(&["tags"])).await), ["malformed"]);
        world.update("account", id(&gone), json!({"name": "Zero"})).await;
        let zero = world.create("account", json!({"name": "Z"})).await;
        let bad = world.create("account", json!({"name": "Bad", "phone": "0"})).await;
        assert_eq!(codes(merge(world, &bad, &zero, None).await), ["phone: rule"]);
        assert_eq!(world.get("account", id(&bad)).await["name"], json!("Bad"), "it is not in the trash");
        assert_eq!(world.get("deal", id(&deal)).await["account"], gone["id"]);
    });
}

#[test]
fn merges_are_taken_back_from_the_last_to_the_first() {
    on_each(OFFICE, async |world| {
        let Pair { gone, stays, deal, .. } = pair(world).await;
        let last = world.create("account", json!({"name": "Last"})).await;
        merge(world, &gone, &stays, None).await.unwrap();
        merge(world, &stays, &last, None).await.unwrap();
        assert_eq!(world.get("deal", id(&deal)).await["account"], last["id"]);
        assert_eq!(codes(world.restore("account", id(&gone)).await), ["merge_undo_first"]);
        world.restore("account", id(&stays)).await.unwrap();
        world.restore("account", id(&gone)).await.unwrap();
        assert_eq!(world.get("deal", id(&deal)).await["account"], gone["id"]);
    });
}
