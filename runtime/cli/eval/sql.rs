//! What an expression becomes in SQL, on tables as they would be made from the definitions alone.

use std::fmt;
use std::sync::Arc;

use fichero_model::clock::{Clock as _, SystemClock};
use fichero_model::expr::{Context, Expr};
use fichero_model::kind::Type;
use fichero_model::{EntityId, Model};
use fichero_store::query::{Filter, Query, Trash};
use fichero_store::schema::Schema;
use fichero_store::{Cell, Dialect, Error, Layout};
use serde_json::{Value as Json, json};

use super::record;
use crate::cli::Failure;

/// A statement with what is bound to it.
pub struct Statement {
    text: String,
    parameters: Vec<String>,
}

/// The statement that a condition filters with, or that works out a value.
///
/// # Errors
/// When the expression cannot become SQL, or the definitions make no tables.
pub fn show(model: &Arc<Model>, entity: EntityId, expr: &Expr, dialect: Dialect) -> Result<Statement, Failure> {
    let failed = |error: Error| Failure::new(error.to_string());
    let schema = Schema::of(model).map_err(failed)?;
    let layout = Layout::new(Arc::clone(model), Arc::new(schema), dialect).map_err(failed)?;
    let now = SystemClock.now();
    let facts = record::read(model, entity, "{}", now)?;
    let context =
        Context { model, facts: &facts, row: None, record: None, old: None, me: None, now, locals: &[], value: None };
    let all = Filter { trash: Trash::Any, ..Filter::all(entity) };
    let query = match expr.ty() {
        Type::Boolean => Query { fields: Some(&[]), ..Query::new(all.and(expr), 1) },
        _ => Query { fields: Some(&[]), values: vec![expr], ..Query::new(all, 1) },
    };
    let prepared = query.prepare(&layout, &context).map_err(failed)?;
    // One statement is enough to see it; a list may need a second one for its order.
    let first = prepared.statements().first().cloned();
    let (text, cells) = first.ok_or_else(|| Failure::new("the expression becomes no statement"))?;
    Ok(Statement { text, parameters: cells.iter().map(in_words).collect() })
}

impl Statement {
    /// For programs.
    pub fn to_json(&self) -> Json {
        json!({"sql": self.text, "parameters": self.parameters})
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        for (index, parameter) in self.parameters.iter().enumerate() {
            write!(f, "\n  -- {}: {parameter}", index + 1)?;
        }
        Ok(())
    }
}

fn in_words(cell: &Cell) -> String {
    match cell {
        Cell::Null(_) => "null".to_owned(),
        Cell::Boolean(truth) => truth.to_string(),
        Cell::Integer(number) => number.to_string(),
        Cell::Text(text) => format!("{:?}", &**text),
        Cell::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Cell::Id(id) => id.to_string(),
        Cell::Date(date) => date.to_string(),
        Cell::Time(time) => time.to_string(),
        Cell::DateTime(moment) => moment.to_string(),
        Cell::Json(json) => json.to_string(),
        Cell::Ids(ids) => format!("{} ids", ids.len()),
    }
}
