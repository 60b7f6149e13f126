//! What is told of imports: of those that were ordered, and of those of the command line.

use std::sync::Arc;

use fichero_model::{EntityId, Id};
use fichero_store::system::file::{self, File};
use fichero_store::system::import::{self as batches, Import, Progress};
use fichero_store::system::import_order::{self as stored, Order, State, Undoing};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::{MOST_LISTED, batch};
use crate::actor::Actor;
use crate::engine::Engine;
use crate::live::Live;
use crate::message::Message;
use crate::policy::{self, Action};
use crate::refusal::Refusal;

/// An import as its reader sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Its batch.
    pub batch: Id,
    /// What it fills.
    pub entity: EntityId,
    /// What its file is called.
    pub file: Arc<str>,
    /// `queued`, `running`, `done`, `failed`, `cancelled` or `undone`.
    pub state: &'static str,
    /// Whether it goes on by itself.
    pub is_open: bool,
    /// Nothing is changed by it.
    pub dry: bool,
    /// How it was asked for; nothing for one of the command line.
    pub request: Option<Arc<Json>>,
    /// The mapping document, where it was one.
    pub mapping: Option<Arc<str>>,
    /// The fields that rows are matched by, with commas between.
    pub matching: Option<Arc<str>>,
    /// Who began it.
    pub actor: Option<Id>,
    /// When.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What came of its rows until now.
    pub progress: Progress,
    /// How large the file is.
    pub size: Option<u64>,
    /// How much of it was read a moment ago.
    pub bytes: Option<u64>,
    /// How many rows are done in a second.
    pub rate: Option<u64>,
    /// In how many seconds it ends at that rate.
    pub seconds_left: Option<u64>,
    /// What came of it in particular.
    pub report: Option<Arc<Json>>,
    /// Why it broke off.
    pub error: Option<Arc<Json>>,
    /// Its file.
    pub file_id: Option<Id>,
    /// The file of its rejected rows.
    pub rejects: Option<Id>,
    /// How it was taken back.
    pub undo: Option<Undone>,
}

/// How an import was taken back, or is.
#[derive(Clone, Debug, PartialEq)]
pub struct Undone {
    /// `queued`, `running`, `done` or `failed`.
    pub state: &'static str,
    /// Whether it goes on by itself.
    pub is_open: bool,
    /// When it ended.
    pub at: Option<Timestamp>,
    /// Records that are as they were.
    pub reversed: i64,
    /// Records that stay because they were edited since.
    pub kept: i64,
    /// Records that stay because something is in the way.
    pub blocked: i64,
    /// The first that stay, and why.
    pub stayed: Option<Arc<Json>>,
    /// Why it broke off.
    pub error: Option<Arc<Json>>,
}

impl Engine {
    /// What is known of an import.
    ///
    /// # Errors
    /// When there is none, or not for this person.
    pub async fn told_import(&self, actor: &Actor, id: Id) -> Result<Told, Refusal> {
        let actor = actor.clone();
        self.read(move |_, live, tx| {
            let (import, order) = (batches::find(tx, id)?, stored::find(tx, id)?);
            let table = import.as_ref().map(|import| &import.entity).or(order.as_ref().map(|order| &order.entity));
            let entity = may(&actor, &live, table.ok_or_else(|| batch::unknown(id))?)?;
            let undoing = stored::undoings(tx, &[id])?.pop();
            told(entity, import, order, undoing).ok_or_else(|| batch::unknown(id))
        })
        .await
    }

    /// The newest imports that are no dry runs: into an entity where one is named, and begun before a batch.
    ///
    /// # Errors
    /// When the actor may import nothing of what is asked for, or the database cannot be read.
    pub async fn told_imports(
        &self,
        actor: &Actor,
        entity: Option<EntityId>,
        before: Option<Id>,
        limit: u32,
    ) -> Result<Vec<Told>, Refusal> {
        let actor = actor.clone();
        self.read(move |_, live, tx| {
            match entity {
                Some(entity) => policy::may(&actor, &live.model, entity, Action::Import)?,
                None if actor.admin => {}
                None => return Err(Refusal::forbidden()),
            }
            let table = entity.map(|entity| live.layout.table_name(entity));
            let imports = batches::list(tx, table.as_deref(), before, limit.min(MOST_LISTED))?;
            let ids: Vec<Id> = imports.iter().map(|import| import.batch).collect();
            let (mut orders, mut undoings) = (stored::many(tx, &ids)?, stored::undoings(tx, &ids)?);
            let told = imports.into_iter().filter_map(|import| {
                let entity = live.entity_of_table(&import.entity)?;
                let order =
                    orders.iter().position(|order| order.batch == import.batch).map(|at| orders.swap_remove(at));
                let undoing = undoings.iter().position(|undoing| undoing.batch == import.batch);
                let undoing = undoing.map(|at| undoings.swap_remove(at));
                told(entity, Some(import), order, undoing)
            });
            Ok(told.collect())
        })
        .await
    }

    /// The file of the rows that an import rejected.
    ///
    /// # Errors
    /// When there is none, or not for this person.
    pub async fn import_rejects(&self, actor: &Actor, id: Id) -> Result<File, Refusal> {
        let found = self.told_import(actor, id).await?;
        let none =
            move || Refusal { detail: Message::with("import_no_rejects", [id.to_string()]), ..Refusal::not_found() };
        let rejects = found.rejects.ok_or_else(none)?;
        self.read(move |_, _, tx| file::many(tx, &[rejects])?.pop().ok_or_else(none)).await
    }
}

/// The entity of a table, if somebody may import into it.
pub(super) fn may(actor: &Actor, live: &Live, table: &str) -> Result<EntityId, Refusal> {
    let entity = live.entity_of_table(table).ok_or_else(Refusal::not_found)?;
    policy::may(actor, &live.model, entity, Action::Import)?;
    Ok(entity)
}

fn told(entity: EntityId, import: Option<Import>, order: Option<Order>, undoing: Option<Undoing>) -> Option<Told> {
    let undo = undone(import.as_ref(), undoing);
    let state = match (import.as_ref().map(|import| import.state), order.as_ref().map(|order| order.state)) {
        (Some(batches::State::Undone), _) => None,
        (_, Some(state)) => Some(state),
        (Some(batches::State::Running), None) => Some(State::Running),
        (Some(batches::State::Done), None) => Some(State::Done),
        (Some(batches::State::Left), None) => Some(State::Cancelled),
        (None, None) => return None,
    };
    let (state, is_ordered) = (state, order.is_some());
    let beat = order.as_ref().and_then(|order| order.beat.clone());
    let of_beat = |key: &str| beat.as_ref()?.get(key)?.as_u64();
    let report = order.as_ref().and_then(|order| order.report.clone());
    let progress = match &import {
        Some(import) => import.progress,
        None => counted(report.as_deref().or(beat.as_deref())),
    };
    let first = import.as_ref().map(|import| (import.batch, Arc::clone(&import.file), import.actor, import.started_at));
    let second = || order.as_ref().map(|order| (order.batch, Arc::clone(&order.name), order.actor, order.ordered_at));
    let (batch, file, actor, started_at) = first.or_else(second)?;
    let is_running = state.is_some_and(State::is_open);
    Some(Told {
        batch,
        entity,
        file,
        state: state.map_or("undone", State::word),
        // One of the command line that broke off goes on when somebody runs that command again.
        is_open: is_running && is_ordered,
        dry: import.is_none(),
        request: order.as_ref().map(|order| Arc::clone(&order.request)),
        mapping: import.as_ref().and_then(|import| import.mapping.clone()).filter(|name| &**name != "inline"),
        matching: import.as_ref().and_then(|import| import.matching.clone()),
        actor,
        started_at,
        ended_at: import.and_then(|import| import.ended_at).or(order.as_ref().and_then(|order| order.ended_at)),
        progress,
        size: order.as_ref().and_then(|order| u64::try_from(order.size).ok()),
        bytes: of_beat("bytes").filter(|_| is_running),
        rate: of_beat("rate").filter(|_| is_running),
        seconds_left: of_beat("seconds_left").filter(|_| is_running),
        report,
        error: order.as_ref().and_then(|order| order.error.clone()),
        file_id: order.as_ref().map(|order| order.file),
        rejects: order.and_then(|order| order.rejects),
        undo,
    })
}

/// The counts of a dry run, which no batch has.
fn counted(report: Option<&Json>) -> Progress {
    let count = |key: &str| report.and_then(|report| report.get(key)?.as_i64()).unwrap_or(0);
    Progress {
        reached: count("rows"),
        created: count("created"),
        updated: count("updated"),
        unchanged: count("unchanged"),
        rejected: count("rejected"),
        made: count("made"),
    }
}

fn undone(import: Option<&Import>, undoing: Option<Undoing>) -> Option<Undone> {
    let undo = import.and_then(|import| import.undo);
    if undo.is_none() && undoing.is_none() {
        return None;
    }
    let ended = if undo.is_some_and(|undo| undo.at.is_some()) { State::Done } else { State::Running };
    let state = undoing.as_ref().map_or(ended, |undoing| undoing.state);
    Some(Undone {
        state: state.word(),
        is_open: state.is_open() && undoing.is_some(),
        at: undo.and_then(|undo| undo.at),
        reversed: undo.map_or(0, |undo| undo.reversed),
        kept: undo.map_or(0, |undo| undo.kept),
        blocked: undo.map_or(0, |undo| undo.blocked),
        stayed: undoing.as_ref().and_then(|undoing| undoing.report.clone()),
        error: undoing.and_then(|undoing| undoing.error),
    })
}
