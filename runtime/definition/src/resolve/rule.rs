//! Rules: when they run, what they look up, what they set and refuse.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::expr::{Expr, Scope, Setting};
use fichero_model::kind::{Kind, Type};
use fichero_model::rule::{Find, Reject, Rule, RuleEvent, SortKey};
use fichero_model::{EntityId, FieldId};

use super::context::Context;
use super::declare;
use super::expression::{self, Want};
use super::findings::Findings;
use super::text;
use super::value::Reader;
use super::written::Written;
use crate::node::{Entry, Node};

/// The rules of an entity, in order.
pub(super) fn all(cx: &Context<'_>, entity: EntityId, findings: &mut Findings<'_>) -> Vec<Rule> {
    let document = cx.declared.entities[entity.index()].document;
    let entries = document.node.get("rules").map(Node::entries).unwrap_or_default();
    entries.iter().map(|entry| rule(cx, entity, entry, findings)).collect()
}

fn rule(cx: &Context<'_>, entity: EntityId, entry: &Entry, findings: &mut Findings<'_>) -> Rule {
    let node = &entry.value;
    let on = events(node, findings);
    let mut scope = Scope { old: true, ..Scope::row(cx.model, entity) };
    let mut finds = Vec::new();
    for entry in node.get("find").map(Node::entries).unwrap_or_default() {
        if let Some(find) = find(cx, entity, entry, &scope, findings) {
            let one = Type::Ref(Arc::new([find.from]));
            scope.locals.push((Arc::clone(&find.name), if find.first { one } else { Type::List(Arc::new(one)) }));
            finds.push(find);
        }
    }
    let set = node.get("set").map(|set| set_fields(cx, entity, set, &scope, findings)).unwrap_or_default();
    let reject = node.get("reject").and_then(|reject| self::reject(cx, entity, reject, &scope, findings));
    check_does_something(entry, &on, findings);
    Rule {
        name: Arc::clone(&entry.key.text),
        on,
        condition: node.get("if").and_then(|condition| expression::condition(condition, &scope, findings)),
        finds,
        set,
        reject,
        place: entry.key.place.clone(),
    }
}

fn events(node: &Node, findings: &mut Findings<'_>) -> Vec<RuleEvent> {
    let mut events = Vec::new();
    for word in node.get("on").into_iter().flat_map(declare::one_or_more) {
        let event = match word.as_text().map(|text| &**text) {
            Some("save") => RuleEvent::Save,
            Some("create") => RuleEvent::Create,
            Some("update") => RuleEvent::Update,
            Some("delete") => RuleEvent::Delete,
            Some("submit") => {
                findings.push(super::not_yet::key("submit", "documents that are submitted", &word.place));
                continue;
            }
            // Any other word is told by the check of shapes.
            _ => continue,
        };
        if !events.contains(&event) {
            events.push(event);
        }
    }
    events
}

fn check_does_something(entry: &Entry, on: &[RuleEvent], findings: &mut Findings<'_>) {
    let (set, reject) = (entry.value.entry("set"), entry.value.entry("reject"));
    if set.is_none() && reject.is_none() {
        let message = format!("the rule `{}` neither sets nor refuses anything", entry.key.text);
        findings.error_with_help(
            code::MISSING_KEY,
            &entry.key.place,
            message,
            "give it `set: {field: value}` or `reject: {field: …, message: …}`",
        );
    }
    if let Some(set) = set.filter(|_| on.contains(&RuleEvent::Delete)) {
        let message = format!("the rule `{}` runs when a record is deleted, so it has nothing to set", entry.key.text);
        findings.error_with_help(
            code::CONFLICTING_KEYS,
            &set.key.place,
            message,
            "leave `delete` out of `on`, or `reject` the deletion",
        );
    }
    if let Some(reject) = reject.filter(|_| entry.value.get("if").is_none()) {
        let message = format!("the rule `{}` refuses every change, as it has no `if`", entry.key.text);
        findings.push(
            Diagnostic::warning(code::MISSING_KEY, &reject.key.place, message)
                .help("say when with `if:`; `append_only: true` keeps all records as they are"),
        );
    }
}

fn set_fields(
    cx: &Context<'_>,
    entity: EntityId,
    node: &Node,
    scope: &Scope<'_>,
    findings: &mut Findings<'_>,
) -> Vec<(FieldId, Setting)> {
    for entry in node.entries() {
        if let Some((_, field)) =
            cx.model[entity].field(&entry.key.text).filter(|(_, field)| matches!(field.kind, Kind::Lines { .. }))
        {
            let message = format!("a rule sets fields of the record, and `{}` is rows of their own", field.name);
            findings.error_with_help(
                code::WRONG_TARGET,
                &entry.key.place,
                message,
                "give the rows a rule of their own",
            );
        }
    }
    let reader = Reader {
        scope: scope.clone(),
        records: cx.records,
        given: None,
        closed: false,
        code: code::BAD_VALUE,
        load: false,
    };
    let known = node.entries().iter().filter(|entry| cx.model[entity].field(&entry.key.text).is_none());
    for entry in known {
        cx.field_named(entity, &entry.key.text, &entry.key.place, findings);
    }
    reader.settings(node, entity, findings)
}

fn reject(
    cx: &Context<'_>,
    entity: EntityId,
    node: &Node,
    scope: &Scope<'_>,
    findings: &mut Findings<'_>,
) -> Option<Reject> {
    let field = node.get("field").and_then(|field| cx.field(entity, field, findings));
    let message = node.get("message").and_then(|message| text::message(message, scope, findings))?;
    Some(Reject { field, message })
}

/// A question to the database. `rule` is the scope of the rule so far, whose finds may be named.
fn find(
    cx: &Context<'_>,
    entity: EntityId,
    entry: &Entry,
    rule: &Scope<'_>,
    findings: &mut Findings<'_>,
) -> Option<Find> {
    let name = &entry.key.text;
    if cx.model[entity].field(name).is_some() {
        let message =
            format!("`{name}` is already a field of `{}`, so what is found needs another name", cx.model[entity].name);
        findings.error_with_help(
            code::NAME_CLASH,
            &entry.key.place,
            message,
            "a bare name is a field first; rename what is found",
        );
        return None;
    }
    let from = cx.entity(entry.value.get("from"), findings);
    let Some(from) = from else {
        findings.set_broken(name);
        return None;
    };
    let scope = Scope { record: Some(entity), locals: rule.locals.clone(), old: true, ..Scope::row(cx.model, from) };
    let what = format!("what `{name}` finds");
    let (filter, sort) = question(&entry.value, &scope, &what, findings);
    Some(Find {
        name: Arc::clone(name),
        from,
        filter,
        sort,
        first: entry.value.get("first").and_then(Node::as_bool).unwrap_or(false),
        limit: limit(&entry.value),
    })
}

/// How many a question to the database looks up at most.
pub(super) fn limit(node: &Node) -> u32 {
    let limit = node.get("limit").and_then(Node::as_integer).and_then(|limit| u32::try_from(limit).ok());
    limit.unwrap_or(Find::USUAL_LIMIT)
}

/// The filter and order of a question to the database.
pub(super) fn question(
    node: &Node,
    scope: &Scope<'_>,
    what: &str,
    findings: &mut Findings<'_>,
) -> (Option<Expr>, Vec<SortKey>) {
    let filter = node.get("where").and_then(|condition| expression::condition(condition, scope, findings));
    let filter = filter.filter(|filter| expression::check_portable(filter, what, findings));
    let sort = node.get("sort").into_iter().flat_map(declare::one_or_more);
    (filter, sort.filter_map(|key| sort_key(key, scope, what, findings)).collect())
}

/// A field or path to sort by; `-` before it sorts the greatest first.
pub(super) fn sort_key(node: &Node, scope: &Scope<'_>, what: &str, findings: &mut Findings<'_>) -> Option<SortKey> {
    let text = node.as_text()?;
    let descending = text.starts_with('-');
    let written = Written::part(node, usize::from(descending)..text.len(), findings.files())?;
    let by = expression::compile_written(&written, scope, &Want::Any, findings)?;
    if matches!(by.ty(), Type::Json | Type::Secret | Type::List(_)) {
        let message = format!("{what} cannot be sorted by `{}`, which has no order", by.text);
        findings.error_with_help(code::WRONG_TYPE, &node.place, message, "sort by a field of one value");
        return None;
    }
    expression::check_portable(&by, &format!("the order of {what}"), findings).then_some(SortKey { by, descending })
}
