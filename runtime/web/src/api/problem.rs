//! Refusals as RFC 9457 `application/problem+json`.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fichero_engine::message::Message;
use fichero_engine::{Kind, Refusal};
use fichero_model::label::Locale;
use serde_json::json;

/// A refusal on its way to a reader of a language.
#[derive(Debug)]
pub struct Problem {
    refusal: Refusal,
    locale: Locale,
}

impl Problem {
    /// A refusal for a reader of `locale`.
    pub fn new(refusal: Refusal, locale: Locale) -> Self {
        Self { refusal, locale }
    }
}

impl From<Refusal> for Problem {
    /// For a reader whose language is not known yet.
    fn from(refusal: Refusal) -> Self {
        Self { refusal, locale: Locale::EN }
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

/// A refusal as a JSON object.
pub fn body(refusal: &Refusal, locale: Locale) -> serde_json::Value {
    let status = status(refusal.kind);
    let errors: Vec<_> = refusal
        .errors
        .iter()
        .map(|error| json!({"field": error.field, "code": error.code, "message": error.message.text(locale)}))
        .collect();
    json!({
        "type": "about:blank",
        "status": status.as_u16(),
        "code": refusal.code,
        "title": status.canonical_reason().unwrap_or("Error"),
        "detail": refusal.detail.text(locale),
        "errors": errors,
    })
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = status(self.refusal.kind);
        let mut response = Response::new(Body::from(body(&self.refusal, self.locale).to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// The answer for a path below `/api` that leads nowhere.
pub async fn no_route() -> Problem {
    Refusal::new(Kind::NotFound, "not_found", Message::key("not_found")).into()
}
