//! The file of a backup: writing and reading its parts.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::Error;

/// How much of the time goes into packing: the level that zstd takes by itself.
const LEVEL: i32 = 3;

/// The longest part that is held in memory: a page of rows, each as long as a database keeps.
const LONGEST: u64 = 1 << 30;

/// A backup that is written.
pub(super) struct Packer<W: Write> {
    tar: tar::Builder<zstd::Encoder<'static, W>>,
}

impl<W: Write> Packer<W> {
    pub(super) fn new(out: W) -> Result<Self, Error> {
        let mut encoder = zstd::Encoder::new(out, LEVEL).map_err(unwritable)?;
        encoder.include_checksum(true).map_err(unwritable)?;
        Ok(Self { tar: tar::Builder::new(encoder) })
    }

    /// Adds a part.
    pub(super) fn bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let mut header = header(bytes.len() as u64);
        self.tar.append_data(&mut header, name, bytes).map_err(unwritable)
    }

    /// Adds a part that is JSON, and gives its hash.
    pub(super) fn json(&mut self, name: &str, value: &impl Serialize) -> Result<String, Error> {
        let bytes = serde_json::to_vec_pretty(value).map_err(|error| Error::File(error.to_string()))?;
        self.bytes(name, &bytes)?;
        Ok(hexadecimal(&Sha256::digest(&bytes)))
    }

    /// Adds what lies in folders of a folder, and gives the hash of each file by its path. What lies in the folder itself
    /// is the database, and notes of this machine.
    pub(super) fn folder(&mut self, folder: &Path) -> Result<BTreeMap<String, String>, Error> {
        let mut hashes = BTreeMap::new();
        for path in files(folder)? {
            let Some(name) = path.to_str() else {
                return Err(Error::File(format!("the name of {} is not UTF-8", folder.join(&path).display())));
            };
            let unreadable =
                |error: io::Error| Error::File(format!("cannot read {}: {error}", folder.join(&path).display()));
            let file = match File::open(folder.join(&path)) {
                // It went while the others were saved: no record of that moment has it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file.map_err(unreadable)?,
            };
            let length = file.metadata().map_err(unreadable)?.len();
            // One that grows meanwhile is saved as long as it was.
            let mut hashed = Hashed { inner: BufReader::new(file).take(length), hash: Sha256::new(), count: 0 };
            let mut header = header(length);
            self.tar.append_data(&mut header, format!("data/{name}"), &mut hashed).map_err(unwritable)?;
            if hashed.count < length {
                return Err(Error::File(format!("{} became shorter while it was read", folder.join(&path).display())));
            }
            hashes.insert(name.to_owned(), hexadecimal(&hashed.hash.finalize()));
        }
        Ok(hashes)
    }

    pub(super) fn end(self) -> Result<W, Error> {
        self.tar.into_inner().and_then(zstd::Encoder::finish).map_err(unwritable)
    }
}

fn header(length: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(length);
    header.set_mode(0o644);
    header
}

fn unwritable(error: io::Error) -> Error {
    Error::File(format!("the backup cannot be written: {error}"))
}

/// The files in the folders of a folder, by their paths in it, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |error: io::Error| Error::File(format!("cannot read the folder {}: {error}", folder.display()));
    let mut found = Vec::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(inside) = waiting.pop() {
        let entries = match std::fs::read_dir(folder.join(&inside)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound && inside.as_os_str().is_empty() => continue,
            Err(error) => return Err(unreadable(error)),
        };
        for entry in entries {
            let entry = entry.map_err(unreadable)?;
            let path = inside.join(entry.file_name());
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() && path == Path::new(crate::files::INCOMING) {
                // Files on their way in are nobody's yet.
            } else if kind.is_dir() {
                waiting.push(path);
            } else if kind.is_file() && !inside.as_os_str().is_empty() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What is read, hashed.
struct Hashed<R> {
    inner: R,
    hash: Sha256,
    count: u64,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        self.count += count as u64;
        Ok(count)
    }
}

/// A part of a backup.
pub(super) enum Part<'p> {
    /// What it begins with.
    Outline(Vec<u8>),
    /// Rows of the table of that number.
    Rows(usize, Vec<u8>),
    /// A file of the `data` folder, by its path in it.
    File(PathBuf, &'p mut dyn Read),
    /// What it ends with.
    Manifest(Vec<u8>),
}

/// Reads a backup part by part.
pub(super) fn unpack(file: &Path, mut each: impl FnMut(Part<'_>) -> Result<(), Error>) -> Result<(), Error> {
    let broken =
        |error: io::Error| Error::File(format!("{} is no whole backup: {error}; nothing was changed", file.display()));
    let opened = File::open(file).map_err(|error| Error::File(format!("cannot read {}: {error}", file.display())))?;
    let decoder = zstd::Decoder::new(opened).map_err(broken)?;
    let mut tar = tar::Archive::new(decoder);
    for entry in tar.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.into_owned();
        let strange = || {
            Error::File(format!(
                "{} holds {}, which is no part of a backup; nothing was changed",
                file.display(),
                path.display()
            ))
        };
        let names: Option<Vec<&str>> = path
            .components()
            .map(|component| match component {
                Component::Normal(name) => name.to_str(),
                _ => None,
            })
            .collect();
        let all = |entry: &mut dyn Read| {
            let mut bytes = Vec::new();
            entry.take(LONGEST).read_to_end(&mut bytes).map(|_| bytes).map_err(broken)
        };
        match names.as_deref() {
            Some(["outline.json"]) => each(Part::Outline(all(&mut entry)?))?,
            Some(["manifest.json"]) => each(Part::Manifest(all(&mut entry)?))?,
            Some(["rows", table, _]) => {
                let table = table.parse().map_err(|_| strange())?;
                each(Part::Rows(table, all(&mut entry)?))?;
            }
            Some(["data", inside @ ..]) if inside.len() > 1 => {
                let inside = inside.iter().collect();
                each(Part::File(inside, &mut entry))?;
            }
            _ => return Err(strange()),
        }
    }
    // What stands behind the last part is read too, for the sum of all stands there.
    let mut rest = tar.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(broken)?;
    Ok(())
}

/// What a part that is JSON says.
pub(super) fn read<T: DeserializeOwned>(file: &Path, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes)
        .map_err(|error| Error::File(format!("{} cannot be read: {error}; nothing was changed", file.display())))
}

/// A hash in hexadecimal.
pub(super) fn hexadecimal(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a file of a backup to its place in a folder, and gives its hash.
pub(super) fn write(folder: &Path, path: &Path, from: &mut dyn Read) -> Result<String, Error> {
    let place = folder.join(path);
    let unwritable = |error: io::Error| Error::File(format!("cannot write {}: {error}", place.display()));
    if let Some(parent) = place.parent() {
        std::fs::create_dir_all(parent).map_err(unwritable)?;
    }
    let mut hashed = Hashed { inner: from, hash: Sha256::new(), count: 0 };
    let mut file = File::create(&place).map_err(unwritable)?;
    io::copy(&mut hashed, &mut file).map_err(unwritable)?;
    file.flush().map_err(unwritable)?;
    Ok(hexadecimal(&hashed.hash.finalize()))
}
