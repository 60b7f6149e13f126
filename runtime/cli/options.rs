//! What every command takes, and what it works with.

use std::path::{Path, PathBuf};

use super::exit::Failure;
use super::report::{Format, Report};

/// The database inside a workspace, where none is named.
pub const DEFAULT_DATABASE: &str = "sqlite:data/fichero.db";

/// Options of every command.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The workspace folder, instead of as the last argument
    #[arg(short = 'C', value_name = "DIR", global = true)]
    folder: Option<PathBuf>,
    /// `sqlite:PATH`, relative to the workspace, or `postgres://USER@HOST/DATABASE`
    #[arg(long, value_name = "URL", env = "FICHERO_DATABASE", hide_env_values = true, global = true)]
    database: Option<String>,
    /// How results and logs are written
    #[arg(long, value_enum, default_value_t = Format::Human, global = true)]
    format: Format,
    /// Tell only results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Log more; twice for even more
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
    /// Treat warnings as errors
    #[arg(long, value_name = "WHAT", value_enum, global = true)]
    deny: Option<Deny>,
}

/// What may be denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Deny {
    Warnings,
}

/// The workspace folder as the last argument.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Dir {
    /// The workspace folder [default: the current one]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Dir {
    /// The folder as the last argument, where a command takes its arguments apart by itself.
    pub fn of(dir: Option<PathBuf>) -> Self {
        Self { dir }
    }
}

/// What a command works with.
#[derive(Debug)]
pub struct Context {
    /// How to tell.
    pub report: Report,
    /// How much more to log.
    pub verbose: u8,
    /// Warnings are errors.
    pub deny_warnings: bool,
    folder: Option<PathBuf>,
    database: Option<String>,
}

impl Context {
    /// From the options.
    pub fn new(options: Options) -> Self {
        Self {
            report: Report { format: options.format, quiet: options.quiet },
            verbose: options.verbose,
            deny_warnings: options.deny == Some(Deny::Warnings),
            folder: options.folder,
            database: options.database.filter(|url| !url.is_empty()),
        }
    }

    /// The workspace folder; nothing where none is named.
    ///
    /// # Errors
    /// When it is named twice.
    pub fn named_folder<'a>(&'a self, dir: &'a Dir) -> Result<Option<&'a Path>, Failure> {
        match (&self.folder, &dir.dir) {
            (Some(_), Some(last)) => Err(Failure::usage(format!(
                "the workspace folder is named twice: by -C and as the last argument `{}`",
                last.display()
            ))),
            (Some(folder), None) | (None, Some(folder)) => Ok(Some(folder)),
            (None, None) => Ok(None),
        }
    }

    /// The workspace folder: the current one where none is named.
    ///
    /// # Errors
    /// When it is named twice, or is no folder.
    pub fn folder(&self, dir: &Dir) -> Result<PathBuf, Failure> {
        let folder = self.named_folder(dir)?.unwrap_or_else(|| Path::new("."));
        match folder.is_dir() {
            true => Ok(folder.to_owned()),
            false => Err(Failure::new(format!("there is no folder {}", folder.display()))
                .help(format!("`fichero new {}` makes a workspace there", folder.display()))),
        }
    }

    /// The same with another database.
    pub fn on(&self, database: &str) -> Self {
        let (folder, database) = (self.folder.clone(), Some(database.to_owned()));
        Self { report: self.report, verbose: self.verbose, deny_warnings: self.deny_warnings, folder, database }
    }

    /// The URL of the database as it was given.
    pub fn database(&self) -> &str {
        self.database.as_deref().unwrap_or(DEFAULT_DATABASE).trim()
    }

    /// The file of a SQLite database, a relative path taken from the workspace folder; nothing for another database, and
    /// for a URL that names no file.
    pub fn database_file(&self, folder: &Path) -> Option<PathBuf> {
        let path = self.database().strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        (!path.is_empty() && path != ":memory:" && !path.ends_with('/')).then(|| folder.join(path))
    }
}
