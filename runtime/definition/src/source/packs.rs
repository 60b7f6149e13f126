//! Which packs a workspace loads, and what each says of itself.

use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::name;
use fichero_model::place::Place;
use semver::{Version, VersionReq};

use super::folder::nowhere;
use super::order;
use super::{File, LARGEST, Layer, Origin, Sources};
use crate::check;
use crate::node::{Node, NodeValue};
use crate::yaml;

/// The version of the runtime, which packs may require as `fichero`.
pub(super) const RUNTIME: &str = env!("CARGO_PKG_VERSION");

/// The name by which packs require the runtime, which no pack may bear.
const RUNTIME_NAME: &str = "fichero";

/// A pack as the workspace lists it.
pub(super) struct Listed {
    pub name: Arc<str>,
    pub place: Place,
    pub from: From,
    pub prefix: Arc<str>,
    pub prefix_place: Place,
}

/// True for a name a pack may bear. No other is looked for on disk, where it could lead out of `packs/`.
pub(super) fn may_be_named(name: &str) -> bool {
    name::check(name).is_ok() && !is_runtime(name)
}

/// True for the name of the runtime itself.
pub(super) fn is_runtime(name: &str) -> bool {
    name == RUNTIME_NAME
}

/// Where a listed pack is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum From {
    Stock,
    Installed,
    Path(String),
}

/// The packs that the workspace's own file lists; none when it cannot be read.
pub(super) fn listed(files: &[File]) -> Vec<Listed> {
    let Some(root) = document(files, None, "workspace.yaml", "workspace") else { return Vec::new() };
    let Some(packs) = root.get("packs") else { return Vec::new() };
    let names = packs.items().iter().filter_map(|item| {
        Some(Listed {
            name: Arc::clone(item.as_text()?),
            place: item.place.clone(),
            from: From::Stock,
            prefix: "".into(),
            prefix_place: item.place.clone(),
        })
    });
    let entries = packs.entries().iter().map(|entry| {
        let word = |key: &str| entry.value.get(key).and_then(Node::as_text);
        let from = match (&entry.value.value, word("path")) {
            (_, Some(path)) => From::Path(path.to_string()),
            (NodeValue::Scalar(scalar), None) if &*scalar.text == "installed" => From::Installed,
            _ if word("from").is_some_and(|from| &**from == "installed") => From::Installed,
            _ => From::Stock,
        };
        let prefix_place = entry.value.get("prefix").map_or(&entry.key.place, |node| &node.place).clone();
        Listed {
            name: Arc::clone(&entry.key.text),
            place: entry.key.place.clone(),
            from,
            prefix: word("prefix").map_or_else(|| "".into(), Arc::clone),
            prefix_place,
        }
    });
    names.chain(entries).collect()
}

/// Puts files in order and checks what packs require.
pub(super) fn assemble(files: Vec<File>) -> (Sources, Vec<Diagnostic>) {
    let mut findings = Vec::new();
    let workspace = document(&files, None, "workspace.yaml", "workspace");
    if workspace.is_none() {
        findings.extend(no_workspace(&files));
    }
    let listed = listed(&files);
    let mut packs: Vec<Pack> = Vec::new();
    let mut complete = workspace.is_some();
    for entry in listed {
        if let Some(flaw) = check::name_flaw(&entry.name, &entry.place, check::Reserved::Nothing) {
            findings.push(flaw);
            complete = false;
            continue;
        }
        if is_runtime(&entry.name) {
            let diagnostic = Diagnostic::error(
                code::DUPLICATE_PACK,
                &entry.place,
                "`fichero` is the runtime itself, which is always there",
            )
            .help("remove it from `packs`");
            findings.push(diagnostic);
            continue;
        }
        match Pack::read(&files, entry, &mut findings) {
            Some(pack) => match packs.iter().find(|other| other.own_name == pack.own_name) {
                Some(other) => findings.push(
                    Diagnostic::error(
                        code::DUPLICATE_PACK,
                        &pack.listed.place,
                        format!("two packs are called `{}`", pack.own_name),
                    )
                    .label(&other.listed.place, "the first one")
                    .help("remove one of them; the same pack cannot be loaded twice"),
                ),
                None => {
                    findings.extend(pack.other_name());
                    packs.push(pack);
                }
            },
            None => complete = false,
        }
    }
    let prefixed = |pack: &Pack| {
        (!pack.listed.prefix.is_empty())
            .then(|| name::check(&format!("{}x", pack.listed.prefix)))
            .is_some_and(|made| made.is_err())
    };
    for pack in packs.iter().filter(|pack| prefixed(pack)) {
        let diagnostic = Diagnostic::error(
            code::BAD_NAME,
            &pack.listed.prefix_place,
            format!("the prefix `{}` makes no good names", pack.listed.prefix),
        )
        .help("a prefix is made of lower-case letters, digits and `_`, such as `clinic_`");
        findings.push(diagnostic);
    }
    let order = order::order(&packs, &mut findings, &mut complete);
    (build(files, workspace.as_ref(), packs, &order, complete), findings)
}

fn build(files: Vec<File>, workspace: Option<&Node>, packs: Vec<Pack>, order: &[usize], complete: bool) -> Sources {
    let index_of: HashMap<Arc<str>, usize> = order
        .iter()
        .zip(1..)
        .filter_map(|(pack, layer)| Some((Arc::clone(&packs.get(*pack)?.own_name), layer)))
        .collect();
    let runtime = Layer {
        pack: None,
        prefix: "".into(),
        locale: "en".into(),
        version: lenient_version(RUNTIME),
        origin: Origin::Runtime,
        requires: Vec::new(),
    };
    let packs_in_order = order.iter().filter_map(|index| packs.get(*index)).map(|pack| Layer {
        pack: Some(Arc::clone(&pack.listed.name)),
        prefix: Arc::clone(&pack.listed.prefix),
        locale: Arc::clone(&pack.locale),
        version: pack.version.clone(),
        origin: match pack.listed.from {
            From::Stock => Origin::Stock,
            From::Installed => Origin::Installed,
            From::Path(_) => Origin::Folder,
        },
        requires: pack.requires.iter().filter_map(|requirement| index_of.get(&requirement.name).copied()).collect(),
    });
    let mut layers: Vec<Layer> = std::iter::once(runtime).chain(packs_in_order).collect();
    let locale =
        workspace.and_then(|root| root.get("locale")).and_then(Node::as_text).map_or_else(|| "en".into(), Arc::clone);
    layers.push(Layer {
        pack: None,
        prefix: "".into(),
        locale,
        version: None,
        origin: Origin::Workspace,
        requires: Vec::new(),
    });

    let layer_by_pack: HashMap<Option<Arc<str>>, usize> =
        layers.iter().enumerate().skip(1).map(|(index, layer)| (layer.pack.clone(), index)).collect();
    let own = File::new(Some(RUNTIME_NAME), "runtime.yaml", "fichero/runtime.yaml", include_bytes!("runtime.yaml"));
    let placed = files
        .into_iter()
        .filter(|file| file.pack.as_deref() != Some(RUNTIME_NAME))
        .filter_map(|file| Some((*layer_by_pack.get(&file.pack)?, file)));
    let mut placed: Vec<(usize, File)> = std::iter::once((0, own)).chain(placed).collect();
    placed.sort_by(|(a_layer, a), (b_layer, b)| a_layer.cmp(b_layer).then_with(|| a.local.cmp(&b.local)));
    let mut sources = Sources { layers, complete, ..Sources::default() };
    for (layer, mut file) in placed {
        // A folder of the workspace may be called like a stock pack; its files are then shown with `./` before.
        if let Some(index) = sources.by_path.get(&file.path)
            && sources.layer_of.get(*index) != Some(&layer)
        {
            file.path = format!("./{}", file.path).into();
        }
        sources.by_path.insert(Arc::clone(&file.path), sources.files.len());
        sources.files.push(file);
        sources.layer_of.push(layer);
    }
    sources
}

/// A pack whose own file was read.
pub(super) struct Pack {
    pub listed: Listed,
    pub own_name: Arc<str>,
    own_place: Place,
    pub version: Option<Version>,
    pub version_place: Place,
    locale: Arc<str>,
    pub requires: Vec<Requirement>,
}

/// That a pack needs another, in some versions.
pub(super) struct Requirement {
    pub name: Arc<str>,
    pub constraint: VersionReq,
    pub written: Arc<str>,
    pub place: Place,
}

impl Pack {
    fn read(files: &[File], listed: Listed, findings: &mut Vec<Diagnostic>) -> Option<Self> {
        let name = &listed.name;
        if !files.iter().any(|file| file.pack.as_ref() == Some(name)) {
            findings.push(Diagnostic::error(
                code::PACK_MISSING,
                &listed.place,
                format!("the pack `{name}` has no files"),
            ));
            return None;
        }
        let Some(root) = document(files, Some(name), "pack.yaml", "pack") else {
            let diagnostic = Diagnostic::error(
                code::PACK_MISSING,
                &listed.place,
                format!("the pack `{name}` has no `pack.yaml` that begins with `pack: {name}`"),
            );
            findings.push(diagnostic);
            return None;
        };
        let own = root.entries().first()?;
        let own_name = Arc::clone(own.value.as_text()?);
        let version_node = root.get("version");
        let version_place = version_node.map_or_else(|| own.value.place.clone(), |node| node.place.clone());
        let version = version_node.and_then(Node::as_text).and_then(|text| {
            let version = lenient_version(text);
            if version.is_none() {
                let diagnostic =
                    Diagnostic::error(code::BAD_VALUE, &version_place, format!("`{text}` is not a version"))
                        .help("a version is three numbers, such as `1.4.0`");
                findings.push(diagnostic);
            }
            version
        });
        let requires = root.get("requires").map(Node::entries).unwrap_or_default();
        let requires =
            requires.iter().filter_map(|entry| requirement(&entry.key.text, &entry.value, findings)).collect();
        let locale = root.get("locale").and_then(Node::as_text).map_or_else(|| "en".into(), Arc::clone);
        Some(Self { own_name, own_place: own.value.place.clone(), version, version_place, locale, requires, listed })
    }

    /// What is said when the workspace calls it otherwise than it calls itself.
    fn other_name(&self) -> Option<Diagnostic> {
        let (listed, own) = (&self.listed.name, &self.own_name);
        (listed != own).then(|| {
            Diagnostic::error(
                code::PACK_MISSING,
                &self.listed.place,
                format!("the pack listed as `{listed}` is called `{own}`"),
            )
            .label(&self.own_place, "its own name")
            .help(format!("list it under its own name: `{own}`"))
        })
    }
}

fn requirement(name: &Arc<str>, node: &Node, findings: &mut Vec<Diagnostic>) -> Option<Requirement> {
    let written = node.as_text()?;
    match VersionReq::parse(written) {
        Ok(constraint) => Some(Requirement {
            name: Arc::clone(name),
            constraint,
            written: Arc::clone(written),
            place: node.place.clone(),
        }),
        Err(_) => {
            let diagnostic =
                Diagnostic::error(code::BAD_VALUE, &node.place, format!("`{written}` is not a version constraint"))
                    .help(
                        "write `^1` (any 1.x), `~1.4` (any 1.4.x), `>=1.2`, `=1.4.0`, or several with a comma between",
                    );
            findings.push(diagnostic);
            None
        }
    }
}

/// The first document of a kind in a file.
fn document(files: &[File], pack: Option<&Arc<str>>, local: &str, kind: &str) -> Option<Node> {
    let file = files.iter().find(|file| file.pack.as_ref() == pack && &*file.local == local)?;
    let text = file.text().filter(|text| text.len() <= LARGEST)?;
    let documents = yaml::parse(&file.path, text).documents;
    documents.into_iter().map(|root| root.node).find(|node| {
        node.entries().first().is_some_and(|first| &*first.key.text == kind && first.value.as_text().is_some())
    })
}

fn no_workspace(files: &[File]) -> Option<Diagnostic> {
    let Some(file) = files.iter().find(|file| file.pack.is_none() && &*file.local == "workspace.yaml") else {
        return Some(
            nowhere(code::WORKSPACE, "there is no `workspace.yaml` in the folder".to_owned())
                .help("`fichero new DIR` writes a small workspace; its first line is `workspace: NAME`"),
        );
    };
    // What YAML has against the file is told where all files are read.
    let readable = file.text().is_some_and(|text| yaml::parse(&file.path, text).findings.is_empty());
    readable.then(|| {
        Diagnostic::error(
            code::WORKSPACE,
            &Place::start_of(&file.path),
            "the file does not begin with `workspace: NAME`",
        )
        .help("the first key of a document says what it is and names it: `workspace: acme`")
    })
}

/// `1.4` and `1` are taken for `1.4.0` and `1.0.0`.
pub(super) fn lenient_version(text: &str) -> Option<Version> {
    let missing = 2_usize.checked_sub(text.matches('.').count())?;
    Version::parse(&format!("{text}{}", ".0".repeat(missing))).or_else(|_| Version::parse(text)).ok()
}
