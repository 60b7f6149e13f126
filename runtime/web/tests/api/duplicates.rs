//! Likely duplicates: what is told, what is refused.

use serde_json::json;

use crate::world::{World, on_each};

#[test]
fn a_likely_duplicate_is_made_and_told_of_or_refused() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let first = boss.create("client", json!({"name": "Acme Bolts", "town": "Vigo"})).await;
        let second = boss.post("/api/client", json!({"name": "Acme Bolt", "town": "Lugo"})).await;
        assert_eq!(
            (second.status, second.header("link")),
            (201, &*format!("</api/client/{first}>; rel=\"duplicate\""))
        );
        let refused = boss.ask("POST", "/api/client", json!({"name": "acme bolts", "town": "VIGO"})).await;
        assert_eq!((refused.status, refused.text("code").as_str()), (409, "duplicate"));
        assert_eq!(refused.errors(), ["name: duplicate", "town: duplicate"]);
        assert_eq!(refused.json["records"], json!([{"entity": "client", "id": first, "title": "Acme Bolts"}]));
        let other = boss.post("/api/client", json!({"name": "Zenith", "town": "Vigo"})).await;
        assert_eq!(other.header("link"), "");
    });
}
