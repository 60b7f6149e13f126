//! `POST /api/{entity}/import` and `/api/imports`: files brought in by the background, looked after and taken back.

use axum::Json as Reply;
use axum::body::Bytes;
use axum::extract::{FromRequest as _, FromRequestParts as _, Path, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use fichero_engine::import::Asked;
use fichero_engine::import::order::{MOST_LISTED, Told, Undone};
use fichero_engine::message::Message;
use fichero_engine::policy::{self, Action};
use fichero_engine::refusal::FieldError;
use fichero_engine::{Kind, Refusal};
use fichero_model::{EntityId, Id, Model};
use serde_json::{Map, Value as Json, json};

use super::call::Call;
use super::problem::Problem;
use super::{body, files, parameters};
use crate::server::{App, Pinned};

/// Whether a request brings its file along.
pub fn brings_file(request: &Request) -> bool {
    let path = request.uri().path();
    path.starts_with("/api/") && path.ends_with("/import") && !is_json(request.headers())
}

/// Whether a body says what is to be done; one that does not say what it is, is taken for JSON as everywhere.
fn is_json(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    media.is_empty() || media.eq_ignore_ascii_case("application/json")
}

/// Queues an import: a JSON body names the file and says how it is read; any other body is the file, and the address says it.
pub async fn order(Pinned(app): Pinned, Path(name): Path<String>, request: Request) -> Result<Response, Problem> {
    let (mut parts, bytes) = request.into_parts();
    let call = Call::from_request_parts(&mut parts, &app).await?;
    let work = async {
        let entity = call.entity(&name)?;
        // Nobody sends a large file in vain.
        policy::may(&call.caller.0, &call.app.engine.live().model, entity, Action::Import)?;
        let (file, asked) = taken(&call, &app, Request::from_parts(parts, bytes)).await?;
        let batch = call.app.engine.order_import(&call.caller.0, entity, file, asked).await?;
        accepted(&call, batch).await
    };
    call.answer(work).await
}

async fn taken(call: &Call, app: &App, request: Request) -> Result<(Id, Asked), Refusal> {
    if !is_json(request.headers()) {
        let (name, asked) = asked_in(call.query())?;
        let asked = Asked::read(&asked)?;
        let file = files::receive(app, &call.caller.0, request, (&name, None)).await?;
        return Ok((file.file.id, asked));
    }
    parameters::none(call.query())?;
    let bytes = Bytes::from_request(request, app).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(Kind::TooLarge, "too_large", Message::key("too_large")),
        _ => Refusal::malformed(Message::key("bad_request")),
    })?;
    let mut body = body::object(&bytes)?;
    let file = body.shift_remove("file");
    let file = file.as_ref().and_then(Json::as_str).and_then(|id| id.parse().ok());
    let file = file.ok_or_else(|| {
        let message = Message::key("import_file_unknown");
        Refusal::invalid(vec![FieldError::new("file", "import_file_unknown", message)])
    })?;
    Ok((file, Asked::read(&body)?))
}

/// What is asked in the address, and what the file is called.
fn asked_in(query: Option<&str>) -> Result<(String, Map<String, Json>), Refusal> {
    let (mut called, mut asked) = (String::new(), Map::new());
    for (name, value) in parameters::pairs(query)? {
        let value = match name.as_str() {
            "name" => {
                called = value;
                continue;
            }
            "guess" | "dry_run" | "live" | "anew" => parameters::truth(&name, &value)?.into(),
            "match" => parameters::words(&value).into(),
            _ => value.into(),
        };
        asked.insert(name, value);
    }
    Ok((called, asked))
}

async fn accepted(call: &Call, batch: Id) -> Result<Response, Refusal> {
    let told = call.app.engine.told_import(&call.caller.0, batch).await?;
    let mut response = (StatusCode::ACCEPTED, Reply(written(&call.app.engine.live().model, &told))).into_response();
    if let Ok(location) = HeaderValue::from_str(&format!("/api/imports/{batch}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// The imports that are no dry runs, the newest first.
pub async fn list(call: Call) -> Result<Reply<Json>, Problem> {
    let work = async {
        let (mut entity, mut limit, mut before): (Option<EntityId>, u32, Option<Id>) = (None, 50, None);
        for (name, value) in parameters::pairs(call.query())? {
            match name.as_str() {
                "entity" => entity = Some(call.entity(&value)?),
                "limit" => limit = parameters::number(&value, MOST_LISTED)?,
                "cursor" => {
                    let wrong = || Refusal { code: "bad_cursor", ..Refusal::malformed(Message::key("bad_cursor")) };
                    before = Some(value.parse().map_err(|_| wrong())?);
                }
                other => return Err(parameters::unknown(other)),
            }
        }
        let engine = &call.app.engine;
        let found = engine.told_imports(&call.caller.0, entity, before, limit).await?;
        let next = found.last().filter(|_| found.len() >= limit as usize).map(|last| last.batch.to_string());
        let model = &engine.live().model;
        Ok(Reply(json!({"items": found.iter().map(|told| written(model, told)).collect::<Vec<_>>(), "next": next})))
    };
    call.answer(work).await
}

/// How far an import is, or what came of it.
pub async fn show(call: Call, Path(id): Path<String>) -> Result<Reply<Json>, Problem> {
    let work = async {
        parameters::none(call.query())?;
        let told = call.app.engine.told_import(&call.caller.0, batch(&id)?).await?;
        Ok(Reply(written(&call.app.engine.live().model, &told)))
    };
    call.answer(work).await
}

/// The rows that were rejected, each with the reason.
pub async fn rejects(call: Call, Path(id): Path<String>) -> Result<Response, Problem> {
    let work = async {
        parameters::none(call.query())?;
        let engine = &call.app.engine;
        files::whole(engine, &engine.import_rejects(&call.caller.0, batch(&id)?).await?)
    };
    call.answer(work).await
}

/// Stops an import.
pub async fn cancel(call: Call, Path(id): Path<String>) -> Result<Reply<Json>, Problem> {
    let work = async {
        parameters::none(call.query())?;
        let (engine, batch) = (&call.app.engine, batch(&id)?);
        engine.cancel_import(&call.caller.0, batch).await?;
        let told = engine.told_import(&call.caller.0, batch).await?;
        Ok(Reply(written(&engine.live().model, &told)))
    };
    call.answer(work).await
}

/// Queues taking an import back.
pub async fn undo(call: Call, Path(id): Path<String>) -> Result<Response, Problem> {
    let work = async {
        parameters::none(call.query())?;
        let batch = batch(&id)?;
        call.app.engine.order_undo(&call.caller.0, batch).await?;
        accepted(&call, batch).await
    };
    call.answer(work).await
}

fn batch(id: &str) -> Result<Id, Refusal> {
    id.parse().map_err(|_| Refusal::not_found())
}

fn written(model: &Model, told: &Told) -> Json {
    let mapping = told.request.as_ref().and_then(|request| request.get("mapping").cloned());
    let mapping = mapping.or_else(|| told.mapping.as_deref().map(Into::into));
    let live = told.request.as_ref().is_some_and(|request| request.get("live").is_some());
    let rejects = told.rejects.map(|_| format!("/api/imports/{}/rejects", told.batch));
    json!({
        "batch": told.batch.to_string(),
        "entity": &*model[told.entity].name,
        "file": &*told.file,
        "state": told.state,
        "dry_run": told.dry,
        "live": live,
        "mapping": mapping,
        "match": told.matching.as_deref(),
        "by": told.actor.map(|user| user.to_string()),
        "started_at": told.started_at.to_string(),
        "ended_at": told.ended_at.map(|at| at.to_string()),
        "rows": told.progress.reached,
        "created": told.progress.created,
        "updated": told.progress.updated,
        "unchanged": told.progress.unchanged,
        "rejected": told.progress.rejected,
        "made": told.progress.made,
        "size": told.size,
        "bytes": told.bytes,
        "rate": told.rate,
        "seconds_left": told.seconds_left,
        "report": told.report.as_deref(),
        "error": told.error.as_deref(),
        "rejects": rejects,
        "undo": told.undo.as_ref().map(undone),
    })
}

fn undone(undo: &Undone) -> Json {
    json!({
        "state": undo.state,
        "ended_at": undo.at.map(|at| at.to_string()),
        "reversed": undo.reversed,
        "kept": undo.kept,
        "blocked": undo.blocked,
        "stayed": undo.stayed.as_deref(),
        "error": undo.error.as_deref(),
    })
}
