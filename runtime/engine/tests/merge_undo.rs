//! A merge that is taken back leaves everything as it was, on both databases: random records of entities that refer to each
//! other in every way there is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::collections::BTreeMap;

use fichero_engine::command::Command;
use fichero_engine::read::list::{ListRequest, ShapeRequest};
use fichero_engine::record::merge;
use fichero_model::FieldId;
use fichero_model::label::Locale;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};
use world::{World, id, on_each};

/// How many worlds of records are tried on each database.
const ROUNDS: usize = 16;

/// References to one, to many, to one of several entities, through rows of another; of the entity to itself; of lines, and
/// to records that refer in their turn.
const TOWN: &str = r#"
type: place
of: group
fields: {street: text, city: text}
formula: 'join([street, city], ", ")'
---
entity: account
title: name
fields:
  name: {type: text, required: true}
  code: {type: text, unique: true}
  phone: text
  worth: money
  kinds: {type: choice, many: true, options: [big, small, far]}
  home: {type: place}
  parent: {type: ref, to: account}
  friends: {type: ref, to: account, many: true}
  tags: {type: ref, to: tag, many: true}
  people: {type: ref, to: person, many: true, through: role}
  items: {type: lines, of: item, by: account}
  deals: {type: children, of: deal, by: account}
  total: {type: integer, rollup: sum(deals.price)}
  weight: {type: integer, rollup: sum(items.weight)}
---
entity: item
title: what
fields:
  account: {type: ref, to: account, required: true, on_delete: cascade}
  what: text
  weight: integer
  from: {type: ref, to: account}
---
entity: deal
title: name
fields:
  name: {type: text, required: true}
  price: integer
  account: {type: ref, to: account, required: true, on_delete: restrict}
  partners: {type: ref, to: account, many: true}
  about: {type: ref, to: [account, person]}
  contact: {type: ref, to: person}
  account_name: {type: text, compute: account.name}
  parts: {type: lines, of: part}
---
entity: part
title: what
fields:
  deal: {type: ref, to: deal, required: true, on_delete: cascade}
  what: text
  maker: {type: ref, to: account}
---
entity: person
title: name
fields:
  name: {type: text, required: true}
  employer: {type: ref, to: account}
---
entity: role
title: what
fields:
  account: {type: ref, to: account, required: true, on_delete: cascade}
  person: {type: ref, to: person, required: true, on_delete: cascade}
  what: text
---
entity: tag
title: name
fields: {name: text}
"#;

/// Choices, taken one after another.
struct Chance(std::vec::IntoIter<u32>);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0.next().expect("there are as many choices as a round takes") as usize % most
    }

    fn often(&mut self) -> bool {
        self.below(3) > 0
    }

    fn one<'a>(&mut self, of: &'a [String]) -> &'a String {
        &of[self.below(of.len())]
    }

    fn maybe(&mut self, of: &[String]) -> Json {
        if self.often() { json!(self.one(of)) } else { Json::Null }
    }

    fn some(&mut self, of: &[String]) -> Json {
        json!(of.iter().filter(|_| self.below(2) == 0).collect::<Vec<_>>())
    }

    fn text(&mut self) -> Json {
        [json!("one"), json!("two"), Json::Null][self.below(3)].clone()
    }
}

/// The accounts of a town with all that refers to them, some of it in the trash.
async fn town(world: &World, chance: &mut Chance, round: usize) -> Vec<String> {
    let (mut tags, mut people, mut accounts) = (Vec::new(), Vec::new(), Vec::<String>::new());
    for name in ["red", "blue"] {
        tags.push(id(&world.create("tag", json!({"name": name})).await).to_owned());
    }
    for name in ["Ann", "Bob", "Cid"] {
        people.push(id(&world.create("person", json!({"name": name})).await).to_owned());
    }
    for at in 0..4 {
        let kinds = &["big", "far"][..chance.below(3)];
        let mut body = json!({"name": format!("account {at}"), "phone": chance.text(), "tags": chance.some(&tags),
            "people": chance.some(&people), "home_city": chance.text(), "home_street": chance.text(),
            "kinds": kinds});
        if chance.often() {
            body["worth"] = json!(format!("{}.00", chance.below(100)));
        }
        if chance.below(2) == 0 {
            body["code"] = json!(format!("code {round} {at}"));
        }
        if !accounts.is_empty() {
            body["parent"] = chance.maybe(&accounts);
            body["friends"] = chance.some(&accounts);
            let line = |chance: &mut Chance| json!({"what": "item", "weight": 1 + chance.below(9), "from": chance.maybe(&accounts)});
            body["items"] = json!((0..chance.below(3)).map(|_| line(chance)).collect::<Vec<_>>());
        }
        accounts.push(id(&world.create("account", body).await).to_owned());
    }
    for person in &people {
        world.update("person", person, json!({"employer": chance.maybe(&accounts)})).await;
    }
    for at in 0..6 {
        let about = match chance.below(3) {
            0 => json!(format!("account:{}", chance.one(&accounts))),
            1 => json!(format!("person:{}", chance.one(&people))),
            _ => Json::Null,
        };
        let parts: Vec<Json> =
            (0..chance.below(3)).map(|_| json!({"what": "p", "maker": chance.maybe(&accounts)})).collect();
        let body = json!({"name": format!("deal {at}"), "price": chance.below(50), "account": chance.one(&accounts),
            "partners": chance.some(&accounts), "about": about, "contact": chance.maybe(&people), "parts": parts});
        let deal = world.create("deal", body).await;
        if chance.below(4) == 0 {
            world.delete("deal", id(&deal)).await.unwrap();
        }
    }
    accounts
}

/// All records, living and in the trash, but for what every change leaves behind: versions, and when and by whom.
async fn everything(world: &World) -> BTreeMap<String, Json> {
    let mut all = BTreeMap::new();
    for entity in ["account", "item", "deal", "part", "person", "role", "tag"] {
        for trash in [false, true] {
            let expand = match entity {
                "account" => vec!["items".to_owned()],
                "deal" => vec!["parts".to_owned()],
                _ => Vec::new(),
            };
            let shape = ShapeRequest { fields: Vec::new(), expand };
            let mut request = ListRequest { limit: Some(200), trash, shape, ..ListRequest::default() };
            loop {
                let page = world.engine.list(&world.actor, world.entity(entity), &request).await.unwrap();
                for item in &page.items {
                    let mut record = item.json();
                    let key = format!("{entity} {} {}", if trash { "trashed" } else { "living" }, id(&record));
                    still(&mut record);
                    all.insert(key, record);
                }
                match page.next {
                    Some(next) => request.cursor = Some(next),
                    None => break,
                }
            }
        }
    }
    all
}

/// Leaves out what every change leaves behind, and what is computed from another record, for it follows that one with each
/// save; what is a set is sorted.
fn still(record: &mut Json) {
    for (name, value) in record.as_object_mut().unwrap() {
        match value {
            Json::Array(items) if name == "items" || name == "parts" => items.iter_mut().for_each(still),
            Json::Array(items) => items.sort_by_key(ToString::to_string),
            _ => {}
        }
    }
    let left = ["version", "updated_at", "updated_by", "deleted_at", "account_name"];
    record.as_object_mut().unwrap().retain(|name, _| !left.contains(&name.as_str()));
}

#[test]
fn a_merge_that_is_taken_back_leaves_everything_as_it_was() {
    on_each(TOWN, async |world| {
        let mut runner = TestRunner::deterministic();
        for round in 0..ROUNDS {
            let choices = vec(any::<u32>(), 400).new_tree(&mut runner).unwrap().current();
            let chance = &mut Chance(choices.clone().into_iter());
            let mut accounts = town(world, chance, round).await;
            let account = world.entity("account");
            let mut before = vec![everything(world).await];
            let mut merges = Vec::new();
            for _ in 0..=chance.below(3) {
                let gone = accounts.remove(chance.below(accounts.len()));
                let into = chance.one(&accounts).clone();
                let fields =
                    world.engine.live().model[account].all_fields().map(|(id, _)| id).collect::<Vec<FieldId>>();
                let mut can = Vec::new();
                for field in fields {
                    let is_offered = merge::can_be_taken(&world.engine.live().model[account][field]);
                    can.extend((is_offered && chance.below(2) == 0).then_some(field));
                }
                let take = chance.often().then_some(can);
                let [id, into] = [&gone, &into].map(|id| id.parse().unwrap());
                let command = Command::Merge { entity: account, id, into, take, versions: [None, None] };
                let merged = world.run(command).await;
                merged.unwrap_or_else(|refusal| panic!("round {round}: {}", refusal.to_text(Locale::EN)));
                before.push(everything(world).await);
                merges.push(gone);
            }
            before.pop();
            while let (Some(gone), Some(was)) = (merges.pop(), before.pop()) {
                let restored = world.restore("account", &gone).await;
                restored.unwrap_or_else(|refusal| panic!("round {round}: {}", refusal.to_text(Locale::EN)));
                let now = everything(world).await;
                let differ = was.keys().chain(now.keys()).filter(|key| was.get(*key) != now.get(*key));
                let differ: Vec<_> = differ.map(|key| (key, was.get(key), now.get(key))).collect();
                assert!(differ.is_empty(), "round {round}, {gone} back: {differ:#?}");
            }
        }
    });
}
