//! The words of the chrome: one flat catalogue per language, read once from the embedded YAML.
//!
//! An entry is a text, or a map of plural forms chosen by the value `n`. A text may name values as `{name}`. All three
//! catalogues hold the same keys with the same values; a test sees to it, and to every key a template or a handler
//! names. Words of definitions are not in here: they belong to the model.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::format;
use super::locale::Locale;

/// One language's chrome strings.
pub struct Catalogue {
    locale: Locale,
    entries: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Text(String),
    Plural(BTreeMap<String, String>),
}

/// A value that fills a `{name}` of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Fill {
    /// A whole number: grouped as the language writes it, and it chooses the plural form when its name is `n`.
    Count(u64),
    /// A text, put in as it is.
    Text(String),
}

/// Why a text could not be given. Only a mistake in this crate can cause it.
#[derive(Debug, PartialEq, Eq)]
pub enum Error {
    /// The embedded catalogue is not a flat map of texts and plural forms.
    Unreadable {
        /// The language.
        locale: Locale,
        /// What the YAML reader says.
        message: String,
    },
    /// No such key.
    UnknownKey(String),
    /// The entry has plural forms, but no count `n` was given, or the form of that count is missing.
    NoForm(String),
    /// The text names a value that was not given.
    Unfilled {
        /// The key.
        key: String,
        /// The name between the braces.
        name: String,
    },
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable { locale, message } => {
                write!(f, "the catalogue `{}` cannot be read: {message}", locale.tag())
            }
            Self::UnknownKey(key) => write!(f, "the catalogues have no key `{key}`"),
            Self::NoForm(key) => write!(f, "`{key}` has plural forms and needs a count `n` whose form it has"),
            Self::Unfilled { key, name } => write!(f, "`{key}` needs a value for `{{{name}}}`"),
        }
    }
}

impl std::error::Error for Error {}

impl Catalogue {
    /// Reads the embedded catalogue of a language.
    pub fn load(locale: Locale) -> Result<Self, Error> {
        let yaml = match locale {
            Locale::En => include_str!("../../locales/en.yaml"),
            Locale::Es => include_str!("../../locales/es.yaml"),
            Locale::Ru => include_str!("../../locales/ru.yaml"),
        };
        serde_yaml::from_str(yaml)
            .map(|entries| Self { locale, entries })
            .map_err(|error| Error::Unreadable { locale, message: error.to_string() })
    }

    /// The language.
    pub fn locale(&self) -> Locale {
        self.locale
    }

    /// The text of a key with its values filled in. The result is plain text, not HTML.
    pub fn text(&self, key: &str, fills: &[(&str, Fill)]) -> Result<String, Error> {
        let pattern = match self.entries.get(key) {
            None => return Err(Error::UnknownKey(key.to_owned())),
            Some(Entry::Text(text)) => text,
            Some(Entry::Plural(forms)) => {
                let count = fills.iter().find_map(|(name, fill)| match fill {
                    Fill::Count(n) if *name == "n" => Some(*n),
                    Fill::Count(_) | Fill::Text(_) => None,
                });
                count
                    .and_then(|n| forms.get(self.locale.plural(n).name()))
                    .ok_or_else(|| Error::NoForm(key.to_owned()))?
            }
        };
        self.fill(key, pattern, fills)
    }

    fn fill(&self, key: &str, pattern: &str, fills: &[(&str, Fill)]) -> Result<String, Error> {
        let mut out = String::with_capacity(pattern.len());
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            out.push_str(before);
            match fills.iter().find(|(given, _)| *given == name) {
                Some((_, Fill::Text(text))) => out.push_str(text),
                Some((_, Fill::Count(n))) => out.push_str(&format::count(self.locale, *n)),
                None => return Err(Error::Unfilled { key: key.to_owned(), name: name.to_owned() }),
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

#[cfg(test)]
mod tests;
