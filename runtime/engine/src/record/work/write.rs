//! Writing records inside a command: locks, rows, links, numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use fichero_model::entity::System;
use fichero_model::expr::Row;
use fichero_model::kind::{Kind, Through};
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Id, Ref};
use fichero_store::Error;
use fichero_store::Record;

use super::{Work, through};
use crate::input::{Given, Input};
use crate::live::Referrer;
use crate::message::Message;
use crate::record::draft::Draft;
use crate::record::{check, remove, save, unique};
use crate::refusal::{Kind as RefusalKind, Refusal};

impl Work<'_> {
    /// A living record that nobody else changes before this command ends.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn lock(&self, reference: Ref) -> Result<Option<Arc<Row>>, Refusal> {
        Ok(self.lock_any(reference)?.filter(|row| row.get(System::DeletedAt.field()).is_nothing()))
    }

    /// The same, living or in the trash.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn lock_any(&self, reference: Ref) -> Result<Option<Arc<Row>>, Refusal> {
        let found = self.with(|tx| self.live.layout.lock(tx, reference.entity, &[reference.id]))?;
        Ok(found.into_iter().next().map(|record| self.remember(record)))
    }

    /// Records that nobody else changes before this command ends, living or in the trash, with one statement per entity.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn lock_all(&self, references: impl Iterator<Item = Ref>) -> Result<Vec<Arc<Row>>, Refusal> {
        let mut by_entity: BTreeMap<EntityId, Vec<Id>> = BTreeMap::new();
        for reference in references {
            by_entity.entry(reference.entity).or_default().push(reference.id);
        }
        let mut rows = Vec::new();
        for (entity, ids) in by_entity {
            let found = self.with(|tx| self.live.layout.lock(tx, entity, &ids))?;
            rows.extend(found.into_iter().map(|record| self.remember(record)));
        }
        Ok(rows)
    }

    /// Writes a new record.
    ///
    /// # Errors
    /// When a unique rule refuses it, or the database cannot be written.
    pub fn insert(&self, row: &Arc<Row>) -> Result<(), Refusal> {
        let record = self.given(row);
        self.store(|tx| self.live.layout.insert(tx, &record)).map_err(|error| self.broken(error))?;
        self.rows.borrow_mut().extend(row.reference().map(|reference| (reference, Some(Arc::clone(row)))));
        Ok(())
    }

    /// Writes a changed record.
    ///
    /// # Errors
    /// When a unique rule refuses it, somebody else changed it, or the database cannot be written.
    pub fn update(&self, old: &Row, row: &Row) -> Result<(), Refusal> {
        let row = Arc::new(row.clone());
        let record = self.given(&row);
        let current =
            self.store(|tx| self.live.layout.update(tx, &record, old.version())).map_err(|error| self.broken(error))?;
        if !current {
            return Err(Refusal::new(RefusalKind::Stale, "stale", Message::key("stale")));
        }
        self.rows.borrow_mut().extend(row.reference().map(|reference| (reference, Some(row))));
        Ok(())
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
        self.rows.borrow_mut().extend(row.reference().map(|reference| (reference, Some(Arc::clone(row)))));
        Ok(())
    }

    /// Writes which records a reference to many points to.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn write_links(&self, row: &Row, field: FieldId, targets: &[Ref]) -> Result<(), Refusal> {
        let Some(id) = row.id() else { return Ok(()) };
        self.lists.borrow_mut().remove(&(id, field));
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
        self.rows.borrow_mut().extend(ids.into_iter().map(|id| (Ref { entity, id }, None)));
        Ok(())
    }

    /// The records that refer to some of one entity, each with which it refers to; those in the trash too where `trashed`
    /// says so.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn referring(
        &self,
        referrer: &Referrer,
        (entity, targets): (EntityId, &[Id]),
        trashed: bool,
    ) -> Result<Vec<(Arc<Row>, Ref)>, Refusal> {
        if referrer.link {
            let links = self.with(|tx| self.live.layout.linking(tx, referrer.entity, referrer.field, targets))?;
            let record = |id| Ref { entity: referrer.entity, id };
            self.load(links.iter().map(|(_, id)| record(*id)))?;
            let mut found = Vec::with_capacity(links.len());
            for (target, id) in links {
                let row = if trashed { self.any(record(id))? } else { self.living(record(id))? };
                found.extend(row.map(|row| (row, Ref { entity, id: target })));
            }
            return Ok(found);
        }
        let found =
            self.with(|tx| self.live.layout.referring(tx, referrer.entity, referrer.field, targets, trashed))?;
        let rows = found.into_iter().map(|record| self.remember(record));
        Ok(rows.filter_map(|row| row.get(referrer.field).as_ref().map(|target| (row, target))).collect())
    }

    /// A refusal of the database in words about fields.
    fn broken(&self, error: Error) -> Refusal {
        unique::refusal(&self.live, error)
    }

    /// A row as it is written.
    fn given(&self, row: &Arc<Row>) -> Record {
        let position = row.id().and_then(|id| self.positions.borrow().get(&id).copied());
        Record { row: Arc::clone(row), overridden: row.overridden.clone(), position }
    }
}
