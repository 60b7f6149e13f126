//! What tests need of the machine: throwaway databases, folders, ports and browsers.
//!
//! Everything made here is the caller's alone and goes away when it is dropped, so tests run side by side. A test that
//! must hold on both databases runs its body once per [`databases`]. Where there is no PostgreSQL, that part is left
//! out with a message on stderr, unless `FICHERO_REQUIRE_ALL=1` is set: then it is a failure.
//!
//! This crate knows nothing of Fichero itself. It panics instead of returning errors: a test whose set-up fails has
//! failed.
#![expect(clippy::expect_used, clippy::panic, reason = "a test whose set-up fails has failed")]

mod chromium;
mod database;
mod postgres;

use std::net::TcpListener;

pub use chromium::Chromium;
pub use database::{Database, databases};
pub use postgres::Postgres;
pub use tempfile::TempDir;

/// A fresh, empty folder, removed with all it holds when dropped.
pub fn scratch_dir() -> TempDir {
    tempfile::Builder::new().prefix("fichero-test-").tempdir().expect("the temporary folder can be written")
}

/// A TCP port on 127.0.0.1 that nothing listens on at this moment.
///
/// It is not reserved: prefer listening on port 0 and asking the listener, and use this only for a process that must
/// be told its port.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("127.0.0.1 has a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_dir_goes_away_with_its_files() {
        let dir = scratch_dir();
        std::fs::write(dir.path().join("file"), "text").expect("a scratch dir can be written");
        let path = dir.path().to_owned();
        drop(dir);
        assert!(!path.exists());
    }

    #[test]
    fn a_free_port_can_be_listened_on() {
        TcpListener::bind(("127.0.0.1", free_port())).expect("the port is free");
    }
}
