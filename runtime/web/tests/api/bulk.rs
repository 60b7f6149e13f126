//! Many commands in one request, and records by their keys.

use serde_json::json;

use crate::world::{World, on_each};

#[test]
fn the_one_that_failed_is_named() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let body = json!({"create": [{"name": "A"}, {"name": ""}], "atomic": true});
        let failed = boss.ask("POST", "/api/box/bulk", body).await;
        assert_eq!((failed.status, failed.json["index"].as_u64()), (422, Some(1)));
        assert_eq!(failed.errors(), ["[1].name: required"]);
        let body =
            json!({"create": [{"name": "A"}], "delete": ["00000000-0000-0000-0000-000000000001"], "atomic": true});
        let failed = boss.ask("POST", "/api/box/bulk", body).await;
        assert_eq!((failed.status, failed.json["index"].as_u64()), (404, Some(1)));
        for (body, place) in [
            (json!({"create": [{"name": "A"}, 5]}), "create[1]"),
            (json!({"update": [{"name": "A"}]}), "update[0]"),
            (json!({"delete": [7]}), "delete[0]"),
        ] {
            let failed = boss.ask("POST", "/api/box/bulk", body).await;
            assert!(failed.status == 400 && failed.text("detail").starts_with(place), "{}", failed.json);
        }
        assert_eq!(boss.ask("POST", "/api/box/bulk", json!({"atomic": 1})).await.status, 400);
        assert_eq!(boss.ask("POST", "/api/box/bulk", json!({"create": {}})).await.status, 400);
        assert_eq!(boss.get("/api/box?count=true").await.json["count"], 0);
    });
}

#[test]
fn records_are_put_by_keys_of_every_type() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let made = boss.ask("PUT", "/api/thing/by/code/5", json!({"name": "A"})).await;
        assert_eq!((made.status, made.json["code"].as_i64()), (201, Some(5)), "{}", made.json);
        let changed = boss.ask("PUT", "/api/thing/by/code/5", json!({"name": "B", "code": 5})).await;
        assert_eq!((changed.status, changed.text("id")), (200, made.text("id")));
        let other = boss.ask("PUT", "/api/thing/by/code/5", json!({"name": "B", "code": 6})).await;
        assert_eq!((other.status, other.errors()), (422, vec!["code: other_key".to_owned()]));
        assert_eq!(boss.ask("PUT", "/api/thing/by/sku/a%2Fb", json!({"name": "C"})).await.json["sku"], "a/b");
        let long = boss.ask("PUT", &format!("/api/thing/by/sku/{}", "x".repeat(5_000)), json!({"name": "C"})).await;
        assert_eq!((long.status, long.errors()), (422, vec!["sku: too_long".to_owned()]));
        for (path, status) in [("code/x", 400), ("name/A", 400), ("extra/A", 400), ("colors/red", 400), ("none/A", 400)]
        {
            let answer = boss.ask("PUT", &format!("/api/thing/by/{path}"), json!({"name": "C"})).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.json);
        }
    });
}
