//! `GET /api/jobs` and `POST /api/jobs/{id}/retry`: the jobs that failed for the last time, for administrators.

use axum::Json as Reply;
use axum::extract::Path;
use axum::http::StatusCode;
use fichero_engine::Refusal;
use fichero_engine::jobs::{About, Dead};
use fichero_model::Model;
use serde_json::{Value as Json, json};

use super::call::Call;
use super::parameters;
use super::problem::Problem;

/// How many jobs there are, and those that are dead.
pub async fn show(call: Call) -> Result<Reply<Json>, Problem> {
    let work = async {
        parameters::none(call.query())?;
        let engine = &call.app.engine;
        let dead = engine.dead_jobs(&call.caller.0).await?;
        let counts = engine.job_counts().await?;
        let live = engine.live();
        Ok(Reply(json!({
            "items": dead.iter().map(|job| written(&live.model, job)).collect::<Vec<_>>(),
            "waiting": counts.waiting,
            "ready": counts.ready,
            "claimed": counts.claimed,
            "dead": counts.dead,
        })))
    };
    call.answer(work).await
}

/// Has a dead job tried again.
pub async fn retry(call: Call, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let work = async {
        parameters::none(call.query())?;
        let id = id.parse().map_err(|_| Refusal::not_found())?;
        call.app.engine.retry_job(&call.caller.0, id).await?;
        Ok(StatusCode::NO_CONTENT)
    };
    call.answer(work).await
}

fn written(model: &Model, job: &Dead) -> Json {
    let about = job.about.map(|About { entity, record }| {
        json!({"entity": &*model[entity].name, "id": record.map(|record| record.to_string())})
    });
    json!({
        "id": job.id.to_string(),
        "kind": &*job.kind,
        "about": about,
        "due_at": job.due_at.to_string(),
        "attempts": job.attempts,
        "dead_at": job.dead_at.to_string(),
        "error": job.error.as_deref(),
    })
}
