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
