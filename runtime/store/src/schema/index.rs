//! The indexes of entities' tables.
//!
//! | purpose | columns | rows |
//! |---|---|---|
//! | each reference to one record | the id; of a line's parent also the position | all |
//! | `index: true` and `index:` documents | the fields as they are ordered, then the id, which ends key-set pages | all, or those for which the condition holds |
//! | `unique: true` and `unique` rules | the fields as they are compared | living ones for which the condition holds |
//! | `unique` rules with `overlap` | those, then start and end (`overlap.rs`) | the same, whose time has a length |
//! | `external: true` | the exact value | living ones |
//! | the trash | when, and in which batch, a record was deleted | deleted ones |
//!
//! Unique rules see only the living: a record in the trash blocks nobody, and may find its place taken when it is
//! restored. `()` never collides, for both databases hold nulls apart.

use std::collections::BTreeSet;

use fichero_model::entity::{Entity, System, Unique};
use fichero_model::expr::Expr;
use fichero_model::{EntityId, FieldId, Model};
use serde::{Deserialize, Serialize};

use super::columns::Shape;
use super::ddl::quoted;
use super::name::Names;
use super::overlap;
use super::{Field, Role, Schema, Table};
use crate::layout::Tables;
use crate::lower::index_condition;
use crate::{Dialect, Error};

/// An index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// The physical name.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The physical columns, in order.
    pub columns: Vec<String>,
    /// Only these rows are in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Rows>,
}

/// What an index is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Finds what refers to a record; by the physical name of the reference.
    Reference(String),
    /// A field with `index: true`; by its physical name.
    Field(String),
    /// An `index:` document, by its name.
    Named(String),
    /// A field with `unique: true`; by its physical name.
    UniqueField(String),
    /// A `unique` rule, by its name.
    Unique(String),
    /// A `unique` rule with `overlap`, by its name. The last two columns are the start and the end.
    Overlap(String),
    /// A field with `external: true`; by its physical name.
    External(String),
    /// The trash; by the physical name of the system field.
    Trash(String),
}

impl Index {
    /// The columns it is about, those of its condition among them.
    pub(super) fn looks_at(&self) -> BTreeSet<&str> {
        let condition = self.rows.as_ref().map_or("", |rows| &rows.sqlite);
        let names = condition.split('"').skip(1).step_by(2);
        self.columns.iter().map(String::as_str).chain(names).collect()
    }
}

impl Purpose {
    /// True when no two rows may be equal, or overlap.
    pub fn is_unique(&self) -> bool {
        match self {
            Purpose::UniqueField(_) | Purpose::Unique(_) | Purpose::Overlap(_) | Purpose::External(_) => true,
            Purpose::Reference(_) | Purpose::Field(_) | Purpose::Named(_) | Purpose::Trash(_) => false,
        }
    }

    /// What stands in the index's name between its table and its ending.
    fn word(&self) -> &str {
        match self {
            Purpose::Reference(word)
            | Purpose::Field(word)
            | Purpose::Named(word)
            | Purpose::UniqueField(word)
            | Purpose::Unique(word)
            | Purpose::Overlap(word)
            | Purpose::External(word)
            | Purpose::Trash(word) => word,
        }
    }
}

/// A condition over a table's own columns, as each database writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// For SQLite.
    pub sqlite: String,
    /// For PostgreSQL.
    pub postgres: String,
}

impl Rows {
    /// For a database.
    pub fn of(&self, dialect: Dialect) -> &str {
        match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        }
    }

    fn same(sql: &str) -> Self {
        Self { sqlite: sql.to_owned(), postgres: sql.to_owned() }
    }
}

/// Gives the tables of living entities their indexes: those that were recorded keep their names.
///
/// # Errors
/// [`Error::Unportable`] for a unique rule or an index whose condition no database can keep.
pub(super) fn add(model: &Model, recorded: &Schema, schema: &mut Schema, names: &mut Names) -> Result<(), Error> {
    let is_conditional = |entity: &Entity| {
        entity.unique.iter().any(|unique| unique.filter.is_some())
            || entity.indexes.iter().any(|index| index.filter.is_some())
    };
    let conditions =
        if model.entities.iter().any(is_conditional) { Some(Conditions::new(model, schema)?) } else { None };
    let mut wanted = Vec::new();
    for (id, entity) in model.all_entities() {
        if let Some(table) = schema.table_of(&entity.name) {
            wanted.push((table.name.clone(), wanted_for(id, entity, table, conditions.as_ref())?));
        }
    }
    for (name, indexes) in wanted {
        let old = recorded.table(&name).map_or(&[][..], |table| &table.indexes);
        if let Some(table) = schema.tables.iter_mut().find(|table| table.name == name) {
            table.indexes = indexes.into_iter().map(|index| named(index, &name, old, names)).collect();
        }
    }
    Ok(())
}

/// The index under its recorded name, or born with a new one when it is new or another than it was.
fn named(index: Index, table: &str, old: &[Index], names: &mut Names) -> Index {
    let same = |old: &&Index| old.purpose == index.purpose && old.columns == index.columns && old.rows == index.rows;
    match old.iter().find(same) {
        Some(old) => old.clone(),
        None => {
            let ending = if index.purpose.is_unique() { "uq" } else { "ix" };
            Index { name: names.table(&format!("{table}__{}__{ending}", index.purpose.word())), ..index }
        }
    }
}

fn wanted_for(
    id: EntityId,
    entity: &Entity,
    table: &Table,
    conditions: Option<&Conditions<'_>>,
) -> Result<Vec<Index>, Error> {
    let mut indexes = Vec::new();
    for (at, field) in entity.all_fields() {
        let Some(stored) = table.field(&field.name) else { continue };
        if let Shape::Ref { .. } = stored.shape {
            let position = entity.line_of.filter(|line| line.by == at).and(table.position.clone());
            let columns = stored.column(Role::Value).map(str::to_owned).into_iter().chain(position).collect();
            indexes.push(plain(Purpose::Reference(stored.column.clone()), columns));
        }
        // Other systems' keys are found and told apart as they are written: `a1` and `A1` may be two records there.
        if field.external {
            indexes.push(living(Purpose::External(stored.column.clone()), compared(stored, true), table, None));
        } else if field.unique {
            indexes.push(living(Purpose::UniqueField(stored.column.clone()), compared(stored, false), table, None));
        }
        if field.index {
            indexes.push(plain(Purpose::Field(stored.column.clone()), ordered(&[stored], table)));
        }
    }
    for index in &entity.indexes {
        let fields = stored_fields(entity, table, &index.fields);
        let rows = lowered(id, index.filter.as_ref(), conditions)?;
        indexes.push(Index { rows, ..plain(Purpose::Named(index.name.to_string()), ordered(&fields, table)) });
    }
    for unique in &entity.unique {
        indexes.push(rule(id, entity, unique, table, conditions)?);
    }
    for field in [System::DeletedAt, System::DeletedBatch] {
        if let Some(column) = system(table, field) {
            let rows = Rows::same(&format!("{} IS NOT NULL", quoted(column)));
            let purpose = Purpose::Trash(field.name().to_owned());
            indexes.push(Index { name: String::new(), purpose, columns: vec![column.to_owned()], rows: Some(rows) });
        }
    }
    Ok(without_doubles(indexes))
}

/// One index serves all who ask for the same, and for a beginning of it; an index on nothing serves nobody.
fn without_doubles(indexes: Vec<Index>) -> Vec<Index> {
    let is_served = |at: usize, index: &Index| {
        indexes.iter().enumerate().any(|(other_at, other)| {
            let kind = other.purpose.is_unique() == index.purpose.is_unique() && other.rows == index.rows;
            let longer = other.columns.len() > index.columns.len() && !index.purpose.is_unique();
            let first = other.columns.len() == index.columns.len() && other_at < at;
            kind && (longer || first) && other.columns.starts_with(&index.columns)
        })
    };
    let kept = indexes.iter().enumerate().filter(|(at, index)| !index.columns.is_empty() && !is_served(*at, index));
    kept.map(|(_, index)| index.clone()).collect()
}

fn plain(purpose: Purpose, columns: Vec<String>) -> Index {
    Index { name: String::new(), purpose, columns, rows: None }
}

/// A unique index among living records, and of those only the ones for which `condition` holds.
fn living(purpose: Purpose, columns: Vec<String>, table: &Table, condition: Option<Rows>) -> Index {
    let living =
        system(table, System::DeletedAt).map_or("TRUE".to_owned(), |column| format!("{} IS NULL", quoted(column)));
    let rows = match condition {
        None => Rows::same(&living),
        Some(condition) => Rows {
            sqlite: format!("{living} AND ({})", condition.sqlite),
            postgres: format!("{living} AND ({})", condition.postgres),
        },
    };
    Index { name: String::new(), purpose, columns, rows: Some(rows) }
}

fn rule(
    id: EntityId,
    entity: &Entity,
    unique: &Unique,
    table: &Table,
    conditions: Option<&Conditions<'_>>,
) -> Result<Index, Error> {
    let fields = stored_fields(entity, table, &unique.fields);
    let columns = fields.iter().flat_map(|field| compared(field, unique.exact)).collect();
    let condition = lowered(id, unique.filter.as_ref(), conditions)?;
    let Some(time) = unique.overlap else {
        return Ok(living(Purpose::Unique(unique.name.to_string()), columns, table, condition));
    };
    let times = stored_fields(entity, table, &[time.starts, time.ends]);
    let times = times.iter().filter_map(|field| field.column(Role::Value)).map(str::to_owned).collect();
    let index = living(Purpose::Overlap(unique.name.to_string()), columns, table, condition);
    Ok(overlap::with_times(index, times, entity[time.starts].kind.is_date()))
}

fn lowered(id: EntityId, filter: Option<&Expr>, conditions: Option<&Conditions<'_>>) -> Result<Option<Rows>, Error> {
    filter.zip(conditions).map(|(filter, conditions)| conditions.lower(id, filter)).transpose()
}

/// Where conditions of indexes become SQL.
struct Conditions<'m> {
    model: &'m Model,
    sqlite: Tables,
    postgres: Tables,
}

impl<'m> Conditions<'m> {
    fn new(model: &'m Model, schema: &Schema) -> Result<Self, Error> {
        let tables = |dialect| Tables::new(model, schema, dialect);
        Ok(Self { model, sqlite: tables(Dialect::Sqlite)?, postgres: tables(Dialect::Postgres)? })
    }

    fn lower(&self, entity: EntityId, filter: &Expr) -> Result<Rows, Error> {
        Ok(Rows {
            sqlite: index_condition(self.model, &self.sqlite, entity, filter)?,
            postgres: index_condition(self.model, &self.postgres, entity, filter)?,
        })
    }
}

fn stored_fields<'t>(entity: &Entity, table: &'t Table, fields: &[FieldId]) -> Vec<&'t Field> {
    fields.iter().filter_map(|field| table.field(&entity.fields.get(field.index())?.name)).collect()
}

/// The columns by which two records are told apart: of a text its key unless `exact`, of money amount and currency.
fn compared(field: &Field, exact: bool) -> Vec<String> {
    let roles: &[Role] = match field.shape {
        Shape::Text if !exact => &[Role::Key],
        Shape::Money => &[Role::Value, Role::Currency],
        _ => &[Role::Value],
    };
    roles.iter().filter_map(|role| field.column(*role)).map(str::to_owned).collect()
}

/// The columns by which records are ordered, with the id behind them: of a text its key, of money its worth.
fn ordered(fields: &[&Field], table: &Table) -> Vec<String> {
    let columns = fields.iter().filter_map(|field| match field.shape {
        Shape::Text => field.column(Role::Key),
        Shape::Money => field.column(Role::Base),
        _ => field.column(Role::Value),
    });
    let columns: Vec<&str> = columns.collect();
    if columns.is_empty() {
        return Vec::new();
    }
    columns.into_iter().chain(system(table, System::Id)).map(str::to_owned).collect()
}

fn system(table: &Table, field: System) -> Option<&str> {
    table.field(field.name())?.column(Role::Value)
}
