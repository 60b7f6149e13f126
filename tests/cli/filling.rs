//! What old rows get when definitions change: formulas, rollups, values for fields that became required, worth of money.

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
