//! Where values come from: `formula`, `compute`, `copy`, `lookup`, `rollup`, and the shared currency of money.
//!
//! Lookups come first, as everything else may read them. A source with an error leaves its field one that is given,
//! which nothing else stumbles over, since no model comes of it.

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Field, Rollup, RollupFunction, Source};
use fichero_model::expr::{Aggregate, Expr, Op, RowName, Scope};
use fichero_model::kind::{Kind, MoneyCurrency, Type};
use fichero_model::{EntityId, FieldId};

use super::context::Context;
use super::declare::FieldDeclaration;
use super::expression::{self, Want};
use super::findings::{Findings, words};
use super::reads::Reads;
use super::written::Written;
use crate::node::Node;

/// What a field's value comes from, where it is compiled.
pub(super) enum Derived {
    /// The field's source.
    Source(Source),
    /// The currency of a money field.
    Currency(Expr),
}

/// Which fields are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Round {
    /// Only lookups.
    Lookups,
    /// Everything else.
    Others,
}

/// Compiles the sources of all fields of a round.
pub(super) fn all(cx: &Context<'_>, round: Round, findings: &mut Findings<'_>) -> Vec<(EntityId, FieldId, Derived)> {
    let mut derived = Vec::new();
    for (entity, declaration) in cx.declared.all() {
        for (index, field) in declaration.fields.iter().enumerate() {
            let id = FieldId(index as u16);
            let Some(node) = field.node() else { continue };
            let mut add = |found: Derived| derived.push((entity, id, found));
            match round {
                Round::Lookups => {
                    if let Some(found) =
                        node.get("lookup").and_then(|lookup| self::lookup(cx, entity, id, lookup, findings))
                    {
                        add(Derived::Source(Source::Lookup(found)));
                    }
                }
                Round::Others => {
                    if let Some(found) = source(cx, entity, id, field, findings) {
                        add(Derived::Source(found));
                    }
                    let currency = field.layers().and_then(|layers| layers.get("currency"));
                    if let Some(found) =
                        currency.and_then(|currency| self::currency(cx, entity, id, currency, findings))
                    {
                        add(Derived::Currency(found));
                    }
                }
            }
        }
    }
    derived
}

/// Puts what was compiled into its field.
pub(super) fn apply(field: &mut Field, derived: Derived) {
    match derived {
        Derived::Source(source) => field.source = source,
        Derived::Currency(currency) => {
            if let Kind::Money { currency: shared } = &mut field.kind {
                *shared = MoneyCurrency::Shared(Box::new(currency));
            }
        }
    }
}

fn source(
    cx: &Context<'_>,
    entity: EntityId,
    id: FieldId,
    declaration: &FieldDeclaration<'_>,
    findings: &mut Findings<'_>,
) -> Option<Source> {
    let (field, node) = (&cx.model[entity][id], declaration.node()?);
    if findings.is_broken(&field.name) {
        return None;
    }
    let scope = cx.scope(entity, declaration, "formula");
    let wanted = field.value_type();
    let want = Want::Fits(&wanted);
    if let Some(node) = node.get("formula") {
        // Whether it is stored is known when all formulas are.
        return expression::compile(node, &scope, &want, findings)
            .map(|value| Source::Formula { value, stored: false });
    }
    if let Some(node) = node.get("compute") {
        return expression::compile(node, &scope, &want, findings).map(Source::Compute);
    }
    if let Some(node) = node.get("copy") {
        let value = expression::compile(node, &scope, &want, findings)?;
        let follows =
            Reads::of(&value, cx.model).own.into_iter().any(|own| matches!(cx.model[entity][own].kind, Kind::Ref(_)));
        if !follows {
            let message =
                format!("`{}` is copied when a reference is chosen, but `{}` reads none", field.name, value.text);
            findings.error_with_help(code::COPY, &node.place, message, "write a path that begins with a reference, such as `account.phone`; a value of the record itself is a `compute` or `default`");
        }
        return Some(Source::Copy(value));
    }
    node.get("rollup")
        .and_then(|rollup| self::rollup(cx, entity, id, rollup, node.get("where"), findings))
        .map(Source::Rollup)
}

/// A path through references to a field elsewhere.
fn lookup(cx: &Context<'_>, entity: EntityId, id: FieldId, node: &Node, findings: &mut Findings<'_>) -> Option<Expr> {
    let wanted = cx.model[entity][id].value_type();
    // The type of a lookup without one was taken from the end of its path; an unknown path is told here.
    let value = expression::compile(node, &Scope::row(cx.model, entity), &Want::Fits(&wanted), findings)?;
    if is_path(&value.root, 0) >= 2 {
        return Some(value);
    }
    let message = format!(
        "`{}` is looked up, so `{}` has to be a path through references",
        cx.model[entity][id].name, value.text
    );
    findings.error_with_help(
        code::WRONG_TYPE,
        &node.place,
        message,
        "write a path such as `account.industry`; anything else is a `formula`",
    );
    None
}

/// How many fields a path of single references has; 0 when it is none.
fn is_path(node: &fichero_model::expr::Node, depth: usize) -> usize {
    match &node.op {
        Op::Row(RowName::This) => depth,
        Op::Field { of, .. } => is_path(of, depth + 1),
        _ => 0,
    }
}

/// The currency that money shares with another field or record.
fn currency(cx: &Context<'_>, entity: EntityId, id: FieldId, node: &Node, findings: &mut Findings<'_>) -> Option<Expr> {
    let text = node.as_text()?;
    if fichero_model::value::Currency::parse(text).is_some() || !matches!(cx.model[entity][id].kind, Kind::Money { .. })
    {
        return None;
    }
    let looks_like_a_code = text.len() == 3
        && text.bytes().all(|byte| byte.is_ascii_alphabetic())
        && cx.model[entity].field(text).is_none();
    if looks_like_a_code {
        let message = format!("`{text}` is neither a currency nor a field of `{}`", cx.model[entity].name);
        let upper = text.to_ascii_uppercase();
        findings.error_with_help(
            code::BAD_VALUE,
            &node.place,
            message,
            format!("a currency is three capital letters: `{upper}`"),
        );
        return None;
    }
    let value = expression::compile(node, &Scope::row(cx.model, entity), &Want::Any, findings)?;
    match value.ty() {
        Type::Text | Type::Nothing => Some(value),
        // `quote.total` shares the currency of that amount.
        Type::Money => {
            let shared = format!("currency({text})");
            let written = Written::whole(node, findings.files())?;
            fichero_model::expr::compile(&shared, &written.place, &Scope::row(cx.model, entity)).ok()
        }
        _ => {
            let message = format!("`{text}` gives no currency");
            findings.error_with_help(
                code::WRONG_TYPE,
                &node.place,
                message,
                "name a money field, or a text field that holds a code such as `EUR`",
            );
            None
        }
    }
}

/// `count(quotes)`, `sum(lines.subtotal)`.
fn rollup(
    cx: &Context<'_>,
    entity: EntityId,
    id: FieldId,
    node: &Node,
    filter: Option<&Node>,
    findings: &mut Findings<'_>,
) -> Option<Rollup> {
    let field = &cx.model[entity][id];
    let written = Written::whole(node, findings.files())?;
    check_rows(cx, entity, &written, findings)?;
    let value = expression::compile_written(
        &written,
        &Scope::row(cx.model, entity),
        &Want::Fits(&field.value_type()),
        findings,
    )?;
    let Some(shape) = rollup_shape(&value, entity) else {
        let message = format!("`{}` is no count or sum over lines or children", value.text);
        findings.error_with_help(
            code::ROLLUP,
            &node.place,
            message,
            "write `count(lines)`, or `sum`, `min`, `max` or `avg` of one field of them: `sum(lines.subtotal)`",
        );
        return None;
    };
    let (function, over, of) = shape;
    let child = match &cx.model[entity][over].kind {
        Kind::Lines { of, .. } | Kind::Children { of, .. } => *of,
        _ => {
            let message = format!(
                "`{}` is neither lines nor children, so nothing can be kept over it",
                cx.model[entity][over].name
            );
            findings.error_with_help(
                code::ROLLUP,
                &node.place,
                message,
                "a rollup counts or sums over a field of type `lines` or `children` of the same entity",
            );
            return None;
        }
    };
    let of = match of {
        None => None,
        Some(of) => {
            let name = &cx.model[child][of].name;
            let at = written.text.rfind(&**name)?;
            let place = written.place(at..at + name.len(), findings.files());
            Some(fichero_model::expr::compile(name, &place, &Scope::row(cx.model, child)).ok()?)
        }
    };
    let filter = match filter {
        None => None,
        Some(filter) => Some(expression::condition(filter, &Scope::row(cx.model, child), findings)?),
    };
    Some(Rollup { function, over, of, filter })
}

/// What stands first within the brackets of a rollup is a field of rows; nothing, when it was told that it is not.
fn check_rows(cx: &Context<'_>, entity: EntityId, written: &Written<'_>, findings: &mut Findings<'_>) -> Option<()> {
    let Some((function, rest)) = written.text.split_once('(') else { return Some(()) };
    let Some(name) = words(rest).next().filter(|name| rest.trim_start().starts_with(name)) else { return Some(()) };
    let start = function.len() + 1 + (rest.len() - rest.trim_start().len());
    let place = written.place(start..start + name.len(), findings.files());
    let definition = &cx.model[entity];
    let message = match definition.field(name) {
        Some((_, field)) if field.kind.is_rows() || findings.is_broken(name) => return Some(()),
        Some(_) => format!("`{name}` is neither lines nor children, so nothing can be kept over it"),
        None if cx.removed(entity, name).is_some() => {
            cx.field_named(entity, name, &place, findings);
            return None;
        }
        None => format!("a rollup is kept over lines or children, and `{}` has none called `{name}`", definition.name),
    };
    let known: Vec<&str> =
        definition.fields.iter().filter(|field| field.kind.is_rows()).map(|field| &*field.name).collect();
    if known.is_empty() {
        let help = format!(
            "declare them first: `{name}: {{type: lines, of: …}}` for rows of its own, or `type: children` for records that refer here"
        );
        findings.error_with_help(code::ROLLUP, &place, message, help);
    } else {
        findings.unknown(code::ROLLUP, &place, message, name, known);
    }
    None
}

/// The function, the field of rows, and the field of each row, if the expression is a rollup.
fn rollup_shape(value: &Expr, entity: EntityId) -> Option<(RollupFunction, FieldId, Option<FieldId>)> {
    let Op::Aggregate { aggregate, list } = &value.root.op else { return None };
    let own = |node: &fichero_model::expr::Node| match &node.op {
        Op::Field { of, fields } if matches!(of.op, Op::Row(RowName::This)) => match **fields {
            [(owner, field)] if owner == entity => Some(field),
            _ => None,
        },
        _ => None,
    };
    let (over, of) = match &list.op {
        Op::Each { of, fields } => match **fields {
            [(_, field)] => (own(of)?, Some(field)),
            _ => return None,
        },
        _ => (own(list)?, None),
    };
    let function = match aggregate {
        Aggregate::Count => RollupFunction::Count,
        Aggregate::Sum => RollupFunction::Sum,
        Aggregate::Min => RollupFunction::Min,
        Aggregate::Max => RollupFunction::Max,
        Aggregate::Avg => RollupFunction::Avg,
    };
    (of.is_some() || function == RollupFunction::Count).then_some((function, over, of))
}

/// Checks what can be told only when it is known which formulas are stored.
pub(super) fn check_rollups(cx: &Context<'_>, findings: &mut Findings<'_>) {
    for (_, entity) in cx.model.all_entities() {
        for field in &entity.fields {
            let Source::Rollup(rollup) = &field.source else { continue };
            let child = match &entity[rollup.over].kind {
                Kind::Lines { of, .. } | Kind::Children { of, .. } => *of,
                _ => continue,
            };
            for expr in rollup.of.iter().chain(&rollup.filter) {
                check_stored(cx, child, field, expr, findings);
            }
        }
    }
}

/// A rollup changes with its children and with nothing else, so it reads what they store themselves.
fn check_stored(cx: &Context<'_>, child: EntityId, field: &Field, expr: &Expr, findings: &mut Findings<'_>) {
    let reads = Reads::of(expr, cx.model);
    let child = &cx.model[child];
    let unstored = reads.own.iter().map(|id| &child[*id]).find(|read| !read.is_stored());
    let why = if let Some(read) = unstored {
        let diagnostic = Diagnostic::error(
            code::STORED_FORMULA,
            &expr.place,
            format!("the rollup `{}` reads `{}` of `{}`, which is not stored", field.name, read.name, child.name),
        )
        .label(&read.place, unstored_because(read))
        .help("a rollup is kept when a child changes, so it reads only what each child stores");
        findings.push(diagnostic);
        return;
    } else if !reads.other.is_empty() {
        "other records"
    } else if reads.time {
        "what time it is"
    } else if reads.actor {
        "who asks"
    } else {
        return;
    };
    let message = format!("the rollup `{}` depends on {why}, but it is kept only when a child changes", field.name);
    findings.error_with_help(
        code::ROLLUP,
        &expr.place,
        message,
        format!("keep it in a field that `{}` stores, such as one with `copy`", child.name),
    );
}

/// Why a field has no column.
pub(super) fn unstored_because(field: &Field) -> &'static str {
    match &field.source {
        Source::Lookup(_) => "looked up when read",
        Source::Formula { .. } => "worked out when read, as it reads other records, the time, or who asks",
        _ if field.kind.is_rows() => "rows of their own",
        _ => "links to other records",
    }
}
