//! `POST /api/{entity}/bulk`: many commands in one request.

use axum::Json as Reply;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use fichero_engine::message::Message;
use fichero_engine::value::json as codec;
use fichero_engine::{Command, Done, Effect, Kind, Mode, Refusal};
use fichero_model::label::Locale;
use fichero_model::{EntityId, Id, Model};
use serde_json::{Value as Json, json};

use super::body;
use super::problem::{self, Problem};
use super::record::entity;
use super::session::Caller;
use crate::server::Pinned;

/// The most commands of one request.
const MOST: usize = 1_000;

/// Runs them: all or none when `atomic`, else each by itself.
pub async fn run(
    Pinned(app): Pinned,
    caller: Caller,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let refuse = |refusal| caller.refuse(refusal);
    let entity = entity(&app, &name).map_err(refuse)?;
    let (commands, atomic) = read(&app.engine.live().model, entity, &bytes).map_err(refuse)?;
    if atomic {
        return match app.engine.commands(&caller.0, commands, Mode::Live).await {
            Ok(all) => {
                let results: Vec<Json> = all.iter().enumerate().map(|(index, done)| success(index, done)).collect();
                Ok((StatusCode::OK, Reply(json!({"results": results}))).into_response())
            }
            Err((index, mut refusal)) => {
                for error in &mut refusal.errors {
                    error.field = format!("[{index}].{}", error.field);
                }
                Err(refuse(refusal))
            }
        };
    }
    let mut results = Vec::with_capacity(commands.len());
    for (index, command) in commands.into_iter().enumerate() {
        let result = app.engine.command(&caller.0, command, Mode::Live, None).await;
        results.push(match result {
            Ok(answer) => success(index, &answer.done),
            Err(refusal) => failure(index, &refusal, caller.0.locale),
        });
    }
    Ok((StatusCode::MULTI_STATUS, Reply(json!({"results": results}))).into_response())
}

fn success(index: usize, done: &Done) -> Json {
    let status = if done.effect == Effect::Created { 201 } else { 200 };
    json!({"index": index, "status": status, "id": done.id.to_string()})
}

fn failure(index: usize, refusal: &Refusal, locale: Locale) -> Json {
    let mut result = problem::body(refusal, locale);
    result["index"] = index.into();
    result
}

fn read(model: &Model, entity: EntityId, bytes: &Bytes) -> Result<(Vec<Command>, bool), Refusal> {
    let wrong = |name: &str| Refusal::malformed(Message::with("bad_parameter", [name]));
    let mut commands = Vec::new();
    let mut atomic = false;
    let members = body::object(bytes)?;
    for (name, json) in &members {
        match (name.as_str(), json) {
            ("atomic", Json::Bool(truth)) => atomic = *truth,
            ("create", Json::Array(items)) => {
                for item in items {
                    commands.push(Command::Create { entity, input: codec::input(model, entity, item)? });
                }
            }
            ("update", Json::Array(items)) => {
                for item in items {
                    let Json::Object(members) = item else { return Err(wrong("update")) };
                    let mut members = members.clone();
                    let id = members.remove("id").as_ref().and_then(id).ok_or_else(|| wrong("update.id"))?;
                    let input = codec::input(model, entity, &Json::Object(members))?;
                    commands.push(Command::Update { entity, id, input, version: None });
                }
            }
            ("delete", Json::Array(items)) => {
                for item in items {
                    commands.push(Command::Delete {
                        entity,
                        id: id(item).ok_or_else(|| wrong("delete"))?,
                        version: None,
                    });
                }
            }
            (other, _) => return Err(wrong(other)),
        }
    }
    if commands.len() > MOST {
        return Err(Refusal::new(Kind::TooLarge, "too_large", Message::key("too_large")));
    }
    Ok((commands, atomic))
}

fn id(json: &Json) -> Option<Id> {
    json.as_str()?.parse().ok()
}
