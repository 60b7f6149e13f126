//! The reference of the language as Markdown pages, printed from the same tables that the compiler works by.
//!
//! `docs/reference/` holds them; a test fails when they are stale, and writes them anew when it is told to. Nothing
//! here explains how to use the language: that is for the guides, which are written by hand.

use std::collections::HashMap;
use std::fmt::Write as _;

use fichero_model::code::Code;
use fichero_model::expr::function::{PUBLISHED, Portable, Published};
use fichero_model::name;

use crate::resolve::missing;
use crate::shape::{self, Key, Keys, KindShape, NameOf, Naming, Shape, Status, common};

/// A page with the name of its file.
#[derive(Clone, Debug)]
pub struct Page {
    /// Such as `entity.md`.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// The first line of every page, for whoever is about to edit it.
const MADE: &str = "<!-- Printed from runtime/definition/src/shape; see runtime/definition/tests/reference.rs. -->\n\n";

/// All pages, the overview first.
pub fn pages() -> Vec<Page> {
    let shared = Shared::find();
    let mut pages = vec![Page { file: "README.md".to_owned(), text: overview() }];
    pages.extend(
        shape::kinds().iter().map(|shape| Page { file: format!("{}.md", shape.kind), text: kind(shape, &shared) }),
    );
    pages.push(Page { file: "shared.md".to_owned(), text: shared.page() });
    pages.push(Page { file: "overlays.md".to_owned(), text: overlays(&shared) });
    pages.push(Page { file: "functions.md".to_owned(), text: functions() });
    pages.push(Page { file: "names.md".to_owned(), text: names() });
    pages.push(Page { file: "codes.md".to_owned(), text: codes() });
    pages
}

fn overview() -> String {
    let mut out = format!("{MADE}# Reference of the definition language\n\n");
    out.push_str("Every kind of document, by its first key:\n\n| document | what it is |\n|---|---|\n");
    for shape in shape::kinds() {
        let _ = writeln!(out, "| [`{}`]({}.md) | {} |", shape.kind, shape.kind, sentence(shape.doc, shape.status));
    }
    out.push_str("\nBesides:\n\n");
    out.push_str("- [Overlays](overlays.md): how one document changes another\n");
    out.push_str("- [Shared keys](shared.md): fields, steps and what else several kinds hold\n");
    out.push_str("- [Functions](functions.md): what expressions may call\n");
    out.push_str("- [Names](names.md): how they are made, and which are taken\n");
    out.push_str("- [Codes](codes.md): every finding of the compiler, explained\n\n");
    out.push_str("Each key takes one of four things: a *name* (checked when loaded), a *text* for people, an *expression*, or a *value*: a literal, or `=` and an expression. ");
    out.push_str(
        "What is marked *not yet* belongs to the language, but this release does not act on it, and says so.\n",
    );
    out
}

fn kind(shape: &KindShape, shared: &Shared) -> String {
    let mut out = format!("{MADE}# `{}`\n\n{}\n\n", shape.kind, sentence(shape.doc, shape.status));
    let name = match shape.name {
        Naming::Snake => "a name in `snake_case`".to_owned(),
        Naming::SnakeOr(kind) => format!("a name in `snake_case`, or that of the {kind} it belongs to"),
        Naming::Sentence => "a sentence that says what it shows".to_owned(),
    };
    let _ = writeln!(out, "Its first key is `{}:` and {name}.\n", shape.kind);
    let mut printer = Printer { out, shared, path: vec![shape.kind], printed: Vec::new() };
    printer.table(shape.keys);
    printer.nested(shape.keys, 2);
    printer.out
}

fn overlays(shared: &Shared) -> String {
    let mut out = format!("{MADE}# Overlays\n\n");
    out.push_str(
        "A document that begins with `extend:`, a kind and a name takes the keys of that kind, and these:\n\n",
    );
    let mut printer = Printer { out, shared, path: vec!["extend"], printed: Vec::new() };
    printer.table(&common::OVERLAY);
    printer.out.push_str("\nMaps merge key by key, values and lists replace; what wins keeps its own place. An entry of the following maps ");
    printer.out.push_str("declares with one of its defining keys, and changes what is there without one:\n\n| entries | defining keys |\n|---|---|\n");
    let mut seen: Vec<String> = Vec::new();
    for shape in shape::kinds() {
        defining(shape.keys, &mut vec![shape.kind], &mut seen);
    }
    printer.out.push_str(&seen.concat());
    printer.out
}

/// The maps whose entries declare by a key, one line each.
fn defining(keys: &'static Keys, path: &mut Vec<&'static str>, lines: &mut Vec<String>) {
    for key in keys.iter() {
        path.push(key.name);
        if let Shape::NameMap(_, entry) = &key.shape {
            let line = match *entry.defining {
                [] => None,
                ["type", ..] => Some(format!("| `{}` | {} |\n", path.join("."), coded(entry.defining))),
                _ => Some(format!("| `{}` | its verb |\n", path.join("."))),
            };
            // Steps hold steps: those of a kind are told once.
            let inner = path.len() > 2;
            lines.extend(line.filter(|_| !inner));
        }
        path.pop();
    }
}

fn functions() -> String {
    let mut out = format!("{MADE}# Functions\n\n");
    out.push_str("What expressions may call. A function of `()` gives `()`, but for `is_empty` and `count`. A portable one also becomes SQL over the fields of a row; a call that reads no row is worked out beforehand and may stand anywhere.\n\n");
    for function in PUBLISHED {
        let _ = writeln!(out, "## `{}`\n\n{}\n", function.name, function.doc);
        let forms = function.signatures().iter().map(|form| format!("`{form}`")).collect::<Vec<_>>().join(", ");
        let _ = writeln!(out, "- Forms: {forms}");
        let _ = writeln!(out, "- Portable: {}", portable(function));
        if let Some((call, gives)) = function.example {
            let _ = writeln!(out, "- Example: `{call}` is `{gives}`");
        }
        out.push('\n');
    }
    out.trim_end().to_owned() + "\n"
}

fn portable(function: &Published) -> String {
    match function.portable {
        Portable::Yes => "yes".to_owned(),
        Portable::When(condition) => format!("only {condition}"),
        Portable::No(why) => format!("no: {why}"),
    }
}

fn names() -> String {
    let mut out = format!("{MADE}# Names\n\n");
    let _ = writeln!(
        out,
        "A name begins with a lower-case letter and holds lower-case letters, digits and `_`, at most {} characters. A test is named by a sentence.\n",
        name::LONGEST
    );
    for (title, why, list) in [
        ("Words of expressions", "Nothing may bear them:", name::WORDS),
        ("Names of fields", "Every record has them, or the HTTP interface uses them:", name::FIELDS),
        ("Names of entities", "Pages and paths of the HTTP interface bear them:", name::ENTITIES),
        ("Names of types", "They are storage kinds, or derived by the runtime:", name::TYPES),
    ] {
        let _ = writeln!(out, "## {title}\n\n{why} {}\n", coded(list));
    }
    out.trim_end().to_owned() + "\n"
}

fn codes() -> String {
    let mut out = format!(
        "{MADE}# Codes\n\nEvery finding of the compiler has a code. `fichero explain F0403` prints its page.\n"
    );
    for code in Code::all() {
        let _ = writeln!(out, "\n## {}: {}\n\n{}", code.name(), code.title(), code.text());
    }
    out
}

/// Tables of keys that several kinds hold; they are printed once, on a page of their own.
struct Shared {
    /// By the table, the heading of its section.
    headings: HashMap<*const Keys, String>,
    tables: Vec<(&'static Keys, Vec<&'static str>)>,
}

impl Shared {
    fn find() -> Self {
        let mut uses: Vec<(&'static Keys, Vec<&'static str>, Vec<&'static str>)> = Vec::new();
        for shape in shape::kinds() {
            find_uses(shape.keys, &mut vec![shape.kind], &mut uses);
        }
        let mut shared = Shared { headings: HashMap::new(), tables: Vec::new() };
        for (keys, path, kinds) in uses.into_iter().filter(|(_, _, kinds)| kinds.len() > 1) {
            let last = path.last().copied().unwrap_or_default();
            let taken = shared.headings.values().any(|heading| heading == last);
            // A step of a test takes more keys than one of a workflow.
            let heading = if taken { format!("{last} of {}", kinds.join(", ")) } else { last.to_owned() };
            shared.headings.insert(std::ptr::from_ref(keys), heading);
            shared.tables.push((keys, path));
        }
        shared
    }

    fn page(&self) -> String {
        let mut printer = Printer {
            out: format!("{MADE}# Shared keys\n\nWhat several kinds of documents hold.\n"),
            shared: self,
            path: Vec::new(),
            printed: Vec::new(),
        };
        for (keys, path) in &self.tables {
            if let Some(heading) = self.headings.get(&std::ptr::from_ref(*keys)) {
                let _ = writeln!(printer.out, "\n## `{heading}`\n");
                printer.path.clone_from(path);
                printer.short_form(keys);
                printer.table(keys);
                printer.nested(keys, 3);
            }
        }
        printer.out
    }
}

type Use = (&'static Keys, Vec<&'static str>, Vec<&'static str>);

/// Notes each table of keys with its first path and the kinds that hold it.
fn find_uses(keys: &'static Keys, path: &mut Vec<&'static str>, uses: &mut Vec<Use>) {
    for key in keys.iter() {
        path.push(key.name);
        for inner in tables_of(&key.shape) {
            let kind = path.first().copied().unwrap_or_default();
            match uses.iter_mut().find(|(known, ..)| std::ptr::eq(*known, inner)) {
                Some((_, _, kinds)) if kinds.contains(&kind) => {}
                Some((_, _, kinds)) => {
                    kinds.push(kind);
                    find_uses(inner, path, uses);
                }
                None => {
                    uses.push((inner, path.clone(), vec![kind]));
                    find_uses(inner, path, uses);
                }
            }
        }
        path.pop();
    }
}

/// The tables of keys in a shape.
fn tables_of(shape: &'static Shape) -> Vec<&'static Keys> {
    match shape {
        Shape::Map(keys) | Shape::NameMap(_, keys) => vec![keys],
        Shape::Entries(_, of) | Shape::List(of) | Shape::OneOrMore(of) => tables_of(of),
        Shape::OneOf(shapes) => shapes.iter().flat_map(tables_of).collect(),
        _ => Vec::new(),
    }
}

struct Printer<'s> {
    out: String,
    shared: &'s Shared,
    path: Vec<&'static str>,
    printed: Vec<*const Keys>,
}

impl Printer<'_> {
    fn table(&mut self, keys: &'static Keys) {
        self.out.push_str("| key | takes | |\n|---|---|---|\n");
        for key in keys.iter() {
            self.path.push(key.name);
            let status = if missing(&self.path).is_some() { Status::NotYet } else { key.status };
            let required = if key.required { " Required." } else { "" };
            let _ = writeln!(
                self.out,
                "| `{}` | {} | {}{required} |",
                key.name,
                self.takes(key),
                cell(&sentence(key.doc, status))
            );
            self.path.pop();
        }
        if keys.extra.is_some() {
            self.out.push_str("| any other | *value* | An attribute: given by every living entry, of one type. |\n");
        }
    }

    fn short_form(&mut self, keys: &Keys) {
        if let Some(short) = keys.short {
            let _ = writeln!(self.out, "What is no map stands for its `{short}`.\n");
        }
    }

    /// The tables inside, each under a heading, but for those that have a section elsewhere.
    fn nested(&mut self, keys: &'static Keys, level: usize) {
        for key in keys.iter() {
            self.path.push(key.name);
            for inner in tables_of(&key.shape) {
                let address = std::ptr::from_ref(inner);
                if self.shared.headings.contains_key(&address) || self.printed.contains(&address) {
                    continue;
                }
                self.printed.push(address);
                let path = self.path.iter().skip(1).copied().collect::<Vec<_>>().join(".");
                let _ = writeln!(self.out, "\n{} `{path}`\n", "#".repeat(level));
                self.short_form(inner);
                self.table(inner);
                self.nested(inner, level);
            }
            self.path.pop();
        }
    }

    fn takes(&self, key: &'static Key) -> String {
        cell(&self.shape(&key.shape))
    }

    fn shape(&self, shape: &'static Shape) -> String {
        match shape {
            Shape::Name(of) => format!("*name* {}", of_name(*of)).trim_end().to_owned(),
            Shape::Text => "*text*".to_owned(),
            Shape::Expression => "*expression*".to_owned(),
            Shape::Value => "*value*".to_owned(),
            Shape::Boolean => "`true` or `false`".to_owned(),
            Shape::Integer { min, max } => format!("whole number, {min} to {max}"),
            Shape::Decimal => "number".to_owned(),
            Shape::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
            Shape::String => "string".to_owned(),
            Shape::Duration => "duration".to_owned(),
            Shape::Date => "date".to_owned(),
            Shape::Moment => "moment".to_owned(),
            Shape::Map(keys) => format!("map{}", self.link(keys)),
            Shape::NameMap(_, keys) => format!("named entries{}", self.link(keys)),
            Shape::Entries(_, of) => format!("{} by name", self.shape(of)),
            Shape::List(of) => format!("list of {}", self.shape(of)),
            Shape::OneOrMore(of) => format!("one or more of {}", self.shape(of)),
            Shape::OneOf(shapes) => shapes.iter().map(|shape| self.shape(shape)).collect::<Vec<_>>().join(" or "),
            Shape::Any => "anything".to_owned(),
        }
    }

    fn link(&self, keys: &'static Keys) -> String {
        match self.shared.headings.get(&std::ptr::from_ref(keys)) {
            Some(heading) => {
                format!(" of [`{heading}`](shared.md#{})", heading.replace([' ', ','], "-").replace("--", "-"))
            }
            None => String::new(),
        }
    }
}

fn of_name(of: NameOf) -> String {
    match of {
        NameOf::New => "made here".to_owned(),
        NameOf::Kind(kinds) => format!("of {}", kinds.join(" or ")),
        NameOf::Part(kinds) => format!("of a part of {}", kinds.join(" or ")),
        NameOf::Type => "of a type".to_owned(),
        NameOf::Field => "of a field".to_owned(),
        NameOf::Path => "of a field, or path".to_owned(),
        NameOf::Sort => "of a field, or path, with `-` for descending".to_owned(),
        NameOf::Stage => "of a stage".to_owned(),
        NameOf::Locale => "of a locale".to_owned(),
        NameOf::Zone => "of a time zone".to_owned(),
        NameOf::Country => "of a country".to_owned(),
        NameOf::Currency => "of a currency".to_owned(),
        NameOf::Secret => "of a secret".to_owned(),
        NameOf::File => "of a file".to_owned(),
        NameOf::Function => "of a function in a script".to_owned(),
        NameOf::Other => String::new(),
    }
}

fn sentence(doc: &str, status: Status) -> String {
    match status {
        Status::Now => doc.to_owned(),
        Status::NotYet => format!("*Not yet.* {doc}"),
    }
}

/// Text inside a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn coded(list: &[&str]) -> String {
    list.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
