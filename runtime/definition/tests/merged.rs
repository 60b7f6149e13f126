//! What merging makes of documents: each folder under `tests/merged/TOPIC/CASE` is a workspace without any finding,
//! beside its documents as `fichero explain` prints them, with the origin of every value (`explained.snap`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use fichero_definition::{NoPacks, Sources, catalog, explain};
use fichero_model::diagnostic::render;

#[test]
fn documents_are_merged() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/merged");
    for case in folders(&root).iter().flat_map(|topic| folders(topic)) {
        let (sources, mut found) = Sources::load(&case, &NoPacks);
        let (catalog, more) = catalog(&sources);
        found.extend(more);
        let told: Vec<String> = found.iter().map(|diagnostic| render(diagnostic, &sources)).collect();
        assert!(told.is_empty(), "{}:\n{}", case.display(), told.join("\n"));
        // The first layer is the runtime's own, the same everywhere.
        let texts: Vec<String> = catalog.documents.iter().filter(|document| document.layer > 0).map(explain).collect();
        insta::with_settings!({ snapshot_path => &case, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!("explained", texts.join("---\n"));
        });
    }
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}
