//! Choosing records: the few there are to choose from, suggestions while one types, and what a typed name means.

use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::expr::reads::Root;
use fichero_model::expr::{Expr, Node, Op, Row};
use fichero_model::fold;
use fichero_model::kind::{Kind, Reference, Type};
use fichero_model::page::Column;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Model, Ref};

use super::list::{ListRow, rows};
use super::{Seen, Title, Titles, records_in, titles};
use crate::actor::Actor;
use crate::engine::Engine;
use crate::live::Live;
use crate::policy::{self, ReadPath};
use crate::read::search;
use crate::record::draft::Draft;
use crate::record::reference;
use crate::record::work::Work;
use crate::refusal::Refusal;

/// As many records as one chooses from without typing.
pub const FEW: usize = 20;

/// The most files that one form tells of.
const MOST_FILES: usize = 500;

/// What there is to choose from.
#[derive(Clone, Debug, Default)]
pub struct Picks {
    /// The first, by entity and title.
    pub few: Vec<Ref>,
    /// They are everything there is to choose from, whatever else is typed.
    pub all: bool,
}

/// What is looked for while somebody types.
#[derive(Clone, Debug)]
pub struct SuggestQuestion {
    /// In which entities, with what is shown of each record besides its title.
    pub entities: Vec<(EntityId, Vec<Column>)>,
    /// What was typed.
    pub text: String,
    /// The reference it is for, whose condition must hold.
    pub of: Option<(EntityId, FieldId)>,
    /// What the form holds for the fields that the condition reads.
    pub record: Vec<(FieldId, Value)>,
}

/// A reference as a form gives it.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The reference field.
    pub field: (EntityId, FieldId),
    /// The record that was chosen, which may be stale.
    pub id: Option<Ref>,
    /// What stands in the text beside it.
    pub text: String,
}

/// What a typed name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Nothing was typed.
    Nothing,
    /// This record.
    One(Ref),
    /// No record bears exactly this name; these resemble it.
    Unknown(Vec<Ref>),
    /// More than one bears it.
    Ambiguous(Vec<Ref>),
}

impl Engine {
    /// Records that fit what was typed, by title.
    ///
    /// # Errors
    /// When they may not be read, or a definition fails.
    pub async fn suggest_page(
        &self,
        live: &Arc<Live>,
        actor: &Actor,
        question: SuggestQuestion,
    ) -> Result<Seen<(Vec<ListRow>, Titles)>, Refusal> {
        self.look(live, actor, move |work| {
            policy::may_read(work.actor, ReadPath::Suggest)?;
            let model = Arc::clone(&work.live.model);
            let choose = question.of.and_then(|(entity, field)| reference_of(&model, entity, field)?.choose.as_deref());
            let choose = choose.filter(|choose| is_answered(&model, choose, &question.record));
            let mut suggested = Vec::new();
            for (entity, columns) in &question.entities {
                let draft = draft_of(&model, question.of.map_or(*entity, |(entity, _)| entity), &question.record);
                let words = search::words(&model, *entity, &[], &question.text);
                let found = choose_from(work, *entity, words.as_deref().into_iter().chain(choose), &draft, FEW)?;
                suggested.extend(rows(work, &found, columns)?);
            }
            suggested.truncate(FEW);
            let mut named = records_in(suggested.iter().flat_map(|row| &row.values));
            named.extend(suggested.iter().map(|row| row.record));
            let titles = titles(work, &named)?;
            Ok((suggested, titles))
        })
        .await
    }

    /// What typed names mean, and what is known of the files that were posted, as far as their reader sees them. `written`
    /// writes a title as the form showed it.
    ///
    /// # Errors
    /// When the database cannot be read or a definition fails.
    pub async fn resolve<F>(
        &self,
        live: &Arc<Live>,
        actor: &Actor,
        (asks, files): (Vec<Ask>, Vec<Id>),
        written: F,
    ) -> Result<Seen<(Vec<Pick>, Titles)>, Refusal>
    where
        F: Fn(&Title) -> String + Send + 'static,
    {
        self.look(live, actor, move |work| {
            policy::may_read(work.actor, ReadPath::Suggest)?;
            let chosen: Vec<Ref> = asks.iter().filter_map(|ask| ask.id).collect();
            let chosen = titles(work, &chosen)?;
            let picks = asks.iter().map(|ask| pick(work, ask, &chosen, &written)).collect::<Result<Vec<_>, _>>()?;
            let named = picks.iter().flat_map(|pick| match pick {
                Pick::Nothing => &[],
                Pick::One(one) => std::slice::from_ref(one),
                Pick::Unknown(found) | Pick::Ambiguous(found) => found.as_slice(),
            });
            let mut titles = titles(work, &named.copied().collect::<Vec<_>>())?;
            for id in files.iter().take(MOST_FILES) {
                // Of what is none of theirs nobody learns the name.
                if let Ok(described) = crate::files::seen(work, *id) {
                    titles.files.insert(*id, described.file);
                }
            }
            Ok((picks, titles))
        })
        .await
    }
}

/// What there is to choose from for each reference: one statement for each entity, and one for each condition.
pub(super) fn picks(work: &Work<'_>, draft: &Draft, fields: &[(EntityId, FieldId)]) -> Result<Vec<Picks>, Refusal> {
    let model = Arc::clone(&work.live.model);
    let mut known: HashMap<EntityId, Vec<Ref>> = HashMap::new();
    let mut all = Vec::with_capacity(fields.len());
    for (entity, field) in fields {
        let Some(reference) = reference_of(&model, *entity, *field) else {
            all.push(Picks::default());
            continue;
        };
        let choose = reference.choose.as_deref();
        let follows = choose.is_some_and(|choose| !choose.reads(&model).fields_of(Root::Record).is_empty());
        let mut picks = Picks { few: Vec::new(), all: !follows };
        for target in reference.targets.iter() {
            let found = match (known.get(target), choose) {
                (Some(found), None) => found.clone(),
                (_, Some(_)) if follows => Vec::new(),
                (_, choose) => {
                    let rows = choose_from(work, *target, choose, draft, FEW + 1)?;
                    let found: Vec<Ref> = rows.iter().filter_map(|row| row.reference()).collect();
                    if choose.is_none() {
                        known.insert(*target, found.clone());
                    }
                    found
                }
            };
            picks.all &= found.len() <= FEW;
            picks.few.extend(found.into_iter().take(FEW));
        }
        picks.all &= picks.few.len() <= FEW;
        all.push(picks);
    }
    Ok(all)
}

fn reference_of(model: &Model, entity: EntityId, field: FieldId) -> Option<&Reference> {
    match &model[entity][field].kind {
        Kind::Ref(reference) => Some(reference),
        _ => None,
    }
}

/// Whether the form holds something for every field of the record that a condition reads. As long as it does not, the
/// condition would find what nobody looks for; what is chosen is checked when the record is saved.
fn is_answered(model: &Model, choose: &Expr, record: &[(FieldId, Value)]) -> bool {
    let reads = choose.reads(model).fields_of(Root::Record);
    reads.iter().all(|field| record.iter().any(|(known, value)| known == field && !value.is_nothing()))
}

/// Living records that may be chosen, by title; people only while they are active.
fn choose_from<'e>(
    work: &Work<'_>,
    entity: EntityId,
    conditions: impl IntoIterator<Item = &'e Expr>,
    draft: &Draft,
    limit: usize,
) -> Result<Vec<Arc<Row>>, Refusal> {
    let model = &work.live.model;
    let active = model[entity].field("active").filter(|_| entity == model.user);
    let active = active.map(|(field, _)| work.live.field_expr(entity, field));
    let all = conditions.into_iter().cloned().chain(active).reduce(both);
    work.find(entity, all.as_ref(), &search::by_title(model, entity), limit, draft, &[])
}

fn both(one: Expr, other: Expr) -> Expr {
    let op = Op::And(Box::new(one.root), Box::new(other.root));
    Expr { root: Node { op, ty: Type::Boolean, at: 0..0 }, ..one }
}

/// The record that a condition calls `record`, as far as it is known.
fn draft_of(model: &Model, entity: EntityId, values: &[(FieldId, Value)]) -> Draft {
    let mut row = Row::empty(entity, model[entity].fields.len());
    for (field, value) in values {
        row.set(*field, value.clone());
    }
    Draft {
        entity,
        old: None,
        row: Arc::new(row),
        given: Vec::new(),
        alike: Vec::new(),
        links: Vec::new(),
        lines: Vec::new(),
        governed: Vec::new(),
        errors: Vec::new(),
    }
}

fn pick(work: &Work<'_>, ask: &Ask, chosen: &Titles, written: &impl Fn(&Title) -> String) -> Result<Pick, Refusal> {
    let text = ask.text.trim();
    if text.is_empty() {
        return Ok(Pick::Nothing);
    }
    if let Some(id) = ask.id
        && chosen.get(id).is_some_and(|title| written(title).trim() == text)
    {
        return Ok(Pick::One(id));
    }
    let model = Arc::clone(&work.live.model);
    let (entity, field) = ask.field;
    if let Ok(found) = reference::named(work, &model[entity][field], text)? {
        return Ok(Pick::One(found));
    }
    let Some(reference) = reference_of(&model, entity, field) else { return Ok(Pick::Nothing) };
    titled(work, &reference.targets, text, written)
}

/// What a typed name means where no field asks for it: the record that was chosen while it is called so, else the one of
/// these entities that is.
pub(super) fn called(
    work: &Work<'_>,
    entities: &[EntityId],
    (chosen, text): (Option<Ref>, &str),
    written: &impl Fn(&Title) -> String,
) -> Result<Pick, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Pick::Nothing);
    }
    if let Some(record) = chosen
        && titles(work, &[record])?.get(record).is_some_and(|title| written(title).trim() == text)
    {
        return Ok(Pick::One(record));
    }
    titled(work, entities, text, written)
}

/// The first living records of an entity, by title.
pub(super) fn choices(work: &Work<'_>, entity: EntityId, limit: usize) -> Result<Vec<Ref>, Refusal> {
    let rows = choose_from(work, entity, [], &draft_of(&work.live.model, entity, &[]), limit)?;
    Ok(rows.iter().filter_map(|row| row.reference()).collect())
}

/// The record that bears a title.
fn titled(
    work: &Work<'_>,
    entities: &[EntityId],
    text: &str,
    written: &impl Fn(&Title) -> String,
) -> Result<Pick, Refusal> {
    let model = Arc::clone(&work.live.model);
    let mut alike = Vec::new();
    for target in entities {
        if let Some(title) = search::title(&model, *target, text) {
            let rows = choose_from(work, *target, [&title], &draft_of(&model, *target, &[]), FEW)?;
            alike.extend(rows.iter().filter_map(|row| row.reference()));
        }
    }
    let titles = titles(work, &alike)?;
    let key = fold::key(text);
    let is_called = |record: &Ref| titles.get(*record).is_some_and(|title| fold::key(&written(title)) == key);
    let called: Vec<Ref> = alike.iter().copied().filter(is_called).collect();
    Ok(match called[..] {
        [one] => Pick::One(one),
        [] => Pick::Unknown(alike),
        _ => Pick::Ambiguous(called),
    })
}
