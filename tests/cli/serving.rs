//! serve: first start, end, hot reload, several nodes.

use fichero_test_support::databases;
use serde_json::json;

use crate::program::Folder;
use crate::server::Server;

const DEAL: &str =
    "entity: deal\ntitle: name\nfields:\n  name: {type: text, required: true}\n  amount: {type: integer}\n";

#[test]
fn the_first_start_makes_one_administrator() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", DEAL);
        let first = Server::start(&folder, &database, &[]);
        let session = first.session();
        assert_eq!(first.ask("GET", "/healthz").0, 200);
        assert_eq!(first.ask("GET", "/readyz").0, 200);
        session.create("deal", &json!({"name": "First", "amount": 7}));
        let (login, password) = first.login.clone().expect("a log-in was printed");
        assert_eq!(first.end(), 0);

        let again = Server::start(&folder, &database, &[]);
        assert_eq!(again.login, None, "it is shown once");
        let items = again.sign_in(&login, &password).get("/api/deal");
        assert_eq!(items["items"][0]["name"], "First");
        assert_eq!(again.end(), 0);
    }
}

#[test]
fn people_and_tokens_are_made_from_the_command_line() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", DEAL);
        let mut add = folder.command(&[
            "user",
            "add",
            "anna",
            "--role",
            "admin",
            "--password-stdin",
            "--database",
            database.url(),
        ]);
        add.env_remove("FICHERO_DATABASE");
        crate::program::run_with_input(add, "correct horse battery\n").ends_with(0);
        let token = folder.run_on(&database, &["user", "token", "anna"]).ends_with(0);
        assert_eq!(token.stdout.trim().lines().count(), 1, "only the token is on stdout: {}", token.stdout);
        folder.run_on(&database, &["user", "token", "bob"]).ends_with(1);
        folder.run_on(&database, &["user", "add", "carl", "--role", "boss"]).ends_with(1);

        let server = Server::start(&folder, &database, &[]);
        assert_eq!(server.login, None, "somebody can log in already");
        let session = server.sign_in("anna", "correct horse battery");
        let by_token = crate::server::Session { token: token.stdout.trim().to_owned(), ..session.clone() };
        by_token.create("deal", &json!({"name": "By token"}));
        let listed = folder.run_on(&database, &["user", "list"]).ends_with(0);
        assert!(listed.stdout.contains("anna"), "{}", listed.stdout);
        let last = folder.run_on(&database, &["user", "disable", "anna"]).ends_with(1);
        assert!(last.stderr.contains("last administrator"), "{}", last.stderr);
        folder.run_on(&database, &["user", "add", "zoe", "--role", "admin"]).ends_with(0);
        folder.run_on(&database, &["user", "disable", "ANNA"]).ends_with(0);
        session.await_status("/api/deal", 401);
    }
}

#[test]
fn a_saved_file_is_live_and_a_slip_changes_nothing() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", DEAL);
        let mut server = Server::start(&folder, &database, &["--watch"]);
        let session = server.session();
        session.create("deal", &json!({"name": "Before"}));
        assert_eq!(session.ask("GET", "/api/site_visit", None).0, 404);

        folder.write("site_visit.yaml", "entity: site_visit\ntitle: subject\nfields:\n  subject: {type: text}\n");
        session.await_status("/api/site_visit", 200);
        session.create("site_visit", &json!({"subject": "Boiler"}));

        server.forget();
        folder.write("site_visit.yaml", "entity: site_visit\ntitle: subject\nfields:\n  subject: {type: txt}\n");
        server.hear("what was in force before is still served");
        assert_eq!(session.get("/api/site_visit")["items"][0]["subject"], "Boiler");

        server.forget();
        folder.write("site_visit.yaml", "entity: site_visit\ntitle: subject\nfields:\n  subject: {type: text}\n  hours: {type: decimal, scale: 1}\n");
        server.hear("the saved definitions are in force");
        session.create("site_visit", &json!({"subject": "Roof", "hours": "2.5"}));
        assert_eq!(session.get("/api/deal")["items"][0]["name"], "Before");
    }
}

#[test]
fn a_change_of_meaning_waits_for_consent() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", DEAL);
        let mut server = Server::start(&folder, &database, &["--watch"]);
        let session = server.session();
        session.create("deal", &json!({"name": "One", "amount": 15}));

        folder.write("deal.yaml", &DEAL.replace("{type: integer}", "{type: money}"));
        server.hear("waits for consent");
        assert_eq!(session.get("/api/deal")["items"][0]["amount"], 15, "nothing was changed");

        folder.run_on(&database, &["apply"]).ends_with(3);
        folder.run_on(&database, &["apply", "--consent", "0123456789abcdef"]).ends_with(3);
        let plan = folder.run_on(&database, &["plan", "--format", "json"]).ends_with(2).json();
        let consent = plan["consent"].as_str().expect("a hash is printed");
        folder.run_on(&database, &["apply", "--consent", consent]).ends_with(0);
        server.hear("following a new deployment");
        let items = session.get("/api/deal");
        assert_eq!(
            (&items["items"][0]["amount"], &items["items"][0]["amount_currency"]),
            (&json!("15.00"), &json!("EUR"))
        );
    }
}

#[test]
fn an_option_that_records_have_leaves_only_with_consent() {
    let deal = DEAL.replace("{type: integer}", "{type: choice, options: [small, large, huge]}");
    for database in databases() {
        let folder = Folder::with("deal.yaml", &deal);
        let mut server = Server::start(&folder, &database, &["--watch"]);
        let session = server.session();
        session.create("deal", &json!({"name": "One", "amount": "huge"}));

        folder.write("deal.yaml", &deal.replace(", huge]", "]"));
        server.hear("waits for consent");
        server.hear("drop option `huge` of `amount` in `deal`");
        let run = folder.run_on(&database, &["plan"]).ends_with(2);
        assert!(run.stdout.contains("1 row"), "{}", run.stdout);
        assert!(run.stdout.contains("retired: true"), "{}", run.stdout);

        // What no record has goes at once.
        server.forget();
        folder.write("deal.yaml", &deal.replace("small, ", ""));
        server.hear("the saved definitions are in force");
    }
}

#[test]
fn a_change_that_would_lose_data_is_refused_with_its_place() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", &DEAL.replace("{type: integer}", "{type: decimal, scale: 2}"));
        let mut server = Server::start(&folder, &database, &["--watch"]);
        let session = server.session();
        session.create("deal", &json!({"name": "One", "amount": "1.25"}));
        folder.write("deal.yaml", DEAL);
        server.hear("deal.yaml:5:3");
        assert_eq!(session.get("/api/deal")["items"][0]["amount"], "1.25", "nothing was changed");
        let run = folder.run_on(&database, &["apply"]).ends_with(1);
        assert!(run.stderr.contains("deal.yaml:5:3: error[F1003]"), "{}", run.stderr);
    }
}

#[test]
fn two_nodes_with_different_folders_never_undo_each_other() {
    for database in databases() {
        let one = Folder::with("deal.yaml", DEAL);
        let other = one.copy();
        other.write("memo.yaml", "entity: memo\ntitle: text\nfields:\n  text: {type: text}\n");

        let first = Server::start(&one, &database, &["--watch"]);
        let session = first.session();
        let mut second = Server::start(&other, &database, &["--watch"]);
        second.hear("did not come from this folder");
        assert_eq!(second.ask("GET", "/readyz").0, 200, "it serves what is deployed");
        assert_eq!(session.ask("GET", "/api/memo", None).0, 404);

        // What the first author saves reaches both; what the second saves waits.
        one.write("visit.yaml", "entity: visit\ntitle: what\nfields:\n  what: {type: text}\n");
        session.await_status("/api/visit", 200);
        let at_second = crate::server::Session { address: second.address.clone(), ..session.clone() };
        at_second.await_status("/api/visit", 200);
        second.forget();
        other.write("memo.yaml", "entity: memo\ntitle: text\nfields:\n  text: {type: text, max: 50}\n");
        second.hear("did not come from this folder");
        at_second.await_status("/api/visit", 200);
        assert_eq!(at_second.ask("GET", "/api/memo", None).0, 404);

        // A start does not undo either.
        assert_eq!(second.end(), 0);
        let second = Server::start(&other, &database, &[]);
        let at_second = crate::server::Session { address: second.address.clone(), ..session.clone() };
        assert_eq!(at_second.ask("GET", "/api/visit", None).0, 200);
        session.await_status("/api/visit", 200);

        // Who says `apply` means it: both follow.
        other.run_on(&database, &["apply"]).ends_with(0);
        session.await_status("/api/memo", 200);
        session.await_status("/api/visit", 404);
        at_second.await_status("/api/memo", 200);
    }
}

#[test]
fn a_folder_with_errors_serves_what_was_deployed() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", DEAL);
        let first = Server::start(&folder, &database, &[]);
        let (login, password) = first.login.clone().expect("a log-in was printed");
        assert_eq!(first.end(), 0);
        folder.write("deal.yaml", &DEAL.replace("integer", "integr"));
        let mut again = Server::start(&folder, &database, &[]);
        again.hear("what was in force before is still served");
        again.sign_in(&login, &password).get("/api/deal");
    }
}

#[test]
fn a_folder_with_errors_and_nothing_deployed_is_not_served() {
    let folder = Folder::with("deal.yaml", &DEAL.replace("integer", "integr"));
    let run = folder.run(&["serve", "--listen", "127.0.0.1:0"]).ends_with(1);
    assert!(run.stderr.contains("deal.yaml:5"), "{}", run.stderr);
}

#[test]
fn an_address_in_use_is_told() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("an address").to_string();
    let folder = Folder::with("deal.yaml", DEAL);
    let run = folder.run(&["serve", "--listen", &address]).ends_with(1);
    assert!(run.stderr.contains("Another program listens there"), "{}", run.stderr);
}

#[test]
fn old_rows_are_filled_after_a_change() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", DEAL);
        let server = Server::start(&folder, &database, &["--watch"]);
        let session = server.session();
        for amount in 1..=20 {
            session.create("deal", &json!({"name": format!("Deal {amount}"), "amount": amount}));
        }
        folder.write("deal.yaml", &format!("{DEAL}  doubled: {{type: integer, formula: amount * 2, index: true}}\n"));
        let until = std::time::Instant::now() + crate::server::PATIENCE;
        loop {
            let (status, json) = session.ask("GET", "/api/deal?where=doubled%20%3E%200&limit=100", None);
            if status == 200 && json["items"].as_array().is_some_and(|items| items.len() == 20) {
                break;
            }
            assert!(std::time::Instant::now() < until, "{status}: {json}");
        }
    }
}

#[test]
fn nobody_reads_a_number_by_a_scale_that_it_does_not_have() {
    let deal = |scale: u8| {
        format!(
            "entity: deal\ntitle: name\nfields:\n  name: {{type: text}}\n  rate: {{type: decimal, scale: {scale}}}\n"
        )
    };
    for database in databases() {
        let folder = Folder::with("deal.yaml", &deal(2));
        let mut server = Server::start(&folder, &database, &[]);
        let session = server.session();
        let id = session.create("deal", &json!({"name": "One", "rate": "1.5"}));
        folder.write("deal.yaml", &deal(4));
        let stop = std::sync::atomic::AtomicBool::new(false);
        let (read, found) = std::thread::scope(|scope| {
            let reading = scope.spawn(|| {
                let (mut read, mut found) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
                while !stop.load(std::sync::atomic::Ordering::SeqCst) {
                    read.insert(session.get(&format!("/api/deal/{id}"))["rate"].to_string());
                    found.insert(session.get("/api/deal?where=rate%20%3D%3D%201.5")["items"].as_array().map(Vec::len));
                }
                (read, found)
            });
            folder.run_on(&database, &["apply"]).ends_with(0);
            server.hear("following a new deployment");
            stop.store(true, std::sync::atomic::Ordering::SeqCst);
            reading.join().expect("the reader ends")
        });
        assert!(read.iter().all(|rate| ["\"1.50\"", "\"1.5000\""].contains(&rate.as_str())), "{read:?}");
        assert_eq!(found, [Some(1)].into(), "it is found all the time");
    }
}
