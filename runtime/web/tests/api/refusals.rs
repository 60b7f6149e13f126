//! What is refused, and how it is told.

use serde_json::json;

use crate::world::{World, on_each};

#[test]
fn parameters_that_mean_nothing_are_refused_everywhere() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let id = boss.create("box", json!({"name": "A"})).await;
        let one = format!("/api/box/{id}");
        for (method, path) in [
            ("GET", "/api/box?trash=yes".to_owned()),
            ("GET", "/api/box?where=true&where=false".to_owned()),
            ("GET", "/api/box?where=true&_where=false".to_owned()),
            ("GET", "/api/box?nothing=1".to_owned()),
            ("GET", "/api/box?count=maybe".to_owned()),
            ("GET", "/api/box?name=%ff".to_owned()),
            ("GET", "/api/box?name=%00".to_owned()),
            ("GET", "/api/box?where=name%20%3D%3D%20%22%00%22".to_owned()),
            ("GET", format!("{one}?trash=yes")),
            ("GET", format!("{one}?where=true")),
            ("GET", format!("{one}/history?count=true")),
            ("GET", "/api/box/aggregate?sort=name".to_owned()),
            ("GET", "/api/schema?x=1".to_owned()),
            ("GET", "/api/openapi.json?x=1".to_owned()),
            ("POST", "/api/box?x=1".to_owned()),
            ("POST", "/api/box/bulk?atomic=true".to_owned()),
            ("POST", "/api/box/query?where=true".to_owned()),
            ("POST", "/api/box/derive?x=1".to_owned()),
            ("POST", format!("{one}/restore?x=1")),
            ("POST", format!("{one}/transition?to=shut")),
            ("POST", "/api/login?x=1".to_owned()),
            ("PATCH", format!("{one}?x=1")),
            ("PUT", "/api/thing/by/code/5?x=1".to_owned()),
            ("DELETE", format!("{one}?purge=maybe")),
            ("DELETE", format!("{one}?x=1")),
        ] {
            let answer = boss.ask(method, &path, json!({"name": "B"})).await;
            assert_eq!(answer.status, 400, "{method} {path}: {}", answer.json);
        }
        assert_eq!(boss.get("/api/box?limit=-1").await.told(), (400, "limit must be 1 to 500, not -1"));
        assert_eq!(boss.get("/api/box?limit=501").await.told(), (400, "limit must be 1 to 500, not 501"));
        assert_eq!(boss.get("/api/box?trash=yes").await.told(), (400, "trash must be one of only, not yes"));
        assert_eq!(boss.get(&format!("{one}/history?limit=x")).await.status, 400);
        let body = boss.ask("POST", "/api/box/query", json!({"limit": "many"})).await;
        assert_eq!(body.status, 400);
    });
}

#[test]
fn every_refusal_below_api_is_a_problem() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let lost = boss.get("/api/box/a/b/c/d").await;
        assert_eq!(lost.told(), (404, "There is no such address"));
        let spanish = boss.ask_with("GET", "/api", &[("accept-language", "es")], "").await;
        assert_eq!(spanish.told(), (404, "No existe esa dirección"));
        let method = boss.ask("PUT", "/api/box", json!({})).await;
        assert_eq!(method.status, 405);
        assert!(method.header("allow").contains("POST"), "{:?}", method.headers);
        let bad_path = boss.get("/api/%ff").await;
        assert_eq!(bad_path.status, 400);
        let huge = format!("{{\"name\": \"{}\"}}", "x".repeat(5 * 1024 * 1024));
        assert_eq!(boss.ask_with("POST", "/api/box", &[], &huge).await.status, 413);
        let twice = boss.ask_with("POST", "/api/box", &[], r#"{"name": "A", "name": "B"}"#).await;
        assert_eq!((twice.status, twice.text("code")), (400, "bad_json".to_owned()));
        assert!(world.stranger().get("/api/box").await.header("www-authenticate").contains("Bearer"));
    });
}

#[test]
fn nul_is_refused_at_its_field_on_both_databases() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        for (body, field) in [
            (json!({"name": "a\u{0}b"}), "name: nul"),
            (json!({"name": "A", "extra": {"a": ["\u{0}"]}}), "extra: nul"),
            (json!({"name": "A", "extra": {"a\u{0}": 1}}), "extra: nul"),
            (json!({"name": "A", "parts": [{"name": "\u{0}"}]}), "parts[0].name: nul"),
        ] {
            let answer = boss.ask("POST", "/api/thing", body).await;
            assert_eq!((answer.status, answer.errors()[0].as_str()), (422, field));
        }
        let answer = boss.ask("POST", "/api/thing/query", json!({"where": "name == \"\u{0}\""})).await;
        assert_eq!(answer.status, 400);
        assert_eq!(boss.ask("POST", "/api/thing/query", json!({"sku": "\u{0}"})).await.status, 400);
        assert_eq!(boss.ask("PUT", "/api/thing/by/sku/%00", json!({"name": "A"})).await.status, 400);
        let login = json!({"login": "\u{0}", "password": "x"});
        assert_eq!(world.stranger().ask("POST", "/api/login", login).await.status, 401);
    });
}

#[test]
fn blank_texts_are_empty_where_something_is_required() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let answer = boss.ask("POST", "/api/box", json!({"name": " \t "})).await;
        assert_eq!((answer.status, answer.errors()), (422, vec!["name: required".to_owned()]));
    });
}

#[test]
fn languages_are_chosen_as_they_are_liked() {
    on_each(async |world: &World| {
        let told = async |accepted: &str| {
            let answer = world.stranger().ask_with("GET", "/api/box", &[("accept-language", accepted)], "").await;
            answer.json["detail"].as_str().unwrap().to_owned()
        };
        assert_eq!(told("en;q=0.2, es;q=0.9, ru;q=0.5").await, "Inicie sesión");
        assert_eq!(told("es-MX, en").await, "Inicie sesión");
        assert_eq!(told("de, ru;q=0.1").await, "Войдите в систему");
        assert_eq!(told("es;q=0").await, "Please sign in");
    });
}

#[test]
fn who_is_locked_out_is_told_for_how_long() {
    on_each(async |world: &World| {
        world.program("ana", false).await;
        world.engine.set_password("ana", "correct horse").await.unwrap();
        let nobody = world.stranger();
        let wrong = json!({"login": "ana", "password": "wrong"});
        for _ in 0..5 {
            assert_eq!(nobody.ask("POST", "/api/login", wrong.clone()).await.status, 401);
        }
        world.wait(10);
        let locked = nobody.ask("POST", "/api/login", wrong.clone()).await;
        assert_eq!((locked.status, locked.header("retry-after")), (429, "50"));
        world.wait(50);
        let right = json!({"login": "ana", "password": "correct horse"});
        assert_eq!(nobody.ask("POST", "/api/login", right).await.status, 200);
    });
}

#[test]
fn refusals_name_what_is_wrong() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        for (body, told) in [
            (json!({"where": 5}), "where must be a text"),
            (json!({"cursor": []}), "cursor must be a text"),
            (json!({"sort": 5}), "sort must be a list"),
            (json!({"sort": [5]}), "sort must be a text"),
            (json!({"trash": 5}), "trash must be one of only, not 5"),
        ] {
            let refused = boss.ask("POST", "/api/thing/query", body.clone()).await;
            assert_eq!(refused.told(), (400, told), "{body}");
        }
        let many = json!({"delete": vec!["00000000-0000-0000-0000-000000000001"; 1_001]});
        let refused = boss.ask("POST", "/api/thing/bulk", many).await;
        assert_eq!(refused.told(), (413, "One request may hold at most 1000 commands, not 1001"));
        let refused = boss.get("/api/thing?name=%00").await;
        assert!(refused.status == 400 && refused.told().1.contains("NUL"), "{:?}", refused.told());
        for (body, message) in [
            (json!({"at": "2026-01-01T10:00:00+25:00"}), "at must be a moment such as 2026-03-31T09:30:00Z"),
            (json!({"at": "2026-01-01T10:00:00"}), "at must be a moment such as 2026-03-31T09:30:00Z"),
            (json!({"at": "9999-12-31T23:59:59Z"}), "at is too late a moment: the last is 9999-12-30T22:00:00Z"),
            (
                json!({"price": {"amount": "5"}}),
                "price must be the amount alone, such as \"12.50\"; the currency stands beside it, as price_currency",
            ),
        ] {
            let mut body = body;
            body["name"] = json!("A");
            let refused = boss.ask("POST", "/api/thing", body.clone()).await;
            let said = refused.json["errors"][0]["message"].as_str().unwrap_or_default().to_lowercase();
            assert_eq!((refused.status, said), (422, message.to_lowercase()), "{body}");
        }
        for at in ["2026-01-01T10:00:00+14:00", "2026-01-01T10:00:00-23:59", "9999-12-30T22:00:00Z"] {
            assert_eq!(boss.ask("POST", "/api/thing", json!({"name": "A", "at": at})).await.status, 201, "{at}");
        }
        // A stage that is emptied is told of once.
        let shut = boss.create("box", json!({"name": "B"})).await;
        let refused = boss.ask("PATCH", &format!("/api/box/{shut}"), json!({"state": null})).await;
        assert_eq!((refused.status, refused.errors()), (422, vec!["state: required".to_owned()]));
    });
}
