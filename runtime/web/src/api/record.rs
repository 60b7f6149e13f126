//! One record: make, show, change, move, delete, bring back.

use axum::Json as Reply;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fichero_engine::command::Expected as Wanted;
use fichero_engine::engine::Answer;
use fichero_engine::idempotency::Once;
use fichero_engine::message::Message;
use fichero_engine::read::list::{self as engine, ShapeRequest};
use fichero_engine::record::merge;
use fichero_engine::value::{check, json as codec};
use fichero_engine::{Command, Effect, FieldError, Kind, Mode, Named, Refusal};
use fichero_model::{Id, Ref};
use serde_json::Value as Json;

use super::call::Call;
use super::precondition::{self, Expected};
use super::problem::Problem;
use super::{body, idempotency, list, parameters};

/// `POST /api/{entity}`.
pub async fn create(call: Call, Path(name): Path<String>, bytes: Bytes) -> Result<Response, Problem> {
    let work = async {
        let entity = call.entity(&name)?;
        parameters::none(call.query())?;
        let given = body::json(&bytes)?;
        let input = codec::input(&call.app.engine.live().model, entity, &given)?;
        let once = idempotency::read(&call.headers, &format!("/api/{name}"), &bytes)?;
        let answer = run(&call, Command::Create { entity, input }, once).await?;
        Ok(shown(&name, answer))
    };
    call.answer(work).await
}

/// `POST /api/{entity}/{id}/clone`: a record like another; a body gives what is to differ.
pub async fn clone(call: Call, Path((name, id)): Path<(String, String)>, bytes: Bytes) -> Result<Response, Problem> {
    let work = async {
        let Ref { entity, id } = call.record(&name, &id)?;
        parameters::none(call.query())?;
        let given = if bytes.is_empty() { Json::Object(Default::default()) } else { body::json(&bytes)? };
        let input = codec::input(&call.app.engine.live().model, entity, &given)?;
        let once = idempotency::read(&call.headers, &format!("/api/{name}/{id}/clone"), &bytes)?;
        Ok(shown(&name, run(&call, Command::Clone { entity, id, input }, once).await?))
    };
    call.answer(work).await
}

/// `GET /api/{entity}/{id}`.
pub async fn show(call: Call, Path((name, id)): Path<(String, String)>) -> Result<Response, Problem> {
    let work = async {
        let reference = call.record(&name, &id)?;
        let (shape, trash) = parameters::shape(call.query())?;
        let shown = call.app.engine.get_from(&call.caller.0, reference, &shape, trash).await?;
        precondition::unless_known(&call.headers, shown.version, shown.body)
    };
    call.answer(work).await
}

/// `PATCH /api/{entity}/{id}`, RFC 7396 on the record.
pub async fn update(call: Call, Path((name, id)): Path<(String, String)>, bytes: Bytes) -> Result<Response, Problem> {
    let work = async {
        let Ref { entity, id } = call.record(&name, &id)?;
        parameters::none(call.query())?;
        let given = body::json(&bytes)?;
        let input = codec::input(&call.app.engine.live().model, entity, &given)?.merging();
        let command = |version| Command::Update { entity, id, input: input.clone(), version };
        Ok(shown(&name, run_expected(&call, command, None).await?))
    };
    call.answer(work).await
}

/// `PUT /api/{entity}/by/{field}/{value}`: creates or updates by an external key.
pub async fn upsert(
    call: Call,
    Path((name, field, value)): Path<(String, String, String)>,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let work = async {
        let entity = call.entity(&name)?;
        parameters::none(call.query())?;
        let live = call.app.engine.live();
        let Some((key, definition)) = live.model[entity].field(&field).filter(|(_, field)| engine::is_key(field))
        else {
            return Err(Refusal::malformed(Message::with("not_external", [field.as_str()])));
        };
        let (_, value) = engine::equality(&live.model, entity, &field, &Json::String(value))?;
        check::fits(definition, &value)
            .map_err(|(code, message)| Refusal::invalid(vec![FieldError::new(field.as_str(), code, message)]))?;
        let given = Json::Object(body::object(&bytes)?);
        let mut input = codec::input(&live.model, entity, &given)?;
        let value = fichero_engine::input::Given::Value(value);
        if input.get(key).is_some_and(|given| *given != value) {
            let message = Message::with("other_key", [&definition.label]);
            return Err(Refusal::invalid(vec![FieldError::new(field.as_str(), "other_key", message)]));
        }
        input.put(key, value);
        let command = |expected| Command::Upsert { entity, key, input: input.clone(), expected };
        let absent = precondition::if_absent(&call.headers)?;
        let wanted = match precondition::if_match(&call.headers)? {
            Expected::Anything if absent => return Ok(shown(&name, run(&call, command(Wanted::Absent), None).await?)),
            // That there is one and that there is none never hold together.
            _ if absent => return Err(Refusal::new(Kind::Stale, "stale", Message::key("stale"))),
            Expected::Anything => vec![Wanted::Anything],
            Expected::Existing => vec![Wanted::Existing],
            Expected::Versions(versions) => versions.into_iter().map(Wanted::Version).collect(),
        };
        Ok(shown(&name, first_that_fits(&call, wanted, Wanted::Version(NEVER), command, None).await?))
    };
    call.answer(work).await
}

/// `DELETE /api/{entity}/{id}`: into the trash, or for good with `?purge=true`.
pub async fn delete(call: Call, Path((name, id)): Path<(String, String)>) -> Result<Response, Problem> {
    let work = async {
        let Ref { entity, id } = call.record(&name, &id)?;
        let purge = parameters::purge(call.query())?;
        let command = |version| match purge {
            true => Command::Purge { entity, id, version },
            false => Command::Delete { entity, id, version },
        };
        run_expected(&call, command, None).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    call.answer(work).await
}

/// `POST /api/{entity}/{id}/restore`.
pub async fn restore(call: Call, Path((name, id)): Path<(String, String)>, bytes: Bytes) -> Result<Response, Problem> {
    let work = async {
        let Ref { entity, id } = call.record(&name, &id)?;
        parameters::none(call.query())?;
        let once = idempotency::read(&call.headers, &format!("/api/{name}/{id}/restore"), &bytes)?;
        let command = |version| Command::Restore { entity, id, version };
        Ok(shown(&name, run_expected(&call, command, once).await?))
    };
    call.answer(work).await
}

/// `POST /api/{entity}/{id}/merge` with `{into, take?}`: the record goes into the trash, and the other one is answered.
pub async fn merge(call: Call, Path((name, id)): Path<(String, String)>, bytes: Bytes) -> Result<Response, Problem> {
    let work = async {
        let Ref { entity, id } = call.record(&name, &id)?;
        parameters::none(call.query())?;
        let given = body::object(&bytes)?;
        if let Some(name) = given.keys().find(|name| !matches!(name.as_str(), "into" | "take")) {
            return Err(parameters::unknown(name));
        }
        let into = match given.get("into") {
            None => return Err(Refusal::malformed(Message::with("required", ["into"]))),
            Some(into) => into.as_str().and_then(|into| into.parse::<Id>().ok()).ok_or_else(Refusal::not_found)?,
        };
        let take = match given.get("take") {
            None | Some(Json::Null) => None,
            Some(names) => {
                let names =
                    names.as_array().map(|names| names.iter().filter_map(|name| name.as_str().map(str::to_owned)));
                let names: Vec<String> = names.map(Iterator::collect).unwrap_or_default();
                if given.get("take").and_then(Json::as_array).is_none_or(|all| all.len() != names.len()) {
                    return Err(Refusal::malformed(Message::with("merge_take", ["take"])));
                }
                Some(merge::chosen(&call.app.engine.live().model, entity, &names)?)
            }
        };
        let once = idempotency::read(&call.headers, &format!("/api/{name}/{id}/merge"), &bytes)?;
        let command = |version| Command::Merge { entity, id, into, take: take.clone(), versions: [version, None] };
        Ok(shown(&name, run_expected(&call, command, once).await?))
    };
    call.answer(work).await
}

/// `POST /api/{entity}/{id}/transition` with `{to, set?, field?}`.
pub async fn transition(
    call: Call,
    Path((name, id)): Path<(String, String)>,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let work = async {
        let Ref { entity, id } = call.record(&name, &id)?;
        parameters::none(call.query())?;
        let given = body::object(&bytes)?;
        let live = call.app.engine.live();
        if let Some(name) = given.keys().find(|name| !matches!(name.as_str(), "to" | "set" | "field")) {
            return Err(parameters::unknown(name));
        }
        let Some(to) = given.get("to").and_then(Json::as_str) else {
            return Err(Refusal::malformed(Message::with("required", ["to"])));
        };
        let field = match given.get("field") {
            None => None,
            Some(field) => match field.as_str().and_then(|name| live.model[entity].field(name)) {
                Some((id, _)) => Some(id),
                None => return Err(Refusal::malformed(Message::with("unknown_field", [field.to_string()]))),
            },
        };
        let input = match given.get("set") {
            Some(set) => codec::input(&live.model, entity, set)?,
            None => Default::default(),
        };
        let once = idempotency::read(&call.headers, &format!("/api/{name}/{id}/transition"), &bytes)?;
        let command =
            |version| Command::Transition { entity, id, field, to: to.to_owned(), input: input.clone(), version };
        Ok(shown(&name, run_expected(&call, command, once).await?))
    };
    call.answer(work).await
}

/// `GET /api/{entity}/{id}/history`.
pub async fn history(call: Call, Path((name, id)): Path<(String, String)>) -> Result<Reply<Json>, Problem> {
    let work = async {
        let reference = call.record(&name, &id)?;
        let request = parameters::past(call.query())?;
        let page = call.app.engine.history(&call.caller.0, reference, &request).await?;
        Ok(Reply(list::written(page)))
    };
    call.answer(work).await
}

/// A version that no record has.
const NEVER: i64 = -1;

/// Runs a command at the version that `If-Match` names.
async fn run_expected(
    call: &Call,
    command: impl Fn(Option<i64>) -> Command,
    once: Option<Once>,
) -> Result<Answer, Refusal> {
    let versions = match precondition::if_match(&call.headers)? {
        // What is not there is not found, so that nothing more is asked by `*`.
        Expected::Anything | Expected::Existing => vec![None],
        Expected::Versions(versions) => versions.into_iter().map(Some).collect(),
    };
    first_that_fits(call, versions, Some(NEVER), command, once).await
}

/// Runs a command at the first of these versions that the record is at.
async fn first_that_fits<V>(
    call: &Call,
    versions: Vec<V>,
    never: V,
    command: impl Fn(V) -> Command,
    once: Option<Once>,
) -> Result<Answer, Refusal> {
    let mut unfit = None;
    for version in versions {
        match run(call, command(version), once.clone()).await {
            Err(refusal) if refusal.kind == Kind::Stale => unfit = Some(refusal),
            result => return result,
        }
    }
    match unfit {
        Some(refusal) => Err(refusal),
        // Whether there is such a record at all is still to be told.
        None => run(call, command(never), once).await,
    }
}

async fn run(call: &Call, command: Command, once: Option<Once>) -> Result<Answer, Refusal> {
    let engine = &call.app.engine;
    engine.command_once(&call.caller.0, command, Mode::Live, Some(ShapeRequest::default()), once).await
}

fn shown(name: &str, answer: Answer) -> Response {
    let Answer { done, body, duplicates } = answer;
    let status = if done.effect == Effect::Created { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = match body {
        Some(body) => precondition::tagged(status, done.version, body),
        // It was purged since it was done.
        None => (status, Reply(Json::Null)).into_response(),
    };
    if done.effect == Effect::Created
        && let Ok(location) = location(name, done.id)
    {
        response.headers_mut().insert(header::LOCATION, location);
    }
    for Named { entity, id, .. } in duplicates {
        if let Ok(link) = HeaderValue::from_str(&format!("</api/{entity}/{id}>; rel=\"duplicate\"")) {
            response.headers_mut().append(header::LINK, link);
        }
    }
    response
}

fn location(name: &str, id: Id) -> Result<HeaderValue, axum::http::header::InvalidHeaderValue> {
    HeaderValue::from_str(&format!("/api/{name}/{id}"))
}
