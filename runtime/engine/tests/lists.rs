//! Lists of a record (lines, children, references to many): what is asked of them, and what is computed over them. On both
//! databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use fichero_engine::worker;
use serde_json::{Value as Json, json};
use world::{World, codes, id, on_each};

const ORDERS: &str = r#"
entity: firm
fields: {name: {type: text, required: true}}
---
entity: order
fields:
  name: text
  lock: boolean
  note: text
  firms: {type: ref, to: firm, many: true, required_if: lock, validate: {no_zeta: {if: value.name == "Zeta", message: No Zeta}}}
  first: {type: ref, to: firm, many: true, once: true}
  fixed: {type: ref, to: firm, many: true, readonly: true}
  rows: {type: lines, of: order_row, required_if: lock}
  signed: {type: lines, of: order_sign, once: true}
  locked: {type: lines, of: order_lock, readonly_if: lock}
  visits: {type: children, of: visit}
  number_of_rows: {type: integer, compute: count(rows)}
  number_of_visits: {type: integer, compute: count(visits)}
rules:
  told:
    "on": update
    set: {note: '=text(count(old.firms)) + "/" + text(count(firms)) + " " + text(count(old.rows)) + "/" + text(count(rows))'}
---
entity: order_row
title: label
fields:
  order: {type: ref, to: order, required: true, on_delete: cascade}
  label: text
---
entity: order_sign
title: label
fields:
  order: {type: ref, to: order, required: true, on_delete: cascade}
  label: text
---
entity: order_lock
title: label
fields:
  order: {type: ref, to: order, required: true, on_delete: cascade}
  label: text
---
entity: visit
title: label
fields:
  order: {type: ref, to: order, on_delete: cascade}
  label: text
  size: integer
  all: {type: integer, compute: sum(order.visits.size)}
---
pipeline: selling
entity: order
stages:
  open: {}
  won: {require: [rows, visits, firms]}
"#;

async fn firm(world: &World, name: &str) -> Json {
    world.create("firm", json!({"name": name})).await["id"].clone()
}

#[test]
fn a_list_that_must_have_entries_has_some_at_every_save() {
    on_each(ORDERS, async |world| {
        let firm = firm(world, "Alpha").await;
        let it = world.create("order", json!({"name": "a"})).await;
        let missing = codes(world.try_update("order", id(&it), json!({"lock": true})).await);
        assert_eq!(missing, ["firms: required", "rows: required"]);
        let missing = codes(world.try_create("order", json!({"lock": true, "firms": [], "rows": []})).await);
        assert_eq!(missing, ["firms: required", "rows: required"]);
        let both = json!({"firms": [firm], "rows": [{"label": "one"}]});
        world.update("order", id(&it), both).await;
        world.update("order", id(&it), json!({"lock": true})).await;
        let emptied = codes(world.try_update("order", id(&it), json!({"rows": []})).await);
        assert_eq!(emptied, ["rows: required"]);
    });
}

#[test]
fn a_stage_that_requires_lists_is_entered_with_entries() {
    on_each(ORDERS, async |world| {
        let firm = firm(world, "Alpha").await;
        let it = world.create("order", json!({"name": "a"})).await;
        let missing = codes(world.try_update("order", id(&it), json!({"stage": "won"})).await);
        assert_eq!(missing, ["rows: required", "visits: required", "firms: required"]);
        world.create("visit", json!({"order": id(&it), "label": "v"})).await;
        world.update("order", id(&it), json!({"firms": [firm]})).await;
        world.update("order", id(&it), json!({"rows": [{"label": "one"}], "stage": "won"})).await;
    });
}

#[test]
fn references_to_many_are_judged_one_by_one() {
    on_each(ORDERS, async |world| {
        let (alpha, zeta) = (firm(world, "Alpha").await, firm(world, "Zeta").await);
        let bad = json!({"firms": [alpha, zeta]});
        assert_eq!(codes(world.try_create("order", bad.clone()).await), ["firms: validate"]);
        let it = world.create("order", json!({"firms": [alpha]})).await;
        assert_eq!(codes(world.try_update("order", id(&it), bad).await), ["firms: validate"]);
    });
}

#[test]
fn lists_that_are_written_once_or_never_stay() {
    on_each(ORDERS, async |world| {
        let (alpha, beta) = (firm(world, "Alpha").await, firm(world, "Beta").await);
        assert_eq!(codes(world.try_create("order", json!({"fixed": [alpha]})).await), ["fixed: readonly"]);
        let it = world.create("order", json!({"first": [alpha]})).await;
        for other in [json!([]), json!([beta]), json!([alpha, beta])] {
            assert_eq!(codes(world.try_update("order", id(&it), json!({"first": other})).await), ["first: once"]);
        }
        world.update("order", id(&it), json!({"first": [alpha], "fixed": [], "name": "same"})).await;
        let it = world.update("order", id(&it), json!({"signed": [{"label": "me"}]})).await;
        let signed = world.get_expanded("order", id(&it), &["signed"]).await["signed"][0].clone();
        for other in
            [json!([]), json!([{"id": signed["id"], "label": "you"}]), json!([{"id": signed["id"]}, {"label": "b"}])]
        {
            assert_eq!(codes(world.try_update("order", id(&it), json!({"signed": other})).await), ["signed: once"]);
        }
        world.update("order", id(&it), json!({"signed": [{"id": signed["id"]}], "name": "signed"})).await;
    });
}

#[test]
fn lines_are_locked_by_a_condition() {
    on_each(ORDERS, async |world| {
        let firm = firm(world, "Alpha").await;
        let more = json!({"firms": [firm], "rows": [{"label": "r"}], "lock": true, "locked": [{"label": "x"}]});
        assert_eq!(codes(world.try_create("order", more).await), ["locked: readonly"]);
        let open = json!({"firms": [firm], "rows": [{"label": "r"}], "locked": [{"label": "x"}]});
        let it = world.create("order", open).await;
        world.update("order", id(&it), json!({"lock": true})).await;
        assert_eq!(codes(world.try_update("order", id(&it), json!({"locked": []})).await), ["locked: readonly"]);
        world.update("order", id(&it), json!({"lock": false, "locked": []})).await;
    });
}

#[test]
fn what_a_list_held_before_is_another_than_what_it_will_hold() {
    on_each(ORDERS, async |world| {
        let (alpha, beta) = (firm(world, "Alpha").await, firm(world, "Beta").await);
        let it = world.create("order", json!({"firms": [alpha], "rows": [{"label": "one"}, {"label": "two"}]})).await;
        let it = world.update("order", id(&it), json!({"firms": [], "rows": []})).await;
        assert_eq!(it["note"], "1/0 2/0");
        let it = world.update("order", id(&it), json!({"firms": [alpha, beta], "rows": [{"label": "one"}]})).await;
        assert_eq!(it["note"], "0/2 0/1");
        let it = world.update("order", id(&it), json!({"name": "other"})).await;
        assert_eq!(it["note"], "2/2 1/1");
    });
}

#[test]
fn what_is_computed_over_rows_follows_each_of_them() {
    on_each(ORDERS, async |world| {
        let it = world.create("order", json!({"rows": [{"label": "one"}]})).await;
        assert_eq!((&it["number_of_rows"], &it["number_of_visits"]), (&json!(1), &json!(0)));
        let row = world.create("order_row", json!({"order": id(&it), "label": "two"})).await;
        let first = world.create("visit", json!({"order": id(&it), "label": "v", "size": 7})).await;
        let second = world.create("visit", json!({"order": id(&it), "label": "w", "size": 8})).await;
        let seen = world.get("order", id(&it)).await;
        assert_eq!((&seen["number_of_rows"], &seen["number_of_visits"]), (&json!(2), &json!(2)));
        world.delete("order_row", id(&row)).await.unwrap();
        world.delete("visit", id(&second)).await.unwrap();
        let seen = world.get("order", id(&it)).await;
        assert_eq!((&seen["number_of_rows"], &seen["number_of_visits"]), (&json!(1), &json!(1)));
        worker::run_due(&world.engine).await.unwrap();
        assert_eq!(world.get("visit", id(&first)).await["all"], 7);
    });
}

#[test]
fn what_is_computed_over_the_rows_of_another_record_follows() {
    on_each(ORDERS, async |world| {
        let it = world.create("order", json!({"name": "a"})).await;
        let first = world.create("visit", json!({"order": id(&it), "label": "v", "size": 7})).await;
        let second = world.create("visit", json!({"order": id(&it), "label": "w", "size": 8})).await;
        worker::run_due(&world.engine).await.unwrap();
        for visit in [&first, &second] {
            assert_eq!(world.get("visit", id(visit)).await["all"], 15);
        }
        world.update("visit", id(&second), json!({"size": 1})).await;
        worker::run_due(&world.engine).await.unwrap();
        assert_eq!(world.get("visit", id(&first)).await["all"], 8);
        world.delete("visit", id(&first)).await.unwrap();
        worker::run_due(&world.engine).await.unwrap();
        assert_eq!(world.get("visit", id(&second)).await["all"], 1);
    });
}

#[test]
fn lines_stand_in_the_order_they_came_by_whatever_way() {
    on_each(ORDERS, async |world| {
        let it = world.create("order", json!({"rows": [{"label": "a"}, {"label": "b"}]})).await;
        world.create("order_row", json!({"order": id(&it), "label": "c"})).await;
        world.create("order_row", json!({"order": id(&it), "label": "d"})).await;
        let rows = world.get_expanded("order", id(&it), &["rows"]).await["rows"].clone();
        let labels: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row["label"].as_str().unwrap()).collect();
        assert_eq!(labels, ["a", "b", "c", "d"]);
    });
}
