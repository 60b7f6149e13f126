//! Files: `POST /api/files`, and what is known and kept of each.
//!
//! Bytes are written as they come and read as they go, so that no file is ever whole in memory. Whoever reads may come
//! with the session of a page, as pictures and links of pages do; whoever uploads with it has to show the token of its
//! forms too.

mod body;

use std::io::SeekFrom;

use axum::Json as Reply;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest as _, FromRequestParts, Multipart, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use fichero_engine::files::{self, Described, File, Upload};
use fichero_engine::message::Message;
use fichero_engine::{Actor, Engine, FieldError, Kind, Refusal, Via};
use fichero_model::Id;
use fichero_model::entity::Field;
use fichero_model::kind::Kind as FieldKind;
use fichero_model::label::Locale;
use serde_json::{Value as Json, json};

use super::problem::Problem;
use super::session::{self, Caller};
use super::{imports, parameters};
use crate::pages::csrf;
use crate::percent;
use crate::server::{App, Pinned};

/// As many bytes are gathered before they are written.
const AT_ONCE: usize = 256 * 1024;

/// Types that browsers show in place without running anything. SVG is not among them: it may hold scripts.
const SHOWN: [&str; 9] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/bmp",
    "application/pdf",
    "text/plain",
    "text/csv",
];

/// The header with which scripts of pages show the token of their forms.
const TOKEN: &str = "x-csrf-token";

/// Whether a request brings files, and so may be long.
pub fn brings_files(request: &Request) -> bool {
    let path_brings = request.uri().path() == "/api/files" || imports::brings_file(request);
    request.method() == Method::POST && (path_brings || is_multipart(request.headers()))
}

pub(crate) fn is_multipart(headers: &axum::http::HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    media.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("multipart/form-data")
}

/// Somebody who is signed in, by a token or by the session of a page.
pub struct Somebody(Caller);

impl FromRequestParts<App> for Somebody {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Some(secret) = session::cookie(parts).filter(|_| session::bearer(parts).is_none()) else {
            return Caller::from_request_parts(parts, app).await.map(Self);
        };
        let secret = secret.to_owned();
        let app = Pinned::of(parts, app);
        let refuse = |refusal, locale: Locale| Problem::new(refusal, locale);
        let locale = session::language(&parts.headers);
        let actor = app.engine.authenticate(&secret, Via::Page).await.map_err(|refusal| refuse(refusal, locale))?;
        if parts.method != Method::GET && parts.method != Method::HEAD {
            let token = parts.headers.get(TOKEN).and_then(|token| token.to_str().ok()).unwrap_or_default();
            if !csrf::is_from_here(&parts.headers) || !csrf::is_token(app.engine.seal(), &secret, token) {
                let refusal = Refusal::new(Kind::Forbidden, "no_token", Message::key("no_token"));
                return Err(refuse(refusal, actor.locale));
            }
        }
        Ok(Self(Caller(actor)))
    }
}

/// `POST /api/files`.
pub async fn upload(Pinned(app): Pinned, request: Request) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let Somebody(caller) = Somebody::from_request_parts(&mut parts, &app).await?;
    let taken = take(&app, &caller, Request::from_parts(parts, body)).await;
    let file = taken.map_err(|refusal| caller.refuse(refusal))?;
    let mut response = (StatusCode::CREATED, Reply(described(&file))).into_response();
    if let Ok(location) = HeaderValue::from_str(&format!("/api/files/{}", file.file.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

async fn take(app: &App, caller: &Caller, request: Request) -> Result<Described, Refusal> {
    let Asked { name, field } = asked(app, request.uri().query())?;
    if is_multipart(request.headers()) && name.is_some() {
        return Err(parameters::unknown("name"));
    }
    receive(app, &caller.0, request, (name.as_deref().unwrap_or_default(), field.as_ref())).await
}

/// Takes in the file that a request brings: its body, by that name, or the one part of a form; for that field, if any.
pub(super) async fn receive(
    app: &App,
    actor: &Actor,
    request: Request,
    (name, field): (&str, Option<&Field>),
) -> Result<Described, Refusal> {
    let limit = field.map_or(app.largest_file, |field| largest(app, field));
    let begin = || app.engine.begin_upload(actor, limit);
    if !is_multipart(request.headers()) {
        let mut taking = Taking::new(begin()?);
        let mut body = request.into_body();
        while let Some(bytes) = body::next(&mut body).await {
            taking.put(bytes.map_err(|_| cut())?).await?;
        }
        return taking.keep(app, actor, (name, field)).await;
    }
    let one = || Refusal { code: "one_file", ..Refusal::malformed(Message::key("one_file")) };
    let mut parts = Multipart::from_request(request, app).await.map_err(|_| one())?;
    let mut file = None;
    while let Some(mut part) = parts.next_field().await.map_err(|error| part_refused(&error, app.largest_file))? {
        if file.is_some() {
            return Err(one());
        }
        let name = part.file_name().or(part.name()).unwrap_or_default().to_owned();
        let mut taking = Taking::new(begin()?);
        while let Some(bytes) = part.chunk().await.map_err(|error| part_refused(&error, app.largest_file))? {
            taking.put(bytes).await?;
        }
        file = Some((taking, name));
    }
    let (taking, name) = file.ok_or_else(one)?;
    taking.keep(app, actor, (&name, field)).await
}

/// What the address of an upload says.
#[derive(Default)]
struct Asked {
    /// What the file is called.
    name: Option<String>,
    /// The field that it is for.
    field: Option<Field>,
}

fn asked(app: &App, query: Option<&str>) -> Result<Asked, Refusal> {
    let mut asked = Asked::default();
    for (key, value) in percent::pairs(query.unwrap_or_default()) {
        let value = percent::decoded(value).ok_or_else(|| parameters::unknown(key))?;
        match key {
            "name" => asked.name = Some(value),
            "for" => asked.field = Some(field_of(app, &value).ok_or_else(|| parameters::unknown("for"))?),
            other => return Err(parameters::unknown(other)),
        }
    }
    Ok(asked)
}

/// The field of files that `entity.field` names.
fn field_of(app: &App, path: &str) -> Option<Field> {
    let (entity, field) = path.split_once('.')?;
    let live = app.engine.live();
    let (_, field) = live.model[live.model.entity(entity)?.0].field(field)?;
    matches!(field.kind, FieldKind::File(_)).then(|| field.clone())
}

/// As many bytes as a file for a field may have.
pub(crate) fn largest(app: &App, field: &Field) -> u64 {
    match &field.kind {
        FieldKind::File(accepted) => accepted.max.map_or(app.largest_file, |max| max.min(app.largest_file)),
        _ => app.largest_file,
    }
}

/// What is told of bytes that ended before they were whole.
fn cut() -> Refusal {
    Refusal { code: "upload_cut", ..Refusal::malformed(Message::key("upload_cut")) }
}

/// What is told of a part that cannot be read.
pub(crate) fn part_refused(error: &axum::extract::multipart::MultipartError, limit: u64) -> Refusal {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { files::too_large(limit) } else { cut() }
}

/// A file that is coming in, written by threads that may wait.
pub(crate) struct Taking {
    upload: Upload,
    waiting: Vec<u8>,
}

impl Taking {
    pub(crate) fn new(upload: Upload) -> Self {
        Self { upload, waiting: Vec::new() }
    }

    pub(crate) async fn put(&mut self, bytes: Bytes) -> Result<(), Refusal> {
        self.waiting.extend_from_slice(&bytes);
        if self.waiting.len() < AT_ONCE { Ok(()) } else { self.write().await }
    }

    async fn write(&mut self) -> Result<(), Refusal> {
        let bytes = std::mem::take(&mut self.waiting);
        self.upload.write(bytes).await
    }

    /// Keeps what has come whole, by that name; for a field only what it takes.
    pub(crate) async fn keep(
        mut self,
        app: &App,
        actor: &Actor,
        (name, field): (&str, Option<&Field>),
    ) -> Result<Described, Refusal> {
        self.write().await?;
        if let Some(field) = field
            && let Err((code, message)) = self.upload.is_for(field, name)
        {
            return Err(Refusal::invalid(vec![FieldError::new(field.name.to_string(), code, message)]));
        }
        let file = app.engine.keep_upload(actor, self.upload, name).await?;
        Ok(Described { file, record: None })
    }
}

/// `GET /api/files/{id}`.
pub async fn show(
    Pinned(app): Pinned,
    Somebody(caller): Somebody,
    Path(id): Path<String>,
) -> Result<Reply<Json>, Problem> {
    let file = find(&app, &caller, &id).await.map_err(|refusal| caller.refuse(refusal))?;
    let mut told = described(&file);
    let record = file.record.map(|record| {
        let name = &app.engine.live().model[record.entity].name;
        json!({"entity": &**name, "id": record.id.to_string()})
    });
    told["record"] = record.unwrap_or_default();
    told["created_at"] = file.file.created_at.to_string().into();
    told["created_by"] = file.file.created_by.map(|id| id.to_string()).into();
    Ok(Reply(told))
}

async fn find(app: &App, caller: &Caller, id: &str) -> Result<Described, Refusal> {
    let id: Id = id.parse().map_err(|_| Refusal::not_found())?;
    app.engine.file(&caller.0, id).await
}

fn described(file: &Described) -> Json {
    files::json(&file.file)
}

/// `GET /api/files/{id}/content`.
pub async fn content(
    Pinned(app): Pinned,
    Somebody(caller): Somebody,
    Path(id): Path<String>,
    headers: axum::http::HeaderMap,
) -> Result<Response, Problem> {
    let bytes = async {
        let Described { file, .. } = find(&app, &caller, &id).await?;
        let size = u64::try_from(file.size).unwrap_or(0);
        let tag = format!("\"{}\"", file.hash);
        let asked = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let known = |tags: &str| tags.split(',').any(|known| known.trim().trim_start_matches("W/") == tag);
        let mut response = if asked(header::IF_NONE_MATCH).is_some_and(known) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            // A part of what was another file before is of no use.
            let whole = asked(header::IF_RANGE).is_some_and(|range| range != tag);
            let range = asked(header::RANGE).filter(|_| !whole).and_then(|range| part_of(range, size));
            let (from, length) = range.unwrap_or((0, size));
            let mut content = app.engine.open_file(&file)?;
            let broken = |why: &dyn std::fmt::Display| Refusal::internal("the bytes of a file", why);
            let moved = tokio::task::spawn_blocking(move || content.seek(SeekFrom::Start(from)).map(|_| content));
            let content = moved.await.map_err(|error| broken(&error))?.map_err(|error| broken(&error))?;
            let mut response = Response::new(Body::new(body::Reading::new(content, length)));
            if range.is_some() {
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                let place = format!("bytes {from}-{}/{size}", from + length - 1);
                put(&mut response, header::CONTENT_RANGE, &place);
            }
            put(&mut response, header::CONTENT_LENGTH, &length.to_string());
            response
        };
        let media = if file.media.starts_with("text/") {
            format!("{}; charset=utf-8", file.media)
        } else {
            file.media.to_string()
        };
        put(&mut response, header::CONTENT_TYPE, &media);
        put(&mut response, header::CONTENT_DISPOSITION, &disposition(&file.name, &file.media));
        put(&mut response, header::ETAG, &tag);
        put(&mut response, header::ACCEPT_RANGES, "bytes");
        put(&mut response, header::CACHE_CONTROL, "private, no-cache");
        // The readers of PDF that browsers have do not run in a sandbox.
        let sandbox = if &*file.media == "application/pdf" { "" } else { "; sandbox" };
        put(
            &mut response,
            header::CONTENT_SECURITY_POLICY,
            &format!("default-src 'none'; style-src 'unsafe-inline'{sandbox}"),
        );
        Ok(response)
    };
    bytes.await.map_err(|refusal| caller.refuse(refusal))
}

/// All of a file that the reader may have, to be saved.
pub(crate) fn whole(engine: &Engine, file: &File) -> Result<Response, Refusal> {
    let size = u64::try_from(file.size).unwrap_or(0);
    let mut response = Response::new(Body::new(body::Reading::new(engine.open_file(file)?, size)));
    put(&mut response, header::CONTENT_LENGTH, &size.to_string());
    put(&mut response, header::CONTENT_TYPE, "text/csv; charset=utf-8");
    put(&mut response, header::CONTENT_DISPOSITION, &disposition(&file.name, "application/octet-stream"));
    Ok(response)
}

fn put(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// The part that is asked for: where it begins and how long it is. Nothing where it is not one part that there is; then
/// all is sent, as a server may.
fn part_of(range: &str, size: u64) -> Option<(u64, u64)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let greatest = size.checked_sub(1)?;
    let (first, last) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) => (first, last.min(greatest)),
        (Ok(first), Err(_)) if last.is_empty() => (first, greatest),
        (Err(_), Ok(count)) if first.is_empty() && count > 0 => (size.saturating_sub(count), greatest),
        _ => return None,
    };
    (first <= last).then(|| (first, last - first + 1))
}

/// How a browser is to take a file: shown where that is safe, else saved; with its name (RFC 6266, RFC 8187).
fn disposition(name: &str, media: &str) -> String {
    let how = if SHOWN.contains(&media) { "inline" } else { "attachment" };
    let plain: String = name
        .chars()
        .map(
            |sign| if sign.is_ascii_graphic() && !matches!(sign, '"' | '\\' | '%') || sign == ' ' { sign } else { '_' },
        )
        .collect();
    let mut exact = String::new();
    for byte in name.bytes() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~' => exact.push(char::from(byte)),
            _ => exact.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_file_are_understood() {
        for (range, part) in [
            ("bytes=0-3", Some((0, 4))),
            ("bytes=5-", Some((5, 5))),
            ("bytes=-3", Some((7, 3))),
            ("bytes=8-99", Some((8, 2))),
            ("bytes=10-", None),
            ("bytes=5-3", None),
            ("bytes=0-1,4-5", None),
            ("items=0-1", None),
        ] {
            assert_eq!(part_of(range, 10), part, "{range}");
        }
    }

    #[test]
    fn names_cannot_leave_their_header() {
        assert_eq!(disposition("a.pdf", "application/pdf"), "inline; filename=\"a.pdf\"; filename*=UTF-8''a.pdf");
        assert_eq!(
            disposition("ñ\"\\\r\n.svg", "image/svg+xml"),
            "attachment; filename=\"_____.svg\"; filename*=UTF-8''%C3%B1%22%5C%0D%0A.svg"
        );
    }
}
