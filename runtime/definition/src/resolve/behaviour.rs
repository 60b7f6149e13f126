//! What a field does beside holding a value: conditions, checks, defaults, and which records may be chosen.

use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Check, Field};
use fichero_model::expr::{Expr, Scope, Setting};
use fichero_model::kind::{Kind, Reference, Through, Type};
use fichero_model::{EntityId, FieldId};

use super::bounds::{self, Bounds};
use super::context::Context;
use super::declare::{FieldDeclaration, Origin};
use super::expression::{self, Want};
use super::findings::Findings;
use super::text;
use super::types::Layers;
use super::value::Reader;
use super::within::Within;
use crate::catalog::Document;
use crate::node::{Entry, Node};

/// Everything compiled for one field.
#[derive(Default)]
pub(super) struct Behaviour {
    required_if: Option<Expr>,
    readonly_if: Option<Expr>,
    visible_if: Option<Expr>,
    options_if: Option<Expr>,
    validate: Vec<Check>,
    default: Option<Setting>,
    fill: Option<Setting>,
    bounds: Bounds,
    fix_rate_if: Option<Expr>,
    country: Option<Expr>,
    over: Option<EntityId>,
    choose: Option<Box<Expr>>,
    through: Option<Through>,
}

impl Behaviour {
    /// Puts everything into the field.
    pub fn apply(self, field: &mut Field) {
        let Self {
            required_if,
            readonly_if,
            visible_if,
            options_if,
            validate,
            default,
            fill,
            bounds,
            fix_rate_if,
            country,
            over,
            choose,
            through,
        } = self;
        field.required_if = required_if;
        field.readonly_if = readonly_if;
        field.visible_if = visible_if;
        field.options_if = options_if;
        field.validate = validate;
        field.default = default.or(field.default.take());
        field.fill = fill;
        bounds.apply(field);
        field.fix_rate_if = fix_rate_if;
        field.country = country;
        field.over = over;
        if let Kind::Ref(reference) = &mut field.kind {
            reference.choose = choose;
            reference.through = through;
        }
    }
}

/// The checks of `type` documents, compiled once for all fields of the type.
pub(super) type TypeChecks = HashMap<Arc<str>, Vec<Check>>;

/// Compiles the behaviour of all fields.
pub(super) fn all(
    cx: &Context<'_>,
    checks: &TypeChecks,
    findings: &mut Findings<'_>,
) -> Vec<(EntityId, FieldId, Behaviour)> {
    let mut all = Vec::new();
    for (entity, declaration) in cx.declared.all() {
        for (index, field) in declaration.fields.iter().enumerate() {
            let id = FieldId(index as u16);
            if let Some(layers) = field.layers() {
                all.push((entity, id, one(cx, entity, id, field, &layers, checks, findings)));
            }
        }
    }
    all
}

fn one(
    cx: &Context<'_>,
    entity: EntityId,
    id: FieldId,
    declaration: &FieldDeclaration<'_>,
    layers: &Layers<'_>,
    checks: &TypeChecks,
    findings: &mut Findings<'_>,
) -> Behaviour {
    let field = &cx.model[entity][id];
    let own = |key: &str| layers.own(key).map(|entry| &entry.value);
    let condition = |key: &str, findings: &mut Findings<'_>| {
        own(key).and_then(|node| expression::condition(node, &cx.scope(entity, declaration, key), findings))
    };
    let scope = cx.scope(entity, declaration, "validate");
    let with_value = Scope { value: Some(field.kind.value_type()), ..scope.clone() };
    let word = declaration.field_type.as_ref().map(|field_type| field_type.word);
    let mut behaviour = Behaviour {
        required_if: condition("required_if", findings),
        readonly_if: condition("readonly_if", findings),
        visible_if: condition("visible_if", findings),
        fix_rate_if: condition("fix_rate_if", findings),
        over: over(cx, field, layers, findings),
        country: own("country").and_then(|node| country(node, &cx.scope(entity, declaration, "country"), findings)),
        options_if: own("options_if").and_then(|node| expression::condition(node, &with_value, findings)),
        validate: validate(declaration, layers, checks, &with_value, findings),
        ..Behaviour::default()
    };
    if !matches!(declaration.origin, Origin::Written(_)) || findings.is_broken(&field.name) {
        return behaviour;
    }
    let reader = Reader {
        scope: scope.clone(),
        records: cx.records,
        given: None,
        closed: false,
        code: code::BAD_DEFAULT,
        load: false,
    };
    behaviour.default = own("default").and_then(|node| reader.setting(node, field, findings));
    check_default(cx, field, behaviour.default.as_ref(), own("default"), findings);
    behaviour.fill = own("fill").and_then(|node| reader.setting(node, field, findings));
    check_fill(cx, field, behaviour.fill.as_ref(), own("fill"), findings);
    behaviour.bounds = bounds::of(cx, field, word, layers, findings);
    for (setting, key, code) in
        [(&behaviour.default, "default", code::BAD_DEFAULT), (&behaviour.fill, "fill", code::BAD_DEFAULT)]
    {
        if let (Some(Setting::Literal(value)), Some(node)) = (setting, own(key)) {
            let within = Within {
                over: behaviour.over,
                ..Within::among(cx.model, field, behaviour.bounds.limits(), &behaviour.validate)
            };
            within.check(value, (code, node), findings);
        }
    }
    if let Kind::Ref(reference) = &field.kind {
        behaviour.choose = choose(cx, entity, reference, own("where"), findings);
        behaviour.through = own("through")
            .filter(|_| field.many)
            .and_then(|node| through(cx, entity, field, reference, node, findings));
    }
    behaviour
}

/// The entity of a condition that is kept as text. What looks like one and names none would be checked by nothing.
fn over(cx: &Context<'_>, field: &Field, layers: &Layers<'_>, findings: &mut Findings<'_>) -> Option<EntityId> {
    if let Some(node) = layers.get("over") {
        return cx.entity(Some(node), findings);
    }
    if !layers.is_of_type() && layers.get("widget").and_then(Node::as_text).is_some_and(|widget| &**widget == "filter")
    {
        let message = format!("`{}` holds a condition, and nothing says over which records", field.name);
        let help = "name their entity: `{type: filter, over: account}`";
        findings.error_with_help(code::MISSING_KEY, &field.place, message, help);
    }
    None
}

/// The country that a phone number is of: a text, or an option of that name.
fn country(node: &Node, scope: &Scope<'_>, findings: &mut Findings<'_>) -> Option<Expr> {
    let expr = expression::compile(node, scope, &Want::Any, findings)?;
    if matches!(expr.ty(), Type::Text | Type::Choice(_)) {
        return Some(expr);
    }
    let message = format!("`{}` gives no country", expr.text);
    let help = "write a field whose value is two letters of ISO 3166, such as `address.country`, or `\"es\"`";
    findings.error_with_help(code::UNLIKE_TYPES, &node.place, message, help);
    None
}

/// The type's checks, then the field's; one of the same name replaces the type's.
fn validate(
    declaration: &FieldDeclaration<'_>,
    layers: &Layers<'_>,
    checks: &TypeChecks,
    scope: &Scope<'_>,
    findings: &mut Findings<'_>,
) -> Vec<Check> {
    let mut all: Vec<Check> = Vec::new();
    let documents = declaration.field_type.iter().flat_map(|field_type| field_type.documents.iter().rev());
    for check in documents.filter_map(|document| checks.get(&document.name)).flatten() {
        put(&mut all, check.clone());
    }
    for entry in layers.own("validate").map(|entry| entry.value.entries()).unwrap_or_default() {
        if let Some(check) = check(entry, scope, findings) {
            put(&mut all, check);
        }
    }
    all
}

fn put(checks: &mut Vec<Check>, check: Check) {
    match checks.iter_mut().find(|known| known.name == check.name) {
        Some(known) => *known = check,
        None => checks.push(check),
    }
}

fn check(entry: &Entry, scope: &Scope<'_>, findings: &mut Findings<'_>) -> Option<Check> {
    let bad = entry.value.get("if").and_then(|node| expression::condition(node, scope, findings));
    let message = entry.value.get("message").and_then(|node| text::message(node, scope, findings));
    Some(Check { name: Arc::clone(&entry.key.text), bad: bad?, message: message? })
}

/// The checks that a `type` document states, over values of its kind.
pub(super) fn type_checks(
    cx: &Context<'_>,
    document: &Document,
    kind: &Kind,
    findings: &mut Findings<'_>,
) -> Vec<Check> {
    let scope = Scope { value: Some(kind.value_type()), ..Scope::bare(cx.model) };
    let entries = document.node.get("validate").map(Node::entries).unwrap_or_default();
    entries.iter().filter_map(|entry| check(entry, &scope, findings)).collect()
}

/// A default that may never be chosen.
fn check_default(
    cx: &Context<'_>,
    field: &Field,
    default: Option<&Setting>,
    node: Option<&Node>,
    findings: &mut Findings<'_>,
) {
    let (Some(Setting::Literal(value)), Some(node), Kind::Choice { options }) = (default, node, &field.kind) else {
        return;
    };
    let retired = value.as_text().and_then(|name| cx.model[*options].find(name)).is_some_and(|option| option.retired);
    if retired {
        let message = format!("the default of `{}` is a retired option, which cannot be chosen anew", field.name);
        findings.error_with_help(code::BAD_DEFAULT, &node.place, message, "choose a living option");
    }
}

/// What does not follow from the record is the same for all old ones, which a unique field cannot hold.
fn check_fill(
    cx: &Context<'_>,
    field: &Field,
    fill: Option<&Setting>,
    node: Option<&Node>,
    findings: &mut Findings<'_>,
) {
    let (Some(fill), Some(node)) = (fill, node) else { return };
    let same = match fill {
        Setting::Literal(_) | Setting::Named(_) | Setting::List(_) | Setting::Rows(_) => true,
        Setting::Expr(expr) => expr.reads(cx.model).paths.is_empty(),
    };
    if same && (field.unique || field.external) {
        let message = format!("`fill` gives all old records the same `{}`, which must be unique", field.name);
        let help = format!(
            "fill it with what each record has of its own, `fill: =…`, or leave `fill` out: old records stay valid without `{}` until they are next saved",
            field.name
        );
        findings.error_with_help(code::UNIQUE_FIELDS, &node.place, message, help);
    }
}

/// Which records a reference may choose: a condition over them, with `record` for the one being edited.
fn choose(
    cx: &Context<'_>,
    entity: EntityId,
    reference: &Reference,
    node: Option<&Node>,
    findings: &mut Findings<'_>,
) -> Option<Box<Expr>> {
    let node = node?;
    let [target] = *reference.targets else {
        let message = "`where` chooses among the records of one entity, and this reference may point to several";
        findings.error_with_help(
            code::KEY_NOT_FOR_TYPE,
            &node.place,
            message,
            "name one entity in `to`, or state what is not allowed as a rule with `reject`",
        );
        return None;
    };
    let scope = Scope { record: Some(entity), ..Scope::row(cx.model, target) };
    let condition = expression::condition(node, &scope, findings)?;
    let what = format!("which `{}` may be chosen", cx.model[target].name);
    expression::check_portable(&condition, &what, findings).then(|| Box::new(condition))
}

/// The two references of a link entity. Of two references to the same entity the first leads back here.
fn through(
    cx: &Context<'_>,
    entity: EntityId,
    field: &Field,
    reference: &Reference,
    node: &Node,
    findings: &mut Findings<'_>,
) -> Option<Through> {
    let link = cx.declared.entity_of(node, findings)?;
    let [target] = *reference.targets else {
        let message = format!("`{}` may point to several entities, so no one entity can hold its links", field.name);
        findings.error_with_help(code::KEY_NOT_FOR_TYPE, &node.place, message, "name one entity in `to`");
        return None;
    };
    let definition = &cx.model[link];
    let points_to = |to: EntityId, but: Option<FieldId>| {
        definition.all_fields().find_map(|(id, field)| match &field.kind {
            Kind::Ref(reference) if !field.system && !field.many && Some(id) != but && *reference.targets == [to] => {
                Some(id)
            }
            _ => None,
        })
    };
    let from = points_to(entity, None);
    let to = points_to(target, from);
    match (from, to) {
        (Some(from), Some(to)) => Some(Through { entity: link, from, to }),
        _ => {
            if definition.fields.iter().any(|field| findings.is_broken(&field.name)) {
                return None;
            }
            let missing = if from.is_none() { &cx.model[entity].name } else { &cx.model[target].name };
            let message = format!(
                "`{}` holds the links of `{}`, but has no reference to `{missing}`",
                definition.name, field.name
            );
            findings.push(
                Diagnostic::error(code::LINES_PARENT, &node.place, message)
                    .label(&definition.place, format!("`{}` is declared here", definition.name))
                    .help("a link entity has one reference to each side")
                    .mended(format!("  {missing}: {{type: ref, to: {missing}, required: true, on_delete: cascade}}")),
            );
            None
        }
    }
}
