//! What a reader prefers: language, light or dark, a wide or narrow menu.
//!
//! The language of somebody who is signed in is kept with them; the rest, and the language before that, in a cookie of
//! this device.

use axum::http::HeaderMap;
use axum::response::Response;
use fichero_engine::Refusal;

use super::post::{GuestPost, Posted, VisitorPost};
use super::visitor::Visitor;
use super::{cookie, reply, voice};
use crate::api::{parameters, session};
use crate::server::Pinned;
use crate::ui::context::Theme;
use crate::ui::locale::Locale;

/// What a reader prefers on this device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// The language before anyone is signed in.
    pub locale: Option<Locale>,
    /// Light or dark.
    pub theme: Theme,
    /// The menu shows icons alone.
    pub narrow: bool,
}

impl Preferences {
    /// Those in the cookie of a request; what cannot be read is as if it were not there.
    pub fn read(headers: &HeaderMap) -> Self {
        let mut preferences = Self::default();
        let pairs = cookie::get(headers, cookie::PREFERENCES).unwrap_or_default().split('&');
        for (name, value) in pairs.filter_map(|pair| pair.split_once('=')) {
            preferences.put(name, value);
        }
        preferences
    }

    /// Takes over one of them; false for what is none.
    pub fn put(&mut self, name: &str, value: &str) -> bool {
        match (name, value) {
            ("locale", tag) => match Locale::from_tag(tag) {
                Some(locale) => self.locale = Some(locale),
                None => return false,
            },
            ("theme", "light") => self.theme = Theme::Light,
            ("theme", "dark") => self.theme = Theme::Dark,
            ("theme", "auto") => self.theme = Theme::Auto,
            ("nav", "narrow") => self.narrow = true,
            ("nav", "wide") => self.narrow = false,
            _ => return false,
        }
        true
    }

    /// As the cookie holds them.
    pub fn written(self) -> String {
        let theme = match self.theme {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        let nav = if self.narrow { "narrow" } else { "wide" };
        let locale = self.locale.map_or_else(String::new, |locale| format!("locale={}&", locale.tag()));
        format!("{locale}theme={theme}&nav={nav}")
    }
}

/// What can be preferred, and between what.
const CHOICES: [(&str, &str); 3] = [("locale", "en, es, ru"), ("theme", "auto, light, dark"), ("nav", "narrow, wide")];

/// `POST /preferences`: goes back to where it came from.
pub async fn save(Pinned(app): Pinned, request: axum::extract::Request) -> Response {
    let signed_in = cookie::get(request.headers(), session::COOKIE).is_some();
    if signed_in {
        match VisitorPost::read(request, &app).await {
            Ok(VisitorPost(visitor, posted)) => {
                let saved = save_own(&visitor, &posted).await;
                visitor.reply(saved).await
            }
            Err(response) => response,
        }
    } else {
        match GuestPost::read(request, &app).await {
            Ok(GuestPost(guest, posted)) => {
                saved(guest.preferences, &posted, guest.secure).unwrap_or_else(|refusal| guest.refuse(&refusal))
            }
            Err(response) => response,
        }
    }
}

async fn save_own(visitor: &Visitor, posted: &Posted) -> Result<Response, Refusal> {
    let answer = saved(visitor.preferences, posted, visitor.secure)?;
    if let Some(locale) = posted.last("locale").and_then(Locale::from_tag) {
        visitor.app.engine.prefer_locale(&visitor.actor, voice::own(locale)).await?;
    }
    Ok(answer)
}

fn saved(mut preferences: Preferences, posted: &Posted, secure: bool) -> Result<Response, Refusal> {
    posted.only(&CHOICES.map(|(name, _)| name))?;
    for (name, known) in CHOICES {
        if let Some(value) = posted.last(name)
            && !preferences.put(name, value)
        {
            return Err(parameters::not_one_of(name, known, value));
        }
    }
    let response = reply::see_other(posted.next());
    let cookie = cookie::set(cookie::PREFERENCES, &preferences.written(), secure, Some(cookie::YEAR));
    Ok(reply::with_cookie(response, cookie))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn preferences_survive_their_cookie() {
        let mut preferences = Preferences::default();
        for (name, value) in [("locale", "ru"), ("theme", "dark"), ("nav", "narrow"), ("other", "x")] {
            preferences.put(name, value);
        }
        let mut headers = HeaderMap::new();
        let cookie = format!("{}={}", cookie::PREFERENCES, preferences.written());
        headers.insert("cookie", cookie.parse().unwrap());
        assert_eq!(Preferences::read(&headers), preferences);
        assert_eq!(Preferences::read(&HeaderMap::new()), Preferences::default());
    }
}
