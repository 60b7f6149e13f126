//! `fichero schema`: JSON Schemas of all documents, for editors.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::{Context, Dir, Exit, Failure, Outcome, counted};

/// The arguments of `fichero schema`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    dir: Dir,
    /// Write one file per kind into this folder, instead of all to standard output
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints or writes the schemas. They are the same for every workspace.
pub fn run(args: &Args, context: &Context) -> Outcome {
    // The folder plays no part, but is taken as everywhere else.
    context.named_folder(&args.dir)?;
    let schemas = fichero_definition::schema::all();
    let Some(out) = &args.out else {
        let all: serde_json::Map<String, Json> = schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
        let all = Json::Object(all);
        context.report.answer(&pretty(&all), || all.clone());
        return Ok(Exit::Done);
    };
    fs::create_dir_all(out).map_err(|error| Failure::file("make the folder", out, &error))?;
    let mut written = Vec::new();
    for (name, schema) in schemas {
        let path = out.join(format!("{name}.json"));
        fs::write(&path, pretty(&schema) + "\n").map_err(|error| Failure::file("write", &path, &error))?;
        written.push(path);
    }
    let human = format!("{} in {}", counted(written.len(), "schema"), out.display());
    context.report.summary(&human, || json!({"written": written}));
    Ok(Exit::Done)
}

fn pretty(json: &Json) -> String {
    format!("{json:#}")
}
