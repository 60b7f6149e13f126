//! Writing records inside a command: locks, rows, links, numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fichero_model::entity::System;
use fichero_model::expr::Row;
use fichero_model::kind::{Kind, OnDelete, Through};
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::system::duplicate;
use fichero_store::system::file::{self, Owner};
use fichero_store::{Dialect, Error, Lock, Record};

use super::{Work, through};
use crate::input::{Given, Input};
use crate::live::Referrer;
use crate::message::Message;
use crate::record::draft::Draft;
use crate::record::{check, duplicates, index, remove, save, unique};
use crate::refusal::{Kind as RefusalKind, Refusal};

impl Work<'_> {
    /// A living record, kept from others until this command ends.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn lock(&self, reference: Ref, lock: Lock) -> Result<Option<Arc<Row>>, Refusal> {
        Ok(self.lock_any(reference, lock)?.filter(|row| row.get(System::DeletedAt.field()).is_nothing()))
    }

    /// The same, living or in the trash.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn lock_any(&self, reference: Ref, lock: Lock) -> Result<Option<Arc<Row>>, Refusal> {
        self.lock_many(reference.entity, &[reference.id], lock)?;
        Ok(self.rows.borrow().get(&reference).cloned().flatten())
    }

    fn lock_many(&self, entity: EntityId, ids: &[Id], lock: Lock) -> Result<(), Refusal> {
        let found = self.with(|tx| self.live.layout.lock(tx, entity, ids, lock))?;
        self.rows.borrow_mut().extend(ids.iter().map(|id| (Ref { entity, id: *id }, None)));
        for record in found {
            self.remember_locked(record, lock);
        }
        Ok(())
    }

    fn remember_locked(&self, record: Record, lock: Lock) -> Arc<Row> {
        let row = self.remember(record);
        if let Some(reference) = row.reference() {
            let mut locked = self.locked.borrow_mut();
            let held = locked.entry(reference).or_insert(lock);
            *held = lock.max(*held);
        }
        row
    }

    /// Locks the records that several commands are about, in a fixed order, before the first of them begins: two that
    /// come in another order then do not wait for each other.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn reserve(&self, references: impl Iterator<Item = Ref>) -> Result<(), Refusal> {
        if self.is_sole_writer() {
            return Ok(());
        }
        let mut wanted: BTreeMap<EntityId, BTreeSet<Id>> = BTreeMap::new();
        for Ref { entity, id } in references {
            wanted.entry(entity).or_default().insert(id);
        }
        for (entity, ids) in wanted {
            self.lock_many(entity, &Vec::from_iter(ids), Lock::Change)?;
        }
        Ok(())
    }

    /// Reads the records that are newly referred to, with one statement per entity, so that nobody deletes them before
    /// this command ends: whether they live is judged from what was read under the lock. In a fixed order, so that two
    /// commands that refer to the same records do not wait for each other.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn keep(&self, references: impl Iterator<Item = Ref>) -> Result<(), Refusal> {
        if self.is_sole_writer() {
            return self.load(references);
        }
        let mut wanted: BTreeMap<EntityId, BTreeSet<Id>> = BTreeMap::new();
        for reference in references {
            let own = self.pending.borrow().contains_key(&reference.id);
            if !own && !self.locked.borrow().contains_key(&reference) {
                wanted.entry(reference.entity).or_default().insert(reference.id);
            }
        }
        for (entity, ids) in wanted {
            self.lock_many(entity, &Vec::from_iter(ids), Lock::Keep)?;
        }
        Ok(())
    }

    /// The same for a record that is being made and that nobody needs to have read before: where that can be, it is taken to be
    /// living until the new one is written, which keeps and verifies it with the same statement.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn presume(&self, reference: Ref) -> Result<(), Refusal> {
        let known = self.pending.borrow().contains_key(&reference.id)
            || self.locked.borrow().contains_key(&reference)
            || self.presumed.borrow().contains(&reference);
        if known {
            return Ok(());
        }
        if !self.with(|tx| Ok(tx.may_presume()))? {
            return self.keep(std::iter::once(reference));
        }
        self.presumed.borrow_mut().insert(reference);
        Ok(())
    }

    /// Whether a record is taken to be living.
    pub fn is_presumed(&self, reference: Ref) -> bool {
        self.presumed.borrow().contains(&reference)
    }

    /// The records that a new one refers to and that are still to be kept; that is done with it.
    fn take_presumed(&self, row: &Row) -> Vec<Ref> {
        let mut presumed = self.presumed.borrow_mut();
        if presumed.is_empty() {
            return Vec::new();
        }
        let fields = self.live.model[row.entity].all_fields();
        let referred: BTreeSet<Ref> = fields.filter_map(|(id, _)| row.get(id).as_ref()).collect();
        let taken: Vec<Ref> = referred.into_iter().filter(|reference| presumed.remove(reference)).collect();
        self.locked.borrow_mut().extend(taken.iter().map(|reference| (*reference, Lock::Keep)));
        taken
    }

    /// A living record that is about to be deleted, locked if it is not yet.
    ///
    /// # Errors
    /// When somebody else deleted it meanwhile, or the database cannot be read.
    pub fn seize(&self, row: Arc<Row>) -> Result<Arc<Row>, Refusal> {
        let Some(reference) = row.reference() else { return Ok(row) };
        if self.is_sole_writer() || self.locked.borrow().get(&reference) == Some(&Lock::Remove) {
            return Ok(row);
        }
        let locked = self.lock(reference, Lock::Remove)?;
        locked.ok_or_else(|| Refusal::new(RefusalKind::Stale, "stale", Message::key("stale")))
    }

    /// Whether no other command writes before this one ends.
    fn is_sole_writer(&self) -> bool {
        self.live.layout.dialect() == Dialect::Sqlite
    }

    /// Records, living or in the trash, kept from others until this command ends, with one statement per entity.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn lock_all(&self, references: impl Iterator<Item = Ref>, lock: Lock) -> Result<Vec<Arc<Row>>, Refusal> {
        let mut wanted: BTreeMap<EntityId, BTreeSet<Id>> = BTreeMap::new();
        for Ref { entity, id } in references {
            wanted.entry(entity).or_default().insert(id);
        }
        let mut rows = Vec::new();
        for (entity, ids) in wanted {
            self.lock_many(entity, &Vec::from_iter(ids.iter().copied()), lock)?;
            let read = self.rows.borrow();
            rows.extend(ids.into_iter().filter_map(|id| read.get(&Ref { entity, id }).cloned().flatten()));
        }
        Ok(rows)
    }

    /// Writes a new record.
    ///
    /// # Errors
    /// When a unique rule refuses it, or the database cannot be written.
    pub fn insert(&self, row: &Arc<Row>) -> Result<(), Refusal> {
        let (record, presumed) = (self.given(row), self.take_presumed(row));
        self.check_unique(&record)?;
        self.store(|tx| {
            self.live.layout.insert(tx, &record, &presumed)?;
            index::made(&self.live, tx, row)
        })
        .map_err(|error| self.broken(error))?;
        duplicates::made(self, row)?;
        self.keep_written(row);
        Ok(())
    }

    /// From now on a record is seen as it was written: a draft of it may lack what was given out last, such as its number,
    /// and one that changes nothing is not written at all.
    pub fn keep_written(&self, row: &Arc<Row>) {
        let Some(reference) = row.reference() else { return };
        if let Some(draft) = self.pending.borrow_mut().get_mut(&reference.id) {
            *draft = Arc::clone(row);
        }
        self.rows.borrow_mut().insert(reference, Some(Arc::clone(row)));
    }

    /// Writes a changed record.
    ///
    /// # Errors
    /// When a unique rule refuses it, somebody else changed it, or the database cannot be written.
    pub fn update(&self, old: &Row, row: &Row) -> Result<(), Refusal> {
        let row = Arc::new(row.clone());
        let record = self.given(&row);
        self.check_unique(&record)?;
        let current =
            self.store(|tx| self.live.layout.update(tx, &record, old.version())).map_err(|error| self.broken(error))?;
        if !current {
            return Err(Refusal::new(RefusalKind::Stale, "stale", Message::key("stale")));
        }
        self.with(|tx| index::changed(&self.live, tx, old, &row))?;
        duplicates::changed(self, old, &row)?;
        self.keep_written(&row);
        Ok(())
    }

    /// Tells of all unique rules that a record breaks, where the command was refused for one before.
    fn check_unique(&self, record: &Record) -> Result<(), Refusal> {
        if !self.with(|tx| Ok(tx.is_thorough()))? {
            return Ok(());
        }
        let broken = self.with(|tx| self.live.layout.taken(tx, record))?;
        unique::refusals(&self.live, record.row.entity, broken).map_or(Ok(()), Err)
    }

    /// Writes values that follow from other records: no version is raised.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn write_derived(&self, old: &Row, row: &Arc<Row>) -> Result<(), Refusal> {
        let Some(id) = row.id() else { return Ok(()) };
        let changed: Vec<(FieldId, Value)> = self.live.model[row.entity]
            .all_fields()
            .filter(|(field, definition)| definition.is_stored() && old.get(*field) != row.get(*field))
            .map(|(field, _)| (field, row.get(field).clone()))
            .collect();
        self.store(|tx| self.live.layout.set(tx, row.entity, &[id], &changed)).map_err(|error| self.broken(error))?;
        self.with(|tx| index::changed(&self.live, tx, old, row))?;
        duplicates::changed(self, old, row)?;
        self.rows.borrow_mut().extend(row.reference().map(|reference| (reference, Some(Arc::clone(row)))));
        Ok(())
    }

    /// Writes fields as they are, for others to see that it was done.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn write_again(&self, row: &Row, fields: &BTreeSet<FieldId>) -> Result<(), Refusal> {
        let Some(id) = row.id() else { return Ok(()) };
        let values: Vec<(FieldId, Value)> = fields.iter().map(|field| (*field, row.get(*field).clone())).collect();
        self.with(|tx| self.live.layout.set(tx, row.entity, &[id], &values).map(drop))
    }

    /// Has stored records hold certain values until each is written, by the same command, as it is to be.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn hold_back(&self, entity: EntityId, ids: &[Id], values: &[(FieldId, Value)]) -> Result<(), Refusal> {
        self.with(|tx| self.live.layout.set(tx, entity, ids, values).map(drop))
    }

    /// Writes which records a reference to many points to.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn write_links(&self, row: &Row, field: FieldId, targets: &[Ref]) -> Result<(), Refusal> {
        let Some(id) = row.id() else { return Ok(()) };
        self.forget_list(id, field);
        if let Some(through) = through(&self.live.model[row.entity][field].kind) {
            return self.write_through(row, through, targets);
        }
        self.with(|tx| self.live.layout.set_links(tx, row.entity, field, id, targets))
    }

    /// The same where a link entity stands between: links that are no longer meant go to the trash, new ones are made,
    /// and those that stay keep what else they hold.
    fn write_through(&self, row: &Row, through: Through, targets: &[Ref]) -> Result<(), Refusal> {
        let Some(own) = row.reference() else { return Ok(()) };
        let found = self.with(|tx| self.live.layout.referring(tx, through.entity, through.from, &[own.id], false))?;
        let mut held = Vec::new();
        for link in found.into_iter().map(|record| self.remember(record)) {
            match link.get(through.to).as_ref() {
                Some(target) if targets.contains(&target) => held.push(target),
                _ => {
                    remove::trash(self, link)?;
                }
            }
        }
        for target in targets.iter().filter(|target| !held.contains(target)) {
            let mut input = Input::default();
            input.put(through.from, Given::Value(Value::Ref(own)));
            input.put(through.to, Given::Value(Value::Ref(*target)));
            let draft = Draft::create(self, through.entity, input)?;
            save::save(self, check::check(self, draft)?)?;
        }
        Ok(())
    }

    /// What a reference to many of a stored record points to, living or in the trash, in its order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn linked(&self, row: &Row, field: FieldId) -> Result<Vec<Ref>, Refusal> {
        let Some(id) = row.id() else { return Ok(Vec::new()) };
        let links = match through(&self.live.model[row.entity][field].kind) {
            Some(through) => self.links_through(through, &[id])?,
            None => self.with(|tx| self.live.layout.links(tx, row.entity, field, &[id]))?,
        };
        Ok(links.into_iter().map(|(_, target)| target).collect())
    }

    /// Keeps lines in this order.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn order_lines(&self, parent: EntityId, field: FieldId, order: &[Id]) -> Result<(), Refusal> {
        let Kind::Lines { of, .. } = self.live.model[parent][field].kind else { return Ok(()) };
        for (position, id) in order.iter().enumerate() {
            let position = i64::try_from(position).unwrap_or(i64::MAX);
            if self.positions.borrow_mut().insert(*id, position) != Some(position) {
                self.with(|tx| self.live.layout.set_position(tx, of, *id, position))?;
            }
        }
        Ok(())
    }

    /// Removes records of one entity for good.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn purge(&self, rows: &[Arc<Row>]) -> Result<(), Refusal> {
        let Some(entity) = rows.first().map(|row| row.entity) else { return Ok(()) };
        let ids: Vec<Id> = rows.iter().filter_map(|row| row.id()).collect();
        self.store(|tx| self.live.layout.purge(tx, entity, &ids)).map_err(|error| self.broken(error))?;
        if self.live.is_keyed(entity) {
            self.with(|tx| duplicate::remove_keys(tx, &ids))?;
        }
        self.with(|tx| index::gone(&self.live, tx, entity, &ids))?;
        // Those of fields that left the model too.
        self.with(|tx| file::remove_of(tx, &ids, self.now))?;
        self.rows.borrow_mut().extend(ids.into_iter().map(|id| (Ref { entity, id }, None)));
        Ok(())
    }

    /// Gives files that belong to nothing to a record, and tells how many there were.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn give_files(&self, ids: &[Id], owner: &Owner) -> Result<u64, Refusal> {
        let given = self.with(|tx| file::attach(tx, ids, owner))?;
        self.files.borrow_mut().retain(|id, _| !ids.contains(id));
        Ok(given)
    }

    /// The records that refer to some of one entity which are about to be deleted and are locked, each with which it refers
    /// to; those in the trash too where `trashed` says so. Those that go with them or lose their reference are locked with
    /// the statement that finds them.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn referring(
        &self,
        referrer: &Referrer,
        (of, targets): (EntityId, &[Id]),
        trashed: bool,
    ) -> Result<Vec<(Arc<Row>, Ref)>, Refusal> {
        let (entity, field) = (referrer.entity, referrer.field);
        let lock = match referrer.on_delete {
            OnDelete::Restrict => None,
            OnDelete::Cascade => Some(Lock::Remove),
            OnDelete::Clear => Some(Lock::Change),
        };
        if referrer.link {
            let links = self.with(|tx| self.live.layout.linking(tx, entity, field, targets))?;
            let ids: BTreeSet<Id> = links.iter().map(|(_, id)| *id).collect();
            match lock {
                Some(lock) if !self.is_sole_writer() => self.lock_many(entity, &Vec::from_iter(ids), lock)?,
                _ => self.load(ids.into_iter().map(|id| Ref { entity, id }))?,
            }
            let mut found = Vec::with_capacity(links.len());
            for (target, id) in links {
                let row = if trashed { self.any(Ref { entity, id })? } else { self.living(Ref { entity, id })? };
                found.extend(row.map(|row| (row, Ref { entity: of, id: target })));
            }
            return Ok(found);
        }
        let rows: Vec<Arc<Row>> = match lock {
            None => {
                let found = self.with(|tx| self.live.layout.referring(tx, entity, field, targets, trashed))?;
                found.into_iter().map(|record| self.remember(record)).collect()
            }
            Some(lock) => {
                let found =
                    self.with(|tx| self.live.layout.lock_referring(tx, entity, field, targets, trashed, lock))?;
                found.into_iter().map(|record| self.remember_locked(record, lock)).collect()
            }
        };
        Ok(rows.into_iter().filter_map(|row| row.get(field).as_ref().map(|target| (row, target))).collect())
    }

    /// A refusal of the database in words about fields.
    pub(super) fn broken(&self, error: Error) -> Refusal {
        unique::refusal(&self.live, error)
    }

    /// A row as it is written.
    fn given(&self, row: &Arc<Row>) -> Record {
        let position = row.id().and_then(|id| self.positions.borrow().get(&id).copied());
        Record { row: Arc::clone(row), overridden: row.overridden.clone(), position }
    }
}
