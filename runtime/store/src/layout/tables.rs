//! Which table belongs to which entity, and which columns to which field.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use fichero_model::entity::System;
use fichero_model::{EntityId, FieldId, Model};

use super::field::{self, Stored};
use super::offset::Offsets;
use super::record::Statements;
use crate::schema::{self, Schema, Shape};
use crate::{Dialect, Error};

/// The tables of all entities.
#[derive(Debug)]
pub(crate) struct Tables {
    dialect: Dialect,
    tables: Vec<Table>,
    by_name: HashMap<Arc<str>, EntityId>,
    /// The offsets of the workspace's zone, once a statement has asked for them.
    offsets: OnceLock<Option<Offsets>>,
}

/// The table of an entity.
#[derive(Debug)]
pub(crate) struct Table {
    /// Its physical name, as it stands in `_kind` columns.
    pub(crate) name: Arc<str>,
    /// Its physical name, as statements write it.
    pub(crate) quoted: Arc<str>,
    /// By field id; nothing for fields without a column.
    pub(crate) fields: Vec<Option<Stored>>,
    /// By field id; the tables of links.
    pub(crate) links: Vec<Option<Links>>,
    /// The column of a line's place, as statements write it.
    pub(crate) position: Option<Arc<str>>,
    /// The fields that have columns, in order.
    pub(crate) stored: Vec<FieldId>,
    pub(super) statements: Statements,
}

/// The table of a reference to many.
#[derive(Debug)]
pub(crate) struct Links {
    /// Its physical name, as statements write it.
    pub(crate) quoted: Arc<str>,
    /// The one entity it points to; nothing when each row says.
    pub(crate) target: Option<EntityId>,
}

impl Tables {
    /// The tables that a schema has for a model.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when one is missing, or a column in it.
    pub(crate) fn new(model: &Model, schema: &Schema, dialect: Dialect) -> Result<Self, Error> {
        let mut by_name = HashMap::new();
        for (id, entity) in model.all_entities() {
            by_name.insert(Arc::from(recorded(schema, &entity.name)?.name.as_str()), id);
        }
        let tables = Vec::with_capacity(model.entities.len());
        let mut tables = Self { dialect, tables, by_name, offsets: OnceLock::new() };
        for (id, _) in model.all_entities() {
            let table = tables.table_of(model, schema, id)?;
            tables.tables.push(table);
        }
        Ok(tables)
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(crate) fn table(&self, entity: EntityId) -> &Table {
        &self.tables[entity.index()]
    }

    /// The offsets of the zone of the model these tables are of; nothing where they have no lists.
    pub(crate) fn offsets(&self, model: &Model) -> Option<&Offsets> {
        self.offsets.get_or_init(|| Offsets::of(&model.workspace.time_zone)).as_ref()
    }

    /// The entity of a physical table, as it stands in `_kind` columns.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when there is none.
    pub(crate) fn entity_of(&self, table: &str) -> Result<EntityId, Error> {
        let entity = self.by_name.get(table).copied();
        entity
            .ok_or_else(|| Error::Corrupt(format!("a reference points into the table {table:?}, which is no entity's")))
    }

    fn table_of(&self, model: &Model, schema: &Schema, id: EntityId) -> Result<Table, Error> {
        let entity = &model[id];
        let recorded = recorded(schema, &entity.name)?;
        let mut fields = Vec::with_capacity(entity.fields.len());
        let mut links = Vec::with_capacity(entity.fields.len());
        for (at, field) in entity.all_fields() {
            let column = recorded.field(&field.name);
            links.push(column.and_then(|column| self.links(column)));
            fields.push(match column {
                Some(column) if field.is_stored() => Some(field::stored(model, id, at, column)?),
                None if field.is_stored() => {
                    return Err(Error::Corrupt(format!("the schema has no `{}.{}`", entity.name, field.name)));
                }
                _ => None,
            });
        }
        let stored: Vec<FieldId> =
            entity.all_fields().map(|(at, _)| at).filter(|at| fields[at.index()].is_some()).collect();
        if System::ALL.iter().any(|system| !stored.contains(&system.field())) {
            return Err(Error::Corrupt(format!("the schema lacks system fields of `{}`", entity.name)));
        }
        let mut table = Table {
            name: recorded.name.as_str().into(),
            quoted: quoted(&recorded.name),
            fields,
            links,
            position: recorded.position.as_deref().map(quoted),
            stored,
            statements: Statements::default(),
        };
        table.statements = Statements::new(&table, self.dialect);
        Ok(table)
    }

    fn links(&self, field: &schema::Field) -> Option<Links> {
        let (Some(links), Shape::Links { targets }) = (&field.links, &field.shape) else { return None };
        let target = match targets.as_slice() {
            [only] => Some(self.entity_of(only).ok()?),
            _ => None,
        };
        Some(Links { quoted: quoted(&links.table), target })
    }
}

impl Table {
    /// The columns of a field; nothing for one without.
    pub(crate) fn field(&self, field: FieldId) -> Option<&Stored> {
        self.fields.get(field.index()).and_then(Option::as_ref)
    }

    /// The columns that are written, in the order of their cells; last the place of a line.
    pub(crate) fn written(&self) -> impl Iterator<Item = &str> {
        let stored = self.stored.iter().filter_map(|field| self.field(*field));
        stored.flat_map(Stored::written).chain(self.position.as_deref())
    }

    /// The column of a field that every entity has, as statements write it.
    pub(crate) fn system(&self, field: System) -> &str {
        // `Tables::new` makes no table without them.
        self.field(field.field()).map_or("", |stored| &stored.value)
    }
}

fn recorded<'s>(schema: &'s Schema, entity: &str) -> Result<&'s schema::Table, Error> {
    let table = schema.table_of(entity);
    table.ok_or_else(|| Error::Corrupt(format!("the schema has no table for `{entity}`")))
}

/// A name as both databases take it.
pub(crate) fn quoted(name: &str) -> Arc<str> {
    format!("\"{}\"", name.replace('"', "\"\"")).into()
}
