//! Where a piece of text came from: a file, and a range of bytes in it with the line and column a person counts.
//!
//! A place is made once, by whoever reads the file, and travels with every value decoded from it. It is never
//! recomputed from text.

use std::sync::Arc;

/// A range of one source file. Lines and columns start at 1; columns count characters, not bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Path as the author knows it: relative to the workspace, or `base/types.yaml` for a pack's file.
    pub file: Arc<str>,
    /// First line of the range.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Byte offset of the first byte in the file.
    pub start: u32,
    /// Byte offset just after the last byte.
    pub end: u32,
}

impl Place {
    /// The very beginning of a file, for what concerns the file as a whole.
    pub fn start_of(file: &Arc<str>) -> Self {
        Self { file: Arc::clone(file), line: 1, column: 1, start: 0, end: 0 }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
