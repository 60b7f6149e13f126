//! `GET /api/{entity}/aggregate`: sums and counts over groups.

use axum::Json as Reply;
use axum::extract::{Path, Query};
use fichero_engine::read::aggregate::Request;
use serde_json::Value as Json;

use super::problem::Problem;
use super::record::entity;
use super::session::Caller;
use super::{list, parameters};
use crate::server::Pinned;

/// Sums and counts, asked in the address.
pub async fn show(
    Pinned(app): Pinned,
    caller: Caller,
    Path(name): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Reply<Json>, Problem> {
    let mut request = Request::default();
    for (name, value) in pairs {
        match name.strip_prefix('_').unwrap_or(&name) {
            "where" => request.filter = Some(value),
            "group" => request.group = parameters::split(&value),
            "cursor" => request.cursor = Some(value),
            "measures" => request.measures = parameters::split(&value),
            _ => request.equals.push((name, Json::String(value))),
        }
    }
    let entity = entity(&app, &name).map_err(|refusal| caller.refuse(refusal))?;
    let page = app.engine.aggregate(&caller.0, entity, &request).await.map_err(|refusal| caller.refuse(refusal))?;
    Ok(Reply(list::written(page)))
}
