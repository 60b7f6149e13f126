//! The search: the records of all entities, or of one, that have the words that are looked for.
//!
//! **The order.** Records that have every word in their title come before others, whole words before beginnings of words,
//! newer records before older ones ([`Query::rank`]); it is worked out here, from the words that the index keeps.
//!
//! **The bound.** However common the words are, at most `BUDGET` records are looked at, and which they are follows from
//! what the index holds alone, so that the answer is the same on both databases. For each entity the word with the fewest
//! places in it leads. Entities with few places come first and get all they need; what is left is shared by the others. An
//! entity that has more than its share gives so many of the records that have the leading word, those first where it is a
//! whole word, in a title, and new; and as many of its newest records, whatever they hold. Who looks for words that are all
//! that common is told that there may be more ([`Results::is_bounded`]): one word more finds them.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use fichero_model::expr::Row;
use fichero_model::search::Query;
use fichero_model::{EntityId, FieldId, Id, Model, Ref};
use fichero_store::query::Cursor;
use fichero_store::system::search::{self as index, MOST_COUNTED, Reach};
use serde_json::json;

use super::cursor::{self, Seal};
use crate::deploy;
use crate::message::Message;
use crate::policy::{self, ReadPath};
use crate::record::work::Work;
use crate::refusal::Refusal;

/// The most records that are looked at for one search, besides the newest.
const BUDGET: u32 = MOST_COUNTED - 1;

/// The least that an entity gets of it.
const LEAST: u32 = 32;

/// The longest text that is looked for, in characters.
pub const LONGEST: usize = 200;

/// The most records that one page may hold.
pub const MOST: u32 = 100;

/// How many a page holds when nothing is said.
pub const USUAL: u32 = 20;

/// The most characters that are shown of a text in which something was found, and how many of them before it.
const SHOWN: usize = 160;
const BEFORE: usize = 40;

/// What is looked for, as texts of a request.
#[derive(Clone, Debug, Default)]
pub struct SearchRequest {
    /// Words.
    pub q: String,
    /// In one entity, by its name; in all when nothing is said.
    pub entity: Option<String>,
    /// How many records.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// A question that was understood.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Where it is looked.
    pub entities: Vec<EntityId>,
    text: String,
    limit: usize,
    fingerprint: String,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Results {
    /// The records, the best first.
    pub hits: Vec<Hit>,
    /// Where the page ended, when there are more.
    pub next: Option<String>,
    /// The index holds all there is.
    pub is_complete: bool,
    /// The words are so common that not all records were looked at.
    pub is_bounded: bool,
}

/// A record that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Which.
    pub record: Ref,
    /// Where the words stand in it.
    pub matches: Vec<Matched>,
}

/// A text in which something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// The field.
    pub field: FieldId,
    /// What it holds, cut where it is long.
    pub text: String,
    /// What was found, in characters of the text.
    pub hits: Vec<Range<usize>>,
}

/// Records that were found, ranked.
#[derive(Clone, Debug, Default)]
pub struct Ranked {
    /// The best first.
    pub records: Vec<(u32, Ref)>,
    /// The words are so common that not all records were looked at.
    pub is_bounded: bool,
    /// The words that found them.
    pub query: Query,
}

/// Understands a question.
///
/// # Errors
/// What cannot be understood, by name.
pub fn prepare(model: &Model, request: &SearchRequest) -> Result<Prepared, Refusal> {
    let length = request.q.chars().count();
    if length > LONGEST {
        let message = Message::with("search_long", [LONGEST, length].map(|number| number.to_string()));
        return Err(Refusal::malformed(message));
    }
    if Query::new(&request.q).is_empty() {
        return Err(Refusal::malformed(Message::key("search_empty")));
    }
    let entities = match &request.entity {
        None => everywhere(model),
        Some(name) => {
            let wrong = |key: &'static str| Refusal::malformed(Message::with(key, [name.as_str()]));
            let (entity, _) = model.entity(name).ok_or_else(|| wrong("search_entity"))?;
            if !fichero_model::search::is_searched(model, entity) {
                return Err(wrong("search_nothing"));
            }
            vec![entity]
        }
    };
    let limit = request.limit.unwrap_or(USUAL);
    if limit == 0 || limit > MOST {
        return Err(Refusal::malformed(Message::with("bad_limit", [MOST, limit].map(|number| number.to_string()))));
    }
    let fingerprint = format!("search|{:?}|{:?}", request.q, request.entity);
    Ok(Prepared { entities, text: request.q.clone(), limit: limit as usize, fingerprint })
}

/// All entities that are searched. The one record of settings is no answer to anything.
pub fn everywhere(model: &Model) -> Vec<EntityId> {
    let is_settings = |entity: EntityId| model.settings.iter().any(|settings| settings.entity == entity);
    let all = model.all_entities().map(|(entity, _)| entity);
    all.filter(|entity| fichero_model::search::is_searched(model, *entity) && !is_settings(*entity)).collect()
}

/// Reads a page.
///
/// # Errors
/// When it may not be read, the cursor does not fit, or the database cannot be read.
pub fn run(work: &Work<'_>, prepared: &Prepared, cursor: Option<&str>, seal: &Seal) -> Result<Results, Refusal> {
    policy::may_read(work.actor, ReadPath::Search)?;
    let after = cursor.map(|text| cursor::open(seal, &prepared.fingerprint, text)).transpose()?;
    let after = after.map(|cursor| place(&cursor).ok_or_else(cursor::wrong)).transpose()?;
    let Ranked { mut records, is_bounded, query } = ranked(work, &prepared.entities, &prepared.text)?;
    if let Some(after) = after {
        records.retain(|(rank, record)| (*rank, Reverse(record.id)) > after);
    }
    let is_more = records.len() > prepared.limit;
    records.truncate(prepared.limit);
    let last = records.last().filter(|_| is_more).and_then(|(rank, record)| {
        Some(cursor::close(seal, &prepared.fingerprint, &Cursor::from_json(&json!([rank, record.id.to_string()]))?))
    });
    work.load(records.iter().map(|(_, record)| *record))?;
    let mut hits = Vec::with_capacity(records.len());
    for (_, record) in records {
        // What was deleted between two statements is no longer there.
        let Some(row) = work.living(record)? else { continue };
        hits.push(Hit { record, matches: matches(work, &row, &query) });
    }
    let is_complete = work.with(|tx| deploy::index::is_complete(&work.live, tx, &prepared.entities))?;
    Ok(Results { hits, next: last, is_complete, is_bounded })
}

fn place(cursor: &Cursor) -> Option<(u32, Reverse<Id>)> {
    let json = cursor.to_json();
    Some((json.get(0)?.as_u64()?.try_into().ok()?, Reverse(json.get(1)?.as_str()?.parse().ok()?)))
}

/// All records that were looked at and have the words, ranked. Where there are none, the groups of codes, addresses and
/// numbers are looked for by themselves.
///
/// # Errors
/// When the database cannot be read.
pub fn ranked(work: &Work<'_>, entities: &[EntityId], text: &str) -> Result<Ranked, Refusal> {
    let found = ranked_for(work, entities, Query::new(text))?;
    match Query::loose(text).filter(|_| found.records.is_empty()) {
        Some(loose) => ranked_for(work, entities, loose),
        None => Ok(found),
    }
}

fn ranked_for(work: &Work<'_>, entities: &[EntityId], query: Query) -> Result<Ranked, Refusal> {
    let words: Vec<Vec<Arc<str>>> =
        query.beginnings().map(|ways| ways.iter().map(|way| Arc::from(way.as_str())).collect()).collect();
    let ranges: Vec<index::Range> = entities
        .iter()
        .flat_map(|entity| {
            let table = work.live.layout.table_name(*entity);
            words.iter().map(move |ways| index::Range { entity: Arc::clone(&table), ways: ways.clone() })
        })
        .collect();
    if ranges.is_empty() {
        return Ok(Ranked { query, ..Ranked::default() });
    }
    let places = work.with(|tx| index::places(tx, &ranges))?;
    let leading = entities.iter().zip(ranges.chunks(words.len()).zip(places.chunks(words.len())));
    let leading = leading.filter_map(|(entity, (ranges, places))| {
        let (range, count) = ranges.iter().zip(places).min_by_key(|(_, count)| **count)?;
        (*count > 0).then_some((*entity, range, *count))
    });
    let mut found: HashMap<Ref, u32> = HashMap::new();
    let mut is_bounded = false;
    for (entity, range, reach) in shared(leading.collect()) {
        is_bounded |= matches!(reach, Reach::Some(_));
        let candidates = work.with(|tx| index::found(tx, range, reach))?;
        let fits = |(id, terms): (Id, _)| Some((Ref { entity, id }, query.rank(&terms)?));
        found.extend(candidates.into_iter().filter_map(fits));
    }
    let mut records: Vec<(u32, Ref)> = found.into_iter().map(|(record, rank)| (rank, record)).collect();
    records.sort_unstable_by_key(|(rank, record)| (*rank, Reverse(record.id)));
    Ok(Ranked { records, is_bounded, query })
}

/// How many records of each entity are looked at, those first that have the fewest. Numbers are powers of two, so that
/// there are few statements to prepare.
fn shared<R>(mut leading: Vec<(EntityId, R, u32)>) -> Vec<(EntityId, R, Reach)> {
    leading.sort_by_key(|(entity, _, count)| (*count, *entity));
    let mut left = BUDGET;
    let mut others = u32::try_from(leading.len()).unwrap_or(u32::MAX);
    let mut shared = Vec::with_capacity(leading.len());
    for (entity, range, count) in leading {
        let share = 1 << (left / others.max(1)).max(LEAST).ilog2();
        let reach = match count <= share {
            true => Reach::All(count.max(LEAST).next_power_of_two()),
            false => Reach::Some(share),
        };
        left = left.saturating_sub(count.min(share));
        others = others.saturating_sub(1);
        shared.push((entity, range, reach));
    }
    shared
}

/// The texts of a record in which something was found.
fn matches(work: &Work<'_>, row: &Row, query: &Query) -> Vec<Matched> {
    let fields = work.live.ties(row.entity).searched.iter();
    let found = fields.filter_map(|field| {
        let text = row.get(*field).as_text()?;
        let hits = query.hits(text);
        (!hits.is_empty()).then(|| cut(*field, text, hits))
    });
    found.collect()
}

/// A text with what was found in it, of a long one the part where that begins.
fn cut(field: FieldId, text: &str, hits: Vec<Range<usize>>) -> Matched {
    let chars: Vec<char> = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    if chars.len() <= SHOWN {
        return Matched { field, text: chars.into_iter().collect(), hits };
    }
    let first = hits.first().map_or(0, |hit| hit.start);
    let start = match first <= BEFORE {
        true => 0,
        // At the beginning of a word, where there is one.
        false => (first - BEFORE..first).find(|at| chars.get(at - 1) == Some(&' ')).unwrap_or(first - BEFORE),
    };
    let end = (start + SHOWN).min(chars.len());
    let (before, after) = (if start > 0 { "…" } else { "" }, if end < chars.len() { "…" } else { "" });
    let part: String = chars.get(start..end).unwrap_or_default().iter().collect();
    let moved = usize::from(start > 0);
    let inside = |hit: Range<usize>| {
        let hit = hit.start.max(start) - start + moved..hit.end.clamp(start, end) - start + moved;
        (!hit.is_empty()).then_some(hit)
    };
    let hits = hits.into_iter().filter(|hit| hit.start < end).filter_map(inside).collect();
    Matched { field, text: format!("{before}{part}{after}"), hits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rare_is_whole_and_the_rest_is_shared() {
        let shares = |counts: &[u32]| -> Vec<(u32, Reach)> {
            let leading = counts.iter().zip(0..).map(|(count, at)| (EntityId(at), *count, *count)).collect();
            shared(leading).into_iter().map(|(_, count, reach)| (count, reach)).collect()
        };
        assert_eq!(shares(&[3]), [(3, Reach::All(32))]);
        assert_eq!(shares(&[2_048]), [(2_048, Reach::All(2_048))]);
        assert_eq!(shares(&[2_049]), [(2_049, Reach::Some(2_048))]);
        assert_eq!(shares(&[2_049, 100]), [(100, Reach::All(128)), (2_049, Reach::Some(1_024))]);
    }

    #[test]
    fn a_long_text_is_cut_where_something_is_found() {
        let text = format!("{} needle {}", "hay ".repeat(100), "hay ".repeat(100));
        let query = Query::new("needle");
        let cut = cut(FieldId(9), &text, query.hits(&text));
        assert!(cut.text.starts_with("…hay") && cut.text.ends_with('…'), "{}", cut.text);
        let shown: String = cut.text.chars().skip(cut.hits[0].start).take(cut.hits[0].len()).collect();
        assert_eq!(shown, "needle");
    }
}
