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

#[test]
fn the_last_administrator_stays_one() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let id = boss.get("/api/user?login=boss").await.json["items"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/api/user/{id}");
        for (body, errors) in [
            (json!({"admin": false}), vec!["admin: last_administrator"]),
            (json!({"active": false}), vec!["active: last_administrator"]),
        ] {
            let refused = boss.ask("PATCH", &path, body).await;
            assert_eq!((refused.status, refused.errors()), (422, errors.into_iter().map(str::to_owned).collect()));
        }
        for way in ["", "?purge=true"] {
            let refused = boss.ask_with("DELETE", &format!("{path}{way}"), &[], "").await;
            assert_eq!((refused.status, refused.text("code")), (409, "last_administrator".to_owned()));
        }
        let bulk = boss.post("/api/user/bulk", json!({"update": [{"id": id, "admin": false}]})).await;
        assert_eq!(bulk.json["results"][0]["status"], 422, "{}", bulk.json);
        let system = fichero_engine::Actor::system(fichero_engine::Via::Test);
        let person = fichero_engine::account::Person { login: "boss".to_owned(), name: "x".to_owned(), admin: false };
        assert!(world.engine.add_person(&system, person, None).await.is_err());
        // One who cannot log in is no help; another who can is.
        let other = world.program("bea", true).await;
        let bea = boss.get("/api/user?login=bea").await.json["items"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(boss.ask("PATCH", &format!("/api/user/{bea}"), json!({"active": false})).await.status, 200);
        assert_eq!(boss.ask("PATCH", &path, json!({"admin": false})).await.status, 422);
        assert_eq!(boss.ask("PATCH", &format!("/api/user/{bea}"), json!({"active": true})).await.status, 200);
        assert_eq!(boss.ask("PATCH", &path, json!({"admin": false})).await.status, 200);
        assert_eq!(other.get("/api/user").await.status, 200);
    });
}

#[test]
fn a_log_in_is_one_whatever_its_capitals() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let josé = world.program("josé", false).await;
        let system = fichero_engine::Actor::system(fichero_engine::Via::Test);
        let add = async |login: &str| {
            let person =
                fichero_engine::account::Person { login: login.to_owned(), name: "J".to_owned(), admin: false };
            world.engine.add_person(&system, person, Some("correct horse battery")).await
        };
        add("JOSÉ").await.unwrap();
        add("Jose").await.unwrap();
        assert_eq!(boss.get("/api/user?count=true").await.json["count"], 2);
        assert!(world.engine.login("JOSE", "correct horse battery").await.is_ok());
        // Who is kept from logging in, and added again, begins without the tokens they had.
        assert_eq!(josé.get("/api/box").await.status, 200);
        let id = world.engine.user_by_login("jose").await.unwrap().id;
        boss.ask("PATCH", &format!("/api/user/{id}"), json!({"active": false})).await;
        add("jose").await.unwrap();
        assert_eq!(josé.get("/api/box").await.status, 401);
    });
}
