//! Rules: facts in, effects out. Each runs once, in order; computed fields are refreshed after each that sets.

use std::sync::Arc;

use fichero_model::entity::Check;
use fichero_model::label::{Locale, Text};
use fichero_model::rule::{Find, Message as Authored, Piece, Rule, RuleEvent};
use fichero_model::value::Value;

use super::draft::Draft;
use super::work::Work;
use crate::message::Message;
use crate::refusal::{FieldError, Refusal};

/// Runs the rules of a draft for an event. What they refuse is in the draft's errors.
///
/// # Errors
/// When a definition fails or the database cannot be read.
pub fn run(work: &Work<'_>, draft: &mut Draft, event: RuleEvent) -> Result<(), Refusal> {
    let live = Arc::clone(&work.live);
    for (rule, asks_findings) in live.model[draft.entity].rules.iter().zip(&live.ties(draft.entity).asks_findings) {
        if rule.on.iter().any(|on| meant(*on, event)) {
            one(work, draft, rule, *asks_findings)?;
        }
    }
    Ok(())
}

fn meant(on: RuleEvent, event: RuleEvent) -> bool {
    on == event || (on == RuleEvent::Save && matches!(event, RuleEvent::Create | RuleEvent::Update))
}

fn one(work: &Work<'_>, draft: &mut Draft, rule: &Rule, needs_finds: bool) -> Result<(), Refusal> {
    let mut locals = Vec::with_capacity(rule.finds.len());
    // A condition may name what was found; one that does not is asked first, so that most saves look nothing up.
    if let Some(condition) = &rule.condition
        && !needs_finds
        && !draft.holds(work, condition, &[], None)?
    {
        return Ok(());
    }
    for find in &rule.finds {
        let found = look_up(work, draft, find, &locals)?;
        locals.push(found);
    }
    if let Some(condition) = &rule.condition
        && needs_finds
        && !draft.holds(work, condition, &locals, None)?
    {
        return Ok(());
    }
    for (field, setting) in &rule.set {
        draft.settle(work, *field, setting, &locals)?;
    }
    if !rule.set.is_empty() {
        draft.compute(work)?;
    }
    if let Some(reject) = &rule.reject {
        let message = fill(work, draft, &reject.message, &locals, None)?;
        let field =
            reject.field.map_or_else(String::new, |field| work.live.model[draft.entity][field].name.to_string());
        draft.errors.push(FieldError::new(field, "rule", message).found_by(&rule.name));
    }
    Ok(())
}

fn look_up(work: &Work<'_>, draft: &Draft, find: &Find, locals: &[Value]) -> Result<Value, Refusal> {
    let limit = if find.first { 1 } else { find.limit as usize };
    let rows = work.find(find.from, find.filter.as_ref(), &find.sort, limit, draft, locals)?;
    let mut references = rows.iter().filter_map(|row| row.reference()).map(Value::Ref);
    Ok(if find.first { references.next().unwrap_or_default() } else { Value::list(references) })
}

/// The sentence of a check of a field.
///
/// # Errors
/// When the definition fails.
pub fn sentence(work: &Work<'_>, draft: &Draft, check: &Check, value: &Value) -> Result<Message, Refusal> {
    fill(work, draft, &check.message, &[], Some(value))
}

/// A message of a definition with its values filled in.
///
/// # Errors
/// When the definition fails.
pub fn fill(
    work: &Work<'_>,
    draft: &Draft,
    message: &Authored,
    locals: &[Value],
    value: Option<&Value>,
) -> Result<Message, Refusal> {
    let mut texts = Vec::with_capacity(message.by_locale.len());
    for (locale, pieces) in &message.by_locale {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Value(expr) => {
                    text.push_str(&crate::value::text::plain(&draft.eval(work, expr, locals, value)?))
                }
            }
        }
        texts.push((*locale, Arc::from(text)));
    }
    Ok(Message::Authored(Arc::new(Text::of(texts).unwrap_or_else(|| Text::new(Locale::EN, "")))))
}
