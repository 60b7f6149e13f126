//! Fields: what is said of them in plain keys. Their expressions are compiled in [`super::derive`] and
//! [`super::behaviour`].

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Clean, Field, Pattern, Sequence, Source};
use fichero_model::kind::Kind;

use super::declare::{FieldDeclaration, Origin};
use super::findings::{Findings, quoted};
use super::types::{Layers, Word, not_for};
use super::{former, sequence, system, text};
use crate::catalog::Document;
use crate::node::Node;

/// Keys that have a meaning for some types only, and what to say where they have none.
type Belonging = (&'static str, fn(Word) -> bool, &'static str);

const BELONGS: [Belonging; 49] = [
    ("fields", |_| false, "it belongs to `group` and `lines`, whose parts it names"),
    ("to", |word| word == Word::Ref, "it belongs to `ref`"),
    ("through", |word| word == Word::Ref, "it belongs to `ref` with `many: true`"),
    ("on_delete", |word| word == Word::Ref, "it belongs to `ref`"),
    ("inverse", |word| word == Word::Ref, "it belongs to `ref`"),
    ("of", Word::is_rows, "it belongs to `lines` and `children`"),
    ("by", Word::is_rows, "it belongs to `lines` and `children`"),
    ("options", |word| word == Word::Choice, "it belongs to `choice`"),
    ("options_if", |word| word == Word::Choice, "it belongs to `choice`"),
    ("pattern", |word| word.is_text() || word == Word::Sequence, "it belongs to texts and sequences"),
    ("per", |word| word == Word::Sequence, "it belongs to `sequence`"),
    ("gapless", |word| word == Word::Sequence, "it belongs to `sequence`"),
    ("min", |word| word.is_ordered() || word.is_text(), "it belongs to texts, numbers, dates, times and lists"),
    (
        "max",
        |word| word.is_ordered() || word.is_text() || matches!(word, Word::File | Word::Secret),
        "it belongs to texts, numbers, dates, times, files, secrets and lists",
    ),
    ("accept", |word| word == Word::File, "it belongs to `file`"),
    ("scale", |word| word == Word::Decimal, "it belongs to `decimal`"),
    ("unit", |word| matches!(word, Word::Integer | Word::Decimal), "it belongs to `integer` and `decimal`"),
    ("currency", |word| word == Word::Money, "it belongs to `money`"),
    ("fix_rate_if", |word| word == Word::Money, "it belongs to `money`"),
    ("over", Word::is_text, "it belongs to texts that hold a condition"),
    ("country", |word| word == Word::Text, "it belongs to texts that hold phone numbers"),
    ("clean", Word::is_text, "it belongs to texts"),
    ("search", |word| word.is_text() || word == Word::Sequence, "texts and sequences can be searched"),
    (
        "external",
        |word| matches!(word, Word::Text | Word::Integer | Word::Sequence),
        "a text, an integer or a sequence can be a key",
    ),
    ("unique", is_keyed, "neither long texts nor files, data, lines and children can be compared"),
    ("index", is_keyed, "neither long texts nor files, data, lines and children can be in an index"),
    ("default", is_given_by_definitions, UPLOADED),
    ("fill", is_given_by_definitions, UPLOADED),
    ("copy", is_given_by_definitions, UPLOADED),
    ("compute", is_given_by_definitions, UPLOADED),
    ("formula", is_given_by_definitions, UPLOADED),
    ("clone", is_given_by_definitions, UPLOADED),
    ("rollup", is_given_by_definitions, UPLOADED),
    ("many", |word| !word.is_rows() && word != Word::Sequence, "lines and children are many as they are"),
    ("many", is_read, "a secret is one text; lines hold several, each with a name"),
    ("validate", is_read, NEVER_READ),
    ("unique", is_read, NEVER_READ),
    ("index", is_read, NEVER_READ),
    ("default", is_read, NEVER_READ),
    ("fill", is_read, NEVER_READ),
    ("copy", is_read, NEVER_READ),
    ("compute", is_read, NEVER_READ),
    ("formula", is_read, NEVER_READ),
    ("lookup", is_read, NEVER_READ),
    ("rollup", is_read, NEVER_READ),
    ("clone", is_read, NEVER_READ),
    ("required", is_asked_for, NOT_ASKED_FOR),
    ("required_if", is_asked_for, NOT_ASKED_FOR),
    ("validate", |word| !word.is_rows(), "a rule of the entity judges all rows: `if: count(rows) < 2` with `reject:`"),
];

/// Whether values are ever read.
fn is_read(word: Word) -> bool {
    word != Word::Secret
}

const NEVER_READ: &str = "a secret is given by people and programs, kept sealed and read by nobody";

/// Whether a definition can say a value, or work it out.
fn is_given_by_definitions(word: Word) -> bool {
    word != Word::File
}

const UPLOADED: &str = "a file is uploaded, and belongs to one record; a `lookup` shows that of another";

const NOT_ASKED_FOR: &str =
    "a boolean is true or false whatever is written: a rule with `reject:` can ask for the one that is wanted";

fn is_asked_for(word: Word) -> bool {
    word != Word::Boolean
}

fn is_keyed(word: Word) -> bool {
    !matches!(word, Word::LongText | Word::File | Word::Json | Word::Lines | Word::Children)
}

/// The keys that say where a value comes from.
const SOURCES: [&str; 5] = ["copy", "compute", "formula", "lookup", "rollup"];
/// Keys without a meaning for a field that nobody writes.
const FOR_WRITERS: [&str; 17] = [
    "default",
    "fill",
    "required",
    "required_if",
    "once",
    "readonly_if",
    "options_if",
    "clean",
    "validate",
    "pattern",
    "min",
    "max",
    "external",
    "append_only",
    "clone",
    "fix_rate_if",
    "country",
];

/// A field with everything said of it in plain keys. `kind` is as far as it is known yet.
pub(super) fn build(declaration: &FieldDeclaration<'_>, kind: Kind, findings: &mut Findings<'_>) -> Field {
    let (node, layers) = match (&declaration.origin, declaration.node(), declaration.layers()) {
        (Origin::System(which), ..) => return system::field(*which, kind, &declaration.place),
        (Origin::Holder(holder), ..) => return system::holder(*holder, kind, &declaration.place),
        (_, Some(node), Some(layers)) => (node, layers),
        _ => {
            let word = kind.word();
            let required = matches!(declaration.origin, Origin::Stage { .. });
            return Field { required, ..system::plain(&declaration.name, kind, word, &declaration.place) };
        }
    };
    let is_stage = matches!(declaration.origin, Origin::Stage { .. });
    let word = declaration.field_type.as_ref().map(|field_type| field_type.word);
    let written = node.get("type").and_then(Node::as_text).cloned().unwrap_or_else(|| kind.word().into());
    let is_rollup = node.get("rollup").is_some();
    if let Some(word) = word {
        check_keys(node, word, &written, (is_rollup, layers.is("many")), findings);
        check_many(declaration, &layers, node, findings);
    }
    if is_stage {
        check_stage_keys(declaration, node, findings);
    }
    check_sources(declaration, node, word, findings);
    let flag = |key: &str| node.get(key).and_then(Node::as_bool).unwrap_or(false);
    let is_text = matches!(word, Some(Word::Text | Word::LongText));
    let external = flag("external");
    Field {
        was: former::names(node),
        label: text::label(node.get("label"), &declaration.name, findings),
        help: text::optional(node.get("help"), findings),
        many: layers.is("many") && !matches!(word, Some(Word::Lines | Word::Children | Word::Sequence)),
        source: if word == Some(Word::Sequence) {
            Source::Sequence(sequence::decode(declaration, node, findings))
        } else {
            Source::Input
        },
        required: flag("required") || is_stage,
        readonly: flag("readonly"),
        once: flag("once"),
        append_only: flag("append_only"),
        clean: layers.get("clean").map(clean).unwrap_or_default(),
        pattern: if is_text {
            layers.get("pattern").and_then(|pattern| self::pattern(pattern, findings))
        } else {
            None
        },
        unit: text::optional(layers.get("unit"), findings),
        unique: flag("unique") || external,
        external,
        index: flag("index"),
        search: layers.is("search"),
        // What a secret was is in no history, export or search, as with all that is sensitive.
        sensitive: layers.is("sensitive") || word == Some(Word::Secret),
        personal: layers.is("personal"),
        widget: layers.get("widget").and_then(Node::as_text).cloned(),
        ..system::plain(&declaration.name, kind, &written, &declaration.place)
    }
}

/// A sequence for a field whose own cannot be read.
pub(super) fn no_sequence() -> Sequence {
    Sequence { pattern: Vec::new(), per: fichero_model::entity::SequencePeriod::Ever, gapless: false }
}

/// Keys that have no meaning for the type.
fn check_keys(
    node: &Node,
    word: Word,
    type_name: &str,
    (is_rollup, is_many): (bool, bool),
    findings: &mut Findings<'_>,
) {
    for (key, belongs, why) in BELONGS {
        // How many values a list may hold is bounded whatever they are.
        let bounds_list = matches!(key, "min" | "max") && is_many;
        if let Some(entry) = node.entry(key).filter(|_| !belongs(word) && !bounds_list) {
            findings.push(not_for(entry, type_name, why));
        }
    }
    if let Some(entry) = node.entry("where").filter(|_| word != Word::Ref && !is_rollup) {
        findings.push(not_for(entry, type_name, "it belongs to `ref` and to fields with a `rollup`"));
    }
    let is_through = node.entry("through");
    if let Some(entry) =
        is_through.filter(|_| word == Word::Ref && node.get("many").and_then(Node::as_bool) != Some(true))
    {
        findings.error_with_help(
            code::KEY_NOT_FOR_TYPE,
            &entry.key.place,
            "`through` is for references to many records",
            "add `many: true`",
        );
    }
}

/// Keys of a `type` document that have no meaning for what it is of.
pub(super) fn check_type_keys(document: &Document, word: Word, findings: &mut Findings<'_>) {
    let is_many = document.node.get("many").and_then(Node::as_bool).unwrap_or(false);
    for (key, belongs, why) in BELONGS {
        let is_meant = key == "of" || matches!(key, "min" | "max") && is_many;
        if let Some(entry) = document.node.entry(key).filter(|_| !is_meant && !belongs(word)) {
            findings.push(not_for(entry, word.as_str(), why));
        }
    }
}

/// What several values cannot have.
fn check_many(declaration: &FieldDeclaration<'_>, layers: &Layers<'_>, node: &Node, findings: &mut Findings<'_>) {
    if !layers.is("many") {
        return;
    }
    for key in ["unique", "external", "index", "search"] {
        if let Some(entry) = node.entry(key).filter(|entry| entry.value.as_bool() != Some(false)) {
            let message = format!("`{}` holds many values, so it cannot have `{key}`", declaration.name);
            findings.error_with_help(
                code::MANY,
                &entry.key.place,
                message,
                "a key, an index and the search need one value; make the values records of their own",
            );
        }
    }
    if let Some(entry) = node.entry("fix_rate_if") {
        let message = format!("`{}` holds many amounts, and `fix_rate_if` is for one", declaration.name);
        findings.error_with_help(code::MANY, &entry.key.place, message, "make the amounts records of their own");
    }
    if let Some(entry) = ["rollup", "lookup", "copy"].into_iter().find_map(|key| node.entry(key)) {
        let message = format!("`{}` holds many values, and `{}` gives one", declaration.name, entry.key.text);
        findings.error_with_help(code::MANY, &entry.key.place, message, "leave out `many`");
    }
}

/// What an entity may say of the field that a pipeline makes.
fn check_stage_keys(declaration: &FieldDeclaration<'_>, node: &Node, findings: &mut Findings<'_>) {
    const TAKEN: [&str; 10] =
        ["label", "help", "index", "readonly", "readonly_if", "visible_if", "widget", "was", "options_if", "sensitive"];
    for entry in node.entries() {
        if !TAKEN.contains(&&*entry.key.text) {
            let message = format!(
                "a pipeline makes `{}`, so `{}` is not for its entity to say",
                declaration.name, entry.key.text
            );
            findings.error_with_help(
                code::CONFLICTING_KEYS,
                &entry.key.place,
                message,
                format!("here it takes {}", quoted(&TAKEN)),
            );
        }
    }
}

/// A field has one source for its value, and what only a writer minds has no meaning for one that nobody writes.
fn check_sources(declaration: &FieldDeclaration<'_>, node: &Node, word: Option<Word>, findings: &mut Findings<'_>) {
    let given: Vec<_> = SOURCES.into_iter().filter_map(|key| node.entry(key)).collect();
    if let [first, second, ..] = *given {
        let message = format!(
            "`{}` has one source for its value, but both `{}` and `{}` are given",
            declaration.name, first.key.text, second.key.text
        );
        findings.push(
            Diagnostic::error(code::CONFLICTING_KEYS, &second.key.place, message)
                .label(&first.key.place, "the other one")
                .help("keep one of them"),
        );
        findings.set_broken(&declaration.name);
    }
    let own = match word {
        Some(Word::Sequence) => Some("a sequence"),
        Some(Word::Lines | Word::Children) => Some("a field of rows"),
        _ => None,
    };
    if let (Some(own), Some(first)) = (own, given.first()) {
        let message = format!("`{}` is {own}, so it cannot have `{}`", declaration.name, first.key.text);
        findings.error(code::CONFLICTING_KEYS, &first.key.place, message);
    }
    let derived =
        given.iter().map(|entry| &*entry.key.text).find(|key| matches!(*key, "formula" | "lookup" | "rollup"));
    let derived = derived.or(match word {
        Some(Word::Sequence) => Some("sequence"),
        Some(Word::Children) => Some("children"),
        _ => None,
    });
    if let Some(derived) = derived {
        for key in FOR_WRITERS {
            let of_sequence = derived == "sequence" && matches!(key, "pattern" | "external");
            // The text of a group is as long as its parts may be.
            let of_group = key == "max" && declaration.whole.is_some();
            let is_meant = of_sequence || of_group;
            if let Some(entry) = node.entry(key).filter(|entry| !is_meant && entry.value.as_bool() != Some(false)) {
                let message = format!(
                    "nobody writes `{}`, which has a `{derived}`, so `{key}` has no meaning for it",
                    declaration.name
                );
                findings.error_with_help(code::CONFLICTING_KEYS, &entry.key.place, message, "leave it out");
            }
        }
    }
    for source in ["compute"] {
        if let (Some(_), Some(entry)) = (node.entry(source), node.entry("default")) {
            let message = format!(
                "`{}` follows its `{source}` from the beginning, so `default` has no meaning for it",
                declaration.name
            );
            findings.error_with_help(
                code::CONFLICTING_KEYS,
                &entry.key.place,
                message,
                "leave it out, or write the expression as `default: =…` alone",
            );
        }
    }
    if let Some(entry) = node.entry("fill").filter(|_| node.get("required").and_then(Node::as_bool) != Some(true)) {
        let message = format!(
            "`fill` gives old records a value when a field becomes required, and `{}` is not",
            declaration.name
        );
        findings.error_with_help(
            code::CONFLICTING_KEYS,
            &entry.key.place,
            message,
            "add `required: true`, or leave it out",
        );
    }
    if let (Some(_), Some(entry)) =
        (node.entry("required").filter(|entry| entry.value.as_bool() == Some(true)), node.entry("required_if"))
    {
        let message = format!("`{}` is always required, so `required_if` adds nothing", declaration.name);
        findings.error_with_help(code::CONFLICTING_KEYS, &entry.key.place, message, "leave one of them out");
    }
    if let (Some(_), Some(entry)) =
        (node.entry("readonly").filter(|entry| entry.value.as_bool() == Some(true)), node.entry("readonly_if"))
    {
        let message = format!("`{}` is always read-only, so `readonly_if` adds nothing", declaration.name);
        findings.error_with_help(code::CONFLICTING_KEYS, &entry.key.place, message, "leave one of them out");
    }
}

fn clean(node: &Node) -> Vec<Clean> {
    let words = super::declare::one_or_more(node).filter_map(|word| word.as_text());
    words
        .filter_map(|word| match &**word {
            "trim" => Some(Clean::Trim),
            "squeeze" => Some(Clean::Squeeze),
            "lower" => Some(Clean::Lower),
            "upper" => Some(Clean::Upper),
            "digits" => Some(Clean::Digits),
            "phone" => Some(Clean::Phone),
            "html" => Some(Clean::Html),
            _ => None,
        })
        .collect()
}

/// A regular expression over the whole text.
fn pattern(node: &Node, findings: &mut Findings<'_>) -> Option<Pattern> {
    let text = node.as_text()?;
    let anchored = format!("^(?:{text})$");
    match regex::RegexBuilder::new(&anchored).size_limit(1 << 20).build() {
        Ok(regex) => Some(Pattern { text: text.clone(), regex }),
        Err(error) => {
            let shown = error.to_string();
            let why = shown.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let help = if text.contains("(?=") || text.contains("(?!") || text.contains("(?<") {
                "patterns have neither look-around nor back-references, so that matching never takes long; use a check with `validate` instead"
            } else {
                "a pattern is a regular expression that the whole text matches, such as `[A-Z]{2}[0-9]{6}`"
            };
            findings.error_with_help(
                code::BAD_PATTERN,
                &node.place,
                format!("the pattern `{text}` cannot be used: {why}"),
                help,
            );
            None
        }
    }
}
