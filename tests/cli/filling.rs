//! What old rows get when definitions change: formulas, rollups, values for fields that became required, worth of money.

use std::time::{Duration, Instant};

use fichero_test_support::{Database, databases};
use serde_json::{Value as Json, json};

use crate::program::Folder;
use crate::server::{Server, Session};

const BEFORE: &str = "entity: deal\ntitle: name\nfields:\n  name: {type: text, required: true}\n  amount: {type: integer}\n  source: {type: text}\n  lines: {type: lines, of: deal_line}\n---\nentity: deal_line\ntitle: what\nfields:\n  what: {type: text}\n  price: {type: integer}\n  deal: {type: ref, to: deal, required: true}\n";

const AFTER: &str = "entity: deal\ntitle: name\nfields:\n  name: {type: text, required: true}\n  amount: {type: integer}\n  source: {type: text, required: true, fill: unknown}\n  lines: {type: lines, of: deal_line}\n  doubled: {type: integer, formula: amount * 2, index: true}\n  total: {type: integer, rollup: sum(lines.price)}\n  with_lines: {type: integer, formula: total + doubled}\n  number: {type: sequence, pattern: \"D-{####}\"}\n---\nentity: deal_line\ntitle: what\nfields:\n  what: {type: text}\n  price: {type: integer}\n  deal: {type: ref, to: deal, required: true}\n";

/// Enough for several batches.
const DEALS: usize = 450;

#[test]
fn old_rows_get_what_new_definitions_work_out() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", BEFORE);
        let trashed = with_server(&folder, &database, None, |session| {
            for number in 0..DEALS {
                let body = json!({"name": format!("Deal {number}"), "amount": number, "lines": [{"what": "a", "price": number}, {"what": "b", "price": 1}]});
                session.create("deal", &body);
            }
            session.create("deal", &json!({"name": "With a source", "amount": 1, "source": "web"}));
            let trashed = session.create("deal", &json!({"name": "Trashed", "amount": 21}));
            assert_eq!(session.ask("DELETE", &format!("/api/deal/{trashed}"), None).0, 204);
            trashed
        });
        folder.write("deal.yaml", AFTER);
        folder.run_on(&database, &["apply"]).ends_with(0);
        with_server(&folder, &database, Some("admin"), |session| {
            let page = session.get("/api/deal?where=source%20%3D%3D%20%22unknown%22&limit=500&sort=amount");
            let items = page["items"].as_array().expect("a list");
            assert_eq!(items.len(), DEALS);
            for (number, deal) in items.iter().enumerate() {
                let expected = [number, number * 2, number + 1, number * 3 + 1].map(Json::from);
                let found = [&deal["amount"], &deal["doubled"], &deal["total"], &deal["with_lines"]];
                assert_eq!(found, expected.each_ref(), "{deal}");
                assert_eq!(deal["number"], format!("D-{:04}", number + 1), "the oldest first");
            }
            let kept = session.get("/api/deal?name=With%20a%20source");
            assert_eq!((&kept["items"][0]["source"], &kept["items"][0]["total"]), (&json!("web"), &json!(0)));
            let (status, restored) = session.ask("POST", &format!("/api/deal/{trashed}/restore"), None);
            assert_eq!(restored["number"], format!("D-{:04}", DEALS + 2));
            assert_eq!(
                (status, &restored["doubled"]),
                (200, &json!(42)),
                "what lies in the trash is filled too: {restored}"
            );
        });
        folder.run_on(&database, &["plan"]).ends_with(0);
    }
}

const ITEM: &str = "entity: item\ntitle: name\nfields:\n  name: {type: text, required: true}\n  a: {type: integer}\n";

/// `scaled` cannot hold an `a` that is large, and `code` can be given to one of two records of a name only.
const ITEM_AFTER: &str = "  scaled: {type: decimal, scale: 6, formula: a + 0, index: true}\n  next: {type: integer, formula: a + 1, index: true}\n  code: {type: text, required: true, fill: =name, unique: true}\n";

#[test]
fn what_cannot_be_filled_is_told_and_stops_nothing_else() {
    for database in databases() {
        let folder = Folder::with("item.yaml", ITEM);
        let ids = with_server(&folder, &database, None, |session| {
            let items = [("one", 1), ("large", 8_000_000_000_000_000_i64), ("twin", 3), ("twin", 4), ("last", 5)];
            items.map(|(name, a)| session.create("item", &json!({"name": name, "a": a})))
        });
        folder.write("item.yaml", &format!("{ITEM}{ITEM_AFTER}"));
        let told = folder.run_on(&database, &["apply"]).ends_with(0);
        assert_eq!(told.stderr.matches("F1004").count(), 2, "{}", told.stderr);
        assert!(told.stderr.contains("1 old record of `item` could not get its `scaled`"), "{}", told.stderr);
        let plan = folder.run_on(&database, &["plan"]).ends_with(0);
        assert_eq!(plan.stderr.matches("F1004").count(), 2, "{}", plan.stderr);
        with_server(&folder, &database, Some("admin"), |session| {
            let ready = session.try_ask("GET", "/readyz", None).expect("the server answers");
            assert_eq!(ready.0, 200);
            assert!(ready.1.contains("could not be filled"), "{}", ready.1);
            let items = ids.each_ref().map(|id| session.get(&format!("/api/item/{id}")));
            let [one, large, twin, other, last] = &items;
            for item in [one, twin, last] {
                let a = item["a"].as_i64().expect("a number");
                let expected = (&json!(format!("{a}.000000")), &json!(a + 1), &item["name"]);
                assert_eq!((&item["scaled"], &item["next"], &item["code"]), expected, "{item}");
                assert_eq!(item["version"], 2, "what `fill` gives is a change: {item}");
            }
            let next = json!(8_000_000_000_000_001_i64);
            assert_eq!((&large["scaled"], &large["next"], &large["code"]), (&Json::Null, &next, &json!("large")));
            let expected = (&json!("4.000000"), &json!(5), &Json::Null);
            assert_eq!((&other["scaled"], &other["next"], &other["code"]), expected);
            assert_eq!(other["version"], 1);
            let history = session.get(&format!("/api/item/{}/history", ids[0]));
            assert_eq!(history["items"].as_array().map(Vec::len), Some(2), "{history}");
            for (id, change) in [(&ids[1], json!({"a": 2})), (&ids[3], json!({"code": "other"}))] {
                let (status, answer) = session.ask("PATCH", &format!("/api/item/{id}"), Some(&change));
                assert_eq!(status, 200, "{answer}");
            }
        });
        let told = folder.run_on(&database, &["apply"]).ends_with(0);
        assert!(!told.stderr.contains("F1004"), "{}", told.stderr);
        let plan = folder.run_on(&database, &["plan"]).ends_with(0);
        assert!(!plan.stderr.contains("F1004"), "{}", plan.stderr);
    }
}

#[test]
fn a_server_fills_at_once_what_is_applied_beside_it() {
    for database in databases() {
        let folder = Folder::with("item.yaml", ITEM);
        let server = Server::start(&folder, &database, &[]);
        let session = server.session();
        session.create("item", &json!({"name": "one", "a": 1}));
        folder.write("item.yaml", &format!("{ITEM}{ITEM_AFTER}"));
        folder.run_on(&database, &["apply"]).ends_with(0);
        let applied = Instant::now();
        let path = "/api/item?where=scaled%20%3D%3D%201";
        while session.ask("GET", path, None).1["items"].as_array().is_none_or(Vec::is_empty) {
            assert!(applied.elapsed() < Duration::from_secs(15), "nobody woke those who fill");
            std::thread::yield_now();
        }
    }
}

/// Serves the folder while `work` goes on.
fn with_server<T>(folder: &Folder, database: &Database, login: Option<&str>, work: impl FnOnce(&Session) -> T) -> T {
    let server = Server::start(folder, database, &[]);
    let session = match login {
        None => {
            let (login, password) = server.login.clone().expect("a log-in was printed");
            folder.write("data/password", &password);
            server.sign_in(&login, &password)
        }
        Some(login) => server.sign_in(login, &folder.read("data/password")),
    };
    let result = work(&session);
    assert_eq!(server.end(), 0);
    result
}
