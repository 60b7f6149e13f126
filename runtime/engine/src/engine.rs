//! The running engine: the database, the model in force, the clock. Every door (HTTP, command line, worker, tests) holds
//! one and goes through it.
//!
//! Each method pins the model, hops once to a thread that owns a connection, does all of its work there and hops back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use fichero_model::clock::{Clock, Ids};
use fichero_model::entity::System;
use fichero_model::expr::Row;
use fichero_model::{EntityId, Id, Ref};
use fichero_store::{Db, Isolation, Priority, Tx};
use serde_json::Value as Json;

use crate::account::Remembered;
use crate::actor::Actor;
use crate::command::{Command, Done, Effect, Mode};
use crate::figures::{Counters, Figures};
use crate::files::Files;
use crate::idempotency::{self, Once};
use crate::input::Input;
use crate::live::Live;
use crate::message::Message;
use crate::policy::{self, ReadPath};
use crate::problems::Problems;
use crate::read::cursor::Seal;
use crate::read::find::{self, Results, SearchRequest};
use crate::read::list::{self, ListRequest, Page, ShapeRequest, Trash};
use crate::read::page::{Seen, Titles};
use crate::read::{aggregate, derive, history, show};
use crate::record;
use crate::record::work::{Carried, Work};
use crate::refusal::{Kind, Named, Refusal};
use crate::secret::Keeper;
use crate::value::write::Written;

/// The running engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
    pin: Option<Arc<Pin>>,
}

/// What one request holds on to.
struct Pin {
    live: Arc<Live>,
    /// It has changed something.
    wrote: AtomicBool,
    /// A write found that the definitions went past a barrier since.
    superseded: AtomicBool,
}

struct Inner {
    db: Db,
    live: ArcSwap<Live>,
    problems: ArcSwap<Problems>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    files: Arc<dyn Files>,
    seal: Seal,
    keeper: Option<Keeper>,
    remembered: Remembered,
    figures: Counters,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("seq", &self.live().seq).finish_non_exhaustive()
    }
}

/// A record as it is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The record.
    pub body: Written,
    /// The version it was read at.
    pub version: i64,
}

/// What a command did, with the record as it is now, where it was asked for and still lives.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What was done.
    pub done: Done,
    /// The record.
    pub body: Option<Written>,
    /// Records that are likely the same as one that was made.
    pub duplicates: Vec<Named>,
}

/// What an engine is made of.
pub struct Parts {
    /// Where records are.
    pub db: Db,
    /// The model in force.
    pub live: Live,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Identities and randomness.
    pub ids: Arc<dyn Ids>,
    /// Where the bytes of files lie, the same for all nodes.
    pub files: Arc<dyn Files>,
    /// The key that seals cursors and sessions, the same on all nodes.
    pub seal: [u8; 32],
    /// What seals secrets, by the same key on all nodes; without one no secret can be given.
    pub keeper: Option<Keeper>,
}

impl Engine {
    /// An engine over an open database whose tables fit the model.
    pub fn new(parts: Parts) -> Self {
        let Parts { db, live, clock, ids, files, seal, keeper } = parts;
        let inner = Inner {
            db,
            live: ArcSwap::from_pointee(live),
            problems: ArcSwap::default(),
            clock,
            ids,
            files,
            seal: Seal::new(seal),
            keeper,
            remembered: Remembered::default(),
            figures: Counters::default(),
        };
        Self { inner: Arc::new(inner), pin: None }
    }

    /// The model in force, or the one that was pinned.
    pub fn live(&self) -> Arc<Live> {
        match &self.pin {
            Some(pin) => Arc::clone(&pin.live),
            None => self.inner.live.load_full(),
        }
    }

    /// This engine with the model that is in force now, for the whole of one request: what the request says is read by
    /// it, and means something in it alone.
    pub fn pinned(&self) -> Self {
        self.pinned_to(self.inner.live.load_full())
    }

    /// This engine with a model, whichever is in force.
    pub(crate) fn pinned_to(&self, live: Arc<Live>) -> Self {
        let pin = Pin { live, wrote: AtomicBool::new(false), superseded: AtomicBool::new(false) };
        Self { inner: Arc::clone(&self.inner), pin: Some(Arc::new(pin)) }
    }

    /// Whether a pinned engine refused to write because the definitions went past a barrier since, and changed nothing:
    /// the request may be run again by a newer model.
    pub fn is_superseded(&self) -> bool {
        self.pin
            .as_ref()
            .is_some_and(|pin| pin.superseded.load(Ordering::Acquire) && !pin.wrote.load(Ordering::Acquire))
    }

    fn note_superseded(&self) {
        if let Some(pin) = &self.pin {
            pin.superseded.store(true, Ordering::Release);
        }
    }

    /// Whether a newer model than the pinned one is in force.
    pub fn is_outdated(&self) -> bool {
        self.live().seq < self.inner.live.load().seq
    }

    /// Puts another model in force. What is under way keeps the one it pinned.
    pub fn swap(&self, live: Live) {
        self.inner.live.store(Arc::new(live));
    }

    /// What is wrong with the definitions as they were last saved.
    pub fn problems(&self) -> Arc<Problems> {
        self.inner.problems.load_full()
    }

    /// Says what is wrong with the definitions as they were last saved.
    pub fn report(&self, problems: Problems) {
        self.inner.problems.store(Arc::new(problems));
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.inner.db
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }

    /// Identities and randomness.
    pub fn ids(&self) -> &Arc<dyn Ids> {
        &self.inner.ids
    }

    /// Where the bytes of files lie.
    pub fn files(&self) -> &Arc<dyn Files> {
        &self.inner.files
    }

    /// The key of cursors and sessions.
    pub fn seal(&self) -> &Seal {
        &self.inner.seal
    }

    /// What seals secrets, where there is a key.
    pub fn keeper(&self) -> Option<&Keeper> {
        self.inner.keeper.as_ref()
    }

    /// What was done since the start.
    pub fn figures(&self) -> Figures {
        self.inner.figures.read()
    }

    /// Whether the newest deployment is in force here, and the database answers.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_ready(&self) -> Result<bool, Refusal> {
        self.read(|_, live, tx| Ok(fichero_store::schema::deployment::newest_seq(tx)? == live.seq)).await
    }

    /// What follows from a draft, without saving it.
    ///
    /// # Errors
    /// When a definition fails, or there is no such record.
    pub async fn derive(&self, actor: &Actor, entity: EntityId, id: Option<Id>, input: Input) -> Result<Json, Refusal> {
        policy::may_read(actor, ReadPath::Get)?;
        let actor = actor.clone();
        self.read(move |engine, live, tx| {
            derive::run(&engine.work(live, tx, &actor, Mode::Live), entity, id, input.clone())
        })
        .await
    }

    /// Tokens that were looked up a moment ago.
    pub(crate) fn remembered(&self) -> &Remembered {
        &self.inner.remembered
    }

    /// Does one command in a transaction of its own, and shows the record as it is afterwards.
    ///
    /// # Errors
    /// When it is refused; nothing was changed then.
    pub async fn command(
        &self,
        actor: &Actor,
        command: Command,
        mode: Mode,
        show: Option<ShapeRequest>,
    ) -> Result<Answer, Refusal> {
        self.command_once(actor, command, mode, show, None).await
    }

    /// The same; with a key it is done once, however often it is sent, and shows what it made.
    ///
    /// # Errors
    /// When it is refused, or the key came with another body; nothing was changed then.
    pub async fn command_once(
        &self,
        actor: &Actor,
        command: Command,
        mode: Mode,
        show: Option<ShapeRequest>,
        once: Option<Once>,
    ) -> Result<Answer, Refusal> {
        if !matches!(command, Command::Upsert { .. }) {
            return self.command_in_turn(actor, command, mode, show, once).await;
        }
        match self.command_in_turn(actor, command.clone(), mode, show.clone(), once.clone()).await {
            // Somebody may have made the record at the same time, so that it is now there to be changed.
            Err(refusal) if matches!(refusal.code, "unique" | "overlap") => {
                self.command_in_turn(actor, command, mode, show, once).await
            }
            answer => answer,
        }
    }

    async fn command_in_turn(
        &self,
        actor: &Actor,
        command: Command,
        mode: Mode,
        show: Option<ShapeRequest>,
        once: Option<Once>,
    ) -> Result<Answer, Refusal> {
        let live = self.live();
        let (isolation, is_of_people) = (live.isolation(&command), command.entity() == live.model.user);
        let actor = actor.clone();
        self.write(Priority::Interactive, isolation, move |engine, live, tx| {
            let work = engine.work(live, tx, &actor, mode);
            let entity = command.entity();
            if let Some(once) = &once
                && let Some(before) = idempotency::done_before(&work, once)?
            {
                return replayed(&work, entity, &before, &show);
            }
            let done = record::apply(&work, command.clone())?;
            if let Some(once) = &once {
                idempotency::note(&work, once, [&done])?;
            }
            let body = match &show {
                Some(shape) => work.answer(entity, done.id, shape)?,
                None => None,
            };
            Ok(Answer { done, body, duplicates: work.take_duplicates() })
        })
        .await
        .inspect(|_| self.forget_people(is_of_people))
    }

    /// What is known of tokens may no longer be true once somebody was changed.
    fn forget_people(&self, is_of_people: bool) {
        if is_of_people {
            self.remembered().forget();
        }
    }

    /// Does several commands on records of one entity in one transaction: all of them, or none. With a key they are
    /// done once.
    ///
    /// # Errors
    /// The first refusal, with the index of its command; nothing was changed then.
    pub async fn commands(
        &self,
        actor: &Actor,
        commands: Vec<Command>,
        mode: Mode,
        once: Option<Once>,
    ) -> Result<Vec<Done>, Indexed> {
        let live = self.live();
        let is_of_people = commands.iter().any(|command| command.entity() == live.model.user);
        let alone = commands.iter().any(|command| live.isolation(command) == Isolation::Serializable);
        let isolation = if alone { Isolation::Serializable } else { Isolation::ReadCommitted };
        let actor = actor.clone();
        self.write(Priority::Interactive, isolation, move |engine, live, tx| {
            if let (Some(once), Some(entity)) = (&once, commands.first().map(Command::entity)) {
                let work = engine.work(Arc::clone(&live), tx, &actor, mode);
                if let Some(before) = idempotency::done_before(&work, once)? {
                    return Ok(today(&work, entity, &before)?);
                }
            }
            let mut all = Vec::with_capacity(commands.len());
            let mut carried = Carried::default();
            engine.work(Arc::clone(&live), tx, &actor, mode).reserve(commands.iter().filter_map(Command::record))?;
            for (index, command) in commands.iter().enumerate() {
                let work = engine.work(Arc::clone(&live), tx, &actor, mode);
                work.defer(carried);
                let done = record::apply(&work, command.clone());
                all.push(done.map_err(|refusal| Indexed { index: u32::try_from(index).ok(), refusal })?);
                carried = work.leave();
            }
            let work = engine.work(Arc::clone(&live), tx, &actor, mode);
            work.defer(carried);
            let last = commands.len().checked_sub(1).and_then(|last| u32::try_from(last).ok());
            record::rollup::settle(&work).map_err(|refusal| Indexed { index: last, refusal })?;
            if let Some(once) = &once {
                idempotency::note(&work, once, &all)?;
            }
            Ok::<_, Indexed>(all)
        })
        .await
        .inspect(|_| self.forget_people(is_of_people))
    }

    /// Takes a key for a request whose commands are each done by themselves, so that another request cannot use it.
    ///
    /// # Errors
    /// When it came with another body before, or the database cannot be written.
    pub async fn claim(&self, actor: &Actor, once: &Once) -> Result<(), Refusal> {
        let (actor, once) = (actor.clone(), once.clone());
        self.write(Priority::Interactive, Isolation::ReadCommitted, move |engine, live, tx| {
            let work = engine.work(live, tx, &actor, Mode::Live);
            match idempotency::done_before(&work, &once)? {
                Some(_) => Ok(()),
                None => idempotency::note(&work, &once, []),
            }
        })
        .await
    }

    /// Shows one record, also from the trash.
    ///
    /// # Errors
    /// When there is none, or not for this person.
    pub async fn get(&self, actor: &Actor, reference: Ref, shape: &ShapeRequest) -> Result<Shown, Refusal> {
        self.get_from(actor, reference, shape, Trash::Any).await
    }

    /// Shows one record of those that live, or lie in the trash; where the trash was asked for, with since when.
    ///
    /// # Errors
    /// When there is none, or not for this person.
    pub async fn get_from(
        &self,
        actor: &Actor,
        reference: Ref,
        shape: &ShapeRequest,
        from: Trash,
    ) -> Result<Shown, Refusal> {
        policy::may_read(actor, ReadPath::Get)?;
        let mut shape = show::shape(&self.live().model, reference.entity, shape)?;
        shape.trash = from != Trash::Living;
        let actor = actor.clone();
        self.read(move |engine, live, tx| {
            let work = engine.work(live, tx, &actor, Mode::Live);
            let is_asked_for = |row: &Arc<Row>| {
                let lives = row.get(System::DeletedAt.field()).is_nothing();
                match from {
                    Trash::Any => true,
                    Trash::Living => lives,
                    Trash::Trashed => !lives,
                }
            };
            let row = work.any(reference)?.filter(is_asked_for).ok_or_else(Refusal::not_found)?;
            let bodies = show::records(&work, reference.entity, std::slice::from_ref(&row), &shape)?;
            let body = bodies.into_iter().next().ok_or_else(Refusal::not_found)?;
            Ok(Shown { body, version: row.version() })
        })
        .await
    }

    /// Shows a page of records.
    ///
    /// # Errors
    /// When the question cannot be understood or may not be asked.
    pub async fn list(&self, actor: &Actor, entity: EntityId, request: &ListRequest) -> Result<Page, Refusal> {
        let prepared = Arc::new(list::prepare(&self.live().model, entity, request)?);
        let (actor, cursor, count) = (actor.clone(), request.cursor.clone(), request.count);
        self.read(move |engine, live, tx| {
            let work = engine.work(live, tx, &actor, Mode::Live);
            list::run(&work, &prepared, cursor.as_deref(), count, engine.seal())
        })
        .await
    }

    /// The records that have the words that are looked for, the best first.
    ///
    /// # Errors
    /// When the question cannot be understood or may not be asked.
    pub async fn search(&self, actor: &Actor, request: &SearchRequest) -> Result<Seen<(Results, Titles)>, Refusal> {
        let live = self.live();
        let prepared = find::prepare(&live.model, request)?;
        self.search_page(&live, actor, prepared, request.cursor.clone()).await
    }

    /// Sums and counts over groups of records.
    ///
    /// # Errors
    /// When the question cannot be understood or may not be asked.
    pub async fn aggregate(
        &self,
        actor: &Actor,
        entity: EntityId,
        request: &aggregate::Request,
    ) -> Result<Page<Json>, Refusal> {
        let prepared = Arc::new(aggregate::prepare(&self.live().model, entity, request)?);
        let (actor, cursor) = (actor.clone(), request.cursor.clone());
        self.read(move |engine, live, tx| {
            let work = engine.work(live, tx, &actor, Mode::Live);
            aggregate::run(&work, &prepared, cursor.as_deref(), engine.seal())
        })
        .await
    }

    /// What became of a record, newest first.
    ///
    /// # Errors
    /// When there is none, or not for this person.
    pub async fn history(
        &self,
        actor: &Actor,
        reference: Ref,
        request: &history::Request,
    ) -> Result<Page<Json>, Refusal> {
        let (actor, request) = (actor.clone(), request.clone());
        self.read(move |engine, live, tx| {
            history::run(&engine.work(live, tx, &actor, Mode::Live), reference, &request, engine.seal())
        })
        .await
    }

    /// A command in progress.
    pub fn work<'a>(&'a self, live: Arc<Live>, tx: &'a mut Tx, actor: &'a Actor, mode: Mode) -> Work<'a> {
        Work::new(live, tx, actor, self.clock().now(), (&**self.ids(), self.keeper()), mode)
    }

    /// Reads on a thread that owns a connection. The model is pinned before.
    ///
    /// # Errors
    /// What `f` gives.
    pub async fn read<T, F>(&self, f: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: Fn(&Engine, Arc<Live>, &mut Tx) -> Result<T, Refusal> + Send + 'static,
    {
        let (engine, live) = (self.clone(), self.live());
        let result = self.inner.db.read(move |tx| f(&engine, Arc::clone(&live), tx)).await;
        self.inner.figures.query(result.is_ok());
        result
    }

    /// Writes in a transaction, on a thread that owns a connection. The model is pinned before: what was read by it
    /// (the fields of an input, above all) means something in it alone. When the definitions went past a barrier
    /// meanwhile, nothing is done, and the caller may try again.
    ///
    /// # Errors
    /// What `f` gives.
    pub async fn write<T, E, F>(&self, priority: Priority, isolation: Isolation, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<fichero_store::Error> + From<Refusal> + Send + 'static,
        F: Fn(&Engine, Arc<Live>, &mut Tx) -> Result<T, E> + Send + Sync + 'static,
    {
        let (engine, live) = (self.clone(), self.live());
        let result = self
            .inner
            .db
            .write(priority, isolation, move |tx| {
                if live.is_superseded(tx).map_err(E::from)? {
                    engine.note_superseded();
                    return Err(E::from(Refusal::unavailable()));
                }
                f(&engine, Arc::clone(&live), tx)
            })
            .await;
        if let (Ok(_), Some(pin)) = (&result, &self.pin) {
            pin.wrote.store(true, Ordering::Release);
        }
        self.inner.figures.command(result.is_ok());
        result
    }
}

/// A refusal of one of several commands.
#[derive(Debug)]
pub struct Indexed {
    /// Which command; nothing when it is none of theirs.
    pub index: Option<u32>,
    /// Why.
    pub refusal: Refusal,
}

impl From<Refusal> for Indexed {
    fn from(refusal: Refusal) -> Self {
        Self { index: None, refusal }
    }
}

impl From<fichero_store::Error> for Indexed {
    fn from(error: fichero_store::Error) -> Self {
        Self { index: None, refusal: error.into() }
    }
}

impl From<fichero_store::Error> for Refusal {
    /// What the database says in words for people; all of it goes to the operator's log.
    fn from(error: fichero_store::Error) -> Self {
        use fichero_store::Error;
        match &error {
            Error::Unstorable(told) => {
                Refusal::new(Kind::Invalid, "unstorable", Message::with("unstorable", [told.as_str()]))
            }
            Error::Unportable(told) => {
                Refusal::new(Kind::Invalid, "unstorable", Message::with("bad_filter", [told.as_str()]))
            }
            Error::Cursor(_) => Refusal { code: "bad_cursor", ..Refusal::malformed(Message::key("bad_cursor")) },
            Error::Fault(told) => {
                Refusal::new(Kind::Internal, "definition", Message::with("definition", [told.as_str()]))
            }
            // The door of records turns these into errors of fields; one that comes this far names none.
            Error::Unique(_) => Refusal::new(Kind::Conflict, "unique", Message::with("unique_together", [""])),
            Error::Reference(_) => Refusal::new(Kind::Conflict, "reference", Message::key("not_found")),
            Error::Unsure(_) => {
                tracing::warn!(error = error.detail(), "the database was lost");
                Refusal::unsure()
            }
            error if error.is_retryable() => {
                tracing::warn!(error = error.detail(), "the database is busy or away");
                Refusal::unavailable()
            }
            error => Refusal::internal("store", &error.detail()),
        }
    }
}

/// The answer to a command that was done before: the record as it is today, under today's rights.
fn replayed(
    work: &Work<'_>,
    entity: EntityId,
    before: &[(Id, Effect)],
    show: &Option<ShapeRequest>,
) -> Result<Answer, Refusal> {
    let done = today(work, entity, before)?.into_iter().next().ok_or_else(Refusal::not_found)?;
    let body = match show {
        Some(shape) => work.answer(entity, done.id, shape)?,
        None => None,
    };
    Ok(Answer { done, body, duplicates: Vec::new() })
}

/// What was done before, with the records' versions of today, under today's rights.
fn today(work: &Work<'_>, entity: EntityId, before: &[(Id, Effect)]) -> Result<Vec<Done>, Refusal> {
    policy::may_read(work.actor, ReadPath::Get)?;
    work.load(before.iter().map(|(id, _)| Ref { entity, id: *id }))?;
    let done = |(id, effect): &(Id, Effect)| {
        let version = match work.any(Ref { entity, id: *id })? {
            Some(row) => row.version(),
            // What was purged is gone, and that is what was asked for.
            None if *effect == Effect::Purged => 0,
            None => return Err(Refusal::not_found()),
        };
        Ok(Done { id: *id, version, effect: *effect })
    };
    before.iter().map(done).collect()
}
