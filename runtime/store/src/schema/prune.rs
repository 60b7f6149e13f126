//! What of the retired tables and columns can be dropped: the one thing here that loses data.

use jiff::Timestamp;

use super::plan::{Action, Cause, Hazard, Step};
use super::{Error, Facts, Field, Plan, Role, Schema, Table};
use crate::Dialect;
use crate::schema::ddl::literal;
use crate::schema::ddl::quoted;

/// Plans to drop what was retired before a moment. `base` is the deployment that recorded the schema.
///
/// # Errors
/// [`Error::Store`] when rows cannot be counted.
pub fn plan(
    recorded: &Schema,
    base: i64,
    before: Timestamp,
    dialect: Dialect,
    facts: &mut dyn Facts,
) -> Result<Plan, Error> {
    let is_due = |retired: Option<Timestamp>| retired.is_some_and(|retired| retired < before);
    let mut steps = Vec::new();
    let mut schema = Schema { tables: Vec::new(), ..recorded.clone() };
    let mut tables = Vec::new();
    for table in &recorded.tables {
        if is_due(table.retired) {
            tables.push(table);
            continue;
        }
        let (gone, kept): (Vec<Field>, Vec<Field>) =
            table.fields.iter().cloned().partition(|field| is_due(field.retired));
        for field in &gone {
            steps.push(drop_field(table, field, facts)?);
        }
        schema.tables.push(Table { fields: kept, ..table.clone() });
    }
    if !tables.is_empty() {
        steps.push(drop_tables(&tables, dialect, facts)?);
    }
    Ok(Plan { base, steps, schema })
}

fn drop_field(table: &Table, field: &Field, facts: &mut dyn Facts) -> Result<Step, Error> {
    let name = quoted(&table.name);
    let columns = field.columns.iter().map(|column| format!("ALTER TABLE {name} DROP COLUMN {}", quoted(&column.name)));
    let links = field.links.iter().map(|links| format!("DROP TABLE {}", quoted(&links.table)));
    let rows = match (&field.links, field.column(Role::Value)) {
        (Some(links), _) => facts.count(&links.table, "TRUE")?,
        (None, Some(column)) => facts.count(&table.name, &format!("{} IS NOT NULL", quoted(column)))?,
        (None, None) => 0,
    };
    let what = format!("drop column `{}` of `{}`, which was field `{}`", field.column, table.name, field.name);
    Ok(step(what, format!("field `{}` of `{}`", field.name, table.entity), rows, columns.chain(links).collect()))
}

/// Drops tables together: they may refer to each other.
fn drop_tables(tables: &[&Table], dialect: Dialect, facts: &mut dyn Facts) -> Result<Step, Error> {
    let mut rows = 0;
    let mut names = Vec::new();
    for table in tables {
        rows += facts.count(&table.name, "TRUE")?;
        let links = table.fields.iter().filter_map(|field| field.links.as_ref()).map(|links| quoted(&links.table));
        names.extend(links.chain([quoted(&table.name)]));
    }
    let mut statements: Vec<String> = match dialect {
        Dialect::Sqlite => names.iter().map(|name| format!("DROP TABLE {name}")).collect(),
        Dialect::Postgres => vec![format!("DROP TABLE {}", names.join(", "))],
    };
    let rows_of = |table: &&Table| format!("DELETE FROM fichero_data_row WHERE entity = {}", literal(&table.name));
    statements.extend(tables.iter().map(rows_of));
    let own = ["fichero_search_word", "fichero_search", "fichero_search_fresh", "fichero_search_part"];
    let words_of = |table: &&Table| own.map(|own| format!("DELETE FROM {own} WHERE entity = {}", literal(&table.name)));
    statements.extend(tables.iter().flat_map(words_of));
    let listed: Vec<String> = tables.iter().map(|table| format!("`{}`", table.name)).collect();
    let entities: Vec<String> = tables.iter().map(|table| format!("entity `{}`", table.entity)).collect();
    let word = if tables.len() == 1 { "table" } else { "tables" };
    Ok(step(format!("drop {word} {}", listed.join(", ")), entities.join(", "), rows, statements))
}

fn step(what: String, definition: String, rows: u64, statements: Vec<String>) -> Step {
    let cause = Cause { definition, place: None };
    let action = Action::Sql(statements);
    Step { what, cause, hazard: Hazard::LosesData, rows: Some(rows), note: None, action }
}
