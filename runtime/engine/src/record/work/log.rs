//! What follows from a command: rollups to refresh, and the log of what it did.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use fichero_model::entity::{Rollup, RollupFunction, Source};
use fichero_model::expr::Aggregate;
use fichero_model::kind::Kind;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::query::{Aggregation, Filter, Measure};
use fichero_store::system::{change, stage};
use serde_json::{Map, Value as Json};

use super::{Carried, Dirty, Work};
use crate::record::follow;
use crate::record::log::Entry;
use crate::refusal::Refusal;

impl Work<'_> {
    /// From here on rollups are not brought up to date with each command, but once for several: by whoever takes what is
    /// noted. `carried` is what the command before left.
    pub fn defer(&self, carried: Carried) {
        self.deferring.set(true);
        self.dirty.borrow_mut().extend(carried.dirty);
        self.rates.borrow_mut().extend(carried.rates);
    }

    /// What is left to the next command.
    pub fn leave(&self) -> Carried {
        Carried { dirty: self.take_dirty(), rates: std::mem::take(&mut self.rates.borrow_mut()) }
    }

    /// Whether rollups are brought up to date later.
    pub fn is_deferring(&self) -> bool {
        self.deferring.get()
    }

    /// Notes that a rollup of a parent, or what it computes from its rows, has to be refreshed.
    pub fn dirty(&self, parent: Ref, rollup: FieldId) {
        if !matches!(self.live.model[parent.entity][rollup].source, Source::Rollup(_)) {
            self.forget_lists(parent.id);
        }
        self.dirty.borrow_mut().insert((parent, rollup));
    }

    /// Notes that a record changed in what a follower of its entity reads.
    pub fn follow(&self, changed: Ref, follower: usize) {
        self.followed.borrow_mut().insert((changed, follower));
    }

    /// What changed that others follow; it is noted no longer.
    pub fn take_followed(&self) -> BTreeSet<(Ref, usize)> {
        std::mem::take(&mut self.followed.borrow_mut())
    }

    /// The rollups that have to be refreshed; they are noted no longer.
    pub fn take_dirty(&self) -> Dirty {
        std::mem::take(&mut self.dirty.borrow_mut())
    }

    /// The value of a rollup of a stored record.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn rollup(&self, parent: Ref, rollup: &Rollup) -> Result<Value, Refusal> {
        let (Kind::Lines { of, by } | Kind::Children { of, by }) = self.live.model[parent.entity][rollup.over].kind
        else {
            return Ok(Value::Nothing);
        };
        let filter = Filter { equals: vec![(by, Value::Ref(parent))], ..Filter::all(of) };
        let measure = Self::measure(rollup);
        let groups =
            self.aggregate(&Aggregation { filter, group: Vec::new(), measures: vec![measure], after: None, limit: 1 })?;
        let figure = groups.items.into_iter().next().and_then(|group| group.measures.into_iter().next());
        Ok(figure.unwrap_or_default())
    }

    /// What a rollup asks of the rows it is over.
    pub fn measure(rollup: &Rollup) -> Measure<'_> {
        let aggregate = match rollup.function {
            RollupFunction::Count => Aggregate::Count,
            RollupFunction::Sum => Aggregate::Sum,
            RollupFunction::Min => Aggregate::Min,
            RollupFunction::Max => Aggregate::Max,
            RollupFunction::Avg => Aggregate::Avg,
        };
        Measure { aggregate, of: rollup.of.as_ref(), filter: rollup.filter.as_ref() }
    }

    /// Notes an entry of the log.
    pub fn note(&self, entry: Entry) {
        if self.live.model.rates.as_ref().is_some_and(|rates| rates.entity == entry.record.entity) {
            self.rates.borrow_mut().clear();
        }
        self.entries.borrow_mut().push(entry);
    }

    /// What was noted of those of some records that were made or changed: which, whether it is new, and its changes.
    pub fn noted(&self, entity: EntityId, records: &[Id]) -> Vec<(Id, bool, Map<String, Json>)> {
        let entries = self.entries.borrow();
        let of_entity = entries.iter().filter(|entry| entry.record.entity == entity);
        let by_id: HashMap<Id, &Entry> = of_entity.map(|entry| (entry.record.id, entry)).collect();
        let told = records.iter().filter_map(|id| Some((*id, *by_id.get(id)?)));
        told.filter(|(_, entry)| !is_silent(entry))
            .map(|(id, entry)| (id, entry.action == "create", entry.changes.clone()))
            .collect()
    }

    /// Where a record was noted to have been before its reference of that name changed.
    pub fn moved_from(&self, record: Ref, name: &str) -> Option<Id> {
        let entries = self.entries.borrow();
        let entry = entries.iter().rev().find(|entry| entry.record == record && entry.action == "update")?;
        entry.changes.get(name)?.get(0)?.as_str()?.parse().ok()
    }

    /// Adds a change to what was noted last of a record.
    pub fn amend(&self, record: Ref, name: &str, change: Json) {
        if let Some(entry) = self.entries.borrow_mut().iter_mut().rev().find(|entry| entry.record == record) {
            entry.changes.insert(name.to_owned(), change);
        }
    }

    /// Makes what was noted last of a record a change of another action with one member more, or notes it.
    pub fn merged(&self, entry: Entry, (name, with): (&str, Json)) {
        let mut entries = self.entries.borrow_mut();
        let known = entries.iter().rposition(|known| known.record == entry.record && known.action == "update");
        let known = known.unwrap_or_else(|| {
            entries.push(entry.clone());
            entries.len() - 1
        });
        if let Some(noted) = entries.get_mut(known) {
            noted.action = entry.action;
            noted.changes.insert(name.to_owned(), with);
        }
    }

    /// Writes the log of this command, and orders what follows it later.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn flush(&self) -> Result<(), Refusal> {
        follow::order(self)?;
        let mut noted = std::mem::take(&mut *self.entries.borrow_mut());
        noted.retain(|entry| !is_silent(entry));
        if noted.is_empty() {
            return Ok(());
        }
        let mut changes = Vec::with_capacity(noted.len());
        let mut moves = Vec::new();
        for entry in noted {
            let change = self.change(&entry);
            moves.extend(entry.moves.into_iter().map(|(field, from, to)| stage::Move {
                record: entry.record.id,
                entity: Arc::clone(&change.entity),
                field: self.live.layout.column_name(entry.record.entity, field),
                from: from.map(Arc::from),
                to: to.map(Arc::from),
                at: change.at,
                actor: change.actor,
                change: change.id,
            }));
            let mut salt = [0; 16];
            self.ids.random(&mut salt);
            changes.push((change, salt));
        }
        self.with(|tx| {
            change::append(tx, &changes)?;
            stage::append(tx, &moves)
        })
    }

    fn change(&self, entry: &Entry) -> change::Change {
        change::Change {
            id: self.ids.id(self.now),
            at: entry.at,
            entity: self.live.layout.table_name(entry.record.entity),
            record: entry.record.id,
            revision: entry.revision,
            action: Arc::from(entry.action),
            actor: entry.actor,
            via: Arc::from(self.actor.via.name()),
            cause: self.actor.cause.map(|cause| Arc::from(cause.to_string())),
            deployment: self.live.seq,
            batch: self.batch.get(),
            command: self.command_id(),
            body: (!entry.changes.is_empty()).then(|| Arc::new(Json::Object(entry.changes.clone()))),
        }
    }
}

/// Whether an entry says nothing: what changed follows from something else, whose own entry tells of it.
fn is_silent(entry: &Entry) -> bool {
    entry.action == "update" && entry.changes.is_empty()
}
