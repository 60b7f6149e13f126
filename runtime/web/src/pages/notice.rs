//! What an action has to say on the next page: a word in a cookie, turned into a sentence there.

use fichero_model::{Id, Model};

use super::words::Words;
use crate::ui::context::{self, Link, Tone, Undo};

/// What an action has to say, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A record was made. Its address is told where the next page is not its own.
    Created(Option<(String, Id)>),
    /// A record was changed.
    Saved,
    /// What was given was what the record held already.
    Unchanged,
    /// A record was put into the trash, and can be taken out of it.
    Deleted(String, Id),
    /// A record was merged into the one that is shown, and can be itself again.
    Merged(String, Id),
    /// A record was taken out of the trash.
    Restored,
    /// A record was removed for good.
    Purged,
    /// A job is tried again.
    Retried,
    /// Somebody else changed the record before: nothing was done.
    Stale,
}

impl Notice {
    /// As the cookie holds it.
    pub fn written(&self) -> String {
        match self {
            Notice::Created(None) => "created".to_owned(),
            Notice::Created(Some((entity, id))) => format!("created:{entity}:{id}"),
            Notice::Saved => "saved".to_owned(),
            Notice::Unchanged => "unchanged".to_owned(),
            Notice::Deleted(entity, id) => format!("deleted:{entity}:{id}"),
            Notice::Merged(entity, id) => format!("merged:{entity}:{id}"),
            Notice::Restored => "restored".to_owned(),
            Notice::Purged => "purged".to_owned(),
            Notice::Retried => "retried".to_owned(),
            Notice::Stale => "stale".to_owned(),
        }
    }

    /// From the cookie; nothing for what was not written here.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let word = parts.next()?;
        let record = match (parts.next(), parts.next(), parts.next()) {
            (Some(entity), Some(id), None) => Some((entity.to_owned(), id.parse().ok()?)),
            (None, ..) => None,
            _ => return None,
        };
        match (word, record) {
            ("created", record) => Some(Notice::Created(record)),
            ("saved", None) => Some(Notice::Saved),
            ("unchanged", None) => Some(Notice::Unchanged),
            ("deleted", Some((entity, id))) => Some(Notice::Deleted(entity, id)),
            ("merged", Some((entity, id))) => Some(Notice::Merged(entity, id)),
            ("restored", None) => Some(Notice::Restored),
            ("purged", None) => Some(Notice::Purged),
            ("retried", None) => Some(Notice::Retried),
            ("stale", None) => Some(Notice::Stale),
            _ => None,
        }
    }

    /// As the page says it.
    pub fn shown(&self, words: &Words<'_>, model: &Model) -> context::Notice {
        let say = |tone, key| context::Notice { tone, text: words.chrome(key), link: None, undo: None };
        match self {
            Notice::Created(None) => say(Tone::Success, "notice.created"),
            Notice::Created(Some((entity, id))) => {
                let known = model.entity(entity).is_some();
                let link = known.then(|| Link { label: words.chrome("notice.open"), href: format!("/{entity}/{id}") });
                context::Notice { link, ..say(Tone::Success, "notice.created") }
            }
            Notice::Saved => say(Tone::Success, "notice.saved"),
            Notice::Unchanged => say(Tone::Plain, "notice.unchanged"),
            Notice::Deleted(entity, id) => {
                context::Notice { undo: restore(model, entity, *id), ..say(Tone::Plain, "notice.deleted") }
            }
            Notice::Merged(entity, id) => {
                context::Notice { undo: restore(model, entity, *id), ..say(Tone::Success, "notice.merged") }
            }
            Notice::Restored => say(Tone::Success, "notice.restored"),
            Notice::Purged => say(Tone::Plain, "notice.purged"),
            Notice::Retried => say(Tone::Success, "notice.retried"),
            Notice::Stale => say(Tone::Warning, "notice.stale"),
        }
    }
}

/// Takes a record out of the trash, if its entity is still there.
fn restore(model: &Model, entity: &str, id: Id) -> Option<Undo> {
    model.entity(entity).map(|_| Undo { action: format!("/{entity}/{id}/restore"), hidden: Vec::new() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn notices_survive_their_cookie_and_nothing_else_does() {
        let id: Id = "018f3c1e-0000-7000-8000-000000000001".parse().unwrap();
        for notice in [
            Notice::Created(None),
            Notice::Created(Some(("deal".to_owned(), id))),
            Notice::Saved,
            Notice::Unchanged,
            Notice::Deleted("deal".to_owned(), id),
            Notice::Merged("deal".to_owned(), id),
            Notice::Restored,
            Notice::Purged,
            Notice::Retried,
            Notice::Stale,
        ] {
            assert_eq!(Notice::read(&notice.written()), Some(notice));
        }
        for other in ["", "other", "deleted", "deleted:deal:x", "saved:deal:x", "deleted:deal:1:2"] {
            assert_eq!(Notice::read(other), None, "{other}");
        }
    }
}
