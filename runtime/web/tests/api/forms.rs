//! Lines, and what follows from a draft.

use serde_json::json;

use crate::world::{World, on_each};

#[test]
fn a_line_given_twice_is_refused() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let made = boss.post("/api/thing", json!({"name": "A", "parts": [{"name": "p", "cost": "10"}]})).await;
        let (path, line) = (format!("/api/thing/{}", made.text("id")), made.json["parts"][0]["id"].clone());
        let twice = json!({"parts": [{"id": line, "cost": "1"}, {"id": line, "cost": "2"}]});
        let refused = boss.ask("PATCH", &path, twice).await;
        assert_eq!((refused.status, refused.errors()), (422, vec!["parts[1]: repeated_line".to_owned()]));
        assert_eq!(boss.get(&path).await.json["total"], "10.00");
        for (lines, error) in [
            (json!([5]), "parts[0]: not_object"),
            (json!([{"name": "p"}, {"id": 5}]), "parts[1].id: not_reference"),
            (json!([{"id": "00000000-0000-0000-0000-000000000001"}]), "parts[0]: unknown_line"),
        ] {
            let refused = boss.ask("PATCH", &path, json!({"parts": lines})).await;
            assert_eq!((refused.status, refused.errors()), (422, vec![error.to_owned()]));
        }
    });
}

#[test]
fn a_draft_is_derived_with_its_lines() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let nobody = "00000000-0000-0000-0000-000000000001";
        let draft =
            json!({"name": "A", "box": nobody, "parts": [{"name": "p", "cost": "10"}, {"name": "q", "cost": 2.5}, 5]});
        let derived = boss.post("/api/thing/derive", draft).await.json;
        assert_eq!(derived["values"]["total"], "12.50", "{derived}");
        assert_eq!(derived["values"]["parts"][1]["double"], "5.00", "{derived}");
        let told =
            |field: &str| derived["messages"].as_array().unwrap().iter().any(|message| message["field"] == field);
        assert!(told("box") && told("parts[2]"), "{derived}");

        let made = boss.post("/api/thing", json!({"name": "A", "parts": [{"name": "p", "cost": "10"}]})).await;
        let (id, line) = (made.text("id"), made.json["parts"][0]["id"].clone());
        let draft = json!({"id": id, "parts": [{"id": line, "cost": "4"}]});
        let derived = boss.post("/api/thing/derive", draft).await.json;
        assert_eq!(derived["values"]["total"], "4.00", "{derived}");
        assert_eq!(
            (&derived["values"]["parts"][0]["id"], &derived["values"]["parts"][0]["name"]),
            (&line, &json!("p"))
        );
        let derived = boss.post("/api/thing/derive", json!({"id": id, "name": "B"})).await.json;
        assert_eq!(derived["values"]["total"], "10.00", "lines that are not given stay: {derived}");
        assert_eq!(boss.get(&format!("/api/thing/{id}")).await.json["total"], "10.00", "nothing was written");
    });
}

#[test]
fn links_and_lines_are_derived_as_all_fields_are() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let (one, two) =
            (boss.create("box", json!({"name": "1"})).await, boss.create("box", json!({"name": "2"})).await);
        let state = |visible: bool, required: bool, readonly: bool| json!({"visible": visible, "required": required, "readonly": readonly});

        let derived = boss.post("/api/thing/derive", json!({"name": "Bare"})).await.json;
        assert_eq!(derived["fields"]["boxes"], state(false, false, false), "{derived}");
        assert_eq!(derived["fields"]["parts"], state(false, false, false), "{derived}");
        assert_eq!((&derived["values"]["boxes"], &derived["values"]["parts"]), (&json!([]), &json!([])), "{derived}");

        let draft = json!({"name": "A", "code": 7, "boxes": [two, one]});
        let derived = boss.post("/api/thing/derive", draft).await.json;
        assert_eq!(derived["fields"]["boxes"], state(true, true, false), "{derived}");
        assert_eq!(derived["values"]["boxes"], json!([two, one]), "{derived}");

        let parts = json!([{"name": "p", "cost": "10"}, {"name": "q"}]);
        let made = json!({"name": "A", "code": 1, "boxes": [one], "parts": parts});
        let id = boss.create("thing", made).await;
        let derived = boss.post("/api/thing/derive", json!({"id": id, "sku": "fixed"})).await.json;
        assert_eq!(derived["fields"]["boxes"], state(true, false, true), "{derived}");
        assert_eq!(derived["fields"]["parts"], state(true, false, false), "{derived}");
        assert_eq!(derived["values"]["boxes"], json!([one]), "{derived}");
        let stored = boss.get(&format!("/api/thing/{id}")).await.json;
        for (at, part) in stored["parts"].as_array().unwrap().iter().enumerate() {
            let shown = &derived["values"]["parts"][at];
            for name in ["id", "name", "cost", "cost_currency", "double"] {
                assert_eq!(shown[name], part[name], "{name} in {derived}");
            }
        }
    });
}
