//! Lines of what is only added: they are kept with it, by whatever way somebody comes to them. On both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use fichero_engine::value::json as codec;
use fichero_engine::{Command, Mode};
use serde_json::{Value as Json, json};
use world::{World, codes, id, on_each};

const PAPERS: &str = r#"
entity: paper
append_only: true
fields:
  name: text
  items: {type: lines, of: paper_item}
  total: {type: integer, rollup: sum(items.size)}
---
entity: paper_item
title: text
fields:
  paper: {type: ref, to: paper, required: true, on_delete: cascade}
  code: {type: text, external: true}
  text: text
  size: integer
---
entity: folder
fields:
  name: text
  notes: {type: lines, of: note, append_only: true}
---
entity: note
title: text
fields:
  folder: {type: ref, to: folder, required: true, on_delete: cascade}
  text: text
  parts: {type: lines, of: part}
---
entity: part
title: text
fields:
  note: {type: ref, to: note, required: true, on_delete: cascade}
  text: text
"#;

async fn folder(world: &World) -> Json {
    let notes = json!([{"text": "First", "parts": [{"text": "One"}, {"text": "Two"}]}]);
    let made = world.create("folder", json!({"name": "Letters", "notes": notes})).await;
    world.get_expanded("folder", id(&made), &["notes"]).await
}

/// The parts of a note in their order.
async fn parts(world: &World, note: &str) -> Json {
    world.get_expanded("note", note, &["parts"]).await["parts"].clone()
}

#[test]
fn lines_of_what_is_only_added_are_kept_by_themselves_too() {
    on_each(PAPERS, async |world| {
        let items = json!([{"text": "Rent", "code": "r", "size": 1}]);
        let paper = world.create("paper", json!({"name": "Lease", "items": items})).await;
        let item = world.get_expanded("paper", id(&paper), &["items"]).await["items"][0].clone();
        assert_eq!(codes(world.try_update("paper_item", id(&item), json!({"text": "Hire"})).await), ["append_only"]);
        assert_eq!(codes(world.delete("paper_item", id(&item)).await), ["append_only"]);
        assert_eq!(codes(world.purge("paper_item", id(&item)).await), ["append_only"]);
        // Another line would change the paper as much.
        let heat = json!({"paper": id(&paper), "text": "Heat", "size": 2});
        assert_eq!(codes(world.try_create("paper_item", heat.clone()).await), ["append_only"]);
        let like = world.reference("paper_item", id(&item));
        let command = Command::Clone { entity: like.entity, id: like.id, input: Default::default() };
        assert_eq!(codes(world.engine.command(&world.actor, command, Mode::Live, None).await), ["append_only"]);
        assert_eq!(world.get("paper", id(&paper)).await["total"], 1);
        // What is brought in comes record by record.
        let input = codec::input(&world.engine.live().model, like.entity, &heat).unwrap();
        let command = Command::Create { entity: like.entity, input };
        world.engine.command(&world.actor, command, Mode::Load, None).await.unwrap();
        assert_eq!(world.get("paper", id(&paper)).await["total"], 3);
    });
}

#[test]
fn lines_of_lines_that_only_grow_are_kept_by_themselves_too() {
    on_each(PAPERS, async |world| {
        let folder = folder(world).await;
        let note = id(&folder["notes"][0]);
        let part = parts(world, note).await[0].clone();
        assert_eq!(codes(world.try_update("part", id(&part), json!({"text": "Other"})).await), ["append_only"]);
        assert_eq!(codes(world.delete("part", id(&part)).await), ["append_only"]);
        let more = json!({"note": note, "text": "Three"});
        assert_eq!(codes(world.try_create("part", more).await), ["append_only"]);
        // As through what they belong to.
        let grown = json!({"notes": [{"id": note, "parts": [{"id": part["id"]}, {"text": "Three"}]}]});
        let refused = codes(world.try_update("folder", id(&folder), grown).await);
        assert_eq!(refused, ["notes[0].parts: append_only"]);
        // The folder grows, by either way.
        let second = json!({"notes": [{"id": note}, {"text": "Second", "parts": [{"text": "Last"}]}]});
        world.update("folder", id(&folder), second).await;
        let third = json!({"folder": id(&folder), "text": "Third", "parts": [{"text": "Least"}]});
        world.create("note", third).await;
        let stored = world.get_expanded("folder", id(&folder), &["notes"]).await;
        assert_eq!(stored["notes"].as_array().unwrap().len(), 3);
        world.delete("folder", id(&folder)).await.unwrap();
    });
}

const VISITS: &str = r#"
entity: person
fields: {name: text}
---
entity: patient
fields:
  name: text
  fee: {type: integer, default: 2}
  visits: {type: lines, of: visit, append_only: true}
  cost: {type: integer, rollup: sum(visits.cost)}
---
entity: visit
title: text
fields:
  patient: {type: ref, to: patient, required: true, on_delete: cascade}
  text: text
  hours: integer
  cost: {type: integer, compute: hours * patient.fee}
  seen_by: {type: ref, to: person, many: true, on_delete: restrict}
  touched: datetime
  tests: {type: lines, of: sample}
rules:
  stamp: {on: save, set: {touched: '=now()'}}
  short: {on: save, if: hours > 8 or patient.name == "Closed", reject: A visit is short}
---
entity: sample
title: text
fields:
  visit: {type: ref, to: visit, required: true, on_delete: cascade}
  text: text
  touched: datetime
rules:
  stamp: {on: save, set: {touched: '=now()'}}
"#;

async fn patient(world: &World) -> Json {
    let ana = world.create("person", json!({"name": "Ana"})).await;
    let tests = json!([{"text": "Blood"}, {"text": "Urine"}]);
    let visits = json!([{"text": "First", "hours": 1, "seen_by": [id(&ana)], "tests": tests}]);
    let patient = world.create("patient", json!({"name": "Pia", "visits": visits})).await;
    world.clock.advance_to("2026-03-05T09:00:00Z".parse().unwrap());
    world.get_expanded("patient", id(&patient), &["visits"]).await
}

#[test]
fn what_rules_set_is_no_change_of_a_line_that_stays() {
    on_each(VISITS, async |world| {
        let patient = patient(world).await;
        let first = patient["visits"][0].clone();
        let samples = world.get_expanded("visit", id(&first), &["tests"]).await["tests"].clone();
        let seen_by = world.get("visit", id(&first)).await["seen_by"].clone();
        // As it was read, with all it holds.
        let given = json!({
            "id": first["id"], "text": "First", "hours": 1, "cost": 2, "touched": first["touched"],
            "seen_by": seen_by, "tests": [{"id": samples[0]["id"], "text": "Blood"}, {"id": samples[1]["id"]}],
        });
        for (index, first) in [json!({"id": first["id"]}), given].into_iter().enumerate() {
            let mut visits = vec![first];
            let stored = world.get_expanded("patient", id(&patient), &["visits"]).await["visits"].clone();
            visits.extend(stored.as_array().unwrap()[1..].iter().map(|visit| json!({"id": visit["id"]})));
            visits.push(json!({"text": "Next", "hours": 3}));
            let grown = world.update("patient", id(&patient), json!({"visits": visits})).await;
            assert_eq!(grown["cost"], 2 + 6 * (index + 1));
        }
        let stored = world.get_expanded("patient", id(&patient), &["visits"]).await["visits"].clone();
        assert_eq!(stored[0], first, "it is as it was");
        assert_eq!(stored[1]["touched"], "2026-03-05T09:00:00Z", "rules are asked about what is new");
        assert_eq!(world.get_expanded("visit", id(&first), &["tests"]).await["tests"], samples);
        // What was never given goes on following, and no rule speaks up against what nobody changes.
        let keep: Vec<Json> =
            stored.as_array().unwrap().iter().map(|visit| json!({"id": visit["id"], "cost": visit["cost"]})).collect();
        let dearer = world.update("patient", id(&patient), json!({"fee": 3, "name": "Closed", "visits": keep})).await;
        assert_eq!(dearer["cost"], 21);
    });
}

#[test]
fn what_a_writer_changes_of_a_line_that_stays_is_told_once() {
    on_each(VISITS, async |world| {
        let patient = patient(world).await;
        let first = patient["visits"][0]["id"].clone();
        let samples = world.get_expanded("visit", first.as_str().unwrap(), &["tests"]).await["tests"].clone();
        let (blood, urine) = (json!({"id": samples[0]["id"]}), json!({"id": samples[1]["id"]}));
        let other = json!({"id": samples[0]["id"], "text": "Other"});
        for (visit, wrong) in [
            (json!({"id": first, "touched": null}), "visits[0].touched: append_only"),
            (json!({"id": first, "hours": 9}), "visits[0].hours: append_only"),
            (json!({"id": first, "cost": 9}), "visits[0].cost: append_only"),
            (json!({"id": first, "seen_by": []}), "visits[0].seen_by: append_only"),
            (json!({"id": first, "tests": [urine, blood]}), "visits[0].tests: append_only"),
            (json!({"id": first, "tests": [blood]}), "visits[0].tests: append_only"),
            (json!({"id": first, "tests": [blood, urine, {"text": "New"}]}), "visits[0].tests: append_only"),
            (json!({"id": first, "tests": [other, urine]}), "visits[0].tests[0].text: append_only"),
            (json!({"id": first, "tests": [blood, blood]}), "visits[0].tests[1]: repeated_line"),
            (json!({"id": first, "hours": "x"}), "visits[0].hours: not_integer"),
        ] {
            let refused = codes(world.try_update("patient", id(&patient), json!({"visits": [visit.clone()]})).await);
            assert_eq!(refused, [wrong], "{visit}");
        }
    });
}

#[test]
fn a_line_that_is_not_there_says_nothing_of_the_others() {
    on_each(VISITS, async |world| {
        let patient = patient(world).await;
        let first = json!({"id": patient["visits"][0]["id"]});
        let unknown = json!({"id": world::nobody()});
        for (visits, wrong) in [
            (json!([unknown]), "visits[0]: unknown_line"),
            (json!([unknown, first]), "visits[0]: unknown_line"),
            (json!([first, first]), "visits[1]: repeated_line"),
        ] {
            let refused = codes(world.try_update("patient", id(&patient), json!({"visits": visits.clone()})).await);
            assert_eq!(refused, [wrong], "{visits}");
        }
    });
}
