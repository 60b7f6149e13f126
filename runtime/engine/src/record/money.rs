//! Money: which currency a write means, and what an amount is worth in the workspace's currency on its day.

use std::sync::Arc;

use fichero_model::FieldId;
use fichero_model::kind::{Kind, MoneyCurrency};
use fichero_model::value::{Currency, Money, Value};
use rust_decimal::Decimal;

use super::draft::Draft;
use super::work::Work;
use crate::message::{Argument, Message};
use crate::refusal::Refusal;
use crate::value::check::{self, MONEY_SCALE, Problem, about};

/// Money as far as a writer gave it: an amount without a currency keeps the one there is, else takes the field's own; a
/// currency without an amount is one of the amount there is.
///
/// # Errors
/// When a definition fails or the database cannot be read; the inner error is the writer's to see.
pub fn given(
    work: &Work<'_>,
    draft: &Draft,
    id: FieldId,
    amount: Option<Option<Decimal>>,
    currency: Option<Currency>,
) -> Result<Result<Value, Problem>, Refusal> {
    let held = match draft.row.get(id) {
        Value::Money(money) => Some(*money),
        _ => None,
    };
    let amount = match amount {
        Some(None) => return Ok(Ok(Value::Nothing)),
        Some(Some(amount)) => amount,
        None => match (held, currency) {
            (Some(money), _) => money.amount,
            (None, Some(currency)) => {
                let field = &work.live.model[draft.entity][id];
                return Ok(Err(about(field, "no_amount", [Argument::Plain(currency.to_string())])));
            }
            (None, None) => return Ok(Ok(Value::Nothing)),
        },
    };
    let currency = match (currency, held) {
        (Some(currency), _) => currency,
        (None, Some(money)) => money.currency,
        (None, None) => default_currency(work, draft, id)?,
    };
    worth(work, draft, id, (amount, currency), fixed(work, draft, id)?)
}

/// Values stored money by the rates of today, whether its rate is fixed or not: what it is worth in the workspace's
/// currency, when that is another one now.
///
/// # Errors
/// When the database cannot be read; the inner error is that there is no rate.
pub fn anew(work: &Work<'_>, draft: &Draft, id: FieldId, money: Money) -> Result<Result<Value, Problem>, Refusal> {
    worth(work, draft, id, (money.amount, money.currency), None)
}

/// Whether two values are the same but for what money is worth, which follows from rates and is nobody's change.
pub fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Money(one), Value::Money(other)) => (one.amount, one.currency) == (other.amount, other.currency),
        _ => one == other,
    }
}

/// Money that a definition worked out: money as it is, a plain number in the field's own currency.
///
/// # Errors
/// When a definition fails or the database cannot be read; the inner error is the writer's to see.
pub fn of(work: &Work<'_>, draft: &Draft, id: FieldId, value: Value) -> Result<Result<Value, Problem>, Refusal> {
    let field = &work.live.model[draft.entity][id];
    let number = match value {
        Value::Integer(number) => Decimal::from(number),
        Value::Decimal(number) => number,
        Value::List(items) => {
            let items: Result<Vec<_>, Refusal> = items.iter().map(|item| of(work, draft, id, item.clone())).collect();
            return Ok(items?.into_iter().collect::<Result<Vec<_>, _>>().map(Value::list));
        }
        value => return Ok(check::conform(field, value)),
    };
    let Some(amount) = check::rounded(number, MONEY_SCALE) else { return Ok(Err(about(field, "out_of_range", []))) };
    let currency = default_currency(work, draft, id)?;
    worth(work, draft, id, (amount, currency), fixed(work, draft, id)?)
}

/// The currency of a write that names none.
///
/// # Errors
/// When a definition fails.
pub fn default_currency(work: &Work<'_>, draft: &Draft, id: FieldId) -> Result<Currency, Refusal> {
    let model = Arc::clone(&work.live.model);
    match &model[draft.entity][id].kind {
        Kind::Money { currency: MoneyCurrency::Own(currency) } => Ok(*currency),
        Kind::Money { currency: MoneyCurrency::Shared(expr) } => {
            let value = draft.eval(work, expr, &[], None)?;
            Ok(value.as_text().and_then(Currency::parse).unwrap_or(model.workspace.currency))
        }
        _ => Ok(model.workspace.currency),
    }
}

/// Values money anew by the rates of today whose rate is not fixed yet, and which nobody gave.
///
/// # Errors
/// When a definition fails or the database cannot be read.
pub fn follow_rates(work: &Work<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    let model = Arc::clone(&work.live.model);
    for (id, field) in model[draft.entity].all_fields().filter(|(_, field)| field.fix_rate_if.is_some()) {
        let Value::Money(money) = draft.row.get(id).clone() else { continue };
        // A rate that is not known any more leaves the money worth what it was.
        if field.is_stored()
            && !draft.given.contains(&id)
            && let Ok(value) = worth(work, draft, id, (money.amount, money.currency), fixed(work, draft, id)?)?
        {
            draft.set(id, value);
        }
    }
    Ok(())
}

fn worth(
    work: &Work<'_>,
    draft: &Draft,
    id: FieldId,
    (amount, currency): (Decimal, Currency),
    fixed: Option<Money>,
) -> Result<Result<Value, Problem>, Refusal> {
    let field = &work.live.model[draft.entity][id];
    let base = work.live.model.workspace.currency;
    if currency == base {
        return Ok(Ok(Value::Money(Money { amount, currency, base: amount })));
    }
    let worth = match fixed.filter(|fixed| fixed.currency == currency) {
        Some(fixed) if fixed.amount == amount => Some(fixed.base),
        Some(fixed) => amount.checked_mul(fixed.base).and_then(|product| product.checked_div(fixed.amount)),
        None => {
            let Some(rate) = work.rate(currency)? else {
                let arguments = [currency.to_string(), base.to_string(), work.today().to_string()].map(Argument::Plain);
                return Ok(Err(("no_rate", Message::with("no_rate", arguments))));
            };
            amount.checked_mul(rate)
        }
    };
    let worth = worth.and_then(|worth| check::rounded(worth, MONEY_SCALE));
    Ok(worth
        .map(|worth| Value::Money(Money { amount, currency, base: worth }))
        .ok_or_else(|| about(field, "out_of_range", [])))
}

/// The money that is stored, where the rate it was valued at is fixed: another amount is worth in proportion. Nothing is
/// in proportion to nothing.
fn fixed(work: &Work<'_>, draft: &Draft, id: FieldId) -> Result<Option<Money>, Refusal> {
    let (Some(condition), Some(old)) = (&work.live.model[draft.entity][id].fix_rate_if, &draft.old) else {
        return Ok(None);
    };
    let Value::Money(money) = old.get(id) else { return Ok(None) };
    let is_something = !money.amount.is_zero() && !money.base.is_zero();
    let is_fixed = is_something && work.eval_before(condition, old)?.is_true();
    Ok(is_fixed.then_some(*money))
}
