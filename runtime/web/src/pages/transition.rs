//! Moving a record to another stage of its pipeline.

use axum::extract::{Path, Query};
use axum::response::Response;
use fichero_engine::input::Input;
use fichero_engine::message::Message;
use fichero_engine::{Command, Effect, Kind, Mode, Refusal};
use fichero_model::Ref;

use super::form::{self, Attempt, read};
use super::notice::Notice;
use super::post::{Posted, VisitorPost};
use super::reply;
use super::visitor::Visitor;

/// `POST /{entity}/{id}/transition?field=NAME` with `to`. Where the stage asks for more, the record's form asks for it.
pub async fn run(
    Path((name, id)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
    VisitorPost(visitor, posted): VisitorPost,
) -> Response {
    let field = pairs.iter().find(|(name, _)| name == "field").map(|(_, field)| field.as_str());
    let answer = transition(&visitor, &name, &id, field, &posted).await;
    visitor.reply(answer).await
}

/// `GET /{entity}/{id}/transition`: somebody reloads what a refusal left in the address bar. The record says how it stands.
pub async fn back(visitor: Visitor, Path((name, id)): Path<(String, String)>) -> Response {
    let found = visitor.record(&name, &id).map(|Ref { id, .. }| reply::see_other(&format!("/{name}/{id}")));
    visitor.reply(found).await
}

async fn transition(
    visitor: &Visitor,
    name: &str,
    id: &str,
    field: Option<&str>,
    posted: &Posted,
) -> Result<Response, Refusal> {
    let Ref { entity, id } = visitor.record(name, id)?;
    posted.only(&["to"])?;
    let model = visitor.model();
    let field = match field {
        Some(field) => model[entity].field(field).filter(|(_, field)| field.pipeline.is_some()),
        None => model[entity].all_fields().find(|(_, field)| field.pipeline.is_some()),
    };
    let missing = || Refusal::new(Kind::Conflict, "no_pipeline", Message::key("no_pipeline"));
    let (stage, definition) = field.ok_or_else(missing)?;
    let to = posted.last("to").unwrap_or_default().to_owned();
    let version = posted.version();
    let command =
        Command::Transition { entity, id, field: Some(stage), to: to.clone(), input: Input::default(), version };
    let here = format!("/{name}/{id}");
    match visitor.app.engine.command(&visitor.actor, command, Mode::Live, None).await {
        Ok(answer) if answer.done.effect == Effect::Unchanged => Ok(visitor.go(&here, Some(Notice::Unchanged))),
        Ok(_) => Ok(visitor.go(&here, Some(Notice::Saved))),
        Err(refusal) if refusal.kind == Kind::Stale => Ok(visitor.go(&here, Some(Notice::Stale))),
        Err(refusal) => {
            let mut typed = vec![(definition.name.to_string(), to)];
            typed.extend(version.map(|version| ("_version".to_owned(), version.to_string())));
            let posted = Posted::new(typed);
            let typed = read::read(visitor, entity, &posted).await?;
            form::refused(
                visitor,
                Attempt { entity, id: Some(id), posted, typed, refusal: Some(refusal), changed: true, gone: None },
            )
            .await
        }
    }
}
