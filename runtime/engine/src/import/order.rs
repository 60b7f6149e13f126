//! Imports that are ordered through the network and done in the background (`errand`): asking for one, looking how
//! far it is, stopping it and taking it back.
//!
//! What is wrong with the file as a whole, its columns or its mapping is told when it is ordered; nothing is queued then. The
//! file is kept with the order, and the batch is begun in the transaction that queues it.

use std::io::BufReader;
use std::sync::Arc;

use fichero_model::data::{Mapping, Reading};
use fichero_model::{EntityId, Id, Model};
use fichero_store::system::file::{self, File, Owner};
use fichero_store::system::import as batches;
use fichero_store::system::import_order::{self as stored, Order, Outcome, State};
use fichero_store::system::job::{self, Lane, NewJob};
use fichero_store::{Isolation, Priority, Tx};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::asked::{Asked, By};
use super::source::Source;
use super::{Error, Request, batch, document, errand, guess, header};
use crate::actor::{Actor, Via};
use crate::command::Mode;
use crate::engine::Engine;
use crate::live::Live;
use crate::message::Message;
use crate::policy::{self, Action};
use crate::refusal::{FieldError, Kind, Refusal};

mod told;

pub use told::{Told, Undone};

/// The most imports that wait or are under way.
const MOST_OPEN: i64 = 50;

/// The most imports that a list gives.
pub const MOST_LISTED: u32 = 200;

/// What owns the files of imports.
pub(super) const OWNER: &str = "fichero_import_order";

/// How long what was ordered is kept after its end, with its files: of dry runs, and of imports.
const KEPT_DRY: SignedDuration = SignedDuration::from_hours(48);
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

/// The most orders that are forgotten in one transaction.
const MOST_FORGOTTEN: i64 = 200;

impl Engine {
    /// Queues the import of an uploaded file; gives its batch.
    ///
    /// # Errors
    /// When the file, its columns or the mapping do not fit, one of the same file is not at its end, too many wait, or the
    /// actor may not import.
    pub async fn order_import(&self, actor: &Actor, entity: EntityId, file: Id, asked: Asked) -> Result<Id, Refusal> {
        let live = self.live();
        policy::may(actor, &live.model, entity, Action::Import)?;
        let file = self.import_file(actor, file).await?;
        let now = self.clock().now();
        let (batch, copy) = (self.ids().id(now), self.ids().id(now));
        let dry = asked.dry_run;
        let prepared = self.prepare(&live, actor, (entity, batch), &file, asked).await?;
        let (new, request) = (prepared.0, Arc::new(json!(prepared.1.json())));
        let order = Order {
            batch,
            entity: live.layout.table_name(entity),
            file: copy,
            name: Arc::clone(&file.name),
            size: file.size,
            request,
            dry,
            actor: actor.user.map(|user| user.id),
            ordered_at: now,
            state: State::Queued,
            ended_at: None,
            beat: None,
            report: None,
            error: None,
            rejects: None,
        };
        let anew = prepared.1.anew;
        self.write(Priority::Interactive, Isolation::ReadCommitted, move |engine, _, tx| {
            let open = stored::open(tx)?;
            if open >= MOST_OPEN {
                let message = Message::with("import_many", [open.to_string()]);
                return Err(Refusal { retry_after: Some(60), ..Refusal::new(Kind::TooMany, "import_many", message) });
            }
            if !dry {
                begin(engine, tx, &new, anew)?;
            }
            keep(tx, &File { id: copy, created_at: now, owner: None, ..file.clone() }, batch)?;
            stored::add(tx, &order)?;
            enqueue(engine, tx, errand::IMPORT, batch)
        })
        .await?;
        Ok(batch)
    }

    /// A file that somebody may have imported: an upload of theirs, one of a record, or that of an import.
    pub(super) async fn import_file(&self, actor: &Actor, file: Id) -> Result<File, Refusal> {
        let unknown = || {
            let message = Message::key("import_file_unknown");
            Refusal::invalid(vec![FieldError::new("file", "import_file_unknown", message)])
        };
        match self.file(actor, file).await {
            Ok(described) => Ok(described.file),
            Err(refusal) if refusal.kind == Kind::NotFound => {
                let (actor, of_order) = (actor.clone(), move |tx: &mut Tx| {
                    let found = file::many(tx, &[file])?.pop();
                    let owner =
                        found.as_ref().and_then(|file| file.owner.clone()).filter(|owner| &*owner.entity == OWNER);
                    let order = owner.map(|owner| stored::find(tx, owner.record)).transpose()?.flatten();
                    Ok::<_, Refusal>(found.zip(order))
                });
                let found = self.read(move |_, live, tx| {
                    let found = of_order(tx)?;
                    Ok(found.filter(|(_, order)| told::may(&actor, &live, &order.entity).is_ok()).map(|(file, _)| file))
                });
                found.await?.ok_or_else(unknown)
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Looks whether the file fits what is asked, and says what was guessed.
    async fn prepare(
        &self,
        live: &Arc<Live>,
        actor: &Actor,
        (entity, batch): (EntityId, Id),
        file: &File,
        mut asked: Asked,
    ) -> Result<(batches::Import, Asked), Refusal> {
        let (engine, live, actor, file) = (self.clone(), Arc::clone(live), actor.clone(), file.clone());
        let look = move || {
            if asked.by == By::Guess {
                let content = BufReader::new(engine.open_file(&file)?);
                let guess = guess::guess(&live.model, entity, content, &file.name, &asked.reading);
                asked.by = By::Inline(document::of_guess(&guess.map_err(Error::into_refusal)?));
            }
            let mapping = mapping(&live.model, entity, &asked.by)?;
            let request = request(actor, (entity, batch), &file, &asked, mapping.as_deref());
            let reading = request.reading();
            let content = BufReader::new(engine.open_file(&file)?);
            let source = Source::open(content, &file.name, &reading).map_err(Error::into_refusal)?;
            let plan = header::plan(&live.model, &request, reading, source.headers());
            let plan = plan.map_err(|slips| Error::Columns(slips).into_refusal())?;
            let new = batch::new(&live, &request, &plan, (batch, engine.clock().now()));
            Ok((new, asked))
        };
        let looked = tokio::task::spawn_blocking(look).await;
        looked.map_err(|error| Refusal::internal("an import is looked at", &error))?
    }

    /// Stops an import that waits or is under way. What it has brought in stays, and can be taken back.
    ///
    /// # Errors
    /// When there is none, it has ended, or the actor may not import.
    pub async fn cancel_import(&self, actor: &Actor, batch: Id) -> Result<(), Refusal> {
        let actor = actor.clone();
        self.write(Priority::Interactive, Isolation::ReadCommitted, move |engine, live, tx| {
            let order = stored::find(tx, batch)?.ok_or_else(|| batch::unknown(batch))?;
            told::may(&actor, &live, &order.entity)?;
            if !stop(engine, tx, batch)? {
                let message = Message::with("import_ended", [batch.to_string()]);
                return Err(Refusal::new(Kind::Conflict, "import_ended", message));
            }
            Ok(())
        })
        .await
    }

    /// Queues taking an import back. One that is under way is stopped.
    ///
    /// # Errors
    /// When there is none, it was a dry run, it was taken back already, or the actor may not import.
    pub async fn order_undo(&self, actor: &Actor, batch: Id) -> Result<(), Refusal> {
        let actor = actor.clone();
        self.write(Priority::Interactive, Isolation::ReadCommitted, move |engine, live, tx| {
            let Some(import) = batches::find(tx, batch)? else {
                let order = stored::find(tx, batch)?.ok_or_else(|| batch::unknown(batch))?;
                told::may(&actor, &live, &order.entity)?;
                let message = Message::with("import_dry", [batch.to_string()]);
                return Err(Refusal::new(Kind::Conflict, "import_dry", message));
            };
            told::may(&actor, &live, &import.entity)?;
            if let (batches::State::Undone, Some(undo)) = (import.state, import.undo) {
                return Err(super::undo::undone(&import, undo));
            }
            stop(engine, tx, batch)?;
            stored::undo(tx, batch, actor.user.map(|user| user.id), engine.clock().now())?;
            enqueue(engine, tx, errand::UNDO, batch)
        })
        .await
    }
}

/// Begins the batch of an order. One of the same file that is not at its end is in the way, unless it is to be left.
fn begin(engine: &Engine, tx: &mut Tx, new: &batches::Import, anew: bool) -> Result<(), Refusal> {
    for old in batch::others(tx, new)? {
        if !anew {
            let message = Message::with("import_under_way", [old.batch.to_string()]);
            return Err(Refusal::new(Kind::Conflict, "import_under_way", message));
        }
        if !stop(engine, tx, old.batch)? {
            leave(engine, tx, old.batch)?;
        }
    }
    Ok(batches::start(tx, new)?)
}

/// Stops an order that has not ended. False when there is none.
fn stop(engine: &Engine, tx: &mut Tx, batch: Id) -> Result<bool, Refusal> {
    let at = engine.clock().now();
    let outcome = Outcome { state: State::Cancelled, at, report: None, error: None, rejects: None };
    let was_open = stored::end(tx, batch, &outcome)?;
    if was_open {
        leave(engine, tx, batch)?;
        job::cancel(tx, &key(errand::IMPORT, batch))?;
    }
    Ok(was_open)
}

/// Whoever is at a batch loses it.
pub(super) fn leave(engine: &Engine, tx: &mut Tx, batch: Id) -> Result<(), Refusal> {
    Ok(batches::leave(tx, batch, engine.ids().id(engine.clock().now()))?)
}

/// Keeps a file with an order.
pub(super) fn keep(tx: &mut Tx, kept: &File, batch: Id) -> Result<(), Refusal> {
    file::touch(tx, &kept.hash, kept.size, kept.created_at)?;
    file::add(tx, kept)?;
    own(tx, kept.id, batch)
}

/// A file belongs to an order from now on.
pub(super) fn own(tx: &mut Tx, file: Id, batch: Id) -> Result<(), Refusal> {
    file::attach(tx, &[file], &Owner { entity: OWNER.into(), record: batch, field: "file".into() })?;
    Ok(())
}

fn key(kind: &str, batch: Id) -> String {
    format!("{kind}:{batch}")
}

fn enqueue(engine: &Engine, tx: &mut Tx, kind: &str, batch: Id) -> Result<(), Refusal> {
    let now = engine.clock().now();
    let job = NewJob {
        id: engine.ids().id(now),
        lane: Lane::Long,
        kind: kind.into(),
        key: Some(key(kind, batch).into()),
        due_at: now,
        payload: Arc::new(json!({"batch": batch.to_string()})),
    };
    Ok(job::enqueue(tx, &job)?)
}

/// Forgets orders that ended long ago, and their files.
pub(crate) fn sweep(tx: &mut Tx, now: Timestamp) -> Result<(), Refusal> {
    for (dry, kept) in [(true, KEPT_DRY), (false, KEPT)] {
        let before = now.checked_sub(kept).unwrap_or(now);
        let old = stored::old(tx, dry, before, MOST_FORGOTTEN)?;
        if !old.is_empty() {
            file::remove_of(tx, &old, now)?;
            stored::remove(tx, &old)?;
        }
    }
    Ok(())
}

/// The mapping that is asked for.
pub(super) fn mapping(model: &Model, entity: EntityId, by: &By) -> Result<Option<Arc<Mapping>>, Refusal> {
    match by {
        By::Headings | By::Guess => Ok(None),
        By::Inline(body) => document::mapping(model, entity, body).map(|mapping| Some(Arc::new(mapping))),
        By::Named(name) => {
            let named = |mapping: &&Mapping| *mapping.name == **name && mapping.entity == entity;
            let found = model.mappings.iter().find(named).map(|mapping| Some(Arc::new(mapping.clone())));
            found.ok_or_else(|| {
                let message = Message::with("import_mapping_unknown", [name.as_str()]);
                Refusal::invalid(vec![FieldError::new("mapping", "import_mapping_unknown", message)])
            })
        }
    }
}

/// What is asked, as every import is asked for.
pub(super) fn request<'m>(
    actor: Actor,
    (entity, batch): (EntityId, Id),
    file: &File,
    asked: &Asked,
    mapping: Option<&'m Mapping>,
) -> Request<'m> {
    Request {
        actor: Actor { via: Via::Import, ..actor },
        entity,
        file: file.name.to_string(),
        hash: hash(&file.hash),
        anew: asked.anew,
        reading: Reading::clone(&asked.reading),
        mapping,
        matching: asked.matching.clone(),
        on_match: asked.on_match,
        batch: Some(batch),
        mode: if asked.live { Mode::Live } else { Mode::Load },
        dry_run: asked.dry_run,
    }
}

/// A hash of hexadecimal digits.
fn hash(digits: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    let byte = |at: usize| u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok();
    for (at, place) in hash.iter_mut().enumerate() {
        *place = byte(at)?;
    }
    Some(hash)
}
