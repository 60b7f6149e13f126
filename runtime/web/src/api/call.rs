//! A request of somebody who is signed in, as all handlers of records take it.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use fichero_engine::Refusal;
use fichero_model::{EntityId, Id, Ref};

use super::problem::Problem;
use super::session::Caller;
use crate::server::{App, Pinned};

/// A request of somebody who is signed in.
pub struct Call {
    /// What the handlers share, with the model the request is read by.
    pub app: App,
    /// Who asks.
    pub caller: Caller,
    /// The headers.
    pub headers: HeaderMap,
    /// What is asked in the address, behind `?`.
    pub query: Option<String>,
}

impl FromRequestParts<App> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let (headers, query) = (parts.headers.clone(), parts.uri.query().map(str::to_owned));
        Ok(Self { app: Pinned::of(parts, app), caller, headers, query })
    }
}

impl Call {
    /// The answer of a handler, with a refusal in the caller's language.
    ///
    /// # Errors
    /// The refusal.
    pub async fn answer<T>(&self, work: impl Future<Output = Result<T, Refusal>>) -> Result<T, Problem> {
        work.await.map_err(|refusal| self.caller.refuse(refusal))
    }

    /// What is asked in the address, behind `?`.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The entity of a name.
    ///
    /// # Errors
    /// When there is none.
    pub fn entity(&self, name: &str) -> Result<EntityId, Refusal> {
        let found = self.app.engine.live().model.entity(name).map(|(id, _)| id);
        found.ok_or_else(|| Refusal::unknown_entity(name))
    }

    /// The record of an entity's name and an id.
    ///
    /// # Errors
    /// When there can be none: an id that is none names no record.
    pub fn record(&self, name: &str, id: &str) -> Result<Ref, Refusal> {
        let entity = self.entity(name)?;
        let id: Id = id.parse().map_err(|_| Refusal::not_found())?;
        Ok(Ref { entity, id })
    }
}
