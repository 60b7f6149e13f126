//! Wake-ups between nodes: `LISTEN` and `NOTIFY` on a connection of their own.
//!
//! Events are sent after the commit and outside its transaction: a `NOTIFY` inside would take a lock that all commits
//! of the database wait for. An event that is lost that way costs a little time and nothing else, for whoever listens
//! also looks by itself.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::mpsc;

use crate::Error;
use crate::db::events::{Announcer, Event};

/// The channel of PostgreSQL that all nodes listen on.
const CHANNEL: &str = "fichero";

/// How long to wait before the next try when the server cannot be reached.
const RETRY: Duration = Duration::from_secs(1);

/// Where this node speaks.
#[derive(Debug)]
pub(super) struct Bus(mpsc::Sender<Option<Event>>);

impl Bus {
    /// Starts to listen and to speak, on a thread of its own.
    pub(super) fn start(options: PgConnectOptions, announcer: Announcer) -> Result<(Self, JoinHandle<()>), Error> {
        let (sender, receiver) = mpsc::channel(1024);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::Unavailable(format!("no runtime can be started: {error}")))?;
        let work = move || runtime.block_on(live(options, announcer, receiver));
        let thread = std::thread::Builder::new().name("postgres-events".to_owned()).spawn(work);
        let thread = thread.map_err(|error| Error::Unavailable(format!("no thread can be started: {error}")))?;
        Ok((Self(sender), thread))
    }

    /// Tells the other nodes. When there is too much to tell, some is left out.
    pub(super) fn tell(&self, events: &[Event]) {
        for event in events {
            let _ = self.0.try_send(Some(event.clone()));
        }
    }

    pub(super) fn close(&self) {
        let _ = self.0.try_send(None);
    }
}

async fn live(options: PgConnectOptions, announcer: Announcer, mut outgoing: mpsc::Receiver<Option<Event>>) {
    let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
    loop {
        match connect(&pool).await {
            Ok((listener, own)) => {
                // What was told while nobody listened is not known.
                announcer.announce([Event::new("", "")]);
                match talk(listener, own, &announcer, &mut outgoing).await {
                    Ok(()) => break,
                    Err(error) => tracing::warn!(%error, "the connection for events was lost"),
                }
            }
            Err(error) => tracing::warn!(%error, "no connection for events"),
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY) => {}
            () = until_closed(&mut outgoing) => break,
        }
    }
    pool.close().await;
}

async fn connect(pool: &sqlx::PgPool) -> Result<(PgListener, u32), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.ignore_pool_close_event(true);
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    let own: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut listener).await?;
    Ok((listener, own.unsigned_abs()))
}

/// Listens and speaks until the database is closed (`Ok`) or the connection is lost.
async fn talk(
    mut listener: PgListener,
    own: u32,
    announcer: &Announcer,
    outgoing: &mut mpsc::Receiver<Option<Event>>,
) -> Result<(), sqlx::Error> {
    loop {
        tokio::select! {
            heard = listener.try_recv() => match heard? {
                None => return Err(sqlx::Error::PoolClosed),
                // What this node says it has told its own listeners already.
                Some(heard) if heard.process_id() == own => {}
                Some(heard) => announcer.announce(read(heard.payload())),
            },
            said = outgoing.recv() => match said {
                None | Some(None) => return Ok(()),
                Some(Some(event)) => {
                    let text = format!("{} {}", event.channel, event.payload);
                    let tell = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(text);
                    tell.execute(&mut listener).await?;
                }
            },
        }
    }
}

fn read(text: &str) -> Option<Event> {
    let (channel, payload) = text.split_once(' ')?;
    Some(Event { channel: Arc::from(channel), payload: Arc::from(payload) })
}

async fn until_closed(outgoing: &mut mpsc::Receiver<Option<Event>>) {
    while let Some(Some(_)) = outgoing.recv().await {}
}
