//! Log-in and log-out of the HTTP interface.

use axum::Json as Reply;
use axum::body::Bytes;
use axum::extract::{FromRequestParts as _, Request};
use axum::http::StatusCode;
use fichero_engine::Refusal;
use fichero_engine::message::Message;
use serde_json::{Value as Json, json};

use super::problem::Problem;
use super::session::{Caller, bearer, language};
use super::{body, parameters};
use crate::server::Pinned;

/// `POST /api/login {login, password}` → `{token}`.
pub async fn login(Pinned(app): Pinned, request: Request) -> Result<Reply<Json>, Problem> {
    let (parts, content) = request.into_parts();
    let locale = language(&parts.headers);
    let refuse = |refusal| Problem::new(refusal, locale);
    let bytes: Bytes = axum::body::to_bytes(content, 16 * 1024)
        .await
        .map_err(|_| refuse(Refusal::new(fichero_engine::Kind::TooLarge, "too_large", Message::key("too_large"))))?;
    parameters::none(parts.uri.query()).map_err(refuse)?;
    let given = body::object(&bytes).map_err(refuse)?;
    if let Some(name) = given.keys().find(|name| !matches!(name.as_str(), "login" | "password")) {
        return Err(refuse(parameters::unknown(name)));
    }
    let text = |name: &'static str| {
        given
            .get(name)
            .and_then(Json::as_str)
            .map(str::to_owned)
            .ok_or_else(|| refuse(Refusal::malformed(Message::with("not_text", [name]))))
    };
    let (login, password) = (text("login")?, text("password")?);
    let token = app.engine.login(&login, &password).await.map_err(refuse)?;
    Ok(Reply(json!({"token": token})))
}

/// `POST /api/logout`: the token is good for nothing from now on.
pub async fn logout(Pinned(app): Pinned, request: Request) -> Result<StatusCode, Problem> {
    let (mut parts, _) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, &app).await?;
    parameters::none(parts.uri.query()).map_err(|refusal| caller.refuse(refusal))?;
    if let Some(token) = bearer(&parts) {
        app.engine.logout(token).await.map_err(|refusal| caller.refuse(refusal))?;
    }
    Ok(StatusCode::NO_CONTENT)
}
