//! demo: made once, kept afterwards.

use fichero_test_support::databases;
use serde_json::json;

use crate::program::Folder;
use crate::server::Server;

#[test]
fn a_demo_is_made_once_and_kept() {
    for database in databases() {
        let folder = Folder::new();
        let start = || {
            let mut command = folder.command(&["demo", "--listen", "127.0.0.1:0", "--format", "json"]);
            command.args(["--database", database.url()]);
            Server::spawn(command)
        };
        let first = start();
        assert!(folder.read("workspace.yaml").contains("sales: stock"));
        let session = first.sign_in("admin", "fichero-demo");
        let people = session.get("/api/user?count=true");
        assert!(people["count"].as_u64().is_some_and(|count| count > 5), "{people}");
        let id = session.create("team", &json!({"name": "Made by hand"}));
        assert_eq!(first.end(), 0);

        let second = start();
        let session = second.sign_in("admin", "fichero-demo");
        session.get(&format!("/api/team/{id}"));
        assert_eq!(session.get("/api/user?count=true")["count"], people["count"]);
        assert_eq!(second.end(), 0);
    }
}
