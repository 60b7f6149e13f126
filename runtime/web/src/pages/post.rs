//! What a form posts: pairs of names and texts, from one of our own pages. Of files that come along ([`parts`]) the
//! pairs hold the ids under which they are kept.

pub mod parts;

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::{StatusCode, header};
use axum::response::Response;
use fichero_engine::message::Message;
use fichero_engine::value::check::Problem;
use fichero_engine::{Kind, Refusal};

use super::guest::Guest;
use super::visitor::Visitor;
use super::{address, csrf};
use crate::api::files::is_multipart;
use crate::api::parameters;
use crate::percent;
use crate::server::App;

/// What a form posts. A name may stand several times; where one value is wanted, the last counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    pairs: Vec<(String, String)>,
    /// Where each name stands among the pairs: forms with many lines have many.
    places: HashMap<String, Vec<usize>>,
    /// Why files were not taken that came along, by the name of their input.
    refused: Vec<(String, Problem)>,
}

impl Posted {
    /// From pairs, as they stand in an address.
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        let mut posted = Self::default();
        for (name, value) in pairs {
            posted.push(&name, &value);
        }
        posted
    }

    /// From the body of a request.
    ///
    /// # Errors
    /// When it is no form, or too large.
    pub async fn read(request: Request, app: &App) -> Result<Self, Refusal> {
        let wrong = || Refusal::malformed(Message::key("bad_form"));
        let media = request.headers().get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
        let media = media.and_then(|media| media.split(';').next()).unwrap_or_default().trim();
        if !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(wrong());
        }
        let body = Bytes::from_request(request, app).await.map_err(|rejection| {
            let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
            if too_large { Refusal::new(Kind::TooLarge, "too_large", Message::key("too_large")) } else { wrong() }
        })?;
        let text = std::str::from_utf8(&body).map_err(|_| wrong())?;
        let pair = |(name, value)| Some((percent::decoded(name)?, percent::decoded(value)?));
        let pairs = percent::pairs(text).map(pair).collect::<Option<Vec<_>>>();
        pairs.map(Self::new).ok_or_else(wrong)
    }

    /// That nothing else stands there than these names, and those that forms of all kinds post.
    ///
    /// # Errors
    /// The first name that means nothing here.
    pub fn only(&self, names: &[&str]) -> Result<(), Refusal> {
        const USUAL: [&str; 5] = ["_csrf", "_next", "_version", "_do", "_charset_"];
        let mut known = self.pairs().map(|(name, _)| name);
        match known.find(|name| !names.contains(name) && !USUAL.contains(name)) {
            Some(name) => Err(parameters::unknown(name)),
            None => Ok(()),
        }
    }

    /// All pairs in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The last value of a name.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.values(name).next_back()
    }

    /// All values of a name but the empty ones.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name).filter(|value| !value.is_empty())
    }

    /// Whether the name stands there at all.
    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Adds a pair.
    pub fn push(&mut self, name: &str, value: &str) {
        self.places.entry(name.to_owned()).or_default().push(self.pairs.len());
        self.pairs.push((name.to_owned(), value.to_owned()));
    }

    /// Keeps the pairs whose name fits.
    pub fn retain(&mut self, fits: impl Fn(&str) -> bool) {
        let Self { pairs, refused, .. } = std::mem::take(self);
        *self = Self::new(pairs.into_iter().filter(|(name, _)| fits(name)).collect());
        self.refused = refused.into_iter().filter(|(name, _)| fits(name)).collect();
    }

    /// Says why a file was not taken that came along for an input.
    pub fn refuse(&mut self, name: &str, problem: Problem) {
        self.refused.push((name.to_owned(), problem));
    }

    /// Why files were not taken that came along for an input.
    pub fn refused(&self, name: &str) -> impl Iterator<Item = &Problem> {
        self.refused.iter().filter(move |(known, _)| known == name).map(|(_, problem)| problem)
    }

    /// Pairs of the same post: what was refused of it stays so.
    #[must_use]
    pub fn instead_of(self, posted: &Posted) -> Self {
        Self { refused: posted.refused.clone(), ..self }
    }

    fn values(&self, name: &str) -> impl DoubleEndedIterator<Item = &str> {
        let places = self.places.get(name).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| self.pairs.get(*place)).map(|(_, value)| value.as_str())
    }

    /// Where to go afterwards: a page of ours.
    pub fn next(&self) -> &str {
        address::local(self.last("_next").unwrap_or("/"))
    }

    /// The version the writer read.
    pub fn version(&self) -> Option<i64> {
        self.last("_version")?.parse().ok()
    }
}

/// A post of somebody who is signed in.
pub struct VisitorPost(pub Visitor, pub Posted);

/// A post of somebody who is not.
pub struct GuestPost(pub Guest, pub Posted);

/// A post of somebody who is signed in, of a form that they can be shown again: one that was opened in another session
/// comes with what to tell of it, and is not to be taken.
pub struct FormPost(pub Visitor, pub Posted, pub Option<Refusal>);

impl FromRequest<App> for FormPost {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, app).await?;
        let ours = csrf::is_from_here(&parts.headers);
        let request = Request::from_parts(parts, body);
        let posted = match is_multipart(request.headers()) {
            true => parts::read(request, app, &visitor, ours).await,
            false => Posted::read(request, app).await,
        };
        let posted = match posted {
            Ok(posted) => posted,
            Err(refusal) => return Err(visitor.refuse(&refusal).await),
        };
        match foreign(ours, posted.last("_csrf"), |token| visitor.is_token(token)) {
            None => Ok(Self(visitor, posted, None)),
            Some(refusal) if refusal.code == EXPIRED => Ok(Self(visitor, posted, Some(refusal))),
            Some(refusal) => Err(visitor.refuse(&refusal).await),
        }
    }
}

impl VisitorPost {
    /// Reads a post; another site's, or one without its token, is answered with a page that says so.
    ///
    /// # Errors
    /// The answer.
    pub async fn read(request: Request, app: &App) -> Result<Self, Response> {
        match FormPost::from_request(request, app).await? {
            FormPost(visitor, posted, None) => Ok(Self(visitor, posted)),
            FormPost(visitor, _, Some(refusal)) => Err(visitor.refuse(&refusal).await),
        }
    }
}

impl FromRequest<App> for VisitorPost {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        Self::read(request, app).await
    }
}

impl GuestPost {
    /// Reads a post; another site's, or one without its token, is answered with a page that says so.
    ///
    /// # Errors
    /// The answer.
    pub async fn read(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(guest) = Guest::from_request_parts(&mut parts, app).await;
        let ours = csrf::is_from_here(&parts.headers);
        let posted = match Posted::read(Request::from_parts(parts, body), app).await {
            Ok(posted) => posted,
            Err(refusal) => return Err(guest.refuse(&refusal)),
        };
        match foreign(ours, posted.last("_csrf"), |token| guest.is_token(token)) {
            None => Ok(Self(guest, posted)),
            Some(refusal) => Err(guest.refuse(&refusal)),
        }
    }
}

/// The code of a post whose form was opened in another session.
const EXPIRED: &str = "expired_form";

/// Why a post is not certain to come from a form of the reader's session, if it is not.
fn foreign(ours: bool, token: Option<&str>, is_token: impl Fn(&str) -> bool) -> Option<Refusal> {
    let code = match token {
        _ if !ours => "foreign_post",
        None => "no_token",
        Some(token) if is_token(token) => return None,
        Some(_) => EXPIRED,
    };
    Some(Refusal::new(Kind::Forbidden, code, Message::key(code)))
}

/// Whether a refusal is about the form as such, not about what its sender may do.
pub fn is_about_form(refusal: &Refusal) -> bool {
    matches!(refusal.code, "foreign_post" | "no_token" | EXPIRED)
}
