//! Wake-ups: what commands announce when they have been committed.

use std::sync::Arc;

use tokio::sync::broadcast;

/// What a command announces to whoever listens, once it is committed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// What it is about, such as `jobs` or `deployment`.
    pub channel: Arc<str>,
    /// A few words more, at most 4,000 bytes; may be empty.
    pub payload: Arc<str>,
}

impl Event {
    /// An event.
    pub fn new(channel: impl Into<Arc<str>>, payload: impl Into<Arc<str>>) -> Self {
        Self { channel: channel.into(), payload: payload.into() }
    }
}

/// A listener's end.
#[derive(Debug)]
pub struct Events(broadcast::Receiver<Event>);

impl Events {
    /// The next event. A listener that fell behind misses some; it is then woken with an event of the empty channel,
    /// which means "look at everything".
    ///
    /// # Errors
    /// [`crate::Error::Closed`] when the database was closed.
    pub async fn next(&mut self) -> Result<Event, crate::Error> {
        match self.0.recv().await {
            Ok(event) => Ok(event),
            Err(broadcast::error::RecvError::Lagged(_)) => Ok(Event::new("", "")),
            Err(broadcast::error::RecvError::Closed) => Err(crate::Error::Closed),
        }
    }
}

/// The speakers' end.
#[derive(Clone, Debug)]
pub(crate) struct Announcer(broadcast::Sender<Event>);

impl Announcer {
    pub(crate) fn new() -> Self {
        Self(broadcast::channel(1024).0)
    }

    pub(crate) fn subscribe(&self) -> Events {
        Events(self.0.subscribe())
    }

    /// Tells everyone who listens; it is no failure when nobody does.
    pub(crate) fn announce(&self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            let _ = self.0.send(event);
        }
    }
}
