//! Tests and demo data of packs that do not fit what overlays have made of their pack.

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;

use super::context::Context;
use super::findings::{Findings, Mark};
use crate::catalog::Document;

/// Whether a document of a pack is left out because it does not fit what an overlay has made of the pack: a test, or data
/// for a demo. Whoever writes the overlay cannot edit it, so one note stands for all that is wrong.
pub(super) fn is_left_out(cx: &Context<'_>, document: &Document, mark: Mark, findings: &mut Findings<'_>) -> bool {
    if !cx.catalog.is_overlaid(document.layer, cx.sources) {
        return false;
    }
    let wrong = || findings.since(&mark).iter().filter(|found| found.is_error());
    let removed = wrong().find(|found| found.code == code::REMOVED_IN_USE);
    let Some(Diagnostic { place: Some(place), labels, message: why, .. }) = removed.or(wrong().next()).cloned() else {
        return false;
    };
    let is_removed = removed.is_some();
    findings.take_back(mark);
    let what = if document.kind == "test" { "test" } else { "demo data" };
    let name = &document.name;
    let (message, here) = match is_removed {
        true => (
            format!("the {what} `{name}` needs a field that was removed; it is left out"),
            "it is needed here".to_owned(),
        ),
        false => (format!("the {what} `{name}` does not fit what is changed of its pack; it is left out"), why),
    };
    let mut note = Diagnostic::warning(code::REMOVED_IN_USE, &document.name_place, message)
        .label(&place, here)
        .help("nothing needs to be done");
    note.labels.extend(labels);
    findings.push(note);
    true
}
