//! The files that definitions come from, and what has become of the names their authors wrote.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use fichero_model::diagnostic::Texts;
use fichero_model::place::Place;

use crate::catalog::{Catalog, Renames};
use crate::node::{Node, NodeValue};
use crate::source::Sources;

/// The files, with the renames of packs that are loaded with a prefix.
pub(super) struct Files<'s> {
    sources: &'s Sources,
    catalog: &'s Catalog,
    prefixed: HashMap<Arc<str>, Prefixed<'s>>,
}

/// What a prefix has made of the names in a file.
struct Prefixed<'s> {
    renames: &'s Renames,
    /// The scripts of the pack, by the name its author calls them.
    scripts: HashMap<Arc<str>, Arc<str>>,
}

/// A replaced part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// Where it begins in the new text, in bytes.
    at: usize,
    /// How many bytes longer the new text has become by it.
    longer: usize,
}

impl<'s> Files<'s> {
    /// The files of all layers.
    pub fn new(sources: &'s Sources, catalog: &'s Catalog) -> Self {
        let mut prefixed = HashMap::new();
        for (file, layer) in sources.files_with_layers() {
            let Some(found) = sources.layers().get(layer).filter(|found| !found.prefix.is_empty()) else { continue };
            let Some(renames) = catalog.renames(layer) else { continue };
            let own = sources.files_with_layers().filter(|(_, other)| *other == layer);
            let scripts = own
                .filter_map(|(file, _)| script_name(&file.local))
                .map(|name| (Arc::from(name), Arc::from(format!("{}{name}", found.prefix))));
            prefixed.insert(Arc::clone(&file.path), Prefixed { renames, scripts: scripts.collect() });
        }
        Self { sources, catalog, prefixed }
    }

    /// Where an overlay removed a field of an entity.
    pub fn removed(&self, entity: &str, field: &str) -> Option<&'s Place> {
        self.catalog.removed("entity", entity, &["fields", field])
    }

    /// What a definition is called now that an author of `file` calls `name`.
    pub fn current<'n>(&'n self, file: &str, kind: &'static str, name: &'n str) -> &'n str {
        let found = self.prefixed.get(file).and_then(|prefixed| prefixed.renames.get(&(kind, Arc::from(name))));
        found.map_or(name, |renamed| &**renamed)
    }

    /// A path of this application as an author of `file` writes it, with the current names of the entity, the view or the
    /// settings that it leads to.
    pub fn current_path<'p>(&self, file: &str, path: &'p str) -> Cow<'p, str> {
        let Some(behind) = path.strip_prefix('/').filter(|_| self.prefixed.contains_key(file)) else {
            return Cow::Borrowed(path);
        };
        let end = behind.find(['?', '#']).unwrap_or(behind.len());
        let (steps, rest) = behind.split_at(end);
        let mut steps: Vec<&str> = steps.split('/').collect();
        match &mut *steps {
            ["admin", "settings", settings, ..] => *settings = self.current(file, "settings", settings),
            [entity, ..] => *entity = self.current(file, "entity", entity),
            [] => {}
        }
        let (query, fragment) = rest.split_at(rest.find('#').unwrap_or(rest.len()));
        let part = |part: &str| match part.split_once('=') {
            Some((name @ ("view" | "?view"), view)) => format!("{name}={}", self.current(file, "view", view)),
            _ => part.to_owned(),
        };
        let query: Vec<String> = query.split('&').map(part).collect();
        Cow::Owned(format!("/{}{}{fragment}", steps.join("/"), query.join("&")))
    }

    /// A value that is a path, or an expression that makes one, with current names in the texts that begin with `/`.
    pub fn with_current_paths(&self, node: &Node) -> Node {
        let mut node = node.clone();
        let file = Arc::clone(&node.place.file);
        if let NodeValue::Scalar(scalar) = &mut node.value
            && self.prefixed.contains_key(&file)
        {
            scalar.text = match scalar.text.starts_with('=') {
                // Every second piece stands in quotes.
                true => {
                    let pieces = scalar.text.split('"').enumerate().map(|(index, piece)| match index % 2 {
                        0 => Cow::Borrowed(piece),
                        _ => self.current_path(&file, piece),
                    });
                    pieces.collect::<Vec<_>>().join("\"").into()
                }
                false => self.current_path(&file, &scalar.text).into(),
            };
        }
        node
    }

    /// An expression of `file` with the current names of settings and scripts, and where they were put.
    pub fn with_current_names<'e>(&self, file: &str, expression: &'e str) -> (Cow<'e, str>, Vec<Edit>) {
        let Some(prefixed) = self.prefixed.get(file) else { return (Cow::Borrowed(expression), Vec::new()) };
        let mut text = String::with_capacity(expression.len());
        let mut edits = Vec::new();
        let mut rest = expression;
        while let Some((before, word, behind)) = next_word(rest) {
            text.push_str(before);
            let is_settings =
                text.trim_end().strip_suffix('.').is_some_and(|text| text.trim_end().ends_with("settings"));
            let renamed = if is_settings {
                prefixed.renames.get(&("settings", Arc::from(word)))
            } else if behind.trim_start().starts_with("::") {
                prefixed.scripts.get(word)
            } else {
                None
            };
            let new = renamed.map_or(word, |renamed| &**renamed);
            text.push_str(new);
            if new.len() > word.len() {
                edits.push(Edit { at: text.len(), longer: new.len() - word.len() });
            }
            rest = behind;
        }
        text.push_str(rest);
        (Cow::Owned(text), edits)
    }
}

impl Texts for Files<'_> {
    fn text(&self, file: &str) -> Option<Arc<str>> {
        self.sources.text(file)
    }
}

/// Where an offset in a text with current names lies in the text as it was written.
pub(super) fn before_edits(offset: usize, edits: &[Edit]) -> usize {
    let longer: usize = edits.iter().filter(|edit| edit.at <= offset).map(|edit| edit.longer).sum();
    offset.saturating_sub(longer)
}

/// The name by which expressions call a script file, if it is one.
pub(super) fn script_name(local: &str) -> Option<&str> {
    let name = local.strip_suffix(".rhai")?;
    Some(name.rsplit('/').next().unwrap_or(name))
}

/// The next name outside of text in quotes, with what is before and behind it.
fn next_word(text: &str) -> Option<(&str, &str, &str)> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut quoted = false;
    let mut escaped = false;
    let start = text.char_indices().find(|(_, letter)| {
        let found = !quoted && is_letter(*letter);
        if !escaped && *letter == '"' {
            quoted = !quoted;
        }
        escaped = quoted && !escaped && *letter == '\\';
        found
    });
    let start = start?.0;
    let (before, behind) = text.split_at_checked(start)?;
    let end = behind.find(|letter| !is_letter(letter)).unwrap_or(behind.len());
    let (word, behind) = behind.split_at_checked(end)?;
    Some((before, word, behind))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn settings_and_scripts_of_a_prefixed_pack_are_renamed() {
        let renames: Renames = [(("settings", Arc::from("visits")), Arc::from("clinic_visits"))].into_iter().collect();
        let scripts = [(Arc::from("fees"), Arc::from("clinic_fees"))].into_iter().collect();
        let (sources, catalog) = (Sources::default(), Catalog::default());
        let files = Files {
            sources: &sources,
            catalog: &catalog,
            prefixed: [(Arc::from("a.yaml"), Prefixed { renames: &renames, scripts })].into_iter().collect(),
        };
        let written = r#"settings.visits.max > visits and fees::of("fees::of", x) > 1"#;
        let (text, edits) = files.with_current_names("a.yaml", written);
        assert_eq!(text, r#"settings.clinic_visits.max > visits and clinic_fees::of("fees::of", x) > 1"#);
        for word in ["max", " visits and", "x)", "> 1"] {
            assert_eq!(before_edits(text.find(word).unwrap(), &edits), written.find(word).unwrap(), "{word}");
        }
        assert_eq!(files.with_current_names("b.yaml", written).0, written);
    }

    #[test]
    fn paths_of_a_prefixed_pack_lead_to_what_it_declares() {
        let own = [("entity", "visit"), ("view", "long"), ("settings", "visit")];
        let renames: Renames =
            own.into_iter().map(|(kind, name)| ((kind, Arc::from(name)), Arc::from(format!("cl_{name}")))).collect();
        let (sources, catalog) = (Sources::default(), Catalog::default());
        let files = Files {
            sources: &sources,
            catalog: &catalog,
            prefixed: [(Arc::from("a.yaml"), Prefixed { renames: &renames, scripts: HashMap::new() })].into(),
        };
        for (written, meant) in [
            ("/visit", "/cl_visit"),
            ("/visit/visit?limit=5&view=long#visit", "/cl_visit/visit?limit=5&view=cl_long#visit"),
            ("/visit?view=other", "/cl_visit?view=other"),
            ("/visits?view=long", "/visits?view=cl_long"),
            ("/admin/settings/visit", "/admin/settings/cl_visit"),
            ("/", "/"),
            ("https://example.org/visit", "https://example.org/visit"),
        ] {
            assert_eq!(files.current_path("a.yaml", written), meant);
            assert_eq!(files.current_path("b.yaml", written), written);
        }
        let place = Place::start_of(&Arc::from("a.yaml"));
        let formula = files.with_current_paths(&Node::word(&place, r#"="/visit/" + visit.id + "/edit""#));
        assert_eq!(formula.as_text().map(|text| &**text), Some(r#"="/cl_visit/" + visit.id + "/edit""#));
    }
}
