//! Reads files into documents: what each is and is called, its short forms written out, its shape checked.

mod kind;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::name;
use fichero_model::place::Place;

use crate::catalog::Document;
use crate::check::{self, Extent};
use crate::node::{Entry, Node, NodeValue};
use crate::overlay::Overlay;
use crate::shape::{self, KindShape, Naming, Status};
use crate::short;
use crate::source::{File, LARGEST, Origin, Sources};
use crate::yaml::{self, Condition, Root};
pub(crate) use kind::kind_of;
use kind::{Kind, fits_better, misplaced_kind};

/// What the files hold.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// Definitions, in the order of their layers and files; the names of each kind are unique.
    pub documents: Vec<Document>,
    /// Overlays in the order they are applied.
    pub overlays: Vec<Overlay>,
    /// True when a whole document or overlay could not be read, of which not even the name is known.
    pub lost: bool,
}

/// Reads all files of definitions.
pub(crate) fn read(sources: &Sources, found: &mut Vec<Diagnostic>) -> Read {
    let mut reader = Reader { sources, found, read: Read::default(), slips: HashSet::new() };
    for (file, layer) in sources.files_with_layers() {
        reader.file(file, layer);
    }
    reader.read
}

struct Reader<'a> {
    sources: &'a Sources,
    found: &'a mut Vec<Diagnostic>,
    read: Read,
    /// The lines of the file at hand that are wrong as YAML: whatever else is said of them only follows from that.
    slips: HashSet<u32>,
}

impl Reader<'_> {
    fn file(&mut self, file: &File, layer: usize) {
        if file.bytes().len() > LARGEST {
            self.read.lost = true;
            let message = format!("the file has {} bytes, at most {LARGEST} (1 MiB) are read", file.bytes().len());
            return self.found.push(
                Diagnostic::error(code::FILE_TOO_LARGE, &Place::start_of(&file.path), message)
                    .help("split it by topic"),
            );
        }
        let Some(text) = file.text() else {
            self.read.lost = true;
            return self.found.extend(yaml::not_utf8(&file.path, file.bytes()));
        };
        if !file.is_yaml() {
            return;
        }
        let parsed = yaml::parse(&file.path, text);
        self.read.lost |= parsed.lost;
        let places = parsed.findings.iter().filter_map(|finding| finding.diagnostic.place.as_ref());
        self.slips = places.map(|place| place.line).collect();
        self.found.extend(parsed.findings.into_iter().map(|finding| finding.diagnostic));
        for root in parsed.documents {
            self.document(file, layer, root);
        }
    }

    fn document(&mut self, file: &File, layer: usize, root: Root) {
        let Root { node, condition } = root;
        let broken = matches!(condition, Condition::Partial | Condition::Broken);
        let NodeValue::Map(mut entries) = node.value else {
            self.read.lost = true;
            if !broken {
                let diagnostic = Diagnostic::error(
                    code::UNKNOWN_KIND,
                    &node.place,
                    format!("a document is a map that begins with its kind, and {} stands here", node.what()),
                )
                .help("the first line says what it is and names it, such as `entity: customer`");
                self.found.push(diagnostic);
            }
            return;
        };
        if entries.is_empty() {
            return;
        }
        // A workspace's own file without a workspace was told when packs were looked for.
        let told = !self.sources.is_complete() && file.pack.is_none() && &*file.local == "workspace.yaml";
        let Some((index, kind)) = self.kind_at(&entries, broken || told) else {
            self.read.lost = true;
            return;
        };
        let first = entries.remove(index);
        let node = Node { place: first.key.place.clone(), value: NodeValue::Map(entries) };
        match kind {
            Kind::Extend => self.overlay(layer, &first, node, condition),
            Kind::Known(shape, doubtful) => {
                let condition = if doubtful { Condition::Broken } else { condition };
                self.definition(file, layer, shape, (&first, node), condition);
            }
        }
    }

    /// Which entry says what the document is; tells when it is not the first, or none.
    fn kind_at(&mut self, entries: &[Entry], broken: bool) -> Option<(usize, Kind)> {
        let first = entries.first()?;
        let by_first = Kind::of(&first.key.text);
        let misplaced = misplaced_kind(entries)
            .filter(|(index, shape)| *index > 0 && fits_better(entries, shape, by_first.as_ref()));
        if let Some(kind) = by_first.filter(|_| misplaced.is_none()) {
            return Some((0, kind));
        }
        if let Some((index, shape)) = misplaced {
            let entry = entries.get(index)?;
            if !broken {
                let kind = shape.kind;
                let diagnostic = Diagnostic::error(
                    code::FIRST_KEY,
                    &entry.key.place,
                    format!("`{kind}` says what the document is, so it must be the first key"),
                )
                .label(&first.key.place, "the first key now")
                .help(format!(
                    "move the line to the top of the document, before `{}`; `fichero fmt` does it for you",
                    first.key.text
                ));
                self.found.push(diagnostic);
            }
            return Some((index, Kind::Known(shape, false)));
        }
        if broken {
            return None;
        }
        let kinds = || shape::kinds().iter().map(|shape| shape.kind).chain(["extend"]);
        let near = name::did_you_mean(&first.key.text, kinds());
        let mut diagnostic = Diagnostic::error(
            code::UNKNOWN_KIND,
            &first.key.place,
            format!("there is no kind of document `{}`", first.key.text),
        );
        diagnostic = match near {
            Some(near) => {
                let mended = check::with_replaced(self.sources, &first.key.place, near);
                let diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
                match mended {
                    Some(line) => diagnostic.mended(line),
                    None => diagnostic,
                }
            }
            None => diagnostic
                .help(format!("the first key of a document is one of {}", kinds().collect::<Vec<_>>().join(", "))),
        };
        self.found.push(diagnostic);
        // What it was probably meant to be still declares its name.
        let shape = shape::kind(near?)?;
        Some((0, Kind::Known(shape, true)))
    }

    fn definition(
        &mut self,
        file: &File,
        layer: usize,
        shape: &'static KindShape,
        (first, mut node): (&Entry, Node),
        condition: Condition,
    ) {
        let broken = matches!(condition, Condition::Partial | Condition::Broken);
        let Some(name) = first.value.as_text().cloned() else {
            if !broken {
                let message = format!(
                    "`{}` takes the name of what is defined, and {} stands here",
                    shape.kind,
                    first.value.what()
                );
                self.found.push(
                    Diagnostic::error(code::WRONG_SHAPE, &first.value.place, message)
                        .help(format!("write `{}: NAME`, and the other keys on lines of their own", shape.kind)),
                );
            }
            self.read.lost = true;
            return;
        };
        let name_place = first.value.place.clone();
        self.name(shape, &name, &name_place);
        if shape.kind == "type" && name::TYPES.contains(&&*name) {
            // It would stand in for the storage kind in every field of it.
            return;
        }
        if !self.belongs(file, layer, shape, &first.key.place) {
            return;
        }
        if shape.status == Status::NotYet {
            let message = format!("`{}: {name}` is a kind of document this release does not run yet", shape.kind);
            self.found.push(
                Diagnostic::error(code::NOT_YET_KIND, &first.key.place, message)
                    .help("remove it for now; nothing would happen by it"),
            );
        }
        short::map(&mut node, shape.keys, &self.locale(layer));
        if let Some(extent) = extent(condition) {
            let what = format!("the {} `{name}`", shape.kind);
            let found = check::check(&what, &node, shape.keys, extent, self.sources);
            self.take(found);
        }
        self.read.documents.push(Document {
            kind: shape.kind,
            written: Arc::clone(&name),
            name,
            name_place,
            node,
            layer,
            broken,
            groups: Vec::new(),
        });
    }

    fn overlay(&mut self, layer: usize, first: &Entry, mut node: Node, condition: Condition) {
        let broken = matches!(condition, Condition::Partial | Condition::Broken);
        self.read.lost |= broken;
        let place = &first.value.place;
        let target = first.value.as_text().and_then(|text| text.split_once(' '));
        let Some((kind, name)) = target.map(|(kind, name)| (kind, name.trim())) else {
            if !broken {
                let diagnostic = Diagnostic::error(
                    code::WRONG_SHAPE,
                    place,
                    "`extend` takes the kind and the name of what it extends",
                )
                .help("write it as `extend: entity customer`");
                self.found.push(diagnostic);
            }
            return;
        };
        let Some(shape) = shape::kind(kind) else {
            let kinds = shape::kinds().iter().map(|shape| shape.kind);
            let diagnostic =
                Diagnostic::error(code::UNKNOWN_KIND, place, format!("there is no kind of document `{kind}`"));
            let near = name::did_you_mean(kind, kinds);
            self.found.push(match near {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help("write it as `extend: entity customer`"),
            });
            return;
        };
        let overlay = Overlay::new(shape, Arc::from(name), place.clone(), layer, &mut node, &self.locale(layer));
        if extent(condition).is_some() {
            let mut found = Vec::new();
            overlay.check(self.sources, &mut found);
            self.take(found);
        }
        self.read.overlays.push(overlay);
    }

    /// Takes what a check of shapes found.
    fn take(&mut self, found: Vec<Diagnostic>) {
        let slips = &self.slips;
        let told = |diagnostic: &Diagnostic| diagnostic.place.as_ref().is_some_and(|place| slips.contains(&place.line));
        self.found.extend(found.into_iter().filter(|diagnostic| !told(diagnostic)));
    }

    /// The name of a definition.
    fn name(&mut self, shape: &'static KindShape, name: &Arc<str>, place: &Place) {
        let flaw = match shape.name {
            Naming::Sentence => name.trim().is_empty().then(|| {
                Diagnostic::error(code::BAD_NAME, place, "an empty sentence")
                    .help("say in a sentence what the test shows")
            }),
            Naming::Snake | Naming::SnakeOr(_) => check::name_flaw(name, place, check::Reserved::Nothing),
        };
        let sound = flaw.is_none();
        if let Some(diagnostic) = flaw {
            let mended = name::mended(name)
                .filter(|mended| **mended != **name)
                .and_then(|mended| check::with_replaced(self.sources, place, &mended));
            self.found.push(match mended {
                Some(line) => diagnostic.mended(line),
                None => diagnostic,
            });
        }
        let reserved = match shape.kind {
            "entity" if name::is_reserved_entity(name) => Some("the HTTP interface uses it in its paths"),
            "type" if name::TYPES.contains(&&**name) => Some("it is a storage kind of the runtime"),
            _ => None,
        };
        if sound && let Some(why) = reserved {
            let message = format!("nothing here can be called `{name}`: {why}");
            self.found.push(
                Diagnostic::error(code::RESERVED_NAME, place, message)
                    .help("choose another name; what people read is its `label`"),
            );
        }
    }

    /// A workspace and a pack are declared once, each in its own file.
    fn belongs(&mut self, file: &File, layer: usize, shape: &'static KindShape, place: &Place) -> bool {
        let origin = self.sources.layers().get(layer).map(|layer| layer.origin);
        let home = match shape.kind {
            "workspace" => ("workspace.yaml", origin == Some(Origin::Workspace), "the workspace's own folder"),
            "pack" => ("pack.yaml", origin != Some(Origin::Workspace), "a pack's folder"),
            _ => return true,
        };
        let at_home = &*file.local == home.0 && home.1;
        if !at_home {
            let diagnostic = Diagnostic::error(
                code::WORKSPACE,
                place,
                format!("`{}` stands in `{}` of {}, and nowhere else", shape.kind, home.0, home.2),
            )
            .help("move or remove it");
            self.found.push(diagnostic);
        }
        at_home
    }

    fn locale(&self, layer: usize) -> Arc<str> {
        self.sources.layers().get(layer).map_or_else(|| Arc::from("en"), |layer| Arc::clone(&layer.locale))
    }
}

impl Read {
    /// Drops documents whose kind and name are taken, and tells.
    pub(crate) fn unique(&mut self, found: &mut Vec<Diagnostic>) {
        let mut seen: HashMap<(&'static str, Arc<str>), (Place, usize)> = HashMap::new();
        self.documents.retain(|document| {
            let key =
                (document.kind, if document.kind == "workspace" { Arc::from("") } else { Arc::clone(&document.name) });
            match seen.get(&key) {
                None => {
                    seen.insert(key, (document.name_place.clone(), document.layer));
                    true
                }
                Some((first, layer)) => {
                    let extend = format!("to change the first, write `extend: {} {}`", document.kind, document.name);
                    let own = shape::kind(document.kind).is_some_and(|shape| shape.name == Naming::Snake);
                    let help = match (*layer == document.layer, own) {
                        (true, _) => format!("rename one of them; {extend}"),
                        (false, true) => format!("{extend}; to keep both, give the pack a `prefix`"),
                        // What is named after an entity keeps that name under a prefix too.
                        (false, false) => extend,
                    };
                    let diagnostic = Diagnostic::error(
                        code::DUPLICATE_NAME,
                        &document.name_place,
                        format!("there are two definitions `{}: {}`", document.kind, document.name),
                    )
                    .label(first, "the first one")
                    .help(help);
                    found.push(diagnostic);
                    false
                }
            }
        });
    }
}

/// What is asked of a document of which so much could be read; nothing when the rest may well be what is missing.
fn extent(condition: Condition) -> Option<Extent> {
    match condition {
        Condition::Whole | Condition::Mended => Some(Extent::Whole),
        Condition::Partial => Some(Extent::Rest),
        Condition::Broken => None,
    }
}
