//! `fichero schema`: JSON Schemas of all documents, for editors.

use std::fs;
use std::path::PathBuf;

use fichero_definition::schema;
use serde_json::json;

use super::{Context, Dir, Exit, Failure, Outcome, counted};

/// The arguments of `fichero schema`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    dir: Dir,
    /// Write a file for each kind of document, and one for all of them, into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints the schema of all documents, or writes those of each kind too. They are the same for every workspace.
pub fn run(args: &Args, context: &Context) -> Outcome {
    // The folder plays no part, but is taken as everywhere else.
    context.named_folder(&args.dir)?;
    let Some(out) = &args.out else {
        let any = schema::of_any();
        context.report.answer(&format!("{any:#}"), || any.clone());
        return Ok(Exit::Done);
    };
    fs::create_dir_all(out).map_err(|error| Failure::file("make the folder", out, &error))?;
    let mut written = Vec::new();
    for schema in schema::all() {
        let path = out.join(&schema.file);
        fs::write(&path, format!("{:#}\n", schema.json)).map_err(|error| Failure::file("write", &path, &error))?;
        written.push(path);
    }
    let human = format!("{} in {}", counted(written.len(), "schema"), out.display());
    context.report.summary(&human, || json!({"written": written}));
    Ok(Exit::Done)
}
