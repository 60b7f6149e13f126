//! Lets an open page notice that the definitions changed.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::chrome;
use super::visitor::Visitor;
use crate::server::Pinned;

/// `GET /admin/watch`: `{"revision": "…", "problems": 0}`, for who may see problems.
pub async fn show(Pinned(app): Pinned, visitor: Visitor) -> Response {
    if !visitor.actor.admin {
        return StatusCode::FORBIDDEN.into_response();
    }
    let problems = chrome::count(&app.engine.problems());
    Json(json!({"revision": &*visitor.model().revision, "problems": problems})).into_response()
}
