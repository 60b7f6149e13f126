//! What is wrong with the definitions as they were last saved, for their author.

use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::Refusal;
use fichero_engine::deploy::fill;
use fichero_engine::problems::{Outcome, Problems, Waiting};
use fichero_engine::read::page::{Seen, Titles};
use fichero_model::diagnostic::{self, Diagnostic, Texts};
use fichero_model::place::Place;

use super::reply;
use super::visitor::Visitor;
use crate::ui::context::{Excerpt, Finding, ProblemsPage, Severity, WaitingPlan, WaitingStep};

/// How much of a revision is shown.
const REVISION: usize = 12;

/// Where this page is.
pub const HERE: &str = "/admin/problems";

/// `GET /admin`.
pub async fn redirect(_: Visitor) -> Response {
    reply::see_other(HERE)
}

/// `GET /admin/problems`.
pub async fn show(visitor: Visitor) -> Response {
    let page = page(&visitor).await;
    visitor.reply(page).await
}

async fn page(visitor: &Visitor) -> Result<Response, Refusal> {
    visitor.administrator()?;
    let problems = visitor.app.engine.problems();
    let Seen { reader, now, .. } = visitor.app.engine.reader(&visitor.live, &visitor.actor).await?;
    let unfilled = fill::findings(&visitor.app.engine).await?;
    let titles = Titles::default();
    let words = visitor.words(&reader, now, &titles);
    let page = ProblemsPage {
        page: visitor.page(&reader, None),
        refused: matches!(problems.outcome, Outcome::Refused | Outcome::Held(_)),
        held: match &problems.outcome {
            Outcome::Held(why) => Some(why.clone()),
            Outcome::InForce | Outcome::Refused | Outcome::Waiting(_) => None,
        },
        waiting: match &problems.outcome {
            Outcome::Waiting(waiting) => Some(plan(waiting)),
            Outcome::InForce | Outcome::Refused | Outcome::Held(_) => None,
        },
        checked: words.when(problems.checked.unwrap_or(now)),
        deployment: visitor.live.seq,
        revision: visitor.model().revision.chars().take(REVISION).collect(),
        findings: problems.all().chain(&unfilled).map(|found| finding(found, &problems)).collect(),
    };
    Ok(visitor.html(StatusCode::OK, &page))
}

fn plan(waiting: &Waiting) -> WaitingPlan {
    let step = |step: &fichero_engine::problems::WaitingStep| WaitingStep {
        summary: step.summary.clone(),
        cause: step.cause.clone(),
        place: step.place.clone(),
        hazard: step.hazard.clone(),
        rows: step.rows,
        note: step.note.clone(),
    };
    WaitingPlan { consent: waiting.consent.clone(), steps: waiting.steps.iter().map(step).collect() }
}

fn finding(found: &Diagnostic, problems: &Problems) -> Finding {
    let file = found.place.as_ref().map(|place| &place.file);
    let own = found.place.iter().filter_map(|place| excerpt(place, None, file, problems));
    let others = found.labels.iter().filter_map(|label| excerpt(&label.place, Some(&label.message), file, problems));
    Finding {
        severity: match found.severity {
            diagnostic::Severity::Error => Severity::Error,
            diagnostic::Severity::Warning => Severity::Warning,
        },
        code: found.code.name().to_string(),
        message: found.message.clone(),
        place: found.place.as_ref().map(Place::to_string),
        excerpts: own.chain(others).collect(),
        help: found.help.clone(),
        mended: found.mended.clone(),
    }
}

/// The line of a place, parted at what is meant. A place behind the end of its line marks nothing.
fn excerpt(
    place: &Place,
    note: Option<&str>,
    file: Option<&std::sync::Arc<str>>,
    problems: &Problems,
) -> Option<Excerpt> {
    let text = problems.excerpts.text(&place.file)?;
    let line = text.lines().nth(place.line.saturating_sub(1) as usize)?;
    let start = line.char_indices().nth(place.column.saturating_sub(1) as usize).map_or(line.len(), |(at, _)| at);
    let length = place.end.saturating_sub(place.start) as usize;
    let end = (start.saturating_add(length)..=line.len()).find(|end| line.is_char_boundary(*end)).unwrap_or(line.len());
    Some(Excerpt {
        place: (file != Some(&place.file)).then(|| place.to_string()),
        line: place.line,
        before: line.get(..start).unwrap_or_default().to_owned(),
        marked: line.get(start..end).unwrap_or_default().to_owned(),
        after: line.get(end..).unwrap_or_default().to_owned(),
        note: note.map(str::to_owned),
    })
}
