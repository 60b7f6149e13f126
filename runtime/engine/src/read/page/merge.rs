//! Two records of an entity side by side, before one is merged into the other; and finding the other one.

use std::sync::Arc;

use fichero_model::entity::Source;
use fichero_model::expr::Row;
use fichero_model::value::Value;
use fichero_model::{FieldId, Id, Ref};

use super::deletion::{Affected, count};
use super::picker::{FEW, Pick, Picks, called, choices};
use super::{Seen, Title, Titles, records_in, titles, values};
use crate::actor::Actor;
use crate::engine::Engine;
use crate::live::Live;
use crate::message::Message;
use crate::policy::{self, ReadPath};
use crate::record::work::Work;
use crate::record::{duplicates, merge};
use crate::refusal::{Kind, Refusal};

/// Two records side by side.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The one that goes.
    pub gone: Compared,
    /// The one that stays.
    pub stays: Compared,
    /// The fields whose values can be taken over; of groups their parts.
    pub offered: Vec<FieldId>,
    /// Those of them that are taken over where nobody chooses: what the one that stays has nothing in.
    pub usual: Vec<FieldId>,
    /// What refers to the one that goes.
    pub referring: Vec<Affected>,
    /// The titles of the two and all that they name.
    pub titles: Titles,
}

/// One of two records.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Its version.
    pub version: i64,
    /// Its values by field id; nothing for rows of other entities, and for where it refers to one of the two.
    pub values: Vec<Value>,
}

/// Who a record may be merged with.
#[derive(Clone, Debug)]
pub struct Others {
    /// Those that it is likely the same as, by the rules of the entity, the likeliest first.
    pub alike: Vec<Ref>,
    /// What there is to choose from.
    pub picks: Picks,
    /// What was typed means.
    pub pick: Pick,
    /// The titles of the record and all that are named.
    pub titles: Titles,
}

/// What was typed to find the other record.
#[derive(Clone, Debug, Default)]
pub struct OtherTyped {
    /// The record that was chosen, which may be stale.
    pub id: Option<Id>,
    /// What stands in the text beside it.
    pub text: String,
}

impl Engine {
    /// Two records side by side, before the first is merged into the second.
    ///
    /// # Errors
    /// When they are one, or one of them is not there or may not be read.
    pub async fn merge_page(
        &self,
        live: &Arc<Live>,
        actor: &Actor,
        [gone, stays]: [Ref; 2],
    ) -> Result<Seen<Comparison>, Refusal> {
        self.look(live, actor, move |work| {
            policy::may_read(work.actor, ReadPath::Get)?;
            if gone == stays {
                return Err(Refusal::new(Kind::Conflict, "merge_self", Message::key("merge_self")));
            }
            let both = [gone, stays];
            work.load(both.into_iter())?;
            let row = |record| work.living(record)?.ok_or_else(Refusal::not_found);
            let rows = [row(gone)?, row(stays)?];
            let compared = |row: &Arc<Row>| {
                let own = values(work, row)?.into_iter().map(|value| without(value, &both));
                Ok::<_, Refusal>(Compared { version: row.version(), values: own.collect() })
            };
            let (of_gone, of_stays) = work.gather(|| Ok((compared(&rows[0])?, compared(&rows[1])?)))?;
            let definition = &work.live.model[gone.entity];
            let offers = |(id, field): &(FieldId, &_)| merge::can_be_taken(field) && !follows(&rows[0], *id, field);
            let offered: Vec<FieldId> = definition.all_fields().filter(offers).map(|(id, _)| id).collect();
            let usual = merge::usual(definition, &rows[0], &rows[1]);
            let mut named = records_in(of_gone.values.iter().chain(&of_stays.values));
            named.extend(both);
            Ok(Comparison {
                usual: usual.into_iter().filter(|id| offered.contains(id)).collect(),
                offered,
                referring: referring(work, gone, &rows)?,
                titles: titles(work, &named)?,
                gone: of_gone,
                stays: of_stays,
            })
        })
        .await
    }

    /// Who a record may be merged with. `written` writes a title as the page showed it.
    ///
    /// # Errors
    /// When there is no such record, it may not be read, or a definition fails.
    pub async fn others_page<F>(
        &self,
        live: &Arc<Live>,
        actor: &Actor,
        record: Ref,
        typed: OtherTyped,
        written: F,
    ) -> Result<Seen<Others>, Refusal>
    where
        F: Fn(&Title) -> String + Send + 'static,
    {
        self.look(live, actor, move |work| {
            policy::may_read(work.actor, ReadPath::Suggest)?;
            let row = work.living(record)?.ok_or_else(Refusal::not_found)?;
            let alike = duplicates::alike(work, &row)?;
            let is_other = |other: &Ref| *other != record;
            // One more than a few, for the record itself is among them.
            let found = choices(work, record.entity, FEW + 2)?;
            let found: Vec<Ref> = found.into_iter().filter(is_other).collect();
            let picks = Picks { all: found.len() <= FEW, few: found.into_iter().take(FEW).collect() };
            let chosen = typed.id.map(|id| Ref { entity: record.entity, id });
            let pick = match called(work, &[record.entity], (chosen, &typed.text), &written)? {
                Pick::Unknown(found) => Pick::Unknown(found.into_iter().filter(is_other).collect()),
                Pick::Ambiguous(found) => match found.into_iter().filter(is_other).collect::<Vec<_>>()[..] {
                    [one] => Pick::One(one),
                    ref several => Pick::Ambiguous(several.to_vec()),
                },
                pick @ (Pick::Nothing | Pick::One(_)) => pick,
            };
            let mut named: Vec<Ref> = alike.iter().chain(&picks.few).copied().chain([record]).collect();
            if let Pick::Unknown(found) | Pick::Ambiguous(found) = &pick {
                named.extend(found);
            }
            Ok(Others { titles: titles(work, &named)?, alike, picks, pick })
        })
        .await
    }
}

/// A value but for the records that are one: a record does not refer to itself.
fn without(value: Value, both: &[Ref]) -> Value {
    let is_one = |value: &Value| value.as_ref().is_some_and(|target| both.contains(&target));
    match value {
        Value::List(items) => Value::list(items.iter().filter(|item| !is_one(item)).cloned()),
        value if is_one(&value) => Value::Nothing,
        value => value,
    }
}

/// Whether a value follows its inputs, so that it does so in the record that stays too.
fn follows(gone: &Row, id: FieldId, field: &fichero_model::entity::Field) -> bool {
    matches!(field.source, Source::Compute(_)) && !gone.overridden.contains(&id)
}

/// What refers to the record that goes, but for the two themselves.
fn referring(work: &Work<'_>, gone: Ref, rows: &[Arc<Row>; 2]) -> Result<Vec<Affected>, Refusal> {
    let mut all = Vec::new();
    for referrer in &work.live.ties(gone.entity).referrers {
        let (entity, field) = (referrer.entity, referrer.field);
        let found = count(work, (entity, field), gone, fichero_store::query::Trash::Living)?;
        let refers = |row: &&Arc<Row>| row.entity == entity && row.get(field).as_ref() == Some(gone);
        let own = rows.iter().filter(refers).count() as u64;
        if found > own {
            all.push(Affected { entity, field, count: found - own });
        }
    }
    Ok(all)
}
