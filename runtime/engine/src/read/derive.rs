//! What follows from a draft before it is saved: computed values, what is visible, required and to choose, and what is
//! wrong so far.

use std::sync::Arc;

use fichero_model::expr::Expr;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};
use serde_json::{Map, Value as Json, json};

use crate::input::Input;
use crate::record::draft::Draft;
use crate::record::work::Work;
use crate::refusal::Refusal;
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
    Ok(State {
        visible: field.visible_if.is_none() || holds(&field.visible_if)?,
        required: field.required || holds(&field.required_if)?,
        readonly: field.readonly || !field.is_input() || holds(&field.readonly_if)?,
        options,
    })
}

/// Works it out. Nothing is written.
///
/// # Errors
/// When a definition fails, or there is no such record.
pub fn run(work: &Work<'_>, entity: EntityId, id: Option<Id>, input: Input) -> Result<Json, Refusal> {
    let draft = match id {
        None => Draft::create(work, entity, input)?,
        Some(id) => {
            let old = work.living(Ref { entity, id })?.ok_or_else(Refusal::not_found)?;
            Draft::update(work, old, input)?
        }
    };
    let model = Arc::clone(&work.live.model);
    let mut values = Map::new();
    let mut fields = Map::new();
    for (id, field) in model[entity].all_fields() {
        if field.system || field.kind.is_rows() || field.is_link() {
            continue;
        }
        codec::put(&model, field, &super::show::value(work, &draft.row, id)?, &mut values);
        let State { visible, required, readonly, options } = state(work, &draft, id)?;
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
