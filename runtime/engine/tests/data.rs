//! Data documents on both databases: loaded once, in any order, and again where their text changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use fichero_engine::data::{self, Loaded, Which};
use fichero_engine::read::list::ListRequest;
use serde_json::json;
use world::{World, model, on_each};

const FIRM: &str = r#"
extend: entity user
fields:
  job: text
---
entity: city
fields:
  code: {type: text, external: true}
  name: {type: text, required: true}
---
entity: shop
fields:
  name: {type: text, required: true}
  city: {type: ref, to: city, required: true}
  head: {type: ref, to: user}
  opened: {type: date}
  note: text
  parent: {type: ref, to: shop}
  partners: {type: ref, to: shop, many: true}
  lines: {type: lines, of: shop_line}
  total: {type: money, rollup: sum(lines.amount)}
---
entity: shop_line
title: label
fields:
  shop: {type: ref, to: shop, required: true, on_delete: cascade}
  label: text
  amount: money
  city: {type: ref, to: city}
"#;

const ROWS: &str = r#"
data: shops
entity: shop
rows:
  port:
    name: Port
    city: VLC
    head: lena
    opened: =today() - days(12)
    parent: centre
    partners: [centre, port]
    lines:
      - {label: Rent, amount: 1200.50, city: mad}
      - {label: Light, amount: 80}
  centre: {name: Centre, city: mad, parent: port}
---
data: cities
entity: city
rows:
  mad: {code: MAD, name: Madrid}
  vlc: {code: VLC, name: Valencia}
---
data: people
entity: user
rows:
  lena: {name: Lena, login: lena, team: north}
---
data: teams
entity: team
rows:
  north: {name: North, manager: lena}
---
data: openings
entity: shop
demo: true
rows:
  demo_only: {name: Demo, city: mad}
"#;

async fn load(world: &World, which: Which) -> Loaded {
    data::load(&world.engine, which).await.unwrap()
}

fn told(loaded: &Loaded) -> Vec<String> {
    let place = |finding: &fichero_model::diagnostic::Diagnostic| finding.place.as_ref().map_or(0, |place| place.line);
    loaded.findings.iter().map(|finding| format!("{}: {}", place(finding), finding.message)).collect()
}

#[test]
fn rows_refer_to_each_other_in_any_order_and_in_circles() {
    on_each(&format!("{FIRM}---{ROWS}"), async |world| {
        let loaded = load(world, Which::Stock).await;
        assert_eq!((loaded.created, told(&loaded)), (6, Vec::new()));
        let shops = world
            .filtered("shop", r#"city.code == "VLC" and head.team.manager == head and parent.parent.name == "Port""#)
            .await;
        assert_eq!(shops, ["Port"]);
        assert_eq!(world.filtered("shop", "opened == today() - days(12) and total == 1280.5").await, ["Port"]);
        assert_eq!(
            world.filtered("shop", "partners.any(|shop| shop.name == \"Centre\") and count(partners) == 2").await,
            ["Port"]
        );
        assert_eq!(world.filtered("shop", r#"lines.any(|line| line.city.code == "MAD")"#).await, ["Port"]);
        let demo = load(world, Which::Demo).await;
        assert_eq!((demo.created, demo.updated, told(&demo)), (1, 0, Vec::new()));
    });
}

#[test]
fn the_history_of_a_row_begins_when_it_says_it_came_to_be() {
    let rows = r#"
data: cities
entity: city
rows:
  old: {code: OLD, name: Old, created_at: "2020-05-06T07:08:09Z", created_by: lena}
  new: {code: NEW, name: New}
---
data: people
entity: user
rows:
  lena: {name: Lena, login: lena}
"#;
    on_each(&format!("{FIRM}---{rows}"), async |world| {
        load(world, Which::Demo).await;
        let cities = world.engine.list(&world.actor, world.entity("city"), &ListRequest::default()).await.unwrap();
        for city in cities.items.iter().map(fichero_engine::value::write::Written::json) {
            let history = world.history("city", city["id"].as_str().unwrap()).await;
            let begins = (history[0]["at"].clone(), history[0]["by"].clone());
            assert_eq!(begins, (city["created_at"].clone(), city["created_by"].clone()), "{city}");
            assert_eq!(history[0]["at"] == "2020-05-06T07:08:09Z", city["name"] == "Old");
        }
    });
}

#[test]
fn loading_again_leaves_alone_what_people_changed_and_deleted() {
    on_each(&format!("{FIRM}---{ROWS}"), async |world| {
        load(world, Which::Demo).await;
        let find = async |name: &str| {
            let equals = vec![("name".to_owned(), json!(name))];
            let page = world
                .engine
                .list(&world.actor, world.entity("shop"), &ListRequest { equals, ..ListRequest::default() })
                .await
                .unwrap();
            page.items[0].json()["id"].as_str().unwrap().to_owned()
        };
        let port = find("Port").await;
        world.update("shop", &port, json!({"name": "Harbour"})).await;
        world.delete("shop", &find("Demo").await).await.unwrap();
        let again = load(world, Which::Demo).await;
        assert_eq!((again.created, again.updated, told(&again)), (0, 0, Vec::new()));
        assert_eq!(world.names("shop", ListRequest::default()).await, ["Centre", "Harbour"]);
    });
}

#[test]
fn only_the_fields_whose_text_changed_are_given_again() {
    on_each(&format!("{FIRM}---{ROWS}"), async |world| {
        load(world, Which::Stock).await;
        let madrid = world.names("city", ListRequest::default()).await;
        assert_eq!(madrid.len(), 2);
        let changed = ROWS
            .replace("name: Centre, city: mad", "name: Centre, city: mad, note: new")
            .replace("Valencia", "València");
        let changed = format!("{changed}\n  late: {{name: Late, city: vlc, parent: late}}\n")
            .replace("demo: true", "demo: false");
        let equals = vec![("name".to_owned(), json!("Centre"))];
        let page = world
            .engine
            .list(&world.actor, world.entity("shop"), &ListRequest { equals, ..ListRequest::default() })
            .await
            .unwrap();
        world.update("shop", page.items[0].json()["id"].as_str().unwrap(), json!({"name": "Downtown"})).await;
        world.publish(model(&format!("{FIRM}---{changed}"))).await;
        let loaded = load(world, Which::Stock).await;
        assert_eq!(
            (loaded.created, loaded.updated, told(&loaded)),
            (2, 3, Vec::new()),
            "the row that refers to itself is closed by a change"
        );
        assert_eq!(world.filtered("shop", r#"note == "new""#).await, ["Downtown"]);
        assert_eq!(world.filtered("city", r#"code == "VLC""#).await, ["València"]);
        assert_eq!(world.filtered("shop", "parent == id").await, ["Late"]);
    });
}

#[test]
fn what_a_row_says_fills_what_the_record_with_its_key_leaves_empty() {
    let rows = r#"
data: shops
entity: shop
rows:
  hall: {key: H1, name: Hall, city: mad, note: Large, parent: hall, partners: [hall], lines: [{label: Rent, amount: 5}]}
---
data: cities
entity: city
rows:
  mad: {code: MAD, name: Madrid}
"#;
    let firm = FIRM.replace("  note: text\n", "  note: text\n  key: {type: text, external: true}\n");
    on_each(&format!("{firm}---{rows}"), async |world| {
        let paris = world.create("city", json!({"code": "PAR", "name": "Paris"})).await;
        let port = world.create("shop", json!({"name": "Port", "city": paris["id"]})).await;
        let hall = json!({"key": "H1", "name": "Old hall", "city": paris["id"], "parent": port["id"]});
        let id = world.create("shop", hall).await["id"].as_str().unwrap().to_owned();
        assert_eq!(load(world, Which::Stock).await.created, 1);
        let filled =
            r#"name == "Old hall" and city.code == "PAR" and note == "Large" and total == 5 and parent.name == "Port""#;
        assert_eq!(world.filtered("shop", &format!("{filled} and count(partners) == 1")).await, ["Old hall"]);
        let history = world.history("shop", &id).await;
        assert_eq!(history[1]["changes"]["note"], json!([null, "Large"]), "{history:?}");
        assert_eq!(history.len(), 3);
    });
}

#[test]
fn a_record_with_the_same_key_is_taken_for_the_row() {
    on_each(&format!("{FIRM}---{ROWS}"), async |world| {
        world.create("city", json!({"code": "MAD", "name": "Madrid de los Austrias"})).await;
        let loaded = load(world, Which::Stock).await;
        assert_eq!((loaded.created, told(&loaded)), (5, Vec::new()));
        assert_eq!(world.filtered("shop", r#"city.name == "Madrid de los Austrias""#).await, ["Centre"]);
    });
}

#[test]
fn a_row_that_cannot_be_loaded_is_told_by_its_place_and_harms_no_other() {
    let rows = r#"
data: cities
entity: city
rows:
  mad: {code: MAD, name: Madrid}
  again: {code: MAD, name: Madrid again}
---
data: shops
entity: shop
rows:
  good: {name: Good, city: mad}
  bad: {name: Bad, city: again, opened: =today()}
---
extend: entity shop
rules: {no_noon: {on: save, if: name == "Noon", reject: Not at noon}}
---
data: more
entity: shop
rows: {noon: {name: Noon, city: mad}}
"#;
    on_each(&format!("{FIRM}---{rows}"), async |world| {
        let loaded = load(world, Which::Stock).await;
        assert_eq!(loaded.created, 2);
        insta::assert_snapshot!("a_row_that_cannot_be_loaded", told(&loaded).join("\n"));
        assert_eq!(world.names("shop", ListRequest::default()).await, ["Good"]);
    });
}

#[test]
fn a_second_row_of_the_same_name_gives_more_fields() {
    let rows = r#"
data: a_first
entity: shop
rows:
  good: {name: Good, city: mad}
---
data: b_second
entity: shop
rows:
  good: {note: more}
---
data: cities
entity: city
rows:
  mad: {code: MAD, name: Madrid}
"#;
    on_each(&format!("{FIRM}---{rows}"), async |world| {
        let loaded = load(world, Which::Stock).await;
        assert_eq!((loaded.created, loaded.updated, told(&loaded)), (2, 1, Vec::new()));
        assert_eq!(world.filtered("shop", r#"note == "more" and city.code == "MAD""#).await, ["Good"]);
    });
}

#[test]
fn a_circle_of_required_references_is_told() {
    let circle = r#"
entity: egg
fields: {name: text, hen: {type: ref, to: hen, required: true}}
---
entity: hen
fields: {name: text, egg: {type: ref, to: egg, required: true}}
---
data: eggs
entity: egg
rows: {first: {name: First, hen: mother}}
---
data: hens
entity: hen
rows: {mother: {name: Mother, egg: first}}
"#;
    on_each(circle, async |world| {
        let loaded = load(world, Which::Stock).await;
        assert_eq!(loaded.created, 0);
        insta::assert_snapshot!("a_circle", told(&loaded).join("\n"));
    });
}

#[test]
fn rows_of_a_table_that_was_pruned_are_made_again() {
    let tags = "entity: tag\nfields:\n  name: text\n";
    let rows = "---\ndata: t\nentity: tag\nrows:\n  x: {name: X}\n  y: {name: Y}\n";
    let other = "---\nentity: other\nfields:\n  name: text\n---\ndata: o\nentity: other\nrows:\n  x: {name: Z}\n";
    let both = format!("{tags}{rows}{other}");
    on_each(&both, async |world| {
        let load = async || data::load(&world.engine, Which::Demo).await.unwrap();
        assert_eq!(load().await.created, 3);
        world.publish(model(&other[4..])).await;
        assert_eq!(load().await.created, 0);
        // A row comes back with its record, unless that was pruned.
        world.publish(model(&both)).await;
        assert_eq!(load().await.created, 0);
        world.publish(model(&other[4..])).await;
        world.prune().await;
        world.publish(model(&both)).await;
        let loaded = load().await;
        assert_eq!((loaded.created, loaded.updated), (2, 0), "{:?}", loaded.findings);
        assert_eq!(world.names("tag", ListRequest::default()).await, ["X", "Y"]);
        assert_eq!(load().await.created, 0);
    });
}
