//! The files of a workspace and its packs: their texts, the order packs are loaded in, and what each needs.
//!
//! Owns reading a folder ([`Sources::load`]) and making the same from files kept elsewhere ([`Sources::from_files`]),
//! so that a deployment in a database compiles exactly as the folder it came from. What must hold: a layer stands
//! behind all those it requires; the runtime's own definitions are the first layer, the workspace is the last; every file is at most [`LARGEST`] bytes. The meaning of
//! files is read by [`mod@crate::catalog`]; only `workspace.yaml` and each `pack.yaml` are looked into here.

mod folder;
mod lock;
mod order;
mod packs;

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use fichero_model::diagnostic::{Diagnostic, Texts};
use sha2::{Digest, Sha256};

pub use lock::{completed, lock};

/// The largest definition file, in bytes.
pub const LARGEST: usize = 1 << 20;
/// The most files a workspace with its packs may have.
pub const MOST_FILES: usize = 20_000;

/// The packs that come with the program.
pub trait StockPacks {
    /// The files of a pack by their path inside it, or nothing when there is no such pack.
    fn files(&self, pack: &str) -> Option<Vec<(String, Cow<'static, [u8]>)>>;
    /// The names of all of them.
    fn names(&self) -> Vec<String>;
}

/// No packs at all, for workspaces that stand alone.
pub struct NoPacks;

impl StockPacks for NoPacks {
    fn files(&self, _: &str) -> Option<Vec<(String, Cow<'static, [u8]>)>> {
        None
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// One file.
#[derive(Clone, Debug)]
pub struct File {
    /// The pack it belongs to, by the name the workspace gives it; nothing for the workspace's own.
    pub pack: Option<Arc<str>>,
    /// Its path inside its pack or workspace, with `/` between folders.
    pub local: Arc<str>,
    /// Its path as the author knows it: in the workspace, beside it, or `base/types.yaml` for a stock pack's.
    pub path: Arc<str>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Text(Arc<str>),
    Bytes(Arc<[u8]>),
}

impl File {
    /// A file with its content.
    pub fn new(pack: Option<&str>, local: &str, path: &str, bytes: &[u8]) -> Self {
        let content = match std::str::from_utf8(bytes) {
            Ok(text) => Content::Text(text.into()),
            Err(_) => Content::Bytes(bytes.into()),
        };
        Self { pack: pack.map(Into::into), local: local.into(), path: path.into(), content }
    }

    /// A file of the workspace itself.
    pub fn own(path: &str, text: &str) -> Self {
        Self::new(None, path, path, text.as_bytes())
    }

    /// Its content.
    pub fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Text(text) => text.as_bytes(),
            Content::Bytes(bytes) => bytes,
        }
    }

    /// Its content as text, if it is UTF-8.
    pub fn text(&self) -> Option<&Arc<str>> {
        match &self.content {
            Content::Text(text) => Some(text),
            Content::Bytes(_) => None,
        }
    }

    /// The SHA-256 of its content.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.bytes()).into()
    }

    /// True for a file of definitions.
    pub fn is_yaml(&self) -> bool {
        self.local.ends_with(".yaml")
    }
}

/// A pack, or the workspace itself.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The pack's name; nothing for the workspace and for the runtime's own definitions.
    pub pack: Option<Arc<str>>,
    /// Put before every name it declares; often empty.
    pub prefix: Arc<str>,
    /// The locale of its bare texts.
    pub locale: Arc<str>,
    /// The pack's version.
    pub version: Option<semver::Version>,
    /// Where the pack comes from.
    pub origin: Origin,
    /// The layers it requires, directly.
    pub requires: Vec<usize>,
}

/// Where a layer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The runtime's own definitions, always the first layer.
    Runtime,
    /// The workspace itself.
    Workspace,
    /// The program.
    Stock,
    /// The workspace's `packs/NAME`.
    Installed,
    /// Another folder.
    Folder,
}

/// The files of a workspace and its packs.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<File>,
    by_path: HashMap<Arc<str>, usize>,
    layers: Vec<Layer>,
    /// The layer of each file.
    layer_of: Vec<usize>,
    /// The lock of a folder, which is no definition.
    lock: Option<File>,
    complete: bool,
}

impl Sources {
    /// Reads a workspace folder and the packs it names. Everything that can be read is returned, beside what is wrong.
    pub fn load(dir: &Path, stock: &dyn StockPacks) -> (Self, Vec<Diagnostic>) {
        folder::load(dir, stock)
    }

    /// The same from files at hand, those of the packs included. A `workspace.lock` among them is not looked at.
    pub fn from_files(files: Vec<File>) -> (Self, Vec<Diagnostic>) {
        packs::assemble(files)
    }

    /// The files of packs and workspace, in the order their layers are loaded, by path within a layer. Of these,
    /// [`Sources::from_files`] makes the same again.
    pub fn files(&self) -> &[File] {
        // The first is the runtime's own, which belongs to the program.
        self.files.get(1..).unwrap_or_default()
    }

    /// The same with the layer each belongs to, and the runtime's own before them.
    pub fn files_with_layers(&self) -> impl Iterator<Item = (&File, usize)> {
        self.files.iter().zip(self.layer_of.iter().copied())
    }

    /// The runtime's own definitions, the packs in the order they are loaded, then the workspace.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The file of that path, as authors know it.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.by_path.get(path).and_then(|index| self.files.get(*index))
    }

    /// False when a pack is missing, so that names it declares must not be called unknown.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// True when a layer requires another, itself or through others. The workspace requires all packs.
    pub fn requires(&self, layer: usize, other: usize) -> bool {
        let Some(found) = self.layers.get(layer) else { return false };
        found.origin == Origin::Workspace && layer != other
            || found.requires.iter().any(|direct| *direct == other || self.requires(*direct, other))
    }

    /// The SHA-256 of everything: packs, paths and contents.
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        for file in &self.files {
            lock::feed(&mut hasher, file.pack.as_deref().unwrap_or(""), file);
        }
        hasher.finalize().into()
    }
}

impl Texts for Sources {
    fn text(&self, file: &str) -> Option<Arc<str>> {
        let lock = || self.lock.as_ref().filter(|lock| &*lock.path == file);
        self.file(file).or_else(lock).and_then(File::text).cloned()
    }
}
