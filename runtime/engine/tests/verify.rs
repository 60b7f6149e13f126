//! Derived values that are wrong are found and made right, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use fichero_engine::Refusal;
use fichero_engine::verify::{self, Difference, Found};
use fichero_model::Ref;
use fichero_model::value::Value;
use fichero_store::{Isolation, Priority};
use serde_json::json;
use world::{World, id, on_each};

const FIRM: &str = r#"
entity: account
fields:
  name: text
  vip: boolean
  deals: {type: children, of: deal, by: account}
  total: {type: money, rollup: sum(deals.worth)}
  most: {type: integer, rollup: max(deals.amount)}
  big: {type: boolean, formula: most > 5}
---
entity: deal
fields:
  name: text
  account: {type: ref, to: account}
  amount: integer
  worth: {type: money, formula: amount * 2}
  vip: {type: boolean, compute: account.vip}
  saved: {type: date, compute: today()}
"#;

/// Writes a wrong value past the door.
async fn spoil(world: &World, record: Ref, field: &str, value: Value) {
    let field = world.engine.live().model[record.entity].field(field).unwrap().0;
    world
        .engine
        .write(Priority::Interactive, Isolation::ReadCommitted, move |_, live, tx| {
            live.layout.set(tx, record.entity, &[record.id], &[(field, value.clone())])?;
            Ok::<_, Refusal>(())
        })
        .await
        .unwrap();
}

async fn differences(world: &World) -> (Found, Vec<String>) {
    let mut told = Vec::new();
    let tell = |Difference { entity, field, stored, right, .. }: Difference| {
        told.push(format!("{entity}.{}: {stored} → {right}", field.as_deref().unwrap_or("*")));
    };
    let found = verify::verify(&world.engine, tell).await.unwrap();
    (found, told)
}

#[test]
fn what_is_wrong_is_found_and_mended() {
    on_each(FIRM, async |world| {
        let account = world.create("account", json!({"name": "A", "vip": true})).await;
        let empty = world.create("account", json!({"name": "none"})).await;
        let deal = world.create("deal", json!({"name": "d", "account": id(&account), "amount": 7})).await;
        let own = world.create("deal", json!({"name": "own", "account": id(&account), "vip": false})).await;
        for number in 0..250 {
            world.create("deal", json!({"name": format!("{number}"), "amount": 1})).await;
        }
        let (found, told) = differences(world).await;
        assert_eq!((found.differences, told), (0, Vec::new()));
        assert!(found.records >= 254, "{found:?}");

        let (account, deal) = (world.reference("account", id(&account)), world.reference("deal", id(&deal)));
        spoil(world, account, "most", Value::Integer(3)).await;
        spoil(world, world.reference("account", id(&empty)), "big", Value::Boolean(true)).await;
        spoil(world, deal, "vip", Value::Nothing).await;
        spoil(world, deal, "saved", Value::Nothing).await;
        let (found, told) = differences(world).await;
        assert_eq!(told, ["account.most: 3 → 7", "account.big: true → false", "deal.vip:  → true"]);
        assert_eq!(found.differences, 3);

        let before = world.get("account", &account.id.to_string()).await;
        let mended = verify::rebuild(&world.engine, |_| {}).await.unwrap();
        assert_eq!(mended.differences, 3);
        assert_eq!(differences(world).await.1, Vec::<String>::new());
        let after = world.get("account", &account.id.to_string()).await;
        assert_eq!((&after["most"], &after["version"]), (&json!(7), &before["version"]));
        assert_eq!(world.get("deal", id(&own)).await["vip"], json!(false), "what is overridden stays");
        assert_eq!(world.get("deal", &deal.id.to_string()).await["saved"], json!(null));
    });
}
