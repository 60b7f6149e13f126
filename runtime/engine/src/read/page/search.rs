//! The page of the search: what was found, with its titles.

use std::sync::Arc;

use super::{Seen, Titles, titles};
use crate::actor::Actor;
use crate::engine::Engine;
use crate::live::Live;
use crate::read::find::{self, Prepared, Results};
use crate::refusal::Refusal;

impl Engine {
    /// Reads a page of what was found.
    ///
    /// # Errors
    /// When it may not be read, the cursor does not fit, or the database cannot be read.
    pub async fn search_page(
        &self,
        live: &Arc<Live>,
        actor: &Actor,
        prepared: Prepared,
        cursor: Option<String>,
    ) -> Result<Seen<(Results, Titles)>, Refusal> {
        let seal = self.seal().clone();
        self.look(live, actor, move |work| {
            let results = find::run(work, &prepared, cursor.as_deref(), &seal)?;
            let records: Vec<_> = results.hits.iter().map(|hit| hit.record).collect();
            let titles = titles(work, &records)?;
            Ok((results, titles))
        })
        .await
    }
}
