//! The trash of an entity.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::Refusal;
use fichero_engine::policy::Action;
use fichero_engine::read::page::Seen;

use super::address;
use super::visitor::Visitor;
use crate::ui::context::{Link, Pager, TrashPage, TrashRow};

/// `GET /{entity}/trash`.
pub async fn show(visitor: Visitor, Path(name): Path<String>, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let page = page(&visitor, &name, &pairs).await;
    visitor.reply(page).await
}

async fn page(visitor: &Visitor, name: &str, pairs: &[(String, String)]) -> Result<Response, Refusal> {
    let entity = visitor.entity(name)?;
    let cursor = pairs.iter().find(|(name, _)| name == "cursor").map(|(_, cursor)| cursor.clone());
    let paged = cursor.is_some();
    let Seen { reader, now, page: trash, .. } =
        visitor.app.engine.trash_page(&visitor.live, &visitor.actor, entity, cursor).await?;
    let words = visitor.words(&reader, now, &trash.titles);
    let head = words.head(entity);
    let here = format!("{}/trash", head.href);
    let rows = trash.rows.iter().map(|row| {
        let href = words.href(row.record);
        TrashRow {
            title: words.title(row.record),
            at: words.when(row.at),
            by: words.person(row.by),
            with: row.with,
            restore: visitor.may(entity, Action::Restore).then(|| format!("{href}/restore")),
            purge: visitor.may(entity, Action::Purge).then(|| format!("{href}/purge")),
            href,
        }
    });
    let mut page = visitor.page(&reader, Some(entity));
    page.crumbs.push(Link { label: head.plural.clone(), href: head.href.clone() });
    let pager = Pager {
        previous: paged.then(|| here.clone()),
        next: trash.next.map(|next| address::with(&here, [("cursor", next.as_str())])),
    };
    Ok(visitor.html(StatusCode::OK, &TrashPage { page, rows: rows.collect(), entity: head, pager }))
}
