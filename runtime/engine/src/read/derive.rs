//! What follows from a draft before it is saved: computed values, what is visible, required and to choose, and what is
//! wrong so far.

use std::sync::Arc;

use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{EntityId, Id, Ref};
use serde_json::{Map, Value as Json, json};

use crate::input::Input;
use crate::record::draft::Draft;
use crate::record::work::Work;
use crate::refusal::Refusal;
use crate::value::json as codec;

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
        let holds = |expr: &Option<fichero_model::expr::Expr>| match expr {
            Some(expr) => draft.holds(work, expr, &[], None),
            None => Ok(false),
        };
        let visible = field.visible_if.is_none() || holds(&field.visible_if)?;
        let mut state = json!({
            "visible": visible,
            "required": field.required || holds(&field.required_if)?,
            "readonly": field.readonly || !field.is_input() || holds(&field.readonly_if)?,
        });
        if let (Kind::Choice { options }, Some(condition)) = (&field.kind, &field.options_if) {
            let mut allowed = Vec::new();
            for option in model[*options].options.iter().filter(|option| !option.retired) {
                if draft.holds(work, condition, &[], Some(&Value::Text(option.name.clone())))? {
                    allowed.push(option.name.to_string());
                }
            }
            state["options"] = json!(allowed);
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
