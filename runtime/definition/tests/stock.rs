//! The stock packs compile, alone and together.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use fichero_definition::{Capabilities, File, Sources, compile};
use support::{Repository, printed};

/// A workspace with these packs of the repository.
fn workspace(packs: &[&str]) -> Sources {
    use fichero_definition::StockPacks as _;
    let listed = packs.iter().map(|pack| format!("{pack}: stock")).collect::<Vec<_>>().join(", ");
    let mut files = vec![File::own("workspace.yaml", &format!("workspace: acme\npacks: {{{listed}}}\n"))];
    for pack in packs {
        for (local, bytes) in Repository.files(pack).unwrap() {
            files.push(File::new(Some(pack), &local, &format!("{pack}/{local}"), &bytes));
        }
    }
    let (sources, found) = Sources::from_files(files);
    assert!(found.is_empty(), "{}", printed(&found, &sources));
    sources
}

#[test]
fn base_compiles_alone() {
    let sources = workspace(&["base"]);
    let (model, found) = compile(&sources, &Capabilities::of_this_release());
    assert!(model.is_some(), "{}", printed(&found, &sources));
}

#[test]
fn all_packs_compile_together() {
    let sources = workspace(&["base", "sales"]);
    let (model, found) = compile(&sources, &Capabilities::of_this_release());
    assert!(model.is_some(), "{}", printed(&found, &sources));
}
