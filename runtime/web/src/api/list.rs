//! `GET /api/{entity}` and `POST /api/{entity}/query`: a page of records.

use axum::Json as Reply;
use axum::body::Bytes;
use axum::extract::{Path, Query};
use fichero_engine::Refusal;
use fichero_engine::message::Message;
use fichero_engine::read::Page;
use fichero_engine::read::list::ListRequest;
use serde_json::{Map, Value as Json};

use super::body;
use super::parameters;
use super::problem::Problem;
use super::record::entity;
use super::session::Caller;
use crate::server::{App, Pinned};

/// A page, asked in the address.
pub async fn show(
    Pinned(app): Pinned,
    caller: Caller,
    Path(name): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Reply<Json>, Problem> {
    let request = parameters::list(pairs).map_err(|refusal| caller.refuse(refusal))?;
    answer(&app, &caller, &name, request).await
}

/// The same, asked in a body.
pub async fn query(
    Pinned(app): Pinned,
    caller: Caller,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Result<Reply<Json>, Problem> {
    let request = body::object(&bytes).and_then(read).map_err(|refusal| caller.refuse(refusal))?;
    answer(&app, &caller, &name, request).await
}

async fn answer(app: &App, caller: &Caller, name: &str, request: ListRequest) -> Result<Reply<Json>, Problem> {
    let entity = entity(app, name).map_err(|refusal| caller.refuse(refusal))?;
    let page = app.engine.list(&caller.0, entity, &request).await.map_err(|refusal| caller.refuse(refusal))?;
    Ok(Reply(written(page)))
}

/// A page as JSON.
pub fn written(page: Page) -> Json {
    let mut object = Map::new();
    object.insert("items".to_owned(), Json::Array(page.items));
    object.insert("next".to_owned(), page.next.map_or(Json::Null, Json::String));
    if let Some(count) = page.count {
        object.insert("count".to_owned(), count.into());
    }
    Json::Object(object)
}

/// Reads the parameters of a list from a body; lists may be arrays, or texts with commas.
fn read(members: Map<String, Json>) -> Result<ListRequest, Refusal> {
    let wrong = |name: &str| Refusal::malformed(Message::with("bad_parameter", [name]));
    let text = |name: &str, json: &Json| json.as_str().map(str::to_owned).ok_or_else(|| wrong(name));
    let words = |name: &str, json: &Json| match json {
        Json::String(text) => Ok(parameters::words(text)),
        Json::Array(items) => items.iter().map(|item| text(name, item)).collect(),
        _ => Err(wrong(name)),
    };
    let mut request = ListRequest::default();
    for (name, json) in &members {
        match name.strip_prefix('_').unwrap_or(name) {
            "where" if json.is_null() => {}
            "where" => request.filter = Some(text(name, json)?),
            "sort" => request.sort = words(name, json)?,
            "limit" => {
                request.limit =
                    Some(json.as_u64().and_then(|limit| u32::try_from(limit).ok()).ok_or_else(|| wrong(name))?)
            }
            "cursor" if json.is_null() => {}
            "cursor" => request.cursor = Some(text(name, json)?),
            "fields" => request.shape.fields = words(name, json)?,
            "expand" => request.shape.expand = words(name, json)?,
            "count" => request.count = json.as_bool().ok_or_else(|| wrong(name))?,
            "trash" => request.trash = text(name, json)? == "only",
            _ => request.equals.push((name.clone(), json.clone())),
        }
    }
    Ok(request)
}
