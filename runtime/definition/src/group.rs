//! Fields of several parts, written out: what the `type` document of an address, a name or a list of phones shares
//! becomes ordinary fields, so that everything behind knows nothing of parts but how people see them.
//!
//! A field whose type comes down to `group` becomes one field for each of the type's `fields`, called `FIELD_PART`, and
//! stays itself a text that shows them together: the type's `formula`. A field whose type comes down to `lines` with
//! `fields` of its own becomes lines of an entity that is made for it, called `ENTITY_FIELD`.
//!
//! What must hold: each key keeps the place of whoever wrote it; names inside the expressions of parts mean parts first
//! (see [`Part::outer`] for those that do not); a catalog is written out once.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::label::Text;
use fichero_model::place::Place;

use crate::catalog::{Catalog, Document};
use crate::node::{Entry, Key, Node, NodeValue, Style};

/// The word for a type of several fields.
pub(crate) const GROUP: &str = "group";
/// The word for rows of another entity.
const LINES: &str = "lines";
/// How deep groups may stand in one another.
const DEEPEST: usize = 4;
/// The longest text that shows all parts together.
const LONGEST: &str = "1000";

/// What the use of a group says for all of its parts; its expressions mean fields of the entity.
const FOR_ALL: [&str; 9] =
    ["visible_if", "readonly", "readonly_if", "once", "personal", "sensitive", "append_only", "clone", "index"];
/// What the use of a group says for the text that shows it.
const FOR_WHOLE: [&str; 6] = ["label", "help", "search", "visible_if", "personal", "sensitive"];
/// What else a use may say, which is worked out here.
const WORKED_OUT: [&str; 6] = ["type", "fields", "required", "required_if", "was", "widget"];

/// A field of several parts.
#[derive(Clone, Debug)]
pub struct Group {
    /// The field that shows them together.
    pub field: Arc<str>,
    /// Its parts, in order.
    pub parts: Vec<Part>,
}

/// One of several fields that belong together.
#[derive(Clone, Debug)]
pub struct Part {
    /// What the type calls it.
    pub name: Arc<str>,
    /// The field it has become.
    pub field: Arc<str>,
    /// The keys that were taken over from the use of the group, in whose expressions names mean fields of the entity.
    pub outer: Vec<&'static str>,
}

/// Writes out all fields of several parts.
pub(crate) fn write_out(catalog: &mut Catalog, found: &mut Vec<Diagnostic>) {
    let mut at = 0;
    while let Some(document) = catalog.documents.get(at) {
        if matches!(document.kind, "entity" | "settings") {
            let mut writer = Writer { catalog, document, found, made: Vec::new(), groups: Vec::new() };
            let fields = writer.fields();
            let Writer { made, groups, .. } = writer;
            if !(made.is_empty() && groups.is_empty()) {
                let document = &mut catalog.documents[at];
                document.groups = groups;
                if let Some(node) = document.node.get_mut("fields") {
                    node.value = NodeValue::Map(fields);
                }
            }
            for document in made {
                catalog.add(document, found);
            }
        }
        at += 1;
    }
}

struct Writer<'w> {
    catalog: &'w Catalog,
    document: &'w Document,
    found: &'w mut Vec<Diagnostic>,
    made: Vec<Document>,
    groups: Vec<Group>,
}

/// A type of several parts, as a field uses it.
struct Composite<'c> {
    /// It makes rows, not fields.
    is_lines: bool,
    /// What is written of it: that of the field, then of its type, then of the type beneath.
    layers: Vec<&'c Node>,
}

impl Composite<'_> {
    fn get(&self, key: &str) -> Option<&Node> {
        self.layers.iter().find_map(|layer| layer.get(key))
    }

    /// The parts: those of the type beneath first, what is nearer changes them key by key.
    fn parts(&self) -> Vec<Entry> {
        let mut parts: Vec<Entry> = Vec::new();
        for entry in self.layers.iter().rev().filter_map(|layer| layer.get("fields")).flat_map(Node::entries) {
            match parts.iter_mut().find(|part| part.key.text == entry.key.text) {
                Some(part) => lay_over(&mut part.value, &entry.value),
                None => parts.push(entry.clone()),
            }
        }
        parts
    }
}

impl<'w> Writer<'w> {
    fn fields(&mut self) -> Vec<Entry> {
        let mut fields = Vec::new();
        let written = self.document.node.get("fields").map(Node::entries).unwrap_or_default();
        for entry in written {
            self.field(entry, &mut Vec::new(), &mut fields);
        }
        fields
    }

    fn field(&mut self, entry: &Entry, around: &mut Vec<Arc<str>>, fields: &mut Vec<Entry>) {
        // The layers are borrowed from the entry, which may be one that was just made.
        let Some(composite) = composite(self.catalog, &entry.value) else {
            fields.push(entry.clone());
            return;
        };
        if composite.is_lines {
            let lines = self.lines(entry, &composite);
            fields.push(lines);
        } else if around.len() >= DEEPEST {
            let message =
                format!("`{}` is a group in a group in a group, and at most {DEEPEST} are possible", entry.key.text);
            self.found.push(
                Diagnostic::error(code::CYCLE, &entry.key.place, message)
                    .help("a type that has itself for a part never ends"),
            );
            let text = vec![keyed(&entry.key.place, "type", Node::word(&entry.key.place, "text"))];
            fields.push(Entry { key: entry.key.clone(), value: Node::map(&entry.value.place, text) });
        } else {
            around.push(Arc::clone(&entry.key.text));
            self.group(entry, &composite, around, fields);
            around.pop();
        }
    }

    fn group(&mut self, entry: &Entry, composite: &Composite<'_>, around: &mut Vec<Arc<str>>, fields: &mut Vec<Entry>) {
        self.check_use(entry);
        let parts = composite.parts();
        if parts.is_empty() {
            let message = format!("the group `{}` has no parts", entry.key.text);
            self.found.push(
                Diagnostic::error(code::MISSING_KEY, &entry.key.place, message)
                    .help("name them under `fields:`, in the type or here"),
            );
        }
        let mut group = Group { field: Arc::clone(&entry.key.text), parts: Vec::new() };
        let at = fields.len();
        for part in &parts {
            let (made, outer) = part_of(entry, composite, part, &parts);
            group.parts.push(Part { name: Arc::clone(&part.key.text), field: Arc::clone(&made.key.text), outer });
            self.field(&made, around, fields);
        }
        fields.insert(at, whole(entry, composite, &parts));
        self.groups.push(group);
    }

    /// What a group's use may say: anything else belongs to one of its parts.
    fn check_use(&mut self, entry: &Entry) {
        for said in entry.value.entries() {
            let key = &*said.key.text;
            if FOR_ALL.contains(&key) || FOR_WHOLE.contains(&key) || WORKED_OUT.contains(&key) || key == "formula" {
                continue;
            }
            let message = format!("`{key}` has no meaning for `{}`, which is several fields", entry.key.text);
            self.found.push(
                Diagnostic::error(code::KEY_NOT_FOR_TYPE, &said.key.place, message)
                    .help(format!("say it of a part: `fields: {{PART: {{{key}: …}}}}`")),
            );
        }
    }

    /// Rows with parts of their own: an entity is made for them.
    fn lines(&mut self, entry: &Entry, composite: &Composite<'_>) -> Entry {
        let holder = match self.document.kind {
            "settings" => crate::resolve::settings_entity(&self.document.name),
            _ => Arc::clone(&self.document.name),
        };
        let name: Arc<str> = format!("{holder}_{}", entry.key.text).into();
        let place = &entry.key.place;
        let word = |text: &str| Node::word(place, text);
        let back = Node::map(
            place,
            vec![
                keyed(place, "type", word("ref")),
                keyed(place, "to", Node { place: place.clone(), value: NodeValue::List(vec![word(&holder)]) }),
                keyed(place, "required", word("true")),
                keyed(place, "on_delete", word("cascade")),
            ],
        );
        let parts = composite.parts();
        let mut keys = Vec::new();
        let label = composite.get("label").cloned().unwrap_or_else(|| label_of(&entry.key.text, place));
        keys.push(keyed(place, "label", label.clone()));
        keys.push(keyed(place, "plural", label));
        if let Some(first) = parts.first() {
            keys.push(keyed(place, "title", Node::word(&first.key.place, Arc::clone(&first.key.text))));
        }
        let fields = std::iter::once(keyed(place, &holder, back)).chain(parts).collect();
        keys.push(keyed(place, "fields", Node::map(place, fields)));
        let own =
            entry.value.entries().iter().filter(|said| !["type", "fields", "of", "by"].contains(&&*said.key.text));
        let own = own.cloned().chain([
            keyed(place, "type", word(LINES)),
            keyed(place, "of", word(&name)),
            keyed(place, "by", word(&holder)),
        ]);
        let field = Entry { key: entry.key.clone(), value: Node::map(&entry.value.place, own.collect()) };
        self.made.push(Document {
            kind: "entity",
            written: Arc::clone(&name),
            name,
            name_place: place.clone(),
            node: Node::map(place, keys),
            layer: self.document.layer,
            broken: self.document.broken,
            groups: Vec::new(),
        });
        field
    }
}

/// Whether a `type` document comes down to several fields or to rows with parts of their own.
pub(crate) fn is_composite(catalog: &Catalog, document: &Document) -> bool {
    let place = &document.name_place;
    let used = Node::map(place, vec![keyed(place, "type", Node::word(place, Arc::clone(&document.name)))]);
    composite(catalog, &used).is_some()
}

/// What a field's type comes down to, where that is several fields or rows with parts of their own.
fn composite<'c>(catalog: &'c Catalog, field: &'c Node) -> Option<Composite<'c>> {
    let mut layers = vec![field];
    let mut name = field.get("type")?.as_text()?;
    while let Some(document) = catalog.find("type", name) {
        // Types that refine each other in a circle are told where types are read.
        if layers.len() > DEEPEST * 2 {
            return None;
        }
        layers.push(&document.node);
        name = document.node.get("of")?.as_text()?;
    }
    let has_parts = layers.iter().any(|layer| layer.get("fields").is_some());
    match &**name {
        GROUP => Some(Composite { is_lines: false, layers }),
        LINES if has_parts => Some(Composite { is_lines: true, layers }),
        _ => None,
    }
}

/// The field that a part becomes, and which of its keys the use of the group has said.
fn part_of(group: &Entry, composite: &Composite<'_>, part: &Entry, parts: &[Entry]) -> (Entry, Vec<&'static str>) {
    let said = &group.value;
    let mut made = part.clone();
    made.key.text = format!("{}_{}", group.key.text, part.key.text).into();
    if part.value.get("label").is_none() {
        let place = &part.key.place;
        put(&mut made.value, keyed(place, "label", label_of(&part.key.text, place)));
    }
    let mut outer = Vec::new();
    let is_input = ["formula", "lookup", "rollup"].iter().all(|source| part.value.get(source).is_none());
    for key in FOR_ALL {
        let for_writers = matches!(key, "readonly" | "readonly_if" | "once" | "append_only" | "clone");
        if let Some(entry) = said.entry(key).filter(|_| part.value.get(key).is_none() && (is_input || !for_writers)) {
            put(&mut made.value, entry.clone());
            outer.push(key);
        }
    }
    // What a type says of all of its values holds for the parts too.
    for key in ["personal", "sensitive"] {
        if let Some(value) = composite.get(key).filter(|_| made.value.get(key).is_none()) {
            put(&mut made.value, keyed(&group.key.place, key, value.clone()));
        }
    }
    if part.value.get("required").and_then(Node::as_bool) == Some(true) {
        outer.extend(required(said, part, parts, &mut made.value));
    }
    let former = said.get("was").map(Node::items).unwrap_or_default();
    if !former.is_empty() && part.value.get("was").is_none() {
        let was = |node: &Node| Some(Node::word(&node.place, format!("{}_{}", node.as_text()?, part.key.text)));
        let place = &group.key.place;
        let list = Node { place: place.clone(), value: NodeValue::List(former.iter().filter_map(was).collect()) };
        put(&mut made.value, keyed(place, "was", list));
    }
    (made, outer)
}

/// The label of something that has none: made from its name.
fn label_of(name: &str, place: &Place) -> Node {
    let label = Text::from_name(name);
    let said =
        label.all().iter().map(|(locale, text)| keyed(place, locale.as_str(), Node::word(place, Arc::clone(text))));
    Node::map(place, said.collect())
}

/// A part that is required is so where the whole is, or where any other part is given.
fn required(said: &Node, part: &Entry, parts: &[Entry], made: &mut Node) -> Option<&'static str> {
    if said.get("required").and_then(Node::as_bool) == Some(true) {
        return None;
    }
    let entries = made.entries_mut()?;
    entries.retain(|entry| &*entry.key.text != "required");
    if let Some(entry) = said.entry("required_if") {
        entries.push(entry.clone());
        return Some("required_if");
    }
    let may_tell = |other: &&Entry| {
        let is_type = |name: &str| other.value.get("type").and_then(Node::as_text).is_some_and(|word| &**word == name);
        let derived = ["formula", "lookup", "rollup", "compute", "copy", "default"];
        other.key.text != part.key.text
            && !is_type("boolean")
            && derived.iter().all(|source| other.value.get(source).is_none())
    };
    let any: Vec<String> =
        parts.iter().filter(may_tell).map(|other| format!("not is_empty({})", other.key.text)).collect();
    if !any.is_empty() {
        let place = &part.key.place;
        entries.push(keyed(place, "required_if", Node::word(place, any.join(" or "))));
    }
    None
}

/// The text that shows all parts together.
fn whole(group: &Entry, composite: &Composite<'_>, parts: &[Entry]) -> Entry {
    let place = &group.key.place;
    let mut keys: Vec<Entry> = FOR_WHOLE.iter().filter_map(|key| group.value.entry(key).cloned()).collect();
    for key in ["search", "personal", "sensitive"] {
        if let Some(value) = composite.get(key).filter(|_| group.value.get(key).is_none()) {
            keys.push(keyed(place, key, value.clone()));
        }
    }
    keys.push(keyed(place, "type", Node::word(place, "text")));
    keys.push(keyed(place, "max", Node::word(place, LONGEST)));
    let formula = composite.get("formula").cloned().unwrap_or_else(|| {
        let is_text = |part: &&Entry| part.value.get("many").is_none();
        let all: Vec<String> = parts.iter().filter(is_text).map(|part| format!("text({})", part.key.text)).collect();
        Node::word(place, format!("join([{}], \", \")", all.join(", ")))
    });
    keys.push(keyed(place, "formula", formula));
    Entry { key: group.key.clone(), value: Node::map(&group.value.place, keys) }
}

/// Puts what stands above over what stands beneath, key by key.
fn lay_over(beneath: &mut Node, above: &Node) {
    for entry in above.entries() {
        put(beneath, entry.clone());
    }
}

fn put(node: &mut Node, entry: Entry) {
    let Some(entries) = node.entries_mut() else { return };
    match entries.iter_mut().find(|known| known.key.text == entry.key.text) {
        Some(known) => *known = entry,
        None => entries.push(entry),
    }
}

fn keyed(place: &Place, key: &str, value: Node) -> Entry {
    Entry { key: Key { text: key.into(), place: place.clone(), style: Style::Plain }, value }
}
