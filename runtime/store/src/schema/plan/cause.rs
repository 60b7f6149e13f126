//! Which definition asks for a step, and what is said to its author when it cannot be.

use fichero_model::diagnostic::Diagnostic;
use fichero_model::place::Place;
use fichero_model::{code, entity};

use super::{Cause, Planner};
use crate::schema::facts::Alike;
use crate::schema::index::{Index, Purpose};
use crate::schema::{Field, Table};

/// The entity that a table belongs to.
pub(super) fn cause_of_table(planner: &Planner<'_>, table: &Table) -> Cause {
    let entity = planner.question.model.entity(&table.entity).filter(|_| table.retired.is_none());
    cause(format!("entity `{}`", table.entity), entity.map(|(_, entity)| &entity.place))
}

/// The field that columns belong to.
pub(super) fn cause_of_field(planner: &Planner<'_>, table: &Table, field: &Field) -> Cause {
    let place = definition_of(planner, table, field).map(|field| &field.place);
    cause(format!("field `{}` of `{}`", field.name, table.entity), place)
}

/// The definition of a living field.
pub(super) fn definition_of<'p>(planner: &Planner<'p>, table: &Table, field: &Field) -> Option<&'p entity::Field> {
    let (_, entity) = planner.question.model.entity(&table.entity)?;
    let found = entity.field(&field.name).map(|(_, field)| field);
    found.filter(|_| field.retired.is_none() && table.retired.is_none())
}

/// What an index is for.
pub(super) fn cause_of_index(planner: &Planner<'_>, table: &Table, index: &Index) -> Cause {
    let field = |column: &str| table.born(column).map_or(column, |field| field.name.as_str()).to_owned();
    let what = match &index.purpose {
        Purpose::Reference(column) => format!("reference `{}`", field(column)),
        Purpose::Field(column) => format!("`index: true` of field `{}`", field(column)),
        Purpose::Named(name) => format!("index `{name}`"),
        Purpose::UniqueField(column) => format!("`unique: true` of field `{}`", field(column)),
        Purpose::Unique(name) => format!("unique rule `{name}`"),
        Purpose::Overlap(name) => format!("the rule `{name}` against overlapping times"),
        Purpose::External(column) => format!("`external: true` of field `{}`", field(column)),
        Purpose::Trash(_) => "the trash".to_owned(),
    };
    cause(format!("{what} of `{}`", table.entity), place_of_index(planner, table, index))
}

/// Where what an index is for is declared.
pub(super) fn place_of_index<'p>(planner: &Planner<'p>, table: &Table, index: &Index) -> Option<&'p Place> {
    let (_, entity) = planner.question.model.entity(&table.entity).filter(|_| table.retired.is_none())?;
    match &index.purpose {
        Purpose::Reference(column)
        | Purpose::Field(column)
        | Purpose::UniqueField(column)
        | Purpose::External(column) => Some(&entity.field(&table.born(column)?.name)?.1.place),
        Purpose::Unique(name) | Purpose::Overlap(name) => {
            entity.unique.iter().find(|unique| &*unique.name == name.as_str()).map(|unique| &unique.place)
        }
        Purpose::Named(_) | Purpose::Trash(_) => Some(&entity.place),
    }
}

/// The stored values of a field cannot become what the model wants.
pub(super) fn cannot_become(definition: Option<&entity::Field>, cause: &Cause, why: &str) -> Diagnostic {
    let message = format!("the stored values of {} cannot be kept: {why}", cause.definition);
    let help = "give the field a new name and fill it from the old one, or mend the values first";
    diagnostic(code::UNSAFE_KIND_CHANGE, definition.map(|field| &field.place), message).help(help)
}

/// Records break a unique rule that is to be enforced from now on, `already` or by what the plan makes of them.
pub(in crate::schema) fn collision(cause: &Cause, place: Option<&Place>, alike: &[Alike], already: &str) -> Diagnostic {
    let groups = alike.iter().map(|group| {
        let records: Vec<String> = group.records.iter().map(ToString::to_string).collect();
        let more = group.count.saturating_sub(group.records.len() as u64);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let how = if group.overlapping { " at overlapping times" } else { "" };
        format!("{} share {}{how}: {}{more}", group.count, group.values.join(", "), records.join(", "))
    });
    let groups: Vec<String> = groups.collect();
    let message = format!("records break {} {already}: {}", cause.definition, groups.join("; "));
    diagnostic(code::UNIQUE_FIELDS, place, message).help("change or merge these records, then apply again")
}

/// A cause in words, with its place.
pub(super) fn cause(definition: String, place: Option<&Place>) -> Cause {
    Cause { definition, place: place.map(ToString::to_string) }
}

fn diagnostic(code: code::Code, place: Option<&Place>, message: String) -> Diagnostic {
    match place {
        Some(place) => Diagnostic::error(code, place, message),
        None => Diagnostic { place: None, ..Diagnostic::error(code, &Place::start_of(&"".into()), message) },
    }
}
