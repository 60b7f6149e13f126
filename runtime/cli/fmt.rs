//! `fichero fmt`: puts the workspace's own definition files into canonical form.

use std::fs;
use std::path::Path;

use fichero_definition::{File, Sources, format};
use serde_json::json;

use super::{Context, Dir, Exit, Failure, Outcome, counted};
use crate::stock::Stock;

/// The arguments of `fichero fmt`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    dir: Dir,
    /// Write nothing; fail when a file is not in canonical form
    #[arg(long)]
    check: bool,
}

/// Formats the files. One that cannot be read keeps the others from nothing.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let folder = context.folder(&args.dir)?;
    let (sources, _) = Sources::load(&folder, &Stock);
    let own = sources.files().iter().filter(|file| file.pack.is_none() && file.is_yaml());
    let (mut files, mut changed, mut unreadable) = (0, Vec::new(), false);
    for file in own {
        files += 1;
        let Some(text) = file.text() else {
            unreadable = true;
            let finding = fichero_definition::yaml::not_utf8(&file.path, file.bytes());
            context.report.findings(finding.as_slice(), &sources);
            continue;
        };
        match format::format(&file.path, text) {
            Ok(formatted) if formatted == **text => {}
            Ok(formatted) => {
                if !args.check {
                    write(&folder, file, &formatted)?;
                }
                changed.push(file.local.to_string());
            }
            Err(findings) => {
                unreadable = true;
                context.report.findings(&findings, &sources);
            }
        }
    }
    let verb = if args.check { "not in canonical form" } else { "changed" };
    let mut human: String = changed.iter().map(|path| format!("{path}\n")).collect();
    human.push_str(&format!("{}, {} {verb}", counted(files, "file"), changed.len()));
    context.report.summary(&human, || json!({"files": files, "changed": changed}));
    Ok(if unreadable || args.check && !changed.is_empty() { Exit::Failed } else { Exit::Done })
}

/// Writes beside the file and moves it into place, so that a crash leaves the old text or the new.
fn write(folder: &Path, file: &File, text: &str) -> Result<(), Failure> {
    let path = folder.join(&*file.local);
    // A link stays a link: what it leads to is written.
    let path = fs::canonicalize(&path).map_err(|error| Failure::file("write", &path, &error))?;
    let beside = path.with_extension(format!("yaml.{}", std::process::id()));
    let permissions = fs::metadata(&path).map(|metadata| metadata.permissions());
    fs::write(&beside, text)
        .and_then(|()| fs::set_permissions(&beside, permissions?))
        .and_then(|()| fs::rename(&beside, &path))
        .map_err(|error| Failure::file("write", &path, &error))
}
