//! Merging two records: which other one, the two side by side, and the deed.
//!
//! What is chosen is the record whose value is kept, so that a choice means the same when the two change places.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use fichero_engine::message::Message;
use fichero_engine::policy::Action;
use fichero_engine::read::page::{Affected, Comparison, OtherTyped, Others, Pick, Seen};
use fichero_engine::{Command, Kind, Mode, Refusal};
use fichero_model::entity::{Field, System};
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};

use super::form::{self, errors::Errors, read::Typed};
use super::notice::Notice;
use super::post::{FormPost, Posted};
use super::visitor::Visitor;
use super::words::Words;
use super::{address, conflict, layout, list, record, reply};
use crate::api::{parameters, problem};
use crate::ui::context::{
    self, Choice, ChoiceGroup, Fact, Hidden, Input, Link, MergeAskPage, MergeChoice, MergePage, MergeRow, MergeSide,
    Picker,
};

/// What the versions of the two are posted as: of the one that goes, and of the one that stays.
const VERSIONS: [&str; 2] = ["_version", "_into_version"];

/// Whether the reader may merge records of an entity.
pub fn may(visitor: &Visitor, entity: EntityId) -> bool {
    let stands_alone = visitor.model()[entity].line_of.is_none() && !layout::is_settings(visitor.model(), entity);
    stands_alone && visitor.may(entity, Action::Update) && visitor.may(entity, Action::Delete)
}

/// The address of the page that compares two records.
pub fn address(words: &Words<'_>, gone: Ref, stays: Ref) -> String {
    address::with(&format!("{}/merge", words.href(gone)), [("into", stays.id.to_string().as_str())])
}

/// `GET /{entity}/{id}/merge?into=ID`: the two side by side. Without `into`, or with `into.text` that means no record, it
/// is asked which other one.
pub async fn show(
    visitor: Visitor,
    Path((name, id)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let page = page(&visitor, &name, &id, &Posted::new(pairs)).await;
    visitor.reply(page).await
}

async fn page(visitor: &Visitor, name: &str, id: &str, asked: &Posted) -> Result<Response, Refusal> {
    let gone = allowed(visitor, name, id)?;
    let into = asked.last("into").and_then(|id| id.parse::<Id>().ok());
    match (into, asked.last("into.text")) {
        (Some(id), None) => compare(visitor, [gone, Ref { id, ..gone }], &Posted::default(), None).await,
        (id, text) => ask(visitor, gone, OtherTyped { id, text: text.unwrap_or_default().to_owned() }).await,
    }
}

/// `POST /{entity}/{id}/merge`.
pub async fn run(Path((name, id)): Path<(String, String)>, FormPost(visitor, posted, expired): FormPost) -> Response {
    let answer = async {
        let gone = allowed(&visitor, &name, &id)?;
        let into = posted.last("into").and_then(|id| id.parse::<Id>().ok()).ok_or_else(Refusal::not_found)?;
        let stays = Ref { id: into, ..gone };
        match (expired, posted.last("_do").unwrap_or("merge")) {
            (Some(refusal), _) => compare(&visitor, [gone, stays], &posted, Some(refusal)).await,
            (None, "swap") => swap(&visitor, [gone, stays], &posted).await,
            (None, "merge") => merge(&visitor, [gone, stays], &posted).await,
            (None, _) => Err(parameters::unknown("_do")),
        }
    };
    let answer = answer.await;
    visitor.reply(answer).await
}

fn allowed(visitor: &Visitor, name: &str, id: &str) -> Result<Ref, Refusal> {
    let record = visitor.record(name, id)?;
    if may(visitor, record.entity) { Ok(record) } else { Err(Refusal::forbidden()) }
}

async fn merge(visitor: &Visitor, [gone, stays]: [Ref; 2], posted: &Posted) -> Result<Response, Refusal> {
    let definition = &visitor.model()[gone.entity];
    let is_taken = |(_, field): &(FieldId, &Field)| kept(posted, field) == Some(gone.id);
    let take = definition.all_fields().filter(is_taken).flat_map(|(id, _)| definition.leaves(id)).collect();
    let versions = VERSIONS.map(|name| posted.last(name).and_then(|version| version.parse().ok()));
    let command = Command::Merge { entity: gone.entity, id: gone.id, into: stays.id, take: Some(take), versions };
    match visitor.app.engine.command(&visitor.actor, command, Mode::Live, None).await {
        Ok(_) => {
            let name = definition.name.to_string();
            Ok(visitor.go(&format!("/{name}/{}", stays.id), Some(Notice::Merged(name, gone.id))))
        }
        Err(refusal) if matches!(refusal.kind, Kind::Forbidden | Kind::NotFound | Kind::Unauthenticated) => {
            Err(refusal)
        }
        Err(refusal) => compare(visitor, [gone, stays], posted, Some(refusal)).await,
    }
}

/// The same with the two in each other's place. What was chosen stays so; what was left as it was proposed is proposed anew.
async fn swap(visitor: &Visitor, [gone, stays]: [Ref; 2], posted: &Posted) -> Result<Response, Refusal> {
    let Seen { page: facts, .. } = visitor.app.engine.merge_page(&visitor.live, &visitor.actor, [gone, stays]).await?;
    let definition = &visitor.model()[gone.entity];
    let mut chosen = Posted::default();
    for (id, field) in definition.all_fields() {
        let proposed = if is_usual(&facts, &definition.leaves(id)) { gone.id } else { stays.id };
        if let Some(kept) = kept(posted, field).filter(|kept| *kept != proposed) {
            chosen.push(&keep(field), &kept.to_string());
        }
    }
    // Whoever changed one of the two meanwhile is not passed over.
    for (name, version) in VERSIONS.iter().zip(VERSIONS.iter().rev().map(|name| posted.last(name))) {
        chosen.push(name, version.unwrap_or_default());
    }
    compare(visitor, [stays, gone], &chosen, None).await
}

/// What a choice is posted as.
fn keep(field: &Field) -> String {
    format!("_keep.{}", field.name)
}

/// The record whose value of a field was chosen.
fn kept(posted: &Posted, field: &Field) -> Option<Id> {
    posted.last(&keep(field))?.parse().ok()
}

fn is_usual(facts: &Comparison, leaves: &[FieldId]) -> bool {
    leaves.iter().any(|leaf| facts.usual.contains(leaf))
}

// ---- Side by side --------------------------------------------------------------------------------------------------------

/// The two side by side, with what was chosen and why it was refused.
async fn compare(
    visitor: &Visitor,
    [gone, stays]: [Ref; 2],
    posted: &Posted,
    refusal: Option<Refusal>,
) -> Result<Response, Refusal> {
    let Seen { reader, now, page: facts, .. } =
        visitor.app.engine.merge_page(&visitor.live, &visitor.actor, [gone, stays]).await?;
    let words = visitor.words(&reader, now, &facts.titles);
    let sides = Sides { words: &words, facts: &facts, both: [gone, stays], posted };
    let choices = sides.choices();
    let stale = refusal.as_ref().is_some_and(|refusal| refusal.kind == Kind::Stale);
    let told = refusal.as_ref().filter(|_| !stale);
    let errors = told.map(|refusal| Errors::of(&words, gone.entity, &Typed::default(), refusal)).unwrap_or_default();
    let place = |name: &str| choices.iter().find(|choice| choice.name == name).map(|choice| choice.id.clone());
    let link = |record| Link { label: words.title(record), href: words.href(record) };
    let mut page = visitor.page(&reader, Some(gone.entity));
    page.crumbs = form::crumbs(&words, gone);
    // The versions are those that were read with what is shown now.
    let read = [facts.gone.version, facts.stays.version];
    let read = VERSIONS.iter().zip(read).map(|(name, now)| (*name, version(posted, name, now, stale)));
    let hidden = read.chain([("into", stays.id.to_string())]);
    let page = MergePage {
        page,
        entity: words.head(gone.entity),
        stays: link(stays),
        gone: link(gone),
        action: format!("{}/merge", words.href(gone)),
        hidden: hidden.map(|(name, value)| Hidden { name: name.to_owned(), value }).collect(),
        stale,
        changed: posted.pairs().any(|(name, _)| name.starts_with("_keep.")),
        problems: errors.summary(place),
        rows: sides.rows(),
        same: sides.same(),
        turned: turned(&words, &facts.referring, gone),
        choices,
    };
    let status = refusal.map_or(StatusCode::OK, |refusal| problem::status(refusal.kind));
    Ok(visitor.html(status, &page))
}

/// The version that the reader has seen; after a conflict they see the newest.
fn version(posted: &Posted, name: &str, now: i64, stale: bool) -> String {
    match posted.last(name).filter(|read| !stale && !read.is_empty()) {
        Some(read) => read.to_owned(),
        None => now.to_string(),
    }
}

/// Two records field by field.
struct Sides<'a> {
    words: &'a Words<'a>,
    facts: &'a Comparison,
    /// The one that goes, and the one that stays.
    both: [Ref; 2],
    posted: &'a Posted,
}

impl Sides<'_> {
    fn entity(&self) -> &fichero_model::entity::Entity {
        &self.words.model[self.both[0].entity]
    }

    /// The fields whose values can be taken over, groups as a whole: those of the form in its order, then the others.
    fn offered(&self) -> impl Iterator<Item = (FieldId, &Field)> {
        let is_offered = |id: FieldId| {
            let leaves = self.entity().leaves(id);
            leaves.iter().any(|leaf| self.facts.offered.contains(leaf))
        };
        let sections = layout::sections(self.words.model, self.both[0].entity);
        let laid: Vec<FieldId> = sections.iter().flat_map(|section| &section.fields).copied().collect();
        let place = |id: FieldId| laid.iter().position(|laid| *laid == id).unwrap_or(laid.len());
        let whole = self.entity().all_fields().filter(|(id, field)| field.part.is_none() && is_offered(*id));
        let mut ordered: Vec<(FieldId, &Field)> = whole.collect();
        ordered.sort_by_key(|(id, _)| place(*id));
        ordered.into_iter()
    }

    fn differ(&self, id: FieldId) -> bool {
        let leaves = self.entity().leaves(id);
        leaves.iter().any(|leaf| !conflict::same(&self.entity()[*leaf], self.gone(*leaf), self.stays(*leaf)))
    }

    fn gone(&self, id: FieldId) -> &Value {
        value(&self.facts.gone.values, id)
    }

    fn stays(&self, id: FieldId) -> &Value {
        value(&self.facts.stays.values, id)
    }

    fn choices(&self) -> Vec<MergeChoice> {
        let [gone, stays] = self.both.map(|record| record.id);
        let choice = |(id, field): (FieldId, &Field)| {
            let usual = if is_usual(self.facts, &self.entity().leaves(id)) { gone } else { stays };
            let kept = kept(self.posted, field).filter(|kept| [gone, stays].contains(kept)).unwrap_or(usual);
            let side = |record: Id, value| MergeSide {
                value: record.to_string(),
                cell: self.words.cell(field, value),
                checked: kept == record,
            };
            MergeChoice {
                id: format!("m-{}", field.name),
                name: field.name.to_string(),
                label: self.words.label(&field.label).to_owned(),
                stays: side(stays, self.stays(id)),
                gone: side(gone, self.gone(id)),
            }
        };
        self.offered().filter(|(id, _)| self.differ(*id)).map(choice).collect()
    }

    fn same(&self) -> Vec<Fact> {
        let fact = |(id, field): (FieldId, &Field)| Fact {
            label: self.words.label(&field.label).to_owned(),
            cell: self.words.cell(field, self.stays(id)),
            wide: layout::is_long(field),
        };
        self.offered().filter(|(id, _)| !self.differ(*id) && !self.stays(*id).is_nothing()).map(fact).collect()
    }

    /// When they were made, and the lists that are joined.
    fn rows(&self) -> Vec<MergeRow> {
        let row = |(id, field): (FieldId, &Field), both| MergeRow {
            label: self.words.label(&field.label).to_owned(),
            stays: self.words.cell(field, self.stays(id)),
            gone: self.words.cell(field, self.gone(id)),
            both,
        };
        let made = System::CreatedAt.field();
        let lists = self.entity().all_fields().filter(|(id, field)| {
            field.is_input() && field.is_link() && !conflict::same(field, self.gone(*id), self.stays(*id))
        });
        let made = row((made, &self.entity()[made]), false);
        std::iter::once(made).chain(lists.map(|list| row(list, true))).collect()
    }
}

fn value(values: &[Value], id: FieldId) -> &Value {
    values.get(id.index()).unwrap_or(&Value::Nothing)
}

/// What refers to the record that goes, entity by entity.
fn turned(words: &Words<'_>, referring: &[Affected], gone: Ref) -> Vec<context::Affected> {
    let mut all: Vec<(EntityId, context::Affected)> = Vec::new();
    for affected in referring {
        if let Some((_, known)) = all.iter_mut().find(|(entity, _)| *entity == affected.entity) {
            known.n += affected.count;
            // No one list shows what refers by this or that field.
            known.href = None;
            continue;
        }
        let definition = &words.model[affected.entity];
        let (name, value) = record::pair(words, gone, &definition[affected.field]);
        let pairs = [("view", list::ALL), (name, value.as_str())];
        let shown = context::Affected {
            label: words.label(&definition.plural).to_owned(),
            n: affected.count,
            href: definition.line_of.is_none().then(|| address::with(&format!("/{}", definition.name), pairs)),
        };
        all.push((affected.entity, shown));
    }
    all.into_iter().map(|(_, shown)| shown).collect()
}

// ---- Which other one -----------------------------------------------------------------------------------------------------

async fn ask(visitor: &Visitor, record: Ref, typed: OtherTyped) -> Result<Response, Refusal> {
    let written = Words::titled(visitor);
    let Seen { reader, now, page: others, .. } =
        visitor.app.engine.others_page(&visitor.live, &visitor.actor, record, typed.clone(), written).await?;
    let words = visitor.words(&reader, now, &others.titles);
    let error = match &others.pick {
        Pick::One(other) if *other != record => return Ok(reply::see_other(&address(&words, record, *other))),
        Pick::One(_) => Some(words.message(&Message::key("merge_self"))),
        Pick::Unknown(_) => Some(words.chrome("merge.unknown")),
        Pick::Ambiguous(_) => Some(words.chrome("merge.ambiguous")),
        Pick::Nothing => None,
    };
    let mut page = visitor.page(&reader, Some(record.entity));
    page.crumbs = form::crumbs(&words, record);
    let compare = |other: &Ref| Link { label: words.title(*other), href: address(&words, record, *other) };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = MergeAskPage {
        page,
        entity: words.head(record.entity),
        record: Link { label: words.title(record), href: words.href(record) },
        action: format!("{}/merge", words.href(record)),
        alike: others.alike.iter().map(compare).collect(),
        field: context::Field {
            id: "f-into".to_owned(),
            name: "into".to_owned(),
            label: words.chrome("merge.with"),
            required: false,
            help: None,
            errors: error.into_iter().collect(),
            wide: true,
            input: input(&words, record, &others, typed.text),
        },
    };
    Ok(visitor.html(status, &page))
}

/// The picker of the other record: of what resembles the text that was typed, or of all.
fn input(words: &Words<'_>, record: Ref, others: &Others, text: String) -> Input {
    let groups = |records: &[Ref]| {
        let choices = records.iter().map(|one| Choice::new(one.id.to_string(), words.title(*one))).collect();
        vec![ChoiceGroup { label: None, choices }]
    };
    let chosen = (!text.is_empty()).then(|| Choice::new("", text));
    let picker = match &others.pick {
        Pick::Unknown(found) | Pick::Ambiguous(found) if !found.is_empty() => {
            Picker { groups: groups(found), suggest: None }
        }
        Pick::Nothing | Pick::One(_) | Pick::Unknown(_) | Pick::Ambiguous(_) => {
            let suggest = (!others.picks.all).then(|| format!("{}/suggest", words.head(record.entity).href));
            Picker { groups: groups(&others.picks.few), suggest }
        }
    };
    Input::Ref { chosen, picker }
}
