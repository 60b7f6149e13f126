//! Reads files from disk: the workspace's own, and those of packs in folders.
//!
//! Never reads outside the folder it was given: a symbolic link is followed only to a file inside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fichero_model::code;
use fichero_model::diagnostic::{Diagnostic, Severity};
use fichero_model::place::Place;

use super::packs::{self, From, Listed};
use super::{File, LARGEST, MOST_FILES, Sources, StockPacks, lock};

/// Reads a workspace folder and the packs it names.
pub(super) fn load(dir: &Path, stock: &dyn StockPacks) -> (Sources, Vec<Diagnostic>) {
    let mut reader = Reader {
        root: dir.to_path_buf(),
        real: PathBuf::new(),
        pack: None,
        shown: String::new(),
        files: Vec::new(),
        findings: Vec::new(),
    };
    match fs::canonicalize(dir) {
        Ok(real) => reader.real = real,
        Err(error) => {
            let diagnostic =
                nowhere(code::WORKSPACE, format!("the folder `{}` cannot be read: {error}", dir.display()));
            return (Sources::default(), vec![diagnostic]);
        }
    }
    reader.folder(dir, "", &["data", "packs"]);
    let Reader { mut files, mut findings, .. } = reader;
    for listed in packs::listed(&files).into_iter().filter(|listed| packs::may_be_named(&listed.name)) {
        match read_pack(dir, &listed, stock) {
            Ok((found, wrong)) => {
                files.extend(found);
                findings.extend(wrong);
            }
            Err(diagnostic) => findings.push(*diagnostic),
        }
    }
    if files.len() > MOST_FILES {
        findings.push(nowhere(
            code::TOO_MANY_FILES,
            format!("the workspace and its packs hold {} definition files, at most {MOST_FILES} are read", files.len()),
        ));
        files.truncate(MOST_FILES);
    }
    let (mut sources, wrong) = packs::assemble(files);
    // A pack that could not be read was told already, with what lies in the way.
    let told = |diagnostic: &Diagnostic| {
        diagnostic.code == code::PACK_MISSING
            && findings.iter().any(|known| known.code == code::PACK_MISSING && known.place == diagnostic.place)
    };
    let wrong: Vec<Diagnostic> = wrong.into_iter().filter(|diagnostic| !told(diagnostic)).collect();
    findings.extend(wrong);
    match lock::read(dir) {
        Ok(file) => sources.lock = file,
        Err(diagnostic) => findings.push(*diagnostic),
    }
    findings.extend(lock::verify(&sources));
    (sources, findings)
}

type Found = (Vec<File>, Vec<Diagnostic>);

fn read_pack(dir: &Path, listed: &Listed, stock: &dyn StockPacks) -> Result<Found, Box<Diagnostic>> {
    let name = &*listed.name;
    match &listed.from {
        From::Stock => {
            let Some(files) = stock.files(name) else {
                let names = stock.names();
                let nearest = fichero_model::name::did_you_mean(name, names.iter().map(String::as_str));
                let help = match nearest {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None if names.is_empty() => {
                        format!("name the folder of the pack: `{name}: {{path: ../packs/{name}}}`")
                    }
                    None => format!(
                        "the packs that come with the program are {}; a pack of your own is named by its folder: `{{path: ../packs/{name}}}`",
                        names.join(", ")
                    ),
                };
                let message = format!("no pack `{name}` comes with the program");
                return Err(Box::new(Diagnostic::error(code::PACK_MISSING, &listed.place, message).help(help)));
            };
            let files = files
                .into_iter()
                .map(|(local, bytes)| File::new(Some(name), &local, &format!("{name}/{local}"), &bytes))
                .collect();
            Ok((files, Vec::new()))
        }
        From::Installed => read_folder(&dir.join("packs").join(name), &format!("packs/{name}"), listed),
        From::Path(path) => read_folder(&dir.join(path), path.trim_end_matches('/'), listed),
    }
}

fn read_folder(root: &Path, shown: &str, listed: &Listed) -> Result<Found, Box<Diagnostic>> {
    let real = fs::canonicalize(root).map_err(|error| {
        let help = match &listed.from {
            From::Path(_) => "the path is relative to the folder of the workspace".to_owned(),
            From::Stock | From::Installed => {
                format!("install it with `fichero pack install`, so that it lies in `packs/{}`", listed.name)
            }
        };
        let message = match error.kind() {
            std::io::ErrorKind::NotFound => {
                format!("the pack `{}` is not there: there is no folder `{shown}`", listed.name)
            }
            _ => format!("the folder `{shown}` of the pack `{}` cannot be read: {error}", listed.name),
        };
        Box::new(Diagnostic::error(code::PACK_MISSING, &listed.place, message).help(help))
    })?;
    let mut reader = Reader {
        root: root.to_path_buf(),
        real,
        pack: Some(Arc::clone(&listed.name)),
        shown: format!("{shown}/"),
        files: Vec::new(),
        findings: Vec::new(),
    };
    reader.folder(root, "", &[]);
    Ok((reader.files, reader.findings))
}

struct Reader {
    root: PathBuf,
    real: PathBuf,
    pack: Option<Arc<str>>,
    /// What is put before the paths that authors see.
    shown: String,
    files: Vec<File>,
    findings: Vec<Diagnostic>,
}

/// Folders nest at most so deep; deeper ones are some other program's.
const DEEPEST_FOLDER: usize = 16;

impl Reader {
    /// Reads a folder and those beneath it, by name, but for hidden ones and those in `without`.
    fn folder(&mut self, folder: &Path, local: &str, without: &[&str]) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.unreadable(local, &format!("the folder cannot be read: {error}")),
        };
        let mut names: Vec<String> =
            entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
        names.sort_unstable();
        for name in names {
            if name.starts_with('.') || without.contains(&&*name) || self.files.len() > MOST_FILES {
                continue;
            }
            let path = folder.join(&name);
            let local = if local.is_empty() { name } else { format!("{local}/{name}") };
            self.entry(&path, &local);
        }
    }

    fn entry(&mut self, path: &Path, local: &str) {
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => return self.unreadable(local, &format!("the file cannot be read: {error}")),
        };
        if metadata.is_dir() {
            if local.matches('/').count() < DEEPEST_FOLDER {
                self.folder(path, local, &[]);
            }
            return;
        }
        if !is_definition(local) {
            if local.ends_with(".yml") {
                let place = Place::start_of(&Arc::from(format!("{}{local}", self.shown)));
                let diagnostic =
                    Diagnostic::warning(code::FILE_PASSED_OVER, &place, "a file that ends in `.yml` is not read")
                        .help("rename it so that it ends in `.yaml`");
                self.findings.push(diagnostic);
            }
            return;
        }
        if metadata.is_symlink() && !fs::canonicalize(path).is_ok_and(|real| real.starts_with(&self.real)) {
            return self.unreadable(local, "the symbolic link leads out of the folder, or nowhere");
        }
        self.read(path, local);
    }

    fn read(&mut self, path: &Path, local: &str) {
        // The size and kind are those of a link's target.
        let length = match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => metadata.len(),
            Ok(metadata) if metadata.is_dir() => return,
            Ok(_) => return self.unreadable(local, "it is not a regular file"),
            Err(error) => return self.unreadable(local, &format!("the file cannot be read: {error}")),
        };
        if length > LARGEST as u64 {
            let place = Place::start_of(&Arc::from(format!("{}{local}", self.shown)));
            let diagnostic = Diagnostic::error(
                code::FILE_TOO_LARGE,
                &place,
                format!("the file has {length} bytes, at most {LARGEST} (1 MiB) are read"),
            )
            .help("split it by topic, or keep it in `data/` if it is no definition");
            self.findings.push(diagnostic);
            return;
        }
        match fs::read(path) {
            Ok(bytes) => {
                self.files.push(File::new(self.pack.as_deref(), local, &format!("{}{local}", self.shown), &bytes))
            }
            Err(error) => self.unreadable(local, &format!("the file cannot be read: {error}")),
        }
    }

    fn unreadable(&mut self, local: &str, why: &str) {
        let place = (!local.is_empty()).then(|| Place::start_of(&Arc::from(format!("{}{local}", self.shown))));
        let message = if local.is_empty() { format!("`{}`: {why}", self.root.display()) } else { why.to_owned() };
        self.findings.push(Diagnostic { place, ..nowhere(code::FILE_UNREADABLE, message) });
    }
}

/// True for the files that are read: definitions and scripts.
fn is_definition(local: &str) -> bool {
    local.ends_with(".yaml") || local.ends_with(".rhai")
}

/// An error that concerns no place in a file.
pub(super) fn nowhere(code: code::Code, message: String) -> Diagnostic {
    Diagnostic { code, severity: Severity::Error, message, place: None, labels: Vec::new(), help: None, mended: None }
}
