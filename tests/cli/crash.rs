//! Kill -9 while definitions are put in force and records are made: the next start is consistent, and every write that
//! was acknowledged is there.

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fichero_test_support::{Database, databases};
use serde_json::json;

use crate::program::{Folder, program};
use crate::server::{Server, Session};

/// Rounds on each database.
const ROUNDS: u32 = 40;

const DEAL: &str = "entity: deal\ntitle: name\nfields:\n  name: {type: text, required: true, unique: true}\n";

#[test]
fn what_was_acknowledged_survives_a_kill_while_records_are_made() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", DEAL);
        let first = Server::start(&folder, &database, &[]);
        let (login, password) = first.login.clone().expect("a log-in was printed");
        assert_eq!(first.end(), 0);
        let mut acknowledged: Vec<String> = Vec::new();
        for round in 0..ROUNDS {
            let server = Server::start(&folder, &database, &[]);
            let session = server.sign_in(&login, &password);
            let made = AtomicBool::new(false);
            let names = std::thread::scope(|scope| {
                let writer = scope.spawn(|| write_until_gone(&session, round, &made));
                wait_for(&made, Duration::from_millis(u64::from(round % 10) * 7));
                server.kill();
                writer.join().expect("the writer ends")
            });
            acknowledged.extend(names);
        }
        let server = Server::start(&folder, &database, &[]);
        let session = server.sign_in(&login, &password);
        let stored = all_names(&session);
        let lost: Vec<&String> = acknowledged.iter().filter(|name| !stored.contains(*name)).collect();
        assert!(lost.is_empty(), "{} of {} were lost: {lost:?}", lost.len(), acknowledged.len());
        assert!(acknowledged.len() >= ROUNDS as usize, "each round made something");
        drop(server);
        consistent(&folder, &database);
    }
}

#[test]
fn a_kill_while_definitions_are_put_in_force_leaves_the_old_or_the_new() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", DEAL);
        folder.run_on(&database, &["apply"]).ends_with(0);
        for round in 0..ROUNDS {
            // Each round adds an entity and a field, so that there is something to do.
            folder.write(
                &format!("extra_{round}.yaml"),
                &format!("entity: extra_{round}\ntitle: name\nfields:\n  name: {{type: text, index: true}}\n"),
            );
            folder.write("deal.yaml", &format!("{DEAL}  field_{round}: {{type: text, index: true}}\n"));
            let mut apply = program();
            apply.args(["apply", "--database", database.url(), "-C"]).arg(folder.path());
            let mut child = apply.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program runs");
            wait_for(&AtomicBool::new(true), Duration::from_millis(u64::from(round) * 3));
            child.kill().expect("a process can be killed");
            child.wait().expect("the program ends");
            let plan = folder.run_on(&database, &["plan"]);
            assert!(matches!(plan.code, 0 | 2), "{}\n{}", plan.stdout, plan.stderr);
            assert!(!plan.stderr.contains("F1002"), "the tables are those that were recorded: {}", plan.stderr);
        }
        folder.run_on(&database, &["apply"]).ends_with(0);
        consistent(&folder, &database);
    }
}

#[test]
fn a_kill_while_a_file_is_imported_leaves_whole_rows_and_the_rest_goes_in_later() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", &format!("{DEAL}  amount: {{type: integer}}\n"));
        folder.run_on(&database, &["apply"]).ends_with(0);
        let mut rows = 0;
        let mut text = "name,amount\n".to_owned();
        for round in 0..ROUNDS {
            for _ in 0..60 {
                text.push_str(&format!("deal {rows},{rows}\n"));
                rows += 1;
            }
            folder.write("in.csv", &text);
            let mut import = import(&folder, &database);
            let mut child = import.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program runs");
            wait_for(&AtomicBool::new(true), Duration::from_millis(30 + u64::from(round) * 5));
            child.kill().expect("a process can be killed");
            child.wait().expect("the program ends");
        }
        crate::program::run(import(&folder, &database)).ends_with(0);
        let told = crate::program::run(import(&folder, &database)).ends_with(0).json();
        assert_eq!(told["unchanged"], rows, "each row is there once, and whole");
        consistent(&folder, &database);
    }
}

fn import(folder: &Folder, database: &Database) -> std::process::Command {
    let mut import = program();
    import.args(["import", "deal", "--match", "name", "--format", "json", "--database", database.url(), "-C"]);
    import.arg(folder.path());
    import.arg(folder.path().join("in.csv"));
    import
}

/// Makes records until the server is gone; gives the names of those that were acknowledged.
fn write_until_gone(session: &Session, round: u32, made: &AtomicBool) -> Vec<String> {
    let mut names = Vec::new();
    for number in 0.. {
        let name = format!("deal {round}-{number}");
        match session.try_ask("POST", "/api/deal", Some(&json!({"name": name}))) {
            Ok((201, _)) => {
                names.push(name);
                made.store(true, Ordering::SeqCst);
            }
            Ok((status, body)) => panic!("{status}: {body}"),
            Err(_) => break,
        }
    }
    names
}

/// Waits until something was made, and then a while longer, so that the kill falls at another moment each time.
fn wait_for(made: &AtomicBool, longer: Duration) {
    let patience = Instant::now() + crate::server::PATIENCE;
    while !made.load(Ordering::SeqCst) && Instant::now() < patience {
        std::thread::yield_now();
    }
    let until = Instant::now() + longer;
    while Instant::now() < until {
        std::thread::yield_now();
    }
}

fn all_names(session: &Session) -> std::collections::HashSet<String> {
    let mut names = std::collections::HashSet::new();
    let mut path = "/api/deal?limit=500&fields=name".to_owned();
    loop {
        let page = session.get(&path);
        let items = page["items"].as_array().expect("a list");
        names.extend(items.iter().filter_map(|item| item["name"].as_str().map(str::to_owned)));
        match page["next"].as_str() {
            Some(next) => path = format!("/api/deal?limit=500&fields=name&cursor={next}"),
            None => return names,
        }
    }
}

/// The definitions are in force, and the tables are those that were recorded.
#[track_caller]
fn consistent(folder: &Folder, database: &Database) {
    let plan = folder.run_on(database, &["plan"]).ends_with(0);
    assert!(!plan.stderr.contains("F1002"), "{}", plan.stderr);
}
