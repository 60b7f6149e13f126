//! The server: routes, limits and headers around the HTTP interface and the pages.

mod again;
pub mod told;

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use fichero_engine::Engine;

use crate::ui::context::DemoLogin;
use crate::ui::render;
use crate::{api, health, pages};

/// The largest body that is read, in bytes.
pub(crate) const BODY: usize = 4 * 1024 * 1024;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The same of one that brings files, which slow lines take long for.
const PATIENCE_WITH_FILES: Duration = Duration::from_secs(15 * 60);

/// The largest file, where nothing is said, in bytes.
const FILE: u64 = 25_000_000;

/// Headers of every answer that does not bear them already.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct App {
    /// The engine.
    pub engine: Engine,
    /// The templates of the pages.
    pub pages: pages::Pages,
    /// The largest file that is taken, in bytes.
    pub largest_file: u64,
}

/// What the handlers share, as one request sees it: its engine keeps to the model that was in force when it came.
#[derive(Clone, Debug)]
pub struct Pinned(pub App);

impl Pinned {
    /// As the request sees it; pinned by the first who asks.
    pub fn of(parts: &mut Parts, app: &App) -> App {
        let pin =
            || Self(App { engine: app.engine.pinned(), pages: app.pages.clone(), largest_file: app.largest_file });
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
    /// The largest file that is taken, in bytes; 25 MB where nothing is said.
    pub largest_file: Option<u64>,
}

/// All routes of the server.
///
/// # Errors
/// When a template or catalogue of the pages is wrong.
pub fn router(engine: Engine, setup: Setup) -> Result<Router, render::Error> {
    let app = App { engine, pages: pages::Pages::new(setup.demo)?, largest_file: setup.largest_file.unwrap_or(FILE) };
    let router = Router::new()
        .merge(api::routes())
        .merge(pages::routes())
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(pages::missing)
        .method_not_allowed_fallback(pages::wrong_method)
        .layer(middleware::from_fn_with_state(app.clone(), around))
        .with_state(app);
    Ok(router)
}

/// What stands around all handlers: the limits, the words of refusals, the headers. It is one layer, for each costs a
/// request about as much as reading its record does.
async fn around(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let brings_files = api::files::brings_files(&request);
    let largest = usize::try_from(app.largest_file).unwrap_or(usize::MAX);
    let files = match brings_files {
        false => 0,
        true if request.uri().path().starts_with("/api/") => 1,
        true => pages::MOST_FILES,
    };
    DefaultBodyLimit::max(BODY.saturating_add(largest.saturating_mul(files))).apply(&mut request);
    let patience = if brings_files { PATIENCE_WITH_FILES } else { PATIENCE };
    let asked = told::Asked::of(&request);
    let answer = tokio::time::timeout(patience, again::by_the_newest_model(app, request, next)).await;
    let mut response = asked.told(answer.unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response()));
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}
