//! The first page: where one can go, and what one had in hand.

use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::Refusal;
use fichero_engine::policy::Action;
use fichero_engine::read::page::Seen;
use fichero_model::{EntityId, Model, Ref};
use jiff::Timestamp;

use super::chrome;
use super::visitor::Visitor;
use super::words::Words;
use crate::ui::context::{DayPart, HomePage, MenuCard, RecentRecord};
use crate::ui::format;

/// How many records are remembered.
const REMEMBERED: usize = 8;

/// `GET /`.
pub async fn show(visitor: Visitor) -> Response {
    let page = page(&visitor).await;
    visitor.reply(page).await
}

async fn page(visitor: &Visitor) -> Result<Response, Refusal> {
    let recent = read(visitor.model(), &visitor.recent);
    let records = recent.iter().map(|(record, _)| *record).collect();
    let Seen { reader, now, page: titles, .. } =
        visitor.app.engine.titles(&visitor.live, &visitor.actor, records).await?;
    let words = visitor.words(&reader, now, &titles);
    let local = words.local(now);
    let page = HomePage {
        page: visitor.page(&reader, None),
        part: DayPart::of_hour(local.hour()),
        today: sentence(&format::date_in_words(visitor.voice.chrome, local.date())),
        cards: cards(visitor, &words),
        recent: recent
            .iter()
            .filter(|(record, _)| titles.get(*record).is_some())
            .map(|(record, at)| recent_record(&words, *record, *at))
            .collect(),
    };
    Ok(visitor.html(StatusCode::OK, &page))
}

/// The words with a capital at their beginning, as a line that stands alone has.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn cards(visitor: &Visitor, words: &Words<'_>) -> Vec<MenuCard> {
    let mut seen: Vec<EntityId> = Vec::new();
    for (entity, _) in chrome::targets(visitor.model()) {
        if !seen.contains(&entity) {
            seen.push(entity);
        }
    }
    let card = |entity: EntityId| {
        let head = words.head(entity);
        let create = visitor.may(entity, Action::Create).then(|| format!("{}/new", head.href));
        MenuCard { label: head.plural, icon: head.icon, href: head.href, create }
    };
    seen.into_iter().map(card).collect()
}

fn recent_record(words: &Words<'_>, record: Ref, at: Timestamp) -> RecentRecord {
    let head = words.head(record.entity);
    RecentRecord {
        title: words.title(record),
        entity: head.label,
        icon: head.icon,
        href: words.href(record),
        at: words.when(at),
    }
}

/// The records of the cookie with when they were looked at; what is no longer there is left out.
fn read(model: &Model, text: &str) -> Vec<(Ref, Timestamp)> {
    let entry = |entry: &str| {
        let mut parts = entry.split(':');
        let (entity, _) = model.entity(parts.next()?)?;
        let id = parts.next()?.parse().ok()?;
        let at = Timestamp::from_second(parts.next()?.parse().ok()?).ok()?;
        Some((Ref { entity, id }, at))
    };
    text.split('/').take(REMEMBERED).filter_map(entry).collect()
}

/// The cookie with one more record in front.
pub fn remembered(visitor: &Visitor, record: Ref, now: Timestamp) -> String {
    let model = visitor.model();
    let mut recent = read(model, &visitor.recent);
    recent.retain(|(known, _)| *known != record);
    recent.insert(0, (record, now));
    recent.truncate(REMEMBERED);
    let entry =
        |(record, at): &(Ref, Timestamp)| format!("{}:{}:{}", model[record.entity].name, record.id, at.as_second());
    recent.iter().map(entry).collect::<Vec<_>>().join("/")
}
