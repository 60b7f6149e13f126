//! Below `/api` every refusal is a problem document, also one of what stands in front of the handlers: a body that is
//! too large, an address that cannot be read, a method that is not taken, a request that took too long.

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::api::problem;
use crate::api::session;

/// Runs a request, and tells a refusal without words as a problem.
pub async fn as_problem(request: Request, next: Next) -> Response {
    if !is_for_programs(request.uri().path()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let locale = session::language(&parts);
    let response = next.run(Request::from_parts(parts, body)).await;
    let status = response.status();
    let refused = status.is_client_error() || status.is_server_error();
    let is_problem = |response: &Response| {
        response.headers().get(header::CONTENT_TYPE).is_some_and(|media| media == "application/problem+json")
    };
    if !refused || is_problem(&response) {
        return response;
    }
    let (parts, _) = response.into_parts();
    let mut told = problem::of_status(status, locale).into_response();
    for (name, value) in
        parts.headers.iter().filter(|(name, _)| !matches!(**name, header::CONTENT_TYPE | header::CONTENT_LENGTH))
    {
        told.headers_mut().insert(name.clone(), value.clone());
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        told.headers_mut().entry(header::RETRY_AFTER).or_insert(header::HeaderValue::from_static("1"));
    }
    told
}

/// Whether an address is one of the interface for programs.
pub fn is_for_programs(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}
