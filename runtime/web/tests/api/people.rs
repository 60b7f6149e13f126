//! People whose rights change while they work.

use serde_json::json;

use crate::world::{World, on_each};

#[test]
fn a_token_is_worth_nothing_as_soon_as_its_holder_is_disabled() {
    on_each(async |world: &World| {
        let (boss, ana) = (world.admin().await, world.program("ana", true).await);
        assert_eq!(ana.get("/api/box").await.status, 200);
        let id = boss.get("/api/user?login=ana").await.json["items"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/api/user/{id}");
        boss.ask("PATCH", &path, json!({"admin": false})).await;
        assert_eq!(ana.ask("PATCH", &path, json!({"name": "Queen"})).await.status, 403);
        boss.ask("PATCH", &path, json!({"active": false})).await;
        assert_eq!(ana.get("/api/box").await.status, 401);
        boss.post("/api/user/bulk", json!({"update": [{"id": id, "active": true}], "atomic": true})).await;
        assert_eq!(ana.get("/api/box").await.status, 200);
    });
}

#[test]
fn a_person_is_added_whole_or_not_at_all() {
    on_each(async |world: &World| {
        world.program("ana", false).await;
        let person = || fichero_engine::account::Person { login: "ana".to_owned(), name: "x".to_owned(), admin: true };
        let system = fichero_engine::Actor::system(fichero_engine::Via::Test);
        for password in ["short", &"x".repeat(2_000)] {
            assert!(world.engine.add_person(&system, person(), Some(password)).await.is_err());
        }
        let boss = world.admin().await;
        assert_eq!(boss.get("/api/user?login=ana").await.json["items"][0]["admin"], false);
    });
}
