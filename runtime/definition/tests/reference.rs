//! The reference under `docs/reference/` says what the compiler does. With `UPDATE_REFERENCE=1` the test writes it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use fichero_definition::reference;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference")
}

#[test]
fn the_reference_is_not_stale() {
    let pages = reference::pages();
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        fs::create_dir_all(folder()).unwrap();
        for page in &pages {
            fs::write(folder().join(&page.file), &page.text).unwrap();
        }
    }
    for page in &pages {
        let written = fs::read_to_string(folder().join(&page.file)).unwrap_or_default();
        assert!(written == page.text, "docs/reference/{} is stale: run this test with UPDATE_REFERENCE=1", page.file);
    }
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(pages.iter().any(|page| page.file == name), "docs/reference/{name} is a page of nothing: remove it");
    }
}

#[test]
fn every_key_of_a_kind_is_on_its_page() {
    let pages = reference::pages();
    for shape in fichero_definition::shape::kinds() {
        let page = pages.iter().find(|page| page.file == format!("{}.md", shape.kind)).unwrap();
        for key in shape.keys.iter() {
            assert!(
                page.text.contains(&format!("| `{}` |", key.name)),
                "`{}` is not on the page of `{}`",
                key.name,
                shape.kind
            );
        }
    }
}
