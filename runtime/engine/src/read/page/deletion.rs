//! What a deletion would meet: asked before it is done.

use std::sync::Arc;

use fichero_model::kind::OnDelete;
use fichero_model::value::Value;
use fichero_model::{EntityId, FieldId, Ref};
use fichero_store::query::{Filter, Query, Trash};

use super::{Seen, Titles, titles};
use crate::actor::Actor;
use crate::engine::Engine;
use crate::live::Live;
use crate::policy::{self, ReadPath};
use crate::record::work::Work;
use crate::refusal::Refusal;

/// Counting stops here.
const MOST_COUNTED: u32 = 1_000;

/// What a deletion would meet.
#[derive(Clone, Debug)]
pub struct Deletion {
    /// The record's version.
    pub version: i64,
    /// It lies in the trash already.
    pub trashed: bool,
    /// What goes with it.
    pub cascades: Vec<Affected>,
    /// What holds it back.
    pub blockers: Vec<Affected>,
    /// The record's title.
    pub titles: Titles,
}

/// Records that refer to one that is to be deleted: those that live, and for one in the trash those in the trash too.
#[derive(Clone, Copy, Debug)]
pub struct Affected {
    /// Their entity.
    pub entity: EntityId,
    /// By which reference.
    pub field: FieldId,
    /// How many, counted up to a thousand.
    pub count: u64,
}

impl Engine {
    /// What the deletion of a record would meet directly; what those records hold back in turn is found when it is done.
    ///
    /// # Errors
    /// When there is no such record, or it may not be read.
    pub async fn deletion_page(&self, live: &Arc<Live>, actor: &Actor, record: Ref) -> Result<Seen<Deletion>, Refusal> {
        self.look(live, actor, move |work| {
            policy::may_read(work.actor, ReadPath::Get)?;
            let row = work.any(record)?.ok_or_else(Refusal::not_found)?;
            let trashed = work.living(record)?.is_none();
            let (mut cascades, mut blockers) = (Vec::new(), Vec::new());
            for referrer in &work.live.ties(record.entity).referrers {
                let affected = |count| Affected { entity: referrer.entity, field: referrer.field, count };
                let list = match referrer.on_delete {
                    OnDelete::Cascade => &mut cascades,
                    OnDelete::Restrict => &mut blockers,
                    OnDelete::Clear => continue,
                };
                // What lies in the trash already can only be removed for good, which reaches into the trash.
                let among = if trashed { Trash::Any } else { Trash::Living };
                let count = count(work, (referrer.entity, referrer.field), record, among)?;
                if count > 0 {
                    list.push(affected(count));
                }
            }
            Ok(Deletion { version: row.version(), trashed, cascades, blockers, titles: titles(work, &[record])? })
        })
        .await
    }
}

/// How many records refer to one by a reference, counted up to a thousand.
pub(super) fn count(
    work: &Work<'_>,
    (entity, field): (EntityId, FieldId),
    record: Ref,
    trash: Trash,
) -> Result<u64, Refusal> {
    let filter = Filter { equals: vec![(field, Value::Ref(record))], trash, ..Filter::all(entity) };
    let (_, count) = work.page(&Query::new(filter, 1), Some(MOST_COUNTED))?;
    Ok(count.unwrap_or(0).min(u64::from(MOST_COUNTED)))
}
