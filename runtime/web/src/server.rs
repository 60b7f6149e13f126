//! The server: routes, limits and headers around the HTTP interface and the pages.

mod again;
pub mod told;

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::routing::get;
use fichero_engine::Engine;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::ui::context::DemoLogin;
use crate::ui::render;
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

/// What the handlers share, as one request sees it: its engine keeps to the model that was in force when it came.
#[derive(Clone, Debug)]
pub struct Pinned(pub App);

impl Pinned {
    /// As the request sees it; pinned by the first who asks.
    pub fn of(parts: &mut Parts, app: &App) -> App {
        let pin = || Self(App { engine: app.engine.pinned(), pages: app.pages.clone() });
        parts.extensions.get_or_insert_with(pin).0.clone()
    }
}

impl FromRequestParts<App> for Pinned {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(Self::of(parts, app)))
    }
}

/// What a server is told about itself.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Log-ins that everybody may see on the log-in page: those of a demo.
    pub demo: Vec<DemoLogin>,
}

/// All routes of the server.
///
/// # Errors
/// When a template or catalogue of the pages is wrong.
pub fn router(engine: Engine, setup: Setup) -> Result<Router, render::Error> {
    let app = App { engine, pages: pages::Pages::new(setup.demo)? };
    let set = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let router = Router::new()
        .merge(api::routes())
        .merge(pages::routes())
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(pages::missing)
        .method_not_allowed_fallback(pages::wrong_method)
        .layer(middleware::from_fn_with_state(app.clone(), again::by_the_newest_model))
        .layer(DefaultBodyLimit::max(BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .layer(middleware::from_fn(told::as_problem))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "same-origin"))
        .layer(set(header::X_FRAME_OPTIONS, "DENY"))
        .layer(set(header::CACHE_CONTROL, "no-store"))
        .with_state(app);
    Ok(router)
}
