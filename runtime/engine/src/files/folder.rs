//! Files in a folder: `ab/cdef…` by their hash, and `incoming/` for what is on its way.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use fichero_model::Id;
use jiff::Timestamp;

use super::{Content, Files, Incoming};

const INCOMING: &str = "incoming";

/// How many hexadecimal digits a SHA-256 has.
const DIGITS: usize = 64;

/// A folder of files. It is made when the first one comes.
#[derive(Clone, Debug)]
pub struct Folder {
    at: PathBuf,
}

impl Folder {
    /// The folder at a path.
    pub fn new(at: impl Into<PathBuf>) -> Self {
        Self { at: at.into() }
    }

    /// Where the bytes of a hash lie; nothing else than a hash names a place.
    fn place(&self, hash: &str) -> io::Result<PathBuf> {
        let (shelf, rest) = hash
            .split_at_checked(2)
            .filter(|_| is_hash(hash))
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a hash"))?;
        Ok(self.at.join(shelf).join(rest))
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

impl Files for Folder {
    fn begin(&self, id: Id) -> io::Result<Box<dyn Incoming>> {
        let incoming = self.at.join(INCOMING);
        fs::create_dir_all(&incoming)?;
        let path = incoming.join(id.to_string());
        let file = File::create_new(&path)?;
        Ok(Box::new(Writing { folder: self.clone(), path, file, kept: false }))
    }

    fn open(&self, hash: &str) -> io::Result<Box<dyn Content>> {
        Ok(Box::new(File::open(self.place(hash)?)?))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut hashes = Vec::new();
        for shelf in names(&self.at)?.into_iter().filter(|shelf| shelf.len() == 2) {
            let rests = names(&self.at.join(&shelf))?;
            hashes.extend(rests.into_iter().map(|rest| format!("{shelf}{rest}")).filter(|hash| is_hash(hash)));
        }
        hashes.sort_unstable();
        Ok(hashes)
    }

    fn remove(&self, hash: &str) -> io::Result<()> {
        absent_is_done(fs::remove_file(self.place(hash)?))
    }

    fn sweep(&self, before: Timestamp) -> io::Result<()> {
        let incoming = self.at.join(INCOMING);
        for name in names(&incoming)? {
            // The name is an id, which tells when it was made.
            if name.parse::<Id>().is_ok_and(|id| milliseconds(id) < before.as_millisecond()) {
                absent_is_done(fs::remove_file(incoming.join(name)))?;
            }
        }
        Ok(())
    }
}

/// The moment in a UUIDv7 (RFC 9562): its first 48 bits.
fn milliseconds(id: Id) -> i64 {
    id.as_bytes().iter().take(6).fold(0, |sum, byte| sum << 8 | i64::from(*byte))
}

/// The names in a folder; none where there is no such folder.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        // What is named otherwise is not ours.
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}

fn absent_is_done(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

struct Writing {
    folder: Folder,
    path: PathBuf,
    file: File,
    kept: bool,
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Incoming for Writing {
    fn keep(mut self: Box<Self>, hash: &str) -> io::Result<()> {
        let place = self.folder.place(hash)?;
        self.file.sync_all()?;
        if let Some(shelf) = place.parent() {
            fs::create_dir_all(shelf)?;
            fs::rename(&self.path, &place)?;
            self.kept = true;
            // The new names are durable when the folders that hold them are.
            #[cfg(unix)]
            for folder in [shelf, &self.folder.at] {
                File::open(folder)?.sync_all()?;
            }
        }
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be removed now is swept later.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const HASH: &str = "ab00000000000000000000000000000000000000000000000000000000000000";

    fn id(text: &str) -> Id {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_kept_is_there_and_what_is_dropped_is_not() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::new(temporary.path().join("files"));
        assert!(folder.list().unwrap().is_empty(), "there is no folder yet");
        let mut one = folder.begin(id("018f3c1e-0000-7000-8000-000000000001")).unwrap();
        one.write_all(b"text").unwrap();
        one.keep(HASH).unwrap();
        let mut two = folder.begin(id("018f3c1e-0000-7000-8000-000000000002")).unwrap();
        two.write_all(b"gone").unwrap();
        drop(two);
        assert_eq!(folder.list().unwrap(), [HASH]);
        assert!(names(&folder.at.join(INCOMING)).unwrap().is_empty());
        let mut text = String::new();
        folder.open(HASH).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "text");
        folder.remove(HASH).unwrap();
        folder.remove(HASH).unwrap();
        assert!(folder.open(HASH).is_err());
    }

    #[test]
    fn nothing_but_a_hash_names_a_place() {
        let folder = Folder::new("/nowhere");
        for hash in ["", "ab", "../../../../etc/passwd", &HASH.to_uppercase(), &HASH.replace("ab", "a/")] {
            assert!(folder.place(hash).is_err(), "{hash}");
        }
    }

    #[test]
    fn what_a_crash_left_is_swept_by_its_age() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::new(temporary.path());
        let (old, new) = ("018f3c1e-0000-7000-8000-000000000001", "019f3c1e-0000-7000-8000-000000000001");
        for left in [old, new] {
            std::mem::forget(folder.begin(id(left)).unwrap());
        }
        let between = Timestamp::from_millisecond(milliseconds(id(new))).unwrap();
        folder.sweep(between).unwrap();
        assert_eq!(names(&temporary.path().join(INCOMING)).unwrap(), [new]);
    }
}
