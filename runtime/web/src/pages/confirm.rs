//! The page that asks before a record is deleted or removed for good.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::Refusal;
use fichero_engine::policy::Action;
use fichero_engine::read::page::{Affected, Seen};
use fichero_model::Ref;

use super::visitor::Visitor;
use super::words::Words;
use super::{address, list, record};
use crate::ui::context::{self, ConfirmPage, Deed, Hidden, Link};

/// `GET /{entity}/{id}/delete`.
pub async fn delete(visitor: Visitor, Path((name, id)): Path<(String, String)>) -> Response {
    let page = page(&visitor, &name, &id, Deed::Delete).await;
    visitor.reply(page).await
}

/// `GET /{entity}/{id}/purge`.
pub async fn purge(visitor: Visitor, Path((name, id)): Path<(String, String)>) -> Response {
    let page = page(&visitor, &name, &id, Deed::Purge).await;
    visitor.reply(page).await
}

async fn page(visitor: &Visitor, name: &str, id: &str, deed: Deed) -> Result<Response, Refusal> {
    let record = visitor.record(name, id)?;
    let action = match deed {
        Deed::Delete => Action::Delete,
        Deed::Purge => Action::Purge,
    };
    if !visitor.may(record.entity, action) {
        return Err(Refusal::forbidden());
    }
    let Seen { reader, now, page: deletion, .. } =
        visitor.app.engine.deletion_page(&visitor.live, &visitor.actor, record).await?;
    if deletion.trashed && deed == Deed::Delete {
        return Ok(visitor.go(&format!("/{name}/{id}"), None));
    }
    let words = visitor.words(&reader, now, &deletion.titles);
    let head = words.head(record.entity);
    let link = Link { label: words.title(record), href: words.href(record) };
    let mut page = visitor.page(&reader, Some(record.entity));
    page.crumbs = vec![Link { label: head.plural.clone(), href: head.href.clone() }, link.clone()];
    let affected = |affected: &Affected| show(&words, record, affected);
    let page = ConfirmPage {
        page,
        entity: head,
        action: match deed {
            Deed::Delete => format!("{}/delete", link.href),
            Deed::Purge => format!("{}/purge", link.href),
        },
        record: link,
        deed,
        hidden: vec![Hidden { name: "_version".to_owned(), value: deletion.version.to_string() }],
        cascades: deletion.cascades.iter().map(affected).collect(),
        blockers: deletion.blockers.iter().map(affected).collect(),
    };
    Ok(visitor.html(StatusCode::OK, &page))
}

fn show(words: &Words<'_>, to: Ref, affected: &Affected) -> context::Affected {
    let definition = &words.model[affected.entity];
    let (name, value) = record::pair(words, to, &definition[affected.field]);
    let pairs = [("view", list::ALL), (name, value.as_str())];
    context::Affected {
        label: words.label(&definition.plural).to_owned(),
        n: affected.count,
        // Lines have no list of their own worth going to.
        href: definition.line_of.is_none().then(|| address::with(&format!("/{}", definition.name), pairs)),
    }
}
