//! Many records in few transactions: what imports and data documents share.
//!
//! A slice is one background transaction of at most 20 ms or 500 items, so that people at their screens wait no longer
//! than that. An item that is refused leaves nothing behind and does not touch its neighbours. On PostgreSQL, where each
//! savepoint costs two round trips, a slice is first tried without any; only when something in it is refused it is done
//! again item by item.

use std::sync::Arc;

use fichero_store::{Dialect, Isolation, Priority, Tx};

use crate::actor::Actor;
use crate::command::Mode;
use crate::engine::Engine;
use crate::live::Live;
use crate::record::work::Work;
use crate::refusal::{Kind, Refusal};

/// The most items of one transaction.
pub(crate) const MOST: usize = 500;

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

    /// Whether everything is done and then undone, to see what would happen.
    fn is_dry(&self) -> bool {
        false
    }

    /// Does one. It must not keep in `memory` what its own refusal would undo.
    ///
    /// # Errors
    /// When it is refused.
    fn one(&self, work: &Work<'_>, item: &Self::Item, memory: &mut Self::Memory) -> Result<Self::Done, Refusal>;

    /// Ends the transaction, with what became of its items.
    ///
    /// # Errors
    /// When the database cannot be written; the slice is rolled back then.
    fn close(&self, tx: &mut Tx, results: &[Result<Self::Done, Refusal>]) -> Result<(), Refusal>;
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
    let tentative = engine.db().dialect() == Dialect::Postgres;
    match once(engine, live, task, items, from, !tentative).await {
        Err(Ended::Refused) => once(engine, live, task, items, from, true).await,
        other => other,
    }
    .or_else(|ended| match ended {
        Ended::Dry(slice) => Ok(*slice),
        Ended::Refused => Err(Refusal::internal("slice", &"an item was refused outside of its savepoint")),
        Ended::Failed(refusal) => Err(refusal),
    })
}

async fn once<T: Task>(
    engine: &Engine,
    live: &Arc<Live>,
    task: &Arc<T>,
    items: &Arc<[T::Item]>,
    from: usize,
    apart: bool,
) -> Result<Slice<T>, Ended<T>> {
    let (live, task, items) = (Arc::clone(live), Arc::clone(task), Arc::clone(items));
    engine
        .write(Priority::Background, Isolation::Serializable, move |engine, _, tx| {
            // The items speak of the model that was pinned when they were prepared, not of one that came since.
            live.guard(tx)?;
            let mut slice = Slice { results: Vec::new(), memory: T::Memory::default() };
            for item in items.iter().skip(from).take(MOST) {
                let result = step(engine, &live, tx, &*task, item, &mut slice.memory, apart);
                match &result {
                    Err(refusal) if refusal.kind == Kind::Unavailable => return Err(Ended::Failed(refusal.clone())),
                    Err(_) if !apart => return Err(Ended::Refused),
                    _ => slice.results.push(result),
                }
                if tx.should_yield() {
                    break;
                }
            }
            task.close(tx, &slice.results)?;
            if task.is_dry() { Err(Ended::Dry(Box::new(slice))) } else { Ok(slice) }
        })
        .await
}

fn step<T: Task>(
    engine: &Engine,
    live: &Arc<Live>,
    tx: &mut Tx,
    task: &T,
    item: &T::Item,
    memory: &mut T::Memory,
    apart: bool,
) -> Result<T::Done, Refusal> {
    let mut one = |tx: &mut Tx| task.one(&engine.work(Arc::clone(live), tx, task.actor(), task.mode()), item, memory);
    if apart { tx.savepoint(one) } else { one(tx) }
}

/// Why a slice was rolled back.
enum Ended<T: Task> {
    /// It was only to be seen what would happen.
    Dry(Box<Slice<T>>),
    /// Something in it was refused, and nothing kept it apart.
    Refused,
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
