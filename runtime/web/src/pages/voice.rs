//! In which language a page speaks.

use axum::http::{HeaderMap, header};
use fichero_model::Model;
use fichero_model::label;

use crate::ui::locale::Locale;

/// In which language a page speaks: the words of definitions in any, those of the chrome in one of three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voice {
    /// The language of labels and messages.
    pub locale: label::Locale,
    /// The language of the chrome.
    pub chrome: Locale,
}

impl Voice {
    /// A language for everything; the chrome speaks English where it does not speak that.
    pub fn of(locale: label::Locale) -> Self {
        Self { locale, chrome: Locale::from_tag(locale.as_str()).unwrap_or(Locale::En) }
    }

    /// For somebody who is not signed in: as they chose, as their browser asks, as the workspace speaks.
    pub fn guessed(chosen: Option<Locale>, headers: &HeaderMap, model: &Model) -> Self {
        let asked = || headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok().and_then(Locale::from_accept_language);
        match chosen.or_else(asked) {
            Some(chrome) => Self { locale: own(chrome), chrome },
            None => Self::of(model.workspace.locale),
        }
    }
}

/// The language of the chrome as definitions name it.
pub fn own(chrome: Locale) -> label::Locale {
    label::Locale::parse(chrome.tag()).unwrap_or(label::Locale::EN)
}
