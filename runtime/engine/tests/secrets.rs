//! Secrets: written, kept sealed, read by nobody, on every way in and out and on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use fichero_engine::read::history;
use fichero_engine::read::list::ListRequest;
use fichero_engine::secret::{Keeper, Place, Unopened};
use fichero_engine::{Actor, Mode, Via, verify};
use serde_json::{Value as Json, json};
use world::bring::{bring, counts};
use world::{World, codes, id, on_each};

const GATES: &str = r#"
entity: gate
fields:
  name: {type: text, required: true}
  code: {type: text, external: true}
  token: {type: secret, max: 40}
  spare: secret
  ready: {type: boolean, formula: token != ()}
  parts: {type: lines, of: part}
---
entity: part
title: label
fields:
  gate: {type: ref, to: gate, required: true, on_delete: cascade}
  label: text
  pin: secret
"#;

/// What nobody may ever read.
const SECRET: &str = "s3cr3t-plaintext";

/// What the database keeps in a field of a record.
async fn kept(world: &World, record: &str, field: &str) -> Option<String> {
    let (reference, field) = (world.reference("gate", record), field.to_owned());
    let stored = world.engine.read(move |engine, live, tx| {
        let actor = Actor::system(Via::System);
        let work = engine.work(live, tx, &actor, Mode::Load);
        let row = work.living(reference)?.expect("the record is there");
        let (id, _) = work.live.model[reference.entity].field(&field).unwrap();
        Ok(row.get(id).as_text().map(str::to_owned))
    });
    stored.await.unwrap()
}

/// What stands sealed in `token`, opened with the key of the tests.
async fn opened(world: &World, record: &str) -> Result<String, Unopened> {
    let sealed = kept(world, record, "token").await.expect("there is one");
    assert!(!sealed.contains(SECRET), "{sealed}");
    let keeper = Keeper::of(&"A".repeat(43)).unwrap();
    keeper.open(Place { table: "gate", record: record.parse().unwrap(), column: "token" }, &sealed)
}

/// Everything that can be asked about the records, as one text.
async fn all_that_is_told(world: &World, record: &str) -> String {
    let page = world.engine.list(&world.actor, world.entity("gate"), &ListRequest::default()).await.unwrap();
    let list: Vec<Json> = page.items.iter().map(fichero_engine::value::write::Written::json).collect();
    let request = history::Request::default();
    let history = world.engine.history(&world.actor, world.reference("gate", record), &request).await.unwrap().items;
    format!(
        "{list:?} {history:?} {} {}",
        world.get("gate", record).await,
        world.get_expanded("gate", record, &["parts"]).await
    )
}

#[test]
fn what_is_given_is_sealed_and_told_only_to_be_there() {
    on_each(GATES, async |world| {
        let body = json!({"name": "North", "token": SECRET, "parts": [{"label": "a", "pin": SECRET}]});
        let gate = world.create("gate", body).await;
        let it = id(&gate);
        assert_eq!((&gate["token"], &gate["spare"], &gate["ready"]), (&json!(true), &Json::Null, &json!(true)));
        assert_eq!(opened(world, it).await, Ok(SECRET.to_owned()));
        let before = kept(world, it, "token").await;

        // What is not given stays, and so does what is sent back as it was read.
        world.update("gate", it, json!({"name": "South"})).await;
        world.update("gate", it, json!({"name": "West", "token": true, "spare": null})).await;
        assert_eq!(kept(world, it, "token").await, before);
        // The same again is sealed anew: nobody sees that it is the same.
        world.update("gate", it, json!({"token": SECRET})).await;
        assert_ne!(kept(world, it, "token").await, before);
        assert_eq!(opened(world, it).await, Ok(SECRET.to_owned()));

        let told = all_that_is_told(world, it).await;
        assert!(!told.contains(SECRET), "{told}");
        assert!(!told.contains(&kept(world, it, "token").await.unwrap()), "not even sealed: {told}");
        assert_eq!(world.get_expanded("gate", it, &["parts"]).await["parts"][0]["pin"], json!(true));

        let gone = world.update("gate", it, json!({"token": null})).await;
        assert_eq!((&gone["token"], &gone["ready"]), (&Json::Null, &json!(false)));
        assert_eq!(kept(world, it, "token").await, None);
        for (body, wrong) in [
            (json!({"token": "x".repeat(41)}), "token: too_long"),
            (json!({"token": 5}), "token: not_text"),
            (json!({"token": false}), "token: not_text"),
        ] {
            assert_eq!(codes(world.try_update("gate", it, body).await), [wrong]);
        }
    });
}

#[test]
fn nothing_is_found_sorted_or_compared_by_it() {
    on_each(GATES, async |world| {
        world.create("gate", json!({"name": "With", "token": SECRET})).await;
        world.create("gate", json!({"name": "Without"})).await;
        assert_eq!(world.filtered("gate", "token != ()").await, ["With"]);
        assert_eq!(world.filtered("gate", "is_empty(token)").await, ["Without"]);
        let refused = [
            ListRequest { filter: Some(format!("token == \"{SECRET}\"")), ..ListRequest::default() },
            ListRequest { filter: Some("token > \"a\"".to_owned()), ..ListRequest::default() },
            ListRequest { filter: Some("starts_with(token, \"s\")".to_owned()), ..ListRequest::default() },
            ListRequest { filter: Some("token in [\"s\"]".to_owned()), ..ListRequest::default() },
            ListRequest { filter: Some("(token ?? \"a\") == \"a\"".to_owned()), ..ListRequest::default() },
            ListRequest { filter: Some("(if ready { token } else { () }) == ()".to_owned()), ..ListRequest::default() },
            ListRequest { filter: Some("any(parts, pin == name)".to_owned()), ..ListRequest::default() },
            ListRequest { sort: vec!["token".to_owned()], ..ListRequest::default() },
        ];
        for request in refused {
            let answer = world.engine.list(&world.actor, world.entity("gate"), &request).await;
            assert!(answer.is_err(), "{request:?}");
        }
        let live = world.engine.live();
        let equal = fichero_engine::read::list::equality(&live.model, world.entity("gate"), "token", &json!(SECRET));
        assert!(equal.is_err(), "{equal:?}");
    });
}

#[test]
fn a_record_keeps_its_own_through_trash_copies_and_merges() {
    on_each(GATES, async |world| {
        let gate = world.create("gate", json!({"name": "North", "token": SECRET})).await;
        let it = id(&gate);
        world.delete("gate", it).await.unwrap();
        world.restore("gate", it).await.unwrap();
        assert_eq!(opened(world, it).await, Ok(SECRET.to_owned()));

        // Moved to another record by whoever writes to the database, it does not open, and `verify` tells.
        let other = world.create("gate", json!({"name": "South", "token": "another"})).await;
        assert_eq!(verify::verify(&world.engine, |_| {}).await.unwrap().differences, 0);
        let sealed = kept(world, it, "token").await.unwrap();
        let (reference, token) = (world.reference("gate", id(&other)), "token");
        let moved = world.engine.write(
            fichero_store::Priority::Interactive,
            fichero_store::Isolation::ReadCommitted,
            move |_, live, tx| {
                let (field, _) = live.model[reference.entity].field(token).unwrap();
                let values = [(field, fichero_model::Value::text(&sealed))];
                live.layout.set(tx, reference.entity, &[reference.id], &values)?;
                Ok::<_, fichero_engine::Refusal>(())
            },
        );
        moved.await.unwrap();
        assert_eq!(opened(world, id(&other)).await, Err(Unopened::Broken));
        let mut told = Vec::new();
        let found = verify::verify(&world.engine, |difference| told.push(difference)).await.unwrap();
        assert_eq!(found.differences, 1);
        assert_eq!((told[0].field.as_deref(), told[0].record.id.to_string().as_str()), (Some("token"), id(&other)));
    });
}

#[test]
fn an_import_writes_it_and_takes_it_back() {
    on_each(GATES, async |world| {
        let csv = format!("code,name,token\na,North,{SECRET}\nb,South,\nc,East,{}\n", "x".repeat(41));
        let brought = bring(world, "gate", None, &csv).await;
        assert_eq!(counts(&brought), [2, 0, 0, 1], "{}", brought.rejects);
        let page = world.engine.list(&world.actor, world.entity("gate"), &ListRequest::default()).await.unwrap();
        let north = page
            .items
            .iter()
            .map(fichero_engine::value::write::Written::json)
            .find(|gate| gate["code"] == "a")
            .unwrap();
        assert_eq!(north["token"], json!(true));
        assert_eq!(opened(world, id(&north)).await, Ok(SECRET.to_owned()));
        let told = all_that_is_told(world, id(&north)).await;
        assert!(!told.contains(SECRET), "{told}");
    });
}

#[test]
fn without_a_key_everything_goes_on_but_giving_secrets() {
    let model = std::sync::Arc::new(world::model(GATES));
    for database in fichero_test_support::databases() {
        let world = World::with_key(database, std::sync::Arc::clone(&model), None);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let refused = world.try_create("gate", json!({"name": "North", "token": SECRET})).await.unwrap_err();
            let told = refused.to_text(fichero_model::label::Locale::EN);
            assert!(told.contains("FICHERO_KEY") && told.contains("openssl rand -base64 32"), "{told}");
            assert_eq!(refused.errors[0].code, "no_key");
            let gate = world.create("gate", json!({"name": "North"})).await;
            let it = id(&gate);
            assert_eq!(codes(world.try_update("gate", it, json!({"token": SECRET})).await), ["token: no_key"]);
            world.update("gate", it, json!({"name": "South", "token": null})).await;
            assert_eq!(verify::verify(&world.engine, |_| {}).await.unwrap().differences, 0);
        });
    }
}
