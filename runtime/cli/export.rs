//! `fichero export`: writes a list of records to a file.
//!
//! A file is written beside its place and moved there when it is whole, so that one that failed leaves nothing behind and
//! an older one as it was. What is no file (standard output, a pipe) gets its pieces as they come.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use fichero_engine::export::{self, Format, Question};
use fichero_engine::read::list::ListRequest;
use fichero_engine::{Actor, Via};
use indicatif::ProgressBar;
use serde_json::json;
use tempfile::NamedTempFile;

use super::node::{Node, refused};
use super::{Context, Dir, Exit, Failure, Outcome, counted, entity_named, runtime};

/// What stands for standard output.
const STDOUT: &str = "-";

/// The arguments of `fichero export`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The entity whose records are written
    entity: String,
    /// The file: NAME.csv, NAME.jsonl or NAME.xlsx; `-` is standard output
    file: PathBuf,
    /// The workspace folder [default: the current one]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Only the records for which this expression holds
    #[arg(long, value_name = "EXPRESSION")]
    r#where: Option<String>,
    /// The order: fields or paths with commas between, `-` before one that sorts from the greatest down
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', allow_hyphen_values = true)]
    sort: Vec<String>,
    /// The columns: fields, or paths such as account.name, with commas between [default: what was given to the records; in
    /// JSON lines all that the API shows]
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    fields: Vec<String>,
    /// How the file is written [default: by the ending of its name; csv on standard output]
    #[arg(long = "as", value_name = "FORMAT", value_enum)]
    form: Option<Form>,
    /// The sign between the cells of CSV: `,`, `;`, `|` or `tab`
    #[arg(long, value_name = "SIGN", value_parser = delimiter, default_value = ",")]
    delimiter: u8,
    /// Begin CSV with a byte order mark, by which some spreadsheets tell UTF-8
    #[arg(long)]
    bom: bool,
}

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Csv,
    Jsonl,
    Xlsx,
}

impl Args {
    fn format(&self) -> Result<Format, Failure> {
        let form = match self.form {
            Some(form) => form,
            None if self.is_stdout() => Form::Csv,
            None => self.form_of_name()?,
        };
        Ok(match form {
            Form::Csv => Format::Csv { delimiter: self.delimiter, bom: self.bom },
            Form::Jsonl => Format::JsonLines,
            Form::Xlsx => Format::Xlsx,
        })
    }

    fn form_of_name(&self) -> Result<Form, Failure> {
        let ending = self.file.extension().map(|ending| ending.to_ascii_lowercase());
        match ending.as_ref().and_then(|ending| ending.to_str()) {
            Some("csv") => Ok(Form::Csv),
            Some("jsonl" | "ndjson") => Ok(Form::Jsonl),
            Some("xlsx") => Ok(Form::Xlsx),
            _ => Err(Failure::usage(format!("the name of {} does not say how it is written", self.file.display()))
                .help("End it with .csv, .jsonl or .xlsx, or say so with --as")),
        }
    }

    fn is_stdout(&self) -> bool {
        self.file.as_os_str() == STDOUT
    }
}

fn delimiter(sign: &str) -> Result<u8, String> {
    match sign {
        "," => Ok(b','),
        ";" => Ok(b';'),
        "|" => Ok(b'|'),
        "tab" | "\t" => Ok(b'\t'),
        _ => Err("an import tells `,`, `;`, `|` and `tab` apart".to_owned()),
    }
}

/// Writes the file.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let format = args.format()?;
    let folder = context.folder(&Dir::of(args.dir.clone()))?;
    let mut out = Out::open(args)?;
    let node = Node::open(context, &folder)?;
    let engine = node.engine_in_force(context)?;
    let live = engine.live();
    let entity = entity_named(&live.model, &args.entity)?;
    let request = ListRequest { filter: args.r#where.clone(), sort: args.sort.clone(), ..ListRequest::default() };
    let question =
        Question::read(&live.model, entity, &request, args.fields.clone()).map_err(|refusal| refused(&refusal))?;
    let export = engine.export(&Actor::system(Via::Command), entity, question, format);
    let mut export = export.map_err(|refusal| refused(&refusal))?;
    let progress = context.report.rows("records");
    let written = runtime()?.block_on(write(&mut export, &mut out, &progress));
    progress.finish_and_clear();
    node.db.close();
    match written.and_then(|()| out.finish()) {
        Ok(()) => told(args, context, export.rows()),
        // Who read has seen enough.
        Err(Ended::Unwritable(error)) if args.is_stdout() && error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Done),
        Err(Ended::Unwritable(error)) => Err(Failure::file("write", &args.file, &error)),
        Err(Ended::Export(export::Error::Refused(refusal))) => Err(refused(&refusal)),
        Err(Ended::Export(error)) => Err(Failure::new(error.to_string())),
    }
}

/// Why a file was not written.
enum Ended {
    Export(export::Error),
    Unwritable(io::Error),
}

async fn write(export: &mut export::Export, out: &mut Out, progress: &ProgressBar) -> Result<(), Ended> {
    if !progress.is_hidden() {
        let count = export.count().await.map_err(|refusal| Ended::Export(refusal.into()))?;
        progress.set_length(count);
    }
    while let Some(piece) = export.next().await.map_err(Ended::Export)? {
        out.write_all(&piece).map_err(Ended::Unwritable)?;
        progress.set_position(export.rows());
        progress.set_message(format!("{} records", export.rows()));
    }
    Ok(())
}

fn told(args: &Args, context: &Context, rows: u64) -> Outcome {
    let records = counted(usize::try_from(rows).unwrap_or(usize::MAX), "record");
    if args.is_stdout() {
        context.report.note(&format!("{records} written"));
    } else {
        let human = format!("{records} written to {}", args.file.display());
        context.report.summary(&human, || json!({"records": rows, "file": args.file}));
    }
    Ok(Exit::Done)
}

/// Where the pieces go.
enum Out {
    /// To a place where they cannot be taken back.
    Straight(Box<dyn Write>),
    /// To a file that is moved to its place when it is whole.
    Beside(BufWriter<NamedTempFile>, PathBuf),
}

impl Out {
    fn open(args: &Args) -> Result<Self, Failure> {
        let file = &args.file;
        if args.is_stdout() {
            return Ok(Out::Straight(Box::new(BufWriter::new(io::stdout()))));
        }
        let unwritable = |error: io::Error| Failure::file("write", file, &error);
        match std::fs::metadata(file) {
            Ok(there) if there.is_dir() => Err(Failure::new(format!("{} is a folder", file.display()))),
            Ok(there) if !there.is_file() => {
                let opened = File::options().write(true).open(file).map_err(unwritable)?;
                Ok(Out::Straight(Box::new(BufWriter::new(opened))))
            }
            _ => {
                // Behind a link lies the place that is meant.
                let place = std::fs::canonicalize(file).unwrap_or_else(|_| file.clone());
                Ok(Out::Beside(BufWriter::new(beside(&place).map_err(unwritable)?), place))
            }
        }
    }

    fn finish(self) -> Result<(), Ended> {
        match self {
            Out::Straight(mut out) => out.flush().map_err(Ended::Unwritable),
            Out::Beside(out, place) => {
                let file = out.into_inner().map_err(|error| Ended::Unwritable(error.into_error()))?;
                file.persist(place).map(drop).map_err(|error| Ended::Unwritable(error.error))
            }
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Out::Straight(out) => out.write(bytes),
            Out::Beside(out, _) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Out::Straight(out) => out.flush(),
            Out::Beside(out, _) => out.flush(),
        }
    }
}

/// A file in the same folder, which others may read as they may read what this program writes elsewhere.
fn beside(place: &Path) -> io::Result<NamedTempFile> {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".fichero-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}
