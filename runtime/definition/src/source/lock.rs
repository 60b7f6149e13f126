//! `workspace.lock`: the version and hash of each pack, as they were when the workspace was last locked.
//!
//! Stock packs change with the program, so a difference there is a warning; any other pack must not change unseen, so
//! there it is an error until the workspace is locked again. A lock that cannot be understood is an error, for it
//! protects nothing; a pack that it does not hold is told. Whoever writes the file is not here.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::{Diagnostic, Severity};
use fichero_model::place::Place;
use sha2::{Digest, Sha256};

use super::{File, LARGEST, Layer, Origin, Sources};
use crate::node::{Node, NodeValue};
use crate::yaml;

/// The name of the file in the workspace's folder.
const NAME: &str = "workspace.lock";

/// What a hash begins with.
const ALGORITHM: &str = "sha256-";

/// What mends a lock that nobody can read.
const MEND: &str =
    "put back the file as it was, or look at the packs, remove it and run `fichero pack lock`, which writes it anew";

/// The text of the lock file for what is loaded.
pub fn lock(sources: &Sources) -> String {
    written(sources, |_| None)
}

/// The text of the lock file with the packs it lacks and without those that are gone; nothing where it is as it should
/// be. What it says of a pack stays, also where that has changed since: only [`lock`] agrees to a change.
pub fn completed(sources: &Sources) -> Option<String> {
    let root = sources.lock.as_ref().and_then(|file| understood(file).ok());
    if root.is_none() && sources.layers().iter().all(|layer| layer.pack.is_none()) {
        return None;
    }
    let noted: Vec<(&str, Locked<'_>)> = root
        .iter()
        .flat_map(Node::entries)
        .filter_map(|entry| Some((&*entry.key.text, Locked::read(&entry.value)?)))
        .collect();
    let find = |pack: &str| noted.iter().find(|(name, _)| *name == pack).map(|(_, locked)| *locked);
    let packs = sources.layers().iter().filter_map(|layer| layer.pack.as_deref());
    let lacks = packs.clone().any(|pack| find(pack).is_none());
    let holds_more = packs.count() < noted.len();
    (root.is_none() || lacks || holds_more).then(|| written(sources, find))
}

/// The file with an entry for each pack: the one that is kept, or what is loaded.
fn written<'l>(sources: &Sources, kept: impl Fn(&str) -> Option<Locked<'l>>) -> String {
    let mut out =
        String::from("# Written by fichero: the version and hash of each pack. Keep it with the definitions.\n");
    for (index, layer) in sources.layers().iter().enumerate() {
        let Some(pack) = &layer.pack else { continue };
        let _ = match kept(pack) {
            Some(Locked { version, hash }) => writeln!(out, "{pack}: {{version: {version}, hash: {hash}}}"),
            None => {
                let version = layer.version.as_ref().map_or_else(|| "0.0.0".to_owned(), ToString::to_string);
                writeln!(out, "{pack}: {{version: {version}, hash: {}}}", hash(sources, index))
            }
        };
    }
    out
}

/// The lock file of a folder; nothing where there is none.
pub(super) fn read(dir: &Path) -> Result<Option<File>, Box<Diagnostic>> {
    let start = || Place::start_of(&Arc::from(NAME));
    match fs::read(dir.join(NAME)) {
        Ok(bytes) if bytes.len() > LARGEST => Err(Box::new(
            Diagnostic::error(code::FILE_TOO_LARGE, &start(), format!("the lock has {} bytes", bytes.len())).help(MEND),
        )),
        Ok(bytes) => match yaml::not_utf8(&Arc::from(NAME), &bytes) {
            Some(finding) => Err(Box::new(finding.help(MEND))),
            None => Ok(Some(File::new(None, NAME, NAME, &bytes))),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Box::new(
            Diagnostic::error(code::FILE_UNREADABLE, &start(), format!("the lock cannot be read: {error}"))
                .help("without it nobody is told of packs that change; see that it is a file that you may read"),
        )),
    }
}

/// Compares what is loaded with the lock file that was read; nothing where there is none.
pub(super) fn verify(sources: &Sources) -> Vec<Diagnostic> {
    let Some(file) = &sources.lock else { return Vec::new() };
    let root = match understood(file) {
        Ok(root) => root,
        Err(findings) => return findings,
    };
    let layers = sources.layers().iter().enumerate();
    layers
        .filter_map(|(index, layer)| {
            let pack = layer.pack.as_deref()?;
            match root.get(pack) {
                Some(locked) => difference(locked, layer, &hash(sources, index)),
                None => Some(
                    Diagnostic::warning(
                        code::LOCK_LACKS,
                        &Place::start_of(&file.path),
                        format!("the lock does not hold the pack `{pack}`, so nobody would be told if it changed"),
                    )
                    .help("`fichero pack lock` takes note of it, and so does `fichero apply`"),
                ),
            }
        })
        .collect()
}

/// The map of a lock file, whose every entry is whole.
fn understood(file: &File) -> Result<Node, Vec<Diagnostic>> {
    let broken = |place: &Place, message: &str| Diagnostic::error(code::LOCK_BROKEN, place, message).help(MEND);
    let start = Place::start_of(&file.path);
    let parsed = yaml::parse(&file.path, file.text().map_or("", |text| text));
    if !parsed.findings.is_empty() {
        return Err(parsed.findings.into_iter().map(|finding| finding.diagnostic).collect());
    }
    let mut documents = parsed.documents.into_iter();
    let Some(root) = documents.next() else { return Ok(Node::empty_map(&start)) };
    let root = root.node;
    if let Some(second) = documents.next() {
        return Err(vec![broken(&second.node.place, "a lock is one document")]);
    }
    if !matches!(root.value, NodeValue::Map(_)) {
        return Err(vec![broken(
            &root.place,
            "this is no lock: it holds an entry for each pack, such as `base: {version: 1.0.0, hash: sha256-…}`",
        )]);
    }
    let flawed: Vec<Diagnostic> = root
        .entries()
        .iter()
        .filter(|entry| Locked::read(&entry.value).is_none())
        .map(|entry| {
            broken(
                &entry.value.place,
                &format!("the lock does not say the version and the hash of `{}`", entry.key.text),
            )
        })
        .collect();
    if flawed.is_empty() { Ok(root) } else { Err(flawed) }
}

/// What the lock says of a pack.
#[derive(Clone, Copy)]
struct Locked<'l> {
    version: &'l str,
    hash: &'l str,
}

impl<'l> Locked<'l> {
    /// What an entry says; nothing where it is not whole.
    fn read(entry: &'l Node) -> Option<Self> {
        let text = |key: &str| entry.get(key).and_then(Node::as_text);
        let hash = text("hash").filter(|hash| hash.starts_with(ALGORITHM))?;
        Some(Self { version: text("version")?, hash })
    }
}

fn difference(entry: &Node, layer: &Layer, now: &str) -> Option<Diagnostic> {
    let Locked { version, hash: was } = Locked::read(entry)?;
    if was == now {
        return None;
    }
    let pack = layer.pack.as_deref().unwrap_or_default();
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
    Some(Diagnostic { severity, ..Diagnostic::error(code::LOCK, &entry.place, message) }.help(help))
}

/// The hash of a layer's files: of their paths and contents, in the order of their paths.
fn hash(sources: &Sources, layer: usize) -> String {
    let mut hasher = Sha256::new();
    for (file, _) in sources.files_with_layers().filter(|(_, of)| *of == layer) {
        feed(&mut hasher, "", file);
    }
    hasher.finalize().iter().fold(String::from(ALGORITHM), |mut out, byte| {
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
