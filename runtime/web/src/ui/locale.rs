//! The three languages of the chrome, and which plural form a count takes in each.

use serde::Serialize;

/// A language the pages can speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// English, with day-first dates (`23 Nov 2026`).
    En,
    /// Spanish, as in Spain.
    Es,
    /// Russian.
    Ru,
}

impl Locale {
    /// Every language, in the order in which a reader is offered them.
    pub const ALL: [Self; 3] = [Self::En, Self::Es, Self::Ru];

    /// The BCP 47 language tag, also the name of its catalogue: `en`, `es`, `ru`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
            Self::Ru => "ru",
        }
    }

    /// What the language calls itself, for the language switch.
    pub fn endonym(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Es => "Español",
            Self::Ru => "Русский",
        }
    }

    /// The language of a tag such as `es` or `ru-RU`; nothing for a language the pages do not speak.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_']).next().unwrap_or("");
        Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(language))
    }

    /// The best language for an `Accept-Language` header (RFC 9110, 12.5.4): the one with the highest weight that the
    /// pages speak, the first of equals; nothing when there is none.
    pub fn from_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let Some(locale) = parts.next().and_then(Self::from_tag) else { continue };
            let weight = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(1.0, |weight| weight.parse::<f32>().unwrap_or(0.0));
            if weight > 0.0 && best.is_none_or(|(_, highest)| weight > highest) {
                best = Some((locale, weight));
            }
        }
        best.map(|(locale, _)| locale)
    }

    /// The plural form of a whole number, by the rules of Unicode CLDR 48 for integers.
    pub fn plural(self, n: u64) -> Plural {
        match self {
            Self::En => match n {
                1 => Plural::One,
                _ => Plural::Other,
            },
            Self::Es => match n {
                1 => Plural::One,
                _ if n != 0 && n.is_multiple_of(1_000_000) => Plural::Many,
                _ => Plural::Other,
            },
            Self::Ru => match (n % 10, n % 100) {
                (1, tens) if tens != 11 => Plural::One,
                (2..=4, tens) if !(12..=14).contains(&tens) => Plural::Few,
                _ => Plural::Many,
            },
        }
    }

    /// The plural forms that whole numbers can take, so a catalogue can be checked for them.
    pub fn plurals(self) -> &'static [Plural] {
        match self {
            Self::En => &[Plural::One, Plural::Other],
            Self::Es => &[Plural::One, Plural::Many, Plural::Other],
            Self::Ru => &[Plural::One, Plural::Few, Plural::Many],
        }
    }
}

/// A plural form, by its CLDR name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Plural {
    /// As in "1 record".
    One,
    /// As in "2 записи".
    Few,
    /// As in "5 записей" or "1 000 000 de registros".
    Many,
    /// Everything else.
    Other,
}

impl Plural {
    /// The name under which a catalogue gives this form.
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Few => "few",
            Self::Many => "many",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_take_the_form_of_their_language() {
        let forms =
            |locale: Locale, counts: &[u64]| -> Vec<&str> { counts.iter().map(|n| locale.plural(*n).name()).collect() };
        assert_eq!(forms(Locale::En, &[0, 1, 2, 11, 21]), ["other", "one", "other", "other", "other"]);
        assert_eq!(forms(Locale::Es, &[0, 1, 2, 1_000_000]), ["other", "one", "other", "many"]);
        assert_eq!(
            forms(Locale::Ru, &[0, 1, 2, 4, 5, 11, 12, 14, 21, 22, 25, 101, 111, 112]),
            ["many", "one", "few", "few", "many", "many", "many", "many", "one", "few", "many", "one", "many", "many"]
        );
    }

    #[test]
    fn every_form_a_count_takes_is_announced() {
        for locale in Locale::ALL {
            for n in (0..=200).chain([1_000_000]) {
                assert!(locale.plurals().contains(&locale.plural(n)), "{locale:?} {n}");
            }
        }
    }

    #[test]
    fn a_browser_is_answered_in_the_language_it_likes_best() {
        assert_eq!(Locale::from_accept_language("ru-RU,ru;q=0.9,en;q=0.8"), Some(Locale::Ru));
        assert_eq!(Locale::from_accept_language("fr, es;q=0.3, en;q=0.7"), Some(Locale::En));
        assert_eq!(Locale::from_accept_language("en;q=0, es;q=0.1"), Some(Locale::Es));
        assert_eq!(Locale::from_accept_language("de, fr;q=x"), None);
        assert_eq!(Locale::from_accept_language(""), None);
    }
}
