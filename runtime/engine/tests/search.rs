//! The index of the search says what a scan of the records says, whatever was done to them, and the same on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Mutex;

use fichero_engine::deploy::fill::{Round, Standing};
use fichero_engine::read::find::{Results, SearchRequest};
use fichero_engine::{Refusal, verify};
use fichero_model::expr::Row;
use fichero_model::search::{self, Query};
use fichero_model::value::Value;
use fichero_store::{Isolation, Priority};
use serde_json::{Value as Json, json};
use world::{World, codes, id, model, on_each};

const FIRM: &str = r#"
entity: person
title: name
fields:
  name: {type: text, formula: first + " " + last}
  first: {type: text, max: 100}
  last: {type: text, max: 100}
  email: {type: text, search: true}
  phone: {type: text, search: true}
  notes: {type: longtext, search: true}
  secret: {type: text, sensitive: true, search: true}
  quiet: text
---
entity: deal
title: number
fields:
  number: {type: sequence, pattern: "OPP-{YYYY}-{#####}"}
  subject: {type: text, search: true}
  person: {type: ref, to: person, on_delete: cascade}
"#;

async fn fill(world: &World) {
    let mut round = Round::new(&world.engine);
    while round.batch().await.unwrap() == Standing::More {}
}

async fn ask(world: &World, request: SearchRequest) -> Results {
    world.engine.search(&world.actor, &request).await.unwrap().page.0
}

async fn found(world: &World, q: &str) -> Vec<String> {
    let results = ask(world, SearchRequest { q: q.to_owned(), limit: Some(100), ..SearchRequest::default() }).await;
    results.hits.iter().map(|hit| hit.record.id.to_string()).collect()
}

async fn differences(world: &World) -> Vec<String> {
    let mut told = Vec::new();
    let tell = |found: verify::Difference| told.push(format!("{} → {}", found.stored, found.right));
    verify::verify(&world.engine, tell).await.unwrap();
    told
}

#[test]
fn records_are_found_while_they_live() {
    on_each(FIRM, async |world| {
        fill(world).await;
        let ana = json!({"first": "Ána", "last": "Ruiz", "email": "ana.ruiz@acme.example", "phone": "+34915550142"});
        let ana = world.create("person", ana).await;
        let bob = json!({"first": "Bob", "last": "Ana", "secret": "tango", "quiet": "zulu", "notes": "met Ruiz twice"});
        let bob = world.create("person", bob).await;
        let deal = world.create("deal", json!({"subject": "Ana buys", "person": id(&ana)})).await;
        for (q, wanted) in [
            ("ana", vec![&bob, &ana, &deal]),
            ("ruiz", vec![&ana, &bob]),
            ("RUI an", vec![&ana, &bob]),
            ("915 550", vec![&ana]),
            ("ruiz@acme", vec![&ana]),
            ("opp-2026-00001", vec![&deal]),
            ("tango", vec![]),
            ("zulu", vec![]),
        ] {
            let wanted: Vec<&str> = wanted.into_iter().map(id).collect();
            assert_eq!(found(world, q).await, wanted, "{q}");
        }
        world.update("person", id(&ana), json!({"last": "Sáenz"})).await;
        assert_eq!(found(world, "saenz").await, [id(&ana)]);
        world.delete("person", id(&ana)).await.unwrap();
        assert_eq!(found(world, "saenz").await, [""; 0]);
        assert_eq!(found(world, "buys").await, [""; 0], "what goes along is not found either");
        world.restore("person", id(&ana)).await.unwrap();
        assert_eq!(found(world, "ána").await, [id(&bob), id(&ana), id(&deal)]);
        world.purge("person", id(&ana)).await.unwrap();
        assert_eq!(found(world, "ana").await, [id(&bob)]);
        assert_eq!(differences(world).await, [""; 0]);
    });
}

#[test]
fn what_was_found_is_shown_page_by_page() {
    on_each(FIRM, async |world| {
        fill(world).await;
        let long = format!("{} needle in it {}", "hay ".repeat(80), "hay ".repeat(80));
        for number in 0..7 {
            let person = json!({"first": format!("P{number}"), "last": "Needle", "notes": &long});
            world.create("person", person).await;
        }
        let mut request = SearchRequest { q: "needle".to_owned(), limit: Some(3), ..SearchRequest::default() };
        let mut pages = Vec::new();
        loop {
            let page = ask(world, request.clone()).await;
            assert!(page.is_complete && !page.is_bounded);
            pages.push(page.hits.iter().map(|hit| hit.record.id.to_string()).collect::<Vec<_>>());
            let Some(next) = page.next else { break };
            let notes = &page.hits[0].matches[1];
            assert!(notes.text.starts_with('…') && notes.text.contains("needle"), "{notes:?}");
            request.cursor = Some(next);
        }
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
        assert_eq!(pages.concat(), found(world, "needle").await);
        let other = SearchRequest { q: "hay".to_owned(), ..request };
        assert_eq!(codes(world.engine.search(&world.actor, &other).await), ["bad_cursor"]);
    });
}

#[test]
fn what_is_looked_into_follows_the_definitions() {
    on_each(FIRM, async |world| {
        let ana =
            world.create("person", json!({"first": "Ana", "last": "Ruiz", "quiet": "zulu", "notes": "tango"})).await;
        let early = ask(world, SearchRequest { q: "ana".to_owned(), ..SearchRequest::default() }).await;
        assert_eq!((early.hits.len(), early.is_complete), (1, false), "what is new is there at once");
        fill(world).await;
        let next = FIRM.replace("quiet: text", "quiet: {type: text, search: true}");
        world.publish(model(&next.replace("notes: {type: longtext, search: true}", "notes: longtext"))).await;
        let during = ask(world, SearchRequest { q: "zulu".to_owned(), ..SearchRequest::default() }).await;
        assert_eq!((during.hits.len(), during.is_complete), (0, false));
        fill(world).await;
        assert_eq!(found(world, "zulu").await, [id(&ana)]);
        assert_eq!(found(world, "tango").await, [""; 0]);
        let after = ask(world, SearchRequest { q: "zulu".to_owned(), ..SearchRequest::default() }).await;
        assert!(after.is_complete);
        // A renamed field and entity are the same as before.
        let renamed = next.replace("entity: person", "entity: human\nwas: person").replace("to: person", "to: human");
        let renamed = renamed.replace("notes: {type: longtext, search: true}", "notes: longtext");
        world.publish(model(&renamed.replace("quiet: {", "calm: {was: quiet, "))).await;
        let after = ask(world, SearchRequest { q: "zulu".to_owned(), ..SearchRequest::default() }).await;
        assert_eq!((after.hits.len(), after.is_complete), (1, true));
        assert_eq!(differences(world).await, [""; 0]);
    });
}

#[test]
fn an_index_that_was_changed_by_hand_is_mended() {
    on_each(FIRM, async |world| {
        fill(world).await;
        let ana = world.create("person", json!({"first": "Ana", "last": "Ruiz", "notes": "tango"})).await;
        let ana = world.reference("person", id(&ana));
        let spoil = move |live: &fichero_engine::live::Live, tx: &mut fichero_store::Tx| {
            use fichero_store::system::search as index;
            let table = live.layout.table_name(ana.entity);
            index::settle(tx)?;
            let place = index::Place { word: "tango".into(), beside: true, id: ana.id };
            index::take_away(tx, &table, &place)?;
            let stranger = fichero_model::Id::from_bytes([3; 16]);
            let terms = search::Terms { titled: "ghost".to_owned(), beside: String::new() };
            index::change(tx, &table, &[(stranger, terms)])?;
            Ok::<_, Refusal>(())
        };
        let write =
            world.engine.write(Priority::Interactive, Isolation::ReadCommitted, move |_, live, tx| spoil(&live, tx));
        write.await.unwrap();
        assert_eq!(differences(world).await, [" → ana ruiz | tango"]);
        let mended = verify::rebuild(&world.engine, |_| {}).await.unwrap();
        assert_eq!(mended.differences, 1);
        assert_eq!(differences(world).await, [""; 0]);
        assert_eq!(found(world, "tango").await, [ana.id.to_string()]);
    });
}

#[test]
fn a_question_that_means_nothing_is_refused() {
    on_each(FIRM, async |world| {
        let told = async |q: &str, entity: Option<&str>, limit: Option<u32>| {
            let request = SearchRequest { q: q.to_owned(), entity: entity.map(str::to_owned), limit, cursor: None };
            let refusal = world.engine.search(&world.actor, &request).await.expect_err("it should be refused");
            refusal.to_text(fichero_model::label::Locale::EN)
        };
        assert!(told("", None, None).await.contains("letter or a digit"));
        assert!(told(" -- ", None, None).await.contains("letter or a digit"));
        assert!(told(&"x".repeat(201), None, None).await.contains("at most 200 characters, not 201"));
        assert!(told("x", Some("nobody"), None).await.contains("“nobody”"));
        assert!(told("x", None, Some(0)).await.contains("limit must be 1 to 100, not 0"));
    });
}

/// Numbers that look random and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn words(&mut self, most: usize) -> String {
        const WORDS: [&str; 14] = [
            "ana",
            "Anabel",
            "Ruiz",
            "ruiz-gómez",
            "Müller",
            "ёлка",
            "OPP-2026-00012",
            "00012",
            "12",
            "+34 915 550 142",
            "915550142",
            "a.ruiz@acme.example",
            "acme",
            "Straße",
        ];
        let count = self.below(most + 1);
        (0..count).map(|_| WORDS[self.below(WORDS.len())]).collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn the_index_is_what_a_scan_of_all_records_gives() {
    let answers: Mutex<Vec<Vec<Vec<String>>>> = Mutex::default();
    on_each(FIRM, async |world| {
        fill(world).await;
        let mut chance = Chance(11);
        let mut people: BTreeMap<String, (Json, bool)> = BTreeMap::new();
        let mut answered = Vec::new();
        for step in 0..240 {
            let keys: Vec<String> = people.keys().cloned().collect();
            let some = (!keys.is_empty()).then(|| keys[chance.below(keys.len())].clone());
            let body = json!({
                "first": chance.words(2), "last": chance.words(1), "email": chance.words(1),
                "phone": chance.words(1), "notes": chance.words(3),
            });
            match (chance.below(5), some) {
                (0 | 1, _) | (_, None) => {
                    let made = world.create("person", body.clone()).await;
                    people.insert(id(&made).to_owned(), (body, true));
                }
                (2, Some(key)) if people[&key].1 => {
                    world.update("person", &key, body.clone()).await;
                    people.insert(key, (body, true));
                }
                (3, Some(key)) if people[&key].1 => {
                    world.delete("person", &key).await.unwrap();
                    people.entry(key).and_modify(|(_, lives)| *lives = false);
                }
                (_, Some(key)) if !people[&key].1 => {
                    world.restore("person", &key).await.unwrap();
                    people.entry(key).and_modify(|(_, lives)| *lives = true);
                }
                _ => {}
            }
            if step % 30 == 29 {
                // Sooner than by itself, so that some records are in the index and some beside it.
                let settle =
                    |tx: &mut fichero_store::Tx| fichero_store::system::search::settle(tx).map_err(Refusal::from);
                let settled =
                    world.engine.write(Priority::Interactive, Isolation::ReadCommitted, move |_, _, tx| settle(tx));
                settled.await.unwrap();
            }
            if step % 8 == 0 {
                let mut q = chance.words(2);
                if q.is_empty() {
                    q = "a".to_owned();
                }
                let given = found(world, &q).await;
                let mut wanted = scanned(world, &people, &Query::new(&q));
                if wanted.is_empty()
                    && let Some(loose) = Query::loose(&q)
                {
                    wanted = scanned(world, &people, &loose);
                }
                wanted.truncate(100);
                assert_eq!(given, wanted, "{q}");
                answered.push(given);
            }
        }
        assert_eq!(differences(world).await, [""; 0]);
        answers.lock().unwrap().push(answered);
    });
    let answers = answers.into_inner().unwrap();
    assert!(answers.iter().all(|answered| *answered == answers[0]), "both databases answer alike");
}

/// The same by looking at all records.
fn scanned(world: &World, people: &BTreeMap<String, (Json, bool)>, query: &Query) -> Vec<String> {
    let model = &world.engine.live().model;
    let (entity, definition) = model.entity("person").unwrap();
    let fields = search::fields(model, entity);
    let mut ranked: Vec<(u32, Reverse<&String>)> = Vec::new();
    for (key, (body, lives)) in people {
        let mut row = Row::empty(entity, definition.fields.len());
        for (name, value) in body.as_object().unwrap() {
            row.set(definition.field(name).unwrap().0, Value::text(value.as_str().unwrap()));
        }
        let part = |name: &str| body[name].as_str().unwrap();
        let title = [part("first"), part("last")].join(" ");
        // Nothing added to a text is nothing, so a half of a name is none.
        if !part("first").is_empty() && !part("last").is_empty() {
            row.set(definition.title, Value::text(&title));
        }
        ranked.extend(
            query.rank(&search::terms(model, &fields, &row)).filter(|_| *lives).map(|rank| (rank, Reverse(key))),
        );
    }
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, Reverse(key))| key.clone()).collect()
}

#[test]
fn a_text_that_becomes_another_sort_of_text_is_indexed_anew() {
    let of = |clean: &str| {
        format!("entity: note\ntitle: name\nfields:\n  name: text\n  body: {{type: longtext, search: true{clean}}}\n")
    };
    on_each(&of(""), async |world| {
        let print = || world.engine.live().print(world.entity("note"));
        let mut prints = vec![print()];
        for clean in [", clean: html", ", clean: phone"] {
            world.publish(model(&of(clean))).await;
            prints.push(print());
        }
        assert!(prints[0] != prints[1] && prints[1] != prints[2] && prints[0] != prints[2], "{prints:?}");
    });
}
