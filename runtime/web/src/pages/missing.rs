//! Addresses that lead nowhere: a page for people, a problem for programs.

use axum::extract::{FromRequestParts as _, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use fichero_engine::message::Message;
use fichero_engine::{Kind, Refusal};

use super::cookie;
use super::guest::Guest;
use super::visitor::Visitor;
use crate::api::problem;
use crate::api::session;
use crate::server::told::is_for_programs;
use crate::server::{App, Pinned};

/// What answers where no route does.
pub async fn missing(Pinned(app): Pinned, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if is_for_programs(parts.uri.path()) {
        return problem::of_status(StatusCode::NOT_FOUND, session::language(&parts.headers)).into_response();
    }
    tell(&app, parts, &Refusal::new(Kind::NotFound, "not_found", Message::key("not_found"))).await
}

/// What answers where a route takes no such method.
pub async fn wrong_method(Pinned(app): Pinned, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if is_for_programs(parts.uri.path()) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    // Somebody reloads the address that a form was posted to: what it showed is found from the home page.
    tell(&app, parts, &Refusal::not_found()).await
}

async fn tell(app: &App, mut parts: Parts, refusal: &Refusal) -> Response {
    let signed_in = cookie::get(&parts.headers, session::COOKIE).is_some_and(|secret| !secret.is_empty());
    // A lost address is no reason to send anybody to the log-in and back to it.
    parts.method = Method::GET;
    if signed_in && let Ok(visitor) = Visitor::from_request_parts(&mut parts, app).await {
        return visitor.refuse(refusal).await;
    }
    let Ok(guest) = Guest::from_request_parts(&mut parts, app).await;
    guest.refuse(refusal)
}
