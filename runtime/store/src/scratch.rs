//! Databases for a while: each scenario test has one of its own, copied from a template and removed afterwards.
//!
//! A copy is that of a file, or PostgreSQL's own of a whole database; both take a small part of the time that making the
//! tables takes. What cannot be removed is told in the log and nothing more: nobody depends on its being gone.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::db::Location;
use crate::tx::{PostgresSession, connect_options};
use crate::{Db, Error, Options, SqliteSync};

/// How long making or removing a database may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Where such databases are made.
#[derive(Clone, Debug)]
pub enum Ground {
    /// As SQLite files in this folder, which must exist.
    Folder(PathBuf),
    /// On the PostgreSQL server of this URL, whose user must be allowed to make databases. The database that the URL
    /// names is only connected to.
    Server(String),
}

/// A database that is removed when this is dropped. Whoever opened it has closed it before.
#[derive(Debug)]
pub struct Scratch {
    place: Place,
    options: Options,
}

#[derive(Debug)]
enum Place {
    File(PathBuf),
    Database { server: String, name: String },
}

impl Ground {
    /// The ground that a `--database` URL stands on: its server, or `folder` where it is a file's.
    ///
    /// # Errors
    /// [`Error::Url`] when it is no URL of a database.
    pub fn of(url: &str, folder: &Path) -> Result<Self, Error> {
        Ok(match Options::new(url).location()? {
            Location::Sqlite(_) => Ground::Folder(folder.to_owned()),
            Location::Postgres(server) => Ground::Server(server),
        })
    }

    /// Makes an empty database. `name` is made of letters, digits and `_`, and nobody else's. Blocks.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be made, and why.
    pub fn make(&self, name: &str) -> Result<Scratch, Error> {
        self.create(name, "template0")
    }

    /// Makes a copy of a database that nobody has open. Blocks.
    ///
    /// # Errors
    /// As [`Ground::make`].
    pub fn copy(&self, template: &Scratch, name: &str) -> Result<Scratch, Error> {
        match &template.place {
            Place::Database { name: template, .. } => self.create(name, template),
            Place::File(path) => {
                let copy = self.create(name, "")?;
                if let Place::File(to) = &copy.place {
                    std::fs::copy(path, to)
                        .map_err(|error| Error::Unavailable(format!("{}: {error}", to.display())))?;
                }
                Ok(copy)
            }
        }
    }

    fn create(&self, name: &str, template: &str) -> Result<Scratch, Error> {
        match self {
            Ground::Folder(folder) => {
                let path = folder.join(format!("{name}.db"));
                let options = options(format!("sqlite:{}", path.display()));
                Ok(Scratch { place: Place::File(path), options })
            }
            Ground::Server(server) => {
                run(server, &format!("CREATE DATABASE \"{}\" TEMPLATE \"{}\"", quoted(name), quoted(template)))?;
                let options = options(with_database(server, name));
                Ok(Scratch { place: Place::Database { server: server.clone(), name: name.to_owned() }, options })
            }
        }
    }
}

impl Scratch {
    /// Opens it. Blocks.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn open(&self) -> Result<Db, Error> {
        Db::open(&self.options)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        match &self.place {
            Place::File(path) => {
                for suffix in ["", "-wal", "-shm"] {
                    let mut name = path.clone().into_os_string();
                    name.push(suffix);
                    match std::fs::remove_file(&name) {
                        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                            tracing::warn!(%error, file = %Path::new(&name).display(), "a database for tests was not removed");
                        }
                        _ => {}
                    }
                }
            }
            Place::Database { server, name } => {
                if let Err(error) = run(server, &format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", quoted(name))) {
                    tracing::warn!(error = error.detail(), name, "a database for tests was not removed");
                }
            }
        }
    }
}

/// What is thrown away need not survive a loss of power, and few ask it.
fn options(url: String) -> Options {
    Options { sqlite_sync: SqliteSync::Normal, readers: 1, pool: 2, ..Options::new(url) }
}

/// Runs a statement on a connection of its own.
fn run(server: &str, sql: &str) -> Result<(), Error> {
    let mut session = PostgresSession::new(connect_options(server, LIMIT)?, LIMIT)?;
    session.connect()?;
    let result = session.script(sql);
    session.close();
    result.map_err(|error| Error::Unavailable(error.detail()))
}

fn quoted(name: &str) -> String {
    name.replace('"', "\"\"")
}

/// `url` with its database replaced; parameters stay.
fn with_database(url: &str, name: &str) -> String {
    let (address, parameters) =
        url.split_once('?').map_or((url, String::new()), |(address, rest)| (address, format!("?{rest}")));
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address.get(host..).and_then(|rest| rest.find('/')).map_or(address.len(), |at| host + at);
    format!("{}/{name}{parameters}", address.get(..end).unwrap_or(address))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;
    use crate::{Isolation, Priority};

    #[test]
    fn the_database_of_a_url_is_replaced() {
        assert_eq!(
            with_database("postgres://me@host:5432/postgres?sslmode=disable", "x"),
            "postgres://me@host:5432/x?sslmode=disable"
        );
        assert_eq!(with_database("postgres://host", "x"), "postgres://host/x");
    }

    #[test]
    fn what_is_closed_is_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let ground = Ground::of("sqlite:data/fichero.db", folder.path()).unwrap();
        for round in 0..50 {
            let scratch = ground.make(&format!("round_{round}")).unwrap();
            let db = scratch.open().unwrap();
            let made: Result<(), Error> = db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, |tx| {
                tx.script("CREATE TABLE t (id INTEGER)")
            });
            made.unwrap();
            db.close();
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing stays in a log beside the file");
        }
    }

    #[test]
    fn a_copy_holds_what_its_template_held_and_both_go_away() {
        let folder = tempfile::tempdir().unwrap();
        let ground = Ground::of("sqlite:data/fichero.db", folder.path()).unwrap();
        let template = ground.make("template").unwrap();
        let db = template.open().unwrap();
        let made: Result<(), Error> = db.write_blocking(Priority::Interactive, Isolation::ReadCommitted, |tx| {
            tx.script("CREATE TABLE only_here (id INTEGER)")
        });
        made.unwrap();
        db.close();
        let copy = ground.copy(&template, "copy").unwrap();
        let db = copy.open().unwrap();
        let found: Result<_, Error> =
            db.read_blocking(|tx| tx.query("SELECT count(*) FROM only_here", &[], &[crate::ColumnType::Integer]));
        assert_eq!(found.unwrap().len(), 1);
        db.close();
        drop((copy, template));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
