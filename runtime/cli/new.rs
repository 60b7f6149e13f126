//! `fichero new`: writes a small workspace whose comments teach the language.

use std::fs;
use std::path::{Path, PathBuf};

use fichero_definition::StockPacks as _;
use fichero_model::name;
use serde_json::json;

use super::{Context, Dir, Exit, Failure, Outcome};
use crate::stock::Stock;
use crate::workspace;

/// The arguments of `fichero new`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    dir: Dir,
    /// The stock packs it uses, with commas between; those they need are added [default: base]
    #[arg(long, value_name = "PACKS", value_delimiter = ',', default_value = "base", hide_default_value = true)]
    packs: Vec<String>,
}

/// Writes the workspace.
pub fn run(args: &Args, context: &Context) -> Outcome {
    let folder = context.named_folder(&args.dir)?.ok_or_else(|| {
        Failure::usage("the folder of the new workspace is missing")
            .help("`fichero new acme` writes one to the folder acme")
    })?;
    let packs = with_required(&args.packs)?;
    let title = title_of(folder);
    let files = [
        ("workspace.yaml", workspace_file(folder, &title, "UTC", &packs)),
        ("vehicle.yaml", include_str!("new/vehicle.yaml").to_owned()),
        ("staff.yaml", include_str!("new/staff.yaml").to_owned()),
        ("tests/vehicle.yaml", include_str!("new/vehicle_test.yaml").to_owned()),
        (".gitignore", include_str!("new/gitignore").to_owned()),
    ];
    write(folder, &files)?;
    workspace::lock(folder)?;
    let shown = shell_word(&folder.display().to_string());
    let human = format!(
        "{shown} is ready; begin with {shown}/workspace.yaml and {shown}/vehicle.yaml\n  fichero check {shown}   checks the definitions\n  fichero test {shown}    runs their tests\n  fichero serve {shown}   serves them"
    );
    let written: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
    context.report.summary(&human, || json!({"folder": folder, "files": written, "packs": packs}));
    Ok(Exit::Done)
}

/// A path as one word of a shell.
fn shell_word(path: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '/' | '.' | '_' | '-' | '~');
    if path.chars().all(is_plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', "'\\''")) }
}

/// The text of a `workspace.yaml`.
fn workspace_file(folder: &Path, title: &str, zone: &str, packs: &[String]) -> String {
    let name = name::mended(title).unwrap_or_else(|| name_of(folder));
    include_str!("new/workspace.yaml")
        .replace("{{name}}", &name)
        .replace("{{title}}", &quoted(title))
        .replace("{{zone}}", zone)
        .replace("{{packs}}", &listed(packs))
}

/// Stock packs as a `workspace.yaml` lists them.
pub fn listed(packs: &[String]) -> String {
    let listed: Vec<String> = packs.iter().map(|pack| format!("{pack}: stock")).collect();
    format!("{{{}}}", listed.join(", "))
}

/// Writes files into a folder that has none of them.
///
/// # Errors
/// When one of them is there already; nothing is written then.
pub fn write(folder: &Path, files: &[(&str, String)]) -> Result<(), Failure> {
    if let Some((path, _)) = files.iter().find(|(path, _)| folder.join(path).symlink_metadata().is_ok()) {
        return Err(Failure::new(format!("{} is there already; nothing was written", folder.join(path).display()))
            .help("Name a folder that does not exist yet, or an empty one"));
    }
    for (path, text) in files {
        let file = folder.join(path);
        let parent = file.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| Failure::file("make the folder", parent, &error))?;
        fs::write(&file, text).map_err(|error| Failure::file("write", &file, &error))?;
    }
    Ok(())
}

/// The stock packs that were asked for, each behind those it requires.
fn with_required(wanted: &[String]) -> Result<Vec<String>, Failure> {
    let known = Stock.names();
    let mut packs = Vec::new();
    for pack in wanted.iter().map(|pack| pack.trim()).filter(|pack| !pack.is_empty()) {
        if !known.iter().any(|name| name == pack) {
            let nearest = name::did_you_mean(pack, known.iter().map(String::as_str));
            let help = match nearest {
                Some(nearest) => format!("Did you mean `{nearest}`?"),
                None => format!("The packs that come with the program are {}", known.join(", ")),
            };
            return Err(Failure::new(format!("no pack `{pack}` comes with the program")).help(help));
        }
        for name in workspace::with_required(pack) {
            if !packs.contains(&name) {
                packs.push(name);
            }
        }
    }
    Ok(packs)
}

/// What people call a workspace in this folder.
fn title_of(folder: &Path) -> String {
    let whole = fs::canonicalize(folder).unwrap_or_else(|_| PathBuf::from(folder));
    let last = whole.file_name().map(|name| name.to_string_lossy().replace(['_', '-'], " "));
    let title = last
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "Workspace".to_owned());
    let mut letters = title.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or(title)
}

/// The name of a workspace whose title makes none.
fn name_of(folder: &Path) -> String {
    let last = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name::mended(&last).unwrap_or_else(|| "workspace_1".to_owned())
}

/// A text as YAML that no reader takes for something else.
fn quoted(text: &str) -> String {
    let plain =
        !text.is_empty() && text.chars().all(|letter| letter.is_alphabetic() || letter == ' ') && text.len() > 5;
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_written_as_text() {
        assert_eq!(quoted("Acme Iberia"), "Acme Iberia");
        assert_eq!(quoted("No"), "\"No\"");
        assert_eq!(quoted("a \"b\" \\ c: d"), "\"a \\\"b\\\" \\\\ c: d\"");
    }

    #[test]
    fn a_workspace_is_named_after_its_folder() {
        assert_eq!(title_of(Path::new("/nowhere/acme-iberia")), "Acme iberia");
        let text = workspace_file(Path::new("/nowhere/acme-iberia"), "Acme iberia", "UTC", &["base".to_owned()]);
        assert!(text.contains("\nworkspace: acme_iberia\n"), "{text}");
        assert!(text.contains("\npacks: {base: stock}\n"), "{text}");
        let text = workspace_file(Path::new("/nowhere/Сделки"), "Сделки", "UTC", &[]);
        assert!(text.contains("\nworkspace: workspace_1\n"), "{text}");
    }
}
