//! The post that brings a file: a form of parts, the token before the file.

use axum::extract::{FromRequest, FromRequestParts as _, Multipart, Request};
use axum::response::Response;
use fichero_engine::files::File;
use fichero_engine::message::Message;
use fichero_engine::{Kind, Refusal};

use super::super::csrf;
use super::super::visitor::Visitor;
use crate::api::files::{Taking, part_refused};
use crate::server::App;

/// The longest token.
const TOKEN: usize = 200;

/// Somebody who is signed in, and the file they sent.
pub struct Uploaded(pub Visitor, pub Result<File, Refusal>);

impl FromRequest<App> for Uploaded {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, app).await?;
        let ours = csrf::is_from_here(&parts.headers);
        let file = take(&visitor, app, ours, Request::from_parts(parts, body)).await;
        Ok(Self(visitor, file))
    }
}

async fn take(visitor: &Visitor, app: &App, ours: bool, request: Request) -> Result<File, Refusal> {
    let foreign = || Refusal::new(Kind::Forbidden, "no_token", Message::key("no_token"));
    let none = || Refusal { code: "one_file", ..Refusal::malformed(Message::key("one_file")) };
    let limit = app.largest_file;
    let mut parts = Multipart::from_request(request, app).await.map_err(|_| none())?;
    let mut is_ours = false;
    while let Some(mut part) = parts.next_field().await.map_err(|error| part_refused(&error, limit))? {
        if part.name() == Some("_csrf") {
            let mut token = Vec::new();
            while let Some(bytes) = part.chunk().await.map_err(|error| part_refused(&error, limit))? {
                token.extend_from_slice(&bytes);
                if token.len() > TOKEN {
                    return Err(foreign());
                }
            }
            is_ours = ours && std::str::from_utf8(&token).is_ok_and(|token| visitor.is_token(token));
        } else if part.name() == Some("file") {
            if !is_ours {
                return Err(foreign());
            }
            let name = part.file_name().unwrap_or_default().to_owned();
            let mut taking = Taking::new(app.engine.begin_upload(&visitor.actor, limit)?);
            while let Some(bytes) = part.chunk().await.map_err(|error| part_refused(&error, limit))? {
                taking.put(bytes).await?;
            }
            return taking.keep(app, &visitor.actor, (&name, None)).await.map(|described| described.file);
        }
    }
    Err(if is_ours { none() } else { foreign() })
}
