//! What follows from a draft before it is saved: computed values, what is visible, required and to choose, and what is
//! wrong so far.

use std::collections::HashSet;
use std::sync::Arc;

use fichero_model::entity::Field;
use fichero_model::expr::{Expr, Row};
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};
use serde_json::{Map, Value as Json, json};

use crate::input::Input;
use crate::record::draft::Draft;
use crate::record::work::Work;
use crate::record::{check, kept, rollup};
use crate::refusal::{FieldError, Refusal};
use crate::value::json as codec;

/// What follows from a draft for one of its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// It is shown.
    pub visible: bool,
    /// A save without it is refused.
    pub required: bool,
    /// It cannot be written now.
    pub readonly: bool,
    /// The entries of a list that cannot be taken away.
    pub kept: Vec<Value>,
    /// The options that may be chosen, where a condition says which.
    pub options: Option<Vec<Arc<str>>>,
}

/// What follows from a draft for one of its fields.
///
/// # Errors
/// When a definition fails.
pub fn state(work: &Work<'_>, draft: &Draft, id: FieldId) -> Result<State, Refusal> {
    let model = &work.live.model;
    let field = &model[draft.entity][id];
    let holds = |expr: &Option<Expr>| match expr {
        Some(expr) => draft.holds(work, expr, &[], None),
        None => Ok(false),
    };
    let options = match (&field.kind, &field.options_if) {
        (Kind::Choice { options }, Some(condition)) => {
            let mut allowed = Vec::new();
            for option in model[*options].options.iter().filter(|option| !option.retired) {
                if draft.holds(work, condition, &[], Some(&Value::Text(option.name.clone())))? {
                    allowed.push(Arc::clone(&option.name));
                }
            }
            Some(allowed)
        }
        _ => None,
    };
    let settled = draft.old.as_ref().is_some_and(|old| kept::is_settled(field, old.get(id)));
    let kept = match &draft.old {
        Some(old) => kept::entries(work, old, id)?,
        None => Vec::new(),
    };
    let visible = draft.is_shown(work, field)?;
    Ok(State {
        visible,
        required: check::is_required(work, draft, id, field)?,
        readonly: field.readonly || !field.is_input() || settled || holds(&field.readonly_if)?,
        kept,
        options,
    })
}

/// Works it out. Nothing is written.
///
/// # Errors
/// When a definition fails, or there is no such record.
pub fn run(work: &Work<'_>, entity: EntityId, id: Option<Id>, input: Input) -> Result<Json, Refusal> {
    let mut draft = match id {
        None => Draft::create(work, entity, input)?,
        Some(id) => {
            let old = work.living(Ref { entity, id })?.ok_or_else(Refusal::not_found)?;
            Draft::update(work, old, input)?
        }
    };
    let lines = settle(work, &mut draft)?;
    let values = work.gather(|| values(work, &draft, &lines))?;
    let mut fields = Map::new();
    for (id, field) in work.live.model[entity].all_fields().filter(|(_, field)| is_derived(field)) {
        let State { visible, required, readonly, options, kept: _ } = state(work, &draft, id)?;
        let mut state = json!({"visible": visible, "required": required, "readonly": readonly});
        if let Some(options) = options {
            state["options"] = json!(options.iter().map(|option| &**option).collect::<Vec<_>>());
        }
        fields.insert(field.name.to_string(), state);
    }
    let messages: Vec<Json> = draft
        .errors
        .iter()
        .map(
            |error| json!({"field": error.field, "code": error.code, "message": error.message.text(work.actor.locale)}),
        )
        .collect();
    Ok(json!({"values": values, "fields": fields, "messages": messages}))
}

/// The lines of a field, each with its own values.
type Lines = Vec<(FieldId, Vec<Json>)>;

/// Works out the lines that were given, the sums over them, and what follows from those; gathers what is wrong.
fn settle(work: &Work<'_>, draft: &mut Draft) -> Result<Lines, Refusal> {
    let model = Arc::clone(&work.live.model);
    let mut shown = Lines::new();
    for (field, lines) in std::mem::take(&mut draft.lines) {
        let Kind::Lines { of, by } = model[draft.entity][field].kind else { continue };
        work.pend(&draft.row);
        let stored = match &draft.old {
            Some(old) => work.rows_of(old, field)?,
            None => Vec::new(),
        };
        let name = &model[draft.entity][field].name;
        let (mut seen, mut rows, mut all) = (HashSet::new(), Vec::new(), Vec::new());
        for (index, line) in lines.into_iter().enumerate() {
            let (place, id) = (format!("{name}[{index}]"), line.id);
            match check::draft_line(work, draft, (of, by), line, &stored, &mut seen)? {
                Ok(mut line) => {
                    let own = settle(work, &mut line)?;
                    all.push(numbered(id, values(work, &line, &own)?));
                    draft.errors.extend(std::mem::take(&mut line.errors).into_iter().map(|error| error.inside(&place)));
                    rows.push(line.row);
                }
                Err((code, message)) => {
                    all.push(Json::Null);
                    draft.errors.push(FieldError::new(place, code, message));
                }
            }
        }
        rollup::in_memory(work, draft, field, &rows)?;
        work.pend_lines(&draft.row, field, rows);
        shown.push((field, all));
    }
    if !shown.is_empty() {
        draft.compute(work)?;
    }
    check::check_references(work, draft)?;
    work.pend(&draft.row);
    Ok(shown)
}

/// Rows of other entities are nobody's to draft; lines belong to the record.
fn is_derived(field: &Field) -> bool {
    !field.system && !matches!(field.kind, Kind::Children { .. })
}

/// The values of a draft: what is stored, what is worked out, what it is linked with, and its lines: those that were given,
/// else the stored ones.
fn values(work: &Work<'_>, draft: &Draft, lines: &Lines) -> Result<Map<String, Json>, Refusal> {
    let model = Arc::clone(&work.live.model);
    let mut values = Map::new();
    for (id, field) in model[draft.entity].all_fields().filter(|(_, field)| is_derived(field)) {
        if field.kind.is_rows() {
            let given = lines.iter().find(|(known, _)| *known == id);
            let lines = given.map_or_else(|| stored_lines(work, draft, id), |(_, lines)| Ok(lines.clone()))?;
            values.insert(field.name.to_string(), Json::Array(lines));
        } else if field.is_link() {
            codec::put(&model, field, &links(work, draft, id)?, &mut values);
        } else {
            codec::put(&model, field, &super::show::value(work, &draft.row, id)?, &mut values);
        }
    }
    Ok(values)
}

/// What a reference to many of a draft points to: what was given, else what is stored.
///
/// # Errors
/// When the database cannot be read.
pub fn links(work: &Work<'_>, draft: &Draft, id: FieldId) -> Result<Value, Refusal> {
    let list = |targets: Vec<Ref>| Value::list(targets.into_iter().map(Value::Ref));
    if let Some((_, targets)) = draft.links.iter().find(|(link, _)| *link == id) {
        return Ok(list(targets.clone()));
    }
    let Some(old) = &draft.old else { return Ok(Value::Nothing) };
    Ok(list(work.rows_of(old, id)?.iter().filter_map(|row| row.reference()).collect()))
}

/// The lines of the stored record, each with its own values.
fn stored_lines(work: &Work<'_>, draft: &Draft, id: FieldId) -> Result<Vec<Json>, Refusal> {
    let Some(old) = &draft.old else { return Ok(Vec::new()) };
    let line = |row: &Arc<Row>| {
        let own = values(work, &Draft::unchanged(row), &Lines::new())?;
        Ok(numbered(row.id(), own))
    };
    work.rows_of(old, id)?.iter().map(line).collect()
}

/// The values of a line with which one it is; none says that it would be new.
fn numbered(id: Option<Id>, mut values: Map<String, Json>) -> Json {
    values.insert("id".to_owned(), id.map_or(Json::Null, |id| Json::String(id.to_string())));
    Json::Object(values)
}
