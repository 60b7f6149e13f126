//! Many commands at the same time come to what they would have come to one after another, on both databases: whatever
//! the order was, this holds afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fichero_engine::command::Expected;
use fichero_engine::read::list::{ListRequest, ShapeRequest};
use fichero_engine::value::json as codec;
use fichero_engine::value::write::Written;
use fichero_engine::{Actor, Command, Done, Effect, Engine, Kind, Mode, Refusal};
use fichero_model::{EntityId, Id};
use fichero_store::system::change;
use serde_json::{Value as Json, json};
use world::{World, on_each};

/// How many act at the same time.
const WRITERS: u64 = 8;

/// How often each acts in a round.
const ACTS: usize = 3;

/// How long they do on each database.
const LONG: Duration = Duration::from_secs(3);

/// What they do to: `account` and what hangs on it is kept right by locks alone; what happens around `room` is decided
/// from other records.
const TOWN: &str = r#"
entity: account
title: name
fields:
  name: {type: text, required: true}
  code: {type: text, external: true}
  deals: {type: children, of: deal, by: account}
  memos: {type: children, of: memo, by: account}
  total: {type: integer, rollup: sum(deals.amount)}
  deal_count: {type: integer, rollup: count(deals)}
  biggest: {type: integer, rollup: max(deals.amount)}
  memo_count: {type: integer, rollup: count(memos)}
---
entity: deal
title: number
fields:
  number: {type: sequence, pattern: "{#}", gapless: true}
  account: {type: ref, to: account, on_delete: restrict}
  amount: integer
---
entity: memo
title: label
fields:
  label: {type: text, unique: true}
  account: {type: ref, to: account, on_delete: cascade}
---
entity: room
title: name
fields:
  name: {type: text, required: true}
  seats: {type: children, of: seat, by: room}
  visits: {type: children, of: visit, by: room}
  seat_count: {type: integer, rollup: count(seats)}
  weight: {type: integer, rollup: max(seats.weight)}
  visit_count: {type: integer, rollup: count(visits)}
---
entity: seat
title: name
fields:
  name: text
  room: {type: ref, to: room, on_delete: cascade}
  weight: integer
rules:
  few:
    on: save
    if: changed(room) and room != () and others.len() >= 2
    find: {others: {from: seat, where: room == record.room and id != record.id}}
    reject: {message: {en: The room is full}}
---
entity: visit
title: name
fields:
  name: text
  room: {type: ref, to: room, on_delete: restrict}
rules:
  full:
    on: create
    if: room.visit_count >= 2
    reject: {message: {en: Too many visitors}}
---
entity: badge
title: name
fields:
  name: text
  seat: {type: ref, to: seat, on_delete: clear}
"#;

#[test]
fn what_happens_at_the_same_time_could_have_happened_in_turn() {
    on_each(TOWN, async |world| {
        let town = Arc::new(Town::default());
        let until = Instant::now() + LONG;
        for round in 1.. {
            if Instant::now() > until {
                break;
            }
            // All of them act on what is new, so that they meet.
            let mut first = Writer::new(world, &town, round);
            let around = if round % 2 == 0 { "account" } else { "room" };
            first.create(around, json!({"name": "new"})).await.unwrap();
            let acting = |number| {
                let mut writer = Writer::new(world, &town, round * WRITERS + number);
                tokio::spawn(async move {
                    for _ in 0..ACTS {
                        writer.act(around).await;
                    }
                })
            };
            let acting: Vec<_> = (0..WRITERS).map(acting).collect();
            for writer in acting {
                writer.await.unwrap();
            }
        }
        Outcome::read(world).await.check(world, &town).await;
    });
}

// ---- Writers ---------------------------------------------------------------------------------------------------------

/// What all writers know.
#[derive(Default)]
struct Town {
    /// The records that were made, by entity.
    made: Mutex<BTreeMap<&'static str, Vec<Id>>>,
    /// What was acknowledged.
    done: Mutex<Vec<(&'static str, Done)>>,
}

struct Writer {
    engine: Engine,
    actor: Actor,
    town: Arc<Town>,
    chance: u64,
}

impl Writer {
    fn new(world: &World, town: &Arc<Town>, seed: u64) -> Self {
        let chance = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self { engine: world.engine.clone(), actor: world.actor.clone(), town: Arc::clone(town), chance }
    }

    /// One thing by chance, around an account or a room. Whatever comes of it, it is not that the database gave up or
    /// that something broke.
    async fn act(&mut self, around: &str) {
        let result = match (around, self.below(16)) {
            ("account", 0..4) => self.create_deal().await,
            ("account", 4 | 5) => self.change_deal().await,
            ("account", 6) => self.delete("deal").await,
            ("account", 7) => self.several().await,
            ("account", 8 | 9) => self.create_memo().await,
            ("account", 10) => self.change_memo().await,
            ("account", 11) => self.delete("memo").await,
            ("account", 12) => self.rarely_purge(["memo", "account"]).await,
            ("account", 13) => self.upsert().await,
            ("account", 14) => self.delete("account").await,
            ("account", _) => self.restore("account").await,
            (_, 0..5) => self.create_seat().await,
            (_, 5) => self.change_seat().await,
            (_, 6..11) => self.visit().await,
            (_, 11) => self.delete("visit").await,
            (_, 12) => self.badge().await,
            (_, 13) => self.delete("seat").await,
            (_, 14) => self.delete("room").await,
            (_, _) => self.restore("room").await,
        };
        if let Err(refusal) = result {
            let expected = [Kind::NotFound, Kind::Conflict, Kind::Invalid, Kind::Stale];
            assert!(expected.contains(&refusal.kind), "{refusal:?}");
        }
    }

    async fn create_deal(&mut self) -> Result<(), Refusal> {
        let body = json!({"account": self.one("account"), "amount": self.below(50)});
        self.create("deal", body).await
    }

    async fn change_deal(&mut self) -> Result<(), Refusal> {
        let body = match self.below(3) {
            0 => json!({"amount": self.below(50)}),
            1 => json!({"account": null}),
            _ => json!({"account": self.one("account"), "amount": self.below(50)}),
        };
        self.update("deal", body).await
    }

    async fn create_memo(&mut self) -> Result<(), Refusal> {
        let body = json!({"account": self.one("account"), "label": format!("memo {}", self.below(300))});
        self.create("memo", body).await
    }

    async fn change_memo(&mut self) -> Result<(), Refusal> {
        let body = json!({"account": self.one("account"), "label": format!("memo {}", self.below(300))});
        self.update("memo", body).await
    }

    async fn create_seat(&mut self) -> Result<(), Refusal> {
        let body = json!({"room": self.one("room"), "weight": self.below(50)});
        self.create("seat", body).await
    }

    async fn change_seat(&mut self) -> Result<(), Refusal> {
        let body = json!({"room": self.one("room"), "weight": self.below(50)});
        self.update("seat", body).await
    }

    async fn visit(&mut self) -> Result<(), Refusal> {
        let body = json!({"room": self.one("room")});
        self.create("visit", body).await
    }

    async fn badge(&mut self) -> Result<(), Refusal> {
        let body = json!({"seat": self.one("seat")});
        self.create("badge", body).await
    }

    /// Several deals in one transaction, their accounts in any order.
    async fn several(&mut self) -> Result<(), Refusal> {
        let entity = self.entity("deal");
        let mut commands = Vec::new();
        for _ in 0..2 + self.below(4) {
            let body = json!({"account": self.one("account"), "amount": self.below(50)});
            let input = self.input("deal", &body)?;
            commands.push(match (self.below(3), self.known("deal")) {
                (1, Some(id)) => Command::Update { entity, id, input, version: None },
                (2, Some(id)) => Command::Delete { entity, id, version: None },
                _ => Command::Create { entity, input },
            });
        }
        let done =
            self.engine.commands(&self.actor, commands, Mode::Live, None).await.map_err(|failed| failed.refusal)?;
        done.into_iter().for_each(|done| self.note("deal", done));
        Ok(())
    }

    async fn upsert(&mut self) -> Result<(), Refusal> {
        let code = format!("K{}", self.below(6));
        let body = json!({"code": code, "name": format!("{}", self.below(1_000))});
        let input = self.input("account", &body)?;
        let entity = self.entity("account");
        let (key, _) = self.engine.live().model[entity].field("code").unwrap();
        self.run("account", Command::Upsert { entity, key, input, expected: Expected::Anything }).await.inspect_err(
            |refusal| {
                assert_ne!(refusal.code, "unique", "an upsert that lost a race changes what the other made");
            },
        )
    }

    async fn create(&mut self, name: &'static str, body: Json) -> Result<(), Refusal> {
        let (entity, input) = (self.entity(name), self.input(name, &body)?);
        self.run(name, Command::Create { entity, input }).await
    }

    async fn update(&mut self, name: &'static str, body: Json) -> Result<(), Refusal> {
        let (entity, input) = (self.entity(name), self.input(name, &body)?);
        let Some(id) = self.known(name) else { return Ok(()) };
        self.run(name, Command::Update { entity, id, input, version: None }).await
    }

    async fn delete(&mut self, name: &'static str) -> Result<(), Refusal> {
        let entity = self.entity(name);
        let Some(id) = self.known(name) else { return Ok(()) };
        self.run(name, Command::Delete { entity, id, version: None }).await
    }

    async fn restore(&mut self, name: &'static str) -> Result<(), Refusal> {
        let entity = self.entity(name);
        let Some(id) = self.known(name) else { return Ok(()) };
        self.run(name, Command::Restore { entity, id, version: None }).await
    }

    async fn purge(&mut self, name: &'static str) -> Result<(), Refusal> {
        let entity = self.entity(name);
        let Some(id) = self.known(name) else { return Ok(()) };
        self.run(name, Command::Purge { entity, id, version: None }).await
    }

    async fn rarely_purge(&mut self, names: [&'static str; 2]) -> Result<(), Refusal> {
        let name = names[self.below(4) / 3];
        self.purge(name).await
    }

    async fn run(&self, name: &'static str, command: Command) -> Result<(), Refusal> {
        let answer = self.engine.command(&self.actor, command, Mode::Live, None).await?;
        self.note(name, answer.done);
        Ok(())
    }

    fn note(&self, name: &'static str, done: Done) {
        if done.effect == Effect::Created {
            self.town.made.lock().unwrap().entry(name).or_default().push(done.id);
        }
        self.town.done.lock().unwrap().push((name, done));
    }

    fn entity(&self, name: &str) -> EntityId {
        self.engine.live().model.entity(name).unwrap().0
    }

    fn input(&self, name: &str, body: &Json) -> Result<fichero_engine::input::Input, Refusal> {
        codec::input(&self.engine.live().model, self.entity(name), body)
    }

    /// One of the records made last, mostly the very last.
    fn known(&mut self, name: &str) -> Option<Id> {
        let chance = [0, 0, 0, 1, 2, 4][self.below(6)];
        let made = self.town.made.lock().unwrap();
        let made = made.get(name)?;
        Some(made[made.len().saturating_sub(1 + chance)])
    }

    fn one(&mut self, name: &str) -> Json {
        self.known(name).map_or(Json::Null, |id| json!(id.to_string()))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) as usize % limit
    }
}

// ---- What came of it -------------------------------------------------------------------------------------------------

/// All records, by entity.
struct Outcome {
    living: BTreeMap<&'static str, Vec<Json>>,
    trashed: BTreeMap<&'static str, Vec<Json>>,
}

impl Outcome {
    async fn read(world: &World) -> Self {
        let mut outcome = Self { living: BTreeMap::new(), trashed: BTreeMap::new() };
        for name in ["account", "deal", "memo", "room", "seat", "visit", "badge"] {
            outcome.living.insert(name, records(world, name, false).await);
            outcome.trashed.insert(name, records(world, name, true).await);
        }
        outcome
    }

    async fn check(&self, world: &World, town: &Town) {
        for (child, by, parent) in [
            ("deal", "account", "account"),
            ("memo", "account", "account"),
            ("seat", "room", "room"),
            ("visit", "room", "room"),
            ("badge", "seat", "seat"),
        ] {
            let parents: BTreeSet<&str> = self.living[parent].iter().map(|record| text(record, "id")).collect();
            for record in &self.living[child] {
                let to = record[by].as_str();
                assert!(to.is_none_or(|to| parents.contains(to)), "a {child} without its {parent}: {record}");
            }
        }
        for account in &self.living["account"] {
            let (deals, memos) = (self.children("deal", "account", account), self.children("memo", "account", account));
            assert_eq!(account["deal_count"], deals.len(), "{account}");
            assert_eq!(account["total"], amounts(&deals, "amount").sum::<i64>(), "{account}");
            assert_eq!(account["biggest"].as_i64(), amounts(&deals, "amount").max(), "{account}");
            assert_eq!(account["memo_count"], memos.len(), "{account}");
        }
        for room in &self.living["room"] {
            let (seats, visits) = (self.children("seat", "room", room), self.children("visit", "room", room));
            assert!(seats.len() <= 2, "{room}: {seats:?}");
            assert!(visits.len() <= 2, "{room}: {visits:?}");
            assert_eq!(room["seat_count"], seats.len(), "{room}");
            assert_eq!(room["weight"].as_i64(), amounts(&seats, "weight").max(), "{room}");
            assert_eq!(room["visit_count"], visits.len(), "{room}");
        }
        for (name, field) in [("memo", "label"), ("account", "code")] {
            let values: Vec<&str> = self.living[name].iter().filter_map(|record| record[field].as_str()).collect();
            assert_eq!(values.iter().collect::<BTreeSet<_>>().len(), values.len(), "{name}.{field}: {values:?}");
        }
        let deals = self.living["deal"].iter().chain(&self.trashed["deal"]);
        let mut numbers: Vec<i64> = deals.map(|deal| text(deal, "number").parse().unwrap()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, Vec::from_iter(1..=numbers.len() as i64), "no number is missing or given twice");
        self.check_log(world, town).await;
    }

    /// Each version of each record is in the log once, and what was acknowledged is among them.
    async fn check_log(&self, world: &World, town: &Town) {
        let versions: BTreeMap<Id, i64> = self
            .living
            .values()
            .chain(self.trashed.values())
            .flatten()
            .map(|record| (text(record, "id").parse().unwrap(), record["version"].as_i64().unwrap()))
            .collect();
        let done = town.done.lock().unwrap().clone();
        let ids: BTreeSet<Id> = versions.keys().copied().chain(done.iter().map(|(_, done)| done.id)).collect();
        let logs: BTreeMap<Id, Vec<(i64, bool)>> = world
            .engine
            .read(move |_, _, tx| {
                let mut logs = BTreeMap::new();
                for id in &ids {
                    let log = change::history(tx, *id, None, 10_000)?;
                    logs.insert(*id, log.iter().map(|entry| (entry.revision, &*entry.action == "purge")).collect());
                }
                Ok(logs)
            })
            .await
            .unwrap();
        for (id, version) in &versions {
            let mut revisions: Vec<i64> = logs[id].iter().map(|(revision, _)| *revision).collect();
            revisions.sort_unstable();
            assert_eq!(revisions, Vec::from_iter(1..=*version), "{id}");
        }
        for (name, done) in &done {
            let log = &logs[&done.id];
            assert!(log.iter().any(|(revision, _)| *revision == done.version), "{name} {done:?}: {log:?}");
            let is_there = versions.contains_key(&done.id);
            assert!(is_there || log.iter().any(|(_, purged)| *purged), "{name} {done:?} is lost");
            assert!(!(is_there && done.effect == Effect::Purged), "{name} {done:?} is still there");
        }
        let made = done.iter().filter(|(name, done)| *name == "deal" && done.effect == Effect::Created).count();
        assert_eq!(made, self.living["deal"].len() + self.trashed["deal"].len(), "no deal but those acknowledged");
    }

    fn children(&self, name: &str, by: &str, parent: &Json) -> Vec<&Json> {
        self.living[name].iter().filter(|record| record[by] == parent["id"]).collect()
    }
}

async fn records(world: &World, name: &str, trash: bool) -> Vec<Json> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let request =
            ListRequest { limit: Some(500), cursor, trash, shape: ShapeRequest::default(), ..ListRequest::default() };
        let page = world.engine.list(&world.actor, world.entity(name), &request).await.unwrap();
        all.extend(page.items.iter().map(Written::json));
        cursor = page.next;
        if cursor.is_none() {
            return all;
        }
    }
}

fn amounts<'r>(records: &'r [&Json], field: &'r str) -> impl Iterator<Item = i64> + 'r {
    records.iter().filter_map(move |record| record[field].as_i64())
}

fn text<'r>(record: &'r Json, field: &str) -> &'r str {
    record[field].as_str().unwrap()
}
