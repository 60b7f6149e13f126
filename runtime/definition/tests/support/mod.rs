//! What the tests of this crate share: the stock packs as they lie in the repository, and printed findings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use fichero_definition::{Sources, StockPacks};
use fichero_model::diagnostic::{Diagnostic, render};

/// The packs under `definitions/` of the repository.
pub struct Repository;

/// The folder of the stock packs.
pub fn definitions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../definitions")
}

impl StockPacks for Repository {
    fn files(&self, pack: &str) -> Option<Vec<(String, Cow<'static, [u8]>)>> {
        let root = definitions().join(pack);
        root.is_dir().then(|| {
            let mut files: Vec<_> = files_under(&root)
                .into_iter()
                .map(|path| {
                    let local = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                    (local, Cow::Owned(fs::read(path).unwrap()))
                })
                .collect();
            files.sort();
            files
        })
    }

    fn names(&self) -> Vec<String> {
        folders_in(&definitions()).iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    }
}

/// All files beneath a folder, by path.
pub fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_under(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The folders in a folder, by name.
pub fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect());
    let mut found: Vec<PathBuf> = entries.unwrap_or_default();
    found.sort();
    found
}

/// All findings as a person reads them.
pub fn printed(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    diagnostics.iter().map(|diagnostic| render(diagnostic, sources)).collect::<Vec<_>>().join("\n")
}
