//! The jobs that failed for the last time, and the button that has one tried again.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::Refusal;
use fichero_engine::jobs::{About, Dead};
use fichero_engine::read::page::{Seen, Titles};
use fichero_model::Ref;

use super::notice::Notice;
use super::post::VisitorPost;
use super::visitor::Visitor;
use super::words::Words;
use crate::ui::context::{DeadJob, JobsPage, Link};

/// Where this page is.
pub const HERE: &str = "/admin/jobs";

/// `GET /admin/jobs`.
pub async fn show(visitor: Visitor) -> Response {
    let page = page(&visitor).await;
    visitor.reply(page).await
}

/// `POST /admin/jobs/{id}/retry`.
pub async fn retry(Path(id): Path<String>, VisitorPost(visitor, _): VisitorPost) -> Response {
    let retried = run_retry(&visitor, &id).await;
    visitor.reply(retried).await
}

async fn page(visitor: &Visitor) -> Result<Response, Refusal> {
    visitor.administrator()?;
    let jobs = visitor.app.engine.dead_jobs(&visitor.actor).await?;
    let counts = visitor.app.engine.job_counts().await?;
    let Seen { reader, now, .. } = visitor.app.engine.reader(&visitor.live, &visitor.actor).await?;
    let titles = Titles::default();
    let words = visitor.words(&reader, now, &titles);
    let page = JobsPage {
        page: visitor.page(&reader, None),
        dead: counts.dead,
        waiting: counts.waiting + counts.ready + counts.claimed,
        jobs: jobs.iter().map(|job| shown(&words, job)).collect(),
    };
    Ok(visitor.html(StatusCode::OK, &page))
}

async fn run_retry(visitor: &Visitor, id: &str) -> Result<Response, Refusal> {
    visitor.administrator()?;
    let id = id.parse().map_err(|_| Refusal::not_found())?;
    visitor.app.engine.retry_job(&visitor.actor, id).await?;
    Ok(visitor.go(HERE, Some(Notice::Retried)))
}

fn shown(words: &Words<'_>, job: &Dead) -> DeadJob {
    let about = |About { entity, record }: About| {
        let head = words.head(entity);
        match record {
            Some(id) => Link { label: head.label, href: words.href(Ref { entity, id }) },
            None => Link { label: head.plural, href: head.href },
        }
    };
    DeadJob {
        kind: job.kind.to_string(),
        about: job.about.map(about),
        attempts: u64::try_from(job.attempts).unwrap_or(0),
        at: words.when(job.dead_at),
        error: job.error.as_deref().map(str::to_owned),
        retry: format!("{HERE}/{}/retry", job.id),
    }
}
