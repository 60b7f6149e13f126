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

#[test]
fn a_workspace_that_no_demo_made_is_served_as_it_is() {
    for database in databases() {
        let folder = Folder::with("city.yaml", "entity: city\nfields:\n  name: {type: text}\n");
        let text = folder.read("workspace.yaml");
        let mut command = folder.command(&["demo", "--listen", "127.0.0.1:0", "--format", "json"]);
        command.args(["--database", database.url()]);
        let server = Server::spawn(command);
        // Nobody could log in, so that an administrator was made, as `serve` does.
        let session = server.session();
        assert_eq!(session.get("/api/user?count=true")["count"], 1, "no demo data is loaded");
        let login = server.ask("GET", "/login").1;
        assert!(!login.contains("fichero-demo"), "{login}");
        assert_eq!(server.end(), 0);
        assert_eq!(folder.read("workspace.yaml"), text);
    }
}

#[test]
fn a_demo_leaves_the_accounts_of_another_database_alone() {
    for database in databases() {
        let folder = Folder::new();
        let mut first = folder.command(&["demo", "--listen", "127.0.0.1:0", "--format", "json"]);
        first.args(["--database", &format!("sqlite:{}", folder.path().join("own.db").display())]);
        assert_eq!(Server::spawn(first).end(), 0);
        // The same folder on a database that somebody works with already.
        let mut add = folder.command(&["user", "add", "boss", "--role", "admin"]);
        add.args(["--database", database.url()]);
        crate::program::run(add).ends_with(0);
        let mut second = folder.command(&["demo", "--listen", "127.0.0.1:0", "--format", "json"]);
        second.args(["--database", database.url()]);
        let server = Server::spawn(second);
        let (status, _) = server.ask("GET", "/login");
        assert_eq!(status, 200);
        assert!(server.login.is_none(), "{:?}", server.login);
        assert!(!server.ask("GET", "/login").1.contains("fichero-demo"));
        assert_eq!(server.end(), 0);
    }
}
