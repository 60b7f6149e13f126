//! Refusals as RFC 9457 `application/problem+json`.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fichero_engine::message::Message;
use fichero_engine::{Kind, Named, Refusal};
use fichero_model::label::Locale;
use serde_json::json;

/// A refusal on its way to a reader of a language.
#[derive(Debug)]
pub struct Problem {
    refusal: Box<Refusal>,
    locale: Locale,
    index: Option<u32>,
    /// A status that no kind of refusal has.
    status: Option<StatusCode>,
}

impl Problem {
    /// A refusal for a reader of `locale`.
    pub fn new(refusal: Refusal, locale: Locale) -> Self {
        Self { refusal: Box::new(refusal), locale, index: None, status: None }
    }

    /// The same, of one of several commands.
    #[must_use]
    pub fn of(self, index: Option<u32>) -> Self {
        Self { index, ..self }
    }
}

/// The HTTP status of a kind of refusal.
pub fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Malformed => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Stale => StatusCode::PRECONDITION_FAILED,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn title(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Error")
}

/// A refusal as a JSON object.
pub fn body(refusal: &Refusal, locale: Locale) -> serde_json::Value {
    let status = status(refusal.kind);
    let errors: Vec<_> = refusal
        .errors
        .iter()
        .map(|error| json!({"field": error.field, "code": error.code, "message": error.message.text(locale)}))
        .collect();
    let mut body = json!({
        "type": "about:blank",
        "status": status.as_u16(),
        "code": refusal.code,
        "title": title(status),
        "detail": refusal.detail.text(locale),
        "errors": errors,
    });
    if !refusal.records.is_empty() {
        let named = |named: &Named| json!({"entity": named.entity, "id": named.id.to_string(), "title": named.title});
        body["records"] = refusal.records.iter().map(named).collect();
    }
    body
}

/// The answer where something in front of the handlers refused a request: its status alone is known.
pub fn of_status(status: StatusCode, locale: Locale) -> Problem {
    let (kind, code, key) = match status {
        StatusCode::NOT_FOUND => (Kind::NotFound, "not_found", "no_address"),
        StatusCode::METHOD_NOT_ALLOWED => (Kind::Malformed, "method", "no_method"),
        StatusCode::PAYLOAD_TOO_LARGE => (Kind::TooLarge, "too_large", "too_large"),
        StatusCode::SERVICE_UNAVAILABLE => (Kind::Unavailable, "timeout", "timeout"),
        status if status.is_client_error() => (Kind::Malformed, "malformed", "bad_request"),
        _ => (Kind::Internal, "internal", "internal"),
    };
    Problem { status: Some(status), ..Problem::new(Refusal::new(kind, code, Message::key(key)), locale) }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { refusal, locale, index, status: exactly } = self;
        let status = exactly.unwrap_or(status(refusal.kind));
        let mut told = body(&refusal, locale);
        told["status"] = status.as_u16().into();
        told["title"] = title(status).into();
        if let Some(index) = index {
            told["index"] = index.into();
        }
        let mut response = Response::new(Body::from(told.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = refusal.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
