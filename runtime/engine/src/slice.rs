//! Many records in few transactions: what imports and data documents share.
//!
//! A slice is one background transaction of at most 20 ms or 500 items, so that people at their screens wait no longer
//! than that. An item that is refused leaves nothing behind and does not touch its neighbours. A savepoint for each would
//! cost two round trips on PostgreSQL and a second copy of each changed page on SQLite, so a slice is first tried without
//! any, and brings the rollups of all parents up to date at its end; only when something in it is refused after it was
//! begun to be written, the slice is done again item by item.
//!
//! Nobody waits for a slice, so one that met others again and again has time: it is tried again, smaller and after
//! growing pauses, for minutes. On SQLite another process that wants to write gets its turn between two slices.

use std::sync::Arc;
use std::time::Duration;

use fichero_model::EntityId;
use fichero_store::{Dialect, Priority, Tx};

use crate::actor::Actor;
use crate::command::Mode;
use crate::engine::Engine;
use crate::live::Live;
use crate::record::rollup;
use crate::record::work::{Carried, Work};
use crate::refusal::{Kind, Refusal};

/// The most items of one transaction.
pub(crate) const MOST: usize = 500;

/// How long a slice that others are in the way of waits before it is tried again; twice as long each time, up to
/// [`LONGEST`].
const PAUSE: Duration = Duration::from_millis(20);

/// The longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(5);

/// How long a slice waits in all before it is given up.
const PATIENCE: Duration = Duration::from_secs(180);

/// How long SQLite is left to other processes between two slices. They ask for it each millisecond.
const GAP: Duration = Duration::from_millis(4);

/// What is done with each item.
pub(crate) trait Task: Send + Sync + 'static {
    /// One of many.
    type Item: Send + Sync + 'static;
    /// What became of an item.
    type Done: Send + 'static;
    /// What is learned along the way and forgotten when the transaction is rolled back.
    type Memory: Default + Send + 'static;

    /// Who acts.
    fn actor(&self) -> &Actor;

    /// How the commands are meant.
    fn mode(&self) -> Mode;

    /// The entities whose records it makes or changes.
    fn entities(&self, live: &Live) -> Vec<EntityId>;

    /// Whether it deletes records, too.
    fn deletes(&self) -> bool {
        false
    }

    /// Whether everything is done and then undone, to see what would happen.
    fn is_dry(&self) -> bool {
        false
    }

    /// Prepares for items of which each may be done next: what can be read for many at once is read here. Not asked where
    /// items are kept apart.
    ///
    /// # Errors
    /// When the database cannot be read.
    fn ahead(&self, _work: &Work<'_>, _items: &[Self::Item], _memory: &mut Self::Memory) -> Result<(), Refusal> {
        Ok(())
    }

    /// Does one. It must not keep in `memory` what its own refusal would undo.
    ///
    /// # Errors
    /// When it is refused.
    fn one(&self, work: &Work<'_>, item: &Self::Item, memory: &mut Self::Memory) -> Result<Self::Done, Refusal>;

    /// Ends the transaction, with its items and what became of them.
    ///
    /// # Errors
    /// When the database cannot be written; the slice is rolled back then.
    fn close(&self, tx: &mut Tx, items: &[Self::Item], results: &[Result<Self::Done, Refusal>]) -> Result<(), Refusal>;
}

/// What became of a slice.
pub(crate) struct Slice<T: Task> {
    /// One result for each item of the slice, in order: as many as there was time for, at least one.
    pub results: Vec<Result<T::Done, Refusal>>,
    /// What was learned.
    pub memory: T::Memory,
}

/// Does a slice of the items that begin at `from`, by the model that they were prepared for.
///
/// # Errors
/// When the database cannot be read or written; nothing was changed then. An item that is refused is no error.
pub(crate) async fn run<T: Task>(
    engine: &Engine,
    live: &Arc<Live>,
    task: &Arc<T>,
    items: &Arc<[T::Item]>,
    from: usize,
) -> Result<Slice<T>, Refusal> {
    let is_sqlite = engine.db().dialect() == Dialect::Sqlite;
    let mut how = How { from, most: MOST, apart: false };
    let (mut pause, mut waited) = (PAUSE, Duration::ZERO);
    loop {
        match once(engine, live, task, items, how).await {
            Ok(slice) => {
                if is_sqlite {
                    tokio::time::sleep(GAP).await;
                }
                return Ok(slice);
            }
            Err(Ended::Dry(slice)) => return Ok(*slice),
            Err(Ended::Refused) if how.apart => {
                return Err(Refusal::internal("slice", &"an item was refused outside of its savepoint"));
            }
            Err(Ended::Refused) => how.apart = true,
            Err(Ended::Failed(refusal)) => {
                if refusal.kind != Kind::Unavailable || refusal.is_unsure() || waited >= PATIENCE {
                    return Err(refusal);
                }
                // By another model the items mean nothing, however long one waits.
                let asked = Arc::clone(live);
                let outdated = engine.read(move |_, _, tx| asked.is_superseded(tx).map_err(Refusal::from)).await;
                if outdated.unwrap_or(false) {
                    return Err(refusal);
                }
                how.most = (how.most / 2).max(1);
                waited += pause;
                tokio::time::sleep(jittered(engine, pause)).await;
                pause = LONGEST.min(pause * 2);
            }
            Err(Ended::Superseded) => return Err(Refusal::unavailable()),
        }
    }
}

/// Half of a pause, and up to as much again by chance, so that those who met do not meet again.
fn jittered(engine: &Engine, pause: Duration) -> Duration {
    let mut chance = [0];
    engine.ids().random(&mut chance);
    pause / 2 + pause / 2 * u32::from(chance[0]) / 255
}

/// How a slice is done.
#[derive(Clone, Copy)]
struct How {
    /// The first of its items.
    from: usize,
    /// How many at most.
    most: usize,
    /// Whether each item is kept apart by a savepoint.
    apart: bool,
}

async fn once<T: Task>(
    engine: &Engine,
    live: &Arc<Live>,
    task: &Arc<T>,
    items: &Arc<[T::Item]>,
    how: How,
) -> Result<Slice<T>, Ended<T>> {
    let (live, task, items) = (Arc::clone(live), Arc::clone(task), Arc::clone(items));
    let How { from, most, apart } = how;
    let isolation = match task.deletes() {
        true => live.isolation_of_removals(task.entities(&live)),
        false => live.isolation_of_saves(task.entities(&live)),
    };
    engine
        .write(Priority::Background, isolation, move |engine, _, tx| {
            // The items speak of the model that was pinned when they were prepared, not of one that came since.
            if live.is_superseded(tx)? {
                return Err(Ended::Superseded);
            }
            let mut slice = Slice { results: Vec::new(), memory: T::Memory::default() };
            if !apart {
                tx.gather();
                let next = items.get(from..items.len().min(from + most)).unwrap_or_default();
                let work = engine.work(Arc::clone(&live), tx, task.actor(), task.mode());
                task.ahead(&work, next, &mut slice.memory)?;
            }
            let mut carried = Carried::default();
            for item in items.iter().skip(from).take(most) {
                let mark = tx.mark();
                let result = match apart {
                    true => tx.savepoint(|tx| {
                        let work = engine.work(Arc::clone(&live), tx, task.actor(), task.mode());
                        let done = task.one(&work, item, &mut slice.memory)?;
                        // A record that is still to be written is refused in words about its fields only here.
                        work.with(Tx::settle)?;
                        Ok(done)
                    }),
                    false => {
                        let work = engine.work(Arc::clone(&live), tx, task.actor(), task.mode());
                        work.defer(carried);
                        let result = task.one(&work, item, &mut slice.memory);
                        carried = work.leave();
                        result
                    }
                };
                match &result {
                    Err(refusal) if refusal.kind == Kind::Unavailable => return Err(Ended::Failed(refusal.clone())),
                    Err(_) if !apart && !tx.is_unchanged_since(mark) => return Err(Ended::Refused),
                    _ => slice.results.push(result),
                }
                if tx.should_yield() {
                    break;
                }
            }
            let work = engine.work(Arc::clone(&live), tx, task.actor(), task.mode());
            work.defer(carried);
            match rollup::settle(&work) {
                Err(refusal) if refusal.kind == Kind::Unavailable => return Err(Ended::Failed(refusal)),
                // It is not known which of the items is to blame.
                Err(_) => return Err(Ended::Refused),
                Ok(()) => task.close(tx, items.get(from..).unwrap_or_default(), &slice.results)?,
            }
            if task.is_dry() { Err(Ended::Dry(Box::new(slice))) } else { Ok(slice) }
        })
        .await
}

/// Why a slice was rolled back.
enum Ended<T: Task> {
    /// It was only to be seen what would happen.
    Dry(Box<Slice<T>>),
    /// Something in it was refused, and nothing kept it apart.
    Refused,
    /// The definitions have changed since its items were prepared.
    Superseded,
    /// The database.
    Failed(Refusal),
}

impl<T: Task> From<Refusal> for Ended<T> {
    fn from(refusal: Refusal) -> Self {
        Ended::Failed(refusal)
    }
}

impl<T: Task> From<fichero_store::Error> for Ended<T> {
    fn from(error: fichero_store::Error) -> Self {
        Ended::Failed(error.into())
    }
}
