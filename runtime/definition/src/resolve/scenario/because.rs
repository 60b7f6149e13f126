//! Why a test expects a refusal: `because` names a code of the runtime's, or a rule or check of the definitions, alone
//! or behind the field that is told of.

use fichero_model::code;
use fichero_model::data::REFUSALS;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::Entity;
use fichero_model::kind::Kind;
use fichero_model::model::Model;
use fichero_model::place::Place;
use fichero_model::{EntityId, name};

use super::super::context::Context;
use super::super::findings::Findings;

/// Checks that something can refuse so. `entity` is that of the record that is changed, where one is known.
pub(super) fn check(
    cx: &Context<'_>,
    entity: Option<EntityId>,
    because: &str,
    place: &Place,
    findings: &mut Findings<'_>,
) {
    let model = cx.model;
    let (entity, word) = match (because.rsplit_once('.'), entity) {
        (None, entity) => (entity, because),
        (Some((_, word)), None) => (None, word),
        (Some((path, word)), Some(entity)) => match field_path(cx, entity, path, place, findings) {
            Some(entity) => (Some(entity), word),
            None => return,
        },
    };
    let entities: Vec<&Entity> = match entity {
        Some(entity) => with_lines(model, entity),
        None => model.entities.iter().collect(),
    };
    let known: Vec<&str> = entities.iter().flat_map(|entity| words(entity)).chain(REFUSALS.iter().copied()).collect();
    if known.contains(&word) || findings.is_broken(word) {
        return;
    }
    let diagnostic = Diagnostic::error(code::SCENARIO, place, format!("nothing refuses because of `{word}`"));
    let unique = entities.iter().flat_map(|entity| &entity.unique).any(|unique| *unique.name == *word);
    let near = if unique { Some("unique") } else { name::did_you_mean(word, known.iter().copied()) };
    findings.push(match near {
        Some(near) => {
            let help = if unique {
                "what a unique rule refuses is told as `unique`".to_owned()
            } else {
                format!("did you mean `{near}`?")
            };
            let mended = findings.mended(place, word, near);
            let diagnostic = diagnostic.help(help);
            match mended {
                Some(line) => diagnostic.mended(line),
                None => diagnostic,
            }
        }
        None => diagnostic
            .help("name a rule or a check, or a code such as `forbidden`, `required`, `unique`; `NAME.required` tells of which field"),
    });
}

/// The entity whose field stands last in `account` or `lines[2].quantity`.
fn field_path(
    cx: &Context<'_>,
    mut entity: EntityId,
    path: &str,
    place: &Place,
    findings: &mut Findings<'_>,
) -> Option<EntityId> {
    for part in path.split('.') {
        let name = part.split_once('[').map_or(part, |(name, _)| name);
        let field = cx.field_named(entity, name, place, findings)?;
        if let (Kind::Lines { of, .. }, true) = (&cx.model[entity][field].kind, part.len() > name.len()) {
            entity = *of;
        }
    }
    Some(entity)
}

/// An entity and its lines, which are saved with it.
fn with_lines(model: &Model, entity: EntityId) -> Vec<&Entity> {
    let mut found = vec![entity];
    let mut next = 0;
    while let Some(at) = found.get(next).copied() {
        for field in &model[at].fields {
            if let Kind::Lines { of, .. } = field.kind
                && !found.contains(&of)
            {
                found.push(of);
            }
        }
        next += 1;
    }
    found.into_iter().map(|entity| &model[entity]).collect()
}

/// The rules of an entity, those against overlapping times among them, and the checks of its fields.
fn words(entity: &Entity) -> impl Iterator<Item = &str> {
    let checks = entity.fields.iter().flat_map(|field| &field.validate).map(|check| &*check.name);
    let overlaps = entity.unique.iter().filter(|rule| rule.overlap.is_some()).map(|rule| &*rule.name);
    entity.rules.iter().map(|rule| &*rule.name).chain(checks).chain(overlaps)
}
