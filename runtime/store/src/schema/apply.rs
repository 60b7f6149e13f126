//! Does the steps of a plan, inside the transaction of its deployment.

use fichero_model::{Id, fold};
use serde_json::{Map, Value};

use super::plan::{Action, Step, collision};
use super::{Error, Facts as _, Plan, fill};
use crate::schema::ddl::quoted;
use crate::sql::written_for;
use crate::{Cell, Cells, ColumnType, Dialect, Tx};

/// How many rows get their keys at a time.
const BATCH: usize = 1_000;

/// Does all steps in order. `seq` is the deployment they belong to.
pub(super) fn apply(tx: &mut Tx, plan: &Plan, seq: i64) -> Result<(), Error> {
    for step in &plan.steps {
        do_step(tx, plan, step, seq)?;
    }
    fill::forget(tx, &plan.schema)?;
    Ok(())
}

fn do_step(tx: &mut Tx, plan: &Plan, step: &Step, seq: i64) -> Result<(), Error> {
    match &step.action {
        Action::Sql(statements) => statements.iter().try_for_each(|statement| tx.script(statement))?,
        Action::Unique { table, index, sql } => {
            let table = plan.schema.table(table);
            let found = table.and_then(|table| Some((table, table.indexes.iter().find(|one| one.name == *index)?)));
            if let Some((table, index)) = found {
                let alike = tx.alike(table, index, &[])?;
                if !alike.is_empty() {
                    return Err(Error::Refused(vec![collision(&step.cause, None, &alike, "already")]));
                }
            }
            tx.script(sql)?;
        }
        Action::Keys { table, text, key } => make_keys(tx, table, text, key)?,
        Action::Fill(fill) => fill::order(tx, fill, seq)?,
    }
    Ok(())
}

/// Makes the folded keys of a column anew, row by row of those that hold a text.
fn make_keys(tx: &mut Tx, table: &str, text: &str, key: &str) -> Result<(), Error> {
    let (table, text, key) = (quoted(table), quoted(text), quoted(key));
    tx.script(&format!("UPDATE {table} SET {key} = NULL WHERE {key} IS NOT NULL"))?;
    let select = format!(
        "SELECT \"id\", {text} FROM {table} WHERE \"id\" > ?1 AND {text} IS NOT NULL ORDER BY \"id\" LIMIT {BATCH}"
    );
    let select = written_for(tx.dialect(), &select);
    // One statement for all rows of a batch: the keys travel as a JSON object by id.
    // No table of an entity begins with `fichero_`.
    let (each, own) = match tx.dialect() {
        Dialect::Sqlite => ("json_each(?1)", "unhex(fichero_each.key)"),
        Dialect::Postgres => ("jsonb_each_text($1)", "fichero_each.key::uuid"),
    };
    let update = format!(
        "UPDATE {table} SET {key} = fichero_each.value FROM {each} AS fichero_each WHERE {table}.\"id\" = {own}"
    );
    let mut after = Id::from_bytes([0; 16]);
    loop {
        let rows = tx.query(&select, &[Cell::Id(after)], &[ColumnType::Id, ColumnType::Text])?;
        let mut keys = Map::with_capacity(rows.len());
        for row in rows {
            let mut row = Cells::new(row);
            let (id, text) = (row.id()?, row.text()?);
            keys.insert(hexadecimal(id), Value::String(fold::key(&text)));
            after = id;
        }
        if keys.is_empty() {
            return Ok(());
        }
        tx.execute(&update, &[Value::Object(keys).into()])?;
    }
}

/// An id without dashes, as both databases read it.
fn hexadecimal(id: Id) -> String {
    id.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
