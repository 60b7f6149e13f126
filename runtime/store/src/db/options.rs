//! Which database to open, and how.

use std::path::PathBuf;
use std::time::Duration;

use crate::Error;

/// How a database is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// `sqlite:PATH` or `postgres://USER:PASSWORD@HOST:PORT/DATABASE` with the parameters that libpq knows.
    pub url: String,
    /// When a commit on SQLite counts as done.
    pub sqlite_sync: SqliteSync,
    /// How many threads read SQLite at the same time.
    pub readers: usize,
    /// How many connections to PostgreSQL at most; they are opened as they are needed.
    pub pool: usize,
    /// How long a command may wait for its turn.
    pub queue_limit: Duration,
    /// How long one statement may run.
    pub statement_limit: Duration,
}

/// When a commit on SQLite counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqliteSync {
    /// When it is on the disk: what was acknowledged survives a loss of power.
    Full,
    /// When the operating system has it: what was acknowledged survives a crash of the process; a loss of power may
    /// take the last commits, but never damages the database.
    Normal,
}

impl Options {
    /// The options that suit most, for a database.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            sqlite_sync: SqliteSync::Full,
            readers: 4,
            pool: 16,
            queue_limit: Duration::from_secs(30),
            statement_limit: Duration::from_secs(30),
        }
    }

    /// Takes the URL apart.
    pub(crate) fn location(&self) -> Result<Location, Error> {
        let url = self.url.trim();
        if let Some(path) = url.strip_prefix("sqlite:") {
            return sqlite(path);
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Location::Postgres(url.to_owned()));
        }
        let what = if url.is_empty() {
            "the URL of the database is empty".to_owned()
        } else if let Some((scheme, _)) = url.split_once(':') {
            format!("`{scheme}:` is no database that Fichero knows")
        } else {
            format!("`{url}` is no URL of a database")
        };
        Err(Error::Url(format!("{what}; write `sqlite:PATH` or `postgres://USER@HOST/DATABASE`")))
    }
}

/// Where a database is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// A file.
    Sqlite(PathBuf),
    /// A server, by its URL.
    Postgres(String),
}

fn sqlite(path: &str) -> Result<Location, Error> {
    if path == ":memory:" {
        // Its threads could not share it.
        return Err(Error::Url(
            "a database in memory is not supported; name a file, such as `sqlite:data/fichero.db`".into(),
        ));
    }
    // `sqlite://path` is what other tools write; three slashes are an absolute path.
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() {
        return Err(Error::Url(
            "`sqlite:` names no file; write `sqlite:PATH`, such as `sqlite:data/fichero.db`".into(),
        ));
    }
    if let Some((_, parameters)) = path.split_once('?') {
        return Err(Error::Url(format!("`?{parameters}` means nothing for SQLite; write `sqlite:PATH` alone")));
    }
    if path.ends_with('/') {
        return Err(Error::Url(format!("`{path}` is a folder; name a file in it, such as `{path}fichero.db`")));
    }
    Ok(Location::Sqlite(PathBuf::from(path)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let file = |path: &str| Ok(Location::Sqlite(PathBuf::from(path)));
        let wrong = |part: &str| Err(part.to_owned());
        for (url, expected) in [
            ("sqlite:data/fichero.db", file("data/fichero.db")),
            ("sqlite:///tmp/x.db", file("/tmp/x.db")),
            ("sqlite:/tmp/x.db", file("/tmp/x.db")),
            ("sqlite::memory:", wrong("in memory is not supported")),
            ("postgres://me@host/db", Ok(Location::Postgres("postgres://me@host/db".into()))),
            ("postgresql:///db", Ok(Location::Postgres("postgresql:///db".into()))),
            ("", wrong("is empty")),
            ("fichero.db", wrong("`fichero.db` is no URL of a database")),
            ("mysql://host/db", wrong("`mysql:` is no database that Fichero knows")),
            ("sqlite:", wrong("names no file")),
            ("sqlite:data/", wrong("is a folder")),
            ("sqlite:x.db?mode=ro", wrong("means nothing for SQLite")),
        ] {
            match (Options::new(url).location(), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{url}"),
                (Err(Error::Url(message)), Err(part)) => assert!(message.contains(&part), "{url}: {message}"),
                (found, _) => panic!("{url}: {found:?}"),
            }
        }
    }
}
