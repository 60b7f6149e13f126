//! The list as a file: the records, order and columns that the page shows, on all of its pages.

use axum::extract::{Path, Query};
use axum::response::Response;
use fichero_engine::Refusal;
use fichero_engine::export::{Format, Question};
use fichero_engine::message::Message;

use super::asked::Asked;
use super::columns;
use crate::download;
use crate::pages::visitor::Visitor;
use crate::ui::context::Export;

/// The formats that are offered, with what people call them in every language.
const OFFERED: [(&str, Format); 3] = [("CSV", Format::CSV), ("Excel", Format::Xlsx), ("JSON lines", Format::JsonLines)];

/// `GET /{entity}/export/{format}`, with what is asked of the list.
pub async fn show(
    visitor: Visitor,
    Path((name, format)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let file = file(&visitor, &name, &format, &pairs).await;
    visitor.reply(file).await
}

async fn file(visitor: &Visitor, name: &str, format: &str, pairs: &[(String, String)]) -> Result<Response, Refusal> {
    let model = visitor.model();
    let entity = visitor.entity(name)?;
    let format = Format::named(format).ok_or_else(Refusal::not_found)?;
    let asked = Asked::read(model, entity, visitor.voice.chrome, pairs)?;
    if asked.is_wrong() {
        return Err(Refusal::malformed(Message::key("bad_request")));
    }
    let columns = columns(model, entity, asked.view);
    let question = Question {
        conditions: asked.conditions(&columns),
        equals: asked.equals(),
        sort: asked.sort(),
        columns,
        ..Question::default()
    };
    download::of(visitor.app.engine.export(&visitor.actor, entity, question, format)?, name, format).await
}

/// The ways to the files of a list.
pub fn links(asked: &Asked<'_>) -> Vec<Export> {
    let link =
        |(label, format): (&str, Format)| Export { label: label.to_owned(), href: asked.exported(format.ending()) };
    OFFERED.map(link).into()
}
