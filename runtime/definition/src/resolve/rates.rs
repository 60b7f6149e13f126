//! Exchange rates: which entity keeps them, and which of them applies.

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::Field;
use fichero_model::expr::{Expr, Scope};
use fichero_model::kind::{Kind, Type};
use fichero_model::model::Rates;
use fichero_model::{EntityId, FieldId};

use super::context::Context;
use super::expression::{self, Want};
use super::findings::Findings;
use crate::node::{Entry, Node};

/// The entity that keeps exchange rates, by its `exchange_rates: {currency, date, rate}`.
pub(super) fn find(cx: &Context<'_>, findings: &mut Findings<'_>) -> Option<Rates> {
    let mut found: Option<(Rates, &Entry)> = None;
    for (entity, declaration) in cx.declared.all() {
        let Some(entry) = declaration.document.node.entry("exchange_rates") else { continue };
        let mut field = |key: &str, fits: fn(&Field) -> bool, what: &str| {
            let node = entry.value.get(key)?;
            let id = cx.field(entity, node, findings)?;
            let named = &cx.model[entity][id];
            if fits(named) && named.is_stored() && !named.many {
                return Some(id);
            }
            let message = format!(
                "`{}` of `{}` is no stored {what}, so it tells nothing of exchange rates",
                named.name, cx.model[entity].name
            );
            findings.error_with_help(
                code::WRONG_TARGET,
                &node.place,
                message,
                format!("name a field of type `{what}`"),
            );
            None
        };
        let date = field("date", |field| matches!(field.kind, Kind::Date), "date");
        let rate = field("rate", |field| matches!(field.kind, Kind::Decimal { .. }), "decimal");
        let applies = entry
            .value
            .get("currency")
            .zip(date)
            .and_then(|(currency, date)| applies(cx, entity, currency, date, findings));
        if let Some((_, other)) = &found {
            findings.push(
                Diagnostic::error(
                    code::CONFLICTING_KEYS,
                    &entry.key.place,
                    "two entities keep exchange rates, and only one can",
                )
                .label(&other.key.place, "the other one")
                .help("leave `exchange_rates` out of one of them"),
            );
        } else if let (Some(applies), Some(date), Some(rate)) = (applies, date, rate) {
            found = Some((Rates { entity, applies, date, rate }, entry));
        }
    }
    found.map(|(rates, _)| rates)
}

/// Which rates may apply today: those of the currency in `value` that have begun.
fn applies(
    cx: &Context<'_>,
    entity: EntityId,
    currency: &Node,
    date: FieldId,
    findings: &mut Findings<'_>,
) -> Option<Expr> {
    let scope = Scope::row(cx.model, entity);
    let path = expression::compile(currency, &scope, &Want::Fits(&Type::Text), findings)?;
    if !expression::check_portable(&path, "which exchange rate applies", findings) {
        return None;
    }
    let text = format!("{} == value and {} <= today()", path.text, cx.model[entity][date].name);
    fichero_model::expr::condition(&text, &currency.place, &Scope { value: Some(Type::Text), ..scope }).ok()
}
