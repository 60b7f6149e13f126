//! The one door for change of records, on both databases: what is given, what follows, what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use fichero_engine::read::list::ListRequest;
use serde_json::json;
use world::{codes, id, nobody, nothing, on_each};

const SHOP: &str = r#"
entity: customer
fields:
  name: {type: text, required: true, max: 40}
  code: {type: text, external: true}
  tier: {type: choice, default: basic, options: {basic: {discount: 0}, gold: {discount: 10}, old: {discount: 1, retired: true}}}
  orders: {type: children, of: sale, by: customer}
  open_total: {type: money, rollup: sum(orders.total), where: not stage.closed}
  open_count: {type: integer, rollup: count(orders), where: not stage.closed}
  big: {type: boolean, formula: open_total > 1000}
unique:
  one_name: {fields: [name]}
---
entity: product
fields:
  name: {type: text, required: true}
  price: {type: money, min: 0}
---
entity: sale
title: number
fields:
  number: {type: sequence, pattern: "S-{YYYY}-{####}", per: year}
  name: text
  customer: {type: ref, to: customer, required: true, on_delete: restrict}
  customer_tier: {lookup: customer.tier}
  lines: {type: lines, of: sale_line}
  total: {type: money, rollup: sum(lines.subtotal)}
  discount: {type: decimal, scale: 2, compute: customer.tier.discount}
  due: {type: date, default: =today() + days(30)}
  note: {type: longtext, visible_if: discount > 0}
rules:
  no_giveaways:
    on: save
    if: total < 1 and count(lines) > 0
    reject: {field: lines, message: {en: "A sale of {{ total }} is no sale", es: "Una venta de {{ total }} no es venta"}}
  reward:
    on: save
    if: changed(note) and note == "reward"
    set: {discount: 50}
---
entity: sale_line
title: label
fields:
  sale: {type: ref, to: sale, required: true, on_delete: cascade}
  label: text
  product: {type: ref, to: product, on_delete: clear}
  price: {type: money, copy: product.price}
  quantity: {type: integer, default: 1, min: 1}
  subtotal: {type: money, formula: 'round(price * quantity, 2)'}
---
entity: list
fields: {name: text, items: {type: lines, of: list_item}}
---
entity: list_item
title: text
fields: {list: {type: ref, to: list, required: true, on_delete: cascade}, text: text, notes: {type: lines, of: item_note}}
---
entity: item_note
title: text
fields: {item: {type: ref, to: list_item, required: true, on_delete: cascade}, text: text}
---
entity: rate
exchange_rates: {currency: currency, date: day, rate: rate}
fields: {currency: text, day: date, rate: {type: decimal, scale: 6}}
---
entity: order
title: longer_name
fields: {longer_name: text, abc: money, b: integer}
---
pipeline: sale_process
entity: sale
field: stage
stages:
  draft: {closed: false}
  sent: {closed: false, require: [note]}
  paid: {closed: true, outcome: won}
transitions:
  draft: [sent]
  sent: [paid, draft]
  paid: []
"#;

#[test]
fn defaults_formulas_and_numbers_follow_from_what_is_given() {
    on_each(SHOP, async |world| {
        let customer = world.create("customer", json!({"name": "Acme", "tier": "gold"})).await;
        assert_eq!(customer["open_count"], 0);
        let sale = world.create("sale", json!({"customer": id(&customer)})).await;
        assert_eq!(sale["number"], "S-2026-0001");
        assert_eq!(sale["due"], "2026-04-01");
        assert_eq!(sale["stage"], "draft");
        assert_eq!(sale["discount"], "10.00");
        assert_eq!(sale["customer_tier"], "gold");
        assert_eq!(sale["version"], 1);
        let second = world.create("sale", json!({"customer": id(&customer)})).await;
        assert_eq!(second["number"], "S-2026-0002");
        let with_lines = json!({"customer": id(&customer), "lines": [{"label": "Bolt", "price": "2.00"}]});
        assert_eq!(world.create("sale", with_lines).await["number"], "S-2026-0003");
    });
}

#[test]
fn every_wrong_value_is_told_at_once() {
    on_each(SHOP, async |world| {
        let refused = world
            .try_create("sale", json!({"customer": nobody(), "due": "soon", "colour": 1, "total": 3, "stage": "gone"}))
            .await;
        assert_eq!(
            codes(refused),
            [
                "due: not_date",
                "colour: unknown_field",
                "total: readonly",
                "stage: not_option",
                "customer: reference_missing"
            ]
        );
        assert_eq!(codes(world.try_create("customer", json!({"name": "x".repeat(41)})).await), ["name: too_long"]);
        assert_eq!(codes(world.try_create("customer", nothing()).await), ["name: required"]);
        assert_eq!(
            codes(world.try_create("customer", json!({"name": "A", "tier": "old"})).await),
            ["tier: retired_option"]
        );
        let tiny = json!({"sale": nobody(), "quantity": 2.5e-42});
        assert_eq!(
            codes(world.try_create("sale_line", tiny).await),
            ["quantity: not_integer", "sale: reference_missing"]
        );
        assert!(world.names("customer", ListRequest::default()).await.is_empty(), "nothing is half done");
    });
}

#[test]
fn lines_are_saved_with_their_parent_and_rules_see_their_sum() {
    on_each(SHOP, async |world| {
        let product = world.create("product", json!({"name": "Bolt", "price": "2.50"})).await;
        let customer = world.create("customer", json!({"name": "Acme"})).await;
        let lines = json!([{"product": id(&product), "quantity": 4}, {"price": "1.00", "quantity": 2}]);
        let sale = world.create("sale", json!({"customer": id(&customer), "lines": lines})).await;
        assert_eq!(sale["total"], "12.00");
        let stored = world.get_expanded("sale", id(&sale), &["lines"]).await;
        let lines = stored["lines"].as_array().unwrap();
        assert_eq!(lines.len(), 2);
        assert_eq!((&lines[0]["price"], &lines[0]["subtotal"]), (&json!("2.50"), &json!("10.00")));

        // The whole list is given: the first is changed, the second goes, a third comes.
        let change = json!({"lines": [{"id": id(&lines[0]), "quantity": 10}, {"price": "5"}]});
        let changed = world.update("sale", id(&sale), change).await;
        assert_eq!(changed["total"], "30.00");
        assert_eq!(world.get("customer", id(&customer)).await["open_total"], "30.00");

        let refused = world.try_update("sale", id(&sale), json!({"lines": [{"price": "0.10"}]})).await;
        assert_eq!(codes(refused), ["lines: rule"]);
        let wrong = world
            .try_update("sale", id(&sale), json!({"lines": [{"price": "1"}, {"quantity": 0, "price": "9"}]}))
            .await;
        assert_eq!(codes(wrong), ["lines[1].quantity: too_small"]);
        assert_eq!(world.get("sale", id(&sale)).await["total"], "30.00");
    });
}

#[test]
fn rollups_follow_children_wherever_they_change() {
    on_each(SHOP, async |world| {
        let a = world.create("customer", json!({"name": "A"})).await;
        let b = world.create("customer", json!({"name": "B"})).await;
        let sale = world.create("sale", json!({"customer": id(&a), "note": "x", "lines": [{"price": "1500"}]})).await;
        let sums = async |customer: &serde_json::Value| {
            let stored = world.get("customer", id(customer)).await;
            (
                stored["open_total"].clone(),
                stored["open_count"].clone(),
                stored["big"].clone(),
                stored["version"].clone(),
            )
        };
        assert_eq!(
            sums(&a).await,
            (json!("1500.00"), json!(1), json!(true), json!(1)),
            "derived changes raise no version"
        );
        world.update("sale", id(&sale), json!({"customer": id(&b)})).await;
        assert_eq!(sums(&a).await, (json!("0.00"), json!(0), json!(false), json!(1)));
        assert_eq!(sums(&b).await.1, json!(1));
        let twice = world.transition("sale", id(&sale), "sent", json!({"stage": "paid"})).await;
        assert_eq!(codes(twice), ["stage: stage_twice"]);
        world.transition("sale", id(&sale), "sent", nothing()).await.unwrap();
        world.transition("sale", id(&sale), "paid", nothing()).await.unwrap();
        assert_eq!(sums(&b).await, (json!("0.00"), json!(0), json!(false), json!(1)));
    });
}

#[test]
fn a_stage_follows_only_where_it_may_and_with_what_it_requires() {
    on_each(SHOP, async |world| {
        let customer = world.create("customer", json!({"name": "A", "tier": "gold"})).await;
        let sale = world.create("sale", json!({"customer": id(&customer)})).await;
        assert_eq!(codes(world.transition("sale", id(&sale), "paid", nothing()).await), ["stage: transition"]);
        assert_eq!(codes(world.transition("sale", id(&sale), "sent", nothing()).await), ["note: required"]);
        let sent = world.transition("sale", id(&sale), "sent", json!({"note": "go"})).await.unwrap();
        assert_eq!(sent["stage"], "sent");
        assert_eq!(codes(world.transition("sale", id(&sale), "snet", nothing()).await), ["stage: not_option"]);
    });
}

#[test]
fn a_computed_value_follows_until_it_is_overridden() {
    on_each(SHOP, async |world| {
        let gold = world.create("customer", json!({"name": "G", "tier": "gold"})).await;
        let basic = world.create("customer", json!({"name": "B"})).await;
        let sale = world.create("sale", json!({"customer": id(&gold)})).await;
        assert_eq!(sale["discount"], "10.00");
        assert_eq!(world.update("sale", id(&sale), json!({"customer": id(&basic)})).await["discount"], "0.00");
        assert_eq!(world.update("sale", id(&sale), json!({"discount": "7"})).await["discount"], "7.00");
        assert_eq!(world.update("sale", id(&sale), json!({"customer": id(&gold)})).await["discount"], "7.00");
        assert_eq!(
            world.update("sale", id(&sale), json!({"discount": null})).await["discount"],
            "10.00",
            "emptied, it follows again"
        );
    });
}

#[test]
fn unique_rules_are_told_about_fields_and_see_only_the_living() {
    on_each(SHOP, async |world| {
        let first = world.create("customer", json!({"name": "Ácme  Corp", "code": "A1"})).await;
        assert_eq!(codes(world.try_create("customer", json!({"name": "ACME corp"})).await), ["name: unique"]);
        assert_eq!(codes(world.try_create("customer", json!({"name": "Other", "code": "A1"})).await), ["code: unique"]);
        // All that is taken is told, by a change as well.
        let both = json!({"name": "ácme corp", "code": "A1"});
        assert_eq!(codes(world.try_create("customer", both.clone()).await), ["code: unique", "name: unique"]);
        let second = world.create("customer", json!({"name": "Second", "code": "B2"})).await;
        assert_eq!(codes(world.try_update("customer", id(&second), both).await), ["code: unique", "name: unique"]);
        world.delete("customer", id(&first)).await.unwrap();
        world.create("customer", json!({"name": "ACME corp"})).await;
        assert_eq!(codes(world.restore("customer", id(&first)).await), ["name: unique"]);
    });
}

#[test]
fn deleting_restricts_cascades_and_clears_and_restoring_brings_the_batch_back() {
    on_each(SHOP, async |world| {
        let product = world.create("product", json!({"name": "Bolt", "price": "2"})).await;
        let customer = world.create("customer", json!({"name": "A"})).await;
        let sale = world
            .create("sale", json!({"customer": id(&customer), "lines": [{"product": id(&product)}, {"price": "1"}]}))
            .await;
        assert_eq!(codes(world.delete("customer", id(&customer)).await), ["restrict"]);
        world.delete("product", id(&product)).await.unwrap();
        let lines = world.get_expanded("sale", id(&sale), &["lines"]).await["lines"].clone();
        assert_eq!(lines[0]["product"], json!(null));
        assert_eq!(lines[0]["price"], "2.00", "what was copied stays");

        world.delete("sale", id(&sale)).await.unwrap();
        assert_eq!(world.get("customer", id(&customer)).await["open_count"], 0);
        assert!(world.names("sale_line", ListRequest::default()).await.is_empty(), "lines go with their parent");
        let trashed = world.names("sale", ListRequest { trash: true, ..ListRequest::default() }).await;
        assert_eq!(trashed.len(), 1);
        world.restore("sale", id(&sale)).await.unwrap();
        let back = world.get_expanded("sale", id(&sale), &["lines"]).await;
        assert_eq!(back["lines"].as_array().unwrap().len(), 2);
        assert_eq!(world.get("customer", id(&customer)).await["open_total"], "3.00");
        world.purge("sale", id(&sale)).await.unwrap();
        assert_eq!(codes(world.purge("sale", id(&sale)).await), ["not_found"]);
        world.delete("customer", id(&customer)).await.unwrap();
    });
}

#[test]
fn history_tells_who_changed_what_and_nothing_derived() {
    on_each(SHOP, async |world| {
        let customer = world.create("customer", json!({"name": "A"})).await;
        world.update("customer", id(&customer), json!({"name": "B", "tier": "gold"})).await;
        world.update("customer", id(&customer), json!({"name": "B"})).await;
        let sale = world.create("sale", json!({"customer": id(&customer), "lines": [{"price": "5"}]})).await;
        world.delete("sale", id(&sale)).await.unwrap();
        let history = world.history("customer", id(&customer)).await;
        let told: Vec<_> =
            history.iter().map(|entry| (entry["action"].as_str().unwrap(), entry["changes"].clone())).collect();
        assert_eq!(
            told,
            [
                ("update", json!({"name": ["A", "B"], "tier": ["basic", "gold"]})),
                ("create", json!({"name": [null, "A"], "tier": [null, "basic"]})),
            ]
        );
        let actions: Vec<_> =
            world.history("sale", id(&sale)).await.iter().map(|entry| entry["action"].clone()).collect();
        assert_eq!(actions, ["delete", "create"]);
    });
}

#[test]
fn the_history_of_a_record_tells_of_its_lines() {
    on_each(SHOP, async |world| {
        let customer = world.create("customer", json!({"name": "A"})).await;
        let lines = json!([{"label": "x", "price": "5"}, {"label": "y", "price": "7", "quantity": 2}]);
        let sale = world.create("sale", json!({"customer": id(&customer), "lines": lines})).await;
        let (x, y) = (sale["lines"][0]["id"].clone(), sale["lines"][1]["id"].clone());
        let kept = json!({"lines": [{"id": x, "label": "x", "price": "5"}, {"id": y}]});
        let same = world.update("sale", id(&sale), kept).await;
        assert_eq!(same["version"], 1, "lines that stay as they are change nothing");
        let more = json!({"lines": [{"id": y, "price": "8.5"}, {"label": "z", "price": "1"}]});
        let changed = world.update("sale", id(&sale), more).await;
        assert_eq!((&changed["version"], &changed["total"]), (&json!(2), &json!("18.00")));
        let z = &changed["lines"][1]["id"];
        let history = world.history("sale", id(&sale)).await;
        assert_eq!(history.len(), 2, "{history:?}");
        assert_eq!(history[0]["action"], "update");
        let gone = json!({"id": x, "label": "x", "price_currency": "EUR", "price": "5.00", "quantity": 1});
        let new = json!({"id": z, "label": "z", "price_currency": "EUR", "price": "1.00", "quantity": 1});
        let before = json!({"id": y, "price_currency": "EUR", "price": "7.00"});
        let after = json!({"id": y, "price_currency": "EUR", "price": "8.50"});
        assert_eq!(history[0]["changes"], json!({"lines": [[gone, before], [after, new]]}));

        // A line that is written by itself is told of there, too.
        world.update("sale_line", z.as_str().unwrap(), json!({"price": "2"})).await;
        let last = world.history("sale", id(&sale)).await[0].clone();
        assert_eq!(world.get("sale", id(&sale)).await["version"], 3, "whoever read it before is told");
        let side = |price: &str| json!({"id": z, "price_currency": "EUR", "price": price});
        assert_eq!(last["changes"], json!({"lines": [[side("1.00")], [side("2.00")]]}));
        world.delete("sale_line", z.as_str().unwrap()).await.unwrap();
        world.restore("sale_line", z.as_str().unwrap()).await.unwrap();
        let history = world.history("sale", id(&sale)).await;
        let held = json!({"id": z, "label": "z", "price_currency": "EUR", "price": "2.00", "quantity": 1});
        assert_eq!(history[1]["changes"], json!({"lines": [[held], []]}));
        assert_eq!(history[0]["changes"], json!({"lines": [[], [held]]}));
        let other = world.create("sale", json!({"customer": id(&customer)})).await;
        world.update("sale_line", z.as_str().unwrap(), json!({"sale": id(&other), "quantity": 3})).await;
        let more = json!({"id": z, "label": "z", "price_currency": "EUR", "price": "2.00", "quantity": 3});
        assert_eq!(world.history("sale", id(&sale)).await[0]["changes"], json!({"lines": [[held], []]}));
        assert_eq!(world.history("sale", id(&other)).await[0]["changes"], json!({"lines": [[], [more]]}));
        world.purge("sale_line", z.as_str().unwrap()).await.unwrap();
        assert_eq!(world.history("sale", id(&other)).await[0]["changes"], json!({"lines": [[more], []]}));
        assert_eq!(world.get("sale", id(&other)).await["version"], 3);

        // Of a record that sums nothing up over its lines, too.
        let list = world.create("list", json!({"name": "L", "items": [{"text": "a", "notes": [{"text": "n"}]}]})).await;
        let item = &list["items"][0]["id"];
        let none = json!({"items": [{"id": item, "notes": []}]});
        assert_eq!(world.update("list", id(&list), none).await["version"], 2);
        let history = world.history("list", id(&list)).await;
        let note = &history[0]["changes"]["items"][0][0]["notes"][0]["text"];
        assert_eq!((note, &history[0]["changes"]["items"][1]), (&json!("n"), &json!([{"id": item, "notes": []}])));
        world.update("list", id(&list), json!({"items": []})).await;
        let history = world.history("list", id(&list)).await;
        assert_eq!(history[0]["changes"], json!({"items": [[{"id": item, "text": "a"}], []]}));
    });
}

#[test]
fn history_tells_that_a_sensitive_field_changed_and_not_what_it_holds() {
    on_each("entity: thing\nfields: {name: text, pin: {type: text, sensitive: true}}\n", async |world| {
        let thing = world.create("thing", json!({"name": "A", "pin": "1234"})).await;
        world.update("thing", id(&thing), json!({"pin": "5678"})).await;
        let history = world.history("thing", id(&thing)).await;
        assert_eq!(history[0]["changes"], json!({"pin": [null, null]}));
        assert_eq!(history[1]["changes"], json!({"name": [null, "A"], "pin": [null, null]}));
    });
}

#[test]
fn history_has_the_members_and_the_order_of_the_record() {
    on_each(SHOP, async |world| {
        let all = json!({"abc": "5", "longer_name": "x", "b": 1});
        world.create("rate", json!({"currency": "USD", "day": "2026-01-01", "rate": "0.9"})).await;
        let order = world.create("order", all).await;
        let dollars = json!({"abc": "6.5", "abc_currency": "USD", "longer_name": "y", "b": 2});
        world.update("order", id(&order), dollars).await;
        world.update("order", id(&order), json!({"abc": "7"})).await;
        let history = world.history("order", id(&order)).await;
        assert_eq!(history[0]["changes"], json!({"abc": ["6.50", "7.00"]}));
        let told = history[1]["changes"].to_string();
        let wanted = r#"{"longer_name":["x","y"],"abc_currency":["EUR","USD"],"abc":["5.00","6.50"],"b":[1,2]}"#;
        assert_eq!(told, wanted);
        let told = history[2]["changes"].to_string();
        let wanted = r#"{"longer_name":[null,"x"],"abc_currency":[null,"EUR"],"abc":[null,"5.00"],"b":[null,1]}"#;
        assert_eq!(told, wanted);
    });
}

#[test]
fn a_stale_write_is_refused_and_changes_nothing() {
    on_each(SHOP, async |world| {
        let customer = world.create("customer", json!({"name": "A"})).await;
        world.update_at("customer", id(&customer), json!({"name": "B"}), Some(1)).await.unwrap();
        assert_eq!(codes(world.update_at("customer", id(&customer), json!({"name": "C"}), Some(1)).await), ["stale"]);
        assert_eq!(world.get("customer", id(&customer)).await["name"], "B");
    });
}

#[test]
fn lists_filter_sort_and_page_alike() {
    on_each(SHOP, async |world| {
        for (name, tier) in [("Zoë", "gold"), ("anna", "basic"), ("Éric", "gold"), ("bob", "basic"), ("Ándor", "basic")]
        {
            world.create("customer", json!({"name": name, "tier": tier})).await;
        }
        let sorted = ListRequest { sort: vec!["name".to_owned()], ..ListRequest::default() };
        assert_eq!(world.names("customer", sorted.clone()).await, ["Ándor", "anna", "bob", "Éric", "Zoë"]);
        assert_eq!(world.filtered("customer", "tier == \"gold\"").await, ["Éric", "Zoë"]);
        assert_eq!(world.filtered("customer", "tier.discount > 5 and name != \"Zoë\"").await, ["Éric"]);
        assert_eq!(
            world.filtered("customer", "not tier == \"gold\" and contains(name, \"AN\")").await,
            ["Ándor", "anna"]
        );
        let mut cursor = None;
        let mut seen = Vec::new();
        loop {
            let request = ListRequest {
                limit: Some(2),
                cursor: cursor.clone(),
                sort: vec!["-tier".to_owned(), "name".to_owned()],
                ..ListRequest::default()
            };
            let page = world.engine.list(&world.actor, world.entity("customer"), &request).await.unwrap();
            seen.extend(page.items.iter().map(|item| item.json()["name"].as_str().unwrap().to_owned()));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["Éric", "Zoë", "Ándor", "anna", "bob"]);
        let groups = world.aggregate("customer", &["tier"], &["count()"]).await;
        assert_eq!(groups, [json!({"tier": "basic", "count()": 3}), json!({"tier": "gold", "count()": 2})]);
    });
}

#[test]
fn rules_set_and_messages_speak_the_readers_language() {
    on_each(SHOP, async |world| {
        let customer = world.create("customer", json!({"name": "A"})).await;
        let sale = world.create("sale", json!({"customer": id(&customer), "note": "reward"})).await;
        assert_eq!(sale["discount"], "50.00");
        let refusal = world
            .try_create("sale", json!({"customer": id(&customer), "lines": [{"price": "0.5"}]}))
            .await
            .unwrap_err();
        let text = |locale: &str| refusal.to_text(fichero_model::label::Locale::parse(locale).unwrap());
        assert!(text("en").contains("A sale of 0.5 EUR is no sale"), "{}", text("en"));
        assert!(text("es").contains("Una venta de 0.5 EUR no es venta"), "{}", text("es"));
    });
}

const CLUB: &str = r#"
entity: person
fields:
  name: {type: text, required: true}
  clubs: {type: ref, to: club, many: true, through: membership}
  friends: {type: ref, to: person, many: true}
---
entity: club
fields:
  name: {type: text, required: true}
  welcome: {type: text, default: =settings.rules.greeting}
---
entity: membership
fields:
  name: {formula: '"x"', type: text}
  person: {type: ref, to: person, required: true, on_delete: cascade}
  club: {type: ref, to: club, required: true, on_delete: cascade}
  role: {type: text, default: member}
---
settings: rules
fields:
  greeting: {type: text, default: Hello}
"#;

#[test]
fn references_to_many_are_kept_also_through_an_entity_of_their_own() {
    on_each(CLUB, async |world| {
        let chess = world.create("club", json!({"name": "Chess"})).await;
        let golf = world.create("club", json!({"name": "Golf"})).await;
        assert_eq!(chess["welcome"], "Hello", "settings that nobody has changed are what their definitions say");
        let bob = world.create("person", json!({"name": "Bob"})).await;
        let ann = world.create("person", json!({"name": "Ann", "clubs": [id(&chess)], "friends": [id(&bob)]})).await;
        assert_eq!((&ann["clubs"], &ann["friends"]), (&json!([id(&chess)]), &json!([id(&bob)])));
        assert_eq!(world.filtered("person", "clubs.any(|c| c.name == \"Chess\")").await, ["Ann"]);
        let moved = world.update("person", id(&ann), json!({"clubs": [id(&golf), id(&chess)]})).await;
        assert_eq!(moved["clubs"].as_array().unwrap().len(), 2);
        world.update("person", id(&ann), json!({"clubs": [id(&golf)], "friends": []})).await;
        let now = world.get("person", id(&ann)).await;
        assert_eq!((&now["clubs"], &now["friends"]), (&json!([id(&golf)]), &json!([])));
        world.delete("club", id(&golf)).await.unwrap();
        assert_eq!(world.get("person", id(&ann)).await["clubs"], json!([]));
        world.restore("club", id(&golf)).await.unwrap();
        assert_eq!(world.get("person", id(&ann)).await["clubs"], json!([id(&golf)]));
    });
}

const SETTINGS: &str = r#"
settings: shop
per: [workspace, team, user]
fields: {least: {type: integer, default: 5}}
---
entity: thing
fields: {name: text, least: {type: integer, default: =settings.shop.least}}
"#;

#[test]
fn the_nearest_settings_hold() {
    on_each(SETTINGS, async |world| {
        let above = world.create("team", json!({"name": "Above"})).await;
        let team = world.create("team", json!({"name": "Team", "parent": id(&above)})).await;
        let me = id(&world.create("user", json!({"name": "Me", "login": "me"})).await).to_owned();
        let least = async || world.create_as(&me, "thing", json!({"name": "T"})).await["least"].clone();
        let other = world.create("user", json!({"name": "Other", "login": "other"})).await;
        assert_eq!(least().await, 5);
        world.create("shop_settings", json!({"least": 6, "for_user": id(&other)})).await;
        assert_eq!(least().await, 5, "what is another's does not hold");
        world.create("shop_settings", json!({"least": 7})).await;
        assert_eq!(least().await, 7);
        world.create("shop_settings", json!({"least": 8, "for_team": id(&above)})).await;
        world.update("user", &me, json!({"team": id(&team)})).await;
        assert_eq!(least().await, 8, "of the team above");
        let of_team = world.create("shop_settings", json!({"least": 9, "for_team": id(&team)})).await;
        assert_eq!(least().await, 9);
        let own = world.create("shop_settings", json!({"least": 10, "for_user": me})).await;
        assert_eq!(least().await, 10);
        for again in [json!({}), json!({"for_team": id(&team)}), json!({"for_user": me})] {
            let refused = world.try_create("shop_settings", again.clone()).await;
            assert_eq!(refused.unwrap_err().code, "settings", "{again}");
        }
        world.update("shop_settings", id(&own), json!({"least": 11})).await;
        assert_eq!(least().await, 11);
        world.delete("shop_settings", id(&own)).await.unwrap();
        world.delete("shop_settings", id(&of_team)).await.unwrap();
        assert_eq!(least().await, 8);
    });
}

const HIDDEN: &str = r#"
entity: thing
title: name
fields:
  name: text
  lock: boolean
  key: {type: text, visible_if: lock, required: true}
  many: {type: ref, to: thing, many: true, visible_if: lock, required: true}
  why: {type: text, visible_if: lock, required_if: name == "x"}
  note: {type: text, visible_if: lock}
  way: {type: text, visible_if: lock}
  parts: {type: lines, of: part}
---
entity: part
title: text
fields:
  thing: {type: ref, to: thing, required: true, on_delete: cascade}
  text: {type: text, visible_if: thing.lock, required: true}
---
pipeline: thing_process
entity: thing
field: stage
stages: {one: {}, two: {require: [note]}}
transitions: {one: {two: {require: [way]}}, two: [one]}
"#;

#[test]
fn nothing_is_asked_for_where_nothing_is_shown() {
    on_each(HIDDEN, async |world| {
        let thing = world.create("thing", json!({"name": "x", "parts": [{}]})).await;
        let asked = ["key: required", "many: required", "why: required"];
        assert_eq!(codes(world.try_update("thing", id(&thing), json!({"lock": true, "many": []})).await), asked);
        assert_eq!(
            codes(world.try_create("thing", json!({"name": "x", "lock": true, "parts": [{}]})).await),
            ["parts[0].text: required", "key: required", "many: required", "why: required"]
        );
        world.transition("thing", id(&thing), "two", nothing()).await.unwrap();
        let other = id(&thing);
        let shown = json!({"lock": true, "key": "k", "many": [other]});
        let shown = world.create("thing", shown).await;
        assert_eq!(
            codes(world.transition("thing", id(&shown), "two", nothing()).await),
            ["note: required", "way: required"]
        );
        let hidden = json!({"lock": false, "key": null, "many": []});
        world.update("thing", id(&shown), hidden).await;
        world.transition("thing", id(&shown), "two", nothing()).await.unwrap();
    });
}
