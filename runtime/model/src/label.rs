//! Texts that people read, in the languages their author gave.

use std::fmt;
use std::sync::Arc;

/// A language: two lower-case letters of ISO 639-1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locale([u8; 2]);

impl Locale {
    /// English, the last resort of every text.
    pub const EN: Locale = Locale(*b"en");

    /// The locale of that name, such as `es`; a region behind it (`es-MX`, `es_MX`) is ignored.
    pub fn parse(text: &str) -> Option<Locale> {
        match text.as_bytes() {
            [a, b] | [a, b, b'-' | b'_', ..] if a.is_ascii_lowercase() && b.is_ascii_lowercase() => {
                Some(Locale([*a, *b]))
            }
            _ => None,
        }
    }

    /// Its two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("en")
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text in one or more languages. Never empty of languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    by_locale: Arc<[(Locale, Arc<str>)]>,
}

impl Text {
    /// A text in one language.
    pub fn new(locale: Locale, text: &str) -> Self {
        Self { by_locale: Arc::new([(locale, text.into())]) }
    }

    /// A text in several languages, the author's own first; nothing when the list is empty.
    pub fn of(by_locale: Vec<(Locale, Arc<str>)>) -> Option<Self> {
        (!by_locale.is_empty()).then(|| Self { by_locale: by_locale.into() })
    }

    /// The text for a reader of `locale`: in that language, else in English, else in the author's own.
    pub fn get(&self, locale: Locale) -> &str {
        let find =
            |wanted: Locale| self.by_locale.iter().find(|(locale, _)| *locale == wanted).map(|(_, text)| &**text);
        find(locale).or_else(|| find(Locale::EN)).unwrap_or_else(|| self.by_locale.first().map_or("", |(_, text)| text))
    }

    /// All of its languages, the author's own first.
    pub fn all(&self) -> &[(Locale, Arc<str>)] {
        &self.by_locale
    }

    /// The same text with `more` laid over it, language by language.
    #[must_use]
    pub fn with(&self, locale: Locale, text: &str) -> Self {
        let mut all: Vec<_> = self.by_locale.iter().filter(|(known, _)| *known != locale).cloned().collect();
        all.push((locale, text.into()));
        Self { by_locale: all.into() }
    }

    /// A label made from a name: `close_date` becomes `Close date`.
    pub fn from_name(name: &str) -> Self {
        let spaced = name.replace('_', " ");
        let mut letters = spaced.chars();
        let text: String =
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
        Self::new(Locale::EN, &text)
    }
}
