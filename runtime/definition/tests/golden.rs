//! Golden cases: folders of definitions, each with a snapshot of what the compiler says.
//!
//! `failing/TOPIC/CASE/` holds a workspace with a slip; `diagnostics.snap` in it is what its author reads.
//! `passing/TOPIC/CASE/` compiles; `model.snap` is the model it becomes. A bug report becomes a folder here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

#[path = "support/dump.rs"]
mod dump;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use fichero_definition::{Capabilities, Sources, compile};
use support::{Repository, folders_in, printed};

#[test]
fn slips_are_explained() {
    let failed: Vec<PathBuf> = cases("failing").into_iter().filter(|case| !holds(case, failing)).collect();
    assert!(failed.is_empty(), "these cases say something else: {failed:#?}");
}

#[test]
fn sound_definitions_become_models() {
    let failed: Vec<PathBuf> = cases("passing").into_iter().filter(|case| !holds(case, passing)).collect();
    assert!(failed.is_empty(), "these cases become something else: {failed:#?}");
}

/// The folders of a kind of cases, two levels down.
fn cases(kind: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(kind);
    let cases: Vec<PathBuf> = folders_in(&root).iter().flat_map(|topic| folders_in(topic)).collect();
    assert!(!cases.is_empty(), "there are no cases in {}", root.display());
    cases
}

/// Runs one case; the others run also when it fails.
fn holds(case: &Path, check: fn(&Path)) -> bool {
    catch_unwind(AssertUnwindSafe(|| check(case))).is_ok()
}

fn failing(case: &Path) {
    let (sources, mut found) = Sources::load(case, &Repository);
    let (model, more) = compile(&sources, &Capabilities::of_this_release());
    let has_errors = more.iter().any(fichero_model::diagnostic::Diagnostic::is_error);
    found.extend(more);
    assert!(!found.is_empty(), "nothing is wrong with {}", case.display());
    assert!(model.is_none() || !has_errors, "a model came of {} in spite of errors", case.display());
    snapshot(case, "diagnostics", &printed(&found, &sources));
}

fn passing(case: &Path) {
    let (sources, mut found) = Sources::load(case, &Repository);
    let (model, more) = compile(&sources, &Capabilities::of_this_release());
    found.extend(more);
    let Some(model) = model else { panic!("{}:\n{}", case.display(), printed(&found, &sources)) };
    let warnings = printed(&found, &sources);
    snapshot(case, "model", &format!("{}{warnings}", dump::model(&model)));
}

fn snapshot(case: &Path, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(case);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
