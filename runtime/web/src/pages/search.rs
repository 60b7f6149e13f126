//! `/search`: the records of all entities that have the words that are looked for, and why each was found.

use std::ops::Range;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::Refusal;
use fichero_engine::read::find::{self, Hit, Results, SearchRequest};
use fichero_engine::read::page::{Seen, Titles};

use super::address;
use super::visitor::Visitor;
use super::words::Words;
use crate::ui::context::{Link, Piece, SearchEntity, SearchHit, SearchMatch, SearchPage};

/// `GET /search?q=…&entity=…&cursor=…`.
pub async fn show(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let page = page(&visitor, &pairs).await;
    visitor.reply(page).await
}

async fn page(visitor: &Visitor, pairs: &[(String, String)]) -> Result<Response, Refusal> {
    let given = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone());
    let filled = |name: &str| given(name).filter(|text| !text.trim().is_empty());
    let request = SearchRequest {
        q: given("q").unwrap_or_default(),
        entity: filled("entity"),
        limit: None,
        cursor: filled("cursor"),
    };
    let asked = (!request.q.trim().is_empty()).then(|| find::prepare(visitor.model(), &request)).transpose();
    let (prepared, problem) = match asked {
        Ok(prepared) => (prepared, None),
        Err(refusal) => (None, Some(refusal.to_text(visitor.voice.locale))),
    };
    let (reader, now, (results, titles)) = match prepared {
        Some(prepared) => {
            let engine = &visitor.app.engine;
            let Seen { reader, now, page, .. } =
                engine.search_page(&visitor.live, &visitor.actor, prepared, request.cursor.clone()).await?;
            (reader, now, page)
        }
        None => {
            let Seen { reader, now, .. } = visitor.app.engine.reader(&visitor.live, &visitor.actor).await?;
            (reader, now, (Results { is_complete: true, ..Results::default() }, Titles::default()))
        }
    };
    let words = visitor.words(&reader, now, &titles);
    let entities = find::everywhere(words.model)
        .into_iter()
        .map(|entity| SearchEntity { name: words.model[entity].name.to_string(), label: words.head(entity).plural });
    let mut entities: Vec<SearchEntity> = entities.collect();
    entities.sort_by(|one, other| one.label.cmp(&other.label));
    let asked_in = request.entity.clone().unwrap_or_default();
    let next = results.next.as_deref().map(|cursor| {
        let in_entity = (!asked_in.is_empty()).then_some(("entity", asked_in.as_str()));
        let pairs = [("q", request.q.as_str()), ("cursor", cursor)];
        address::with("/search", pairs.into_iter().chain(in_entity))
    });
    let page = SearchPage {
        page: visitor.page(&reader, None),
        asked: request.q.clone(),
        entity: asked_in,
        entities,
        problem,
        hits: results.hits.iter().map(|hit| written(&words, hit)).collect(),
        next,
        is_incomplete: !results.is_complete,
        is_bounded: results.is_bounded,
    };
    Ok(visitor.html(StatusCode::OK, &page))
}

fn written(words: &Words<'_>, hit: &Hit) -> SearchHit {
    let head = words.head(hit.record.entity);
    let definition = &words.model[hit.record.entity];
    let title = hit.matches.iter().find(|matched| matched.field == definition.title);
    let others = hit.matches.iter().filter(|matched| matched.field != definition.title);
    SearchHit {
        href: words.href(hit.record),
        title: match title {
            Some(title) => pieces(&title.text, &title.hits),
            None => pieces(&words.title(hit.record), &[]),
        },
        entity: Link { href: head.href.clone(), label: head.label.clone() },
        icon: head.icon,
        matches: others
            .map(|matched| SearchMatch {
                label: words.label(&definition[matched.field].label).to_owned(),
                text: pieces(&matched.text, &matched.hits),
            })
            .collect(),
    }
}

/// A text in pieces, those that were looked for apart.
fn pieces(text: &str, hits: &[Range<usize>]) -> Vec<Piece> {
    let chars: Vec<char> = text.chars().collect();
    let part = |range: Range<usize>| -> String { chars.get(range).unwrap_or_default().iter().collect() };
    let mut pieces = Vec::new();
    let mut done = 0;
    for hit in hits {
        pieces.push(Piece { text: part(done..hit.start), hit: false });
        pieces.push(Piece { text: part(hit.clone()), hit: true });
        done = hit.end;
    }
    pieces.push(Piece { text: part(done..chars.len()), hit: false });
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}
