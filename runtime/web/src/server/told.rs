//! Below `/api` every refusal is a problem document, also one of what stands in front of the handlers: a body that is
//! too large, an address that cannot be read, a method that is not taken, a request that took too long.

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use fichero_model::label::Locale;

use crate::api::problem;
use crate::api::session;

/// Who is told.
pub struct Asked {
    /// The language of a program; nothing for a reader of pages, which have words of their own.
    program: Option<Locale>,
}

impl Asked {
    /// Who sent a request.
    pub fn of(request: &Request) -> Self {
        let for_programs = is_for_programs(request.uri().path());
        Self { program: for_programs.then(|| session::language(request.headers())) }
    }

    /// The answer; a refusal without words as a problem.
    pub fn told(self, response: Response) -> Response {
        let status = response.status();
        let refused = status.is_client_error() || status.is_server_error();
        let is_problem = |response: &Response| {
            response.headers().get(header::CONTENT_TYPE).is_some_and(|media| media == "application/problem+json")
        };
        match self.program {
            Some(locale) if refused && !is_problem(&response) => as_problem(response, locale),
            _ => response,
        }
    }
}

fn as_problem(response: Response, locale: Locale) -> Response {
    let status = response.status();
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
