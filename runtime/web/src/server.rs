//! The server: routes, limits and headers around the HTTP interface and the pages.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::routing::get;
use fichero_engine::Engine;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::{api, health, pages};

/// The largest body that is read, in bytes.
const BODY: usize = 4 * 1024 * 1024;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct App {
    /// The engine.
    pub engine: Engine,
    /// The templates of the pages.
    pub pages: pages::Pages,
}

/// All routes of the server.
pub fn router(engine: Engine) -> Router {
    let app = App { engine, pages: pages::Pages::new() };
    let set = |name: HeaderName, value: &'static str| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    Router::new()
        .merge(api::routes())
        .merge(pages::routes())
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .layer(DefaultBodyLimit::max(BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "same-origin"))
        .layer(set(header::X_FRAME_OPTIONS, "DENY"))
        .layer(set(header::CACHE_CONTROL, "no-store"))
        .with_state(app)
}
