//! Views: which records, which columns, in which order, grouped and summed how.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Index, Source};
use fichero_model::expr::{Aggregate, Expr, Op, RowName, Scope};
use fichero_model::kind::Kind;
use fichero_model::label::Text;
use fichero_model::model::Model;
use fichero_model::page::{Column, Highlight, Total, View, ViewKind};
use fichero_model::place::Place;
use fichero_model::{EntityId, FieldId};

use super::context::Context;
use super::expression::{self, Want};
use super::findings::Findings;
use super::value::unknown_field;
use super::written::Written;
use super::{former, rule, text};
use crate::catalog::Document;
use crate::node::{Entry, Node};

/// Compiles all views.
pub(super) fn all(cx: &Context<'_>, findings: &mut Findings<'_>) -> Vec<View> {
    cx.catalog.of_kind("view").filter_map(|document| view(cx, document, findings)).collect()
}

fn view(cx: &Context<'_>, document: &Document, findings: &mut Findings<'_>) -> Option<View> {
    let node = &document.node;
    let entity = cx.entity(node.get("entity"), findings)?;
    let scope = Scope::row(cx.model, entity);
    let what = format!("the view `{}`", document.name);
    let (filter, sort) = rule::question(node, &scope, &what, findings);
    let columns = node.get("columns").map(Node::entries).unwrap_or_default();
    let group = node.get("group").and_then(|group| expression::compile(group, &scope, &Want::Any, findings));
    if let Some(group) = &group {
        expression::check_portable(group, &format!("the group of {what}"), findings);
    }
    let mut columns: Vec<Column> =
        columns.iter().filter_map(|entry| column(cx, document, entity, entry, findings)).collect();
    name_parts(cx.model, &mut columns);
    let totals = node.get("totals").map(Node::entries).unwrap_or_default();
    let colors = node.get("color").map(Node::entries).unwrap_or_default();
    Some(View {
        name: Arc::clone(&document.name),
        was: former::names(node),
        label: text::label(node.get("label"), &document.written, findings),
        help: text::optional(node.get("help"), findings),
        icon: node.get("icon").and_then(Node::as_text).cloned(),
        entity,
        kind: kind(cx, node, document, findings),
        filter,
        columns,
        sort,
        group,
        totals: totals.iter().filter_map(|entry| total(&scope, entry, &what, findings)).collect(),
        colors: colors.iter().filter_map(|entry| highlight(&scope, entry, findings)).collect(),
        limit: node.get("limit").and_then(Node::as_integer).and_then(|limit| u32::try_from(limit).ok()),
        place: document.name_place.clone(),
    })
}

/// Where one part of that name is shown, nobody asks of which whole it is.
fn name_parts(model: &Model, columns: &mut [Column]) {
    let part = |column: &Column| {
        let (entity, field) = column.path.last()?;
        model[*entity][*field].part.as_ref().map(|part| part.label.clone())
    };
    let parts: Vec<Option<Text>> = columns.iter().map(part).collect();
    for (at, column) in columns.iter_mut().enumerate() {
        let is_only = parts.iter().enumerate().all(|(other, part)| other == at || *part != parts[at]);
        if column.label.is_none() && is_only {
            column.label.clone_from(&parts[at]);
        }
    }
}

fn highlight(scope: &Scope<'_>, entry: &Entry, findings: &mut Findings<'_>) -> Option<Highlight> {
    let condition = expression::condition(entry.value.get("if")?, scope, findings);
    let color = entry.value.get("as").and_then(Node::as_text)?;
    Some(Highlight { name: Arc::clone(&entry.key.text), condition: condition?, color: Arc::clone(color) })
}

fn kind(cx: &Context<'_>, node: &Node, document: &Document, findings: &mut Findings<'_>) -> ViewKind {
    let Some(word) = node.get("type") else { return ViewKind::List };
    let kind = match word.as_text().map(|text| &**text) {
        Some("board") => ViewKind::Board,
        Some("calendar") => ViewKind::Calendar,
        Some("timeline") => ViewKind::Timeline,
        Some("map") => ViewKind::Map,
        Some("pivot") => ViewKind::Pivot,
        _ => return ViewKind::List,
    };
    let name = word.as_text().map(|text| &**text).unwrap_or_default();
    if cx.capabilities.has(&format!("view.type.{name}")) {
        return kind;
    }
    findings.push(
        Diagnostic::warning(
            code::NOT_YET_KEY,
            &word.place,
            format!("the view `{}` is shown as a list, as this release draws no {name} yet", document.name),
        )
        .help("leave it: it becomes one with a release that can; or remove `type` to have no warning"),
    );
    kind
}

/// A column. One whose field an overlay removed is left out with a note.
fn column(
    cx: &Context<'_>,
    document: &Document,
    entity: EntityId,
    entry: &Entry,
    findings: &mut Findings<'_>,
) -> Option<Column> {
    let name = &*entry.key.text;
    let place = &entry.key.place;
    let path = path(cx, entity, name, place, &format!("the view `{}`", document.name), findings)?;
    let value = fichero_model::expr::compile(name, place, &Scope::row(cx.model, entity));
    match value {
        Ok(value) => Some(Column {
            path,
            value,
            label: text::optional(entry.value.get("label"), findings),
            widget: entry.value.get("widget").and_then(Node::as_text).cloned(),
        }),
        Err(diagnostics) => {
            findings.push_expression(name, diagnostics);
            None
        }
    }
}

/// The fields of a path such as `account.industry`; all but the last are references to one entity.
fn path(
    cx: &Context<'_>,
    entity: EntityId,
    name: &str,
    place: &Place,
    what: &str,
    findings: &mut Findings<'_>,
) -> Option<Vec<(EntityId, FieldId)>> {
    let mut path = Vec::new();
    let mut owner = entity;
    let mut segments = name.split('.').peekable();
    while let Some(segment) = segments.next() {
        let definition = &cx.model[owner];
        let Some((mut id, _)) = definition.field(segment) else {
            match cx.removed(owner, segment) {
                Some(removed) => findings.push(left_out(segment, place, removed, what)),
                None => unknown_field(definition, segment, place, findings),
            }
            return None;
        };
        if findings.is_broken(segment) {
            return None;
        }
        while let Some(part) = segments.peek().and_then(|next| definition.group(id)?.part(next)) {
            id = part;
            segments.next();
        }
        let field = &definition[id];
        path.push((owner, id));
        if segments.peek().is_none() {
            return Some(path);
        }
        let Kind::Ref(reference) = &field.kind else {
            let message = format!("`{segment}` of `{}` is no reference, so `{name}` leads nowhere", definition.name);
            findings.error_with_help(code::VIEW, place, message, "a path follows references: `account.industry`");
            return None;
        };
        let ([target], false) = (&*reference.targets, field.many) else {
            let message = format!(
                "`{segment}` of `{}` may point to several records or entities, so a column cannot go on behind it",
                definition.name
            );
            findings.error_with_help(code::VIEW, place, message, format!("show `{segment}` itself"));
            return None;
        };
        if path.len() > 4 {
            findings.error(code::TOO_LONG_A_PATH, place, format!("`{name}` follows more than four references"));
            return None;
        }
        owner = *target;
    }
    None
}

/// A place on a page for a field that an overlay removed.
pub(super) fn left_out(field: &str, place: &Place, removed: &Place, what: &str) -> Diagnostic {
    Diagnostic::warning(
        code::REMOVED_IN_USE,
        place,
        format!("{what} shows `{field}`, which was removed; it is left out"),
    )
    .label(removed, "removed here")
    .help("nothing needs to be done; an overlay of the view may put something else there")
}

/// A figure over the records of a view: `count()`, `sum(amount)`.
fn total(scope: &Scope<'_>, entry: &Entry, what: &str, findings: &mut Findings<'_>) -> Option<Total> {
    let written = Written::whole(&entry.value, findings.files())?;
    let wrong = |findings: &mut Findings<'_>| {
        let message = format!("the total `{}` of {what} is no figure over its records", entry.key.text);
        findings.error_with_help(
            code::VIEW,
            &entry.value.place,
            message,
            "write `count()`, or `sum`, `min`, `max` or `avg` of a field: `sum(amount)`",
        );
    };
    let text = written.text.trim_end();
    let parts =
        text.split_once('(').and_then(|(name, rest)| Some((name.trim(), name.len() + 1, rest.strip_suffix(')')?)));
    let Some((name, start, inner)) = parts else {
        wrong(findings);
        return None;
    };
    let function = match name {
        "count" => Aggregate::Count,
        "sum" => Aggregate::Sum,
        "min" => Aggregate::Min,
        "max" => Aggregate::Max,
        "avg" => Aggregate::Avg,
        _ => {
            wrong(findings);
            return None;
        }
    };
    if inner.trim().is_empty() {
        if function != Aggregate::Count {
            wrong(findings);
            return None;
        }
        return Some(Total { name: Arc::clone(&entry.key.text), function, of: None });
    }
    let from = start + (inner.len() - inner.trim_start().len());
    let of = expression::part(&entry.value, from..from + inner.trim().len(), scope, &Want::Any, findings)?;
    if !summable(function, &of) {
        let message = format!(
            "`{name}` of `{}` makes no sense, as it is {}",
            of.text,
            fichero_model::expr::typing::words(of.ty(), scope.model)
        );
        findings.error_with_help(
            code::VIEW,
            &of.place,
            message,
            "sum numbers, money or durations; `min` and `max` take dates too",
        );
        return None;
    }
    expression::check_portable(&of, &format!("the total `{}` of {what}", entry.key.text), findings);
    Some(Total { name: Arc::clone(&entry.key.text), function, of: Some(of) })
}

fn summable(function: Aggregate, of: &Expr) -> bool {
    use fichero_model::kind::Type;
    matches!(
        (function, of.ty()),
        (_, Type::Nothing | Type::Any | Type::Integer | Type::Decimal | Type::Money | Type::Duration)
            | (Aggregate::Count, _)
            | (Aggregate::Min | Aggregate::Max, Type::Date | Type::DateTime | Type::Time)
    )
}

/// The indexes that views ask for with `index: auto`: what their filter compares with a constant, then their order.
pub(super) fn auto_indexes(cx: &Context<'_>, views: &[View]) -> Vec<(EntityId, Index)> {
    let mut indexes = Vec::new();
    for document in cx.catalog.of_kind("view") {
        let auto = document.node.get("index").and_then(Node::as_text).is_some_and(|word| &**word == "auto");
        let Some(view) = views.iter().find(|view| auto && view.name == document.name) else { continue };
        let definition = &cx.model[view.entity];
        let mut fields = Vec::new();
        if let Some(filter) = &view.filter {
            compared(&filter.root, &mut fields);
        }
        fields.extend(view.sort.iter().filter_map(|key| own_field(&key.by.root)));
        fields.retain(|id| {
            definition[*id].is_stored() && !definition[*id].many && !matches!(definition[*id].source, Source::Lookup(_))
        });
        let mut once: Vec<FieldId> = Vec::new();
        for id in fields {
            if !once.contains(&id) {
                once.push(id);
            }
        }
        if !once.is_empty() {
            indexes
                .push((view.entity, Index { name: format!("view_{}", view.name).into(), fields: once, filter: None }));
        }
    }
    indexes
}

/// The own fields that a condition compares for equality, where all of its parts have to hold.
fn compared(node: &fichero_model::expr::Node, fields: &mut Vec<FieldId>) {
    match &node.op {
        Op::And(a, b) => {
            compared(a, fields);
            compared(b, fields);
        }
        Op::Compare(fichero_model::expr::Comparison::Equal, a, b) => {
            fields.extend(own_field(a).or_else(|| own_field(b)))
        }
        _ => {}
    }
}

fn own_field(node: &fichero_model::expr::Node) -> Option<FieldId> {
    match &node.op {
        Op::Field { of, fields } if matches!(of.op, Op::Row(RowName::This)) => fields.first().map(|(_, field)| *field),
        _ => None,
    }
}
