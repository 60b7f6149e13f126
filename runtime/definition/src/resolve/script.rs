//! Script files: compiled under the names by which expressions call them.

use std::collections::HashMap;

use fichero_model::code;
use fichero_model::diagnostic::Diagnostic;
use fichero_model::place::Place;
use fichero_model::script::Scripts;

use super::files;
use super::findings::Findings;
use crate::source::Sources;

/// The script files of all layers, by the names that expressions call them.
pub(super) fn all(sources: &Sources, findings: &mut Findings<'_>) -> Scripts {
    let mut scripts = Scripts::default();
    let mut named: HashMap<String, Place> = HashMap::new();
    for (file, layer) in sources.files_with_layers() {
        let (Some(name), Some(text)) = (files::script_name(&file.local), file.text()) else { continue };
        let prefix = sources.layers().get(layer).map_or("", |layer| &layer.prefix);
        let name = format!("{prefix}{name}");
        let place = Place::start_of(&file.path);
        if let Some(other) = named.get(&name) {
            let message = format!("two script files are called `{name}`, and expressions call them by that name");
            findings.push(
                Diagnostic::error(code::DUPLICATE_NAME, &place, message)
                    .label(other, "the other one")
                    .help("rename one, or give the pack a `prefix`"),
            );
            continue;
        }
        scripts.add(&name, text, &place).into_iter().for_each(|diagnostic| findings.push(diagnostic));
        named.insert(name, place);
    }
    scripts
}
