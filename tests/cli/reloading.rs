//! Definitions that change while requests are under way: each request ends on the model it began with.

use std::sync::atomic::{AtomicBool, Ordering};

use fichero_test_support::databases;
use serde_json::{Value as Json, json};

use crate::program::Folder;
use crate::server::{Server, Session};

/// How often the definitions change.
const CHANGES: usize = 12;

const DEAL: &str = "entity: deal\ntitle: name\nfields:\n  name: {type: text, required: true}\n  amount: {type: integer}\n  note: {type: text}\n";

/// An entity that comes before the other in every list, so that all numbers inside a model move.
const FIRST: &str =
    "entity: aaa\ntitle: note\nfields:\n  note: {type: text}\n  amount: {type: integer}\n  name: {type: text}\n";

#[test]
fn requests_end_on_the_model_they_began_with() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", DEAL);
        let mut server = Server::start(&folder, &database, &["--watch"]);
        let session = server.session();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..3)
                .map(|worker| {
                    let (session, over) = (&session, &over);
                    scope.spawn(move || work(session, worker, over))
                })
                .collect();
            for change in 0..CHANGES {
                server.forget();
                // Each time every field but `name` is somewhere else, and an entity comes or goes.
                let (first, second) = if change % 2 == 0 { ("note", "amount") } else { ("amount", "note") };
                let kind = |field| if field == "note" { "{type: text}" } else { "{type: integer}" };
                if change % 2 == 0 {
                    folder.write("a.yaml", FIRST);
                } else {
                    std::fs::remove_file(folder.path().join("a.yaml")).expect("a file is removed");
                }
                folder.write(
                    "deal.yaml",
                    &format!(
                        "entity: deal\ntitle: name\nfields:\n  {first}: {}\n  name: {{type: text, required: true}}\n  {second}: {}\n",
                        kind(first),
                        kind(second)
                    ),
                );
                server.hear("the saved definitions are in force");
            }
            over.store(true, Ordering::SeqCst);
            let made: usize = workers.into_iter().map(|worker| worker.join().expect("no request fails")).sum();
            assert!(made > CHANGES, "{made} records were made meanwhile");
        });
    }
}

/// Makes, changes and reads records until it is over; gives how many.
fn work(session: &Session, worker: usize, over: &AtomicBool) -> usize {
    let mut made = 0;
    while !over.load(Ordering::SeqCst) {
        let name = format!("deal {worker}-{made}");
        let body = json!({"name": name, "amount": made, "note": format!("note of {name}")});
        let (status, record) = session.ask("POST", "/api/deal", Some(&body));
        assert_eq!(status, 201, "{record}");
        holds(&record, &body);
        let id = record["id"].as_str().expect("a record has an id").to_owned();
        holds(&session.get(&format!("/api/deal/{id}")), &body);
        let (status, changed) = session.ask("PATCH", &format!("/api/deal/{id}"), Some(&json!({"amount": made + 1000})));
        assert_eq!(status, 200, "{changed}");
        assert_eq!(changed["amount"], made + 1000);
        let page = session.get(&format!("/api/deal?name=deal%20{worker}-{made}&sort=-amount"));
        assert_eq!(page["items"].as_array().map(Vec::len), Some(1), "{page}");
        made += 1;
    }
    made
}

#[track_caller]
fn holds(record: &Json, body: &Json) {
    for field in ["name", "amount", "note"] {
        assert_eq!(record[field], body[field], "{record}");
    }
}

#[test]
fn writers_pause_for_a_barrier_and_none_fails() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", DEAL);
        let mut server = Server::start(&folder, &database, &["--watch"]);
        let session = server.session();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..3)
                .map(|worker| {
                    let (session, over) = (&session, &over);
                    scope.spawn(move || create_until_over(session, worker, over))
                })
                .collect();
            for change in 0..CHANGES / 2 {
                server.forget();
                // Each stored number is multiplied or divided: no command may read one model and write another.
                let kind = if change % 2 == 0 { "{type: decimal, scale: 3}" } else { "{type: integer}" };
                folder.write("deal.yaml", &DEAL.replace("{type: integer}", kind));
                server.hear("the saved definitions are in force");
            }
            over.store(true, Ordering::SeqCst);
            let made: usize = workers.into_iter().map(|worker| worker.join().expect("no request fails")).sum();
            assert!(made > CHANGES, "{made} records were made meanwhile");
        });
        let page = session.get("/api/deal/aggregate?measures=count(),max(amount),min(amount)");
        assert_eq!(page["items"][0]["max(amount)"], 7, "each is stored as what it was given as: {page}");
        assert_eq!(page["items"][0]["min(amount)"], 7, "{page}");
    }
}

fn create_until_over(session: &Session, worker: usize, over: &AtomicBool) -> usize {
    let mut made = 0;
    while !over.load(Ordering::SeqCst) {
        let (status, record) =
            session.ask("POST", "/api/deal", Some(&json!({"name": format!("{worker}-{made}"), "amount": 7})));
        assert_eq!(status, 201, "{record}");
        made += 1;
    }
    made
}
