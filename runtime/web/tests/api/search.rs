//! The search over all entities.

use serde_json::json;

use crate::world::{World, on_each};

#[test]
fn words_find_records_and_say_where() {
    on_each(async |world: &World| {
        let ana = world.program("ana", false).await;
        let found = ana.get("/api/search?q=ana&entity=user").await;
        assert_eq!(found.status, 200, "{found:?}");
        let hit = &found.json["items"][0];
        assert_eq!(hit["entity"], json!("user"));
        let name = hit["title"].as_str().unwrap();
        assert_eq!(hit["matches"][0]["field"], json!("name"));
        assert_eq!(hit["matches"][0]["text"], json!(name));
        assert_eq!(hit["matches"][0]["hits"], json!([[0, 3]]));
        // Nothing has filled the index of this database yet.
        assert_eq!((&found.json["complete"], &found.json["bounded"]), (&json!(false), &json!(false)));
        for (path, told) in [
            ("/api/search", "letter or a digit"),
            ("/api/search?q=%20-", "letter or a digit"),
            ("/api/search?q=a&entity=nobody", "nobody"),
            ("/api/search?q=a&limit=101", "limit must be 1 to 100"),
            ("/api/search?q=a&cursor=x", "cursor"),
            ("/api/search?q=a&where=x", "where"),
        ] {
            let refused = ana.get(path).await;
            assert_eq!(refused.status, 400, "{path}");
            assert!(refused.json["detail"].as_str().unwrap().contains(told), "{path}: {}", refused.json);
        }
    });
}
