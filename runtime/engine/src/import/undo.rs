//! Takes an import back: what it made goes to the trash, what it changed gets its former values back.
//!
//! Nothing that anybody did since is lost: a record that was edited after the import stays as it is, one that something
//! else refers to stays, too, and both are told of. The changes of taking back are a batch of their own in the history.
//! Records are gone through from the last change to the first, so that what refers goes before what it refers to; each
//! slice notes its counts with its changes, and one that broke off is simply run again.

use std::sync::Arc;

use fichero_model::entity::Source;
use fichero_model::expr::Row;
use fichero_model::kind::Kind;
use fichero_model::{EntityId, Id, Ref};
use fichero_store::system::change::{self, Change};
use fichero_store::system::import::{self as stored, State, Undo};
use fichero_store::{Isolation, Lock, Priority, Tx};
use serde_json::{Map, Value as Json, json};

use super::batch;
use crate::actor::{Actor, Via};
use crate::command::{Command, Mode};
use crate::engine::Engine;
use crate::live::Live;
use crate::message::{Argument, Message};
use crate::policy::{self, Action};
use crate::record::work::Work;
use crate::record::{self, log};
use crate::refusal::{Kind as RefusalKind, Refusal};
use crate::slice::{self, Task};
use crate::value::json as codec;

/// The most records that are told of one by one; all are counted.
pub const MOST_TOLD: usize = 1_000;

/// How far back the history of a record is looked at. One with more changes than these stays as it is.
const MOST_CHANGES: u32 = 200;

/// What came of taking an import back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The batch of the changes that this made.
    pub undo: Id,
    /// Records that are as they were before the import: in the trash, or with their former values.
    pub reversed: u64,
    /// Records that stay because they were edited since.
    pub kept: u64,
    /// Records that stay because something is in the way.
    pub blocked: u64,
    /// The first of those that stay, at most [`MOST_TOLD`].
    pub stayed: Vec<Stayed>,
}

/// A record that stays as the import left it, or as somebody edited it since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stayed {
    /// The entity's name, or its table where it has left the definitions.
    pub entity: Arc<str>,
    /// Which record.
    pub id: Id,
    /// What it is called, where it is still there; what is in the way begins with it.
    pub title: Option<String>,
    /// Why.
    pub why: Why,
}

/// Why a record stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Somebody edited or deleted it since.
    Edited,
    /// This is in the way.
    Blocked(Refusal),
}

/// Takes an import back. One that broke off is never taken up again afterwards.
///
/// # Errors
/// When there is no such import, it was taken back already, or the database fails.
pub async fn run(engine: &Engine, actor: &Actor, batch: Id, mut tell: impl FnMut(u64)) -> Result<Report, Refusal> {
    let live = engine.live();
    let import = begin(engine, &live, actor, batch).await?;
    let Some(Undo { batch: undo, .. }) = import.undo else { return Err(Refusal::not_found()) };
    let actor = Actor { via: Via::Import, cause: Some(undo), ..actor.clone() };
    let mut report = Report { undo, reversed: 0, kept: 0, blocked: 0, stayed: Vec::new() };
    let mut before = None;
    loop {
        let most = u32::try_from(slice::MOST).unwrap_or(u32::MAX);
        let changes = engine.read(move |_, _, tx| Ok(change::of_batch_backwards(tx, batch, before, most)?)).await?;
        let Some(last) = changes.last() else { break };
        before = Some(last.id);
        let changes: Arc<[Change]> = changes.into();
        let mut at = 0;
        while at < changes.len() {
            let task = Arc::new(Reverse {
                actor: actor.clone(),
                batch,
                state: import.state,
                entities: entities(&live, &changes),
                before: counts(&report, undo),
            });
            let slice = slice::run(engine, &live, &task, &changes, at).await?;
            at += slice.results.len().max(1);
            for (change, result) in changes.iter().skip(at - slice.results.len()).zip(slice.results) {
                settle(&mut report, &live, change, result);
            }
            tell(report.reversed + report.kept + report.blocked);
        }
    }
    end(engine, &import, &report).await?;
    Ok(report)
}

/// Notes that an import is being taken back, from where nobody goes on with it.
async fn begin(engine: &Engine, live: &Arc<Live>, actor: &Actor, batch: Id) -> Result<stored::Import, Refusal> {
    let (live, actor) = (Arc::clone(live), actor.clone());
    let new = Undo { batch: engine.ids().id(engine.clock().now()), at: None, reversed: 0, kept: 0, blocked: 0 };
    engine
        .write(Priority::Interactive, Isolation::ReadCommitted, move |_, _, tx| {
            let mut import = stored::find(tx, batch)?.ok_or_else(|| batch::unknown(batch))?;
            match live.entity_of_table(&import.entity) {
                Some(entity) => policy::may(&actor, &live.model, entity, Action::Import)?,
                None if actor.admin => {}
                None => return Err(Refusal::forbidden()),
            }
            if let (State::Undone, Some(undo)) = (import.state, import.undo) {
                return Err(undone(&import, undo));
            }
            if import.state == State::Running {
                import.state = State::Left;
            }
            let undo = import.undo.map_or(new, |old| Undo { batch: old.batch, ..new });
            stored::undo(tx, batch, import.state, undo)?;
            Ok(stored::Import { undo: Some(undo), ..import })
        })
        .await
}

pub(super) fn undone(import: &stored::Import, undo: Undo) -> Refusal {
    let at = undo.at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    let arguments = [import.batch.to_string(), at, undo.reversed.to_string(), undo.kept.to_string()];
    Refusal::new(RefusalKind::Conflict, "import_undone", Message::with("import_undone", arguments))
}

/// Nothing more can be taken back of an import once nothing is in the way; until then it may be tried again.
async fn end(engine: &Engine, import: &stored::Import, report: &Report) -> Result<(), Refusal> {
    let state = if report.blocked == 0 { State::Undone } else { import.state };
    let (batch, undo) = (import.batch, counts(report, report.undo));
    engine
        .write(Priority::Interactive, Isolation::ReadCommitted, move |engine, _, tx| {
            stored::undo(tx, batch, state, Undo { at: Some(engine.clock().now()), ..undo }).map_err(Refusal::from)
        })
        .await
}

fn counts(report: &Report, undo: Id) -> Undo {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let (reversed, kept, blocked) = (count(report.reversed), count(report.kept), count(report.blocked));
    Undo { batch: undo, at: None, reversed, kept, blocked }
}

fn entities(live: &Live, changes: &[Change]) -> Vec<EntityId> {
    let mut entities: Vec<EntityId> =
        changes.iter().filter_map(|change| live.entity_of_table(&change.entity)).collect();
    entities.sort_unstable();
    entities.dedup();
    entities
}

fn settle(report: &mut Report, live: &Live, change: &Change, result: Result<Fate, Refusal>) {
    let (why, title) = match result {
        Ok(Fate::Older) => return,
        Ok(Fate::Reversed) => {
            report.reversed += 1;
            return;
        }
        Ok(Fate::Edited(title)) => {
            report.kept += 1;
            (Why::Edited, title)
        }
        Err(refusal) => {
            report.blocked += 1;
            (Why::Blocked(refusal), None)
        }
    };
    if report.stayed.len() < MOST_TOLD {
        let entity = live.entity_of_table(&change.entity);
        let entity = entity.map_or_else(|| Arc::clone(&change.entity), |entity| Arc::clone(&live.model[entity].name));
        report.stayed.push(Stayed { entity, id: change.record, title, why });
    }
}

/// What becomes of a change.
#[derive(Debug)]
enum Fate {
    /// A later change of the import stands for it.
    Older,
    /// It is taken back.
    Reversed,
    /// The record was edited or deleted since; with its title.
    Edited(Option<String>),
}

/// Takes the changes of a slice back.
struct Reverse {
    actor: Actor,
    batch: Id,
    /// The state of the import while it is taken back.
    state: State,
    entities: Vec<EntityId>,
    /// The counts before this slice.
    before: Undo,
}

impl Task for Reverse {
    type Item = Change;
    type Done = Fate;
    type Memory = ();

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn mode(&self) -> Mode {
        Mode::Load
    }

    fn entities(&self, _: &Live) -> Vec<EntityId> {
        self.entities.clone()
    }

    fn deletes(&self) -> bool {
        true
    }

    fn one(&self, work: &Work<'_>, change: &Change, (): &mut ()) -> Result<Fate, Refusal> {
        let Some(entity) = work.live.entity_of_table(&change.entity) else {
            return Err(Refusal::new(RefusalKind::Conflict, "undo_gone", Message::key("undo_gone")));
        };
        let reference = Ref { entity, id: change.record };
        let row = work.lock_any(reference, Lock::Change)?;
        let history = work.history(reference, None, MOST_CHANGES)?;
        let is_ours = |change: &&Change| change.batch == Some(self.batch);
        if history.iter().find(is_ours).is_some_and(|last| last.id != change.id) {
            return Ok(Fate::Older);
        }
        let ours: Vec<&Change> = history.iter().take_while(is_ours).collect();
        let (Some(last), Some(first)) = (ours.first(), ours.last()) else {
            let is_reversed = history.first().is_some_and(|last| last.batch == Some(self.before.batch));
            return Ok(if is_reversed {
                Fate::Reversed
            } else {
                Fate::Edited(row.map(|row| record::titled(work, &row)))
            });
        };
        let is_whole = history.len() < MOST_CHANGES as usize;
        if !is_whole || history.iter().skip(ours.len()).any(|change| is_ours(&change)) {
            return Ok(Fate::Edited(row.map(|row| record::titled(work, &row))));
        }
        let Some(row) = row else { return Ok(Fate::Edited(None)) };
        let (id, version) = (reference.id, None);
        let (is_new, is_gone) = (&*first.action == "create", &*last.action == "delete");
        match (is_new, is_gone) {
            (true, true) => {}
            (true, false) => {
                named(work, &row, record::apply(work, Command::Withdraw { entity, id, version }))?;
            }
            (false, _) => {
                if is_gone {
                    record::apply(work, Command::Restore { entity, id, version })?;
                }
                named(work, &row, revert(work, &row, &ours))?;
            }
        }
        Ok(Fate::Reversed)
    }

    fn close(&self, tx: &mut Tx, _: &[Change], results: &[Result<Fate, Refusal>]) -> Result<(), Refusal> {
        let mut undo = self.before;
        for result in results {
            match result {
                Ok(Fate::Older) => {}
                Ok(Fate::Reversed) => undo.reversed += 1,
                Ok(Fate::Edited(_)) => undo.kept += 1,
                Err(_) => undo.blocked += 1,
            }
        }
        Ok(stored::undo(tx, self.batch, self.state, undo)?)
    }
}

/// What is told of a record that stays begins with what it is called.
fn named<T>(work: &Work<'_>, row: &Row, result: Result<T, Refusal>) -> Result<T, Refusal> {
    result.map_err(|refusal| match refusal.kind {
        RefusalKind::Unavailable => refusal,
        _ => {
            let told = Argument::Told(Box::new(refusal.detail));
            let detail = Message::with("undo_blocked", [Argument::Plain(record::titled(work, row)), told]);
            Refusal { detail, ..refusal }
        }
    })
}

/// Gives a record the values back that it had before some changes, the last of which come first.
fn revert(work: &Work<'_>, row: &Arc<Row>, changes: &[&Change]) -> Result<(), Refusal> {
    let model = &work.live.model;
    let mut body = Map::new();
    let mut computed = Map::new();
    for change in changes {
        let Some(Json::Object(members)) = change.body.as_deref() else {
            let is_told = &*change.action != "update";
            if is_told {
                continue;
            }
            return Err(Refusal::new(RefusalKind::Conflict, "undo_erased", Message::key("undo_erased")));
        };
        for (column, pair) in members {
            let Some((_, id)) = work.live.field_of_column(&change.entity, column) else { continue };
            let field = &model[row.entity][id];
            // Lines have changes of their own.
            if matches!(field.kind, Kind::Lines { .. }) {
                continue;
            }
            if field.sensitive {
                let message = Message::with("undo_sensitive", [&field.label]);
                return Err(Refusal::new(RefusalKind::Conflict, "undo_sensitive", message));
            }
            let former = pair.get(0).cloned().unwrap_or_default();
            match field.source {
                // What follows its inputs follows them back.
                Source::Compute(_) if !row.overridden.contains(&id) => {}
                Source::Compute(_) => {
                    log::put_former(&mut computed, field, &former);
                    body.insert(field.name.to_string(), Json::Null);
                }
                _ => log::put_former(&mut body, field, &former),
            }
        }
    }
    give(work, row, &body)?;
    // One that was overridden before the import is what it was then; any other follows its inputs again.
    let Some(now) = row.reference().map(|reference| work.any(reference)).transpose()?.flatten() else { return Ok(()) };
    let differs = |(name, former): &(&String, &Json)| {
        let field = model[row.entity].field(name).filter(|(_, field)| !matches!(field.kind, Kind::Money { .. }));
        field.is_none_or(|(id, field)| codec::write(model, field, now.get(id)) != **former)
    };
    let overridden: Map<String, Json> =
        computed.iter().filter(differs).map(|(name, former)| (name.clone(), former.clone())).collect();
    give(work, &now, &overridden)
}

fn give(work: &Work<'_>, row: &Row, body: &Map<String, Json>) -> Result<(), Refusal> {
    let (Some(id), false) = (row.id(), body.is_empty()) else { return Ok(()) };
    let input = codec::input(&work.live.model, row.entity, &json!(body))?;
    record::apply(work, Command::Update { entity: row.entity, id, input, version: None }).map(drop)
}
