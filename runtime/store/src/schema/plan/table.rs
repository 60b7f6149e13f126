//! Tables, columns and indexes compared.

use super::cause::{cause_of_field, cause_of_index, cause_of_table, collision, place_of_index};
use super::{Action, Cause, Hazard, Phase, Planner, Step, heir, money, option, sql, value};
use crate::schema::columns::Column;
use crate::schema::desired::Desired;
use crate::schema::facts::Renamed;
use crate::schema::fill::{Fill, Reason};
use crate::schema::index::Index;
use crate::schema::{Field, Origin, Table, ddl};
use crate::{Dialect, Error};

/// Adds the steps for all tables.
pub(super) fn compare(planner: &mut Planner<'_>, desired: &Desired) -> Result<(), Error> {
    let recorded = planner.question.recorded;
    for table in &desired.schema.tables {
        match recorded.table(&table.name) {
            None => create(planner, table),
            Some(old) => change(planner, table, old)?,
        }
    }
    for change in &desired.changes {
        value::convert(planner, &desired.schema, change)?;
    }
    for table in &desired.schema.tables {
        indexes(planner, table, recorded.table(&table.name))?;
    }
    money::shared(planner, &desired.schema)?;
    money::currency(planner, &desired.schema)
}

fn create(planner: &mut Planner<'_>, table: &Table) {
    let dialect = planner.question.dialect;
    let cause = cause_of_table(planner, table);
    let what = format!("make table `{}`", table.name);
    planner.add(Phase::Tables, sql(what, &cause, Hazard::Safe, vec![ddl::create_table(table, dialect)]));
    if dialect == Dialect::Postgres {
        let columns = table.fields.iter().flat_map(|field| &field.columns);
        let references: Vec<String> = columns.filter_map(|column| ddl::add_reference(&table.name, column)).collect();
        if !references.is_empty() {
            let what = format!("let the references of `{}` point to records that exist", table.name);
            planner.add(Phase::References, sql(what, &cause, Hazard::Safe, references));
        }
    }
    table.fields.iter().for_each(|field| links(planner, table, field));
}

/// The table of a field's links, where it needs one.
fn links(planner: &mut Planner<'_>, table: &Table, field: &Field) {
    let Some(links) = &field.links else { return };
    let cause = cause_of_field(planner, table, field);
    let what = format!("make table `{}` for the links of `{}`", links.table, field.name);
    let statements = ddl::create_links(&table.name, field, planner.question.dialect);
    // Behind the tables it refers to.
    planner.add(Phase::Columns, sql(what, &cause, Hazard::Safe, statements));
}

fn change(planner: &mut Planner<'_>, table: &Table, old: &Table) -> Result<(), Error> {
    let cause = cause_of_table(planner, table);
    let dialect = planner.question.dialect;
    let names = |what| sql(what, &cause, Hazard::Safe, Vec::new());
    match (old.retired, table.retired) {
        (None, Some(_)) => {
            heir::retire_table(planner, table, &cause)?;
        }
        (Some(_), None) => {
            let what = format!("bring table `{}` back with its records", table.name);
            planner.add(Phase::Names, names(what));
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
    if table.retired.is_some() {
        return Ok(());
    }
    if old.entity != table.entity {
        let what = format!("call table `{}` entity `{}`, which was `{}`", table.name, table.entity, old.entity);
        planner.add(Phase::Names, names(what));
    }
    if let (None, Some(position)) = (&old.position, &table.position) {
        let what = format!("add column `{position}` to `{}`, for the order of lines", table.name);
        let statement = ddl::add_position(&table.name, position, dialect);
        planner.add(Phase::Columns, sql(what, &cause, Hazard::Safe, vec![statement]));
    }
    heir::of_records(planner, table, old)?;
    for field in &table.fields {
        match old.born(&field.column) {
            None => born(planner, table, field)?,
            Some(old_field) => field_goes_on(planner, table, field, old_field)?,
        }
    }
    Ok(())
}

/// A field that an existing table gets.
fn born(planner: &mut Planner<'_>, table: &Table, field: &Field) -> Result<(), Error> {
    let cause = cause_of_field(planner, table, field);
    let columns: Vec<&Column> = field.columns.iter().collect();
    add_columns(planner, table, &columns, &cause);
    links(planner, table, field);
    let reason = match &field.origin {
        Origin::Given if field.numbered => Some(Reason::Numbers),
        Origin::Given if field.required => value::has_filling(planner, table, field).then_some(Reason::Required),
        Origin::Given => None,
        Origin::Computed(_) | Origin::Derived(_) => Some(Reason::Derived),
    };
    reason.map_or(Ok(()), |reason| fill(planner, table, field, reason))
}

fn add_columns(planner: &mut Planner<'_>, table: &Table, columns: &[&Column], cause: &Cause) {
    if columns.is_empty() {
        return;
    }
    let dialect = planner.question.dialect;
    let statements = columns.iter().map(|column| ddl::add_column(&table.name, column, dialect)).collect();
    let names: Vec<String> = columns.iter().map(|column| format!("`{}`", column.name)).collect();
    let word = if columns.len() == 1 { "column" } else { "columns" };
    let what = format!("add {word} {} to `{}`", names.join(", "), table.name);
    planner.add(Phase::Columns, sql(what, cause, Hazard::Safe, statements));
}

/// A field that was there.
fn field_goes_on(planner: &mut Planner<'_>, table: &Table, field: &Field, old: &Field) -> Result<(), Error> {
    let cause = cause_of_field(planner, table, field);
    let names = |what| sql(what, &cause, Hazard::Safe, Vec::new());
    match (old.retired, field.retired) {
        (None, Some(_)) => {
            heir::retire_field(planner, table, field, &cause)?;
        }
        (Some(_), None) => {
            let what = format!("bring column `{}` of `{}` back with its values", field.column, table.name);
            planner.add(Phase::Names, names(what));
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
    if field.retired.is_some() {
        return Ok(());
    }
    if old.name != field.name {
        let (column, table) = (&field.column, &table.name);
        let what = format!("call column `{column}` of `{table}` field `{}`, which was `{}`", field.name, old.name);
        planner.add(Phase::Names, names(what));
    }
    let missing: Vec<&Column> =
        field.columns.iter().filter(|column| !old.columns.iter().any(|known| known.name == column.name)).collect();
    add_columns(planner, table, &missing, &cause);
    option::compare(planner, table, field, old, &cause)?;
    value::source(planner, table, field, old, &cause)
}

/// Has a field filled, if the table has rows.
pub(super) fn fill(planner: &mut Planner<'_>, table: &Table, field: &Field, reason: Reason) -> Result<(), Error> {
    let rows = planner.facts.count(&table.name, "TRUE")?;
    if rows == 0 {
        return Ok(());
    }
    let cause = cause_of_field(planner, table, field);
    let (name, rows_of) = (&field.name, format!("the rows of `{}`", table.name));
    let what = match reason {
        Reason::Derived => format!("compute `{name}` in {rows_of}"),
        Reason::Required => format!("fill `{name}` in {rows_of}"),
        Reason::Numbers => format!("give {rows_of} a `{name}`, the oldest first"),
        Reason::Base => format!("compute the worth of `{name}` in {rows_of}"),
    };
    let hazard = if reason == Reason::Base { Hazard::Reinterprets } else { Hazard::Backfill };
    let action = Action::Fill(Fill { table: table.name.clone(), column: field.column.clone(), reason });
    planner.add(Phase::Fills, Step { what, cause, hazard, rows: Some(rows), note: None, action });
    Ok(())
}

fn indexes(planner: &mut Planner<'_>, table: &Table, old: Option<&Table>) -> Result<(), Error> {
    let before = old.map_or(&[][..], |old| &old.indexes);
    for index in before.iter().filter(|index| !table.indexes.contains(index)) {
        let hazard = if index.purpose.is_unique() { Hazard::Barrier } else { Hazard::Safe };
        // What is retired may be dropped beside nodes that know it; a rule that changes must change for all at once.
        let hazard = if table.indexes.iter().any(|new| new.purpose == index.purpose) { hazard } else { Hazard::Safe };
        let what = format!("drop index `{}` of `{}`", index.name, table.name);
        let cause = cause_of_index(planner, table, index);
        planner.add(
            Phase::Indexes,
            sql(what, &cause, hazard, vec![ddl::drop_index(&table.name, index, planner.question.dialect)]),
        );
    }
    for index in &table.indexes {
        match old {
            Some(old) if before.contains(index) => goes_on(planner, table, old, index)?,
            Some(_) | None => make_index(planner, table, old, index)?,
        }
    }
    Ok(())
}

/// A unique index that stays, while options of what it looks at are merged.
fn goes_on(planner: &mut Planner<'_>, table: &Table, old: &Table, index: &Index) -> Result<(), Error> {
    let looked_at = index.looks_at();
    let is_concerned = |(name, one): &(String, Renamed)| *name == table.name && looked_at.contains(one.column.as_str());
    if index.purpose.is_unique() && planner.renamed.iter().any(is_concerned) {
        alike(planner, table, old, index)?;
    }
    Ok(())
}

fn make_index(planner: &mut Planner<'_>, table: &Table, old: Option<&Table>, index: &Index) -> Result<(), Error> {
    let cause = cause_of_index(planner, table, index);
    let statement = ddl::create_index(table, index, planner.question.dialect);
    let what = format!("make index `{}` on `{}`", index.name, table.name);
    let Some(old) = old.filter(|_| index.purpose.is_unique()) else {
        planner.add(Phase::NewIndexes, sql(what, &cause, Hazard::Safe, vec![statement]));
        return Ok(());
    };
    alike(planner, table, old, index)?;
    let action = Action::Unique { table: table.name.clone(), index: index.name.clone(), sql: statement };
    let what = what.replacen("make index", "make unique index", 1);
    let step = Step { what, cause, hazard: Hazard::Barrier, rows: None, note: None, action };
    planner.add(Phase::NewIndexes, step);
    Ok(())
}

/// Refuses when there are records that a unique index would not let stand, with the options they will have.
fn alike(planner: &mut Planner<'_>, table: &Table, old: &Table, index: &Index) -> Result<(), Error> {
    let looked_at = index.looks_at();
    let is_there =
        |column: &&str| old.fields.iter().flat_map(|field| &field.columns).any(|known| known.name == **column);
    // What is about columns that are new is asked once they hold something.
    if !looked_at.iter().all(is_there) {
        return Ok(());
    }
    let renamed = planner.renamed.iter().filter(|(name, one)| *name == table.name && looked_at.contains(&*one.column));
    let renamed: Vec<&Renamed> = renamed.map(|(_, one)| one).collect();
    let found = planner.facts.alike(table, index, &renamed)?;
    if !found.is_empty() {
        let already = if renamed.is_empty() { "already" } else { "with the options they would have" };
        let cause = cause_of_index(planner, table, index);
        planner.refusals.push(collision(&cause, place_of_index(planner, table, index), &found, already));
    }
    Ok(())
}
