//! Answers: rendered pages with their policy, and redirects.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Pages;
use crate::ui::assets;
use crate::ui::context::Template;
use crate::ui::locale::Locale;

/// A page. One that cannot be rendered is a mistake of this crate, which the operator's log tells in full.
pub fn html<T: Template>(pages: &Pages, locale: Locale, status: StatusCode, page: &T) -> Response {
    match pages.renderer.page(locale, page) {
        Ok(html) => {
            let mut response = Response::new(Body::from(html));
            *response.status_mut() = status;
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(assets::CONTENT_SECURITY_POLICY));
            headers.insert(header::VARY, HeaderValue::from_static("cookie, accept-language"));
            response
        }
        Err(error) => {
            tracing::error!(template = T::NAME, %error, "a page cannot be rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, "This page cannot be shown. The fault has been recorded.")
                .into_response()
        }
    }
}

/// Sends the browser to another page, which it gets (RFC 9110, 15.4.4).
pub fn see_other(address: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(address) = HeaderValue::from_str(address) {
        response.headers_mut().insert(header::LOCATION, address);
    }
    response
}

/// The answer with a cookie, if there is one.
pub fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Path and query of a request.
pub fn path_of(parts: &Parts) -> String {
    parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned()
}
