//! The values of settings documents, which administrators set: no menu leads to their lists, but each document has a page
//! here.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::Refusal;
use fichero_engine::read::page::{ListQuestion, Seen, Titles};
use fichero_model::{EntityId, Id};

use super::form::read::Typed;
use super::form::{self, Attempt};
use super::post::Posted;
use super::reply;
use super::visitor::Visitor;
use crate::ui::context::{Link, SettingsPage};

/// The page with all of them.
pub const HERE: &str = "/admin/settings";

/// `GET /admin/settings`: all documents, or the only one.
pub async fn show(visitor: Visitor) -> Response {
    let page = page(&visitor).await;
    visitor.reply(page).await
}

/// `GET /admin/settings/{name}`: the form of a document's values.
pub async fn edit(visitor: Visitor, Path(name): Path<String>) -> Response {
    let page = document(&visitor, &name).await;
    visitor.reply(page).await
}

async fn page(visitor: &Visitor) -> Result<Response, Refusal> {
    visitor.administrator()?;
    let settings = &visitor.model().settings;
    if let [only] = &settings[..] {
        return Ok(reply::see_other(&format!("{HERE}/{}", only.name)));
    }
    let Seen { reader, now, .. } = visitor.app.engine.reader(&visitor.live, &visitor.actor).await?;
    let titles = Titles::default();
    let words = visitor.words(&reader, now, &titles);
    let document = |settings: &fichero_model::data::Settings| Link {
        label: words.head(settings.entity).label,
        href: format!("{HERE}/{}", settings.name),
    };
    let documents = settings.iter().map(document).collect();
    Ok(visitor.html(StatusCode::OK, &SettingsPage { page: visitor.page(&reader, None), documents }))
}

async fn document(visitor: &Visitor, name: &str) -> Result<Response, Refusal> {
    visitor.administrator()?;
    let settings = visitor.model().settings.iter().find(|settings| *settings.name == *name);
    let entity = settings.map(|settings| settings.entity).ok_or_else(Refusal::not_found)?;
    let id = held(visitor, entity).await?;
    let posted = Posted::new(vec![("_next".to_owned(), format!("{HERE}/{name}"))]);
    let attempt = Attempt { entity, id, posted, typed: Typed::default(), refusal: None, changed: false, gone: None };
    form::show(visitor, attempt).await
}

/// The record that holds the values; nothing while nobody has changed them.
async fn held(visitor: &Visitor, entity: EntityId) -> Result<Option<Id>, Refusal> {
    let question = ListQuestion {
        entity,
        conditions: Vec::new(),
        equals: Vec::new(),
        sort: Vec::new(),
        columns: Vec::new(),
        totals: Vec::new(),
        limit: 1,
        cursor: None,
        fingerprint: String::new(),
        people: false,
    };
    let Seen { page: list, .. } = visitor.app.engine.list_page(&visitor.live, &visitor.actor, question).await?;
    Ok(list.rows.first().map(|row| row.record.id))
}
