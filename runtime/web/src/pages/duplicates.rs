//! Likely duplicates of an entity: what the last search found, and what is decided of it.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::Refusal;
use fichero_engine::duplicates::{Group, Pair};
use fichero_engine::policy::Action;
use fichero_engine::read::page::Seen;
use fichero_model::{EntityId, Ref};

use super::notice::Notice;
use super::post::VisitorPost;
use super::visitor::Visitor;
use super::words::Words;
use super::{address, merge};
use crate::api::parameters;
use crate::ui::context::{DuplicateGroup, DuplicatePair, DuplicatesPage, LargeKey, Link, Pager};

/// How many groups one page shows, as the engine has it.
const GROUPS: usize = 25;

/// `GET /{entity}/duplicates`.
pub async fn show(visitor: Visitor, Path(name): Path<String>, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let page = page(&visitor, &name, &pairs).await;
    visitor.reply(page).await
}

/// `POST /{entity}/duplicates`: `search` asks for a search, `dismiss` says that two records are not the same.
pub async fn decide(Path(name): Path<String>, VisitorPost(visitor, posted): VisitorPost) -> Response {
    let answer = async {
        posted.only(&["one", "other"])?;
        let entity = visitor.entity(&name)?;
        let (engine, here) = (&visitor.app.engine, format!("/{name}/duplicates"));
        match posted.last("_do") {
            Some("search") => {
                engine.want_duplicates(&visitor.actor, entity).await?;
                Ok(visitor.go(&here, None))
            }
            Some("dismiss") => {
                let id = |name: &str| posted.last(name).and_then(|id| id.parse().ok()).ok_or_else(Refusal::not_found);
                engine.dismiss_duplicates(&visitor.actor, entity, (id("one")?, id("other")?)).await?;
                Ok(visitor.go(&here, Some(Notice::Saved)))
            }
            _ => Err(parameters::unknown("_do")),
        }
    };
    let answer = answer.await;
    visitor.reply(answer).await
}

async fn page(visitor: &Visitor, name: &str, pairs: &[(String, String)]) -> Result<Response, Refusal> {
    let entity = visitor.entity(name)?;
    let from = pairs.iter().find(|(name, _)| name == "from").and_then(|(_, from)| from.parse().ok()).unwrap_or(0);
    let Seen { reader, now, page: found, .. } =
        visitor.app.engine.duplicates_page(&visitor.live, &visitor.actor, entity, from).await?;
    let words = visitor.words(&reader, now, &found.titles);
    let head = words.head(entity);
    let here = format!("{}/duplicates", head.href);
    let at = |from: usize| address::with(&here, [("from", from.to_string().as_str())]);
    let pager = Pager {
        previous: (from > 0).then(|| at(from.saturating_sub(GROUPS))),
        next: (from + found.groups.len() < found.all).then(|| at(from + GROUPS)),
    };
    let may_decide = visitor.may(entity, Action::Update);
    let may_merge = merge::may(visitor, entity);
    let large = found.large.iter().map(|large| LargeKey {
        n: large.records,
        record: Link { label: large.sample.to_string(), href: words.href(Ref { entity, id: large.sample }) },
    });
    let mut page = visitor.page(&reader, Some(entity));
    page.crumbs.push(Link { label: head.plural.clone(), href: head.href.clone() });
    let page = DuplicatesPage {
        page,
        search: may_decide.then(|| here.clone()),
        wanted: found.wanted,
        at: found.found_at.map(|at| words.when(at)),
        records: found.records,
        all: found.all,
        groups: found.groups.iter().map(|group| shown(&words, (entity, may_merge), group)).collect(),
        large: large.collect(),
        entity: head,
        pager,
    };
    Ok(visitor.html(StatusCode::OK, &page))
}

fn shown(words: &Words<'_>, (entity, may_merge): (EntityId, bool), group: &Group) -> DuplicateGroup {
    let link = |id| {
        let record = Ref { entity, id };
        Link { label: words.title(record), href: words.href(record) }
    };
    let pair = |pair: &Pair| DuplicatePair {
        one: link(pair.one),
        other: link(pair.other),
        one_id: pair.one.to_string(),
        other_id: pair.other.to_string(),
        merge: may_merge.then(|| merge::address(words, Ref { entity, id: pair.other }, Ref { entity, id: pair.one })),
    };
    DuplicateGroup { n: group.records().len(), pairs: group.pairs.iter().map(pair).collect() }
}
