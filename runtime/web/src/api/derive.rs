//! `POST /api/{entity}/derive`: what follows from a draft, without saving it.

use axum::Json as Reply;
use axum::body::Bytes;
use axum::extract::Path;
use fichero_engine::Refusal;
use fichero_engine::message::Message;
use fichero_engine::value::json as codec;
use fichero_model::Id;
use serde_json::Value as Json;

use super::call::Call;
use super::problem::Problem;
use super::{body, parameters};

/// Computed values, visibility, options and messages for a draft; `id` says which record it changes.
pub async fn run(call: Call, Path(name): Path<String>, bytes: Bytes) -> Result<Reply<Json>, Problem> {
    let work = async {
        let entity = call.entity(&name)?;
        parameters::none(call.query())?;
        let mut given = body::object(&bytes)?;
        let id = match given.remove("id") {
            None | Some(Json::Null) => None,
            Some(id) => match id.as_str().and_then(|id| id.parse::<Id>().ok()) {
                Some(id) => Some(id),
                None => return Err(Refusal::malformed(Message::with("not_reference", ["id"]))),
            },
        };
        let input = codec::input(&call.app.engine.live().model, entity, &Json::Object(given))?;
        let input = if id.is_some() { input.merging() } else { input };
        call.app.engine.derive(&call.caller.0, entity, id, input).await.map(Reply)
    };
    call.answer(work).await
}
