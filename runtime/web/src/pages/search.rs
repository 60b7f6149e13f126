//! `/search`: there is no search over everything yet, and this page says so, with the lists that can be searched.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::Refusal;
use fichero_engine::read::page::{Seen, Titles};
use fichero_engine::read::search;
use fichero_model::EntityId;

use super::visitor::Visitor;
use super::{address, chrome, list};
use crate::ui::context::{Link, SearchPage};

/// `GET /search?q=…`.
pub async fn show(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let asked = pairs.into_iter().find(|(name, _)| name == "q").map(|(_, text)| text).unwrap_or_default();
    let page = page(&visitor, asked).await;
    visitor.reply(page).await
}

async fn page(visitor: &Visitor, asked: String) -> Result<Response, Refusal> {
    let model = visitor.model();
    let Seen { reader, now, .. } = visitor.app.engine.reader(&visitor.live, &visitor.actor).await?;
    let titles = Titles::default();
    let words = visitor.words(&reader, now, &titles);
    let mut entities: Vec<EntityId> = Vec::new();
    for listed in chrome::menu(model).iter().flat_map(|heading| heading.lists()) {
        if !entities.contains(&listed.entity) && search::is_possible(model, listed.entity) {
            entities.push(listed.entity);
        }
    }
    let link = |entity: &EntityId| {
        let head = words.head(*entity);
        Link { href: address::with(&head.href, [("view", list::ALL), ("q", &asked)]), label: head.plural }
    };
    let lists = entities.iter().map(link).collect();
    Ok(visitor.html(StatusCode::OK, &SearchPage { page: visitor.page(&reader, None), asked, lists }))
}
