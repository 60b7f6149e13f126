//! Likely duplicates of an entity as a page shows them: what the last search found, group by group.

use std::collections::BTreeSet;
use std::sync::Arc;

use fichero_model::{EntityId, Id, Ref};
use fichero_store::system::duplicate;
use jiff::Timestamp;
use serde_json::Value as Json;

use super::{Seen, Titles, titles};
use crate::actor::Actor;
use crate::duplicates::{Group, Large, groups};
use crate::engine::Engine;
use crate::live::Live;
use crate::policy::{self, ReadPath};
use crate::record::work::Work;
use crate::refusal::Refusal;

/// How many pairs are read at once: those that come first.
const PAIRS: u32 = 2_000;

/// How many groups one page shows.
const GROUPS: usize = 25;

/// A page of likely duplicates.
#[derive(Clone, Debug, Default)]
pub struct Duplicates {
    /// A search was asked for and has not come to its end.
    pub wanted: bool,
    /// When the last one did.
    pub found_at: Option<Timestamp>,
    /// How many records it looked at.
    pub records: u64,
    /// Keys that it left out because too many records share them.
    pub large: Vec<Large>,
    /// Records that are likely the same and still there.
    pub groups: Vec<Group>,
    /// How many groups there are in all, as far as they are read.
    pub all: usize,
    /// The titles of the records.
    pub titles: Titles,
}

impl Engine {
    /// A page of likely duplicates, from the group with this number on.
    ///
    /// # Errors
    /// When the entity has no rules or may not be read, or the database cannot be read.
    pub async fn duplicates_page(
        &self,
        live: &Arc<Live>,
        actor: &Actor,
        entity: EntityId,
        from: usize,
    ) -> Result<Seen<Duplicates>, Refusal> {
        self.look(live, actor, move |work| {
            policy::may_read(work.actor, ReadPath::List)?;
            if !work.live.is_keyed(entity) {
                return Err(Refusal::not_found());
            }
            let table = work.live.layout.table_name(entity);
            let (states, mut pairs) =
                work.with(|tx| Ok((duplicate::states(tx)?, duplicate::open_pairs(tx, &table, None, PAIRS)?)))?;
            let named: BTreeSet<Id> = pairs.iter().flat_map(|pair| [pair.one, pair.other]).collect();
            work.load(named.iter().map(|id| Ref { entity, id: *id }))?;
            let mut living = BTreeSet::new();
            for id in named {
                living.extend(work.living(Ref { entity, id })?.and_then(|row| row.id()));
            }
            pairs.retain(|pair| living.contains(&pair.one) && living.contains(&pair.other));
            let all = groups(&pairs);
            let shown: Vec<Group> = all.iter().skip(from).take(GROUPS).cloned().collect();
            let records: Vec<Ref> = shown.iter().flat_map(Group::records).map(|id| Ref { entity, id }).collect();
            let state = states.into_iter().find(|state| state.entity == table);
            let told = state.as_ref().and_then(|state| state.found.as_deref());
            Ok(Duplicates {
                wanted: state.as_ref().is_some_and(|state| state.wanted_at.is_some()),
                found_at: state.as_ref().and_then(|state| state.found_at),
                records: told.and_then(|told| told["records"].as_u64()).unwrap_or(0),
                large: told.map(|told| large(work, entity, told)).unwrap_or_default(),
                all: all.len(),
                groups: shown,
                titles: titles(work, &records)?,
            })
        })
        .await
    }
}

fn large(work: &Work<'_>, entity: EntityId, told: &Json) -> Vec<Large> {
    let one = |large: &Json| {
        let rules = &work.live.model[entity].duplicates;
        let rule = rules.iter().find(|rule| large["rule"].as_str() == Some(&*rule.name))?;
        let records = usize::try_from(large["records"].as_u64()?).ok()?;
        Some(Large { rule: Arc::clone(&rule.name), records, sample: large["sample"].as_str()?.parse().ok()? })
    };
    told["large"].as_array().map(|all| all.iter().filter_map(one).collect()).unwrap_or_default()
}
