//! A form that is posted in parts, with the files of its fields.
//!
//! Each file is written as it comes and kept as an upload of the sender, whose id then stands among the pairs under the
//! name of its field: so it lasts when the form is shown again. A file that its field does not take is passed over and
//! told of at the field; the rest of the form is read all the same. Nothing is kept of a form that is not certainly of the
//! reader's session: its token stands before the files.

use axum::body::Bytes;
use axum::extract::multipart::{Field as Part, MultipartError};
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::StatusCode;
use fichero_engine::files::plain_name;
use fichero_engine::message::Message;
use fichero_engine::{Kind, Refusal};
use fichero_model::entity::Field;
use fichero_model::kind::Kind as FieldKind;
use fichero_model::{EntityId, size};

use super::Posted;
use crate::api::files::{Taking, largest};
use crate::pages::form::names;
use crate::pages::visitor::Visitor;
use crate::server::{App, BODY};

/// The most files that come with one form.
pub(crate) const MOST_FILES: usize = 10;

/// As many bytes count for each part besides its name and text.
const OF_EACH: usize = 32;

/// What stands behind the name of a field in that of the input which takes files for it.
pub const FILE: &str = ".file";

/// Reads a form, whose address begins with the entity of its fields.
///
/// # Errors
/// When it is no form, did not come whole, or is too large; or a file cannot be kept.
pub async fn read(request: Request, app: &App, visitor: &Visitor, ours: bool) -> Result<Posted, Refusal> {
    let entity = request.uri().path().split('/').nth(1).and_then(|name| visitor.entity(name).ok());
    let mut parts = Multipart::from_request(request, app).await.map_err(|_| no_form())?;
    let mut form = Form { app, visitor, entity, ours, is_ours: false, posted: Posted::default(), texts: 0, files: 0 };
    while let Some(part) = parts.next_field().await.map_err(|error| cut(&error))? {
        let name = part.name().ok_or_else(no_form)?.to_owned();
        match part.file_name().map(str::to_owned) {
            None => form.text(&name, part).await?,
            Some(sent) => form.file(&name, &sent, part).await?,
        }
    }
    Ok(form.posted)
}

struct Form<'a> {
    app: &'a App,
    visitor: &'a Visitor,
    entity: Option<EntityId>,
    /// The browser says that one of our own pages posts.
    ours: bool,
    /// And it has shown the token of its session.
    is_ours: bool,
    posted: Posted,
    /// How many bytes of names and texts came so far, and how many files.
    texts: usize,
    files: usize,
}

impl<'a> Form<'a> {
    async fn text(&mut self, name: &str, mut part: Part<'_>) -> Result<(), Refusal> {
        let mut text = Vec::new();
        self.texts += name.len() + OF_EACH;
        while let Some(bytes) = next(&mut part).await? {
            self.texts += bytes.len();
            if self.texts > BODY {
                return Err(too_large());
            }
            text.extend_from_slice(&bytes);
        }
        let text = String::from_utf8(text).map_err(|_| no_form())?;
        if name == "_csrf" {
            self.is_ours = self.ours && self.visitor.is_token(&text);
        }
        self.posted.push(name, &text);
        Ok(())
    }

    async fn file(&mut self, name: &str, sent: &str, mut part: Part<'_>) -> Result<(), Refusal> {
        let first = next(&mut part).await?;
        // An input in which nothing was chosen is posted as a file without a name.
        if sent.is_empty() && first.is_none() {
            return Ok(());
        }
        let Some((input, field)) = self.field(name) else {
            self.posted.push(name, sent);
            return pass_over(part).await;
        };
        let called = plain_name(sent);
        if !self.is_ours {
            self.posted.refuse(input, ("file_again", Message::with("file_again", [called])));
            return pass_over(part).await;
        }
        if self.files == MOST_FILES {
            let told = Message::with("files_too_many", [MOST_FILES.to_string(), called]);
            self.posted.refuse(input, ("files_too_many", told));
            return pass_over(part).await;
        }
        self.files += 1;
        let limit = largest(self.app, field);
        let over = ("file_over", Message::with("file_over", [called, size::text(limit)]));
        let mut taking = Taking::new(self.app.engine.begin_upload(&self.visitor.actor, limit)?);
        let mut bytes = first;
        while let Some(more) = bytes {
            match taking.put(more).await {
                Ok(()) => {}
                Err(refusal) if refusal.kind == Kind::TooLarge => {
                    self.posted.refuse(input, over);
                    return pass_over(part).await;
                }
                Err(refusal) => return Err(refusal),
            }
            bytes = next(&mut part).await?;
        }
        match taking.keep(self.app, &self.visitor.actor, (sent, Some(field))).await {
            Ok(described) => self.posted.push(input, &described.file.id.to_string()),
            Err(refusal) if refusal.kind == Kind::TooLarge => self.posted.refuse(input, over),
            Err(Refusal { kind: Kind::Invalid, errors, code, detail, .. }) => {
                let problem = errors.into_iter().next().map_or((code, detail), |error| (error.code, error.message));
                self.posted.refuse(input, problem);
            }
            Err(refusal) => return Err(refusal),
        }
        Ok(())
    }

    /// The input that a file comes for, and its field.
    fn field<'n>(&self, name: &'n str) -> Option<(&'n str, &'a Field)> {
        let input = name.strip_suffix(FILE)?;
        let field = names::field(self.visitor.model(), self.entity?, input)?;
        matches!(field.kind, FieldKind::File(_)).then_some((input, field))
    }
}

/// The next bytes, of which there is one at least.
async fn next(part: &mut Part<'_>) -> Result<Option<Bytes>, Refusal> {
    loop {
        match part.chunk().await.map_err(|error| cut(&error))? {
            Some(bytes) if bytes.is_empty() => {}
            bytes => return Ok(bytes),
        }
    }
}

async fn pass_over(mut part: Part<'_>) -> Result<(), Refusal> {
    while next(&mut part).await?.is_some() {}
    Ok(())
}

fn no_form() -> Refusal {
    Refusal::malformed(Message::key("bad_form"))
}

fn too_large() -> Refusal {
    Refusal::new(Kind::TooLarge, "too_large", Message::key("too_large"))
}

fn cut(error: &MultipartError) -> Refusal {
    let is_long = error.status() == StatusCode::PAYLOAD_TOO_LARGE;
    if is_long { too_large() } else { Refusal::malformed(Message::key("upload_cut")) }
}
