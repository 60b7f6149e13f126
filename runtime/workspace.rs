//! The workspace folder: reading it, compiling it, and what is noted beside it.
//!
//! Compiling is the definition crate's; here is only where files come from (the folder and the [`Stock`] packs, or a
//! deployment kept in a database) and that both compile the same way.

mod kept;
pub mod parent;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fichero_definition::{Capabilities, Catalog, File, Sources, StockPacks as _};
use fichero_engine::deploy::{self, Definitions, Files};
use fichero_model::diagnostic::Diagnostic;

use crate::cli::{Context, Failure};
use crate::stock::Stock;

/// The files of a deployment, for whoever shows what stands in them.
pub fn of_deployment(files: &Files) -> Sources {
    Sources::from_files(kept::read(files)).0
}

/// Definition files as they were read and compiled.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The files, those of packs included.
    pub sources: Arc<Sources>,
    /// What they mean; nothing where something is wrong with them.
    pub definitions: Option<Definitions>,
    /// What is wrong or doubtful, errors and warnings.
    pub findings: Vec<Diagnostic>,
}

impl Workspace {
    /// Reads and compiles a folder.
    pub fn load(folder: &Path) -> Self {
        let (sources, findings) = Sources::load(folder, &Stock);
        Self::compile(sources, findings)
    }

    /// Compiles files that were read.
    fn compile(sources: Sources, mut findings: Vec<Diagnostic>) -> Self {
        let (model, told) = fichero_definition::compile(&sources, &Capabilities::of_this_release());
        findings.extend(told);
        let sound = !findings.iter().any(Diagnostic::is_error);
        let definitions = model.filter(|_| sound).map(|model| Definitions {
            model: Arc::new(model),
            files: Arc::new(kept::files(&sources)),
            hash: deploy::hexadecimal(&sources.hash()).into(),
        });
        Self { sources: Arc::new(sources), definitions, findings }
    }

    /// The definitions, after telling what was found.
    ///
    /// # Errors
    /// When there are errors, or warnings where these are denied. They were told.
    pub fn sound(&self, context: &Context) -> Result<Definitions, Failure> {
        context.report.findings(&self.findings, &*self.sources);
        match &self.definitions {
            Some(definitions) if !context.deny_warnings || self.findings.is_empty() => Ok(definitions.clone()),
            _ => Err(Failure::told()),
        }
    }

    /// The folders outside of the workspace that packs were read from.
    pub fn folders_beside(&self, folder: &Path) -> Vec<PathBuf> {
        let manifests = self.sources.files().iter().filter(|file| file.pack.is_some() && &*file.local == "pack.yaml");
        let paths = manifests.filter_map(|file| folder.join(&*file.path).parent().map(Path::to_owned));
        paths
            .filter(|path| path.is_dir() && path.strip_prefix(folder).is_ok_and(|inside| inside.starts_with("..")))
            .collect()
    }
}

/// The documents of a folder with overlays merged, whatever they mean.
pub fn catalog(folder: &Path) -> (Catalog, Sources, Vec<Diagnostic>) {
    let (sources, mut findings) = Sources::load(folder, &Stock);
    let (catalog, told) = fichero_definition::catalog(&sources);
    findings.extend(told);
    (catalog, sources, findings)
}

/// Compiles what a deployment kept.
#[derive(Clone, Copy, Debug)]
pub struct Compiler;

impl deploy::Compile for Compiler {
    fn compile(&self, files: &Files) -> deploy::Compiled {
        let (sources, findings) = Sources::from_files(kept::read(files));
        let Workspace { definitions, findings, .. } = Workspace::compile(sources, findings);
        deploy::Compiled { definitions, findings }
    }
}

/// Notes the version and hash of each pack of a workspace in its `workspace.lock`, and gives the path of that file.
///
/// # Errors
/// When it cannot be written.
pub fn lock(folder: &Path) -> Result<PathBuf, Failure> {
    let (sources, _) = Sources::load(folder, &Stock);
    write_lock(folder, &fichero_definition::lock(&sources))
}

/// Takes note of the packs that `workspace.lock` does not hold, as they were read. What it says of the others stays,
/// for only [`lock`] agrees to a change. Gives the path of the file where it was written.
///
/// # Errors
/// When it cannot be written.
pub fn complete_lock(folder: &Path, sources: &Sources) -> Result<Option<PathBuf>, Failure> {
    fichero_definition::completed(sources).map(|text| write_lock(folder, &text)).transpose()
}

fn write_lock(folder: &Path, text: &str) -> Result<PathBuf, Failure> {
    let path = folder.join("workspace.lock");
    fs::write(&path, text).map_err(|error| Failure::file("write", &path, &error))?;
    Ok(path)
}

/// A stock pack behind all those it requires.
pub fn with_required(pack: &str) -> Vec<String> {
    let names = Stock.names();
    let listed: Vec<String> = names.iter().map(|name| format!("{name}: stock")).collect();
    let mut files = vec![File::own("workspace.yaml", &format!("workspace: all\npacks: {{{}}}\n", listed.join(", ")))];
    for name in &names {
        for (local, bytes) in Stock.files(name).unwrap_or_default() {
            files.push(File::new(Some(name), &local, &format!("{name}/{local}"), &bytes));
        }
    }
    let (sources, _) = Sources::from_files(files);
    let layers = sources.layers();
    let wanted = layers.iter().position(|layer| layer.pack.as_deref() == Some(pack));
    let needed = layers
        .iter()
        .enumerate()
        .filter(|(index, _)| wanted.is_some_and(|wanted| wanted == *index || sources.requires(wanted, *index)));
    needed.filter_map(|(_, layer)| layer.pack.as_deref().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_comes_behind_those_it_requires() {
        assert_eq!(with_required("base"), ["base"]);
        assert_eq!(with_required("sales"), ["base", "sales"]);
        assert!(with_required("nothing").is_empty());
    }
}
