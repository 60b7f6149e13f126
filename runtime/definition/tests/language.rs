//! Every snippet of the description of the language loads: alone, beside stubs of what it names.
//!
//! A snippet that needs more than this release can do is told so by codes of "not yet" alone; the table says which.
//! The two snippets of whole documents about packs are given the files around them that they speak of.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use fichero_definition::{Capabilities, File, Sources, StockPacks as _, compile};
use fichero_model::diagnostic::Diagnostic;
use support::{Repository, files_under, printed};

/// Each snippet, and the codes that say what this release cannot do of it. Boards are warnings.
const SNIPPETS: [(&str, &[&str]); 14] = [
    ("workspace", &["F0901", "F0903"]),
    // This release is older than the one the pack asks for.
    ("pack", &["F0802"]),
    ("entity", &[]),
    ("type", &[]),
    ("pipeline", &["F0901", "F0903"]),
    ("calendar", &["F0901"]),
    ("deadline", &["F0901"]),
    ("workflow", &["F0901"]),
    ("button", &["F0901"]),
    ("pages", &["F0903"]),
    ("role", &["F0901"]),
    ("report", &["F0901"]),
    ("test", &["F0903"]),
    // Its `replace` puts nothing in place, which is told as a warning.
    ("overlay", &["F0808"]),
];

#[test]
fn every_snippet_loads() {
    let wrong: Vec<String> = SNIPPETS.into_iter().filter_map(|(name, expected)| check(name, expected).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_snippet_is_listed() {
    let listed: Vec<String> = SNIPPETS.iter().map(|(name, _)| format!("{name}.yaml")).collect();
    for path in files_under(&folder()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(listed.iter().any(|known| known == name), "{} belongs to no snippet", path.display());
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language")
}

fn check(name: &str, expected: &[&str]) -> Result<(), String> {
    let (sources, mut found) = Sources::from_files(files(name));
    let (_, more) = compile(&sources, &Capabilities::of_this_release());
    found.extend(more);
    let mut codes: Vec<&str> = found.iter().map(|diagnostic: &Diagnostic| diagnostic.code.name()).collect();
    codes.sort_unstable();
    codes.dedup();
    if codes == expected {
        Ok(())
    } else {
        Err(format!("{name} says {codes:?} instead of {expected:?}:\n{}", printed(&found, &sources)))
    }
}

fn files(name: &str) -> Vec<File> {
    let read = |path: &str| fs::read_to_string(folder().join(path)).unwrap_or_default();
    let snippet = read(&format!("{name}.yaml"));
    let stubs = File::own("stubs.yaml", &read(&format!("stubs/{name}.yaml")));
    match name {
        "workspace" => {
            let mut files =
                vec![File::own("workspace.yaml", &snippet), stubs, pack("clinic", "pack: clinic\nversion: 1.0.0\n")];
            for stock in ["base", "sales"] {
                let of_pack = Repository.files(stock).unwrap();
                files.extend(
                    of_pack
                        .into_iter()
                        .map(|(local, bytes)| File::new(Some(stock), &local, &format!("{stock}/{local}"), &bytes)),
                );
            }
            files
        }
        "pack" => {
            let workspace = File::own("workspace.yaml", "workspace: acme\npacks: [base, sales]\n");
            vec![workspace, pack("base", "pack: base\nversion: 1.2.0\n"), pack("sales", &snippet)]
        }
        _ => vec![File::own("workspace.yaml", "workspace: acme\n"), stubs, File::own("snippet.yaml", &snippet)],
    }
}

fn pack(name: &str, text: &str) -> File {
    File::new(Some(name), "pack.yaml", &format!("{name}/pack.yaml"), text.as_bytes())
}
