//! Entities: their labels, the field that stands for a record, and whose lines they are.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Entity, Field, LineOf, Source, System};
use fichero_model::kind::Kind;
use fichero_model::label::{Locale, Text};
use fichero_model::model::Model;
use fichero_model::{EntityId, FieldId};

use super::context::Context;
use super::declare::{self, Declared, EntityDeclaration};
use super::derive::unstored_because;
use super::findings::{Findings, quoted};
use super::{former, text};
use crate::catalog::Catalog;
use crate::node::Node;
use crate::source::{Origin, Sources};

/// Fields that stand for a record where its entity does not say which.
const USUAL_TITLES: [&str; 3] = ["name", "title", "subject"];

/// An entity with its fields, before any expression is compiled.
pub(super) fn build(
    declaration: &EntityDeclaration<'_>,
    fields: Vec<Field>,
    sources: &Sources,
    catalog: &Catalog,
    findings: &mut Findings<'_>,
) -> Entity {
    let document = declaration.document;
    let node = &document.node;
    let label = text::label(node.get("label"), &document.written, findings);
    let is_settings = document.kind == "settings";
    let plural = text::optional(node.get("plural"), findings)
        .unwrap_or_else(|| if is_settings { label.clone() } else { plural_of(&label) });
    let layer = sources.layers().get(document.layer);
    Entity {
        name: Arc::clone(&declaration.name),
        was: former::names(node),
        label,
        plural,
        help: text::optional(node.get("help"), findings),
        icon: node.get("icon").and_then(Node::as_text).cloned(),
        title: System::Id.field(),
        groups: declaration.groups(),
        fields,
        unique: Vec::new(),
        duplicates: Vec::new(),
        indexes: Vec::new(),
        rules: Vec::new(),
        mixins: declare::mixins(catalog, node),
        line_of: None,
        tree: None,
        append_only: node.get("append_only").and_then(Node::as_bool).unwrap_or(false),
        compute_order: Vec::new(),
        place: document.name_place.clone(),
        pack: layer.filter(|layer| !matches!(layer.origin, Origin::Workspace)).and_then(|layer| layer.pack.clone()),
    }
}

/// The label of several, made from that of one: in English by its usual ending, elsewhere the same.
fn plural_of(label: &Text) -> Text {
    let all = label.all().iter().map(|(locale, text)| {
        (*locale, if *locale == Locale::EN { english_plural(text).into() } else { Arc::clone(text) })
    });
    Text::of(all.collect()).unwrap_or_else(|| label.clone())
}

fn english_plural(one: &str) -> String {
    let lower = one.to_lowercase();
    let before_last = lower.chars().rev().nth(1);
    if lower.ends_with('y') && before_last.is_some_and(|letter| !"aeiou".contains(letter)) {
        format!("{}ies", &one[..one.len() - 1])
    } else if ["s", "x", "z", "ch", "sh"].iter().any(|ending| lower.ends_with(ending)) {
        format!("{one}es")
    } else {
        format!("{one}s")
    }
}

/// The field that stands for a record: the one that `title` names, else a usual one, else the first text. An entity
/// without any is known by its ids.
pub(super) fn title(cx: &Context<'_>, entity: EntityId, findings: &mut Findings<'_>) -> FieldId {
    let definition = &cx.model[entity];
    let declaration = &cx.declared.entities[entity.index()];
    let fits = |field: &Field| {
        field.is_stored()
            && !field.many
            && !field.system
            && !matches!(field.kind, Kind::Ref(_) | Kind::Json | Kind::File(_) | Kind::Secret { .. })
    };
    let Some(node) = declaration.document.node.get("title") else {
        let usual = USUAL_TITLES.iter().find_map(|name| definition.field(name).filter(|(_, field)| fits(field)));
        let text = || definition.all_fields().find(|(_, field)| fits(field) && matches!(field.kind, Kind::Text { .. }));
        return usual.or_else(text).map_or(System::Id.field(), |(id, _)| id);
    };
    let name = node.as_text().map(|text| text.trim()).unwrap_or_default();
    let Some((id, field)) = definition.field(name) else {
        if fichero_model::name::check(name).is_ok() {
            let known = definition.fields.iter().filter(|field| fits(field)).map(|field| &*field.name);
            let message = format!("`title` names `{name}`, which is no field of `{}`", definition.name);
            findings.unknown(code::TITLE, &node.place, message, name, known);
        } else {
            let message = format!("`title` names a field, and `{name}` is an expression");
            findings.error_with_help(
                code::TITLE,
                &node.place,
                message,
                "make a field with `formula:` of it, and name that",
            );
        }
        return System::Id.field();
    };
    if !fits(field) && !findings.is_broken(name) {
        let why = if field.is_stored() { "it is no single value that people read" } else { unstored_because(field) };
        findings.push(
            Diagnostic::error(
                code::TITLE,
                &node.place,
                format!("`{name}` cannot stand for a `{}` in links and lists: {why}", definition.name),
            )
            .label(&field.place, "declared here")
            .help("name a stored field of one value, such as a text, a number or a date"),
        );
    }
    id
}

/// The references that lead to the records above, of entities that are hierarchies (`tree`).
pub(super) fn trees(declared: &Declared<'_>, model: &Model, findings: &mut Findings<'_>) -> Vec<(EntityId, FieldId)> {
    let mut all = Vec::new();
    for (entity, declaration) in declared.all() {
        let Some(node) = declaration.document.node.get("tree") else { continue };
        let definition = &model[entity];
        let name = node.as_text().map(|text| text.trim()).unwrap_or_default();
        let Some((id, field)) = definition.field(name) else {
            let message = format!("`tree` names `{name}`, which is no field of `{}`", definition.name);
            let known = definition.fields.iter().filter(|field| leads_up(entity, field)).map(|field| &*field.name);
            findings.unknown(code::UNKNOWN_REFERENCE, &node.place, message, name, known);
            continue;
        };
        if leads_up(entity, field) {
            all.push((entity, id));
        } else if !findings.is_broken(name) {
            let message = format!("`{name}` does not lead to the one record above, of `{}` too", definition.name);
            let help = format!("name a field such as `parent: {{type: ref, to: {}}}`", definition.name);
            findings.push(
                Diagnostic::error(code::WRONG_TARGET, &node.place, message)
                    .label(&field.place, "declared here")
                    .help(help),
            );
        }
    }
    all
}

/// Whether a field can lead to the record above: one stored reference to the own entity.
fn leads_up(entity: EntityId, field: &Field) -> bool {
    let own = matches!(&field.kind, Kind::Ref(reference) if *reference.targets == [entity]);
    own && !field.many && !field.system && matches!(field.source, Source::Input)
}

/// Which entities are the lines of a parent.
pub(super) fn line_of(cx: &Context<'_>, findings: &mut Findings<'_>) -> Vec<(EntityId, LineOf)> {
    let model = cx.model;
    let mut all: Vec<(EntityId, LineOf)> = Vec::new();
    for (parent, definition) in model.all_entities() {
        for (field, lines) in definition.all_fields() {
            let Kind::Lines { of, by } = lines.kind else { continue };
            if let Some((_, other)) = all.iter().find(|(line, _)| *line == of) {
                let other = &model[other.parent][other.field];
                findings.push(
                    Diagnostic::error(
                        code::LINES_PARENT,
                        &lines.place,
                        format!("records of `{}` are lines already, and lines have one parent", model[of].name),
                    )
                    .label(&other.place, "the other parent's field")
                    .help("use `children` in one of them, or an entity of its own for each"),
                );
                continue;
            }
            let reference =
                cx.declared.entities[of.index()].fields.get(by.index()).and_then(declare::FieldDeclaration::node);
            let kept = reference
                .and_then(|node| node.entry("on_delete"))
                .filter(|entry| entry.value.as_text().is_some_and(|word| &**word != "cascade"));
            if let Some(entry) = kept {
                let message = format!(
                    "records of `{}` are lines of a `{}`, and lines are deleted with it",
                    model[of].name, definition.name
                );
                findings.push(
                    Diagnostic::error(code::CONFLICTING_KEYS, &entry.value.place, message)
                        .label(&lines.place, "the lines")
                        .help("write `on_delete: cascade` or leave it out, or let the parent have `children` instead of `lines`"),
                );
            }
            all.push((of, LineOf { parent, field, by }));
        }
    }
    all
}

/// Fields whose names another field takes: money has its currency and its worth in base beside it.
pub(super) fn check_companions(model: &Model, findings: &mut Findings<'_>) {
    for (_, entity) in model.all_entities() {
        for money in entity.fields.iter().filter(|field| matches!(field.kind, Kind::Money { .. })) {
            for companion in ["currency", "base"] {
                let name = format!("{}_{companion}", money.name);
                if let Some((_, field)) = entity.field(&name) {
                    findings.push(
                        Diagnostic::error(
                            code::NAME_CLASH,
                            &field.place,
                            format!("`{name}` is where the {companion} of the money `{}` is found", money.name),
                        )
                        .label(&money.place, "the money")
                        .help(format!(
                            "choose another name; {} go with every money field",
                            quoted(&[&format!("{}_currency", money.name), &format!("{}_base", money.name)])
                        )),
                    );
                }
            }
        }
    }
}
