//! `fichero import`: brings records in from a file, or takes an import back.

mod guess;
mod rejects;
mod undo;

use std::fs::File;
use std::io::{BufReader, Seek as _};
use std::path::{Path, PathBuf};

use fichero_engine::deploy::door::Door;
use fichero_engine::deploy::follow::{self, Own, Switch};
use fichero_engine::deploy::node::Membership;
use fichero_engine::import::{self, Error, News, Report, Request, encoding_named, fingerprint, repeated};
use fichero_engine::{Actor, Engine, Mode, Via};
use fichero_model::data::{Mapping, Reading};
use fichero_model::name::did_you_mean;
use fichero_model::{EntityId, Model};
use serde_json::{Value as Json, json};

use super::node::{Node, refused};
use super::{Context, Dir, Exit, Failure, Outcome, counted, entity_named, runtime};
use crate::reload;
use rejects::Rejects;

/// The arguments of `fichero import`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The entity whose records the file holds
    #[arg(required_unless_present = "undo")]
    entity: Option<String>,
    /// The file: CSV or another text with a delimiter, a workbook (.xlsx), or JSON lines
    #[arg(required_unless_present = "undo")]
    file: Option<PathBuf>,
    /// The workspace folder [default: the current one]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The `mapping` document that says which column fills which field [default: by their headings]
    #[arg(long, value_name = "MAPPING")]
    map: Option<String>,
    /// The fields by which a row finds the record it updates, with commas between
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    r#match: Option<Vec<String>>,
    /// The sign between cells: `,`, `;`, `|` or `tab` [default: as the mapping says, else told by the first rows]
    #[arg(long, value_name = "SIGN")]
    delimiter: Option<String>,
    /// The encoding of the file, such as `windows-1252` [default: its own mark, else as the mapping says, else UTF-8]
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// The sheet of a workbook [default: as the mapping says, else the only one that holds anything]
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Import nothing: show which column seems to fill which field, how sure that is and why
    #[arg(long, conflicts_with_all = ["map", "match", "dry_run", "live", "rejects", "anew"])]
    guess: bool,
    /// Write the guessed mapping by this name into the folder mappings/ of the workspace
    #[arg(long, value_name = "NAME", requires = "guess")]
    save: Option<String>,
    /// Show what would happen, and change nothing but the file that `--rejects` names
    #[arg(long)]
    dry_run: bool,
    /// It happens now: transitions are checked, with what a stage requires, and everything follows that follows from a save
    #[arg(long)]
    live: bool,
    /// Where rejected rows are written, in place of those of an earlier import [default: data/rejects/ in the workspace]
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Begin at the first row, although an import of the same file broke off further on
    #[arg(long, conflicts_with = "dry_run")]
    anew: bool,
    /// Take back what an import did: what it made goes to the trash, what it changed gets its former values back, unless somebody
    /// edited it since
    #[arg(long, value_name = "BATCH", conflicts_with_all = ["file", "map", "match", "delimiter", "encoding", "sheet", "guess", "dry_run", "live", "rejects", "anew"])]
    undo: Option<String>,
}

/// Imports the file.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let (entity, file) = match (&args.undo, &args.entity, &args.file) {
        (Some(batch), folder, _) => return undo::run(batch, folder.as_ref().map(PathBuf::from), context),
        (None, Some(entity), Some(file)) => (entity, file),
        (None, ..) => return Err(Failure::new("an import needs an entity and a file")),
    };
    let folder = context.folder(&Dir::of(args.dir.clone()))?;
    let mut opened = File::open(file).map_err(|error| Failure::file("read", file, &error))?;
    if args.guess {
        let node = Node::open(context, &folder)?;
        let engine = node.engine_in_force(context)?;
        let entity = entity_named(&engine.live().model, entity)?;
        let outcome = guess::run(&engine, entity, (opened, file), (args, &reading(args)?), (context, &folder));
        node.db.close();
        return outcome;
    }
    let touches_nothing = args.dry_run && args.rejects.is_none();
    let mut rejects = Rejects::new(rejects_path(args, &folder, file), file, touches_nothing)?;
    let length = opened.metadata().map(|metadata| metadata.len()).unwrap_or(0);
    let hash = fingerprint(&mut opened).and_then(|hash| opened.rewind().map(|()| hash));
    let hash = hash.map_err(|error| Failure::file("read", file, &error))?;
    let node = Node::open(context, &folder)?;
    let engine = node.engine_in_force(context)?;
    let live = engine.live();
    let entity = entity_named(&live.model, entity)?;
    let mapping = args.map.as_deref().map(|name| mapping(&live.model, entity, name)).transpose()?;
    let request = Request {
        actor: Actor::system(Via::Import),
        entity,
        file: file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        hash: Some(hash),
        anew: args.anew,
        reading: reading(args)?,
        mapping,
        matching: args.r#match.clone(),
        on_match: None,
        batch: None,
        mode: if args.live { Mode::Live } else { Mode::Load },
        dry_run: args.dry_run,
    };
    let progress = context.report.bytes(length, "rows");
    let result = runtime()?.block_on(following(&engine, async {
        let reader = BufReader::with_capacity(1 << 16, opened);
        import::run(&engine, request, reader, &mut rejects, |news| match news {
            News::Resuming { batch, rows } => {
                context.report.note(&format!("resuming at row {} of batch {batch}", rows + 1));
            }
            News::Again { batch, at } => {
                context.report.note(&format!(
                    "this file was brought in before, at {at:.0} as batch {batch}: without a key its rows are made once \
                     more (`fichero import --undo {batch}` takes the first ones back)"
                ));
            }
            News::Reached(reached) => {
                progress.set_position(reached.bytes);
                progress.set_message(format!("{} rows, {} rejected", reached.rows, reached.rejected));
            }
        })
        .await
    }));
    progress.finish_and_clear();
    let outcome = ended(result, &rejects, args, context);
    node.db.close();
    outcome
}

/// How the file is read, as far as the command says it.
fn reading(args: &Args) -> Result<Reading, Failure> {
    let delimiter = match args.delimiter.as_deref() {
        None => None,
        Some("tab" | "\t") => Some(b'\t'),
        Some(sign @ ("," | ";" | "|")) => sign.bytes().next(),
        Some(other) => {
            return Err(Failure::new(format!("`{other}` is no delimiter")).help("Write `,`, `;`, `|` or `tab`"));
        }
    };
    let known = |name: &str| {
        encoding_named(name).map(Into::into).ok_or_else(|| {
            Failure::new(format!("there is no encoding `{name}`")).help("Write `utf-8`, `utf-16le` or `windows-1252`")
        })
    };
    let encoding = args.encoding.as_deref().map(known).transpose()?;
    let sheet = args.sheet.as_deref().map(Into::into);
    Ok(Reading { delimiter, encoding, sheet, ..Reading::default() })
}

/// Does something that takes a while; definitions that are put in force meanwhile are followed.
async fn following<T>(engine: &Engine, work: impl Future<Output = T>) -> T {
    let membership = Membership::new(engine);
    let own = Own {
        engine: engine.clone(),
        compile: reload::compiler(),
        membership: membership.clone(),
        switch: Switch::new(Door::default()),
    };
    let following = tokio::spawn(follow::follow(own, |_| {}));
    let result = work.await;
    following.abort();
    leave(engine, membership).await;
    result
}

fn ended(result: Result<Report, Error>, rejects: &Rejects, args: &Args, context: &Context) -> Outcome {
    let report = result.map_err(|error| match error {
        Error::Refused(refusal) => refused(&refusal),
        other => Failure::new(other.to_string()),
    })?;
    if !report.passed_over.is_empty() {
        context.report.note(&format!("columns that fill nothing: {}", report.passed_over.join(", ")));
    }
    for again in &report.repeated.first {
        let repeated::Again { line, before } = again;
        context.report.note(&format!("line {line} changes what line {before} gave the same record"));
    }
    if args.dry_run {
        report.shown.iter().for_each(|shown| context.report.note(&diff(shown)));
        report.reasons.iter().for_each(|reason| context.report.note(reason));
    }
    let written = rejects.written();
    context.report.answer(&in_words(&report, written, args.dry_run), || to_json(&report, written, args.dry_run));
    Ok(if report.rejected > 0 { Exit::Rejected } else { Exit::Done })
}

fn in_words(report: &Report, rejects: Option<&Path>, dry: bool) -> String {
    let Report { created, updated, unchanged, rejected, made, .. } = report;
    let mut text = format!("{created} created, {updated} updated, {unchanged} unchanged, {rejected} rejected");
    if *made > 0 {
        text.push_str(&format!("; {made} made because rows refer to them"));
    }
    if report.repeated.count > 0 {
        let rows = counted(usize::try_from(report.repeated.count).unwrap_or(usize::MAX), "row");
        text.push_str(&format!("\n{rows} changed what an earlier row of the file gave the same record"));
    }
    if report.joined > 0 {
        let rows = counted(usize::try_from(report.joined).unwrap_or(usize::MAX), "row");
        text.push_str(&format!("\n{rows} had more cells than the heading, and were joined as the mapping says"));
    }
    if let Some(rejects) = rejects {
        text.push_str(&format!("\nrejected rows, each with the reason: {}", rejects.display()));
    }
    match (dry, &report.batch) {
        (true, _) => text.push_str("\nnothing was changed: this was a dry run"),
        (false, Some(batch)) => {
            text.push_str(&format!("\nbatch {batch}, taken back by `fichero import --undo {batch}`"))
        }
        (false, None) => {}
    }
    text
}

/// A row of a dry run: what it would make, or which fields it would change from what to what.
fn diff(import::Shown { line, is_new, title, changes, titles }: &import::Shown) -> String {
    let value = |value: Option<&Json>| match value {
        Some(Json::String(text)) => titles.get(text).unwrap_or(text).clone(),
        Some(Json::Null) | None => "()".to_owned(),
        Some(other) => other.to_string(),
    };
    let field = |(name, pair): (&String, &Json)| match is_new {
        true => format!("{name} = {}", value(pair.get(1))),
        false => format!("{name}: {} → {}", value(pair.get(0)), value(pair.get(1))),
    };
    let fields: Vec<String> = changes.iter().map(field).collect();
    format!("{} line {line} {title}: {}", if *is_new { '+' } else { '~' }, fields.join(", "))
}

fn to_json(report: &Report, rejects: Option<&Path>, dry: bool) -> Json {
    json!({
        "batch": report.batch.map(|batch| batch.to_string()),
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "resumed": report.resumed,
        "made": report.made,
        "joined": report.joined,
        "passed_over": report.passed_over,
        "repeated": report.repeated.count,
        "reasons": report.reasons,
        "shown": report.shown.iter().map(import::Shown::to_json).collect::<Vec<_>>(),
        "rejects": rejects,
        "dry_run": dry,
    })
}

async fn leave(engine: &Engine, membership: Membership) {
    let engine = engine.clone();
    let left = tokio::task::spawn_blocking(move || membership.leave(&engine)).await;
    if !matches!(left, Ok(Ok(()))) {
        tracing::warn!("the other nodes learn later that this one has ended");
    }
}

fn mapping<'m>(model: &'m Model, entity: EntityId, name: &str) -> Result<&'m Mapping, Failure> {
    let Some(mapping) = model.mappings.iter().find(|mapping| &*mapping.name == name) else {
        let failure = Failure::new(format!("there is no mapping `{name}` in what is in force"));
        return Err(match did_you_mean(name, model.mappings.iter().map(|mapping| &*mapping.name)) {
            Some(nearest) => failure.help(format!("Did you mean `{nearest}`?")),
            None => failure.help("A new `mapping` document is put in force by `fichero apply`"),
        });
    };
    match mapping.entity == entity {
        true => Ok(mapping),
        false => Err(Failure::new(format!(
            "the mapping `{name}` is for `{}`, not for `{}`",
            model[mapping.entity].name, model[entity].name
        ))),
    }
}

fn rejects_path(args: &Args, folder: &Path, file: &Path) -> PathBuf {
    match &args.rejects {
        Some(path) => path.clone(),
        None => {
            let stem = args.map.clone().or_else(|| file.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
            folder.join("data").join("rejects").join(format!("{}.csv", stem.unwrap_or_else(|| "rejects".to_owned())))
        }
    }
}
