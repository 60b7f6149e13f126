//! Records in and out of their own table.

use std::sync::Arc;

use fichero_model::entity::System;
use fichero_model::expr::Row;
use fichero_model::{EntityId, FieldId, Id, Ref, Value};

use super::{Layout, Stored, Table, codec};
use crate::sql::written_for;
use crate::tx::Into;
use crate::{Cell, ColumnType, Dialect, Error, Tx};

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its values, shared with whoever evaluates expressions over it.
    pub row: Arc<Row>,
    /// The computed fields whose value somebody has overridden.
    pub overridden: Vec<FieldId>,
    /// Its place among its siblings, of a line.
    pub position: Option<i64>,
}

impl Record {
    /// A record of values, nothing overridden, no line.
    pub fn new(row: Row) -> Self {
        Self { row: Arc::new(row), overridden: Vec::new(), position: None }
    }

    /// Its identity.
    ///
    /// # Errors
    /// [`Error::Statement`] for a draft that has none.
    pub fn id(&self) -> Result<Id, Error> {
        self.row.id().ok_or_else(|| Error::Statement("a record without an id was to be written".to_owned()))
    }
}

/// How a record is kept from others until the command ends. On SQLite the one writer holds every record anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lock {
    /// Nobody deletes it: for one that is newly referred to. Any number of commands may do that at the same time, also
    /// while it is being changed.
    Keep,
    /// Nobody else changes it.
    Change,
    /// Nobody else changes it or newly refers to it: for one that is to be deleted.
    Remove,
}

impl Lock {
    /// How a statement that reads rows takes it.
    fn clause(self, dialect: Dialect) -> &'static str {
        match (dialect, self) {
            (Dialect::Sqlite, _) => "",
            (Dialect::Postgres, Lock::Keep) => " FOR KEY SHARE",
            // What the database itself takes for a change of no key, so that it goes with those who keep the record.
            (Dialect::Postgres, Lock::Change) => " FOR NO KEY UPDATE",
            (Dialect::Postgres, Lock::Remove) => " FOR UPDATE",
        }
    }
}

/// The statements of a table that are the same for every record.
#[derive(Debug, Default)]
pub(super) struct Statements {
    types: Vec<ColumnType>,
    select: String,
    get: ById,
    keep: ById,
    change: ById,
    remove: ById,
    into: Into,
    insert: String,
    living: String,
    update: String,
    purge: ById,
}

/// A statement on the records of some ids. For one id it has words of its own: PostgreSQL plans a statement that takes
/// a list anew each time it is run.
#[derive(Debug, Default)]
struct ById {
    one: String,
    many: String,
}

impl ById {
    /// `text` makes the statement of the condition on the id.
    fn new(dialect: Dialect, text: impl Fn(&str) -> String) -> Self {
        let write = |condition| written_for(dialect, &text(condition));
        Self { one: write("= ?1"), many: write("IN #1") }
    }

    /// The statement for so many ids, with its parameter.
    fn of(&self, ids: &[Id]) -> (&str, [Cell; 1]) {
        match ids {
            [one] => (&self.one, [Cell::Id(*one)]),
            many => (&self.many, [Cell::from(many)]),
        }
    }
}

impl Statements {
    pub(super) fn new(table: &Table, dialect: Dialect) -> Self {
        let stored = || table.stored.iter().filter_map(|field| table.field(*field));
        let mut read: Vec<&str> = stored().flat_map(|stored| stored.read().map(|(name, _)| name)).collect();
        let mut types: Vec<ColumnType> = stored().flat_map(|stored| stored.read().map(|(_, ty)| ty)).collect();
        let written: Vec<&str> = table.written().collect();
        if let Some(position) = &table.position {
            read.push(position);
            types.push(ColumnType::Integer);
        }
        let (name, read, id) = (&table.quoted, read.join(", "), table.system(System::Id));
        let version = table.system(System::Version);
        let signs: Vec<String> = (1..=written.len()).map(|number| format!("?{number}")).collect();
        // The last two parameters are the id and the version that the record was read at.
        let sets: Vec<String> = written.iter().zip(&signs).map(|(column, sign)| format!("{column} = {sign}")).collect();
        let (at_id, at_version) = (written.len() + 1, written.len() + 2);
        let write = |text: String| written_for(dialect, &text);
        let select = format!("SELECT {read} FROM {name}");
        let by_id = |start: &str, end: &str| ById::new(dialect, |those| format!("{start} WHERE {id} {those}{end}"));
        let locking = |lock: Lock| by_id(&select, &format!(" ORDER BY {id}{}", lock.clause(dialect)));
        Self {
            get: by_id(&select, ""),
            keep: locking(Lock::Keep),
            change: locking(Lock::Change),
            remove: locking(Lock::Remove),
            insert: write(format!("INSERT INTO {name} ({}) VALUES ({})", written.join(", "), signs.join(", "))),
            into: Into::named(&format!("INSERT INTO {name} ({})", written.join(", "))),
            living: format!(
                "SELECT 1 FROM {name} WHERE {id} {{those}} AND {} IS NULL ORDER BY {id}{}",
                table.system(System::DeletedAt),
                Lock::Keep.clause(dialect)
            ),
            update: write(format!(
                "UPDATE {name} SET {} WHERE {id} = ?{at_id} AND {version} = ?{at_version}",
                sets.join(", ")
            )),
            purge: by_id(&format!("DELETE FROM {name}"), ""),
            select,
            types,
        }
    }
}

impl Layout {
    /// The record of that id, living or in the trash.
    ///
    /// # Errors
    /// As the database says.
    pub fn get(&self, tx: &mut Tx, entity: EntityId, id: Id) -> Result<Option<Record>, Error> {
        Ok(self.get_many(tx, entity, &[id])?.pop())
    }

    /// The records of those ids that exist, living or in the trash, in no order, with one statement.
    ///
    /// # Errors
    /// As the database says.
    pub fn get_many(&self, tx: &mut Tx, entity: EntityId, ids: &[Id]) -> Result<Vec<Record>, Error> {
        self.records(tx, entity, ids, |statements| &statements.get)
    }

    /// As [`Layout::get_many`], in the order of the ids, kept from others until the command ends. Where somebody else
    /// was changing one, it is given as they left it.
    ///
    /// # Errors
    /// As the database says.
    pub fn lock(&self, tx: &mut Tx, entity: EntityId, ids: &[Id], lock: Lock) -> Result<Vec<Record>, Error> {
        self.records(tx, entity, ids, |statements| match lock {
            Lock::Keep => &statements.keep,
            Lock::Change => &statements.change,
            Lock::Remove => &statements.remove,
        })
    }

    /// The records whose reference `field` is one of `targets`, as [`Layout::get_many`]; of lines in their order, of
    /// others the oldest first, so that those of one target stand in order. Those in the trash are left out unless
    /// `trashed`.
    ///
    /// # Errors
    /// As the database says.
    pub fn referring(
        &self,
        tx: &mut Tx,
        entity: EntityId,
        field: FieldId,
        targets: &[Id],
        trashed: bool,
    ) -> Result<Vec<Record>, Error> {
        self.those_referring(tx, entity, field, targets, trashed, "")
    }

    /// As [`Layout::referring`], kept from others until the command ends. Where somebody else
    /// was changing one, it is given as they left it, and left out when it refers elsewhere by then.
    ///
    /// # Errors
    /// As the database says.
    pub fn lock_referring(
        &self,
        tx: &mut Tx,
        entity: EntityId,
        field: FieldId,
        targets: &[Id],
        trashed: bool,
        lock: Lock,
    ) -> Result<Vec<Record>, Error> {
        self.those_referring(tx, entity, field, targets, trashed, lock.clause(self.tables.dialect()))
    }

    fn those_referring(
        &self,
        tx: &mut Tx,
        entity: EntityId,
        field: FieldId,
        targets: &[Id],
        trashed: bool,
        locked: &str,
    ) -> Result<Vec<Record>, Error> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let (table, column) = (self.tables.table(entity), &self.stored(entity, field)?.value);
        let living = if trashed { String::new() } else { format!(" AND {} IS NULL", table.system(System::DeletedAt)) };
        // A line that came by itself has no place yet; it stands behind those that have.
        let position = table.position.as_ref().map(|position| format!("{position} NULLS LAST, ")).unwrap_or_default();
        let id = table.system(System::Id);
        let Statements { select, types, .. } = &table.statements;
        let text =
            |those: &str| format!("{select} WHERE {column} {those}{living} ORDER BY {column}, {position}{id}{locked}");
        let statement = ById::new(self.tables.dialect(), text);
        let (sql, cells) = statement.of(targets);
        let rows = tx.query(sql, &cells, types)?;
        rows.into_iter().map(|row| self.record(entity, row)).collect()
    }

    /// Adds a record: at the latest before the next statement, which may tell what is wrong with it. Where the command
    /// presumed some records to be living ([`Tx::may_presume`]), they are kept ([`Lock::Keep`]) in the same statement.
    ///
    /// # Errors
    /// [`Error::Unique`], [`Error::Unstorable`], [`Error::Reference`] also when one that was presumed to live does not, and
    /// as the database says.
    pub fn insert(&self, tx: &mut Tx, record: &Record, presumed: &[Ref]) -> Result<(), Error> {
        let id = record.id()?;
        let cells = self.cells(record)?;
        let statements = &self.tables.table(record.row.entity).statements;
        if self.tables.dialect() == Dialect::Sqlite {
            return tx.execute(&statements.insert, &cells).map(drop);
        }
        let living = |Ref { entity, id }: &Ref| (self.tables.table(*entity).statements.living.as_str(), *id);
        tx.add_record(&statements.into, id, cells, &presumed.iter().map(living).collect::<Vec<_>>())
    }

    /// Writes a record over the one of its id, if that still has `version`. Tells whether it had; nothing is written
    /// when it had not.
    ///
    /// # Errors
    /// [`Error::Unique`], [`Error::Reference`], [`Error::Unstorable`], and as the database says.
    pub fn update(&self, tx: &mut Tx, record: &Record, version: i64) -> Result<bool, Error> {
        let mut cells = self.cells(record)?;
        cells.extend([Cell::Id(record.id()?), Cell::Integer(version)]);
        Ok(tx.execute(&self.tables.table(record.row.entity).statements.update, &cells)? == 1)
    }

    /// Gives some stored fields of some records the same values, whatever version they have: what is derived, moved to
    /// the trash or cleared. Tells how many there were.
    ///
    /// # Errors
    /// [`Error::Unique`], [`Error::Reference`], [`Error::Unstorable`], and as the database says.
    pub fn set(&self, tx: &mut Tx, entity: EntityId, ids: &[Id], values: &[(FieldId, Value)]) -> Result<u64, Error> {
        if ids.is_empty() || values.is_empty() {
            return Ok(0);
        }
        let table = self.tables.table(entity);
        let (those, mut cells) = match ids {
            [one] => ("= ?1", vec![Cell::Id(*one)]),
            many => ("IN #1", vec![Cell::from(many)]),
        };
        let mut sets = Vec::new();
        for (field, value) in values {
            let stored = self.stored(entity, *field)?;
            let first = cells.len();
            codec::encode(&self.tables, stored, value, false, &mut cells)?;
            // Whether it was overridden stays as it is.
            let kept = if stored.overridden.is_some() { 1 } else { 0 };
            cells.truncate(cells.len() - kept);
            let columns = stored.written().take(cells.len() - first);
            sets.extend(columns.enumerate().map(|(at, column)| format!("{column} = ?{}", first + at + 1)));
        }
        let id = table.system(System::Id);
        let sql = format!("UPDATE {} SET {} WHERE {id} {those}", table.quoted, sets.join(", "));
        tx.execute(&written_for(self.tables.dialect(), &sql), &cells)
    }

    /// Gives a line its place among its siblings.
    ///
    /// # Errors
    /// As the database says, and [`Error::Statement`] for an entity that is no line.
    pub fn set_position(&self, tx: &mut Tx, entity: EntityId, id: Id, position: i64) -> Result<(), Error> {
        let table = self.tables.table(entity);
        let Some(column) = &table.position else {
            return Err(Error::Statement(format!("records of {} have no place", table.quoted)));
        };
        let sql = format!("UPDATE {} SET {column} = ?1 WHERE {} = ?2", table.quoted, table.system(System::Id));
        tx.execute(&written_for(self.tables.dialect(), &sql), &[Cell::Integer(position), Cell::Id(id)]).map(drop)
    }

    /// Removes records for good, with their links. References to them become nothing. Tells how many there were.
    ///
    /// # Errors
    /// As the database says.
    pub fn purge(&self, tx: &mut Tx, entity: EntityId, ids: &[Id]) -> Result<u64, Error> {
        if ids.is_empty() {
            return Ok(0);
        }
        let (sql, cells) = self.tables.table(entity).statements.purge.of(ids);
        tx.execute(sql, &cells)
    }

    /// The columns that [`Layout::record`] reads, each behind `prefix`, and their types.
    pub(crate) fn read_columns(&self, entity: EntityId, fields: &[FieldId], prefix: &str) -> (String, Vec<ColumnType>) {
        let table = self.tables.table(entity);
        let mut names = Vec::new();
        let mut types = Vec::new();
        for stored in fields.iter().filter_map(|field| table.field(*field)) {
            for (name, ty) in stored.read() {
                names.push(format!("{prefix}{name}"));
                types.push(ty);
            }
        }
        (names.join(", "), types)
    }

    /// Reads the cells of the fields that [`Layout::read_columns`] was asked for.
    pub(crate) fn read_fields(
        &self,
        entity: EntityId,
        fields: &[FieldId],
        cells: &mut impl Iterator<Item = Cell>,
    ) -> Result<Record, Error> {
        let table = self.tables.table(entity);
        let mut row = Row::empty(entity, table.fields.len());
        let mut overridden = Vec::new();
        for field in fields {
            let Some(stored) = table.field(*field) else { continue };
            let (value, set) =
                codec::decode(&self.tables, stored, cells).map_err(|error| self.about(entity, *field, error))?;
            row.set(*field, value);
            if set {
                overridden.push(*field);
            }
        }
        Ok(Record { row: Arc::new(row), overridden, position: None })
    }

    fn records(
        &self,
        tx: &mut Tx,
        entity: EntityId,
        ids: &[Id],
        statement: impl Fn(&Statements) -> &ById,
    ) -> Result<Vec<Record>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let statements = &self.tables.table(entity).statements;
        let (sql, cells) = statement(statements).of(ids);
        let rows = match tx.is_gathered(ids) {
            true => tx.query(sql, &cells, &statements.types)?,
            false => tx.beside(|tx| tx.query(sql, &cells, &statements.types))?,
        };
        rows.into_iter().map(|row| self.record(entity, row)).collect()
    }

    /// Reads the cells of [`Statements::types`].
    fn record(&self, entity: EntityId, row: Vec<Cell>) -> Result<Record, Error> {
        let table = self.tables.table(entity);
        let mut cells = row.into_iter();
        let mut record = self.read_fields(entity, &table.stored, &mut cells)?;
        if let (Some(_), Some(Cell::Integer(position))) = (&table.position, cells.next()) {
            record.position = Some(position);
        }
        Ok(record)
    }

    pub(super) fn cells(&self, record: &Record) -> Result<Vec<Cell>, Error> {
        let entity = record.row.entity;
        let table = self.tables.table(entity);
        let mut cells = Vec::with_capacity(table.statements.types.len() + 8);
        for field in &table.stored {
            let Some(stored) = table.field(*field) else { continue };
            let set = record.overridden.contains(field);
            let encoded = codec::encode(&self.tables, stored, record.row.get(*field), set, &mut cells);
            encoded.map_err(|error| self.about(entity, *field, error))?;
        }
        if table.position.is_some() {
            cells.push(Cell::or_null(record.position, ColumnType::Integer));
        }
        Ok(cells)
    }

    /// A field with columns.
    fn stored(&self, entity: EntityId, field: FieldId) -> Result<&Stored, Error> {
        self.tables.table(entity).field(field).ok_or_else(|| {
            let entity = &self.model[entity];
            let name = entity.fields.get(field.index()).map_or("?", |field| &*field.name);
            Error::Statement(format!("`{name}` of {} is not stored with the record", entity.name))
        })
    }

    /// Says which field an error is about.
    fn about(&self, entity: EntityId, field: FieldId, error: Error) -> Error {
        let entity = &self.model[entity];
        let name = format!("{}.{}", entity.name, entity[field].name);
        match error {
            Error::Corrupt(what) => Error::Corrupt(format!("{name}: {what}")),
            Error::Unstorable(what) => Error::Unstorable(format!("{name}: {what}")),
            Error::Statement(what) => Error::Statement(format!("{name}: {what}")),
            other => other,
        }
    }
}
