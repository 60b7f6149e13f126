//! `fichero verify`: whether what records derive, and what the search knows of them, is what it should be.

use fichero_engine::verify::{self, Difference};
use serde_json::json;

use super::node::{Node, refused};
use super::{Context, Dir, Exit, Failure, Outcome, counted, runtime};

/// The arguments of `fichero verify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    dir: Dir,
    /// Make right what is wrong
    #[arg(long)]
    rebuild: bool,
}

/// Compares the rollups, stored formulas and computed fields of all records with what they follow from, and the index of
/// the search with what they hold.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let node = Node::open(context, &context.folder(&args.dir)?)?;
    let Some(newest) = node.newest()? else {
        return Err(Failure::new("nothing was published to this database yet").help("Run `fichero apply` first"));
    };
    let engine = node.engine(&node.compiled(context, newest)?)?;
    let report = context.report;
    let tell = |Difference { record, entity, field, stored, right }: Difference| {
        let what = field.as_deref().unwrap_or("what the search knows of it");
        report.answer(&format!("{entity} {}: {what} is {} and should be {}", record.id, shown(&stored), shown(&right)), || {
            json!({"entity": &*entity, "record": record.id.to_string(), "field": field.as_deref(), "stored": stored, "right": right})
        });
    };
    let spinner = report.spinner("looking at records");
    let found = match args.rebuild {
        true => runtime()?.block_on(verify::rebuild(&engine, tell)),
        false => runtime()?.block_on(verify::verify(&engine, tell)),
    };
    spinner.finish_and_clear();
    let found = found.map_err(|refusal| refused(&refusal))?;
    node.db.close();
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let (records, differences) =
        (counted(count(found.records), "record"), counted(count(found.differences), "difference"));
    let what = match (found.differences, args.rebuild) {
        (0, _) => format!("{records}, no difference"),
        (_, true) => format!("{records}, {differences} mended"),
        (_, false) => format!("{records}, {differences}"),
    };
    report.summary(
        &what,
        || json!({"records": found.records, "differences": found.differences, "rebuilt": args.rebuild}),
    );
    Ok(if found.differences == 0 || args.rebuild { Exit::Done } else { Exit::Failed })
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "nothing" } else { value }
}
