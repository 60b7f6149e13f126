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
