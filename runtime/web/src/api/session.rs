//! Who asks: a bearer token of the HTTP interface, or the cookie session of a page.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use fichero_engine::message::Message;
use fichero_engine::{Actor, Kind, Refusal, Via};
use fichero_model::label::Locale;

use super::problem::Problem;
use crate::server::{App, Pinned};

/// The cookie that holds the token of a page's session.
pub const COOKIE: &str = "fichero_session";

/// Somebody who is signed in, by a bearer token.
#[derive(Clone, Debug)]
pub struct Caller(pub Actor);

impl Caller {
    /// A refusal in the caller's language.
    pub fn refuse(&self, refusal: Refusal) -> Problem {
        Problem::new(refusal, self.0.locale)
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let app = Pinned::of(parts, app);
        let locale = language(&parts.headers);
        let refuse = || {
            Problem::new(
                Refusal::new(Kind::Unauthenticated, "unauthenticated", Message::key("unauthenticated")),
                locale,
            )
        };
        let token = bearer(parts).ok_or_else(refuse)?;
        let mut actor =
            app.engine.authenticate(token, Via::Api).await.map_err(|refusal| Problem::new(refusal, locale))?;
        if let Some(locale) = asked_language(&parts.headers) {
            actor.locale = locale;
        }
        Ok(Self(actor))
    }
}

/// The bearer token of a request.
pub fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The token in the session cookie of a request.
pub fn cookie(parts: &Parts) -> Option<&str> {
    parts
        .headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, token)| token)
}

/// The language of `Accept-Language` that is liked best of those the runtime speaks: by its `q`, then by its place.
fn asked_language(headers: &HeaderMap) -> Option<Locale> {
    let header = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let liked = header.split(',').filter_map(|range| {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        // A country's own way of speaking is understood by its language.
        let language = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let locale = Locale::parse(&language).filter(|locale| matches!(locale.as_str(), "en" | "es" | "ru"))?;
        Some((locale, quality(parameters)?))
    });
    // Of several that are liked as well the first is taken.
    let best = liked.reduce(|best, other| if other.1 > best.1 { other } else { best })?;
    (best.1 > 0).then_some(best.0)
}

/// `q=0.8` in thousandths, one where nothing is said; nothing when it is none.
fn quality(parameters: &str) -> Option<u32> {
    let q = parameters
        .split(';')
        .filter_map(|one| one.trim().split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("q"));
    let Some((_, value)) = q else { return Some(1_000) };
    let value: f32 = value.trim().parse().ok()?;
    (0.0..=1.0).contains(&value).then(|| (value * 1_000.0).round() as u32)
}

/// The language of somebody who is not signed in.
pub fn language(headers: &HeaderMap) -> Locale {
    asked_language(headers).unwrap_or(Locale::EN)
}
