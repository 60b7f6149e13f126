//! Options and stages that left their field, and those that took over others.

use super::cause::definition_of;
use super::{Cause, Hazard, Phase, Planner, Step, sql};
use crate::schema::columns::{Role, Shape};
use crate::schema::ddl::{literal, quoted};
use crate::schema::desired::{left, successors};
use crate::schema::facts::Renamed;
use crate::schema::{Field, Origin, Table};
use crate::{Dialect, Error};

/// Adds the steps for options that left, and for those that took over others.
pub(super) fn compare(
    planner: &mut Planner<'_>,
    table: &Table,
    field: &Field,
    old: &Field,
    cause: &Cause,
) -> Result<(), Error> {
    let Some(definition) = definition_of(planner, table, field) else { return Ok(()) };
    let set = fichero_model::entity::options_of(&definition.kind);
    let Some(set) = set.and_then(|set| planner.question.model.options.get(set.index())) else { return Ok(()) };
    let is_stage = definition.pipeline.is_some();
    // What is derived is derived anew.
    let is_given = !matches!(field.origin, Origin::Derived(_));
    let new = |option: &&str| is_given && !old.gone.iter().any(|gone| gone == option);
    for option in left(old, Some(set)).filter(new) {
        leave(planner, table, field, old, (option, is_stage), cause)?;
    }
    let Some(column) = field.column(Role::Value).filter(|_| field.column == old.column) else { return Ok(()) };
    let mut turned: Vec<(&str, &str)> = Vec::new();
    for (was, now) in successors(Some(set)).filter(|(was, _)| old.options.iter().any(|option| option == was)) {
        let (update, concerned) = renamed_option(table, field, column, (was, now), planner.question.dialect);
        let rows = planner.facts.count(&table.name, &concerned)?;
        // The option may have been there, or be a new one that another has turned into already.
        let there = old.options.iter().map(String::as_str).find(|option| *option == now);
        let other = there.or_else(|| turned.iter().find(|(_, taker)| *taker == now).map(|(other, _)| *other));
        let other = other.filter(|_| rows > 0);
        let mut statements = vec![update];
        if is_stage {
            statements.extend(crate::system::stage::rename(&table.name, &field.column, was, now));
        }
        let what = format!("turn `{was}` into `{now}` in `{}` of `{}`", field.name, table.name);
        let hazard = if other.is_some() { Hazard::Reinterprets } else { Hazard::Barrier };
        let note =
            other.map(|other| format!("records that were `{was}` cannot be told from those that were `{other}` then"));
        let step = Step { rows: Some(rows), note, ..sql(what, cause, hazard, statements) };
        planner.add(Phase::Values, step);
        if rows > 0 {
            turned.push((was, now));
        }
        if field.shape == Shape::Choice {
            let (column, was, now) = (column.to_owned(), was.to_owned(), now.to_owned());
            planner.renamed.push((table.name.clone(), Renamed { column, was, now }));
        }
    }
    Ok(())
}

/// An option that leaves without a successor. The records that have it keep it, but what it says is lost to them.
fn leave(
    planner: &mut Planner<'_>,
    table: &Table,
    field: &Field,
    old: &Field,
    (option, is_stage): (&str, bool),
    cause: &Cause,
) -> Result<(), Error> {
    let Some(column) = old.column(Role::Value) else { return Ok(()) };
    let column = column_of(&table.name, column);
    let concerned = has_option(&old.shape, &column, &literal(option), planner.question.dialect);
    let rows = planner.facts.count(&table.name, &concerned)?;
    let word = if is_stage { "stage" } else { "option" };
    let what = format!("drop {word} `{option}` of `{}` in `{}`", field.name, table.name);
    let hazard = if rows > 0 { Hazard::Reinterprets } else { Hazard::Safe };
    let instead = match is_stage {
        true => format!("write `was: {option}` at the stage that takes it over"),
        false => format!("write `was: {option}` at the option that takes it over, or keep it with `retired: true`"),
    };
    let note = (rows > 0)
        .then(|| format!("records that have it keep it by its bare name, and no other can get it; {instead}"));
    planner.add(Phase::Names, Step { rows: Some(rows), note, ..sql(what, cause, hazard, Vec::new()) });
    Ok(())
}

/// The condition for the rows whose column holds an option, alone or among others.
fn has_option(shape: &Shape, column: &str, option: &str, dialect: Dialect) -> String {
    match (shape, dialect) {
        (Shape::Many(_), Dialect::Sqlite) => {
            format!("EXISTS (SELECT 1 FROM json_each({column}) AS fichero_each WHERE fichero_each.value = {option})")
        }
        (Shape::Many(_), Dialect::Postgres) => format!("{column} @> jsonb_build_array({option}::text)"),
        _ => format!("{column} = {option}"),
    }
}

/// The statement that renames an option, and the condition for the rows that have it.
fn renamed_option(
    table: &Table,
    field: &Field,
    column: &str,
    (was, now): (&str, &str),
    dialect: Dialect,
) -> (String, String) {
    let (from, set) = (quoted(&table.name), quoted(column));
    let column = column_of(&table.name, column);
    let (was, now) = (literal(was), literal(now));
    let rows = has_option(&field.shape, &column, &was, dialect);
    // No table of an entity begins with `fichero_`, so none hides behind these names.
    let value = match (&field.shape, dialect) {
        (Shape::Many(_), Dialect::Sqlite) => format!(
            "(SELECT json_group_array(v ORDER BY k) FROM (SELECT CASE fichero_each.value WHEN {was} THEN {now} \
             ELSE fichero_each.value END AS v, min(fichero_each.key) AS k FROM json_each({column}) AS fichero_each \
             GROUP BY 1))"
        ),
        (Shape::Many(_), Dialect::Postgres) => format!(
            "(SELECT jsonb_agg(v ORDER BY k) FROM (SELECT CASE fichero_each.value WHEN {was} THEN {now} \
             ELSE fichero_each.value END AS v, min(fichero_each.k) AS k FROM jsonb_array_elements_text({column}) \
             WITH ORDINALITY AS fichero_each(value, k) GROUP BY 1) AS fichero_items)"
        ),
        _ => now,
    };
    (format!("UPDATE {from} SET {set} = {value} WHERE {rows}"), rows)
}

/// A column by its table too: a bare name could be taken for one of what a list is unfolded into.
fn column_of(table: &str, column: &str) -> String {
    format!("{}.{}", quoted(table), quoted(column))
}
