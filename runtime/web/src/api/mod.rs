//! The HTTP interface: one set of routes for every entity, so that definitions change without the routes changing.
//!
//! Handlers take a request apart, ask the engine, and write its answer as JSON; they decide nothing.

mod aggregate;
mod auth;
mod body;
mod bulk;
mod call;
mod derive;
mod export;
pub(crate) mod files;
mod idempotency;
pub mod imports;
mod jobs;
mod list;
pub mod openapi;
pub(crate) mod parameters;
mod precondition;
pub mod problem;
mod record;
mod schema;
mod search;
pub mod session;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{any, get, post, put};

use crate::server::App;

/// The routes below `/api`.
pub fn routes() -> Router<App> {
    Router::new()
        // No page of that name either.
        .route("/api", any(async || StatusCode::NOT_FOUND))
        .route("/api/login", post(auth::login))
        .route("/api/logout", post(auth::logout))
        .route("/api/schema", get(schema::show))
        .route("/api/openapi.json", get(openapi::show))
        .route("/api/search", get(search::show))
        .route("/api/files", post(files::upload))
        .route("/api/files/{id}", get(files::show))
        .route("/api/files/{id}/content", get(files::content))
        .route("/api/jobs", get(jobs::show))
        .route("/api/jobs/{id}/retry", post(jobs::retry))
        .route("/api/imports", get(imports::list))
        .route("/api/imports/{id}", get(imports::show))
        .route("/api/imports/{id}/rejects", get(imports::rejects))
        .route("/api/imports/{id}/cancel", post(imports::cancel))
        .route("/api/imports/{id}/undo", post(imports::undo))
        .route("/api/{entity}", get(list::show).post(record::create))
        .route("/api/{entity}/query", post(list::query))
        .route("/api/{entity}/aggregate", get(aggregate::show))
        .route("/api/{entity}/export", get(export::show))
        .route("/api/{entity}/import", post(imports::order))
        .route("/api/{entity}/bulk", post(bulk::run))
        .route("/api/{entity}/derive", post(derive::run))
        .route("/api/{entity}/by/{field}/{value}", put(record::upsert))
        .route("/api/{entity}/{id}", get(record::show).patch(record::update).delete(record::delete))
        .route("/api/{entity}/{id}/clone", post(record::clone))
        .route("/api/{entity}/{id}/restore", post(record::restore))
        .route("/api/{entity}/{id}/merge", post(record::merge))
        .route("/api/{entity}/{id}/transition", post(record::transition))
        .route("/api/{entity}/{id}/history", get(record::history))
}
