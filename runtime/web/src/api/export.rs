//! `GET /api/{entity}/export`: a list as a file.

use axum::extract::Path;
use axum::response::Response;
use fichero_engine::export::Question;

use super::call::Call;
use super::parameters;
use super::problem::Problem;
use crate::download;

/// A list as a file, asked in the address.
pub async fn show(call: Call, Path(name): Path<String>) -> Result<Response, Problem> {
    let work = async {
        let (request, format, fields) = parameters::export(call.query())?;
        let entity = call.entity(&name)?;
        let engine = &call.app.engine;
        let question = Question::read(&engine.live().model, entity, &request, fields)?;
        download::of(engine.export(&call.caller.0, entity, question, format)?, &name, format).await
    };
    call.answer(work).await
}
