//! Idempotency-Key.

use serde_json::{Value as Json, json};

use crate::world::{Answer, Program, World, on_each};

async fn post(program: &Program, path: &str, key: &str, body: &Json) -> Answer {
    program.ask_with("POST", path, &[("idempotency-key", key)], &body.to_string()).await
}

async fn count(program: &Program) -> u64 {
    program.get("/api/box?count=true").await.json["count"].as_u64().unwrap()
}

#[test]
fn every_post_is_safe_to_repeat() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let (one, other) = (json!({"name": "A"}), json!({"name": "B"}));
        let made = post(&boss, "/api/box", "k", &one).await;
        let again = post(&boss, "/api/box", "k", &one).await;
        assert_eq!((made.status, again.status, &made.json, count(&boss).await), (201, 201, &again.json, 1));
        assert_eq!(post(&boss, "/api/box", "k", &other).await.status, 422);

        let id = made.text("id");
        let clone = format!("/api/box/{id}/clone");
        let copy = post(&boss, &clone, "k", &other).await;
        let again = post(&boss, &clone, "k", &other).await;
        assert_eq!((copy.status, again.status, copy.text("name").as_str()), (201, 201, "B"));
        assert_eq!(copy.text("id"), again.text("id"));
        assert_eq!(boss.ask_with("POST", &clone, &[], "").await.text("name"), "A", "nothing needs to differ");
        assert_eq!(boss.post(&clone, json!({})).await.header("location").len(), "/api/box/".len() + 36);
        assert_eq!(boss.ask("POST", &clone, json!({"colour": 1})).await.errors(), ["colour: unknown_field"]);

        let path = format!("/api/box/{id}/transition");
        let shut = json!({"to": "shut"});
        let version = post(&boss, &path, "k", &shut).await.json["version"].clone();
        boss.post(&path, json!({"to": "open"})).await;
        let again = post(&boss, &path, "k", &shut).await;
        assert_eq!((again.status, again.json["state"].as_str()), (200, Some("open")), "it shows the record of today");
        assert_ne!(again.json["version"], version);
        assert_eq!(post(&boss, &path, "k", &json!({"to": "open"})).await.status, 422);

        let path = format!("/api/box/{id}");
        boss.ask("DELETE", &path, json!(null)).await;
        let restore = format!("{path}/restore");
        assert_eq!(post(&boss, &restore, "k", &json!({})).await.status, 200);
        assert_eq!(post(&boss, &restore, "k", &json!({})).await.status, 200, "and no conflict");
        for wrong in ["", " ", "a\tb", "ключ", &"k".repeat(256)] {
            assert_eq!(post(&boss, "/api/box", wrong, &one).await.status, 400, "{wrong:?}");
        }
        let again = post(&boss, "/api/box", "k \t", &one).await;
        assert_eq!(again.text("id"), id, "blanks around a header are no part of it");
    });
}

#[test]
fn many_commands_are_done_once() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        for atomic in [true, false] {
            let before = count(&boss).await;
            let (status, key) = if atomic { (200, "all") } else { (207, "each") };
            let body = json!({"create": [{"name": "A"}, {"name": "B"}], "atomic": atomic});
            let done = post(&boss, "/api/box/bulk", key, &body).await;
            let again = post(&boss, "/api/box/bulk", key, &body).await;
            assert_eq!((done.status, again.status, &done.json), (status, status, &again.json));
            assert_eq!(count(&boss).await, before + 2);
            let other = json!({"create": [{"name": "C"}, {"name": "D"}, {"name": "E"}], "atomic": atomic});
            assert_eq!(post(&boss, "/api/box/bulk", key, &other).await.status, 422);
            assert_eq!(count(&boss).await, before + 2);
        }
        // What was refused is tried again, and the rest not done twice.
        let body = json!({"create": [{"name": "Y"}], "delete": ["00000000-0000-0000-0000-000000000001"]});
        let before = count(&boss).await;
        for _ in 0..2 {
            let results = post(&boss, "/api/box/bulk", "part", &body).await.json["results"].clone();
            assert_eq!((&results[0]["status"], &results[1]["status"]), (&json!(201), &json!(404)));
        }
        assert_eq!(count(&boss).await, before + 1);
    });
}

#[test]
fn a_key_belongs_to_who_sent_it() {
    on_each(async |world: &World| {
        let (boss, ana) = (world.admin().await, world.program("ana", false).await);
        let body = json!({"name": "A"});
        let one = post(&boss, "/api/box", "k", &body).await.text("id");
        assert_ne!(post(&ana, "/api/box", "k", &body).await.text("id"), one);
    });
}
