//! An empty database of either sort, gone when it is dropped.

use tempfile::TempDir;

use crate::postgres::{self, Postgres};

/// An empty database that belongs to one test.
///
/// ```no_run
/// for database in fichero_test_support::databases() {
///     println!("testing on {}", database.url());
/// }
/// ```
#[derive(Debug)]
pub struct Database {
    url: String,
    home: Home,
}

/// What must go away with the database.
#[derive(Debug)]
enum Home {
    Folder(#[expect(dead_code, reason = "held only to be dropped: that removes the folder")] TempDir),
    Server { url: String, name: String },
}

/// One empty database of each sort: SQLite always, PostgreSQL where the machine has it (see [`Postgres::shared`]).
pub fn databases() -> Vec<Database> {
    let postgres = Postgres::shared().map(Postgres::create_database);
    std::iter::once(Database::sqlite()).chain(postgres).collect()
}

impl Database {
    /// A SQLite database in a folder of its own; the file is made by whoever opens it first.
    pub fn sqlite() -> Self {
        let folder = crate::scratch_dir();
        Self { url: format!("sqlite:{}", folder.path().join("fichero.db").display()), home: Home::Folder(folder) }
    }

    pub(crate) fn on_server(url: String, server_url: &str, name: String) -> Self {
        Self { url, home: Home::Server { url: server_url.to_owned(), name } }
    }

    /// The database as `--database` and `FICHERO_DATABASE` take it: `sqlite:PATH` or `postgres://…`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether this is a PostgreSQL database.
    pub fn is_postgres(&self) -> bool {
        matches!(self.home, Home::Server { .. })
    }
}

impl Drop for Database {
    /// A failure to drop is told and nothing more: a panic here would hide why the test failed.
    fn drop(&mut self) {
        if let Home::Server { url, name } = &self.home
            && let Err(error) = postgres::execute(url, &format!(r#"DROP DATABASE IF EXISTS "{name}" WITH (FORCE)"#))
        {
            eprintln!("could not drop the test database {name}: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_is_always_there_and_its_folder_goes_away() {
        let databases = databases();
        assert!(!databases[0].is_postgres());
        let path = databases[0].url().strip_prefix("sqlite:").expect("a SQLite URL").to_owned();
        std::fs::write(&path, "").expect("the file can be made");
        drop(databases);
        assert!(!std::path::Path::new(&path).exists());
    }
}
