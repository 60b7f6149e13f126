//! Entities: their labels, the field that stands for a record, unique rules and indexes.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Entity, Field, Index, LineOf, System, Unique};
use fichero_model::expr::{Expr, Scope};
use fichero_model::kind::{Kind, Type};
use fichero_model::label::{Locale, Text};
use fichero_model::model::{Model, Rates};
use fichero_model::{EntityId, FieldId};

use super::context::Context;
use super::declare::{self, EntityDeclaration};
use super::derive::unstored_because;
use super::expression::{self, Want};
use super::findings::{Findings, quoted};
use super::reads::Reads;
use super::{options, text};
use crate::catalog::Catalog;
use crate::node::{Entry, Node};
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
    let label = text::label(node.get("label"), &document.name, findings);
    let is_settings = document.kind == "settings";
    let plural = text::optional(node.get("plural"), findings)
        .unwrap_or_else(|| if is_settings { label.clone() } else { plural_of(&label) });
    let layer = sources.layers().get(document.layer);
    Entity {
        name: Arc::clone(&declaration.name),
        was: options::was(node),
        label,
        plural,
        help: text::optional(node.get("help"), findings),
        icon: node.get("icon").and_then(Node::as_text).cloned(),
        title: System::Id.field(),
        fields,
        unique: Vec::new(),
        indexes: Vec::new(),
        rules: Vec::new(),
        mixins: declare::mixins(catalog, node),
        line_of: None,
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
            && !matches!(field.kind, Kind::Ref(_) | Kind::Json | Kind::File)
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

/// The rules of uniqueness, those of single fields with a condition included.
pub(super) fn uniques(cx: &Context<'_>, entity: EntityId, findings: &mut Findings<'_>) -> Vec<Unique> {
    let declaration = &cx.declared.entities[entity.index()];
    let mut all = Vec::new();
    for field in &declaration.fields {
        let Some(entry) =
            field.node().and_then(|node| node.entry("unique")).filter(|entry| !entry.value.entries().is_empty())
        else {
            continue;
        };
        let Some(id) = declaration.field(&field.name) else { continue };
        check_stored(cx, entity, id, &entry.key.place, "a unique rule", findings);
        all.push(Unique {
            name: Arc::clone(&field.name),
            fields: vec![id],
            filter: filter(
                cx,
                entity,
                entry.value.get("where"),
                &format!("the unique rule of `{}`", field.name),
                findings,
            ),
            exact: entry.value.get("exact").and_then(Node::as_bool).unwrap_or(false),
            message: None,
            place: entry.key.place.clone(),
        });
    }
    for entry in declaration.document.node.get("unique").map(Node::entries).unwrap_or_default() {
        if let Some(unique) = unique(cx, entity, entry, findings) {
            all.push(unique);
        }
    }
    all
}

fn unique(cx: &Context<'_>, entity: EntityId, entry: &Entry, findings: &mut Findings<'_>) -> Option<Unique> {
    let node = &entry.value;
    let what = format!("the unique rule `{}`", entry.key.text);
    let fields = key_fields(cx, entity, node, &what, findings)?;
    if fields.is_empty() {
        findings.error_with_help(
            code::UNIQUE_FIELDS,
            &entry.key.place,
            format!("{what} names no fields"),
            "write `fields:` and the names of one or more",
        );
        return None;
    }
    let scope = Scope::row(cx.model, entity);
    Some(Unique {
        name: Arc::clone(&entry.key.text),
        fields,
        filter: filter(cx, entity, node.get("where"), &what, findings),
        exact: node.get("exact").and_then(Node::as_bool).unwrap_or(false),
        message: node.get("message").and_then(|message| text::message(message, &scope, findings)),
        place: entry.key.place.clone(),
    })
}

/// Only records for which this holds count: a portable condition over their own stored fields.
fn filter(
    cx: &Context<'_>,
    entity: EntityId,
    node: Option<&Node>,
    what: &str,
    findings: &mut Findings<'_>,
) -> Option<Expr> {
    let condition = expression::condition(node?, &Scope::row(cx.model, entity), findings)?;
    if !expression::check_portable(&condition, &format!("the condition of {what}"), findings) {
        return None;
    }
    let reads = Reads::of(&condition, cx.model);
    let why = if let Some(unstored) = reads.own.iter().map(|id| &cx.model[entity][*id]).find(|field| !field.is_stored())
    {
        format!("`{}`, which is {}", unstored.name, unstored_because(unstored))
    } else if !reads.other.is_empty() {
        "other records".to_owned()
    } else if reads.time {
        "what time it is".to_owned()
    } else if reads.actor {
        "who asks".to_owned()
    } else {
        return Some(condition);
    };
    findings.error_with_help(
        code::UNIQUE_FIELDS,
        &condition.place,
        format!("{what} depends on {why}, so the database cannot enforce it"),
        "a unique rule holds over what the record itself stores",
    );
    None
}

/// The indexes an author asked for.
pub(super) fn indexes(cx: &Context<'_>, entity: EntityId, findings: &mut Findings<'_>) -> Vec<Index> {
    let declaration = &cx.declared.entities[entity.index()];
    let mut all = Vec::new();
    for field in &declaration.fields {
        let Some(entry) =
            field.node().and_then(|node| node.entry("index")).filter(|entry| entry.value.as_bool() == Some(true))
        else {
            continue;
        };
        if let Some(id) = declaration.field(&field.name) {
            check_stored(cx, entity, id, &entry.key.place, "an index", findings);
        }
    }
    for entry in declaration.document.node.get("index").map(Node::entries).unwrap_or_default() {
        let what = format!("the index `{}`", entry.key.text);
        if let Some(fields) = key_fields(cx, entity, &entry.value, &what, findings).filter(|fields| !fields.is_empty())
        {
            all.push(Index { name: Arc::clone(&entry.key.text), fields });
        }
    }
    all
}

/// The stored fields that `fields` names, in order; nothing when one of them is wrong.
fn key_fields(
    cx: &Context<'_>,
    entity: EntityId,
    node: &Node,
    what: &str,
    findings: &mut Findings<'_>,
) -> Option<Vec<FieldId>> {
    let mut fields = Vec::new();
    let mut sound = true;
    for named in node.get("fields").into_iter().flat_map(declare::one_or_more) {
        let Some(name) = named.as_text() else { continue };
        if let Some(plain) = name.strip_prefix('-') {
            findings.push(
                Diagnostic::error(
                    code::NOT_YET_KEY,
                    &named.place,
                    format!("{what} cannot hold `{plain}` from the greatest down yet"),
                )
                .help(format!("write `{plain}`: an index is read in both directions")),
            );
            sound = false;
            continue;
        }
        let Some(id) = cx.field(entity, named, findings) else {
            sound = false;
            continue;
        };
        sound &= check_stored(cx, entity, id, &named.place, what, findings);
        if fields.contains(&id) {
            findings.error_with_help(
                code::UNIQUE_FIELDS,
                &named.place,
                format!("{what} names `{name}` twice"),
                "leave one out",
            );
        } else {
            fields.push(id);
        }
    }
    sound.then_some(fields)
}

fn check_stored(
    cx: &Context<'_>,
    entity: EntityId,
    id: FieldId,
    place: &fichero_model::place::Place,
    what: &str,
    findings: &mut Findings<'_>,
) -> bool {
    let field = &cx.model[entity][id];
    if findings.is_broken(&field.name) {
        return false;
    }
    if !field.is_stored() {
        findings.push(
            Diagnostic::error(
                code::STORED_FORMULA,
                place,
                format!("{what} needs stored fields, but `{}` is {}", field.name, unstored_because(field)),
            )
            .label(&field.place, "declared here")
            .help("name a field that is stored; a `copy` keeps a value of another record"),
        );
        return false;
    }
    if field.many || matches!(field.kind, Kind::LongText { .. } | Kind::Json | Kind::File) {
        let why = if field.many { "holds many values" } else { "is too long or has no order" };
        findings.error_with_help(
            code::UNIQUE_FIELDS,
            place,
            format!("{what} cannot hold `{}`, which {why}", field.name),
            "name a field of one short value",
        );
        return false;
    }
    true
}

/// The fields and conditions by which duplicates would be found.
pub(super) fn check_duplicates(cx: &Context<'_>, entity: EntityId, findings: &mut Findings<'_>) {
    let document = cx.declared.entities[entity.index()].document;
    for entry in document.node.get("duplicates").map(Node::entries).unwrap_or_default() {
        for field in entry.value.get("match").map(Node::entries).unwrap_or_default() {
            cx.field_named(entity, &field.key.text, &field.key.place, findings);
        }
        filter(
            cx,
            entity,
            entry.value.get("where"),
            &format!("the search for duplicates `{}`", entry.key.text),
            findings,
        );
    }
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

/// The entity that keeps exchange rates, by its `exchange_rates: {currency, date, rate}`.
pub(super) fn rates(cx: &Context<'_>, findings: &mut Findings<'_>) -> Option<Rates> {
    let mut found: Option<(Rates, &Entry)> = None;
    for (entity, declaration) in cx.declared.all() {
        let Some(entry) = declaration.document.node.entry("exchange_rates") else { continue };
        let mut field = |key: &str, fits: fn(&Field) -> bool, what: &str| {
            let node = entry.value.get(key)?;
            let id = cx.field(entity, node, findings)?;
            let named = &cx.model[entity][id];
            if fits(named) && named.is_stored() && !named.many {
                return Some(id);
            }
            let message = format!(
                "`{}` of `{}` is no stored {what}, so it tells nothing of exchange rates",
                named.name, cx.model[entity].name
            );
            findings.error_with_help(
                code::WRONG_TARGET,
                &node.place,
                message,
                format!("name a field of type `{what}`"),
            );
            None
        };
        let date = field("date", |field| matches!(field.kind, Kind::Date), "date");
        let rate = field("rate", |field| matches!(field.kind, Kind::Decimal { .. }), "decimal");
        let applies = entry
            .value
            .get("currency")
            .zip(date)
            .and_then(|(currency, date)| applies(cx, entity, currency, date, findings));
        if let Some((_, other)) = &found {
            findings.push(
                Diagnostic::error(
                    code::CONFLICTING_KEYS,
                    &entry.key.place,
                    "two entities keep exchange rates, and only one can",
                )
                .label(&other.key.place, "the other one")
                .help("leave `exchange_rates` out of one of them"),
            );
        } else if let (Some(applies), Some(date), Some(rate)) = (applies, date, rate) {
            found = Some((Rates { entity, applies, date, rate }, entry));
        }
    }
    found.map(|(rates, _)| rates)
}

/// Which rates may apply today: those of the currency in `value` that have begun.
fn applies(
    cx: &Context<'_>,
    entity: EntityId,
    currency: &Node,
    date: FieldId,
    findings: &mut Findings<'_>,
) -> Option<Expr> {
    let scope = Scope::row(cx.model, entity);
    let path = expression::compile(currency, &scope, &Want::Fits(&Type::Text), findings)?;
    if !expression::check_portable(&path, "which exchange rate applies", findings) {
        return None;
    }
    let text = format!("{} == value and {} <= today()", path.text, cx.model[entity][date].name);
    fichero_model::expr::condition(&text, &currency.place, &Scope { value: Some(Type::Text), ..scope }).ok()
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
