//! Records that ship with definitions, and the settings documents.

use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::EntityId;
use fichero_model::code::{self, Code};
use fichero_model::data::{DataRow, DataSet, Settings};
use fichero_model::diagnostic::Diagnostic;
use fichero_model::expr::{Scope, Setting};
use fichero_model::kind::Kind;
use fichero_model::label::Locale;
use fichero_model::model::Model;

use super::context::Context;
use super::declare::{Declared, Holder, one_or_more, settings_entity};
use super::findings::Findings;
use super::left_out::is_left_out;
use super::value::{Reader, Records, given};
use super::within::Within;
use crate::catalog::{Catalog, Document};
use crate::node::{Entry, Node};

/// The names and external keys of the records that data documents bring. With `demo` also those of demonstrations,
/// which other databases do not hold.
pub(super) fn records(catalog: &Catalog, declared: &Declared<'_>, model: &Model, demo: bool) -> Records {
    let mut records = Records::default();
    for document in catalog.of_kind("data") {
        let is_demo = document.node.get("demo").and_then(Node::as_bool).unwrap_or(false);
        let Some(entity) = document.node.get("entity").and_then(Node::as_text).and_then(|name| declared.find(name))
        else {
            continue;
        };
        if is_demo && !demo || !is_for(document, model) {
            continue;
        }
        for row in document.node.get("rows").map(Node::entries).unwrap_or_default() {
            add(&mut records, model, entity, &row.key.text, &row.value);
        }
    }
    records
}

/// Adds a record by its name and its external keys.
pub(super) fn add(records: &mut Records, model: &Model, entity: EntityId, name: &Arc<str>, values: &Node) {
    records.add(entity, name);
    for field in model[entity].fields.iter().filter(|field| field.external) {
        if let Some(key) = values.get(&field.name).and_then(Node::as_text).filter(|text| !text.starts_with('=')) {
            records.add(entity, key);
        }
    }
}

/// Compiles all data documents, in the order of the catalog. A row that names a record of another document gives it
/// more values: so a pack may fill its fields in records that come with another.
pub(super) fn all(cx: &Context<'_>, findings: &mut Findings<'_>) -> Vec<DataSet> {
    let mut known: HashMap<(EntityId, Arc<str>), Vec<&Entry>> = HashMap::new();
    let reader = Reader {
        scope: Scope::bare(cx.model),
        records: cx.records,
        given: None,
        closed: false,
        code: code::DATA_ROW,
        load: true,
    };
    let mut sets = Vec::new();
    // Rows of a demo refer to one another, so that all of them are left out when one is.
    let mut whole = true;
    for document in cx.catalog.of_kind("data").filter(|document| is_for(document, cx.model)) {
        let mark = findings.mark();
        let Some(entity) = cx.entity(document.node.get("entity"), findings) else { continue };
        let mut rows = Vec::new();
        for entry in document.node.get("rows").map(Node::entries).unwrap_or_default() {
            let name = &entry.key.text;
            let set = reader.settings(&entry.value, entity, findings);
            for (id, setting) in &set {
                let field = &cx.model[entity][*id];
                if let (Setting::Literal(value), Some(node)) = (setting, given(&entry.value, &cx.model[entity], *id)) {
                    Within::of(cx.model, field).check(value, (code::DATA_ROW, node), findings);
                }
            }
            let before = known.entry((entity, Arc::clone(name))).or_default();
            if before.is_empty() {
                check_required(cx, entity, entry, code::DATA_ROW, findings);
            }
            check_given_once(before, entry, findings);
            before.push(entry);
            rows.push(DataRow { name: Arc::clone(name), set, place: entry.key.place.clone() });
        }
        let demo = document.node.get("demo").and_then(Node::as_bool).unwrap_or(false);
        if demo && is_left_out(cx, document, mark, findings) {
            whole = false;
        }
        let demo_of_pack = demo && cx.catalog.is_overlaid(document.layer, cx.sources);
        sets.push((
            demo_of_pack,
            DataSet { name: Arc::clone(&document.name), entity, demo, rows, place: document.name_place.clone() },
        ));
    }
    sets.into_iter().filter(|(demo_of_pack, _)| whole || !demo_of_pack).map(|(_, set)| set).collect()
}

/// Whether the records of a document are for workspaces of this locale.
fn is_for(document: &Document, model: &Model) -> bool {
    let Some(locales) = document.node.get("locale") else { return true };
    let mut named = one_or_more(locales).filter_map(Node::as_text);
    named.any(|locale| Locale::parse(locale) == Some(model.workspace.locale))
}

/// A row may add to the record of another, but not say otherwise.
fn check_given_once(before: &[&Entry], row: &Entry, findings: &mut Findings<'_>) {
    for value in row.value.entries() {
        let Some(first) = before.iter().find_map(|other| other.value.entry(&value.key.text)) else { continue };
        let message =
            format!("the record `{}` is given `{}` by another row of that name", row.key.text, value.key.text);
        findings.push(
            Diagnostic::error(code::DUPLICATE_NAME, &value.key.place, message)
                .label(&first.key.place, "given here")
                .help("keep one of the two, or rename one of the rows if they are two records"),
        );
    }
}

/// A record without a value that its entity needs and does not make itself.
pub(super) fn check_required(cx: &Context<'_>, entity: EntityId, row: &Entry, code: Code, findings: &mut Findings<'_>) {
    let definition = &cx.model[entity];
    for (id, field) in definition.all_fields() {
        let made = field.default.is_some() || !matches!(field.source, fichero_model::entity::Source::Input);
        let given = given(&row.value, definition, id).is_some()
            || field.pipeline.is_some()
            || matches!(field.kind, Kind::Boolean);
        if field.is_always_given() && !made && !given && !findings.is_broken(&field.name) {
            let message = format!(
                "the record `{}` is given no `{}`, which every `{}` needs",
                row.key.text, field.name, cx.model[entity].name
            );
            findings.push(Diagnostic::error(code, &row.key.place, message).label(&field.place, "required here"));
            // One place bears one finding; the rest shows when this is mended.
            break;
        }
    }
}

/// The settings documents, with the entities that keep their values.
pub(super) fn settings(catalog: &Catalog, declared: &Declared<'_>) -> Vec<Settings> {
    catalog
        .of_kind("settings")
        .filter_map(|document| {
            let entity = declared.find(&settings_entity(&document.name))?;
            let declaration = &declared.entities[entity.index()];
            Some(Settings {
                name: Arc::clone(&document.name),
                entity,
                team: declaration.field(Holder::Team.field()),
                user: declaration.field(Holder::User.field()),
                place: document.name_place.clone(),
            })
        })
        .collect()
}
