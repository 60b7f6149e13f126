//! The files that pages link to.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::ui::assets;

/// `GET /assets/{fingerprint}/{name}`: kept by browsers for ever, for another content has another address.
pub async fn show(Path((fingerprint, name)): Path<(String, String)>) -> Response {
    match assets::get(&fingerprint, &name) {
        Some(asset) => {
            let headers = [(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, assets::CACHE_CONTROL)];
            (headers, asset.content).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
