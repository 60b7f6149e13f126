//! What came of an import as it is kept with its order.

use std::sync::Arc;

use fichero_model::label::Locale;
use serde_json::{Value as Json, json};

use super::super::undo::{Stayed, Why};
use super::super::{Report, Shown};
use crate::refusal::Refusal;

/// What came of a file.
pub(super) fn report_json(report: &Report, rows: u64) -> Json {
    json!({
        "rows": rows,
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "made": report.made,
        "joined": report.joined,
        "repeated": report.repeated.count,
        "passed_over": report.passed_over,
        "reasons": report.reasons,
        "shown": report.shown.iter().map(Shown::to_json).collect::<Vec<_>>(),
    })
}

/// A record that stays when an import is taken back.
pub(super) fn stayed_json(stayed: &Stayed, locale: Locale) -> Json {
    let (fate, because) = match &stayed.why {
        Why::Edited => ("kept", None),
        Why::Blocked(refusal) => ("blocked", Some(refusal.to_text(locale))),
    };
    json!({
        "entity": &*stayed.entity,
        "id": stayed.id.to_string(),
        "title": stayed.title,
        "fate": fate,
        "because": because,
    })
}

/// Why something broke off.
pub(super) fn told(refusal: &Refusal, locale: Locale) -> Arc<Json> {
    Arc::new(json!({"code": refusal.code, "detail": refusal.to_text(locale)}))
}
