//! `GET /api/{entity}/aggregate`: sums and counts over groups.

use axum::Json as Reply;
use axum::extract::Path;
use serde_json::Value as Json;

use super::call::Call;
use super::problem::Problem;
use super::{list, parameters};

/// Sums and counts, asked in the address.
pub async fn show(call: Call, Path(name): Path<String>) -> Result<Reply<Json>, Problem> {
    let work = async {
        let entity = call.entity(&name)?;
        let request = parameters::groups(call.query())?;
        let page = call.app.engine.aggregate(&call.caller.0, entity, &request).await?;
        Ok(Reply(list::written(page)))
    };
    call.answer(work).await
}
