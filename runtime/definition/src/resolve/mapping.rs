//! Mappings: how the columns of a file fill the fields of an entity.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::data::{MappedColumn, Mapping, OnMatch, Quoting, Reading};
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Field, Source, System};
use fichero_model::expr::Scope;
use fichero_model::kind::{Kind, Type};
use fichero_model::number::Form;
use fichero_model::{EntityId, FieldId};

use super::context::Context;
use super::declare;
use super::expression::{self, Want};
use super::findings::Findings;
use super::literal::literal;
use super::value::{Reader, not_given, unknown_field};
use crate::catalog::Document;
use crate::node::{Entry, Node};

/// Compiles all mappings.
pub(super) fn all(cx: &Context<'_>, findings: &mut Findings<'_>) -> Vec<Mapping> {
    cx.catalog.of_kind("mapping").filter_map(|document| mapping(cx, document, findings)).collect()
}

fn mapping(cx: &Context<'_>, document: &Document, findings: &mut Findings<'_>) -> Option<Mapping> {
    let node = &document.node;
    let entity = cx.entity(node.get("entity"), findings)?;
    let columns = node.get("columns").map(Node::entries).unwrap_or_default();
    // `row.Sales agent` is a local of its own for every column; a heading that is no name is written `row["Sales agent"]`.
    let rows: Vec<(Arc<str>, Type)> =
        columns.iter().map(|entry| (format!("row.{}", entry.key.text).into(), Type::Text)).collect();
    let columns: Vec<MappedColumn> = columns.iter().map(|entry| column(cx, entity, entry, &rows, findings)).collect();
    let scope = Scope { locals: rows, ..Scope::bare(cx.model) };
    let reader = Reader { scope, records: cx.records, given: None, closed: false, code: code::MAPPING, load: true };
    let set = node.get("set").map(|set| reader.settings(set, entity, findings)).unwrap_or_default();
    check_once(cx, entity, document, &columns, findings);
    let matching = node.get("match").into_iter().flat_map(declare::one_or_more);
    let matching =
        matching.filter_map(|named| matching_field(cx, entity, document, named, &columns, &set, findings)).collect();
    Some(Mapping {
        name: Arc::clone(&document.name),
        entity,
        matching,
        on_match: match node.get("on_match").and_then(Node::as_text).map(|word| &**word) {
            Some("skip") => OnMatch::Skip,
            Some("reject") => OnMatch::Reject,
            _ => OnMatch::Update,
        },
        reading: reading(node),
        columns,
        set,
        place: document.name_place.clone(),
    })
}

/// How the file is read; the shape has looked at the words.
fn reading(node: &Node) -> Reading {
    let text = |key: &str| node.get(key).and_then(Node::as_text).cloned();
    let joins = node.get("ragged").and_then(|ragged| ragged.get("join_into"));
    Reading {
        delimiter: text("delimiter").and_then(|word| match &*word {
            "tab" => Some(b'\t'),
            sign => sign.bytes().next(),
        }),
        quoting: text("quotes").map(|word| match &*word {
            "single" => Quoting::Single,
            "none" => Quoting::None,
            _ => Quoting::Double,
        }),
        encoding: text("encoding"),
        sheet: text("sheet"),
        join_into: joins
            .into_iter()
            .flat_map(declare::one_or_more)
            .filter_map(|join| join.as_text().cloned())
            .collect(),
    }
}

fn column(
    cx: &Context<'_>,
    entity: EntityId,
    entry: &Entry,
    rows: &[(Arc<str>, Type)],
    findings: &mut Findings<'_>,
) -> MappedColumn {
    let node = &entry.value;
    let id = node.get("field").and_then(|named| field(cx, entity, named, findings));
    let target = id.map(|id| &cx.model[entity][id]).filter(|field| !findings.is_broken(&field.name));
    let aliases = node.get("aliases").map(Node::entries).unwrap_or_default();
    let formats: Vec<&Node> = node.get("format").into_iter().flat_map(declare::one_or_more).collect();
    let mut mapped = MappedColumn {
        header: Arc::clone(&entry.key.text),
        field: id,
        by: None,
        alias: aliases
            .iter()
            .filter_map(|alias| Some((Arc::clone(&alias.key.text), Arc::clone(alias.value.as_text()?))))
            .collect(),
        format: Vec::new(),
        numbers: Vec::new(),
        default: None,
        create: node.get("create").and_then(Node::as_bool).unwrap_or(false),
        value: None,
    };
    let Some(target) = target else { return mapped };
    mapped.by = node.get("by").and_then(|named| by(cx, target, named, findings));
    check_column(entry, target, findings);
    for format in formats {
        let Some(text) = format.as_text() else { continue };
        match target.kind {
            Kind::Integer | Kind::Decimal { .. } | Kind::Money { .. } => match Form::of(text) {
                Some(form) => mapped.numbers.push(form),
                None => no_number(format, text, findings),
            },
            _ => {
                mapped.format.push(Arc::clone(text));
                check_format(format, findings);
            }
        }
    }
    if let Some(default) = node.get("default") {
        mapped.default = match (default.as_formula(), &target.kind) {
            (Some(_), _) => {
                let message = format!("the default of the column `{}` is a literal", entry.key.text);
                findings.error_with_help(
                    code::MAPPING,
                    &default.place,
                    message,
                    "write an expression as `value: value ?? …`",
                );
                None
            }
            // A record is found by the same text that a cell would hold.
            (None, Kind::Ref(_)) => default.as_text().map(|text| fichero_model::Value::text(text)),
            (None, kind) => match literal(default, kind, cx.model) {
                Ok(value) => Some(value),
                Err(flaw) => {
                    let told = flaw.told(code::MAPPING, default, target, findings.files());
                    findings.push(told);
                    None
                }
            },
        };
    }
    if let Some(value) = node.get("value") {
        let scope = Scope { value: Some(Type::Text), locals: rows.to_vec(), ..Scope::bare(cx.model) };
        // What a reference is found by, and what a choice is called, is text; it is looked up as a cell is.
        let wanted = match &target.kind {
            Kind::Ref(_) | Kind::Choice { .. } => Type::Text,
            _ => target.value_type(),
        };
        mapped.value = expression::compile(value, &scope, &Want::Fits(&wanted), findings);
    }
    mapped
}

/// A field that a file may fill.
fn field(cx: &Context<'_>, entity: EntityId, named: &Node, findings: &mut Findings<'_>) -> Option<FieldId> {
    let id = cx.field(entity, named, findings)?;
    let field = &cx.model[entity][id];
    let is_moment = [System::CreatedAt, System::CreatedBy].iter().any(|system| system.field() == id);
    // A file is history, which brings along when records were made and what numbers they had.
    let is_number = matches!(field.source, Source::Sequence(_));
    let is_given = !matches!(field.kind, Kind::Lines { .. } | Kind::File(_));
    if field.is_input() && is_given || is_moment || is_number {
        return Some(id);
    }
    let help = match field.kind {
        Kind::File(_) => "leave the column out, and upload files in the pages or with POST /api/files",
        _ => "leave the column out, or fill a field that is given",
    };
    findings.push(not_given(&cx.model[entity], field, &named.place).help(help));
    None
}

/// The field of the other entity that a cell is compared with.
fn by(cx: &Context<'_>, target: &Field, named: &Node, findings: &mut Findings<'_>) -> Option<FieldId> {
    let Kind::Ref(reference) = &target.kind else { return None };
    let other = &cx.model[*reference.targets.first()?];
    let name = named.as_text()?;
    match other.field(name) {
        Some((id, field)) if field.is_stored() && !field.many => Some(id),
        Some((_, field)) => {
            findings.push(
                Diagnostic::error(
                    code::MAPPING,
                    &named.place,
                    format!("records of `{}` cannot be found by `{name}`, which is not stored", other.name),
                )
                .label(&field.place, "declared here"),
            );
            None
        }
        None => {
            unknown_field(other, name, &named.place, findings);
            None
        }
    }
}

/// Keys that have a meaning for some fields only.
fn check_column(entry: &Entry, target: &Field, findings: &mut Findings<'_>) {
    let is_ref = matches!(target.kind, Kind::Ref(_));
    let is_formed = matches!(
        target.kind,
        Kind::Date | Kind::Time | Kind::DateTime | Kind::Integer | Kind::Decimal { .. } | Kind::Money { .. }
    );
    for (key, fits, why) in [
        ("by", is_ref, "a reference"),
        ("create", is_ref, "a reference"),
        ("format", is_formed, "a date, time or number"),
    ] {
        if let Some(found) = entry.value.entry(key).filter(|_| !fits) {
            let message = format!(
                "`{key}` is for {why}, and the column `{}` fills `{}`, which is none",
                entry.key.text, target.name
            );
            findings.error_with_help(code::MAPPING, &found.key.place, message, "leave it out");
        }
    }
    if let (Kind::Ref(reference), Some(found)) = (&target.kind, entry.value.entry("create"))
        && reference.targets.len() > 1
    {
        let message = format!("`{}` may point to several entities, so no record can be made for it", target.name);
        findings.error_with_help(code::MAPPING, &found.key.place, message, "leave `create` out");
    }
}

fn no_number(format: &Node, text: &str, findings: &mut Findings<'_>) {
    let message = format!("`{text}` shows no number, or could be read in two ways");
    findings.error_with_help(
        code::MAPPING,
        &format.place,
        message,
        "write a number as the file has it: `1.234,56`, `1,234.56`, `1 234,5`, `$1,234`, `12,5 %`",
    );
}

fn check_format(format: &Node, findings: &mut Findings<'_>) {
    let Some(text) = format.as_text() else { return };
    let noon = jiff::civil::date(2026, 3, 2).at(12, 0, 0, 0);
    // What cannot be written cannot be read either.
    let written = jiff::fmt::strtime::format(&**text, noon);
    if written.is_err() || !text.contains('%') {
        let message = format!("`{text}` describes no date or time");
        findings.error_with_help(
            code::MAPPING,
            &format.place,
            message,
            "write `%d/%m/%Y` for 31/12/2026, `%Y-%m-%d %H:%M` for 2026-12-31 09:30",
        );
    }
}

/// Two columns that fill one field would overwrite each other.
fn check_once(
    cx: &Context<'_>,
    entity: EntityId,
    document: &Document,
    columns: &[MappedColumn],
    findings: &mut Findings<'_>,
) {
    let entries = document.node.get("columns").map(Node::entries).unwrap_or_default();
    for (index, column) in columns.iter().enumerate() {
        let Some(field) = column.field else { continue };
        let Some(first) = columns[..index].iter().find(|other| other.field == Some(field)) else { continue };
        let place =
            |header: &str| entries.iter().find(|entry| &*entry.key.text == header).map(|entry| entry.key.place.clone());
        let (Some(here), Some(there)) = (place(&column.header), place(&first.header)) else { continue };
        let message = format!("two columns fill `{}`", cx.model[entity][field].name);
        findings.push(
            Diagnostic::error(code::MAPPING, &here, message)
                .label(&there, "the first one")
                .help("keep one; its `value` may join both: `value: row[\"First\"] + \" \" + row[\"Last\"]`"),
        );
    }
}

/// A field by which a row finds the record it updates.
fn matching_field(
    cx: &Context<'_>,
    entity: EntityId,
    document: &Document,
    named: &Node,
    columns: &[MappedColumn],
    set: &[(FieldId, fichero_model::expr::Setting)],
    findings: &mut Findings<'_>,
) -> Option<FieldId> {
    let id = cx.field(entity, named, findings)?;
    let field = &cx.model[entity][id];
    if !field.is_stored() || field.many || matches!(field.source, Source::Rollup(_)) {
        let message = format!("records cannot be found by `{}`", field.name);
        findings.error_with_help(code::MAPPING, &named.place, message, "match by stored fields of one value");
        return None;
    }
    let filled = columns.iter().any(|column| column.field == Some(id)) || set.iter().any(|(field, _)| *field == id);
    if !filled && matches!(field.source, Source::Input | Source::Compute(_) | Source::Copy(_)) {
        let message = format!("`match` names `{}`, which no column of `{}` fills", field.name, document.name);
        findings.error_with_help(
            code::MAPPING,
            &named.place,
            message,
            "fill it by a column or with `set`, or match by another field",
        );
    }
    Some(id)
}
