//! Phone numbers are kept in one form however they are typed, and found by any spelling, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::sync::Arc;

use fichero_engine::read::find::SearchRequest;
use fichero_engine::read::list::ListRequest;
use fichero_engine::read::search;
use fichero_model::label::Locale;
use serde_json::{Value as Json, json};
use world::bring::{bring, counts};
use world::{World, codes, id, on_each};

const PEOPLE: &str = r#"
type: phone
of: text
clean: [trim, phone]
max: 40
---
type: phones
of: lines
fields: {number: {type: phone, required: true}}
---
type: place
of: group
fields: {street: text, country: {type: choice, options: [es, gb, us]}}
---
entity: person
title: name
fields:
  name: {type: text, required: true}
  place: place
  phone: {type: phone, search: true, country: place.country, unique: true}
  mobiles: {type: phone, many: true, country: place.country}
  home: phone
  others: {type: phones, fields: {number: {country: person.place.country}}}
  dial: {type: text, formula: phone}
  firm: {type: ref, to: firm}
  desk: {type: phone, copy: firm.phone}
rules:
  desk: {on: save, if: name == "Desk", set: {home: '="020 7946 0001"'}}
duplicates: {same: {match: {home: phone}, on_create: refuse}}
---
entity: firm
title: name
fields: {name: text, phone: {type: phone, country: '"gb"'}}
"#;

fn british(name: &str, phone: &str) -> Json {
    json!({"name": name, "place": {"country": "gb"}, "phone": phone})
}

#[test]
fn a_number_is_of_the_country_of_its_record() {
    on_each(PEOPLE, async |world| {
        let ann = world.create("person", british("Ann", "(020) 7946-0123 ext. 45")).await;
        assert_eq!(ann["phone"], "+442079460123;ext=45");
        assert_eq!(ann["dial"], "+442079460123;ext=45", "what follows from it follows");
        let bob = json!({"name": "Bob", "place": {"country": "us"}, "mobiles": ["(617) 555-0120", "+34 600 100 200"]});
        let bob = world.create("person", bob).await;
        assert_eq!(bob["mobiles"], json!(["+16175550120", "+34600100200"]));
        let lines = json!({"name": "Cay", "place": {"country": "gb"}, "others": [{"number": "0113 496 0118"}]});
        let cay = world.create("person", lines).await;
        assert_eq!(world.get("person", id(&cay)).await["others"][0]["number"], "+441134960118");
        let firm = world.create("firm", json!({"name": "Firm", "phone": "020 7946 0958"})).await;
        let dan = world.create("person", json!({"name": "Dan", "firm": id(&firm)})).await;
        assert_eq!(dan["desk"], "+442079460958");
        // The country may come with the same change, and what is kept stays when it changes.
        let moved = json!({"place": {"country": "es"}, "home": "+34 912 345 678"});
        let moved = world.update("person", id(&ann), moved).await;
        assert_eq!((&moved["phone"], &moved["home"]), (&json!("+442079460123;ext=45"), &json!("+34912345678")));
        let same = world.update("person", id(&ann), json!({"phone": "+44 20 7946 0123 x45"})).await;
        assert_eq!(same["version"], moved["version"], "another spelling changes nothing");
    });
}

#[test]
fn what_cannot_be_dialled_is_refused_with_its_reason() {
    on_each(PEOPLE, async |world| {
        let ann = world.create("person", british("Ann", "020 7946 0123")).await;
        for (body, told) in [
            (json!({"phone": "ask the desk"}), "Phone must be a phone number, such as +34 915 550 142"),
            (json!({"phone": "020 7946"}), "Phone: 020 7946 is too short for a phone number of GB"),
            (json!({"phone": "+34 912 345 678 9"}), "Phone: +34 912 345 678 9 is too long for a phone number"),
            (json!({"phone": "+999 1234 5678"}), "Phone: no country has the code of +999 1234 5678"),
            (json!({"home": "912 345 678"}), "Home: of which country is 912 345 678?"),
            (json!({"mobiles": ["020 7946 0123", "12"]}), "Mobiles: 12 is too short"),
        ] {
            let refused = world.try_update("person", id(&ann), body.clone()).await;
            let text = refused.as_ref().unwrap_err().to_text(Locale::EN);
            assert!(text.contains(told), "{body}: {text}");
            assert!(codes(refused)[0].ends_with(": not_phone"), "{body}");
        }
        assert_eq!(codes(world.try_create("person", json!({"name": "Desk"})).await), ["home: not_phone"]);
        assert_eq!(codes(world.try_create("person", british("Bea", "0044 20 79460123")).await), ["phone: unique"]);
    });
}

async fn by_phone(world: &World, phone: &str) -> Vec<String> {
    let equals = vec![("phone".to_owned(), json!(phone))];
    world.names("person", ListRequest { equals, ..ListRequest::default() }).await
}

#[test]
fn a_number_is_found_by_any_spelling() {
    on_each(PEOPLE, async |world| {
        world.create("person", british("Ann", "020 7946 0123")).await;
        world.create("person", british("Bob", "0113 496 0118")).await;
        for typed in ["+44 20 7946 0123", "0044 (20) 7946-0123", "020 7946 0123", "+442079460123"] {
            assert_eq!(by_phone(world, typed).await, ["Ann"], "{typed}");
            let request = SearchRequest { q: typed.to_owned(), ..SearchRequest::default() };
            let found = world.engine.search(&world.actor, &request).await.unwrap().page.0.hits;
            assert_eq!(found.len(), 1, "{typed}");
            let words = search::words(&world.engine.live().model, world.entity("person"), &[], typed);
            assert!(words.is_some());
            let model = Arc::clone(&world.engine.live().model);
            let (phone, _) = model[world.entity("person")].field("phone").unwrap();
            assert!(search::part(&model, &[(world.entity("person"), phone)], typed).is_some());
        }
        assert!(by_phone(world, "020 7946 9999").await.is_empty());
        world.create("person", json!({"name": "Cay", "home": "+44 20 7946 0001"})).await;
        let again = json!({"name": "Dan", "home": "0044 20 79460001"});
        assert_eq!(codes(world.try_create("person", again).await), ["home: duplicate"]);
    });
}

#[test]
fn an_import_reads_numbers_by_the_country_of_each_row() {
    on_each(PEOPLE, async |world| {
        let csv = "name,place_country,phone\nAnn,gb,020 7946 0123\nBob,us,617-555-0120\nCay,es,12\nDan,,612345678\n";
        let brought = bring(world, "person", None, csv).await;
        assert_eq!(counts(&brought), [2, 0, 0, 2]);
        assert!(brought.rejects.contains("too short for a phone number of ES"), "{}", brought.rejects);
        assert!(brought.rejects.contains("of which country is 612345678"), "{}", brought.rejects);
        assert_eq!(by_phone(world, "+1 (617) 555 0120").await, ["Bob"]);
    });
}
