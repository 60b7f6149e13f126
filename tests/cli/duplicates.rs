//! Duplicates among the records that are there, asked from outside.

use fichero_test_support::databases;
use serde_json::json;

use crate::program::Folder;
use crate::server::Server;

const FIRMS: &str = "entity: firm\ntitle: name\nfields: {name: text, town: text}\nduplicates: {same: {match: {name: similar}}}\n---\nentity: other\nfields: {name: text}\n";

#[test]
fn likely_duplicates_are_printed_in_groups() {
    for database in databases() {
        let folder = Folder::with("firm.yaml", FIRMS);
        let server = Server::start(&folder, &database, &[]);
        let (login, password) = server.login.clone().expect("a log-in was printed");
        let session = server.sign_in(&login, &password);
        for name in ["Ebro Bolts", "Ebro Bolt", "Zenith Cranes", "Lago Verde", "LAGO VERDE"] {
            session.create("firm", &json!({"name": name}));
        }
        let run = folder.run_on(&database, &["duplicates", "firm"]).ends_with(0);
        assert!(run.stdout.contains("Ebro Bolts") && run.stdout.contains("Ebro Bolt\n"), "{}", run.stdout);
        assert!(!run.stdout.contains("Zenith"), "{}", run.stdout);
        assert!(run.stdout.contains("5 records, 2 likely pairs in 2 groups"), "{} {}", run.stdout, run.stderr);
        let groups: Vec<usize> = run.stdout.trim().split("\n\n").map(|group| group.lines().count()).collect();
        // The last line sums up.
        assert_eq!(groups, [2, 3], "a group a paragraph: {}", run.stdout);
        let run = folder.run_on(&database, &["duplicates", "other"]).ends_with(1);
        assert!(run.stderr.contains("duplicates:"), "{}", run.stderr);
        assert_eq!(server.end(), 0);
    }
}
