//! `POST /api/{entity}/derive`: what follows from a draft, without saving it.

use axum::Json as Reply;
use axum::body::Bytes;
use axum::extract::Path;
use fichero_engine::Refusal;
use fichero_engine::message::Message;
use fichero_engine::value::json as codec;
use fichero_model::Id;
use serde_json::Value as Json;

use super::body;
use super::problem::Problem;
use super::record::entity;
use super::session::Caller;
use crate::server::Pinned;

/// Computed values, visibility, options and messages for a draft; `id` says which record it changes.
pub async fn run(
    Pinned(app): Pinned,
    caller: Caller,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Result<Reply<Json>, Problem> {
    let refuse = |refusal| caller.refuse(refusal);
    let entity = entity(&app, &name).map_err(refuse)?;
    let mut given = body::object(&bytes).map_err(refuse)?;
    let id = match given.remove("id") {
        None | Some(Json::Null) => None,
        Some(id) => match id.as_str().and_then(|id| id.parse::<Id>().ok()) {
            Some(id) => Some(id),
            None => return Err(refuse(Refusal::malformed(Message::with("bad_parameter", ["id"])))),
        },
    };
    let input = codec::input(&app.engine.live().model, entity, &Json::Object(given)).map_err(refuse)?;
    app.engine.derive(&caller.0, entity, id, input).await.map(Reply).map_err(refuse)
}
