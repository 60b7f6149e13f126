//! A request that another node's migration overtook is run again, by the model that is in force then.
//!
//! Only what changes something is guarded by the database, and only a request that has changed nothing yet is repeated.
//! Its body is kept for that; one of unknown length is not, and gets the refusal.

use std::time::Duration;

use axum::body::{self, Body, HttpBody as _};
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::{App, BODY, Pinned};

/// How long the newest definitions may take to come into force here, and how often that is looked at.
const PATIENCE: Duration = Duration::from_secs(5);
const EVERY: Duration = Duration::from_millis(10);

/// How often a request is run at most.
const RUNS: usize = 3;

/// Runs a request, and again where it was overtaken.
pub async fn by_the_newest_model(app: App, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) || !is_short(&request) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(bytes) = body::to_bytes(body, BODY).await else {
        // Whoever sends less than was announced has gone.
        return StatusCode::BAD_REQUEST.into_response();
    };
    let mut runs = 0;
    loop {
        runs += 1;
        parts.extensions.remove::<Pinned>();
        let engine = Pinned::of(&mut parts, &app).engine;
        let response = next.clone().run(Request::from_parts(parts.clone(), Body::from(bytes.clone()))).await;
        if !engine.is_superseded() || runs == RUNS {
            return response;
        }
        let newer = async {
            while !engine.is_outdated() {
                tokio::time::sleep(EVERY).await;
            }
        };
        if tokio::time::timeout(PATIENCE, newer).await.is_err() {
            return response;
        }
    }
}

/// Whether the body is known to be short enough to be kept.
fn is_short(request: &Request) -> bool {
    request.body().size_hint().exact().is_some_and(|length| length <= BODY as u64)
}
