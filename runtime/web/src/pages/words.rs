//! How a page writes what it shows for its reader: labels, values, moments, the chrome's own words.

use std::sync::Arc;

use fichero_engine::message::Message;
use fichero_engine::read::page::{Reader, Title, Titles};
use fichero_model::label::Text;
use fichero_model::{EntityId, Model, Ref};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::visitor::Visitor;
use super::voice::Voice;
use crate::ui::catalogue::Fill;
use crate::ui::context::{EntityHead, When};
use crate::ui::render::Renderer;
use crate::ui::{format, when};

/// How a page writes what it shows.
pub struct Words<'a> {
    /// The definitions.
    pub model: &'a Model,
    /// In which language.
    pub voice: Voice,
    /// Where the reader is.
    pub zone: TimeZone,
    /// The moment the page was made at.
    pub now: Timestamp,
    /// The titles of the records that are named.
    pub titles: &'a Titles,
    renderer: Arc<Renderer>,
}

impl<'a> Words<'a> {
    /// For a reader; their zone where they have one, else the workspace's.
    pub fn new(visitor: &'a Visitor, reader: &Reader, now: Timestamp, titles: &'a Titles) -> Self {
        Self {
            model: visitor.model(),
            voice: visitor.voice,
            zone: reader.time_zone.clone().unwrap_or_else(|| visitor.model().workspace.time_zone.clone()),
            now,
            titles,
            renderer: Arc::clone(&visitor.app.pages.renderer),
        }
    }

    /// Writes titles as pages show them, beyond this page: where typed names are compared with them.
    pub fn titled(visitor: &Visitor) -> impl Fn(&Title) -> String + Send + use<> {
        let (live, voice, renderer) =
            (Arc::clone(&visitor.live), visitor.voice, Arc::clone(&visitor.app.pages.renderer));
        move |title| {
            let words = Words {
                model: &live.model,
                voice,
                zone: live.model.workspace.time_zone.clone(),
                now: Timestamp::UNIX_EPOCH,
                titles: &Titles::default(),
                renderer: Arc::clone(&renderer),
            };
            words.text(&live.model[title.entity][title.field], &title.value)
        }
    }

    /// A text of a definition.
    pub fn label<'t>(&self, text: &'t Text) -> &'t str {
        text.get(self.voice.locale)
    }

    /// A sentence of the engine.
    pub fn message(&self, message: &Message) -> String {
        message.text(self.voice.locale)
    }

    /// A text of the chrome.
    pub fn chrome(&self, key: &str) -> String {
        self.filled(key, &[])
    }

    /// A text of the chrome about something that is called so.
    pub fn chrome_about(&self, key: &str, label: &str) -> String {
        self.filled(key, &[("label", Fill::Text(label.to_owned()))])
    }

    fn filled(&self, key: &str, fills: &[(&str, Fill)]) -> String {
        // A key that is not there is a slip of this crate, which a test finds; the page still says something.
        self.renderer.text(self.voice.chrome, key, fills).unwrap_or_else(|_| key.to_owned())
    }

    /// The entity a page is about.
    pub fn head(&self, entity: EntityId) -> EntityHead {
        let definition = &self.model[entity];
        EntityHead {
            label: self.label(&definition.label).to_owned(),
            plural: self.label(&definition.plural).to_owned(),
            icon: definition.icon.as_deref().unwrap_or_default().to_owned(),
            href: format!("/{}", definition.name),
        }
    }

    /// The address of a record's page.
    pub fn href(&self, record: Ref) -> String {
        format!("/{}/{}", self.model[record.entity].name, record.id)
    }

    /// What a record is called; one that has no title by what it is.
    pub fn title(&self, record: Ref) -> String {
        let title =
            self.titles.get(record).map(|title| self.text(&self.model[title.entity][title.field], &title.value));
        title.filter(|title| !title.is_empty()).unwrap_or_else(|| self.head(record.entity).label)
    }

    /// A person; the runtime itself where nobody acted.
    pub fn person(&self, person: Option<Ref>) -> String {
        person.map_or_else(|| "Fichero".to_owned(), |person| self.title(person))
    }

    /// A moment in the reader's zone.
    pub fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }

    /// A moment as one tells of it.
    pub fn when(&self, at: Timestamp) -> When {
        let full = format::datetime(self.voice.chrome, self.local(at).datetime());
        let told = self.renderer.catalogue(self.voice.chrome).ok();
        let told = told.and_then(|catalogue| when::ago(catalogue, at, self.now, &self.zone).ok());
        told.unwrap_or_else(|| When { text: full.clone(), full, iso: at.to_string() })
    }

    /// The name of the reader's zone, as people know it: `Madrid` of `Europe/Madrid`.
    pub fn zone_name(&self) -> String {
        let name = self.zone.iana_name().unwrap_or("UTC");
        name.rsplit('/').next().unwrap_or(name).replace('_', " ")
    }
}
