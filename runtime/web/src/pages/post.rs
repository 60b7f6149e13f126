//! What a form posts: pairs of names and texts, from one of our own pages.

use std::collections::HashMap;

use axum::extract::{Form, FromRequest, FromRequestParts as _, Request};
use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::message::Message;
use fichero_engine::{Kind, Refusal};

use super::guest::Guest;
use super::visitor::Visitor;
use super::{address, csrf};
use crate::server::App;

/// What a form posts. A name may stand several times; where one value is wanted, the last counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    pairs: Vec<(String, String)>,
    /// Where each name stands among the pairs: forms with many lines have many.
    places: HashMap<String, Vec<usize>>,
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
        let read = Form::<Vec<(String, String)>>::from_request(request, app).await;
        read.map(|Form(pairs)| Self::new(pairs)).map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                return Refusal::new(Kind::TooLarge, "too_large", Message::key("too_large"));
            }
            Refusal::malformed(Message::with("bad_parameter", ["body"]))
        })
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
        let pairs = std::mem::take(&mut self.pairs);
        *self = Self::new(pairs.into_iter().filter(|(name, _)| fits(name)).collect());
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

impl VisitorPost {
    /// Reads a post; another site's, or one without its token, is answered with a page that says so.
    ///
    /// # Errors
    /// The answer.
    pub async fn read(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, app).await?;
        let ours = csrf::is_from_here(&parts.headers);
        let posted = match Posted::read(Request::from_parts(parts, body), app).await {
            Ok(posted) => posted,
            Err(refusal) => return Err(visitor.refuse(&refusal).await),
        };
        if ours && visitor.is_token(posted.last("_csrf").unwrap_or_default()) {
            Ok(Self(visitor, posted))
        } else {
            Err(visitor.refuse(&foreign()).await)
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
        if ours && guest.is_token(posted.last("_csrf").unwrap_or_default()) {
            Ok(Self(guest, posted))
        } else {
            Err(guest.refuse(&foreign()))
        }
    }
}

fn foreign() -> Refusal {
    Refusal::new(Kind::Forbidden, "foreign_post", Message::key("foreign_post"))
}
