//! Files brought in through the interface, by the background.

use fichero_engine::worker;
use serde_json::{Value as Json, json};

use crate::world::{World, on_each};

const CSV: &str = "name,sku\nBolt,b1\nNut,n1\n,x1\n";

async fn done(world: &World) {
    worker::run_long_due(&world.engine).await.unwrap();
}

#[test]
fn a_file_is_imported_looked_after_and_taken_back() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let sent = boss.ask_with(
            "POST",
            "/api/thing/import?name=things.csv&dry_run=true",
            &[("content-type", "text/csv")],
            CSV,
        );
        let sent = sent.await;
        assert_eq!(sent.status, 202, "{}", sent.body);
        let dry = sent.header("location").to_owned();
        assert_eq!(boss.get(&dry).await.json["state"], "queued");
        done(world).await;
        let told = boss.get(&dry).await.json;
        assert_eq!(
            (&told["state"], &told["dry_run"], &told["created"]),
            (&json!("done"), &json!(true), &json!(2)),
            "{told}"
        );
        assert_eq!(boss.get("/api/thing").await.json["items"], json!([]));

        let file =
            boss.ask_with("POST", "/api/files?name=things.csv", &[("content-type", "text/csv")], CSV).await.text("id");
        let order = json!({"file": file, "mapping": {"match": "sku", "columns": {"name": "name", "sku": "sku"}}});
        let told = boss.post("/api/thing/import", order.clone()).await.json;
        let again = boss.ask("POST", "/api/thing/import", order).await;
        assert_eq!((again.status, &again.json["code"]), (409, &json!("import_under_way")));
        done(world).await;
        let at = format!("/api/imports/{}", told["batch"].as_str().unwrap());
        let told = boss.get(&at).await.json;
        let counts = ["rows", "created", "updated", "unchanged", "rejected"].map(|key| told[key].as_i64().unwrap());
        assert_eq!((&told["state"], counts), (&json!("done"), [3, 2, 0, 0, 1]), "{told}");
        assert_eq!(boss.get("/api/imports?entity=thing").await.json["items"].as_array().unwrap().len(), 1);
        let rejects = boss.get(told["rejects"].as_str().unwrap()).await;
        assert_eq!(rejects.header("content-type"), "text/csv; charset=utf-8");
        assert!(rejects.body.starts_with("name,sku,rejected_because\n,x1,line 4: "), "{}", rejects.body);

        let undo = boss.ask("POST", &format!("{at}/undo"), Json::Null).await;
        assert_eq!((undo.status, &undo.json["undo"]["state"]), (202, &json!("queued")), "{}", undo.body);
        done(world).await;
        let told = boss.get(&at).await.json;
        assert_eq!((&told["state"], &told["undo"]["reversed"]), (&json!("undone"), &json!(2)));
        assert_eq!(boss.get("/api/thing").await.json["items"], json!([]));
        let again = boss.ask("POST", &format!("{at}/undo"), Json::Null).await;
        assert_eq!((again.status, &again.json["code"]), (409, &json!("import_undone")));
        let cancel = boss.ask("POST", &format!("{at}/cancel"), Json::Null).await;
        assert_eq!((cancel.status, &cancel.json["code"]), (409, &json!("import_ended")));
    });
}

#[test]
fn what_is_wrong_is_told_at_once() {
    on_each(async |world: &World| {
        let (boss, ana) = (world.admin().await, world.program("ana", false).await);
        let csv = [("content-type", "text/csv")];
        for (path, body, status, code) in [
            ("/api/thing/import", "name,nothing\nA,b\n", 422, "invalid"),
            ("/api/thing/import?mapping=none", CSV, 422, "invalid"),
            ("/api/thing/import?delimiter=x", CSV, 422, "invalid"),
            ("/api/thing/import?dry_run=perhaps", CSV, 400, "malformed"),
            ("/api/thing/import", "", 422, "file_empty"),
            ("/api/thing/import?name=a.xlsx", CSV, 422, "import_file"),
            ("/api/none/import", CSV, 404, "unknown_entity"),
        ] {
            let told = boss.ask_with("POST", path, &csv, body).await;
            assert_eq!((told.status, told.json["code"].as_str().unwrap()), (status, code), "{path}: {}", told.body);
        }
        assert_eq!(boss.ask("POST", "/api/thing/import", json!({})).await.errors(), ["file: import_file_unknown"]);
        assert_eq!(boss.get("/api/imports/x").await.status, 404);
        assert_eq!(boss.get("/api/imports?limit=9999").await.status, 400);
        assert_eq!(ana.ask_with("POST", "/api/thing/import", &csv, CSV).await.status, 403);
        assert_eq!(ana.get("/api/imports").await.status, 403);
        assert_eq!(world.stranger().get("/api/imports").await.status, 401);
    });
}
