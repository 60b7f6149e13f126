//! What an expression becomes in SQL, on tables as they would be made from the definitions alone.

use std::fmt;
use std::sync::Arc;

use fichero_engine::value::json;
use fichero_model::clock::{Clock as _, SystemClock};
use fichero_model::expr::{Context, Expr};
use fichero_model::{EntityId, Model};
use fichero_store::query::{Explained, explain};
use fichero_store::schema::Schema;
use fichero_store::{Cell, Dialect, Error, Layout};
use serde_json::{Value as Json, json};

use super::{literal, record};
use crate::cli::Failure;

/// What an expression becomes on a database.
pub struct Shown {
    explained: Explained,
    dialect: Dialect,
}

/// The condition that a filter with the expression puts to the database, or what gives its value. Whoever acts is some
/// person.
///
/// # Errors
/// When the expression cannot become SQL, or the definitions make no tables.
pub fn show(model: &Arc<Model>, entity: EntityId, expr: &Expr, dialect: Dialect) -> Result<Shown, Failure> {
    let failed = |error: Error| Failure::new(error.to_string());
    let schema = Schema::of(model).map_err(failed)?;
    let layout = Layout::new(Arc::clone(model), Arc::new(schema), dialect).map_err(failed)?;
    let now = SystemClock.now();
    let facts = record::read(model, model.user, "{}", now)?;
    let context = Context { me: facts.row().reference(), ..Context::bare(model, &facts, now) };
    let explained = explain(&layout, &context, entity, expr).map_err(failed)?;
    Ok(Shown { explained, dialect })
}

impl Shown {
    /// For programs.
    pub fn to_json(&self) -> Json {
        match &self.explained {
            Explained::Known(value) => json!({"known": json::loose(value)}),
            Explained::Worked { sql, from, parameters } => {
                let parameters: Vec<String> = parameters.iter().map(in_words).collect();
                json!({"sql": sql, "from": from, "parameters": parameters})
            }
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sql, from, parameters) = match &self.explained {
            Explained::Known(value) => {
                return writeln!(f, "  {}\n    the same for every record, known before any is read", literal(value));
            }
            Explained::Worked { sql, from, parameters } => (sql, from, parameters),
        };
        writeln!(f, "  {sql}\n    FROM {from}")?;
        let sign = match self.dialect {
            Dialect::Sqlite => '?',
            Dialect::Postgres => '$',
        };
        for (index, parameter) in parameters.iter().enumerate() {
            writeln!(f, "    {sign}{} = {}", index + 1, in_words(parameter))?;
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
        Cell::Integers(numbers) => format!("{} numbers", numbers.len()),
        Cell::DateTimes(moments) => format!("{} moments", moments.len()),
        Cell::Column(_, cells) => format!("{} values", cells.len()),
    }
}
