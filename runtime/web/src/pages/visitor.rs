//! Somebody who is signed in: who they are, the model their request pinned, what they asked for.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use fichero_engine::live::Live;
use fichero_engine::policy::{self, Action};
use fichero_engine::read::page::{Reader, Seen, Titles};
use fichero_engine::{Actor, Kind, Refusal, Via};
use fichero_model::{EntityId, Id, Model, Ref};
use jiff::Timestamp;

use super::notice::Notice;
use super::preference::Preferences;
use super::voice::Voice;
use super::words::Words;
use super::{address, chrome, cookie, csrf, post, reply};
use crate::api::problem::{self, Problem};
use crate::api::session;
use crate::server::{App, Pinned};
use crate::ui::context::{ErrorPage, Page, Template};

/// Somebody who is signed in, and what they asked for.
pub struct Visitor {
    /// What the handlers share.
    pub app: App,
    /// The model, pinned.
    pub live: Arc<Live>,
    /// Who acts.
    pub actor: Actor,
    /// In which language they are spoken to.
    pub voice: Voice,
    /// What they prefer on this device.
    pub preferences: Preferences,
    /// What the last action has to say.
    pub notice: Option<Notice>,
    /// Whether cookies may only travel by TLS.
    pub secure: bool,
    /// Path and query of the request.
    pub path: String,
    /// The records they looked at last, as their cookie holds them.
    pub recent: String,
    /// The secret of their session.
    pub secret: String,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let app = Pinned::of(parts, app);
        let secure = cookie::is_secure(&parts.headers);
        let secret = cookie::get(&parts.headers, session::COOKIE).unwrap_or_default().to_owned();
        if secret.is_empty() {
            return Err(to_login(parts, false, secure));
        }
        let actor = match app.engine.authenticate(&secret, Via::Page).await {
            Ok(actor) => actor,
            Err(refusal) if refusal.kind == Kind::Unauthenticated => return Err(to_login(parts, true, secure)),
            Err(refusal) => return Err(Problem::new(refusal, session::language(&parts.headers)).into_response()),
        };
        Ok(Self {
            live: app.engine.live(),
            voice: Voice::of(actor.locale),
            preferences: Preferences::read(&parts.headers),
            notice: cookie::get(&parts.headers, cookie::NOTICE).and_then(Notice::read),
            path: reply::path_of(parts),
            recent: cookie::get(&parts.headers, cookie::RECENT).unwrap_or_default().to_owned(),
            app,
            actor,
            secure,
            secret,
        })
    }
}

/// The way to the log-in and back; for a program, that nobody is signed in.
fn to_login(parts: &Parts, expired: bool, secure: bool) -> Response {
    let accepts = parts.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.starts_with("application/json") {
        let message = fichero_engine::message::Message::key("unauthenticated");
        let refusal = Refusal::new(Kind::Unauthenticated, "unauthenticated", message);
        return Problem::new(refusal, session::language(&parts.headers)).into_response();
    }
    // What was posted cannot be asked for again by its address; the page it came from can.
    let next = match parts.method {
        axum::http::Method::GET | axum::http::Method::HEAD => reply::path_of(parts),
        _ => "/".to_owned(),
    };
    let next = if next == "/" { String::new() } else { next };
    let why = if expired { "1" } else { "" };
    let response = reply::see_other(&address::with("/login", [("next", next.as_str()), ("expired", why)]));
    reply::with_cookie(response, expired.then(|| cookie::set(session::COOKIE, "", secure, Some(0))).flatten())
}

impl Visitor {
    /// The definitions.
    pub fn model(&self) -> &Model {
        &self.live.model
    }

    /// The entity of that name.
    ///
    /// # Errors
    /// When there is none.
    pub fn entity(&self, name: &str) -> Result<EntityId, Refusal> {
        let found = self.model().entity(name).map(|(id, _)| id);
        found.ok_or_else(|| Refusal::unknown_entity(name))
    }

    /// The record that an address names.
    ///
    /// # Errors
    /// When it cannot name one.
    pub fn record(&self, entity: &str, id: &str) -> Result<Ref, Refusal> {
        let entity = self.entity(entity)?;
        let id: Id = id.parse().map_err(|_| Refusal::not_found())?;
        Ok(Ref { entity, id })
    }

    /// Whether the reader may do something to records of an entity; buttons are left out by it.
    pub fn may(&self, entity: EntityId, action: Action) -> bool {
        let kept = match action {
            Action::Import => false,
            Action::Create => self.model().comes_with_parent(entity),
            Action::Update | Action::Transition | Action::Delete | Action::Restore | Action::Purge => {
                self.model().is_append_only(entity)
            }
        };
        !kept && policy::may(&self.actor, self.model(), entity, action).is_ok()
    }

    /// Refuses whoever is no administrator, in words that say whom to ask.
    ///
    /// # Errors
    /// When the reader is none.
    pub fn administrator(&self) -> Result<(), Refusal> {
        let message = || fichero_engine::message::Message::key("administrators_only");
        let refusal = || Refusal::new(Kind::Forbidden, "administrators_only", message());
        if self.actor.admin { Ok(()) } else { Err(refusal()) }
    }

    /// Whether a posted token is that of the session.
    pub fn is_token(&self, token: &str) -> bool {
        csrf::is_token(self.app.engine.seal(), &self.secret, token)
    }

    /// How values are written for this reader.
    pub fn words<'a>(&'a self, reader: &Reader, now: Timestamp, titles: &'a Titles) -> Words<'a> {
        Words::new(self, reader, now, titles)
    }

    /// The surroundings of a page about `entity`, if it is about one.
    pub fn page(&self, reader: &Reader, entity: Option<EntityId>) -> Page {
        chrome::page(self, reader, entity)
    }

    /// A page; what the last action had to say was said with it.
    pub fn html<T: Template>(&self, status: StatusCode, page: &T) -> Response {
        let response = reply::html(&self.app.pages, self.voice.chrome, status, page);
        let said = self.notice.as_ref().and_then(|_| cookie::set(cookie::NOTICE, "", self.secure, Some(0)));
        reply::with_cookie(response, said)
    }

    /// Sends the browser to another page, which says what was done.
    pub fn go(&self, address: &str, notice: Option<Notice>) -> Response {
        let notice = notice.and_then(|notice| cookie::set(cookie::NOTICE, &notice.written(), self.secure, Some(60)));
        reply::with_cookie(reply::see_other(address), notice)
    }

    /// The answer, or the page that tells why there is none.
    pub async fn reply(&self, result: Result<Response, Refusal>) -> Response {
        match result {
            Ok(response) => response,
            Err(refusal) => self.refuse(&refusal).await,
        }
    }

    /// The page that tells why a request was not answered.
    pub async fn refuse(&self, refusal: &Refusal) -> Response {
        let status = problem::status(refusal.kind);
        // Without the database nothing is known of the reader, and the page does without.
        let reader = match self.app.engine.reader(&self.live, &self.actor).await {
            Ok(Seen { reader, .. }) => reader,
            Err(_) => Reader::default(),
        };
        let detail = Some(refusal.detail.text(self.voice.locale));
        let page = ErrorPage {
            page: self.page(&reader, None),
            status: status.as_u16(),
            form: post::is_about_form(refusal),
            detail,
            reference: None,
        };
        self.html(status, &page)
    }
}
