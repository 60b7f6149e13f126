//! A pack means the same with a prefix and without: only the names of what it declares differ.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

#[path = "support/dump.rs"]
mod dump;

use std::path::Path;

use fichero_definition::{Capabilities, Sources, compile};
use support::{Repository, printed};

#[test]
fn a_pack_means_the_same_with_a_prefix() {
    let plain = model("");
    let prefixed = model(", prefix: cl_");
    assert!(prefixed.contains("cl_visit"), "{prefixed}");
    assert_same_lines(&plain, &prefixed.replace("cl_", ""));
}

/// The model of a workspace with the pack of `prefixed/clinic`, which is used with these keys.
fn model(keys: &str) -> String {
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prefixed/clinic");
    let folder = tempfile::tempdir().unwrap();
    let listed = format!("workspace: acme\npacks: {{base: stock, clinic: {{path: '{}'{keys}}}}}\n", pack.display());
    std::fs::write(folder.path().join("workspace.yaml"), listed).unwrap();
    let (sources, mut found) = Sources::load(folder.path(), &Repository);
    let (model, more) = compile(&sources, &Capabilities::of_this_release());
    found.extend(more);
    assert!(found.is_empty(), "{}", printed(&found, &sources));
    dump::model(&model.unwrap())
}

/// Tells the first line that differs.
#[track_caller]
fn assert_same_lines(plain: &str, prefixed: &str) {
    for (one, other) in plain.lines().zip(prefixed.lines()) {
        assert_eq!(one, other);
    }
    assert_eq!(plain.len(), prefixed.len());
}
