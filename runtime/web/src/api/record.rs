//! One record: make, show, change, move, delete, bring back.

use std::str::FromStr;

use axum::Json as Reply;
use axum::body::Bytes;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fichero_engine::message::Message;
use fichero_engine::read::history;
use fichero_engine::read::list::ShapeRequest;
use fichero_engine::value::json as codec;
use fichero_engine::{Command, Effect, Kind, Mode, Refusal};
use fichero_model::{EntityId, Id, Ref};
use serde_json::Value as Json;

use super::problem::Problem;
use super::session::Caller;
use super::{body, idempotency, list, parameters};
use crate::server::{App, Pinned};

/// The entity of that name.
///
/// # Errors
/// When there is none.
pub fn entity(app: &App, name: &str) -> Result<EntityId, Refusal> {
    let live = app.engine.live();
    live.model
        .entity(name)
        .map(|(id, _)| id)
        .ok_or_else(|| Refusal::new(Kind::NotFound, "unknown_entity", Message::with("unknown_entity", [name])))
}

fn reference(app: &App, name: &str, id: &str) -> Result<Ref, Refusal> {
    let entity = entity(app, name)?;
    // An id that is none names no record.
    let id = Id::from_str(id).map_err(|_| Refusal::not_found())?;
    Ok(Ref { entity, id })
}

/// `POST /api/{entity}`.
pub async fn create(
    Pinned(app): Pinned,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let refuse = |refusal| caller.refuse(refusal);
    let entity = entity(&app, &name).map_err(refuse)?;
    let given = body::json(&bytes).map_err(refuse)?;
    let input = codec::input(&app.engine.live().model, entity, &given).map_err(refuse)?;
    let command = Command::Create { entity, input };
    let once = idempotency::read(&headers, &format!("/api/{name}"), &bytes).map_err(refuse)?;
    let answer = app
        .engine
        .command_once(&caller.0, command, Mode::Live, Some(ShapeRequest::default()), once)
        .await
        .map_err(refuse)?;
    Ok(shown(&name, answer.done.id, answer.done.version, answer.done.effect, answer.body))
}

/// `GET /api/{entity}/{id}`.
pub async fn show(
    Pinned(app): Pinned,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let refuse = |refusal| caller.refuse(refusal);
    let reference = reference(&app, &name, &id).map_err(refuse)?;
    let shape = parameters::shape(pairs).map_err(refuse)?;
    let shown = app.engine.get(&caller.0, reference, &shape).await.map_err(refuse)?;
    let tag = etag(shown.version);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    Ok(([(header::ETAG, tag)], Reply(shown.body)).into_response())
}

/// `PATCH /api/{entity}/{id}`, RFC 7396 on the record.
pub async fn update(
    Pinned(app): Pinned,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let refuse = |refusal| caller.refuse(refusal);
    let Ref { entity, id } = reference(&app, &name, &id).map_err(refuse)?;
    let given = body::json(&bytes).map_err(refuse)?;
    let input = codec::input(&app.engine.live().model, entity, &given).map_err(refuse)?;
    let version = if_match(&headers).map_err(refuse)?;
    let command = Command::Update { entity, id, input, version };
    let answer =
        app.engine.command(&caller.0, command, Mode::Live, Some(ShapeRequest::default())).await.map_err(refuse)?;
    Ok(shown(&name, id, answer.done.version, answer.done.effect, answer.body))
}

/// `PUT /api/{entity}/by/{field}/{value}`: creates or updates by an external key.
pub async fn upsert(
    Pinned(app): Pinned,
    caller: Caller,
    Path((name, field, value)): Path<(String, String, String)>,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let refuse = |refusal| caller.refuse(refusal);
    let entity = entity(&app, &name).map_err(refuse)?;
    let live = app.engine.live();
    let key = match live.model[entity].field(&field) {
        Some((id, definition)) if definition.external || definition.unique => id,
        _ => return Err(refuse(Refusal::malformed(Message::with("not_external", [field.as_str()])))),
    };
    let mut given = body::object(&bytes).map_err(refuse)?;
    given.insert(field, Json::String(value));
    let input = codec::input(&live.model, entity, &Json::Object(given)).map_err(refuse)?;
    let command = Command::Upsert { entity, key, input };
    let answer =
        app.engine.command(&caller.0, command, Mode::Live, Some(ShapeRequest::default())).await.map_err(refuse)?;
    Ok(shown(&name, answer.done.id, answer.done.version, answer.done.effect, answer.body))
}

/// `DELETE /api/{entity}/{id}`: into the trash, or for good with `?purge=true`.
pub async fn delete(
    Pinned(app): Pinned,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let refuse = |refusal| caller.refuse(refusal);
    let Ref { entity, id } = reference(&app, &name, &id).map_err(refuse)?;
    let mut purge = false;
    for (name, value) in pairs {
        match name.as_str() {
            "purge" => purge = parameters::truth("purge", &value).map_err(refuse)?,
            other => return Err(refuse(Refusal::malformed(Message::with("bad_parameter", [other])))),
        }
    }
    let version = if_match(&headers).map_err(refuse)?;
    let command = if purge { Command::Purge { entity, id } } else { Command::Delete { entity, id, version } };
    app.engine.command(&caller.0, command, Mode::Live, None).await.map_err(refuse)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /api/{entity}/{id}/restore`.
pub async fn restore(
    Pinned(app): Pinned,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let refuse = |refusal| caller.refuse(refusal);
    let Ref { entity, id } = reference(&app, &name, &id).map_err(refuse)?;
    let answer = app
        .engine
        .command(&caller.0, Command::Restore { entity, id }, Mode::Live, Some(ShapeRequest::default()))
        .await
        .map_err(refuse)?;
    Ok(shown(&name, id, answer.done.version, answer.done.effect, answer.body))
}

/// `POST /api/{entity}/{id}/transition` with `{to, set?, field?}`.
pub async fn transition(
    Pinned(app): Pinned,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let refuse = |refusal| caller.refuse(refusal);
    let Ref { entity, id } = reference(&app, &name, &id).map_err(refuse)?;
    let given = body::object(&bytes).map_err(refuse)?;
    let live = app.engine.live();
    for name in given.keys() {
        if !matches!(name.as_str(), "to" | "set" | "field") {
            return Err(refuse(Refusal::malformed(Message::with("bad_parameter", [name.as_str()]))));
        }
    }
    let Some(to) = given.get("to").and_then(Json::as_str).map(str::to_owned) else {
        return Err(refuse(Refusal::malformed(Message::with("required", ["to"]))));
    };
    let field = match given.get("field") {
        None => None,
        Some(field) => match field.as_str().and_then(|name| live.model[entity].field(name)) {
            Some((id, _)) => Some(id),
            None => return Err(refuse(Refusal::malformed(Message::with("unknown_field", [field.to_string()])))),
        },
    };
    let input = match given.get("set") {
        Some(set) => codec::input(&live.model, entity, set).map_err(refuse)?,
        None => Default::default(),
    };
    let version = if_match(&headers).map_err(refuse)?;
    let command = Command::Transition { entity, id, field, to, input, version };
    let answer =
        app.engine.command(&caller.0, command, Mode::Live, Some(ShapeRequest::default())).await.map_err(refuse)?;
    Ok(shown(&name, id, answer.done.version, answer.done.effect, answer.body))
}

/// `GET /api/{entity}/{id}/history`.
pub async fn history(
    Pinned(app): Pinned,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Reply<Json>, Problem> {
    let refuse = |refusal| caller.refuse(refusal);
    let reference = reference(&app, &name, &id).map_err(refuse)?;
    let mut request = history::Request::default();
    for (name, value) in pairs {
        match name.as_str() {
            "limit" => {
                request.limit = Some(
                    value.parse().map_err(|_| refuse(Refusal::malformed(Message::with("bad_parameter", ["limit"]))))?,
                )
            }
            "cursor" => request.cursor = Some(value),
            other => return Err(refuse(Refusal::malformed(Message::with("bad_parameter", [other])))),
        }
    }
    let page = app.engine.history(&caller.0, reference, &request).await.map_err(refuse)?;
    Ok(Reply(list::written(page)))
}

fn shown(name: &str, id: Id, version: i64, effect: Effect, body: Option<Json>) -> Response {
    let tag = [(header::ETAG, etag(version))];
    let body = Reply(body.unwrap_or_default());
    match effect {
        Effect::Created => {
            let location = [(header::LOCATION, format!("/api/{name}/{id}"))];
            (StatusCode::CREATED, tag, location, body).into_response()
        }
        _ => (StatusCode::OK, tag, body).into_response(),
    }
}

/// A version as an entity tag.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// The version that `If-Match` asks for; `*` asks for any.
fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Refusal> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text.trim_start_matches("W/").trim_matches('"').parse();
    // A tag that was never given out cannot be the record's.
    Ok(Some(version.unwrap_or(-1)))
}
