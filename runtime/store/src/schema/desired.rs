//! The schema that a model wants, in the physical names of what was recorded.

use std::collections::HashMap;

use fichero_model::entity::{self, Entity, Source, System};
use fichero_model::kind::{Kind, MoneyCurrency};
use fichero_model::{EntityId, Model};
use jiff::Timestamp;

use super::columns::{Column, Need, Role, Shape};
use super::continuity::{Known, Wanted, continued};
use super::convert::{self, Way};
use super::name::Names;
use super::{Field, Links, Origin, Schema, Table, Through, fingerprint, index};

/// A wanted schema, and how fields got into it whose kind or source changed.
#[derive(Clone, Debug)]
pub(super) struct Desired {
    /// The schema, retired tables and fields included.
    pub(super) schema: Schema,
    /// The fields whose stored values are concerned.
    pub(super) changes: Vec<Change>,
}

/// A field whose kind or source changed.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// The physical table.
    pub(super) table: String,
    /// The physical name of the field as recorded.
    pub(super) from: String,
    /// Its physical name from now on: another one when it moves.
    pub(super) to: String,
    /// What it means for the values.
    pub(super) way: Way,
}

impl Schema {
    /// The schema of a model on an empty database.
    ///
    /// # Errors
    /// As [`Schema::continuing`].
    pub fn of(model: &Model) -> Result<Self, crate::Error> {
        Self::default().continuing(model, Timestamp::UNIX_EPOCH)
    }

    /// The schema of a model where this one was recorded. What the model has no more is retired at `now`.
    ///
    /// # Errors
    /// [`crate::Error::Unportable`] for a unique rule or an index whose condition no database can keep.
    pub fn continuing(&self, model: &Model, now: Timestamp) -> Result<Self, crate::Error> {
        Ok(desired(model, self, now)?.schema)
    }
}

/// What `model` wants where `recorded` is.
pub(super) fn desired(model: &Model, recorded: &Schema, now: Timestamp) -> Result<Desired, crate::Error> {
    let wanted: Vec<Wanted<'_>> =
        model.entities.iter().map(|entity| Wanted { name: &entity.name, was: &entity.was }).collect();
    let known: Vec<Known<'_>> =
        recorded.tables.iter().map(|table| Known { name: &table.entity, retired: table.retired }).collect();
    let continued = continued(&wanted, &known, |_, _| true);

    let mut names = taken_names(recorded);
    let tables: Vec<String> = (model.entities.iter().zip(&continued))
        .map(|(entity, old)| match old {
            Some(old) => recorded.tables[*old].name.clone(),
            None => names.table(&entity.name),
        })
        .collect();
    let mut work = Work { model, now, tables, names, changes: Vec::new() };

    let mut made: HashMap<usize, Table> = HashMap::new();
    let mut born = Vec::new();
    for ((id, entity), old) in model.all_entities().zip(&continued) {
        match old {
            Some(old) => {
                made.insert(*old, work.table(id, entity, recorded.tables.get(*old)));
            }
            None => born.push(work.table(id, entity, None)),
        }
    }
    let kept = recorded.tables.iter().enumerate();
    let kept = kept.map(|(at, table)| made.remove(&at).unwrap_or_else(|| retired(table, now)));
    let mut schema =
        Schema { currency: model.workspace.currency.as_str().to_owned(), tables: kept.chain(born).collect() };
    index::add(model, recorded, &mut schema, &mut work.names)?;
    Ok(Desired { schema, changes: work.changes })
}

/// The names of tables and indexes that exist.
fn taken_names(recorded: &Schema) -> Names {
    let mut names = Names::of_tables();
    for table in &recorded.tables {
        names.take(&table.name);
        table.indexes.iter().for_each(|index| names.take(&index.name));
        for links in table.fields.iter().filter_map(|field| field.links.as_ref()) {
            names.take(&links.table);
            names.take(&links.index);
        }
    }
    names
}

fn retired(table: &Table, now: Timestamp) -> Table {
    Table { retired: table.retired.or(Some(now)), indexes: Vec::new(), ..table.clone() }
}

struct Work<'m> {
    model: &'m Model,
    now: Timestamp,
    /// The physical table of each entity.
    tables: Vec<String>,
    names: Names,
    changes: Vec<Change>,
}

impl<'m> Work<'m> {
    fn table(&mut self, id: EntityId, entity: &Entity, old: Option<&Table>) -> Table {
        let name = self.tables[id.index()].clone();
        let mut names = Names::of_columns();
        let old_fields = old.map_or(&[][..], |old| &old.fields);
        for field in old_fields {
            names.take(&field.column);
            field.columns.iter().for_each(|column| names.take(&column.name));
        }
        let old_position = old.and_then(|old| old.position.as_deref());
        old_position.inspect(|position| names.take(position));

        let fields: Vec<Stored<'_>> = self.stored(entity);
        let wanted: Vec<Wanted<'_>> =
            fields.iter().map(|stored| Wanted { name: &stored.field.name, was: &stored.field.was }).collect();
        let known: Vec<Known<'_>> =
            old_fields.iter().map(|field| Known { name: &field.name, retired: field.retired }).collect();
        let fits = |wanted: usize, known: usize| {
            let (stored, old) = (&fields[wanted], &old_fields[known]);
            old.shape == stored.shape && convert::way(old, &stored.shape, &stored.origin) == Way::Same
        };
        let continued = continued(&wanted, &known, fits);

        let mut made = Vec::with_capacity(fields.len());
        let mut left: Vec<Field> = Vec::new();
        for (stored, old) in fields.iter().zip(&continued) {
            let Some(old) = old.and_then(|old| old_fields.get(old)) else {
                made.push(self.born(&name, stored, &mut names));
                continue;
            };
            let way = convert::way(old, &stored.shape, &stored.origin);
            let field = match way {
                Way::Move(_) | Way::Fresh | Way::Leave => {
                    left.push(Field { retired: Some(self.now), ..old.clone() });
                    let mut field = self.born(&name, stored, &mut names);
                    if let Way::Move(_) = way {
                        remember_options(&mut field, stored, old);
                    }
                    field
                }
                Way::Same | Way::Keys | Way::Options | Way::Without(_) => going_on(stored, old, &mut names),
            };
            if way != Way::Same {
                let (from, to) = (old.column.clone(), field.column.clone());
                self.changes.push(Change { table: name.clone(), from, to, way });
            }
            made.push(field);
        }
        let position = match old_position {
            Some(position) => Some(position.to_owned()),
            None => entity.line_of.map(|_| names.field("position", &[])),
        };
        let gone = old_fields.iter().enumerate().filter(|(at, _)| !continued.contains(&Some(*at)));
        let gone = gone.map(|(_, field)| Field { retired: field.retired.or(Some(self.now)), ..field.clone() });
        let fields = made.into_iter().chain(gone).chain(left).collect();
        let (entity, through) = (entity.name.to_string(), self.through(entity));
        Table { name, entity, retired: None, position, fields, indexes: Vec::new(), through }
    }

    /// The references of an entity that are records of another one.
    fn through(&self, entity: &Entity) -> Vec<Through> {
        let each = entity.fields.iter().filter_map(|field| match &field.kind {
            Kind::Ref(reference) => Some((field, self.tables.get(reference.through.as_ref()?.entity.index())?)),
            _ => None,
        });
        each.map(|(field, table)| Through { field: field.name.to_string(), table: table.clone() }).collect()
    }

    /// The stored fields of an entity, in the model's order.
    fn stored<'e>(&self, entity: &'e Entity) -> Vec<Stored<'e>>
    where
        'm: 'e,
    {
        let table = |id: EntityId| self.tables.get(id.index()).cloned().unwrap_or_default();
        let fields = entity.fields.iter().enumerate().filter_map(|(at, field)| {
            let shape = match System::ALL.get(at) {
                Some(system) => Shape::of_system(*system),
                None => Shape::of(field, &table)?,
            };
            let origin = match &field.source {
                Source::Input | Source::Copy(_) | Source::Sequence(_) | Source::Lookup(_) => Origin::Given,
                Source::Compute(_) => Origin::Computed(fingerprint::of(self.model, entity, field)),
                Source::Formula { .. } | Source::Rollup(_) => {
                    Origin::Derived(fingerprint::of(self.model, entity, field))
                }
            };
            let options = entity::options_of(&field.kind).and_then(|options| self.model.options.get(options.index()));
            Some(Stored { field, shape, origin, options })
        });
        fields.collect()
    }

    /// A field that has no columns yet.
    fn born(&mut self, table: &str, stored: &Stored<'_>, names: &mut Names) -> Field {
        let needs = stored.needs();
        let suffixes: Vec<&str> =
            needs.iter().map(|need| need.role.suffix()).filter(|suffix| !suffix.is_empty()).collect();
        let column = names.field(&stored.field.name, &suffixes);
        let columns = needs.into_iter().map(|need| {
            let name = format!("{column}{}", need.role.suffix());
            names.take(&name);
            Column { name, role: need.role, ty: need.ty, references: need.references }
        });
        let columns = columns.collect();
        let links = matches!(stored.shape, Shape::Links { .. }).then(|| {
            let table = self.names.table(&format!("{table}__{column}"));
            let index = self.names.table(&format!("{table}__ix"));
            Links { table, index }
        });
        Field { column, columns, links, ..stored.unnamed() }
    }
}

/// A field that keeps its columns, and gets those it needs besides.
fn going_on(stored: &Stored<'_>, old: &Field, names: &mut Names) -> Field {
    let mut columns = old.columns.clone();
    for need in stored.needs() {
        if !columns.iter().any(|column| column.role == need.role) {
            let name = names.field(&format!("{}{}", old.column, need.role.suffix()), &[]);
            columns.push(Column { name, role: need.role, ty: need.ty, references: need.references });
        }
    }
    let mut field = Field { column: old.column.clone(), columns, links: old.links.clone(), ..stored.unnamed() };
    remember_options(&mut field, stored, old);
    field
}

/// An option without a successor may still stand in rows; it is remembered until one takes it over.
fn remember_options(field: &mut Field, stored: &Stored<'_>, old: &Field) {
    let left: Vec<String> = left(old, stored.options).map(str::to_owned).collect();
    field.options.extend(left.iter().cloned());
    // Of a field that has no options any more none has left: its values are plain texts, and all of them are its own.
    field.gone = if stored.options.is_some() { left } else { old.gone.clone() };
}

/// The options of a recorded field that the model has no more, and that none took over.
pub(super) fn left<'o>(old: &'o Field, options: Option<&'o entity::Options>) -> impl Iterator<Item = &'o str> {
    let left = old.options.iter().map(String::as_str);
    let left = left.filter(move |option| options.is_none_or(|set| set.find(option).is_none()));
    left.filter(move |option| !successors(options).any(|(was, _)| was == *option))
}

/// A stored field as the model has it.
struct Stored<'e> {
    field: &'e entity::Field,
    shape: Shape,
    origin: Origin,
    options: Option<&'e entity::Options>,
}

impl Stored<'_> {
    fn needs(&self) -> Vec<Need> {
        let mut needs = self.shape.needs();
        if let Origin::Computed(_) = self.origin {
            needs.push(Need { role: Role::Override, ty: crate::ColumnType::Boolean, references: None });
        }
        needs
    }

    /// The field but for its physical names.
    fn unnamed(&self) -> Field {
        Field {
            column: String::new(),
            name: self.field.name.to_string(),
            retired: None,
            shape: self.shape.clone(),
            origin: self.origin.clone(),
            // A stage is asked for, too, where the pipeline holds.
            required: self.field.required || self.field.pipeline.is_some(),
            numbered: matches!(self.field.source, Source::Sequence(_)),
            shares: match &self.field.kind {
                Kind::Money { currency: MoneyCurrency::Shared(of) } => Some(of.text.to_string()),
                _ => None,
            },
            columns: Vec::new(),
            links: None,
            options: self.options.iter().flat_map(|set| &set.options).map(|option| option.name.to_string()).collect(),
            gone: Vec::new(),
        }
    }
}

/// The options that took over others that are gone, as (old, new).
pub(super) fn successors(options: Option<&entity::Options>) -> impl Iterator<Item = (&str, &str)> {
    options.into_iter().flat_map(|set| {
        let each = set.options.iter().flat_map(|option| option.was.iter().map(|was| (&**was, &*option.name)));
        each.filter(|(was, _)| set.find(was).is_none())
    })
}
