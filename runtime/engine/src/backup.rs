//! A whole workspace in one file, and from one database into another.
//!
//! A backup is a tar packed with zstd. It begins with `outline.json` (what the database consists of), goes on with the rows
//! of its tables in pieces (`rows/0/0`, `rows/0/1` …, in the encoding of `fichero_store::snapshot`) and with the files of
//! the workspace's `data` folder, and ends with `manifest.json`, which counts and hashes all of it; a file that was cut
//! has none. All rows are those of one moment, while others go on writing.
//!
//! What always holds: a database into which something is brought was empty before, and holds all of it afterwards or
//! nothing; what was written is read again and compared before it is committed.
//!
//! What is left out: sessions and the key that seals them, so people sign in again after a restore. Passwords and tokens
//! are kept as the hashes they are.

mod archive;
mod bring;

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use fichero_store::Db;
use fichero_store::snapshot::{self, Digest, Hasher, Outline, Table};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use archive::Packer;
pub use bring::{copy, restore};

/// The form of backups that this release writes, and the newest that it reads.
const FORMAT: u32 = 1;

/// What a backup begins with.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Beginning {
    /// The form of the file.
    format: u32,
    /// The release that wrote it.
    release: String,
    /// When, in UTC.
    at: String,
    /// What the database consists of.
    outline: Outline,
}

/// What a backup ends with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    /// The SHA-256 of what it begins with.
    outline: String,
    /// What each table holds.
    tables: BTreeMap<String, Digest>,
    /// The SHA-256 of each file of the workspace's `data` folder, by its path in it.
    files: BTreeMap<String, String>,
}

/// What was saved, restored or copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The deployment that was the newest.
    pub deployment: i64,
    /// How many tables.
    pub tables: u64,
    /// How many rows.
    pub rows: u64,
    /// How many files.
    pub files: u64,
}

impl Report {
    fn of(outline: &Outline, digests: &BTreeMap<String, Digest>, files: usize) -> Self {
        Self {
            deployment: outline.deployment,
            tables: outline.tables.len() as u64,
            rows: digests.values().map(|digest| digest.rows).sum(),
            files: files as u64,
        }
    }
}

/// Who watches: is told of rows as they go by.
pub type Watch = Arc<dyn Fn(u64) + Send + Sync>;

/// Why something was not saved, restored or copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The database.
    Store(fichero_store::Error),
    /// Nothing was ever deployed there.
    Nothing,
    /// The database that was to be filled holds something already.
    NotEmpty,
    /// The backup cannot be read or written, or it is not what its manifest says.
    File(String),
    /// What is in the database now is not what was brought: this table differs.
    Differs(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Store(error) => f.write_str(&error.detail()),
            Error::Nothing => f.write_str("the database holds no workspace yet: nothing was ever deployed to it"),
            Error::NotEmpty => f.write_str("the database is not empty; nothing was changed"),
            Error::File(told) => f.write_str(told),
            Error::Differs(table) => write!(
                f,
                "the table `{table}` does not hold what was written to it, so nothing was kept of what was brought"
            ),
        }
    }
}

impl std::error::Error for Error {}

impl From<fichero_store::Error> for Error {
    fn from(error: fichero_store::Error) -> Self {
        Error::Store(error)
    }
}

/// Saves a database, and the folders in `data`, as one file. Blocks.
///
/// # Errors
/// When the database cannot be read, or the file cannot be written.
pub fn save<W: Write + Send + 'static>(
    db: &Db,
    data: &Path,
    at: Timestamp,
    out: W,
    watch: &Watch,
) -> Result<(Report, W), Error> {
    let (data, watch) = (data.to_owned(), Arc::clone(watch));
    let mut out = Some(out);
    db.snapshot_blocking(move |tx| {
        let outline = snapshot::outline(tx)?.ok_or(Error::Nothing)?;
        let Some(out) = out.take() else {
            // What was written cannot be written again.
            return Err(Error::File("the database was lost while it was read; save it again".to_owned()));
        };
        let mut packer = Packer::new(out)?;
        let beginning = Beginning {
            format: FORMAT,
            release: env!("CARGO_PKG_VERSION").to_owned(),
            at: at.to_string(),
            outline: outline.clone(),
        };
        let mut manifest = Manifest { outline: packer.json("outline.json", &beginning)?, ..Manifest::default() };
        for (number, table) in outline.tables.iter().enumerate() {
            let (mut hasher, mut piece) = (Hasher::default(), 0_u64);
            snapshot::read(tx, table, |rows, encoded| {
                hasher.add(rows, &encoded);
                watch(rows);
                packer.bytes(&format!("rows/{number}/{piece}"), &encoded)?;
                piece += 1;
                Ok::<_, Error>(())
            })?;
            manifest.tables.insert(table.name.clone(), hasher.end());
        }
        manifest.files = packer.folder(&data)?;
        packer.json("manifest.json", &manifest)?;
        Ok((Report::of(&outline, &manifest.tables, manifest.files.len()), packer.end()?))
    })
}

/// The first table that does not hold what it should.
fn first_difference<'t>(
    tables: &'t [Table],
    should: &BTreeMap<String, Digest>,
    is: &BTreeMap<String, Digest>,
) -> Option<&'t str> {
    tables.iter().map(|table| table.name.as_str()).find(|name| should.get(*name) != is.get(*name))
}
