//! Finds the PostgreSQL server that tests may use, or starts one.
//!
//! `FICHERO_TEST_POSTGRES` names a server whose user may create databases; `tests/run` and cargo-nextest's set-up
//! script set it, so that a whole run shares one. Without it, each test process starts `tests/postgres.sh` once. That
//! script serves until its standard input closes, so the server goes with the process that holds the other end, however
//! that process ends: nothing here needs to run at exit.

use std::env;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::Database;

/// A PostgreSQL server on which tests make their databases.
#[derive(Debug)]
pub struct Postgres {
    url: String,
    /// The server's keeper, if it was started here: its standard input closes with this process, which ends it.
    _server: Option<Child>,
}

impl Postgres {
    /// The server that this process shares, started on first use.
    ///
    /// `None` where the machine has no PostgreSQL, said on stderr. Panics instead when `FICHERO_REQUIRE_ALL=1`, and
    /// when a server is there but does not start.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| match env::var("FICHERO_TEST_POSTGRES") {
            Ok(url) if !url.is_empty() => Some(Self { url, _server: None }),
            _ => start(),
        });
        if shared.is_none() {
            let missing = "this machine has no PostgreSQL: install it (Debian: apt-get install postgresql), \
                           or name a server by FICHERO_TEST_POSTGRES=postgres://…";
            if env::var("FICHERO_REQUIRE_ALL").is_ok_and(|value| value == "1") {
                panic!("{missing}");
            }
            eprintln!("the PostgreSQL part of this test is skipped; {missing}");
        }
        shared.as_ref()
    }

    /// The server's own URL, with a database to connect to from which others can be created.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A fresh, empty database, dropped (with whoever is still connected) when the value is.
    pub fn create_database(&self) -> Database {
        let name = format!("fichero_test_{}_{:016x}", std::process::id(), RandomState::new().build_hasher().finish());
        execute(&self.url, &format!(r#"CREATE DATABASE "{name}" TEMPLATE template0"#))
            .unwrap_or_else(|error| panic!("a test database can be created on {}: {error}", self.url));
        Database::on_server(with_database(&self.url, &name), &self.url, name)
    }
}

/// Runs one statement on a connection of its own.
///
/// The statement has a thread and a runtime to itself, so that a test may call this from within its own runtime.
pub(crate) fn execute(url: &str, sql: &str) -> Result<(), sqlx::Error> {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime is made");
        runtime.block_on(async {
            let mut connection = PgConnection::connect(url).await?;
            connection.execute(AssertSqlSafe(sql)).await?;
            connection.close().await
        })
    };
    thread::scope(|scope| scope.spawn(run).join().expect("running a statement does not panic"))
}

/// Starts a server that lives as long as this process; `None` where there are no programs of PostgreSQL.
fn start() -> Option<Postgres> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../postgres.sh");
    let found = Command::new(script).arg("--find").output().expect("tests/postgres.sh can be run");
    if !found.status.success() {
        return None;
    }
    let mut server = Command::new(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("tests/postgres.sh can be run");
    let mut url = String::new();
    let stdout = server.stdout.take().expect("stdout is piped");
    BufReader::new(stdout).read_line(&mut url).expect("tests/postgres.sh writes text");
    if url.is_empty() {
        let ended = server.wait_with_output().expect("tests/postgres.sh ends");
        panic!("PostgreSQL did not start: {}", String::from_utf8_lossy(&ended.stderr));
    }
    Some(Postgres { url: url.trim_end().to_owned(), _server: Some(server) })
}

/// `url` with its database (the path) replaced by `name`; parameters stay.
fn with_database(url: &str, name: &str) -> String {
    let (address, parameters) = url.split_once('?').map_or((url, None), |(address, rest)| (address, Some(rest)));
    let host_starts = address.find("://").map_or(0, |at| at + 3);
    let host_ends = address[host_starts..].find('/').map_or(address.len(), |at| host_starts + at);
    let parameters = parameters.map(|rest| format!("?{rest}")).unwrap_or_default();
    format!("{}/{name}{parameters}", &address[..host_ends])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_is_replaced() {
        assert_eq!(with_database("postgres://me@host:5432/postgres", "x"), "postgres://me@host:5432/x");
        assert_eq!(with_database("postgres://host", "x"), "postgres://host/x");
        assert_eq!(with_database("postgres://h/old?sslmode=disable", "x"), "postgres://h/x?sslmode=disable");
    }

    #[test]
    fn databases_are_empty_apart_and_gone_afterwards() {
        let Some(server) = Postgres::shared() else { return };
        let (one, other) = (server.create_database(), server.create_database());
        execute(one.url(), "CREATE TABLE only_here (id integer)").expect("the first database takes a table");
        execute(other.url(), "SELECT * FROM only_here").expect_err("the second does not have it");
        let url = one.url().to_owned();
        drop(one);
        execute(&url, "SELECT 1").expect_err("a dropped database cannot be connected to");
    }

    #[tokio::test]
    async fn a_database_can_be_made_inside_a_runtime() {
        let Some(server) = Postgres::shared() else { return };
        let database = server.create_database();
        PgConnection::connect(database.url()).await.expect("it can be connected to");
    }
}
