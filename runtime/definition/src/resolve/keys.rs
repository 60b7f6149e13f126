//! What records are found by and told apart: unique rules, indexes, and what the search looks into.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Field, Index, Overlap, Unique};
use fichero_model::expr::{Expr, Node as Part, Op, Scope, is_constant};
use fichero_model::kind::{Kind, Type};
use fichero_model::place::Place;
use fichero_model::{EntityId, FieldId};

use super::context::Context;
use super::derive::unstored_because;
use super::findings::Findings;
use super::reads::Reads;
use super::{declare, expression, text};
use crate::node::{Entry, Node};

/// The rules of uniqueness, those of single fields with a condition included.
pub(super) fn uniques(cx: &Context<'_>, entity: EntityId, findings: &mut Findings<'_>) -> Vec<Unique> {
    let declaration = &cx.declared.entities[entity.index()];
    let mut all = Vec::new();
    for field in &declaration.fields {
        let Some(entry) =
            field.node().and_then(|node| node.entry("unique")).filter(|entry| entry.value.as_bool() != Some(false))
        else {
            continue;
        };
        let Some(id) = declaration.field(&field.name) else { continue };
        check_stored(cx, entity, id, &entry.key.place, "a unique rule", findings);
        if entry.value.entries().is_empty() {
            continue;
        }
        all.push(Unique {
            name: Arc::clone(&field.name),
            fields: vec![id],
            overlap: None,
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
    let overlap = match node.entry("overlap") {
        Some(entry) => Some(overlap(cx, entity, entry, (&what, &fields), findings)?),
        None => None,
    };
    let scope = Scope::row(cx.model, entity);
    Some(Unique {
        name: Arc::clone(&entry.key.text),
        fields,
        overlap,
        filter: filter(cx, entity, node.get("where"), &what, findings),
        exact: node.get("exact").and_then(Node::as_bool).unwrap_or(false),
        message: node.get("message").and_then(|message| text::message(message, &scope, findings)),
        place: entry.key.place.clone(),
    })
}

/// The two fields between which a record takes its time.
fn overlap(
    cx: &Context<'_>,
    entity: EntityId,
    entry: &Entry,
    (what, fields): (&str, &[FieldId]),
    findings: &mut Findings<'_>,
) -> Option<Overlap> {
    let mut sound = true;
    let mut found = Vec::new();
    for named in entry.value.items() {
        let Some(id) = named.as_text().and_then(|_| cx.field(entity, named, findings)) else {
            sound = false;
            continue;
        };
        let field = &cx.model[entity][id];
        if !check_stored(cx, entity, id, &named.place, what, findings) {
            sound = false;
        } else if !matches!(field.kind, Kind::Date | Kind::DateTime) {
            findings.error_with_help(
                code::UNIQUE_FIELDS,
                &named.place,
                format!("{what} looks for overlapping times, but `{}` is neither a date nor a datetime", field.name),
                "name two fields of type `date`, or two of type `datetime`",
            );
            sound = false;
        } else if fields.contains(&id) {
            findings.error_with_help(
                code::UNIQUE_FIELDS,
                &named.place,
                format!("{what} names `{}` both in `fields` and in `overlap`", field.name),
                "`fields` are what two records share, such as the technician; leave the time to `overlap`",
            );
            sound = false;
        }
        found.push(id);
    }
    let wrong = match found.as_slice() {
        [starts, ends] if starts == ends => "the same field twice",
        [starts, ends]
            if sound && cx.model[entity][*starts].kind.is_date() != cx.model[entity][*ends].kind.is_date() =>
        {
            "a date and a datetime"
        }
        [starts, ends] => return sound.then_some(Overlap { starts: *starts, ends: *ends }),
        _ if entry.value.items().len() == 2 => return None,
        _ => "not two fields",
    };
    findings.error_with_help(
        code::UNIQUE_FIELDS,
        &entry.key.place,
        format!("{what} has {wrong} for `overlap`"),
        "write two fields of one type, the start and the end: `overlap: [starts, ends]`",
    );
    None
}

/// Only records for which this holds count or are kept: a portable condition over their own stored fields.
pub(super) fn filter(
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
    } else if reads.zone {
        "the rules of the time zone, which change".to_owned()
    } else if reads.actor {
        "who asks".to_owned()
    } else if let Some((part, why)) = unkept(&condition.root) {
        let text = condition.text.get(part.at.clone()).unwrap_or(&condition.text).trim();
        findings.error_with_help(
            code::UNIQUE_FIELDS,
            &condition.place,
            format!("{what} depends on `{text}`, and no index keeps {why}"),
            "keep it in a stored field, such as a `formula` over the record's own fields, and ask for that here",
        );
        return None;
    } else {
        return Some(condition);
    };
    findings.error_with_help(
        code::UNIQUE_FIELDS,
        &condition.place,
        format!("{what} depends on {why}, so the database cannot keep it"),
        "its condition may ask for what the record itself stores",
    );
    None
}

/// The first part of a condition that the databases work out by a question of its own, which stands in no index: what
/// has a bound of its own, and lists.
fn unkept(node: &Part) -> Option<(&Part, &'static str)> {
    if is_constant(node) {
        return None;
    }
    let durations = |a: &Part, b: &Part| a.ty == Type::Duration && b.ty == Type::Duration;
    let why = match (&node.op, &node.ty) {
        (Op::Arithmetic(..), Type::Integer | Type::Decimal | Type::Money) => "a sum or difference of numbers",
        (Op::Arithmetic(_, a, b), Type::Duration) if durations(a, b) => "a sum or difference of durations",
        (Op::Arithmetic(..), Type::Text) => "texts that are joined",
        (Op::Arithmetic(..), Type::DateTime) => "a moment that is moved",
        (Op::Quantify { .. } | Op::Aggregate { .. } | Op::Each { .. }, _) => "what a list holds",
        (Op::In { list, .. }, _) if !is_constant(list) && !matches!(list.op, Op::List(_)) => "what a list holds",
        _ => return node.children().into_iter().find_map(unkept),
    };
    Some((node, why))
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
            let filter = filter(cx, entity, entry.value.get("where"), &what, findings);
            all.push(Index { name: Arc::clone(&entry.key.text), fields, filter });
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

pub(super) fn check_stored(
    cx: &Context<'_>,
    entity: EntityId,
    id: FieldId,
    place: &Place,
    what: &str,
    findings: &mut Findings<'_>,
) -> bool {
    let field = &cx.model[entity][id];
    if findings.is_broken(&field.name) || findings.is_out_of_place(place) {
        return false;
    }
    if !field.is_stored() {
        findings.push(not_stored(field, place, what));
        return false;
    }
    if field.kind.is_secret() {
        findings.error_with_help(
            code::SECRET,
            place,
            format!("{what} cannot hold `{}`, which is a secret: nothing compares what nobody reads", field.name),
            "name another field",
        );
        return false;
    }
    if field.many || matches!(field.kind, Kind::LongText { .. } | Kind::Json | Kind::File(_)) {
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

fn not_stored(field: &Field, place: &Place, what: &str) -> Diagnostic {
    let message = format!("{what} needs stored fields, but `{}` is {}", field.name, unstored_because(field));
    Diagnostic::error(code::STORED_FORMULA, place, message)
        .label(&field.place, "declared here")
        .help("name a field that is stored; a `copy` keeps a value of another record")
}

/// Fields that the search looks into have a column of their own to look into.
pub(super) fn check_search(cx: &Context<'_>, entity: EntityId, findings: &mut Findings<'_>) {
    let declaration = &cx.declared.entities[entity.index()];
    for field in &declaration.fields {
        let entry =
            field.node().and_then(|node| node.entry("search")).filter(|entry| entry.value.as_bool() == Some(true));
        let (Some(entry), Some(id)) = (entry, declaration.field(&field.name)) else { continue };
        let found = &cx.model[entity][id];
        let told = findings.is_broken(&found.name) || findings.is_out_of_place(&entry.key.place);
        if !found.is_stored() && !told {
            findings.push(not_stored(found, &entry.key.place, "the search"));
        }
    }
}
