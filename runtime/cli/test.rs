//! `fichero test`: runs the scenario tests, each in a throwaway database.

mod browser;

use std::num::NonZero;
use std::sync::Arc;

use fichero_engine::scenario::{self, Outcome as Ended, Run, Template};
use fichero_model::clock::{Clock as _, SystemClock, SystemIds};
use fichero_store::scratch::Ground;
use serde_json::{Value as Json, json};

use super::node::{failed, stored};
use super::report::Format;
use super::{Context, Dir, Exit, Failure, Outcome};
use crate::workspace::Workspace;
use browser::Browser;

/// The arguments of `fichero test`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    dir: Dir,
    /// Only tests whose name holds this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
}

/// Runs the tests on the sort of database that is named: files of its own for SQLite, databases of their own on the
/// server for PostgreSQL. The workspace's data is not touched.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let workspace = Workspace::load(&context.folder(&args.dir)?);
    let definitions = workspace.sound(context)?;
    let model = definitions.model;
    if let Some(filter) = &args.filter
        && !model.scenarios.iter().any(|scenario| scenario.name.contains(filter.as_str()))
    {
        return Err(Failure::new(format!("no test has `{filter}` in its name")));
    }
    let ground = Ground::of(context.database(), &std::env::temp_dir()).map_err(|error| stored(&error))?;
    let template = Template::new(ground, Arc::clone(&model), &SystemIds::new(), SystemClock.now());
    let template = template.map_err(|error| failed(&error))?;
    let report = context.report;
    let pages = Browser::new()?;
    let outcomes = scenario::run(&Run {
        model: &model,
        template: &template,
        pages: Some(&pages),
        threads: std::thread::available_parallelism().map_or(1, NonZero::get),
        filter: args.filter.as_deref(),
        ended: &|ended: &Ended| match (report.format, &ended.failure) {
            (Format::Json, _) => report.answer("", || to_json(ended)),
            (Format::Human, Some(_)) => report.answer(&ended.to_string(), || Json::Null),
            (Format::Human, None) => report.summary(&ended.to_string(), || Json::Null),
        },
    });
    let failures = outcomes.iter().filter(|ended| ended.failure.is_some()).count();
    let passed = outcomes.len() - failures;
    report.answer(&scenario::summary(&outcomes), || json!({"passed": passed, "failed": failures}));
    Ok(if failures == 0 { Exit::Done } else { Exit::Failed })
}

fn to_json(ended: &Ended) -> Json {
    let failure = ended.failure.as_ref().map(|failure| {
        json!({
            "step": failure.step,
            "place": failure.place.to_string(),
            "message": failure.message,
            "expectation": failure.expectation.as_ref().map(|expectation| json!({
                "text": expectation.text,
                "parts": expectation.parts.iter().map(|part| json!({"text": part.text, "values": part.values})).collect::<Vec<_>>(),
            })),
        })
    });
    json!({"test": ended.name, "place": ended.place.to_string(), "passed": ended.failure.is_none(), "failure": failure})
}
