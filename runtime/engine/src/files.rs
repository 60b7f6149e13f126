//! Files: bytes that somebody uploaded, kept once by their hash, and the rows that say what each file is and whose.
//!
//! What always holds: what a file is called and of which type it is comes from the runtime, never from who sent it; a
//! file that belongs to a record is seen by those who see the record, and one that belongs to none by its uploader
//! alone; bytes are there before a row says so and go only when no row has said so for a day (see
//! [`fichero_store::system::file`]).
//!
//! Where the bytes lie is behind the trait [`Files`]: in a folder, in memory for tests, one day elsewhere. What this does
//! not do: look into pictures, or search texts.

mod access;
mod folder;
mod memory;
mod name;
mod sniff;
mod sweep;
mod upload;

use std::io::{self, Read, Seek, Write};

use fichero_model::Id;
use jiff::Timestamp;

pub use access::{Described, json, url};
pub use fichero_store::system::file::File;
pub use folder::Folder;
pub use memory::Memory;
pub use name::clean as plain_name;
pub use upload::{Upload, too_large};

pub(crate) use access::seen;
pub(crate) use sweep::sweep;

/// The folder of `data` in which files lie, and what of it is on its way.
pub(crate) const INCOMING: &str = "files/incoming";

/// Where the bytes of files lie, each once under the SHA-256 of them in hexadecimal digits. Backups read by it too.
pub trait Files: Send + Sync {
    /// Begins to take in bytes, under a name of their own until their hash is known.
    ///
    /// # Errors
    /// When they cannot be kept.
    fn begin(&self, id: Id) -> io::Result<Box<dyn Incoming>>;

    /// Opens what is kept under a hash.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    fn open(&self, hash: &str) -> io::Result<Box<dyn Content>>;

    /// All hashes, in their order.
    ///
    /// # Errors
    /// When they cannot be listed.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Removes what is kept under a hash; nothing when there is none.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn remove(&self, hash: &str) -> io::Result<()>;

    /// Removes what uploads that began before a moment left behind when their process ended.
    ///
    /// # Errors
    /// When it cannot be listed or removed.
    fn sweep(&self, before: Timestamp) -> io::Result<()>;
}

/// Bytes on their way in. What is dropped without being kept leaves nothing behind.
pub trait Incoming: Write + Send {
    /// Keeps what was written, durably, under its hash. What is there already under it is the same.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn keep(self: Box<Self>, hash: &str) -> io::Result<()>;
}

/// Bytes that are kept.
pub trait Content: Read + Seek + Send {}

impl<T: Read + Seek + Send> Content for T {}
