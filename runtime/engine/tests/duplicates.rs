//! Likely duplicates of what is made, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use fichero_engine::duplicates::{groups, tend};
use fichero_engine::value::json as codec;
use fichero_engine::{Actor, Command, Mode, Refusal, Via};
use serde_json::{Value as Json, json};
use world::{World, codes, id, on_each};

const FIRM: &str = r#"
options: legal_forms
values: {sl: S.L., gmbh: GmbH, ooo: {label: {en: LLC, ru: ООО}}}
---
options: free_mail
values: {gmail: gmail.com, mailru: mail.ru}
---
entity: firm
title: name
fields:
  name: {type: text, required: true}
  town: text
  closed: boolean
duplicates:
  same_name:
    match: {name: {by: similar, except: legal_forms}, town: equal}
    where: not closed
    on_create: refuse
---
entity: person
title: name
fields:
  first: text
  last: {type: text, required: true}
  name: {type: text, formula: (first + " " + last) ?? last}
  phone: text
  mail: text
  firm: {type: ref, to: firm}
duplicates:
  same_name: {match: {name: similar, firm: equal}}
  same_phone: {match: {phone: phone}}
  same_domain: {match: {mail: {by: mail_domain, except: free_mail}, last: equal}, limit: 1}
"#;

fn names(refusal: &Refusal) -> Vec<&str> {
    refusal.records.iter().map(|named| named.title.as_str()).collect()
}

async fn create_via(world: &World, via: Via, entity: &str, body: Json, known: &[&str]) -> Result<Vec<String>, Refusal> {
    let actor = Actor { via, ..world.actor.clone() };
    let entity = world.entity(entity);
    let mut input = codec::input(&world.engine.live().model, entity, &body)?;
    input.known = known.iter().map(|id| id.parse().unwrap()).collect();
    let answer = world.engine.command(&actor, Command::Create { entity, input }, Mode::Live, None).await?;
    Ok(answer.duplicates.into_iter().map(|named| named.title).collect())
}

#[test]
fn what_is_refused_names_the_record_that_is_there() {
    on_each(FIRM, async |world| {
        let acme = world.create("firm", json!({"name": "Acme Bolts, S.L.", "town": "Vigo"})).await;
        let refused = world.try_create("firm", json!({"name": "ACME bólts", "town": "vigo"})).await.unwrap_err();
        assert_eq!((refused.code, names(&refused)), ("duplicate", vec!["Acme Bolts, S.L."]));
        assert_eq!(codes::<Json>(Err(refused)), ["name: duplicate", "town: duplicate"]);
        world.create("firm", json!({"name": "Acme Bolts", "town": "Lugo"})).await;
        world.create("firm", json!({"name": "Acme Bolts"})).await;
        world.create("firm", json!({"name": "Acme Bolts GmbH"})).await;
        // Only among records where the condition holds, on both sides.
        world.create("firm", json!({"name": "Acme Bolts", "town": "Vigo", "closed": true})).await;
        world.update("firm", id(&acme), json!({"closed": true})).await;
        let again = world.create("firm", json!({"name": "Acme Bolts", "town": "Vigo"})).await;
        // What lies in the trash is nobody's duplicate, and what is changed is found by what it is now.
        world.delete("firm", id(&again)).await.unwrap();
        let third = world.create("firm", json!({"name": "Acme Bolts", "town": "Vigo"})).await;
        world.update("firm", id(&third), json!({"name": "Zenith Cranes"})).await;
        world.create("firm", json!({"name": "Acme Bolts", "town": "Vigo"})).await;
        assert_eq!(codes(world.try_create("firm", json!({"name": "Zenit Cranes", "town": "Vigo"})).await).len(), 2);
        world.purge("firm", id(&third)).await.unwrap();
        world.create("firm", json!({"name": "Zenit Cranes", "town": "Vigo"})).await;
    });
}

#[test]
fn of_a_warning_a_page_asks_and_everybody_else_is_told() {
    on_each(FIRM, async |world| {
        let ana = json!({"first": "Ana", "last": "García", "phone": "+34 912 345 678", "mail": "ana@ebro.example"});
        let first = create_via(world, Via::Api, "person", ana.clone(), &[]).await.unwrap();
        assert_eq!(first, Vec::<String>::new());
        let called = json!({"last": "Other", "phone": "0034 91 234 56 78"});
        assert_eq!(create_via(world, Via::Api, "person", called.clone(), &[]).await.unwrap(), ["Ana García"]);
        let asked = create_via(world, Via::Page, "person", called.clone(), &[]).await.unwrap_err();
        assert_eq!((asked.code, asked.errors.len()), ("likely_duplicate", 0));
        assert_eq!(names(&asked), ["Ana García", "Other"]);
        let known: Vec<String> = asked.records.iter().map(|named| named.id.to_string()).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        // Who has seen only one of them is asked again.
        assert!(create_via(world, Via::Page, "person", called.clone(), &known[..1]).await.is_err());
        assert_eq!(create_via(world, Via::Page, "person", called.clone(), &known).await.unwrap(), Vec::<String>::new());
        let rejected = create_via(world, Via::Import, "person", called, &[]).await.unwrap_err();
        assert_eq!(codes::<()>(Err(rejected)), ["phone: duplicate"]);
        // The same person at the same firm's domain, but not at one that everybody uses.
        let colleague = json!({"last": "GARCIA", "mail": "other@ebro.example"});
        assert_eq!(create_via(world, Via::Api, "person", colleague, &[]).await.unwrap(), ["Ana García"]);
        for mail in ["a@gmail.com", "b@gmail.com"] {
            let told = create_via(world, Via::Api, "person", json!({"last": "Gil", "mail": mail}), &[]).await.unwrap();
            assert_eq!(told, Vec::<String>::new());
        }
    });
}

#[test]
fn names_are_alike_at_the_same_firm() {
    on_each(FIRM, async |world| {
        let ebro = world.create("firm", json!({"name": "Ebro"})).await;
        let firm = id(&ebro);
        world.create("person", json!({"first": "John", "last": "Smith", "firm": firm})).await;
        let told = |body| create_via(world, Via::Api, "person", body, &[]);
        assert_eq!(told(json!({"first": "Jon", "last": "Smith", "firm": firm})).await.unwrap(), ["John Smith"]);
        assert_eq!(told(json!({"first": "Jon", "last": "Smith"})).await.unwrap(), Vec::<String>::new());
        assert_eq!(told(json!({"first": "Peter", "last": "Jones", "firm": firm})).await.unwrap(), Vec::<String>::new());
    });
}

#[test]
fn of_two_that_are_made_at_the_same_time_one_is_refused() {
    on_each(FIRM, async |world| {
        let entity = world.entity("firm");
        let make = |name: &str| {
            let body = json!({"name": name, "town": "Vigo"});
            let input = codec::input(&world.engine.live().model, entity, &body).unwrap();
            let (engine, actor) = (world.engine.clone(), world.actor.clone());
            tokio::spawn(
                async move { engine.command(&actor, Command::Create { entity, input }, Mode::Live, None).await },
            )
        };
        let all: Vec<_> = ["Acme Bolts", "ACME Bolts", "Acme Bolt", "Acme Bolts GmbH"].map(make).into_iter().collect();
        let mut made = 0;
        for one in all {
            made += usize::from(one.await.unwrap().is_ok());
        }
        assert_eq!(made, 1);
    });
}

#[test]
fn records_that_were_there_before_the_rules_are_found_once_they_have_keys() {
    let before = "entity: firm\ntitle: name\nfields: {name: text, town: text}\n";
    let after = format!("{before}duplicates: {{same: {{match: {{name: similar}}, on_create: refuse}}}}\n");
    on_each(before, async |world| {
        let trashed = world.create("firm", json!({"name": "Zenith Cranes"})).await;
        world.delete("firm", id(&trashed)).await.unwrap();
        for number in 0..450 {
            world.create("firm", json!({"name": format!("Ebro {number}{number} Bolts{number}")})).await;
        }
        world.publish(world::model(&after)).await;
        while tend::turn(&world.engine).await.unwrap() {}
        let refused = world.try_create("firm", json!({"name": "ebro 449449 bolts449"})).await;
        assert_eq!(codes(refused), ["name: duplicate"]);
        world.create("firm", json!({"name": "Zenith Crane"})).await;
        // One that comes back out of the trash has its keys too.
        world.restore("firm", id(&trashed)).await.unwrap();
        assert_eq!(codes(world.try_create("firm", json!({"name": "Zenith  CRANES"})).await), ["name: duplicate"]);
        assert!(!tend::turn(&world.engine).await.unwrap(), "nothing is left to be done");
    });
}

#[test]
fn a_search_finds_groups_by_every_rule() {
    on_each(FIRM, async |world| {
        let mut ids = Vec::new();
        for body in [
            json!({"last": "Ana García", "phone": "+34 912 345 678"}),
            json!({"last": "Other", "phone": "912345678"}),
            json!({"last": "other", "mail": "x@ebro.example"}),
            json!({"last": "Other", "mail": "y@ebro.example"}),
            json!({"last": "Nobody", "mail": "y@ebro.example"}),
        ] {
            ids.push(id(&world.create("person", body).await).to_owned());
        }
        let entity = world.entity("person");
        let report = world.engine.find_duplicates(&world.actor, entity).await.unwrap();
        let pair = |one: usize, other: usize, rules: &str| (ids[one].clone(), ids[other].clone(), rules.to_owned());
        let found: Vec<_> = report
            .pairs
            .iter()
            .map(|pair| (pair.one.to_string(), pair.other.to_string(), pair.rules.to_string()))
            .collect();
        assert_eq!(found, [pair(0, 1, "same_phone"), pair(2, 3, "same_domain")]);
        assert_eq!((report.records, groups(&report.pairs).len()), (5, 2));
        let (one, other) = (ids[0].parse().unwrap(), ids[1].parse().unwrap());
        world.engine.dismiss_duplicates(&world.actor, entity, (other, one)).await.unwrap();
        assert_eq!(world.engine.find_duplicates(&world.actor, entity).await.unwrap().pairs.len(), 1);
    });
}
