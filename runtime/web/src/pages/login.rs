//! Signing in and out.

use axum::extract::{FromRequestParts as _, Query, Request};
use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::{Kind, Refusal};

use super::guest::Guest;
use super::post::{Posted, VisitorPost};
use super::visitor::Visitor;
use super::{address, cookie, csrf, reply};
use crate::api::{problem, session};
use crate::server::Pinned;
use crate::ui::context::{LoginPage, LoginRefusal};

/// `GET /login?next=…`; who is signed in already goes on.
pub async fn show(
    Pinned(app): Pinned,
    guest: Guest,
    Query(pairs): Query<Vec<(String, String)>>,
    request: Request,
) -> Response {
    let asked = Posted::new(pairs);
    let next = address::local(asked.last("next").unwrap_or("/")).to_owned();
    let (mut parts, _) = request.into_parts();
    if Visitor::from_request_parts(&mut parts, &app).await.is_ok() {
        return reply::see_other(&next);
    }
    let refusal = asked.has("expired").then_some(LoginRefusal::Expired);
    page(&guest, StatusCode::OK, String::new(), next, refusal)
}

/// `POST /login`.
pub async fn sign_in(Pinned(app): Pinned, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(guest) = Guest::from_request_parts(&mut parts, &app).await;
    let ours = csrf::is_from_here(&parts.headers);
    let posted = match Posted::read(Request::from_parts(parts, body), &app).await {
        Ok(posted) => posted,
        Err(refusal) => return guest.refuse(&refusal),
    };
    let login = posted.last("login").unwrap_or_default().to_owned();
    let next = posted.next().to_owned();
    if !ours || !guest.is_token(posted.last("_csrf").unwrap_or_default()) {
        // The page was open for so long that its cookie is gone, or it was not ours: it has to be sent again from here.
        return page(&guest, StatusCode::FORBIDDEN, login, next, Some(LoginRefusal::Expired));
    }
    match app.engine.login(&login, posted.last("password").unwrap_or_default()).await {
        Ok(secret) => {
            let response = reply::see_other(&next);
            let response = reply::with_cookie(response, cookie::set(session::COOKIE, &secret, guest.secure, None));
            reply::with_cookie(response, cookie::set(cookie::LOGIN, "", guest.secure, Some(0)))
        }
        Err(refusal) => refused(&guest, &refusal, login, next),
    }
}

/// `POST /logout`.
pub async fn sign_out(VisitorPost(visitor, _): VisitorPost) -> Response {
    if let Err(refusal) = visitor.app.engine.logout(&visitor.secret).await {
        return visitor.refuse(&refusal).await;
    }
    let gone = |response, name| reply::with_cookie(response, cookie::set(name, "", visitor.secure, Some(0)));
    gone(gone(gone(reply::see_other("/login"), session::COOKIE), cookie::RECENT), cookie::NOTICE)
}

fn refused(guest: &Guest, refusal: &Refusal, login: String, next: String) -> Response {
    let why = match refusal.kind {
        Kind::Unauthenticated => LoginRefusal::Wrong,
        Kind::TooMany => LoginRefusal::Slow,
        _ => return guest.refuse(refusal),
    };
    page(guest, problem::status(refusal.kind), login, next, Some(why))
}

fn page(guest: &Guest, status: StatusCode, login: String, next: String, refusal: Option<LoginRefusal>) -> Response {
    let demo = guest.app.pages.demo.to_vec();
    guest.html(status, &LoginPage { page: guest.page(), login, next, refusal, demo })
}
