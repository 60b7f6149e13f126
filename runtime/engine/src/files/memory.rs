//! Files in memory, for tests: they end with the process.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fichero_model::Id;
use jiff::Timestamp;

use super::{Content, Files, Incoming};

/// Files in memory.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    kept: Arc<Mutex<BTreeMap<String, Arc<[u8]>>>>,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<[u8]>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files for Memory {
    fn begin(&self, _: Id) -> io::Result<Box<dyn Incoming>> {
        Ok(Box::new(Writing { to: self.clone(), bytes: Vec::new() }))
    }

    fn open(&self, hash: &str) -> io::Result<Box<dyn Content>> {
        match self.lock().get(hash) {
            Some(bytes) => Ok(Box::new(Cursor::new(Arc::clone(bytes)))),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.lock().keys().cloned().collect())
    }

    fn remove(&self, hash: &str) -> io::Result<()> {
        self.lock().remove(hash);
        Ok(())
    }

    fn sweep(&self, _: Timestamp) -> io::Result<()> {
        Ok(())
    }
}

struct Writing {
    to: Memory,
    bytes: Vec<u8>,
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Incoming for Writing {
    fn keep(self: Box<Self>, hash: &str) -> io::Result<()> {
        self.to.lock().insert(hash.to_owned(), self.bytes.into());
        Ok(())
    }
}
