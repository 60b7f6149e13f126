//! For machines that watch: alive, ready, and figures.

use std::fmt::Write as _;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use fichero_engine::deploy::fill;

use crate::server::Pinned;

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok"
}

/// `GET /readyz`: the database answers, and the definitions are those that are deployed. Old records that could not be
/// filled keep nobody from being served; they are mentioned.
pub async fn ready(Pinned(app): Pinned) -> Response {
    match app.engine.is_ready().await {
        Ok(true) => match fill::findings(&app.engine).await {
            Ok(unfilled) if unfilled.is_empty() => "ready".into_response(),
            Ok(_) => "ready; some old records could not be filled: see /admin/problems".into_response(),
            Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer").into_response(),
        },
        Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "the newest deployment is not in force here").into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer").into_response(),
    }
}

/// `GET /metrics`: figures in the Prometheus text format.
pub async fn metrics(Pinned(app): Pinned) -> Response {
    let live = app.engine.live();
    let figures = app.engine.figures();
    let mut text = String::new();
    let mut put = |name: &str, kind: &str, help: &str, value: u64| {
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
    };
    put("fichero_commands_total", "counter", "Commands done.", figures.commands);
    put("fichero_refusals_total", "counter", "Commands and queries refused.", figures.refusals);
    put("fichero_queries_total", "counter", "Queries answered.", figures.queries);
    put("fichero_deployment", "gauge", "The deployment in force.", u64::try_from(live.seq).unwrap_or(0));
    // Without the database there are still the figures of the process itself.
    if let Ok(jobs) = app.engine.job_counts().await {
        put("fichero_jobs_waiting", "gauge", "Jobs whose time has not come.", jobs.waiting);
        put("fichero_jobs_ready", "gauge", "Jobs that may be tried now.", jobs.ready);
        put("fichero_jobs_claimed", "gauge", "Jobs that a worker has claimed.", jobs.claimed);
        put("fichero_jobs_dead", "gauge", "Jobs that failed for the last time: see /admin/jobs.", jobs.dead);
        put("fichero_jobs_late_seconds", "gauge", "How long the longest ready job has waited.", jobs.late);
    }
    put("fichero_entities", "gauge", "Entities of the model in force.", live.model.entities.len() as u64);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
