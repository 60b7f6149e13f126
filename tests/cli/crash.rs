//! Kill -9 while definitions are put in force, records are made and files imported: the next start is consistent, and
//! every write that was acknowledged is there, whole: the record, its lines, its number, its log, what its parent adds up.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fichero_test_support::{Database, databases};
use serde_json::{Value as Json, json};

use crate::program::{Folder, program};
use crate::server::{Server, Session};

/// Rounds on each database.
const ROUNDS: u32 = 40;

const DEAL: &str = "\
entity: account
title: name
fields:
  name: {type: text, required: true, unique: true}
  deals: {type: children, of: deal}
  total: {type: integer, rollup: sum(deals.amount)}
  held: {type: integer, rollup: count(deals)}
---
entity: deal
title: name
fields:
  name: {type: text, required: true, unique: true}
  amount: {type: integer}
  account: {type: ref, to: account}
  number: {type: sequence, pattern: 'D-{######}'}
  lines: {type: lines, of: deal_line}
  pieces: {type: integer, rollup: sum(lines.pieces)}
---
entity: deal_line
title: what
fields:
  what: {type: text}
  pieces: {type: integer}
  deal: {type: ref, to: deal, required: true}
";

#[test]
fn what_was_acknowledged_survives_a_kill_while_records_are_made() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", DEAL);
        let first = Server::start(&folder, &database, &[]);
        let (login, password) = first.login.clone().expect("a log-in was printed");
        let account = first.sign_in(&login, &password).create("account", &json!({"name": "Acme"}));
        assert_eq!(first.end(), 0);
        let mut acknowledged: Vec<String> = Vec::new();
        for round in 0..ROUNDS {
            let server = Server::start(&folder, &database, &[]);
            let session = server.sign_in(&login, &password);
            let made = AtomicBool::new(false);
            let names = std::thread::scope(|scope| {
                let writer = scope.spawn(|| write_until_gone(&session, round, &account, &made));
                wait_for(&made, Duration::from_millis(u64::from(round % 10) * 7));
                server.kill();
                writer.join().expect("the writer ends")
            });
            acknowledged.extend(names);
        }
        let server = Server::start(&folder, &database, &[]);
        let session = server.sign_in(&login, &password);
        let stored = all(&session, "deal");
        let lost: Vec<&String> = acknowledged.iter().filter(|name| !stored.contains_key(*name)).collect();
        assert!(lost.is_empty(), "{} of {} were lost: {lost:?}", lost.len(), acknowledged.len());
        assert!(acknowledged.len() >= ROUNDS as usize, "each round made something");
        assert!(stored.values().all(|deal| deal["pieces"] == 3), "each has both of its lines");
        assert_eq!(all(&session, "deal_line").len(), stored.len() * 2, "no line is there without its deal");
        whole(&session, &stored);
        drop(server);
        consistent(&folder, &database);
    }
}

/// Enough for several batches of a fill.
const ROWS: usize = 450;

/// The definitions of a round: values move to another scale while writers pause, a unique rule comes and goes, and two
/// fields are filled in all rows.
fn definitions(round: u32) -> String {
    let scale = 2 + round % 3;
    let unique = round % 2 == 1;
    format!(
        "entity: deal\ntitle: name\nfields:\n  name: {{type: text, required: true, unique: true}}\n  \
         amount: {{type: integer}}\n  rate: {{type: decimal, scale: {scale}}}\n  code: {{type: text, unique: {unique}}}\n  \
         shifted: {{type: integer, formula: amount + {round}, index: true}}\n  \
         filled_{round}: {{type: text, required: true, fill: =name}}\n"
    )
}

#[test]
fn a_kill_while_definitions_are_put_in_force_leaves_the_old_or_the_new() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", &definitions(0));
        folder.run_on(&database, &["apply"]).ends_with(0);
        let mut text = "name,amount,rate,code,filled_0\n".to_owned();
        for row in 0..ROWS {
            text.push_str(&format!("deal {row},{row},{row}.25,c{row},deal {row}\n"));
        }
        folder.write("in.csv", &text);
        crate::program::run(import(&folder, &database)).ends_with(0);
        let mut login = None;
        for round in 1..=ROUNDS {
            folder.write("deal.yaml", &definitions(round));
            let mut apply = program();
            apply.args(["apply", "--database", database.url(), "-C"]).arg(folder.path());
            kill_after(apply, Duration::from_millis(u64::from(round) * 7));
            let plan = folder.run_on(&database, &["plan"]);
            assert!(matches!(plan.code, 0 | 2), "{}\n{}", plan.stdout, plan.stderr);
            assert!(!plan.stderr.contains("F1002"), "the tables are those that were recorded: {}", plan.stderr);
            if round % 10 == 0 {
                folder.run_on(&database, &["apply"]).ends_with(0);
                let server = Server::start(&folder, &database, &[]);
                let (name, password) = login.get_or_insert_with(|| server.login.clone().expect("a log-in was printed"));
                as_defined(&server.sign_in(name, password), round);
                // One that was killed would be taken for living for a while, and filling waits for the living.
                assert_eq!(server.end(), 0);
                consistent(&folder, &database);
            }
        }
    }
}

/// All rows hold what was imported, and what the definitions of a round make of it.
fn as_defined(session: &Session, round: u32) {
    let stored = all(session, "deal");
    assert_eq!(stored.len(), ROWS);
    let zeros = "0".repeat(round as usize % 3);
    for row in 0..ROWS {
        let (name, filled) = (format!("deal {row}"), format!("filled_{round}"));
        let deal = &stored[&name];
        let found = [&deal["amount"], &deal["rate"], &deal["code"], &deal["shifted"], &deal[&filled]];
        let rate = format!("{row}.25{zeros}");
        let expected = [json!(row), json!(rate), json!(format!("c{row}")), json!(row + round as usize), json!(name)];
        assert_eq!(found, expected.each_ref(), "round {round}: {deal}");
    }
    let twice = json!({"name": format!("twice {round}"), "code": "c1", format!("filled_{round}"): "x"});
    let (status, answer) = session.ask("POST", "/api/deal", Some(&twice));
    assert_eq!(status, if round % 2 == 1 { 409 } else { 201 }, "{answer}");
    if let Some(id) = answer["id"].as_str() {
        assert_eq!(session.ask("DELETE", &format!("/api/deal/{id}?purge=true"), None).0, 204);
    }
}

#[test]
fn a_kill_while_a_file_is_imported_leaves_whole_rows_and_the_rest_goes_in_later() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", DEAL);
        folder.write("accounts.csv", "name\nAcme\n");
        folder.run_on(&database, &["apply"]).ends_with(0);
        let accounts = folder.path().join("accounts.csv").display().to_string();
        folder.run_on(&database, &["import", "account", &accounts]).ends_with(0);
        let mut rows = 0;
        let mut text = "name,amount,account\n".to_owned();
        for round in 0..ROUNDS {
            for _ in 0..20 {
                text.push_str(&format!("deal {rows},{rows},Acme\n"));
                rows += 1;
            }
            folder.write("in.csv", &text);
            kill_after(import(&folder, &database), Duration::from_millis(30 + u64::from(round) * 5));
        }
        crate::program::run(import(&folder, &database)).ends_with(0);
        let told = crate::program::run(import(&folder, &database)).ends_with(0).json();
        assert_eq!(told["unchanged"], rows, "each row is there once, and whole");
        let server = Server::start(&folder, &database, &[]);
        let session = server.session();
        let stored = all(&session, "deal");
        assert_eq!(stored.len(), rows);
        whole(&session, &stored);
        drop(server);
        consistent(&folder, &database);
    }
}

#[test]
fn an_import_that_was_killed_goes_on_where_it_stood() {
    const MANY: usize = 12_000;
    for database in databases() {
        let folder =
            Folder::with("deal.yaml", "entity: deal\ntitle: name\nfields: {name: {type: text, required: true}}\n");
        folder.run_on(&database, &["apply"]).ends_with(0);
        let mut text = "name\n".to_owned();
        (0..MANY)
            .for_each(|row| text.push_str(&if row % 100 == 0 { "\"\"\n".to_owned() } else { format!("deal {row}\n") }));
        folder.write("in.csv", &text);
        let file = folder.path().join("in.csv").display().to_string();
        let command = || {
            let mut import = folder.command(&["import", "deal", &file, "--format", "json"]);
            import.args(["--database", database.url()]);
            import
        };
        // Each run goes on where the one before was killed. None is killed when it is nearly done: one that has ended is
        // not gone on with.
        for wait in [120, 200, 280] {
            assert!(was_killed_after(command(), &folder, Duration::from_millis(wait)), "it was slower than that");
        }
        let told = std::fs::File::options().append(true).open(folder.path().join("told")).expect("a file");
        let ended = command().stdout(Stdio::null()).stderr(told).status().expect("the program runs");
        assert_eq!(ended.code(), Some(4), "some rows are rejected");
        assert!(folder.read("told").contains("resuming at row"), "{}", folder.read("told"));
        assert_eq!(folder.read("data/rejects/in.csv").lines().count(), 1 + MANY / 100, "the rejects are whole");
        let server = Server::start(&folder, &database, &[]);
        assert_eq!(all(&server.session(), "deal").len(), MANY - MANY / 100, "no row is there twice");
    }
}

#[test]
fn an_ordered_import_goes_on_when_its_server_is_killed() {
    const MANY: usize = 4_000;
    for database in databases() {
        let folder = Folder::with(
            "deal.yaml",
            "entity: deal\ntitle: name\nfields: {name: {type: text, required: true}, part: {type: integer}}\n",
        );
        let mut text = String::new();
        for row in 0..MANY {
            let name = if row % 100 == 0 { String::new() } else { format!("deal {row}") };
            text.push_str(&format!("{}\n", json!({"name": name, "part": row})));
        }
        let mut server = Server::start(&folder, &database, &[]);
        let (login, password) = server.login.clone().expect("a log-in was printed");
        let session = server.sign_in(&login, &password);
        let (status, told) = session.send("POST", "/api/deal/import?name=deals.jsonl", &text);
        assert_eq!(status, 202, "{told}");
        let path = format!("/api/imports/{}", told["batch"].as_str().expect("a batch"));
        let at = |server: &Server| Session { address: server.address.clone(), token: session.token.clone() };
        // Killed when some rows are in, again and again, until it was quicker.
        let (mut seen, mut kills) = (0, 0);
        let until = Instant::now() + Duration::from_secs(240);
        let ended = loop {
            assert!(Instant::now() < until, "the import does not come to its end");
            let told = at(&server).get(&path);
            if told["state"] == "done" {
                break told;
            }
            assert!(told["state"] == "queued" || told["state"] == "running", "{told}");
            let rows = told["rows"].as_i64().unwrap_or(0);
            if rows > seen && kills < 2 {
                (seen, kills) = (rows, kills + 1);
                server.kill();
                server = Server::start(&folder, &database, &[]);
            }
        };
        let counts = ["rows", "created", "rejected"].map(|key| ended[key].as_u64().unwrap_or(0) as usize);
        assert_eq!(counts, [MANY, MANY - MANY / 100, MANY / 100], "{ended}");
        let session = at(&server);
        let living = session.get("/api/deal?count=true&limit=1");
        assert_eq!(living["count"], MANY - MANY / 100, "no row is there twice");
        let (status, rejects) = session.try_ask("GET", &format!("{path}/rejects"), None).expect("the server answers");
        assert_eq!((status, rejects.lines().count()), (200, 1 + MANY / 100), "the rejects are whole");
    }
}

/// Runs a program and kills it after a while, unless it has ended by then. What it tells is added to `told`.
fn was_killed_after(mut program: std::process::Command, folder: &Folder, while_: Duration) -> bool {
    let told = std::fs::File::options().create(true).append(true).open(folder.path().join("told")).expect("a file");
    let mut child = program.stdout(Stdio::null()).stderr(told).spawn().expect("the program runs");
    wait_for(&AtomicBool::new(true), while_);
    let is_running = child.try_wait().expect("a process can be looked at").is_none();
    if is_running {
        child.kill().expect("a process can be killed");
    }
    child.wait().expect("the program ends");
    is_running
}

/// What hangs on the deals is there as often as they are: their numbers without a gap, what their account adds up, and
/// the log.
fn whole(session: &Session, stored: &BTreeMap<String, Json>) {
    let numbers: BTreeSet<String> =
        stored.values().filter_map(|deal| deal["number"].as_str().map(str::to_owned)).collect();
    let expected: BTreeSet<String> = (1..=stored.len()).map(|number| format!("D-{number:06}")).collect();
    assert_eq!(numbers, expected, "no number is missing or given twice");
    let account = &all(session, "account")["Acme"];
    let sum: i64 = stored.values().filter_map(|deal| deal["amount"].as_i64()).sum();
    assert_eq!((&account["held"], &account["total"]), (&json!(stored.len()), &json!(sum)));
    // One question per record: a sample of the log, as large as there were rounds.
    let step = (stored.len() / ROUNDS as usize).max(1);
    for deal in stored.values().step_by(step) {
        let history = session.get(&format!("/api/deal/{}/history", deal["id"].as_str().expect("an id")));
        let items = history["items"].as_array().expect("a list");
        assert_eq!(items.len(), 1, "it was made once: {history}");
        assert_eq!(items[0]["action"], "create", "{history}");
    }
}

fn import(folder: &Folder, database: &Database) -> std::process::Command {
    let mut import = program();
    import.args(["import", "deal", "--match", "name", "--format", "json", "--database", database.url(), "-C"]);
    import.arg(folder.path());
    import.arg(folder.path().join("in.csv"));
    import
}

/// Runs a program and kills it after a while, as a loss of power does.
fn kill_after(mut program: std::process::Command, while_: Duration) {
    let mut child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program runs");
    wait_for(&AtomicBool::new(true), while_);
    child.kill().expect("a process can be killed");
    child.wait().expect("the program ends");
}

/// Makes records until the server is gone; gives the names of those that were acknowledged.
fn write_until_gone(session: &Session, round: u32, account: &str, made: &AtomicBool) -> Vec<String> {
    let mut names = Vec::new();
    for number in 0.. {
        let name = format!("deal {round}-{number}");
        let lines =
            [("a", 1), ("b", 2)].map(|(what, pieces)| json!({"what": format!("{name} {what}"), "pieces": pieces}));
        let deal = json!({"name": name, "amount": number, "account": account, "lines": lines});
        match session.try_ask("POST", "/api/deal", Some(&deal)) {
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

/// All records of an entity by what stands for them, their name or text.
fn all(session: &Session, entity: &str) -> BTreeMap<String, Json> {
    let mut found = BTreeMap::new();
    let mut path = format!("/api/{entity}?limit=500");
    loop {
        let page = session.get(&path);
        for item in page["items"].as_array().expect("a list") {
            let name = item["name"].as_str().or(item["what"].as_str()).expect("a name").to_owned();
            assert!(found.insert(name, item.clone()).is_none(), "{item} is there twice");
        }
        match page["next"].as_str() {
            Some(next) => path = format!("/api/{entity}?limit=500&cursor={next}"),
            None => return found,
        }
    }
}

/// The definitions are in force, and the tables are those that were recorded.
#[track_caller]
fn consistent(folder: &Folder, database: &Database) {
    let plan = folder.run_on(database, &["plan"]).ends_with(0);
    assert!(!plan.stderr.contains("F1002"), "{}", plan.stderr);
}
