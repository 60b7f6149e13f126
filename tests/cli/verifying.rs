//! Whether what records derive is what it should be, asked from outside.

use fichero_test_support::databases;
use serde_json::json;

use crate::program::Folder;
use crate::server::Server;

const DEALS: &str = "entity: account\ntitle: name\nfields:\n  name: {type: text}\n  deals: {type: children, of: deal, by: account}\n  total: {type: integer, rollup: sum(deals.amount)}\n  big: {type: boolean, formula: total > 5}\n---\nentity: deal\ntitle: name\nfields:\n  name: {type: text}\n  account: {type: ref, to: account}\n  amount: {type: integer}\n  account_name: {type: text, compute: account.name}\n";

#[test]
fn nothing_published_is_told() {
    for database in databases() {
        let run = Folder::with("deal.yaml", DEALS).run_on(&database, &["verify"]).ends_with(1);
        assert!(run.stderr.contains("nothing was published"), "{}", run.stderr);
    }
}

#[test]
fn what_records_derive_is_right_after_changes() {
    for database in databases() {
        let folder = Folder::with("deal.yaml", DEALS);
        let server = Server::start(&folder, &database, &[]);
        let (login, password) = server.login.clone().expect("a log-in was printed");
        let session = server.sign_in(&login, &password);
        let account = session.create("account", &json!({"name": "A"}));
        session.create("deal", &json!({"name": "d", "account": account, "amount": 7}));
        // Verifying goes beside a server.
        let run = folder.run_on(&database, &["verify"]).ends_with(0);
        assert!(run.stdout.contains("no difference"), "{}", run.stdout);
        folder.run_on(&database, &["verify", "--rebuild"]).ends_with(0);
        assert_eq!(server.end(), 0);
    }
}

const PAPERS: &str = "entity: firm\ntitle: name\nfields:\n  name: {type: text}\n  contract: {type: file}\n";

#[test]
fn files_whose_bytes_are_lost_or_others_are_told_with_their_record() {
    for database in databases() {
        let folder = Folder::with("firm.yaml", PAPERS);
        let server = Server::start(&folder, &database, &[]);
        let (login, password) = server.login.clone().expect("a log-in was printed");
        let session = server.sign_in(&login, &password);
        let upload = |name: &str, text: &str| session.send("POST", &format!("/api/files?name={name}"), text).1;
        let (one, two) = (upload("one.txt", "first"), upload("two.txt", "second"));
        let of = |file: &serde_json::Value| json!({"name": "A", "contract": file["id"]});
        let (first, second) = (session.create("firm", &of(&one)), session.create("firm", &of(&two)));
        let run = folder.run_on(&database, &["verify"]).ends_with(0);
        assert!(run.stdout.contains("no difference; 2 files, all whole"), "{}", run.stdout);

        let place = |file: &serde_json::Value| {
            let (shelf, rest) = file["hash"].as_str().unwrap().split_at(2);
            folder.path().join("data/files").join(shelf).join(rest)
        };
        std::fs::remove_file(place(&one)).unwrap();
        std::fs::write(place(&two), "spoiled").unwrap();
        let run = folder.run_on(&database, &["verify"]).ends_with(1);
        for told in [
            format!("firm {first}: contract: the bytes of “one.txt” ({}) are missing", one["id"].as_str().unwrap()),
            format!("firm {second}: contract: the bytes of “two.txt” ({}) are others", two["id"].as_str().unwrap()),
            "2 files, 2 faults, which only a backup can mend".to_owned(),
        ] {
            assert!(run.stdout.contains(&told), "{told}: {}", run.stdout);
        }
        let told = folder.run_on(&database, &["verify", "--rebuild", "--format", "json"]).ends_with(1);
        assert!(told.stdout.contains("\"fault\":\"missing\""), "{}", told.stdout);
        assert_eq!(server.end(), 0);
    }
}
