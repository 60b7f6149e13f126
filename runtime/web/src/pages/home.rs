//! The first page: what one had in hand, and how much waits in the lists of the menu.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::Refusal;
use fichero_engine::policy::Action;
use fichero_engine::read::page::{HomeQuestion, Seen};
use fichero_model::expr::Expr;
use fichero_model::{EntityId, Model, Ref};
use jiff::Timestamp;

use super::chrome::{self, Entry, Heading, Listed};
use super::visitor::Visitor;
use super::words::Words;
use crate::ui::context::{Count, DayPart, HomeGroup, HomeList, HomePage, RecentRecord};
use crate::ui::format;

/// How many records are remembered.
const REMEMBERED: usize = 8;

/// How many lists of each heading of the menu are counted.
const LISTS: usize = 4;

/// `GET /`.
pub async fn show(visitor: Visitor) -> Response {
    let page = page(&visitor).await;
    visitor.reply(page).await
}

async fn page(visitor: &Visitor) -> Result<Response, Refusal> {
    let model = visitor.model();
    let recent = read(model, &visitor.recent);
    let headings = headings(model);
    let question = HomeQuestion {
        records: recent.iter().map(|(record, _)| *record).collect(),
        lists: headings.iter().flat_map(Heading::lists).map(|list| counted(model, list)).collect(),
    };
    let Seen { reader, now, page: facts, .. } =
        visitor.app.engine.home_page(&visitor.live, &visitor.actor, question).await?;
    let words = visitor.words(&reader, now, &facts.titles);
    let local = words.local(now);
    let mut counts = facts.counts.iter().map(|(n, more)| Count { n: *n, more: *more });
    let page = HomePage {
        page: visitor.page(&reader, None),
        part: DayPart::of_hour(local.hour()),
        today: sentence(&format::date_in_words(visitor.voice.chrome, local.date())),
        recent: recent
            .iter()
            .filter(|(record, _)| facts.titles.get(*record).is_some())
            .map(|(record, at)| recent_record(&words, *record, *at))
            .collect(),
        groups: headings.iter().map(|heading| group(visitor, &words, heading, &mut counts)).collect(),
    };
    Ok(visitor.html(StatusCode::OK, &page))
}

/// The first lists of each heading of the menu, without what only administrators look after.
fn headings(model: &Model) -> Vec<Heading<'_>> {
    let mut headings = chrome::menu(model);
    headings.retain(|heading| heading.label.is_none() || !heading.is_administration(model));
    for heading in &mut headings {
        let counts = |list: &Listed<'_>| list.entity != model.user && list.entity != model.team;
        heading.entries.retain(|entry| matches!(entry, Entry::List(list) if counts(list)));
        heading.entries.truncate(LISTS);
    }
    headings.retain(|heading| !heading.entries.is_empty());
    headings
}

fn counted(model: &Model, list: &Listed<'_>) -> (EntityId, Option<Arc<Expr>>) {
    (list.entity, list.shown(model).and_then(|view| view.filter.clone()).map(Arc::new))
}

fn group(
    visitor: &Visitor,
    words: &Words<'_>,
    heading: &Heading<'_>,
    counts: &mut impl Iterator<Item = Count>,
) -> HomeGroup {
    let list = |(listed, count): (&Listed<'_>, Count)| {
        let item = listed.item(words);
        let create = visitor.may(listed.entity, Action::Create);
        HomeList {
            label: item.label,
            icon: item.icon,
            href: item.href,
            count,
            create: create.then(|| format!("{}/new", words.head(listed.entity).href)),
        }
    };
    HomeGroup {
        label: heading.label.map(|label| words.label(label).to_owned()),
        lists: heading.lists().zip(counts).map(list).collect(),
    }
}

/// The words with a capital at their beginning, as a line that stands alone has.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
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
