//! `fichero eval`: what an expression gives on a record, or what it becomes in SQL.

mod record;
mod sql;

use std::sync::Arc;

use fichero_engine::value::json;
use fichero_model::clock::{Clock as _, SystemClock};
use fichero_model::expr::{Context as Against, Expr, Scope, compile};
use fichero_model::kind::Type;
use fichero_model::place::Place;
use fichero_model::{EntityId, Model, Value};
use fichero_store::Dialect;
use serde_json::json;

use super::{Context, Dir, Exit, Failure, Outcome, entity_named};
use crate::workspace::Workspace;

/// The arguments of `fichero eval`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The entity whose fields are bare names
    entity: String,
    /// The expression
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    expression: String,
    #[command(flatten)]
    dir: Dir,
    /// The record, as the API writes it; a reference may be an object and lines a list of objects
    #[arg(long, value_name = "JSON")]
    record: Option<String>,
    /// Print its type and the condition or value it becomes in SQL on both databases
    #[arg(long)]
    sql: bool,
}

/// The file that places in the expression point into.
const WRITTEN: &str = "expression";

/// Evaluates the expression, or shows its SQL.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let workspace = Workspace::load(&context.folder(&args.dir)?);
    let model = workspace.sound(context)?.model;
    let entity = entity_named(&model, &args.entity)?;
    let place = Place { end: args.expression.len() as u32, ..Place::start_of(&WRITTEN.into()) };
    let expr = compile(&args.expression, &place, &Scope::row(&model, entity)).map_err(|findings| {
        context.report.findings(&findings, &Written(&args.expression));
        Failure::told()
    })?;
    match args.sql {
        true => show_sql(context, &model, entity, &expr),
        false => evaluate(args, context, &model, entity, &expr),
    }
}

fn evaluate(args: &Args, context: &Context, model: &Arc<Model>, entity: EntityId, expr: &Expr) -> Outcome {
    let now = SystemClock.now();
    let facts = record::read(model, entity, args.record.as_deref().unwrap_or("{}"), now)?;
    let against = Against {
        model,
        facts: &facts,
        row: Some(facts.row()),
        record: None,
        old: None,
        me: Some(record::somebody(model)),
        now,
        locals: &[],
        value: None,
    };
    let value = expr.eval(&against).map_err(|fault| Failure::new(format!("the expression has no value: {fault}")))?;
    let ty = type_name(model, expr.ty());
    context.report.answer(&literal(&value), || json!({"value": json::loose(&value), "type": ty}));
    Ok(Exit::Done)
}

fn show_sql(context: &Context, model: &Arc<Model>, entity: EntityId, expr: &Expr) -> Outcome {
    let ty = type_name(model, expr.ty());
    if let Some(part) = &expr.unportable {
        let text = expr.text.get(part.at.clone()).unwrap_or(&expr.text);
        return Err(Failure::new(format!("`{text}` cannot become SQL: {}", part.why)).help(format!(
            "Its type is {ty}; it can be evaluated in memory, where no rows are filtered, sorted or counted"
        )));
    }
    let (sqlite, postgres) =
        (sql::show(model, entity, expr, Dialect::Sqlite)?, sql::show(model, entity, expr, Dialect::Postgres)?);
    let human = format!("type: {ty}\n\nSQLite:\n{sqlite}\nPostgreSQL:\n{postgres}");
    context.report.answer(&human, || json!({"type": ty, "sqlite": sqlite.to_json(), "postgres": postgres.to_json()}));
    Ok(Exit::Done)
}

/// A type in words.
fn type_name(model: &Model, ty: &Type) -> String {
    match ty {
        Type::Nothing => "()".to_owned(),
        Type::Boolean => "boolean".to_owned(),
        Type::Integer => "integer".to_owned(),
        Type::Decimal => "decimal".to_owned(),
        Type::Money => "money".to_owned(),
        Type::Text => "text".to_owned(),
        Type::Choice(options) => {
            let names: Vec<&str> = model[*options].options.iter().map(|option| &*option.name).collect();
            format!("choice of {}", names.join(", "))
        }
        Type::Date => "date".to_owned(),
        Type::Time => "time".to_owned(),
        Type::DateTime => "datetime".to_owned(),
        Type::Duration => "duration".to_owned(),
        Type::Ref(entities) => {
            let names: Vec<&str> = entities.iter().map(|entity| &*model[*entity].name).collect();
            format!("ref to {}", names.join(" or "))
        }
        Type::Json => "json".to_owned(),
        Type::Secret => "secret".to_owned(),
        Type::List(of) => format!("list of {}", type_name(model, of)),
        Type::Any => "any".to_owned(),
    }
}

/// A value as an expression would write it.
fn literal(value: &Value) -> String {
    match value {
        Value::Nothing => "()".to_owned(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.normalize().to_string(),
        Value::Money(money) => format!("{} {}", money.amount, money.currency),
        Value::Text(text) => format!("{:?}", &**text),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.to_string(),
        Value::DateTime(moment) => moment.to_string(),
        Value::Duration(seconds) => format!("{seconds} seconds"),
        Value::Ref(reference) => reference.id.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Json(json) => json.to_string(),
    }
}

/// The expression as a file, for the lines of diagnostics.
struct Written<'a>(&'a str);

impl fichero_model::diagnostic::Texts for Written<'_> {
    fn text(&self, file: &str) -> Option<Arc<str>> {
        (file == WRITTEN).then(|| self.0.into())
    }
}
