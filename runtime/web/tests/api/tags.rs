//! ETag, If-Match, If-None-Match.

use serde_json::json;

use crate::world::on_each;

#[test]
fn every_change_is_refused_when_stale() {
    on_each(async |world| {
        let boss = world.admin().await;
        let id = boss.create("thing", json!({"name": "A", "code": 5})).await;
        let path = format!("/api/thing/{id}");
        let stale = boss.get(&path).await.header("etag").to_owned();
        boss.ask("PATCH", &path, json!({"name": "B"})).await;
        let body = json!({"name": "C"}).to_string();
        for (method, path, body) in [
            ("PATCH", path.clone(), body.as_str()),
            ("DELETE", path.clone(), ""),
            ("DELETE", format!("{path}?purge=true"), ""),
            ("PUT", "/api/thing/by/code/5".to_owned(), &body),
        ] {
            let answer = boss.ask_with(method, &path, &[("if-match", &stale)], body).await;
            assert_eq!(answer.status, 412, "{method} {path}");
            // A weak tag is equal to none, strongly.
            let weak = format!("W/{}", boss.get(&format!("/api/thing/{id}")).await.header("etag"));
            assert_eq!(boss.ask_with(method, &path, &[("if-match", &weak)], body).await.status, 412, "{method} {path}");
            assert_eq!(
                boss.ask_with(method, &path, &[("if-match", "five")], body).await.status,
                400,
                "{method} {path}"
            );
        }
        for (missing, code) in [("*", "absent"), ("\"1\"", "stale")] {
            let put = boss.ask_with("PUT", "/api/thing/by/code/6", &[("if-match", missing)], &body).await;
            assert_eq!((put.status, put.text("code")), (412, code.to_owned()), "there is none to be changed");
        }
        let fresh = boss.get(&path).await.header("etag").to_owned();
        let several = format!("{stale}, {fresh}");
        let put = boss.ask_with("PUT", "/api/thing/by/code/5", &[("if-match", &several)], &body).await;
        assert_eq!((put.status, put.json["name"].as_str()), (200, Some("C")));

        boss.ask("DELETE", &path, json!(null)).await;
        let restore = format!("{path}/restore");
        assert_eq!(boss.ask_with("POST", &restore, &[("if-match", &fresh)], "").await.status, 412);
        let trashed = boss.get(&format!("{path}?trash=only")).await.header("etag").to_owned();
        assert_eq!(boss.ask_with("POST", &restore, &[("if-match", &trashed)], "").await.status, 200);
        let last = boss.get(&path).await.header("etag").to_owned();
        let gone = boss.ask_with("DELETE", &format!("{path}?purge=true"), &[("if-match", &last)], "").await;
        assert_eq!(gone.status, 204);
        let gone = boss.ask_with("DELETE", &path, &[("if-match", &last)], "").await;
        assert_eq!(gone.status, 404, "what is not there is not found, whatever its version was");
    });
}

#[test]
fn a_record_that_looks_otherwise_is_sent_again() {
    on_each(async |world| {
        let boss = world.admin().await;
        let inside = boss.create("box", json!({"name": "Red"})).await;
        let id = boss.create("thing", json!({"name": "A", "box": inside})).await;
        let path = format!("/api/thing/{id}");
        let tag = boss.get(&path).await.header("etag").to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let answer = boss.ask_with("GET", &path, &[("if-none-match", &known)], "").await;
            assert_eq!((answer.status, answer.header("etag")), (304, tag.as_str()), "{known}");
        }
        let fewer = boss.ask_with("GET", &format!("{path}?fields=name"), &[("if-none-match", &tag)], "").await;
        assert_eq!(fewer.status, 200);
        // The lookup shows another name; the record itself was not changed, and may be at its version.
        boss.ask("PATCH", &format!("/api/box/{inside}"), json!({"name": "Blue"})).await;
        let answer = boss.ask_with("GET", &path, &[("if-none-match", &tag)], "").await;
        assert_eq!((answer.status, answer.json["box_name"].as_str()), (200, Some("Blue")));
        let changed = boss.ask_with("PATCH", &path, &[("if-match", &tag)], r#"{"name": "B"}"#).await;
        assert_eq!(changed.status, 200);
        assert_eq!(changed.header("etag"), boss.get(&path).await.header("etag"));
    });
}

#[test]
fn what_lies_in_the_trash_is_not_found_unless_it_is_asked_for() {
    on_each(async |world| {
        let boss = world.admin().await;
        let id = boss.create("thing", json!({"name": "A"})).await;
        let path = format!("/api/thing/{id}");
        assert_eq!(boss.get(&format!("{path}?trash=only")).await.status, 404);
        assert!(boss.get(&path).await.json.get("deleted_at").is_none());
        boss.ask("DELETE", &path, json!(null)).await;
        assert_eq!(boss.get(&path).await.status, 404);
        for asked in ["only", "with"] {
            let found = boss.get(&format!("{path}?trash={asked}")).await;
            assert_eq!((found.status, found.text("deleted_at")), (200, "2026-03-02T09:00:00Z".to_owned()));
        }
        let listed = boss.get("/api/thing?trash=only").await;
        assert_eq!(listed.json["items"][0]["deleted_at"], "2026-03-02T09:00:00Z");
    });
}

#[test]
fn a_record_is_made_only_where_there_is_none() {
    on_each(async |world| {
        let boss = world.admin().await;
        let put = async |headers: &[(&str, &str)]| {
            boss.ask_with("PUT", "/api/thing/by/code/17", headers, r#"{"name": "A"}"#).await
        };
        assert_eq!(put(&[("if-match", "*"), ("if-none-match", "*")]).await.status, 412);
        assert_eq!(put(&[("if-none-match", "*")]).await.status, 201);
        let again = put(&[("if-none-match", "*")]).await;
        assert_eq!((again.status, again.text("code")), (412, "present".to_owned()));
        assert_eq!(put(&[("if-none-match", "\"1-x\"")]).await.status, 400);
        assert_eq!(put(&[]).await.status, 200);
        // Of several at once one makes it.
        let body = r#"{"name": "B"}"#;
        let once = || boss.ask_with("PUT", "/api/thing/by/code/8", &[("if-none-match", "*")], body);
        let (one, two, three) = tokio::join!(once(), once(), once());
        let mut all = [one.status, two.status, three.status];
        all.sort_unstable();
        assert_eq!(all, [201, 412, 412]);
    });
}

#[test]
fn structured_data_is_merged_by_a_change() {
    on_each(async |world| {
        let boss = world.admin().await;
        let id = boss
            .create("thing", json!({"name": "A", "code": 9, "extra": {"a": null, "b": 2, "c": {"d": 1, "e": 2}}}))
            .await;
        let path = format!("/api/thing/{id}");
        let patch = async |extra: serde_json::Value| {
            boss.ask("PATCH", &path, json!({"extra": extra})).await.json["extra"].clone()
        };
        assert_eq!(
            boss.get(&path).await.json["extra"],
            json!({"a": null, "b": 2, "c": {"d": 1, "e": 2}}),
            "as it was given"
        );
        assert_eq!(
            patch(json!({"b": null, "c": {"d": null, "f": 3}})).await,
            json!({"a": null, "c": {"e": 2, "f": 3}})
        );
        assert_eq!(patch(json!([1, null])).await, json!([1, null]), "what is no object takes its place");
        assert_eq!(patch(json!({"x": {"y": null, "z": 1}})).await, json!({"x": {"z": 1}}));
        let body = json!({"update": [{"id": id, "extra": {"x": {"z": null}, "w": 1}}]});
        boss.post("/api/thing/bulk", body).await;
        assert_eq!(boss.get(&path).await.json["extra"], json!({"w": 1, "x": {}}));
        let derived = boss.post("/api/thing/derive", json!({"id": id, "extra": {"w": null}})).await;
        assert_eq!(derived.json["values"]["extra"], json!({"x": {}}));
        assert_eq!(patch(json!(null)).await, json!(null));
        assert_eq!(patch(json!({"a": null, "b": 1})).await, json!({"b": 1}));
        let put = boss.ask("PUT", "/api/thing/by/code/9", json!({"extra": {"q": null}})).await;
        assert_eq!(put.json["extra"], json!({"q": null}), "a PUT takes its place");
        assert_eq!(boss.ask("PATCH", &path, json!({"extra": {"r": "\u{0}"}})).await.status, 422);
    });
}
