//! The mark by which a demo knows its own: a folder that `fichero demo` wrote, and the databases it furnished.
//!
//! Any other workspace is somebody's work: it is served as it is, and its log-ins are nobody's to print.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::Failure;
use crate::workspace::parent;

/// How far a demo is with a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nobody could log in when it began; what is there is its own.
    Begun,
    /// Everybody can log in; what was changed since stays so.
    Done,
}

impl Stage {
    const ALL: [Self; 2] = [Self::Begun, Self::Done];

    fn word(self) -> &'static str {
        match self {
            Stage::Begun => "begun",
            Stage::Done => "done",
        }
    }
}

/// The mark of a folder.
pub struct Mark {
    path: PathBuf,
    databases: BTreeMap<String, Stage>,
}

impl Mark {
    /// Marks a folder as a demo's.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn make(folder: &Path) -> Result<(), Failure> {
        Self { path: path(folder), databases: BTreeMap::new() }.write()
    }

    /// The mark of a folder; nothing when no demo made it.
    pub fn of(folder: &Path) -> Option<Self> {
        let path = path(folder);
        let text = fs::read_to_string(&path).ok()?;
        let read = |line: &str| {
            let (word, database) = line.split_once(' ')?;
            let stage = Stage::ALL.into_iter().find(|stage| stage.word() == word)?;
            Some((database.to_owned(), stage))
        };
        Some(Self { path, databases: text.lines().filter_map(read).collect() })
    }

    /// How far it is with a database; nothing when it has nothing to do with it.
    pub fn stage(&self, database: &str) -> Option<Stage> {
        self.databases.get(&parent::identity(database)).copied()
    }

    /// Notes how far it is with a database.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note(&mut self, database: &str, stage: Stage) -> Result<(), Failure> {
        self.databases.insert(parent::identity(database), stage);
        self.write()
    }

    fn write(&self) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::file("write", &self.path, &error);
        self.path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        let line = |(database, stage): (&String, &Stage)| format!("{} {database}\n", stage.word());
        let lines: String = self.databases.iter().map(line).collect();
        fs::write(&self.path, lines).map_err(failed)
    }
}

/// Beside the database, so that a copy of the definitions alone is no demo.
fn path(folder: &Path) -> PathBuf {
    folder.join("data").join("demo")
}
