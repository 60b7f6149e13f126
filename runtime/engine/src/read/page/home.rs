//! The first page: the records one had in hand, and how many there are in some lists.

use std::sync::Arc;

use fichero_model::expr::Expr;
use fichero_model::{EntityId, Ref};
use fichero_store::query::Filter;

use super::{MOST_COUNTED, Seen, Titles, titles};
use crate::actor::Actor;
use crate::engine::Engine;
use crate::live::Live;
use crate::policy::{self, ReadPath};
use crate::refusal::Refusal;

/// What the first page shows.
#[derive(Clone, Debug)]
pub struct HomeQuestion {
    /// Records to be named.
    pub records: Vec<Ref>,
    /// Lists to be counted: the entity, and what leaves out some of its records.
    pub lists: Vec<(EntityId, Option<Arc<Expr>>)>,
}

/// The first page, read.
#[derive(Clone, Debug)]
pub struct HomeFacts {
    /// The titles of the records that are still there.
    pub titles: Titles,
    /// How many records each list has, in the order they were asked for, and whether counting stopped there.
    pub counts: Vec<(u64, bool)>,
}

impl Engine {
    /// What the first page shows.
    ///
    /// # Errors
    /// When it may not be read, or the database cannot be read.
    pub async fn home_page(
        &self,
        live: &Arc<Live>,
        actor: &Actor,
        question: HomeQuestion,
    ) -> Result<Seen<HomeFacts>, Refusal> {
        self.look(live, actor, move |work| {
            policy::may_read(work.actor, ReadPath::Title)?;
            policy::may_read(work.actor, ReadPath::Count)?;
            work.load(question.records.iter().copied())?;
            let mut living = Vec::with_capacity(question.records.len());
            for record in &question.records {
                if work.living(*record)?.is_some() {
                    living.push(*record);
                }
            }
            let filters = question.lists.iter().map(|(entity, condition)| Filter {
                conditions: condition.as_deref().into_iter().collect(),
                ..Filter::all(*entity)
            });
            let counts = work.counts(filters.collect(), MOST_COUNTED)?;
            let capped = |count: u64| (count.min(u64::from(MOST_COUNTED)), count > u64::from(MOST_COUNTED));
            Ok(HomeFacts { titles: titles(work, &living)?, counts: counts.into_iter().map(capped).collect() })
        })
        .await
    }
}
