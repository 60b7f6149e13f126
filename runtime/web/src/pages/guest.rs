//! Somebody who is not signed in.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fichero_engine::Refusal;
use fichero_engine::live::Live;

use super::preference::Preferences;
use super::voice::Voice;
use super::{cookie, csrf, post, reply};
use crate::api::problem;
use crate::server::{App, Pinned};
use crate::ui::context::{ErrorPage, Nav, Page, Template};
use crate::ui::locale::Locale;

/// Somebody who is not signed in, and what they asked for.
pub struct Guest {
    /// What the handlers share.
    pub app: App,
    /// The model, pinned.
    pub live: Arc<Live>,
    /// In which language they are spoken to.
    pub voice: Voice,
    /// What they prefer on this device.
    pub preferences: Preferences,
    /// Whether cookies may only travel by TLS.
    pub secure: bool,
    /// Path and query of the request.
    path: String,
    /// What their forms are bound to: of their cookie, else a fresh one.
    secret: String,
}

impl FromRequestParts<App> for Guest {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let app = Pinned::of(parts, app);
        let live = app.engine.live();
        let mut preferences = Preferences::read(&parts.headers);
        let query =
            Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map(|Query(pairs)| pairs).unwrap_or_default();
        if let Some(locale) = query.iter().find(|(name, _)| name == "lang").and_then(|(_, tag)| Locale::from_tag(tag)) {
            preferences.locale = Some(locale);
        }
        let secret = match cookie::get(&parts.headers, cookie::LOGIN) {
            Some(secret) if !secret.is_empty() => secret.to_owned(),
            _ => {
                let mut random = [0; 16];
                app.engine.ids().random(&mut random);
                URL_SAFE_NO_PAD.encode(random)
            }
        };
        Ok(Self {
            voice: Voice::guessed(preferences.locale, &parts.headers, &live.model),
            path: reply::path_of(parts),
            secure: cookie::is_secure(&parts.headers),
            app,
            live,
            preferences,
            secret,
        })
    }
}

impl Guest {
    /// Whether a posted token is that of their cookie.
    pub fn is_token(&self, token: &str) -> bool {
        csrf::is_token(self.app.engine.seal(), &self.secret, token)
    }

    /// The surroundings of a page.
    pub fn page(&self) -> Page {
        Page {
            path: self.path.clone(),
            workspace: self.live.model.workspace.title.get(self.voice.locale).to_owned(),
            theme: self.preferences.theme,
            csrf: csrf::token(self.app.engine.seal(), &self.secret),
            user: None,
            nav: Nav::default(),
            crumbs: Vec::new(),
            notices: Vec::new(),
            watch: None,
        }
    }

    /// A page, with the cookie that its forms are bound to.
    pub fn html<T: Template>(&self, status: StatusCode, page: &T) -> Response {
        let response = reply::html(&self.app.pages, self.voice.chrome, status, page);
        reply::with_cookie(response, cookie::set(cookie::LOGIN, &self.secret, self.secure, None))
    }

    /// The page that tells why a request was not answered.
    pub fn refuse(&self, refusal: &Refusal) -> Response {
        let status = problem::status(refusal.kind);
        let detail = Some(refusal.detail.text(self.voice.locale));
        let page = ErrorPage {
            page: self.page(),
            status: status.as_u16(),
            form: post::is_about_form(refusal),
            detail,
            reference: None,
        };
        self.html(status, &page)
    }
}
