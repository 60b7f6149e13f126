//! Rules against overlapping times: what they refuse, on both databases as in a model of a few lines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use fichero_engine::deploy::{self, Definitions, Order};
use fichero_engine::value::json as codec;
use fichero_engine::{Command, Mode, Refusal};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};
use world::bring::{bring, counts};
use world::{World, codes, id, model, on_each};

const VISITS: &str = r#"
entity: technician
fields: {name: {type: text, required: true}}
---
entity: visit
title: place
fields:
  place: text
  technician: {type: ref, to: technician}
  starts: datetime
  ends: datetime
  state: {type: choice, options: [planned, cancelled], default: planned}
unique:
  no_double_booking: {fields: technician, overlap: [starts, ends], where: state != "cancelled"}
---
entity: stay
title: room
fields:
  house: text
  room: text
  from: date
  until: date
unique:
  one_guest: {fields: [house, room], overlap: [from, until], message: {en: The room is taken}}
---
entity: plan
fields:
  name: text
  lines: {type: lines, of: shift}
---
entity: shift
title: seat
fields:
  plan: {type: ref, to: plan, required: true, on_delete: cascade}
  seat: text
  number: {type: integer, unique: true}
  from: date
  until: date
unique:
  one_each: {fields: seat, overlap: [from, until]}
"#;

/// A time of the day that all tests are about.
fn at(hour: &str) -> Json {
    json!(format!("2026-05-04T{hour}:00Z"))
}

async fn visit(world: &World, who: &Json, from: &str, until: &str) -> Result<Json, Refusal> {
    let open = |hour: &str| if hour.is_empty() { Json::Null } else { at(hour) };
    world.try_create("visit", json!({"technician": who, "starts": open(from), "ends": open(until)})).await
}

const DOUBLE: [&str; 3] = ["technician: overlap", "starts: overlap", "ends: overlap"];

#[test]
fn moments_end_before_the_next_begins() {
    on_each(VISITS, async |world| {
        let anna = world.create("technician", json!({"name": "Anna"})).await["id"].clone();
        let bruno = world.create("technician", json!({"name": "Bruno"})).await["id"].clone();
        let first = visit(world, &anna, "09:00", "10:00").await.unwrap();
        for (from, until) in
            [("09:00", "10:00"), ("08:00", "09:01"), ("09:59", "11:00"), ("09:20", "09:30"), ("08:00", "12:00")]
        {
            assert_eq!(codes(visit(world, &anna, from, until).await), DOUBLE, "{from}–{until}");
        }
        for (from, until) in [("", ""), ("", "09:30"), ("09:30", "")] {
            assert_eq!(codes(visit(world, &anna, from, until).await), DOUBLE, "open {from}–{until}");
        }
        let refused = visit(world, &anna, "09:00", "10:00").await.unwrap_err();
        assert_eq!(refused.code, "overlap");
        assert_eq!(refused.errors[0].rule.as_deref(), Some("no_double_booking"));
        assert_eq!(
            refused.to_text(fichero_model::label::Locale::EN).lines().next().unwrap(),
            "Another record with the same Technician overlaps this time"
        );

        // What only touches, what others do, what has no length, what nobody does.
        visit(world, &anna, "10:00", "11:00").await.unwrap();
        visit(world, &anna, "", "09:00").await.unwrap();
        visit(world, &anna, "11:00", "").await.unwrap();
        visit(world, &bruno, "09:00", "10:00").await.unwrap();
        visit(world, &anna, "09:30", "09:30").await.unwrap();
        visit(world, &Json::Null, "09:00", "10:00").await.unwrap();
        visit(world, &Json::Null, "09:00", "10:00").await.unwrap();
        assert_eq!(codes(visit(world, &bruno, "12:00", "11:00").await), ["ends: ends_before_start"]);

        // Its own time is in nobody's way; what is cancelled makes room, and has none to come back to.
        let (first, second) = (id(&first), at("09:45"));
        world.update("visit", first, json!({"ends": second})).await;
        world.update("visit", first, json!({"state": "cancelled"})).await;
        let instead = visit(world, &anna, "09:00", "10:00").await.unwrap();
        assert_eq!(codes(world.try_update("visit", first, json!({"state": "planned"})).await), DOUBLE);
        world.delete("visit", id(&instead)).await.unwrap();
        world.update("visit", first, json!({"state": "planned"})).await;
        assert_eq!(codes(world.restore("visit", id(&instead)).await), DOUBLE);
        world.delete("visit", first).await.unwrap();
        world.restore("visit", id(&instead)).await.unwrap();
    });
}

#[test]
fn days_are_taken_up_to_the_last() {
    on_each(VISITS, async |world| {
        let stay = async |house: &str, room: &str, from: &str, until: &str| {
            world.try_create("stay", json!({"house": house, "room": room, "from": from, "until": until})).await
        };
        stay("North", "1", "2026-05-01", "2026-05-03").await.unwrap();
        let refused = stay("north", "1", "2026-05-03", "2026-05-05").await.unwrap_err();
        assert_eq!(refused.errors.len(), 4, "{refused:?}");
        assert_eq!(refused.errors[1].message.text(fichero_model::label::Locale::EN), "The room is taken");
        assert_eq!(codes(stay("NORTH", "1", "2026-05-02", "2026-05-02").await).len(), 4, "one day is one day long");
        stay("North", "1", "2026-05-04", "2026-05-04").await.unwrap();
        stay("North", "2", "2026-05-01", "2026-05-03").await.unwrap();
        stay("South", "1", "2026-05-01", "2026-05-03").await.unwrap();
        stay("Nort", "h 1", "2026-05-01", "2026-05-03").await.unwrap();
        stay("North", "1", "0001-01-01", "2026-04-30").await.unwrap();
        stay("North", "1", "2026-05-05", "9999-12-31").await.unwrap();
    });
}

#[test]
fn lines_take_each_others_places_in_one_command() {
    on_each(VISITS, async |world| {
        let line = |id: &Json, number: i64, from: &str, until: &str| {
            let mut line = json!({"seat": "a", "number": number, "from": from, "until": until});
            if !id.is_null() {
                line["id"] = id.clone();
            }
            line
        };
        let lines =
            json!([line(&Json::Null, 1, "2026-05-01", "2026-05-03"), line(&Json::Null, 2, "2026-05-04", "2026-05-09")]);
        let plan = world.create("plan", json!({"name": "May", "lines": lines})).await;
        let stored = world.get_expanded("plan", id(&plan), &["lines"]).await["lines"].clone();
        let (one, two) = (&stored[0]["id"], &stored[1]["id"]);
        let swapped = json!([line(one, 2, "2026-05-04", "2026-05-09"), line(two, 1, "2026-05-01", "2026-05-03")]);
        world.update("plan", id(&plan), json!({"lines": swapped})).await;
        let stored = world.get_expanded("plan", id(&plan), &["lines"]).await["lines"].clone();
        assert_eq!(stored[0]["from"], "2026-05-04");
        assert_eq!(stored[1]["number"], 1);
        assert_eq!(stored[1]["seat"], "a");
        // A new line before them takes what one gives up.
        let pushed = json!([
            line(&Json::Null, 2, "2026-05-04", "2026-05-06"),
            line(one, 3, "2026-05-07", "2026-05-09"),
            line(two, 1, "2026-05-01", "2026-05-03"),
        ]);
        world.update("plan", id(&plan), json!({"lines": pushed})).await;
        let clash = json!([line(one, 3, "2026-05-01", "2026-05-09"), line(two, 1, "2026-05-01", "2026-05-03")]);
        let refused = codes(world.try_update("plan", id(&plan), json!({"lines": clash})).await);
        assert_eq!(refused, ["seat: overlap", "from: overlap", "until: overlap"]);
        assert_eq!(world.get_expanded("plan", id(&plan), &["lines"]).await["lines"][1]["from"], "2026-05-07");
    });
}

#[test]
fn an_import_rejects_the_rows_that_overlap() {
    on_each(VISITS, async |world| {
        let csv = "house,room,from,until\nN,1,2026-05-01,2026-05-03\nN,1,2026-05-03,2026-05-04\nN,1,2026-05-04,2026-05-05\n\
                   N,1,2026-05-09,2026-05-08\n";
        let brought = bring(world, "stay", None, csv).await;
        assert_eq!(counts(&brought), [2, 0, 0, 2], "{}", brought.rejects);
        insta::assert_snapshot!("rejects", brought.rejects);
    });
}

/// The definitions of visits, with the rule or without.
fn rule(on: bool) -> String {
    let rule = "unique:\n  one: {fields: [seat, on], overlap: [starts, ends]}\n";
    let fields = "{seat: text, on: date, starts: datetime, ends: datetime}";
    format!("entity: visit\ntitle: seat\nfields: {fields}\n{}", if on { rule } else { "" })
}

#[test]
fn a_plan_tells_of_the_records_that_overlap_already() {
    on_each(&rule(false), async |world| {
        let mut ids = Vec::new();
        for (seat, on, starts, ends) in [
            ("a", "2026-05-04", Some("09:00"), Some("10:00")),
            ("A", "2026-05-04", Some("09:30"), None),
            ("a", "2026-05-05", Some("09:30"), None),
            ("b", "2026-05-04", Some("08:00"), Some("09:00")),
            ("b", "2026-05-04", Some("09:00"), Some("09:00")),
            ("b", "2026-05-04", Some("09:00"), Some("10:00")),
            ("b", "2026-05-04", Some("12:00"), Some("11:00")),
        ] {
            let body = json!({"seat": seat, "on": on, "starts": starts.map(at), "ends": ends.map(at)});
            ids.push(id(&world.create("visit", body).await).to_owned());
        }
        let plan = |world: &World| {
            let (db, model) = (world.engine.db().clone(), Arc::new(model(&rule(true))));
            let definitions = Definitions { model, files: Arc::new(BTreeMap::new()), hash: Arc::from("next") };
            let (at, base) = (fichero_model::clock::Clock::now(&*world.clock), world.engine.live().seq);
            std::thread::spawn(move || {
                let order = Order { base, consent: None, by: "test".to_owned(), at };
                deploy::publish(&db, &definitions, &order).map(drop)
            })
            .join()
            .unwrap()
        };
        let refused = format!("{:?}", plan(world).unwrap_err());
        let told = format!("2 share 'a', 2026-05-04 at overlapping times: {}, {}", ids[0], ids[1]);
        assert!(refused.contains(&told), "{refused}");
        assert!(!refused.contains("'b'"), "{refused}");
        // Once they are mended it comes into force, and goes again.
        world.update("visit", &ids[1], json!({"on": "2026-05-06"})).await;
        world.publish(model(&rule(true))).await;
        let body = json!({"seat": "a", "on": "2026-05-04", "starts": at("09:00"), "ends": at("09:10")});
        assert_eq!(codes(world.try_create("visit", body.clone()).await).len(), 4);
        let db = world.engine.db().clone();
        let drift = tokio::task::spawn_blocking(move || deploy::drift(&db).unwrap()).await.unwrap();
        assert_eq!(drift, [""; 0]);
        world.publish(model(&rule(false))).await;
        world.create("visit", body).await;
    });
}

/// What happens to one of a few records.
#[derive(Clone, Debug)]
enum Step {
    Put { slot: usize, key: usize, from: Option<i64>, until: Option<i64> },
    Trash { slot: usize },
    Restore { slot: usize },
    Cancel { slot: usize, cancelled: bool },
}

/// What the naive model keeps of a record.
#[derive(Clone, Debug)]
struct Kept {
    id: String,
    key: usize,
    from: Option<i64>,
    until: Option<i64>,
    trashed: bool,
    cancelled: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let bound = || prop_oneof![1 => Just(None), 8 => (0..14i64).prop_map(Some)];
    let put = (0..8usize, 0..2usize, bound(), bound()).prop_map(|(slot, key, from, until)| Step::Put {
        slot,
        key,
        from,
        until,
    });
    let step = prop_oneof![
        6 => put,
        2 => (0..8usize).prop_map(|slot| Step::Trash { slot }),
        2 => (0..8usize).prop_map(|slot| Step::Restore { slot }),
        2 => (0..8usize, any::<bool>()).prop_map(|(slot, cancelled)| Step::Cancel { slot, cancelled }),
    ];
    proptest::collection::vec(step, 1..40)
}

/// Whether a record may be as it is, by comparing it with every other one, half hour by half hour.
fn may_be(all: &BTreeMap<usize, Kept>, slot: usize, it: &Kept) -> bool {
    let taken = |one: &Kept| (one.from.unwrap_or(-1), one.until.unwrap_or(20));
    let counts = |one: &Kept| !one.trashed && !one.cancelled;
    let (from, until) = taken(it);
    !counts(it)
        || !all.iter().any(|(other, one)| {
            let (start, end) = taken(one);
            *other != slot && counts(one) && one.key == it.key && (from..until).any(|hour| (start..end).contains(&hour))
        })
}

#[test]
fn random_times_are_refused_as_a_naive_model_refuses_them() {
    on_each(VISITS, async |world| {
        let mut runner = TestRunner::deterministic();
        for round in 0..24 {
            let steps = steps().new_tree(&mut runner).unwrap().current();
            let mut keys = Vec::new();
            for key in 0..2 {
                keys.push(world.create("technician", json!({"name": format!("{round} {key}")})).await["id"].clone());
            }
            let hour = |hour: Option<i64>| hour.map_or(Json::Null, |hour| at(&format!("{hour:02}:00")));
            let mut all: BTreeMap<usize, Kept> = BTreeMap::new();
            for (number, step) in steps.iter().enumerate() {
                let (slot, next, done) = match step.clone() {
                    Step::Put { slot, key, from, until } => {
                        let body = json!({"technician": keys[key], "starts": hour(from), "ends": hour(until)});
                        let old = all.get(&slot).cloned();
                        if old.as_ref().is_some_and(|old| old.trashed) || from.zip(until).is_some_and(|(a, b)| a > b) {
                            continue;
                        }
                        let done = match &old {
                            Some(old) => world.try_update("visit", &old.id, body).await,
                            None => world.try_create("visit", body).await,
                        };
                        let id = done.as_ref().map_or_else(|_| String::new(), |record| id(record).to_owned());
                        let (id, cancelled) = old.map_or((id, false), |old| (old.id, old.cancelled));
                        (slot, Kept { id, key, from, until, trashed: false, cancelled }, done.map(drop))
                    }
                    Step::Trash { slot } | Step::Restore { slot } => {
                        let trashed = matches!(step, Step::Trash { .. });
                        let Some(old) = all.get(&slot).filter(|old| old.trashed != trashed).cloned() else { continue };
                        let done = match trashed {
                            true => world.delete("visit", &old.id).await,
                            false => world.restore("visit", &old.id).await,
                        };
                        (slot, Kept { trashed, ..old }, done)
                    }
                    Step::Cancel { slot, cancelled } => {
                        let Some(old) = all.get(&slot).filter(|old| !old.trashed).cloned() else { continue };
                        let state = if cancelled { "cancelled" } else { "planned" };
                        let done = world.try_update("visit", &old.id, json!({"state": state})).await.map(drop);
                        (slot, Kept { cancelled, ..old }, done)
                    }
                };
                let told = format!("round {round}, step {number} of {steps:#?}\n{all:#?}");
                assert_eq!(done.is_ok(), may_be(&all, slot, &next), "{done:?} {told}");
                match done {
                    Ok(()) => drop(all.insert(slot, next)),
                    Err(_) => assert_eq!(codes(done), DOUBLE, "{told}"),
                }
            }
        }
    });
}

#[test]
fn of_two_at_once_one_wins() {
    on_each(VISITS, async |world| {
        let visit = world.entity("visit");
        for round in 0..12 {
            let anna = world.create("technician", json!({"name": format!("Anna {round}")})).await["id"].clone();
            let tasks: Vec<_> = (0..4)
                .map(|number| {
                    let (engine, actor) = (world.engine.clone(), world.actor.clone());
                    let body = json!({"technician": anna, "starts": at(&format!("09:{number}0")), "ends": at("10:00")});
                    let input = codec::input(&engine.live().model, visit, &body).unwrap();
                    let command = Command::Create { entity: visit, input };
                    tokio::spawn(async move { engine.command(&actor, command, Mode::Live, None).await })
                })
                .collect();
            let mut won = 0;
            for task in tasks {
                match task.await.unwrap() {
                    Ok(_) => won += 1,
                    Err(refusal) => assert_eq!(refusal.code, "overlap", "{refusal:?}"),
                }
            }
            assert_eq!(won, 1, "round {round}");
        }
    });
}
