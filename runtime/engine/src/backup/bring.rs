//! Into an empty database: from a backup, or from another database. All of it is one transaction.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use fichero_store::snapshot::{self, Digest, Hasher, Outline};
use fichero_store::system::search;
use fichero_store::{Db, Isolation, Priority, Tx, statistics};
use sha2::Digest as _;

use super::archive::{self, Part};
use super::{Beginning, Error, FORMAT, Manifest, Report, Watch, first_difference};

/// How many pieces may wait between two databases.
const WAITING: usize = 4;

/// Brings a backup into an empty database, and its files into `data`. Blocks.
///
/// # Errors
/// When the database is not empty, the file is not what its manifest says, or what was written differs: nothing was
/// changed then.
pub fn restore(db: &Db, file: &Path, data: &Path, watch: &Watch) -> Result<Report, Error> {
    let unwritable = |error: std::io::Error| Error::File(format!("cannot write to {}: {error}", data.display()));
    std::fs::create_dir_all(data).map_err(unwritable)?;
    // Files go to their places when the database has all of it.
    let staging = tempfile::Builder::new().prefix(".restore-").tempdir_in(data).map_err(unwritable)?;
    let (file, folder, watch) = (file.to_owned(), staging.path().to_owned(), Arc::clone(watch));
    let restored = db
        .write_blocking(Priority::Interactive, Isolation::ReadCommitted, move |tx| unpack(tx, &file, &folder, &watch));
    let (report, files) = restored?;
    for path in files {
        let place = data.join(&path);
        let told = |error: std::io::Error| {
            let left = place.display();
            Error::File(format!("the database was restored, but the file {left} cannot be put in its place: {error}"))
        };
        if let Some(parent) = place.parent() {
            std::fs::create_dir_all(parent).map_err(told)?;
        }
        std::fs::rename(staging.path().join(&path), &place).map_err(told)?;
    }
    Ok(report)
}

/// Moves all that a database holds into another, empty one. Blocks.
///
/// # Errors
/// When the other database is not empty, either fails, or what was written differs: nothing was changed then.
pub fn copy(from: &Db, to: &Db, watch: &Watch) -> Result<Report, Error> {
    let (from, watch) = (from.clone(), Arc::clone(watch));
    to.write_blocking(Priority::Interactive, Isolation::ReadCommitted, move |tx| {
        if !snapshot::is_empty(tx)? {
            return Err(Error::NotEmpty);
        }
        let (pieces, waiting) = sync_channel(WAITING);
        let source = from.clone();
        let reading = std::thread::Builder::new().name("copy".to_owned()).spawn(move || read(&source, pieces));
        let reading = reading.map_err(|error| Error::File(format!("no thread can be started: {error}")))?;
        let taken = take(tx, &waiting, &watch);
        drop(waiting);
        // Where reading failed, what came is not all of it.
        let read = reading.join().unwrap_or_else(|_| Err(Error::File("reading broke off".to_owned())));
        let (outline, digests) = taken.and_then(|taken| read.map(|()| taken))?;
        finish(tx, &outline, &digests)?;
        Ok(Report::of(&outline, &digests, 0))
    })
}

/// What goes from one database to the other.
enum Piece {
    Outline(Box<Outline>),
    Rows(usize, u64, Vec<u8>),
}

fn read(source: &Db, pieces: SyncSender<Piece>) -> Result<(), Error> {
    let gone = |_| Error::File("the other database takes no more".to_owned());
    source.snapshot_blocking(move |tx| {
        let outline = snapshot::outline(tx)?.ok_or(Error::Nothing)?;
        pieces.send(Piece::Outline(Box::new(outline.clone()))).map_err(gone)?;
        for (number, table) in outline.tables.iter().enumerate() {
            snapshot::read(tx, table, |rows, encoded| pieces.send(Piece::Rows(number, rows, encoded)).map_err(gone))?;
        }
        Ok(())
    })
}

fn take(tx: &mut Tx, pieces: &Receiver<Piece>, watch: &Watch) -> Result<(Outline, BTreeMap<String, Digest>), Error> {
    let mut filling: Option<Filling> = None;
    for piece in pieces {
        match (piece, &mut filling) {
            (Piece::Outline(outline), None) => filling = Some(Filling::begin(tx, *outline)?),
            (Piece::Rows(number, rows, encoded), Some(filling)) => {
                filling.add(tx, number, &encoded)?;
                watch(rows);
            }
            (Piece::Outline(_), Some(_)) | (Piece::Rows(..), None) => {
                // The database was read a second time, from its beginning.
                return Err(Error::File("the database was lost while it was read; copy it again".to_owned()));
            }
        }
    }
    // That nothing came is told by who reads.
    filling.map(Filling::end).ok_or(Error::Nothing)
}

fn unpack(tx: &mut Tx, file: &Path, folder: &Path, watch: &Watch) -> Result<(Report, Vec<PathBuf>), Error> {
    if !snapshot::is_empty(tx)? {
        return Err(Error::NotEmpty);
    }
    let wrong = |what: &str| Error::File(format!("{} {what}; nothing was changed", file.display()));
    let unkept = |error: Error| match error {
        // What the database does not take is no fault of the database.
        Error::Store(error) if !error.is_retryable() => {
            wrong(&format!("was changed, or does not fit: {}", error.detail()))
        }
        other => other,
    };
    let (mut found, mut told) = (Manifest::default(), None);
    let mut filling: Option<Filling> = None;
    let mut files = Vec::new();
    archive::unpack(file, |part| {
        match (part, &mut filling) {
            (Part::Outline(bytes), None) => {
                found.outline = archive::hexadecimal(&sha2::Sha256::digest(&bytes));
                let form: Form = archive::read(file, &bytes)?;
                if form.format > FORMAT {
                    return Err(wrong(&format!("was written by a newer release ({})", form.release)));
                }
                let beginning: Beginning = archive::read(file, &bytes)?;
                filling = Some(Filling::begin(tx, beginning.outline).map_err(unkept)?);
            }
            (Part::Rows(number, bytes), Some(filling)) => watch(filling.add(tx, number, &bytes).map_err(unkept)?),
            (Part::File(path, from), Some(_)) => {
                let hash = archive::write(folder, &path, from)?;
                found.files.insert(path.to_string_lossy().into_owned(), hash);
                files.push(path);
            }
            (Part::Manifest(bytes), Some(_)) => told = Some(archive::read::<Manifest>(file, &bytes)?),
            (Part::Outline(_), Some(_)) | (Part::Rows(..) | Part::File(..) | Part::Manifest(_), None) => {
                return Err(wrong("is not in the order of a backup"));
            }
        }
        Ok(())
    })?;
    let (Some(filling), Some(told)) = (filling, told) else {
        return Err(wrong("is not whole: its manifest is missing"));
    };
    let (outline, digests) = filling.end();
    found.tables = digests;
    if found.outline != told.outline {
        return Err(wrong("was changed: what it says of its tables is not what its manifest knows"));
    }
    if let Some(table) = first_difference(&outline.tables, &told.tables, &found.tables) {
        return Err(wrong(&format!("was changed: the rows of `{table}` are not those that its manifest counts")));
    }
    if found != told {
        return Err(wrong("was changed: its files are not those that its manifest counts"));
    }
    finish(tx, &outline, &found.tables)?;
    Ok((Report::of(&outline, &found.tables, files.len()), files))
}

/// What every form of a backup says of itself.
#[derive(serde::Deserialize)]
struct Form {
    format: u32,
    release: String,
}

/// A database that is being filled.
struct Filling {
    outline: Outline,
    hashers: Vec<Hasher>,
}

impl Filling {
    fn begin(tx: &mut Tx, outline: Outline) -> Result<Self, Error> {
        snapshot::prepare(tx, &outline)?;
        let hashers = vec![Hasher::default(); outline.tables.len()];
        Ok(Self { outline, hashers })
    }

    /// Adds rows of the table of that number, and tells how many.
    fn add(&mut self, tx: &mut Tx, number: usize, encoded: &[u8]) -> Result<u64, Error> {
        let table = self.outline.tables.get(number).zip(self.hashers.get_mut(number));
        let (table, hasher) = table.ok_or_else(|| Error::File(format!("there is no table of number {number}")))?;
        let rows = snapshot::write(tx, table, encoded)?;
        hasher.add(rows, encoded);
        Ok(rows)
    }

    fn end(self) -> (Outline, BTreeMap<String, Digest>) {
        let digests = self.hashers.into_iter().map(Hasher::end);
        let digests = self.outline.tables.iter().map(|table| table.name.clone()).zip(digests).collect();
        (self.outline, digests)
    }
}

/// Makes what rows keep among each other, and sees that the database holds what was brought.
fn finish(tx: &mut Tx, outline: &Outline, should: &BTreeMap<String, Digest>) -> Result<(), Error> {
    snapshot::complete(tx, outline)?;
    let mut is = BTreeMap::new();
    for table in &outline.tables {
        is.insert(table.name.clone(), snapshot::digest(tx, table)?);
    }
    match first_difference(&outline.tables, should, &is) {
        Some(table) => Err(Error::Differs(table.to_owned())),
        None => {
            search::settle(tx)?;
            Ok(statistics::refresh(tx, outline.tables.iter().map(|table| &*table.name))?)
        }
    }
}
