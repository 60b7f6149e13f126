//! `workspace.lock`: the version and hash of each pack, as they were when the workspace was last locked.
//!
//! Stock packs change with the program, so a difference there is a warning; any other pack must not change unseen, so
//! there it is an error until the workspace is locked again.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::{Diagnostic, Severity};
use sha2::{Digest, Sha256};

use super::{File, Layer, Origin, Sources};
use crate::node::Node;
use crate::yaml;

/// The name of the file in the workspace's folder.
const NAME: &str = "workspace.lock";

/// The text of the lock file for what is loaded.
pub fn lock(sources: &Sources) -> String {
    let mut out =
        String::from("# Written by fichero: the version and hash of each pack. Keep it with the definitions.\n");
    for (index, layer) in sources.layers().iter().enumerate() {
        let Some(pack) = &layer.pack else { continue };
        let version = layer.version.as_ref().map_or_else(|| "0.0.0".to_owned(), ToString::to_string);
        let _ = writeln!(out, "{pack}: {{version: {version}, hash: {}}}", hash(sources, index));
    }
    out
}

/// Compares what is loaded with the lock file of a folder; nothing where there is none.
pub(super) fn verify(dir: &Path, sources: &Sources) -> Vec<Diagnostic> {
    let Ok(text) = fs::read_to_string(dir.join(NAME)) else { return Vec::new() };
    let parsed = yaml::parse(&Arc::from(NAME), &text);
    let Some(root) = parsed.documents.first().filter(|_| parsed.findings.is_empty()) else {
        return parsed.findings.into_iter().map(|finding| finding.diagnostic).collect();
    };
    let layers = sources.layers().iter().enumerate();
    layers
        .filter_map(|(index, layer)| difference(root.node.get(layer.pack.as_deref()?)?, layer, &hash(sources, index)))
        .collect()
}

fn difference(locked: &Node, layer: &Layer, now: &str) -> Option<Diagnostic> {
    let was = locked.get("hash").and_then(Node::as_text)?;
    if &**was == now {
        return None;
    }
    let pack = layer.pack.as_deref().unwrap_or_default();
    let version = locked.get("version").and_then(Node::as_text).map_or("", |version| version);
    let now = layer.version.as_ref().map(ToString::to_string).unwrap_or_default();
    let message = if version == now {
        format!("the pack `{pack}` {now} is not the one that was locked: its files have changed")
    } else {
        format!("the pack `{pack}` was locked in version {version} and is now {now}")
    };
    let (severity, help) = match layer.origin {
        Origin::Stock => {
            (Severity::Warning, "it came with a new version of the program; `fichero pack lock` takes note of it")
        }
        Origin::Installed | Origin::Folder | Origin::Workspace | Origin::Runtime => {
            (Severity::Error, "if you meant to change it, look at what changed and run `fichero pack lock`")
        }
    };
    Some(Diagnostic { severity, ..Diagnostic::error(code::LOCK, &locked.place, message) }.help(help))
}

/// The hash of a layer's files: of their paths and contents, in the order of their paths.
fn hash(sources: &Sources, layer: usize) -> String {
    let mut hasher = Sha256::new();
    for (file, _) in sources.files_with_layers().filter(|(_, of)| *of == layer) {
        feed(&mut hasher, "", file);
    }
    hasher.finalize().iter().fold(String::from("sha256-"), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Feeds a file to a hash, with its lengths so that no two lists of files give the same bytes.
pub(super) fn feed(hasher: &mut Sha256, pack: &str, file: &File) {
    for part in [pack.as_bytes(), file.local.as_bytes(), file.bytes()] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
}
