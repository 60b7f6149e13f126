//! `fichero import --undo`: takes an import back.

use std::path::PathBuf;

use fichero_engine::import::undo::{self, Report, Stayed, Why};
use fichero_engine::{Actor, Via};
use fichero_model::Id;
use fichero_model::label::Locale;
use serde_json::{Value as Json, json};

use super::super::node::{Node, refused};
use super::super::{Context, Dir, Exit, Failure, Outcome, runtime};
use super::following;

/// The most records that are named one by one; programs are told more.
const MOST_NAMED: usize = 100;

/// Takes an import back. With 4 when some of its records stay.
pub fn run(batch: &str, folder: Option<PathBuf>, context: &Context) -> Outcome {
    let folder = context.folder(&Dir::of(folder))?;
    let batch: Id = batch.parse().map_err(|_| {
        Failure::new(format!("`{batch}` is no batch"))
            .help("The batch is told at the end of an import, such as 0198c5e2-…")
    })?;
    let node = Node::open(context, &folder)?;
    let engine = node.engine_in_force(context)?;
    let actor = Actor::system(Via::Import);
    let spinner = context.report.spinner("taking the import back");
    let result = runtime()?.block_on(following(&engine, async {
        undo::run(&engine, &actor, batch, |records| spinner.set_message(format!("{records} records"))).await
    }));
    spinner.finish_and_clear();
    let outcome = result.map_err(|refusal| refused(&refusal)).map(|report| {
        report.stayed.iter().take(MOST_NAMED).for_each(|stayed| context.report.note(&told(stayed)));
        let untold = (report.kept + report.blocked).saturating_sub(MOST_NAMED.min(report.stayed.len()) as u64);
        if untold > 0 {
            context.report.note(&format!("… and {untold} more that stay"));
        }
        context.report.answer(&in_words(&report), || to_json(batch, &report));
        if report.kept + report.blocked > 0 { Exit::Rejected } else { Exit::Done }
    });
    node.db.close();
    outcome
}

fn told(Stayed { entity, id, title, why }: &Stayed) -> String {
    match (why, title) {
        (Why::Edited, Some(title)) => format!("{entity} {title} ({id}): kept because edited since"),
        (Why::Edited, None) => format!("{entity} {id}: kept because deleted since"),
        (Why::Blocked(refusal), _) => format!("{entity} {id} blocked: {}", refusal.to_text(Locale::EN)),
    }
}

fn in_words(report: &Report) -> String {
    let Report { undo, reversed, kept, blocked, .. } = report;
    let mut text = format!("{reversed} reversed, {kept} kept because edited since, {blocked} blocked");
    if *blocked > 0 {
        text.push_str("\nonce nothing is in the way, the same command takes back the rest");
    }
    text.push_str(&format!("\nin the history as {undo}"));
    text
}

fn to_json(batch: Id, report: &Report) -> Json {
    let stayed = |stayed: &Stayed| {
        let (fate, because) = match &stayed.why {
            Why::Edited => ("kept", None),
            Why::Blocked(refusal) => ("blocked", Some(refusal.to_text(Locale::EN))),
        };
        json!({"entity": &*stayed.entity, "id": stayed.id.to_string(), "fate": fate, "because": because})
    };
    json!({
        "batch": batch.to_string(),
        "undo": report.undo.to_string(),
        "reversed": report.reversed,
        "kept": report.kept,
        "blocked": report.blocked,
        "stayed": report.stayed.iter().map(stayed).collect::<Vec<_>>(),
    })
}
