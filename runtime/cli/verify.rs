//! `fichero verify`: whether what records derive, what the search knows of them, and the bytes of their files are what they
//! should be.

use fichero_engine::verify::{self, Difference, Fault, Wrong};
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
/// the search with what they hold; reads the bytes of all files.
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
    let spinner = report.spinner("reading files");
    let files = runtime()?.block_on(verify::files(&engine, |fault| report.answer(&told(&fault), || as_json(&fault))));
    spinner.finish_and_clear();
    let files = files.map_err(|refusal| refused(&refusal))?;
    node.db.close();
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let (records, differences) =
        (counted(count(found.records), "record"), counted(count(found.differences), "difference"));
    let what = match (found.differences, args.rebuild) {
        (0, _) => format!("{records}, no difference"),
        (_, true) => format!("{records}, {differences} mended"),
        (_, false) => format!("{records}, {differences}"),
    };
    let of_files = match (files.files, files.faults) {
        (0, 0) => String::new(),
        (known, 0) => format!("; {}, all whole", counted(count(known), "file")),
        (known, faults) => {
            format!(
                "; {}, {}, which only a backup can mend",
                counted(count(known), "file"),
                counted(count(faults), "fault")
            )
        }
    };
    report.summary(&format!("{what}{of_files}"), || {
        json!({"records": found.records, "differences": found.differences, "rebuilt": args.rebuild,
            "files": files.files, "bytes": files.bytes, "faults": files.faults})
    });
    let is_right = (found.differences == 0 || args.rebuild) && files.faults == 0;
    Ok(if is_right { Exit::Done } else { Exit::Failed })
}

/// What is wrong with a file: whose it is, and why.
fn told(fault: &Fault) -> String {
    let of = fault.holder.as_ref().map_or_else(
        || "a file of no record".to_owned(),
        |holder| format!("{} {}: {}", holder.entity, holder.record, holder.field),
    );
    let called = match (&fault.name, fault.file) {
        (Some(name), Some(id)) => format!("“{name}” ({id})"),
        (_, id) => id.map_or_else(|| "bytes".to_owned(), |id| id.to_string()),
    };
    match &fault.what {
        Wrong::Missing { hash } => format!("{of}: the bytes of {called} are missing, of the hash {hash}"),
        Wrong::Unreadable { hash, why } => {
            format!("{of}: the bytes of {called} cannot be read, of the hash {hash}: {why}")
        }
        Wrong::Other { hash, found } => {
            format!("{of}: the bytes of {called} are others than were kept: their hash is {found} and should be {hash}")
        }
        Wrong::Orphaned => format!("{of}: {called} belongs to a record that is not there"),
        Wrong::Unknown => format!("{of}: {called} is no file of this record"),
        Wrong::Stray { hash } => format!("{called} that belong to no file, of the hash {hash}"),
    }
}

fn as_json(fault: &Fault) -> serde_json::Value {
    let (what, hash, more) = match &fault.what {
        Wrong::Missing { hash } => ("missing", Some(hash), None),
        Wrong::Unreadable { hash, why } => ("unreadable", Some(hash), Some(why)),
        Wrong::Other { hash, found } => ("other_bytes", Some(hash), Some(found)),
        Wrong::Orphaned => ("orphaned", None, None),
        Wrong::Unknown => ("unknown", None, None),
        Wrong::Stray { hash } => ("stray", Some(hash), None),
    };
    let holder = fault.holder.as_ref();
    json!({
        "fault": what,
        "file": fault.file.map(|id| id.to_string()),
        "name": fault.name.as_deref(),
        "entity": holder.map(|holder| &*holder.entity),
        "record": holder.map(|holder| holder.record.to_string()),
        "field": holder.map(|holder| &*holder.field),
        "hash": hash.map(|hash| &**hash),
        "found": more,
    })
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "nothing" } else { value }
}
