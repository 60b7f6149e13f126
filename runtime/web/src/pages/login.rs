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
use crate::ui::context::{DemoLogin, LoginPage, LoginRefusal, Person};

/// `GET /login?next=…`; who is signed in already goes on. `as` is somebody of a demo, whose log-in is filled in.
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
    let demo = asked.last("as").and_then(|login| guest.app.pages.demo.iter().find(|person| person.login == login));
    let (login, password) = demo.map(|person| (person.login.clone(), person.password.clone())).unwrap_or_default();
    guest.html(StatusCode::OK, &LoginPage { login, password, refusal, ..blank(&guest, next) })
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
        let refusal = Some(LoginRefusal::Expired);
        return guest.html(StatusCode::FORBIDDEN, &LoginPage { login, refusal, ..blank(&guest, next) });
    }
    if let Err(refusal) = posted.only(&["login", "password"]) {
        return guest.refuse(&refusal);
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
pub async fn sign_out(VisitorPost(visitor, posted): VisitorPost) -> Response {
    let known = posted.only(&[]);
    let signed_out = async {
        known?;
        visitor.app.engine.logout(&visitor.secret).await
    };
    if let Err(refusal) = signed_out.await {
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
    let detail = Some(refusal.detail.text(guest.voice.locale));
    guest.html(problem::status(refusal.kind), &LoginPage { login, refusal: Some(why), detail, ..blank(guest, next) })
}

/// The page as it is before anything was typed.
fn blank(guest: &Guest, next: String) -> LoginPage {
    let demo = &guest.app.pages.demo;
    let person = |person: &DemoLogin| Person {
        login: person.login.clone(),
        role: person.role.clone(),
        href: address::with("/login", [("as", person.login.as_str()), ("next", &next)]),
    };
    // The people of a demo share one password.
    let shared = demo.first().filter(|first| demo.iter().all(|other| other.password == first.password));
    LoginPage {
        page: guest.page(),
        login: String::new(),
        password: String::new(),
        refusal: None,
        detail: None,
        people: demo.iter().map(person).collect(),
        shared: shared.map(|person| person.password.clone()),
        next,
    }
}
