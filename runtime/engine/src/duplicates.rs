//! Duplicates among the records that are there: the search through all of them, what somebody decided of what it found,
//! and the keys of records that were there before the rules.
//!
//! The search reads page by page, compares in memory, and writes what it found in small transactions, so that it keeps
//! nobody waiting. It compares only records that share a key ([`join`]): that takes time in proportion to the records, and
//! what is left out because too many share a key is told, never dropped in silence. Keys under which a new record looks
//! for others are made by [`tend`], after a deployment that changes the rules.

pub mod join;
pub mod tend;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use fichero_model::duplicate::Signature;
use fichero_model::entity::System;
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::query::{Cursor, Filter, Query};
use fichero_store::system::duplicate;
pub use fichero_store::system::duplicate::Pair;
use fichero_store::{Isolation, Priority};
use serde_json::{Value as Json, json};

use crate::actor::Actor;
use crate::command::Mode;
use crate::engine::Engine;
use crate::live::Live;
use crate::policy::{self, Action, ReadPath};
use crate::record::duplicates;
use crate::refusal::{Named, Refusal};

/// How many records are read at once.
const PAGE: usize = 1_000;

/// How many pairs are written in a transaction.
const WRITTEN: usize = 500;

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many records were looked at.
    pub records: usize,
    /// Records that are likely the same, in pairs, in the order of their ids; those that were dismissed are not among them.
    pub pairs: Vec<Pair>,
    /// Keys that more records share than are compared with each other.
    pub large: Vec<Large>,
    /// There are more pairs than are kept.
    pub more: bool,
}

/// A key that more records share than are compared with each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Large {
    /// The rule.
    pub rule: Arc<str>,
    /// How many records.
    pub records: usize,
    /// One of them.
    pub sample: Id,
}

impl Report {
    /// As it is kept and printed.
    pub fn to_json(&self) -> Json {
        let large =
            |large: &Large| json!({"rule": &*large.rule, "records": large.records, "sample": large.sample.to_string()});
        json!({
            "records": self.records,
            "pairs": self.pairs.len(),
            "more": self.more,
            "large": self.large.iter().map(large).collect::<Vec<_>>(),
        })
    }
}

/// Records that are likely the same, each by one pair at least.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// The pairs, in the order of their ids.
    pub pairs: Vec<Pair>,
}

impl Group {
    /// The records, each once.
    pub fn records(&self) -> BTreeSet<Id> {
        self.pairs.iter().flat_map(|pair| [pair.one, pair.other]).collect()
    }
}

/// Pairs as groups, in the order of their first record.
pub fn groups(pairs: &[Pair]) -> Vec<Group> {
    let mut leader: HashMap<Id, Id> = HashMap::new();
    fn first(leader: &HashMap<Id, Id>, mut of: Id) -> Id {
        while let Some(next) = leader.get(&of).filter(|next| **next != of) {
            of = *next;
        }
        of
    }
    for pair in pairs {
        let (one, other) = (first(&leader, pair.one), first(&leader, pair.other));
        leader.insert(one.max(other), one.min(other));
    }
    let mut groups: BTreeMap<Id, Group> = BTreeMap::new();
    for pair in pairs {
        groups.entry(first(&leader, pair.one)).or_default().pairs.push(pair.clone());
    }
    groups.into_values().collect()
}

/// A page of what a search read.
type Read = (Vec<(Id, Vec<Option<Signature>>)>, Option<Cursor>);

impl Engine {
    /// Searches all records of an entity for duplicates. Writes nothing.
    ///
    /// # Errors
    /// When the entity has no rules or may not be read, or the database cannot be read.
    pub async fn find_duplicates(&self, actor: &Actor, entity: EntityId) -> Result<Report, Refusal> {
        policy::may_read(actor, ReadPath::List)?;
        let live = self.live();
        if !live.is_keyed(entity) {
            return Err(Refusal::not_found());
        }
        let mut read = Vec::new();
        let mut after = None;
        loop {
            let (page, next) = self.read_signatures(&live, actor, entity, after).await?;
            read.extend(page);
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let table = live.layout.table_name(entity);
        let dismissed = self.read(move |_, _, tx| Ok(duplicate::dismissed_pairs(tx, &table)?)).await?;
        let dismissed = dismissed.into_iter().map(|pair| (pair.one, pair.other)).collect();
        let compared = tokio::task::spawn_blocking(move || compare(&live, entity, read, &dismissed));
        compared.await.map_err(|error| Refusal::internal("the search for duplicates", &error))
    }

    /// What the next records are compared by. Only what is compared is read of them.
    async fn read_signatures(
        &self,
        live: &Arc<Live>,
        actor: &Actor,
        entity: EntityId,
        after: Option<Cursor>,
    ) -> Result<Read, Refusal> {
        let (live, actor) = (Arc::clone(live), actor.clone());
        self.read(move |engine, _, tx| {
            let work = engine.work(Arc::clone(&live), tx, &actor, Mode::Live);
            let rules = &live.model[entity].duplicates;
            let mut fields: BTreeSet<FieldId> =
                rules.iter().flat_map(|rule| rule.matches.iter().map(|one| one.field)).collect();
            for filter in rules.iter().filter_map(|rule| rule.filter.as_ref()) {
                fields.extend(filter.reads(&live.model).own_fields());
            }
            fields.insert(System::Id.field());
            let fields: Vec<FieldId> = fields.into_iter().collect();
            let query = Query { fields: Some(&fields), after: after.as_ref(), ..Query::new(Filter::all(entity), PAGE) };
            let (found, _) = work.page(&query, None)?;
            let mut read = Vec::with_capacity(found.rows.len());
            for row in &found.rows {
                let mut signatures = Vec::with_capacity(rules.len());
                for rule in rules {
                    let signature = rule.signature(row);
                    let counts = signature.is_some() && duplicates::counts(&work, rule, row)?;
                    signatures.push(signature.filter(|_| counts));
                }
                read.extend(row.id().map(|id| (id, signatures)));
            }
            Ok((read, found.next))
        })
        .await
    }

    /// Asks for a search in the background.
    ///
    /// # Errors
    /// When the actor may not, or the database cannot be written.
    pub async fn want_duplicates(&self, actor: &Actor, entity: EntityId) -> Result<(), Refusal> {
        policy::may(actor, &self.live().model, entity, Action::Update)?;
        self.write(Priority::Interactive, Isolation::ReadCommitted, move |engine, live, tx| {
            if !live.is_keyed(entity) {
                return Err(Refusal::not_found());
            }
            Ok::<_, Refusal>(duplicate::want(tx, &live.layout.table_name(entity), engine.clock().now())?)
        })
        .await
    }

    /// Remembers that two records are not the same.
    ///
    /// # Errors
    /// When the actor may not, one of them is not there, or the database cannot be written.
    pub async fn dismiss_duplicates(
        &self,
        actor: &Actor,
        entity: EntityId,
        (one, other): (Id, Id),
    ) -> Result<(), Refusal> {
        policy::may(actor, &self.live().model, entity, Action::Update)?;
        let actor = actor.clone();
        self.write(Priority::Interactive, Isolation::ReadCommitted, move |engine, live, tx| {
            let work = engine.work(Arc::clone(&live), tx, &actor, Mode::Live);
            for id in [one, other] {
                work.any(Ref { entity, id })?.ok_or_else(Refusal::not_found)?;
            }
            let (now, by) = (work.now, actor.user.map(|user| user.id));
            let pair = (one.min(other), one.max(other));
            work.with(|tx| duplicate::dismiss(tx, &live.layout.table_name(entity), pair, now, by))
        })
        .await
    }

    /// What stands for records of an entity.
    ///
    /// # Errors
    /// When they may not be read, or the database cannot be read.
    pub async fn named(&self, actor: &Actor, entity: EntityId, ids: Vec<Id>) -> Result<Vec<Named>, Refusal> {
        policy::may_read(actor, ReadPath::Title)?;
        let actor = actor.clone();
        self.read(move |engine, live, tx| {
            let definition = &live.model[entity];
            let work = engine.work(Arc::clone(&live), tx, &actor, Mode::Live);
            work.load(ids.iter().map(|id| Ref { entity, id: *id }))?;
            let mut all = Vec::with_capacity(ids.len());
            for id in &ids {
                if let Some(row) = work.living(Ref { entity, id: *id })? {
                    let title = crate::value::text::plain(row.get(definition.title));
                    all.push(Named { entity: Arc::clone(&definition.name), id: *id, title });
                }
            }
            Ok(all)
        })
        .await
    }
}

fn compare(
    live: &Live,
    entity: EntityId,
    read: Vec<(Id, Vec<Option<Signature>>)>,
    dismissed: &BTreeSet<(Id, Id)>,
) -> Report {
    let rules = &live.model[entity].duplicates;
    let ids: Vec<Id> = read.iter().map(|(id, _)| *id).collect();
    let mut by_rule: Vec<Vec<(usize, Signature)>> = rules.iter().map(|_| Vec::new()).collect();
    for (index, (_, signatures)) in read.into_iter().enumerate() {
        for (of_rule, signature) in by_rule.iter_mut().zip(signatures) {
            of_rule.extend(signature.map(|signature| (index, signature)));
        }
    }
    let mut report = Report { records: ids.len(), ..Report::default() };
    let mut pairs: BTreeMap<(Id, Id), Vec<&str>> = BTreeMap::new();
    for (rule, signatures) in rules.iter().zip(&by_rule) {
        let joined = join::join(signatures);
        report.more |= joined.more;
        for (one, other) in joined.pairs {
            let (Some(one), Some(other)) = (ids.get(one), ids.get(other)) else { continue };
            let pair = (*one.min(other), *one.max(other));
            if !dismissed.contains(&pair) {
                pairs.entry(pair).or_default().push(&rule.name);
            }
        }
        let large = joined.large.into_iter().filter_map(|(records, sample)| {
            Some(Large { rule: Arc::clone(&rule.name), records, sample: *ids.get(sample)? })
        });
        report.large.extend(large);
    }
    let pair = |((one, other), rules): ((Id, Id), Vec<&str>)| Pair { one, other, rules: rules.join(",").into() };
    report.pairs = pairs.into_iter().map(pair).collect();
    report
}
