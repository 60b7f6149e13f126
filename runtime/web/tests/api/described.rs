//! The description of the interface.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::world::{World, on_each};

fn operations(document: &Json) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            all.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    all
}

#[test]
fn everything_is_described_and_nothing_that_is_always_refused() {
    on_each(async |world: &World| {
        let document = world.admin().await.get("/api/openapi.json").await.json;
        let all = operations(&document);
        for operation in [
            "POST /api/login",
            "POST /api/logout",
            "GET /api/jobs",
            "POST /api/jobs/{id}/retry",
            "GET /api/schema",
            "GET /api/search",
            "GET /api/thing",
            "POST /api/thing",
            "POST /api/thing/query",
            "POST /api/thing/bulk",
            "POST /api/thing/import",
            "GET /api/imports/{id}",
            "POST /api/imports/{id}/undo",
            "POST /api/thing/derive",
            "GET /api/thing/aggregate",
            "GET /api/thing/export",
            "PUT /api/thing/by/code/{value}",
            "PUT /api/thing/by/sku/{value}",
            "DELETE /api/thing/{id}",
            "POST /api/thing/{id}/clone",
            "POST /api/thing/{id}/restore",
            "GET /api/thing/{id}/history",
            "POST /api/box/{id}/transition",
            "PATCH /api/user/{id}",
        ] {
            assert!(all.contains(operation), "{operation} is missing");
        }
        let names = |path: &str, method: &str| -> Vec<String> {
            let parameters = document["paths"][path][method]["parameters"].as_array().unwrap();
            parameters.iter().map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
        };
        for name in ["where", "sort", "cursor", "trash", "name", "colors", "price", "created_at"] {
            assert!(names("/api/thing", "get").contains(&name.to_owned()), "{name}");
        }
        assert!(names("/api/thing/aggregate", "get").contains(&"cursor".to_owned()));
        let parameters = document["paths"]["/api/thing/{id}"]["get"]["parameters"].as_array().unwrap();
        let expand = parameters.iter().find(|parameter| parameter["name"] == "expand").unwrap().to_string();
        assert!(expand.contains("created_by|") && !expand.contains("(id|"), "nothing is expanded in itself: {expand}");
        assert!(names("/api/box/{id}/transition", "post").contains(&"If-Match".to_owned()));
        assert!(names("/api/thing/{id}", "delete").contains(&"purge".to_owned()));

        let document = world.program("ana", false).await.get("/api/openapi.json").await.json;
        let all = operations(&document);
        assert!(all.contains("POST /api/thing") && all.contains("GET /api/user"));
        for operation in ["POST /api/user", "PATCH /api/user/{id}", "DELETE /api/user/{id}", "POST /api/user/bulk"] {
            assert!(!all.contains(operation), "{operation} is always refused");
        }
        // Items come with their receipt, and stay with it as they are.
        assert!(all.contains("POST /api/receipt") && all.contains("GET /api/receipt_item/{id}"));
        for path in ["/api/receipt/{id}", "/api/receipt_item", "/api/receipt_item/{id}", "/api/receipt_item/bulk"] {
            for method in ["POST", "PATCH", "DELETE"] {
                let operation = format!("{method} {path}");
                assert!(!all.contains(&operation), "{operation} is always refused");
            }
        }
        assert!(!document["paths"]["/api/thing/{id}"]["delete"]["parameters"].to_string().contains("purge"));
    });
}

#[test]
fn the_model_is_told_with_what_its_author_says() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let schema = boss.get("/api/schema").await.json;
        let entity = |name: &str| {
            let entities = schema["entities"].as_array().unwrap();
            entities.iter().find(|entity| entity["name"] == name).unwrap().clone()
        };
        let fields = entity("thing")["fields"].clone();
        let field = |name: &str| fields.as_array().unwrap().iter().find(|field| field["name"] == name).unwrap().clone();
        let colors = field("colors");
        assert_eq!((&colors["max_items"], &colors["min_items"]), (&json!(4), &Json::Null));
        assert_eq!(colors["options"][0]["help"], json!({"en": "Like blood"}));
        assert_eq!(colors["options"][1]["icon"], "star");
        assert_eq!((&colors["clone"], &field("sku")["clone"]), (&json!(true), &json!(false)));
        assert_eq!(colors["append_only"], false);
        let pipeline = entity("box")["pipelines"][0].clone();
        assert_eq!(pipeline["help"], json!({"en": "A box is open or shut"}));
        let open = &pipeline["stages"][0];
        assert_eq!((&open["help"], &open["next"]), (&json!({"en": "Look into it"}), &json!(["shut"])));
        let way = json!({"to": "shut", "label": {"en": "Shut it"}, "help": null, "require": ["name"]});
        assert_eq!(open["transitions"], json!([way]));
        let document = boss.get("/api/openapi.json").await.json;
        assert_eq!(document["components"]["schemas"]["Thing.Change"]["properties"]["colors"]["maxItems"], 4);
    });
}

/// Every reference leads somewhere, every operation has a name of its own, every link names one.
#[test]
fn the_description_holds_together() {
    on_each(async |world: &World| {
        let document = world.admin().await.get("/api/openapi.json").await.json;
        let mut ids = BTreeSet::new();
        let mut wanted = Vec::new();
        let mut rest = vec![&document];
        while let Some(node) = rest.pop() {
            if let Some(id) = node.get("operationId").filter(|_| node.get("responses").is_some()) {
                assert!(ids.insert(id.to_string()), "{id} stands twice");
            } else if let Some(id) = node.get("operationId") {
                wanted.push(id.clone());
            }
            if let Some(at) = node.get("$ref").and_then(Json::as_str) {
                assert!(document.pointer(at.trim_start_matches('#')).is_some(), "{at} leads nowhere");
            }
            rest.extend(node.as_object().into_iter().flatten().map(|(_, value)| value));
            rest.extend(node.as_array().into_iter().flatten());
        }
        assert!(wanted.iter().all(|id| ids.contains(&id.to_string())), "{wanted:?}");
        let line = &document["components"]["schemas"]["Part.Line"];
        assert_eq!((&line["additionalProperties"], &line["anyOf"][0]["required"]), (&json!(false), &json!(["name"])));
    });
}
