//! Pipelines: their stages as options of the field they make, and the ways between them.

use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Attribute, Options};
use fichero_model::expr::Scope;
use fichero_model::kind::{Kind, Type};
use fichero_model::pipeline::{Pipeline, Stage, Transition};
use fichero_model::{EntityId, FieldId};

use super::context::Context;
use super::expression;
use super::findings::{Findings, quoted};
use super::kind::Kinds;
use super::options::{self, Vocabulary};
use super::{declare, text};
use crate::catalog::Document;
use crate::node::{Entry, Node};
use crate::shape::pipeline::STAGE;

/// The stages of the pipelines of one field as its options, in the order of the pipelines. A stage that several have
/// is one option.
pub(super) fn options(owner: &str, pipelines: &[&Document], findings: &mut Findings<'_>) -> Options {
    let mut entries: Vec<&Entry> = Vec::new();
    for stage in pipelines.iter().flat_map(|document| stages(document)) {
        check_probability(stage, findings);
        match entries.iter().find(|known| known.key.text == stage.key.text) {
            None => entries.push(stage),
            Some(known) => check_same(known, stage, findings),
        }
    }
    let fixed = [("probability", Type::Decimal), ("outcome", Type::Text), ("closed", Type::Boolean)];
    let fixed = fixed.map(|(name, ty)| Attribute { name: name.into(), ty });
    options::set(owner.into(), &entries, &Vocabulary { keys: &STAGE, fixed: &fixed, what: "stage" }, findings)
}

fn stages(document: &Document) -> &[Entry] {
    document.node.get("stages").map(Node::entries).unwrap_or_default()
}

fn check_probability(stage: &Entry, findings: &mut Findings<'_>) {
    let Some(node) = stage.value.get("probability") else { return };
    let number = node.as_decimal().and_then(|text| text.parse::<rust_decimal::Decimal>().ok());
    if number.is_none_or(|number| {
        number.is_sign_negative() && !number.is_zero() || number > rust_decimal::Decimal::ONE_HUNDRED
    }) {
        let message = format!("the probability of the stage `{}` is a number from 0 to 100", stage.key.text);
        findings.error(code::BAD_VALUE, &node.place, message);
    }
}

/// Two pipelines of one field have a stage of one name: it is one option, so it cannot say two things.
fn check_same(known: &Entry, stage: &Entry, findings: &mut Findings<'_>) {
    for entry in stage.value.entries().iter().filter(|entry| &*entry.key.text != "require") {
        let differs = known.value.get(&entry.key.text).is_none_or(|value| !value.same(&entry.value));
        if differs {
            let message = format!(
                "the stage `{}` has another `{}` in the other pipeline of this field",
                stage.key.text, entry.key.text
            );
            findings.push(
                Diagnostic::error(code::PIPELINE, &entry.value.place, message)
                    .label(&known.key.place, "the stage there")
                    .help("pipelines that share a field share the stages of one name; say the same of both, or give one another name"),
            );
        }
    }
}

/// Compiles every pipeline whose entity and field are known.
pub(super) fn pipelines(cx: &Context<'_>, kinds: &Kinds<'_, '_>, findings: &mut Findings<'_>) -> Vec<Pipeline> {
    let mut pipelines: Vec<Pipeline> = Vec::new();
    for (entity, declaration) in cx.declared.all() {
        for (index, field) in declaration.fields.iter().enumerate() {
            let id = FieldId(index as u16);
            let declare::Origin::Stage { pipelines: documents, .. } = &field.origin else { continue };
            let Some(options) = kinds.stages.get(&(entity, id)) else { continue };
            check_sharing(documents, findings);
            for document in documents {
                if stages(document).is_empty() {
                    let message = format!("the pipeline `{}` has no stages", document.name);
                    findings.error_with_help(
                        code::PIPELINE,
                        &document.name_place,
                        message,
                        "write at least one under `stages:`; a record begins in the first",
                    );
                }
                let condition = document
                    .node
                    .get("for")
                    .and_then(|node| expression::condition(node, &Scope::row(cx.model, entity), findings));
                pipelines.push(Pipeline {
                    name: Arc::clone(&document.name),
                    label: text::label(document.node.get("label"), &document.written, findings),
                    help: text::optional(document.node.get("help"), findings),
                    entity,
                    field: id,
                    options: *options,
                    condition,
                    stages: compile_stages(cx, document, entity, findings),
                    place: document.name_place.clone(),
                });
            }
        }
    }
    pipelines
}

/// Pipelines that share a field each say which records they are for.
fn check_sharing(documents: &[&Document], findings: &mut Findings<'_>) {
    let Some(silent) = documents.iter().rev().find(|document| document.node.get("for").is_none()) else { return };
    let Some(other) = documents.iter().find(|other| other.name != silent.name) else { return };
    let message = format!(
        "the pipelines `{}` and `{}` make the same field, so each has to say which records it is for",
        other.name, silent.name
    );
    findings.push(
        Diagnostic::error(code::PIPELINE, &silent.name_place, message)
            .label(&other.name_place, "the other one")
            .help("write `for:` and a condition in both, of which exactly one holds for a record, or give one of them another `field:`"),
    );
}

fn compile_stages(cx: &Context<'_>, document: &Document, entity: EntityId, findings: &mut Findings<'_>) -> Vec<Stage> {
    let entries = stages(document);
    let transitions = document.node.get("transitions");
    if let Some(transitions) = transitions {
        for entry in transitions.entries() {
            find_stage(document, &entry.key.text, &entry.key.place, findings);
        }
    }
    entries
        .iter()
        .map(|entry| Stage {
            name: Arc::clone(&entry.key.text),
            outcome: entry.value.get("outcome").and_then(Node::as_text).cloned(),
            closed: entry.value.get("closed").and_then(Node::as_bool).unwrap_or(false),
            require: require(cx, &entry.value, entity, findings),
            next: transitions.map(|transitions| {
                let targets = transitions.get(&entry.key.text).map(Node::entries).unwrap_or_default();
                targets.iter().filter_map(|target| transition(cx, document, entity, target, findings)).collect()
            }),
        })
        .collect()
}

fn transition(
    cx: &Context<'_>,
    document: &Document,
    entity: EntityId,
    target: &Entry,
    findings: &mut Findings<'_>,
) -> Option<Transition> {
    Some(Transition {
        to: find_stage(document, &target.key.text, &target.key.place, findings)?,
        label: text::optional(target.value.get("label"), findings),
        help: text::optional(target.value.get("help"), findings),
        require: require(cx, &target.value, entity, findings),
    })
}

fn require(cx: &Context<'_>, stage: &Node, entity: EntityId, findings: &mut Findings<'_>) -> Vec<FieldId> {
    let nodes = stage.get("require").into_iter().flat_map(declare::one_or_more);
    let fields = nodes.filter_map(|node| Some((node, cx.field(entity, node, findings)?))).collect::<Vec<_>>();
    for (node, field) in &fields {
        if matches!(cx.model[entity][*field].kind, Kind::Boolean) {
            findings.error_with_help(
                code::KEY_NOT_FOR_TYPE,
                &node.place,
                format!(
                    "`{}` is true or false whatever is written: nothing can be missing",
                    cx.model[entity][*field].name
                ),
                "let a rule ask for it: `if: stage == \"…\" and not FIELD` with `reject:`",
            );
        }
    }
    fields.into_iter().map(|(_, field)| field).collect()
}

fn find_stage(
    document: &Document,
    stage: &str,
    place: &fichero_model::place::Place,
    findings: &mut Findings<'_>,
) -> Option<usize> {
    let entries = stages(document);
    let found = entries.iter().position(|entry| &*entry.key.text == stage);
    if found.is_none() {
        let message = format!("the pipeline `{}` has no stage `{stage}`", document.name);
        findings.unknown(code::UNKNOWN_STAGE, place, message, stage, entries.iter().map(|entry| &*entry.key.text));
    }
    found
}

/// Pipelines at the beginning of a sentence: ``the pipeline `sales` has``.
pub(super) fn named(pipelines: &[&Pipeline]) -> String {
    match pipelines {
        [only] => format!("the pipeline `{}` has", only.name),
        several => format!(
            "the pipelines {} have",
            quoted(&several.iter().map(|pipeline| &*pipeline.name).collect::<Vec<_>>())
        ),
    }
}
