//! Whether the key at hand opens the secrets of all living records. Nothing is looked at without a key, and nothing can be
//! mended: a secret that does not open is given anew.

use fichero_model::expr::Row;
use fichero_model::{EntityId, FieldId};
use fichero_store::query::{Cursor, Filter, Query};

use super::{BATCH, Difference, Found};
use crate::actor::{Actor, Via};
use crate::command::Mode;
use crate::engine::Engine;
use crate::record::work::Work;
use crate::refusal::Refusal;
use crate::secret::{Keeper, Place, Unopened};

/// Looks at all secrets.
///
/// # Errors
/// When the database cannot be read.
pub async fn pass(engine: &Engine, mut tell: impl FnMut(Difference)) -> Result<Found, Refusal> {
    let mut found = Found::default();
    if engine.keeper().is_none() {
        return Ok(found);
    }
    for (entity, definition) in engine.live().model.all_entities() {
        let secrets: Vec<FieldId> =
            definition.all_fields().filter(|(_, field)| field.kind.is_secret()).map(|(id, _)| id).collect();
        let mut after = None;
        while !secrets.is_empty() {
            let (records, differences, next) = look(engine, entity, secrets.clone(), after).await?;
            found.records += records;
            found.differences += differences.len() as u64;
            differences.into_iter().for_each(&mut tell);
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(found)
}

async fn look(
    engine: &Engine,
    entity: EntityId,
    secrets: Vec<FieldId>,
    after: Option<Cursor>,
) -> Result<(u64, Vec<Difference>, Option<Cursor>), Refusal> {
    engine
        .read(move |engine, live, tx| {
            let actor = Actor::system(Via::System);
            let work = engine.work(live, tx, &actor, Mode::Load);
            let query = Query { after: after.as_ref(), ..Query::new(Filter::all(entity), BATCH) };
            let (found, _) = work.page(&query, None)?;
            let mut differences = Vec::new();
            for row in &found.rows {
                let closed = secrets.iter().filter_map(|id| difference(&work, engine.keeper()?, row, *id));
                differences.extend(closed);
            }
            Ok((found.rows.len() as u64, differences, found.next))
        })
        .await
}

fn difference(work: &Work<'_>, keeper: &Keeper, row: &Row, id: FieldId) -> Option<Difference> {
    let (record, sealed) = (row.reference()?, row.get(id).as_text()?);
    let layout = &work.live.layout;
    let (table, column) = (layout.table_name(row.entity), layout.column_name(row.entity, id));
    let stored = match keeper.open(Place { table: &table, record: record.id, column: &column }, sealed) {
        Ok(_) => return None,
        Err(Unopened::OtherKey) => "a secret that another key sealed",
        Err(Unopened::Broken) => "a secret that does not open",
    };
    let definition = &work.live.model[row.entity];
    Some(Difference {
        record,
        entity: definition.name.clone(),
        field: Some(definition[id].name.clone()),
        stored: stored.to_owned(),
        right: "one that the key of this server opens".to_owned(),
    })
}
