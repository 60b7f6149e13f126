//! Rows that refer to each other in a circle: made without those references first, which are given at the end, all in one
//! transaction.

use std::collections::HashSet;
use std::sync::Arc;

use fichero_model::fold;
use fichero_store::Priority;

use super::source::Line;
use super::task::{Done, Import, Memory, Waiting};
use crate::engine::Engine;
use crate::live::Live;
use crate::refusal::Refusal;
use crate::slice::Task as _;

/// The most rows that are tied in one transaction.
const MOST: usize = 2_000;

/// Takes out the rows that cannot be helped: what they refer to is not among the others either.
pub(super) fn hopeless(waiting: &mut Vec<Waiting>) -> Vec<Waiting> {
    let mut lost = Vec::new();
    loop {
        let offered: HashSet<String> =
            waiting.iter().flat_map(|waiting| &waiting.offers).map(|name| fold::key(name)).collect();
        let (kept, gone): (Vec<_>, Vec<_>) = std::mem::take(waiting)
            .into_iter()
            .partition(|one| one.missing.iter().all(|name| offered.contains(&fold::key(name))));
        *waiting = kept;
        if gone.is_empty() {
            break;
        }
        lost.extend(gone);
    }
    // A knot that is too large for one transaction is not begun.
    lost.extend(waiting.split_off(waiting.len().min(MOST)));
    lost.sort_by_key(|waiting| waiting.line.number);
    lost
}

/// Makes rows that need each other. Each that is refused leaves, and the others are tried again without it.
pub(super) async fn tie(
    engine: &Engine,
    live: &Arc<Live>,
    task: &Import,
    lines: Arc<[Line]>,
) -> Result<Vec<(Line, Result<Done, Refusal>)>, Refusal> {
    let mut left: Vec<Line> = lines.to_vec();
    let mut settled = Vec::new();
    while !left.is_empty() {
        match all(engine, live, task, left.clone().into()).await {
            Ok(done) => {
                settled.extend(left.drain(..).zip(done.into_iter().map(Ok)));
            }
            Err(Ended::Failed(refusal)) => return Err(refusal),
            Err(Ended::Row(at, refusal)) => {
                let line = left.remove(at);
                settled.push((line, Err(refusal)));
            }
        }
    }
    Ok(settled)
}

async fn all(engine: &Engine, live: &Arc<Live>, task: &Import, lines: Arc<[Line]>) -> Result<Vec<Done>, Ended> {
    let (live, task) = (Arc::clone(live), task.clone());
    let isolation = live.isolation_of_saves(task.entities(&live));
    engine
        .write(Priority::Background, isolation, move |engine, _, tx| {
            live.guard(tx)?;
            let mut memory = Memory::default();
            let mut parts = Vec::with_capacity(lines.len());
            for (at, line) in lines.iter().enumerate() {
                let work = engine.work(Arc::clone(&live), tx, task.actor(), task.mode());
                parts.push(task.part(&work, line, &mut memory).map_err(|refusal| Ended::Row(at, refusal))?);
            }
            for (at, (line, part)) in lines.iter().zip(&parts).enumerate() {
                let Done::Taken { record, .. } = part else { continue };
                let work = engine.work(Arc::clone(&live), tx, task.actor(), task.mode());
                task.rest(&work, line, *record, &mut memory).map_err(|refusal| Ended::Row(at, refusal))?;
            }
            let done: Vec<Result<Done, Refusal>> = parts.into_iter().map(Ok).collect();
            task.close(tx, &lines, &done)?;
            Ok(done.into_iter().flatten().collect())
        })
        .await
}

/// Why the knot was undone.
enum Ended {
    /// This row was refused.
    Row(usize, Refusal),
    /// The database.
    Failed(Refusal),
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        Ended::Failed(refusal)
    }
}

impl From<fichero_store::Error> for Ended {
    fn from(error: fichero_store::Error) -> Self {
        Ended::Failed(error.into())
    }
}
