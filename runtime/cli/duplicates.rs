//! `fichero duplicates`: which records are likely the same.

use std::collections::HashMap;

use fichero_engine::duplicates::{Group, groups};
use fichero_engine::{Actor, Via};
use fichero_model::Id;
use serde_json::json;

use super::node::{Node, refused};
use super::{Context, Dir, Exit, Failure, Outcome, counted, entity_named, runtime};

/// The arguments of `fichero duplicates`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The entity
    entity: String,
    #[command(flatten)]
    dir: Dir,
}

/// Searches all records of an entity by its rules, and prints those that are likely the same, a group a paragraph.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let node = Node::open(context, &context.folder(&args.dir)?)?;
    let Some(newest) = node.newest()? else {
        return Err(Failure::new("nothing was published to this database yet").help("Run `fichero apply` first"));
    };
    let engine = node.engine(&node.compiled(context, newest)?)?;
    let live = engine.live();
    let entity = entity_named(&live.model, &args.entity)?;
    if live.model[entity].duplicates.is_empty() {
        let failure = Failure::new(format!("nothing says when two records of `{}` are the same", args.entity));
        return Err(failure.help("Write `duplicates:` in its definition"));
    }
    let (report, actor) = (context.report, Actor::system(Via::Command));
    let spinner = report.spinner("comparing records");
    let (found, titles) = runtime()?
        .block_on(async {
            let found = engine.find_duplicates(&actor, entity).await?;
            let ids: Vec<Id> = groups(&found.pairs).iter().flat_map(Group::records).collect();
            let named = engine.named(&actor, entity, ids).await?;
            Ok((found, named.into_iter().map(|named| (named.id, named.title)).collect::<HashMap<_, _>>()))
        })
        .map_err(|refusal| refused(&refusal))?;
    spinner.finish_and_clear();
    node.db.close();
    let title = |id: &Id| titles.get(id).map_or("", String::as_str);
    let groups = groups(&found.pairs);
    for (at, group) in groups.iter().enumerate() {
        // A blank line parts it from the one before.
        let mut text = if at == 0 { String::new() } else { "\n".to_owned() };
        for id in group.records() {
            text.push_str(&format!("{id} {}\n", title(&id)));
        }
        report.answer(&text, || {
            let pair = |pair: &fichero_engine::duplicates::Pair| {
                json!({"one": pair.one.to_string(), "other": pair.other.to_string(), "rules": pair.rules.split(',').collect::<Vec<_>>()})
            };
            let record = |id: Id| json!({"id": id.to_string(), "title": title(&id)});
            json!({
                "records": group.records().into_iter().map(record).collect::<Vec<_>>(),
                "pairs": group.pairs.iter().map(pair).collect::<Vec<_>>(),
            })
        });
    }
    for large in &found.large {
        report.note(&format!(
            "{} share a key of the rule `{}` and were not compared by it; one of them is {}",
            counted(large.records, "record"),
            large.rule,
            large.sample
        ));
    }
    if found.more {
        report.note("there are more pairs than are looked for at once; merge these first");
    }
    let what = format!(
        "{}, {} in {}",
        counted(found.records, "record"),
        counted(found.pairs.len(), "likely pair"),
        counted(groups.len(), "group")
    );
    report.summary(&what, || found.to_json());
    Ok(Exit::Done)
}
