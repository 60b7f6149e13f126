//! Fields of several parts and rows that are made for a field, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use serde_json::{Value as Json, json};
use world::{codes, on_each};

const PEOPLE: &str = r#"
options: lands
values:
  es: {label: Spain, postcode_last: false}
  us: {label: United States, postcode_last: true}
---
type: place
of: group
fields:
  street: text
  postcode:
    type: text
    validate: {digits: {if: 'country == "es" and not matches(value, "[0-9]{5}")', message: Five digits}}
  city: {type: text, required: true, search: true}
  country: {type: choice, options: lands, default: es}
formula: 'join([street, if country.postcode_last {join([city, postcode], " ")} else {join([postcode, city], " ")}], ", ")'
---
type: numbers
of: lines
fields:
  number: {type: text, required: true}
  primary: boolean
---
entity: person
title: name
fields:
  name: {type: group, fields: {given: text, family: {type: text, required: true}}, required: true, formula: 'join([given, family], " ")'}
  home: {type: place}
  away: boolean
  office: {type: place, required_if: away, visible_if: away}
  phones: numbers
  main: {type: text, formula: first(phones.filter(|p| p.primary)).number}
  boss: {type: ref, to: person}
  seat: {type: text, formula: boss.home.city}
"#;

fn id(record: &Json) -> &str {
    record["id"].as_str().unwrap()
}

#[test]
fn parts_are_given_together_or_one_by_one() {
    on_each(PEOPLE, async |world| {
        let home = json!({"street": "Mayor 1", "postcode": "28013", "city": "Madrid"});
        let ana = world.create("person", json!({"name": {"given": "Ana", "family": "Ruiz"}, "home": home})).await;
        assert_eq!((&ana["name"], &ana["home"]), (&json!("Ana Ruiz"), &json!("Mayor 1, 28013 Madrid")));
        assert_eq!((&ana["home_city"], &ana["home_country"]), (&json!("Madrid"), &json!("es")));
        let moved = json!({"home": {"city": "Austin", "country": "us"}, "name_given": "Anna"});
        let moved = world.try_update("person", id(&ana), moved).await.unwrap();
        assert_eq!((&moved["name"], &moved["home"]), (&json!("Anna Ruiz"), &json!("Mayor 1, Austin 28013")));
        let history = world.history("person", id(&ana)).await;
        let changes =
            json!({"home_city": ["Madrid", "Austin"], "home_country": ["es", "us"], "name_given": ["Ana", "Anna"]});
        assert_eq!(history[0]["changes"], changes);
        let cleared = world.try_update("person", id(&ana), json!({"home": null})).await.unwrap();
        assert_eq!((&cleared["home"], &cleared["home_country"]), (&Json::Null, &Json::Null));
    });
}

#[test]
fn parts_are_checked_as_fields() {
    on_each(PEOPLE, async |world| {
        for (body, told) in [
            (json!({"name": {"given": "Ana"}}), "name_family: required"),
            (json!({"name": null}), "name_family: required"),
            (json!({"name_family": "R", "home": {"street": "Mayor 1"}}), "home_city: required"),
            (json!({"name_family": "R", "home": {"city": "M", "postcode": "1"}}), "home_postcode: validate"),
            (json!({"name_family": "R", "home": {"town": "M"}}), "home.town: unknown_field"),
            (json!({"name_family": "R", "home": "Mayor 1"}), "home: readonly"),
            (json!({"name_family": "R", "away": true}), "office_city: required"),
            (json!({"name_family": "R", "phones": [{"primary": true}]}), "phones[0].number: required"),
        ] {
            assert_eq!(codes(world.try_create("person", body.clone()).await), [told], "{body}");
        }
        world.create("person", json!({"name_family": "R"})).await;
    });
}

#[test]
fn parts_are_found_and_sorted_by() {
    on_each(PEOPLE, async |world| {
        let mut boss = Json::Null;
        for (family, city, phone) in [("Ruiz", "Madrid", "600"), ("Li", "Bilbao", "700"), ("Ek", "Madrid", "800")] {
            let phones = json!([{"number": "1"}, {"number": phone, "primary": true}]);
            let body = json!({"name": {"family": family}, "home": {"city": city}, "phones": phones, "boss": boss});
            boss = world.create("person", body).await["id"].clone();
        }
        assert_eq!(world.filtered("person", r#"home.city == "Madrid""#).await, ["Ek", "Ruiz"]);
        assert_eq!(world.filtered("person", r#"boss.home.city == "Madrid" and seat == "Madrid""#).await, ["Li"]);
        assert_eq!(world.filtered("person", r#"phones.any(|p| p.number == "700" and p.primary)"#).await, ["Li"]);
        assert_eq!(world.filtered("person", r#"home.country == "es" and is_empty(home.street)"#).await.len(), 3);
    });
}
