//! Into the trash, out of it, and away for good.

use axum::extract::Path;
use axum::response::Response;
use fichero_engine::{Command, Kind, Mode, Refusal};

use super::notice::Notice;
use super::post::{Posted, VisitorPost};
use super::visitor::Visitor;

/// `POST /{entity}/{id}/delete`.
pub async fn delete(Path((name, id)): Path<(String, String)>, VisitorPost(visitor, posted): VisitorPost) -> Response {
    let deleted = run_delete(&visitor, &name, &id, &posted).await;
    visitor.reply(deleted).await
}

async fn run_delete(visitor: &Visitor, name: &str, id: &str, posted: &Posted) -> Result<Response, Refusal> {
    let record = visitor.record(name, id)?;
    posted.only(&[])?;
    let command = Command::Delete { entity: record.entity, id: record.id, version: posted.version() };
    match visitor.app.engine.command(&visitor.actor, command, Mode::Live, None).await {
        Ok(_) => Ok(visitor.go(&format!("/{name}"), Some(Notice::Deleted(name.to_owned(), record.id)))),
        Err(refusal) if refusal.kind == Kind::Stale => Ok(visitor.go(&format!("/{name}/{id}"), Some(Notice::Stale))),
        Err(refusal) => Err(told(refusal)),
    }
}

/// `POST /{entity}/{id}/restore`.
pub async fn restore(Path((name, id)): Path<(String, String)>, VisitorPost(visitor, posted): VisitorPost) -> Response {
    let restored = run_restore(&visitor, &name, &id, &posted).await;
    visitor.reply(restored).await
}

async fn run_restore(visitor: &Visitor, name: &str, id: &str, posted: &Posted) -> Result<Response, Refusal> {
    let record = visitor.record(name, id)?;
    posted.only(&[])?;
    let command = Command::Restore { entity: record.entity, id: record.id, version: None };
    let done = visitor.app.engine.command(&visitor.actor, command, Mode::Live, None).await;
    done.map_err(told)?;
    Ok(visitor.go(&format!("/{name}/{id}"), Some(Notice::Restored)))
}

/// `POST /{entity}/{id}/purge`.
pub async fn purge(Path((name, id)): Path<(String, String)>, VisitorPost(visitor, posted): VisitorPost) -> Response {
    let purged = run_purge(&visitor, &name, &id, &posted).await;
    visitor.reply(purged).await
}

async fn run_purge(visitor: &Visitor, name: &str, id: &str, posted: &Posted) -> Result<Response, Refusal> {
    let record = visitor.record(name, id)?;
    posted.only(&[])?;
    let command = Command::Purge { entity: record.entity, id: record.id, version: None };
    let done = visitor.app.engine.command(&visitor.actor, command, Mode::Live, None).await;
    done.map_err(told)?;
    Ok(visitor.go(&format!("/{name}/trash"), Some(Notice::Purged)))
}

/// Where a rule refused it, the page says what the rule says rather than that some values are wrong.
fn told(refusal: Refusal) -> Refusal {
    match refusal.errors.first() {
        Some(error) if refusal.kind == Kind::Invalid => Refusal { detail: error.message.clone(), ..refusal },
        _ => refusal,
    }
}
