//! `fichero explain`: a merged definition with the origin of each key, or the page of a diagnostic code.

use std::path::PathBuf;

use fichero_definition::{Catalog, shape};
use fichero_model::code::Code;
use fichero_model::name::did_you_mean;
use serde_json::json;

use super::{Context, Dir, Exit, Failure, Outcome};
use crate::workspace;

/// The arguments of `fichero explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The kind of the definition, such as `entity`; or a code, such as F0403
    #[arg(value_name = "KIND|CODE")]
    what: String,
    /// The name of the definition
    name: Option<String>,
    /// The workspace folder [default: the current one]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Explains.
pub fn run(args: &Args, context: &Context) -> Outcome {
    if is_code(&args.what) {
        // A code needs no workspace, but one may be named, as for every command.
        if args.dir.is_some() {
            return Err(Failure::usage(format!("a code stands alone: `fichero explain {}`", args.what)));
        }
        return explain_code(&args.what, context);
    }
    let Some(name) = &args.name else {
        return Err(Failure::usage(format!("which {}? its name is missing", args.what))
            .help("Write `fichero explain entity user`, or a code: `fichero explain F0403`"));
    };
    let Some(kind) = shape::kind(&args.what) else {
        let kinds: Vec<&str> = shape::kinds().iter().map(|shape| shape.kind).collect();
        let failure = Failure::new(format!("`{}` is no kind of definition", args.what));
        return Err(match did_you_mean(&args.what, kinds.iter().copied()) {
            Some(nearest) => failure.help(format!("Did you mean `{nearest}`?")),
            None => failure.help(format!("The kinds are {}", kinds.join(", "))),
        });
    };
    let folder = context.folder(&Dir::of(args.dir.clone()))?;
    let (catalog, sources, findings) = workspace::catalog(&folder);
    match catalog.find(kind.kind, name) {
        Some(document) => {
            let text = fichero_definition::explain(document);
            context.report.answer(&text, || json!({"kind": kind.kind, "name": name, "text": text}));
            Ok(Exit::Done)
        }
        None => {
            // What is wrong with the files may be why the definition is not there.
            let errors: Vec<_> = findings.into_iter().filter(|finding| finding.is_error()).collect();
            context.report.findings(&errors, &sources);
            Err(missing(&catalog, kind.kind, name))
        }
    }
}

fn missing(catalog: &Catalog, kind: &str, name: &str) -> Failure {
    let names: Vec<&str> = catalog.of_kind(kind).map(|document| &*document.name).collect();
    let failure = Failure::new(format!("there is no {kind} `{name}`"));
    match did_you_mean(name, names.iter().copied()) {
        Some(nearest) => failure.help(format!("Did you mean `{nearest}`?")),
        None if names.is_empty() => failure.help(format!("The workspace has no definitions of the kind `{kind}`")),
        None => failure.help(format!("There are {}", names.join(", "))),
    }
}

fn explain_code(name: &str, context: &Context) -> Outcome {
    let Some(code) = Code::find(name) else {
        let codes: Vec<&str> = Code::all().iter().map(|code| code.name()).collect();
        let failure = Failure::new(format!("there is no code {name}"));
        return Err(match (codes.first(), codes.last()) {
            (Some(first), Some(last)) => failure.help(format!("Codes go from {first} to {last}, with gaps")),
            _ => failure,
        });
    };
    let human = format!("{}: {}\n\n{}", code.name(), code.title(), code.text());
    context.report.answer(&human, || json!({"code": code.name(), "title": code.title(), "text": code.text()}));
    Ok(Exit::Done)
}

/// Whether it is written as a code: a letter and four digits.
fn is_code(what: &str) -> bool {
    let digits = what.strip_prefix(['F', 'f']);
    digits.is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}
