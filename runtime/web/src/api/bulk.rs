//! `POST /api/{entity}/bulk`: many commands in one request.

use axum::Json as Reply;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use fichero_engine::idempotency::Once;
use fichero_engine::message::{Argument, Message};
use fichero_engine::value::json as codec;
use fichero_engine::{Command, Effect, Kind, Mode, Refusal};
use fichero_model::label::Locale;
use fichero_model::{EntityId, Id, Model};
use serde_json::{Value as Json, json};

use super::call::Call;
use super::problem::{self, Problem};
use super::{body, idempotency, parameters};

/// The most commands of one request.
pub const MOST: usize = 1_000;

/// Runs them: all or none when `atomic`, else each by itself.
pub async fn run(call: Call, Path(name): Path<String>, bytes: Bytes) -> Result<Response, Problem> {
    let prepared = async {
        let entity = call.entity(&name)?;
        parameters::none(call.query())?;
        let once = idempotency::read(&call.headers, &format!("/api/{name}/bulk"), &bytes)?;
        let (commands, atomic) = read(&call.app.engine.live().model, entity, &bytes)?;
        Ok((commands, atomic, once))
    };
    let (commands, atomic, once) = call.answer(prepared).await?;
    match atomic {
        true => together(&call, commands, once).await,
        false => call.answer(apart(&call, commands, once)).await,
    }
}

async fn together(call: &Call, commands: Vec<Command>, once: Option<Once>) -> Result<Response, Problem> {
    match call.app.engine.commands(&call.caller.0, commands, Mode::Live, once).await {
        Ok(all) => {
            let results: Vec<Json> =
                all.iter().enumerate().map(|(index, done)| success(index, done.id, done.effect)).collect();
            Ok((StatusCode::OK, Reply(json!({"results": results}))).into_response())
        }
        Err(failed) => {
            let mut refusal = failed.refusal;
            if let Some(index) = failed.index {
                for error in &mut refusal.errors {
                    error.field = format!("[{index}].{}", error.field);
                }
            }
            Err(call.caller.refuse(refusal).of(failed.index))
        }
    }
}

async fn apart(call: &Call, commands: Vec<Command>, once: Option<Once>) -> Result<Response, Refusal> {
    let engine = &call.app.engine;
    if let Some(once) = &once {
        engine.claim(&call.caller.0, once).await?;
    }
    let mut results = Vec::with_capacity(commands.len());
    for (index, command) in commands.into_iter().enumerate() {
        // Each is kept in its own transaction: a repetition does what was refused, and nothing twice.
        let once = once.as_ref().map(|once| once.part(index));
        let result = engine.command_once(&call.caller.0, command, Mode::Live, None, once).await;
        results.push(match result {
            Ok(answer) => success(index, answer.done.id, answer.done.effect),
            Err(refusal) => failure(index, &refusal, call.caller.0.locale),
        });
    }
    Ok((StatusCode::MULTI_STATUS, Reply(json!({"results": results}))).into_response())
}

fn success(index: usize, id: Id, effect: Effect) -> Json {
    let status = if effect == Effect::Created { 201 } else { 200 };
    json!({"index": index, "status": status, "id": id.to_string()})
}

fn failure(index: usize, refusal: &Refusal, locale: Locale) -> Json {
    let mut result = problem::body(refusal, locale);
    result["index"] = index.into();
    result
}

fn read(model: &Model, entity: EntityId, bytes: &Bytes) -> Result<(Vec<Command>, bool), Refusal> {
    let mut commands = Vec::new();
    let mut atomic = false;
    for (name, json) in &body::object(bytes)? {
        let one: fn(&Model, EntityId, &Json) -> Result<Command, Refusal> = match (name.as_str(), json) {
            ("atomic", Json::Bool(truth)) => {
                atomic = *truth;
                continue;
            }
            ("create", Json::Array(_)) => create,
            ("update", Json::Array(_)) => update,
            ("delete", Json::Array(_)) => delete,
            ("create" | "update" | "delete", _) => {
                return Err(Refusal::malformed(Message::with("not_list", [name.as_str()])));
            }
            ("atomic", other) => return Err(parameters::not_one_of("atomic", "true, false", &other.to_string())),
            (other, _) => return Err(parameters::unknown(other)),
        };
        for (at, item) in json.as_array().into_iter().flatten().enumerate() {
            commands.push(one(model, entity, item).map_err(|refusal| inside(&format!("{name}[{at}]"), refusal))?);
        }
    }
    if commands.len() > MOST {
        let message = Message::with("too_many_commands", [MOST, commands.len()].map(|number| number.to_string()));
        return Err(Refusal::new(Kind::TooLarge, "too_large", message));
    }
    Ok((commands, atomic))
}

fn create(model: &Model, entity: EntityId, item: &Json) -> Result<Command, Refusal> {
    Ok(Command::Create { entity, input: codec::input(model, entity, item)? })
}

fn update(model: &Model, entity: EntityId, item: &Json) -> Result<Command, Refusal> {
    let Json::Object(members) = item else { return Err(Refusal::malformed(Message::with("not_object", ["update"]))) };
    let mut members = members.clone();
    let id = members.remove("id").as_ref().and_then(id).ok_or_else(no_id)?;
    let input = codec::input(model, entity, &Json::Object(members))?.merging();
    Ok(Command::Update { entity, id, input, version: None })
}

fn delete(_: &Model, entity: EntityId, item: &Json) -> Result<Command, Refusal> {
    Ok(Command::Delete { entity, id: id(item).ok_or_else(no_id)?, version: None })
}

fn id(json: &Json) -> Option<Id> {
    json.as_str()?.parse().ok()
}

fn no_id() -> Refusal {
    Refusal::malformed(Message::with("not_reference", ["id"]))
}

/// A refusal that says of which item it is.
fn inside(place: &str, refusal: Refusal) -> Refusal {
    let detail = Message::with("bulk_item", [Argument::from(place), Argument::Told(Box::new(refusal.detail))]);
    Refusal { detail, ..refusal }
}
